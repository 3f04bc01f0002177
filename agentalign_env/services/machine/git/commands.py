"""The shell's ``git``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from difflib import get_close_matches

from agentalign_env.core.commands import Command, Invocation
from agentalign_env.errors import OperationError
from agentalign_env.services.machine.arguments import UnknownOptionError, said
from agentalign_env.services.machine.git import commands_branch as branch
from agentalign_env.services.machine.git import commands_change as change
from agentalign_env.services.machine.git import commands_look as look
from agentalign_env.services.machine.git import commands_merge as merge
from agentalign_env.services.machine.git import commands_plumbing as plumbing
from agentalign_env.services.machine.git import commands_remote as remote
from agentalign_env.services.machine.git import commands_revert as revert
from agentalign_env.services.machine.git import commands_stash as stash
from agentalign_env.services.machine.git import commands_status as status
from agentalign_env.services.machine.git.session import GitCommandError, Session

__all__ = ["GIT_COMMANDS"]

_SUBCOMMANDS: Mapping[str, Callable[[Session], int]] = {
    "add": change.run_add,
    "blame": plumbing.run_blame,
    "branch": branch.run_branch,
    "cat-file": plumbing.run_cat_file,
    "checkout": branch.run_checkout,
    "clean": change.run_clean,
    "clone": remote.run_clone,
    "commit": change.run_commit,
    "config": remote.run_config,
    "describe": plumbing.run_describe,
    "diff": look.run_diff,
    "fetch": remote.run_fetch,
    "grep": plumbing.run_grep,
    "hash-object": plumbing.run_hash_object,
    "init": change.run_init,
    "log": look.run_log,
    "ls-files": plumbing.run_ls_files,
    "ls-remote": remote.run_ls_remote,
    "ls-tree": plumbing.run_ls_tree,
    "merge": merge.run_merge,
    "merge-base": plumbing.run_merge_base,
    "mv": change.run_mv,
    "pull": remote.run_pull,
    "push": remote.run_push,
    "remote": remote.run_remote,
    "reset": change.run_reset,
    "restore": change.run_restore,
    "rev-list": plumbing.run_rev_list,
    "rev-parse": plumbing.run_rev_parse,
    "revert": revert.run_revert,
    "rm": change.run_rm,
    "shortlog": look.run_shortlog,
    "show": look.run_show,
    "stash": stash.run_stash,
    "status": status.run_status,
    "switch": branch.run_switch,
    "tag": branch.run_tag,
}
_USAGE = (
    "usage: git [--version] [--help] [-C <path>] [-c <name>=<value>]\n           <command> [<args>]\n\n"
    "These are the commands: {names}\n"
)


def _git(invocation: Invocation) -> int:
    args, cwd = list(invocation.args), invocation.cwd
    while args[:1] and args[0].startswith("-"):
        if args[0] == "-C" and len(args) > 1:
            cwd = invocation.files.resolve(args[1], base=cwd)
            entry = invocation.files.follow(cwd)
            if entry is None or entry.kind != "dir":
                invocation.err(f"fatal: cannot change to '{args[1]}': No such file or directory\n")
                return 128
            cwd = entry.path
            del args[:2]
        elif args[0] == "-c" and len(args) > 1:
            del args[:2]
        elif args[0] in ("--no-pager", "-P", "--paginate", "-p"):
            del args[0]
        elif args[0] in ("--version", "-v"):
            invocation.out("git version 2.39.5\n")
            return 0
        elif args[0] in ("--help", "-h"):
            args = ["help"]
        else:
            invocation.err(f"unknown option: {args[0]}\n{_USAGE.format(names=' '.join(_SUBCOMMANDS))}")
            return 129
    if not args or args[0] == "help":
        invocation.out(_USAGE.format(names=" ".join(_SUBCOMMANDS)))
        return 0 if args else 1
    act = _SUBCOMMANDS.get(args[0])
    if act is None:
        near = get_close_matches(args[0], _SUBCOMMANDS, n=1)
        hint = f"\nThe most similar command is\n\t{near[0]}\n" if near else ""
        invocation.err(f"git: '{args[0]}' is not a git command. See 'git --help'.\n{hint}")
        return 1
    try:
        return act(Session(invocation, args[1:], cwd))
    except GitCommandError as failure:
        invocation.err(f"{failure.words}\n")
        return failure.status
    except UnknownOptionError as error:
        kind = "option" if str(error).startswith("--") else "switch"
        invocation.err(f"error: unknown {kind} `{str(error).lstrip('-')}'\nusage: git {args[0]} [<options>]\n")
        return 129
    except OperationError as error:
        invocation.err(f"fatal: {said(error)}\n")
        return 128


GIT_COMMANDS: Mapping[str, Command] = {"git": _git}
