"""Git as a typed tool: clone, pull, push, commit, status and log."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import islice

from agentalign_env.core.clock import iso
from agentalign_env.core.operation import operation
from agentalign_env.core.world import World
from agentalign_env.errors import OperationError
from agentalign_env.services.machine.git.checkout import NOT_A_REPOSITORY, Checkout, find_checkout
from agentalign_env.services.machine.git.conflicts import end_merge
from agentalign_env.services.machine.git.history import commits_between, is_ancestor, merge_base, walk
from agentalign_env.services.machine.git.hosting import clone_into, fetch, hosted_repository, push
from agentalign_env.services.machine.git.merging import Names, merge_trees
from agentalign_env.services.machine.git.records import (
    BRANCHES,
    COMMITS,
    CONTENTS,
    REPOSITORIES,
    ChangedFile,
    Commit,
    CommitView,
    GitArguments,
    GitOutcome,
    GitVerb,
    RepositoryPath,
)
from agentalign_env.services.machine.git.worktree import (
    Status,
    follow_tree,
    refuse_overwriting,
    stage,
    staged_tree,
    status_of,
    tree_index,
)

__all__ = ["commit_view", "join_commits", "manage_git"]

_SHOWN = 20
_WORDS = {"A": "new file", "M": "modified", "D": "deleted", "U": "both modified"}
_REQUIREMENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


@operation(
    "System_Tools.manage_git",
    reads=(REPOSITORIES, "disks"),
    writes=(COMMITS, CONTENTS, BRANCHES, "files"),
    identifies="commit",
)
def manage_git(
    world: World, *, operation: GitVerb, repository_path: RepositoryPath, args: GitArguments | None = None
) -> GitOutcome:
    """Clones a repository, pulls, pushes, commits everything that changed, or shows the status or log.

    Relative paths start at the owner's home. Cloning makes the directory.
    """
    given = args or {}
    try:
        path = world.files.resolve(repository_path, field="repository_path")
        if operation == "clone":
            return _clone(world, path, given)
        checkout = find_checkout(world, world.files, _existing(world, path), world.now_s)
        return _ACTS[operation](checkout, given)
    except OperationError as error:
        known = error.field is not None and error.field.split(".")[0] in ("args", "repository_path")
        raise OperationError(error.code, error.message, error.field if known else "repository_path") from error


def _existing(world: World, path: str) -> str:
    entry = world.files.require(path, "repository_path")
    if entry.kind != "dir":
        message = f"{NOT_A_REPOSITORY}; {path!r} is a file, give the directory of a checkout"
        raise OperationError("invalid_state", message, "repository_path")
    return entry.path


def _clone(world: World, path: str, args: GitArguments) -> GitOutcome:
    url = args.get("url")
    if url is None:
        raise OperationError("invalid_argument", "to clone, give the address of the repository as args.url", "args.url")
    repository = hosted_repository(world.store, url)
    held = world.files.follow(path)
    if held is not None and (held.kind != "dir" or world.files.children(held.path)):
        message = f"destination path '{path}' already exists and is not an empty directory; give another path"
        raise OperationError("conflict", message, "repository_path")
    place = held.path if held is not None else path
    checkout = Checkout(world, world.files, place, world.now_s)
    clone_into(checkout, repository, url.strip(), args.get("branch", ""))
    files = sorted(f"{place}/{name}" for name in checkout.index())
    outcome = _outcome(checkout, "clone", f"Cloning into '{place}'... done.", url.strip())
    outcome["files"] = files
    requirements = world.files.follow(f"{place}/requirements.txt")
    if requirements is not None and requirements.kind == "file":
        names = (_REQUIREMENT.match(line.strip()) for line in requirements.content.splitlines())
        outcome["requirements"] = [name[0] for name in names if name is not None]
    return outcome


def _pull(checkout: Checkout, args: GitArguments) -> GitOutcome:
    branch = _current(checkout, args)
    fetch(checkout)
    theirs = checkout.commit_at(f"refs/remotes/origin/{branch}")
    if theirs is None:
        message = f"couldn't find remote ref {branch}; push the branch first, or name one that the remote has"
        raise OperationError("not_found", message, "args.branch")
    return _outcome(checkout, "pull", join_commits(checkout, theirs, f"origin/{branch}", branch))


def join_commits(checkout: Checkout, theirs: Commit, their_name: str, branch: str) -> str:
    """Brings another commit into the current branch: forwards, or by a merge commit; says how.

    Raises:
        OperationError: Changes here are in the way, or both sides changed the same lines.
    """
    store, ours = checkout.world.store, checkout.head
    if is_ancestor(store, theirs, ours):
        return "Already up to date."
    mine, other = checkout.tree(ours), checkout.tree(theirs)
    if is_ancestor(store, ours, theirs):
        refuse_overwriting(checkout, mine, other, "merge")
        changed = follow_tree(checkout, mine, other)
        checkout.set_head(theirs.id)
        checkout.set_index(
            {**{path: line for path, line in checkout.index().items() if path not in mine}, **tree_index(other)}
        )
        before = ours.id[:7] if ours is not None else "0000000"
        return f"Updating {before}..{theirs.id[:7]}\nFast-forward\n {_files(len(changed))} changed"
    assert ours is not None, "no commit at all goes forwards to any"
    base = merge_base(store, ours, theirs)
    merged = merge_trees(checkout, checkout.tree(base), mine, other, Names(their_name))
    if merged.conflicts:
        message = (
            f"Automatic merge failed: CONFLICT (content): Merge conflict in {', '.join(merged.conflicts)}; "
            "nothing was changed: make the files agree with the other side first"
        )
        raise OperationError("conflict", message, "repository_path")
    refuse_overwriting(checkout, mine, merged.tree, "merge")
    name = f"remote-tracking branch '{their_name}'" if "/" in their_name else f"branch '{their_name}'"
    commit = checkout.add_commit(merged.tree, (ours.id, theirs.id), f"Merge {name} into {branch}")
    changed = follow_tree(checkout, mine, merged.tree)
    checkout.set_head(commit.id)
    checkout.set_index(tree_index(merged.tree))
    return f"Merge made by the 'ort' strategy.\n {_files(len(changed))} changed"


def _push(checkout: Checkout, args: GitArguments) -> GitOutcome:
    branch = args.get("branch") or _current(checkout, args)
    commit = checkout.commit_at(f"refs/heads/{branch}")
    if commit is None:
        message = (
            f"src refspec {branch} does not match any; commit first, or name one of "
            f"{', '.join(checkout.refs('heads')) or 'no branches'}"
        )
        raise OperationError("not_found", message, "args.branch")
    update = push(checkout, branch, commit)
    if update is None:
        return _outcome(checkout, "push", "Everything up-to-date")
    before = update.before.id[:7] if update.before is not None else "[new branch]"
    sent = commits_between(checkout.world.store, update.before, commit)
    words = f"{before}..{commit.id[:7]} {branch} -> {branch} ({len(sent)} commit{'' if len(sent) == 1 else 's'})"
    return {**_outcome(checkout, "push", words), "commits": list(map(commit_view, sent[:_SHOWN]))}


def _commit(checkout: Checkout, args: GitArguments) -> GitOutcome:
    message = args.get("message", "").strip()
    if not message:
        raise OperationError("invalid_argument", "to commit, say what changed as args.message", "args.message")
    branch, head, index = _current(checkout, args), checkout.head, checkout.index()
    stage(checkout, index)
    tree = staged_tree(index)
    if tree == checkout.tree(head):
        raise OperationError(
            "invalid_state", "nothing to commit, working tree clean; change a file first", "repository_path"
        )
    merging = checkout.commit_at("MERGE_HEAD")
    parents = tuple(commit.id for commit in (head, merging) if commit is not None)
    before = checkout.tree(head)
    commit = checkout.add_commit(tree, parents, message)
    end_merge(checkout)
    checkout.set_index(index)
    checkout.set_head(commit.id)
    changed = sum(before.get(path) != tree.get(path) for path in before.keys() | tree.keys())
    title = message.partition("\n")[0]
    return _outcome(
        checkout, "commit", f"[{branch or 'detached HEAD'} {commit.id[:7]}] {title}\n {_files(changed)} changed"
    )


def _status(checkout: Checkout, _args: GitArguments) -> GitOutcome:
    status = status_of(checkout)
    words = "nothing to commit, working tree clean" if status.clean else f"{len(_changes(status))} files differ"
    return {**_outcome(checkout, "status", f"On branch {checkout.branch}\n{words}"), "changes": _changes(status)}


def _log(checkout: Checkout, args: GitArguments) -> GitOutcome:
    branch = args.get("branch", "")
    start = checkout.head
    if branch:
        start = checkout.commit_at(f"refs/heads/{branch}") or checkout.commit_at(f"refs/remotes/{branch}")
    if start is None:
        wrong = f"unknown revision '{branch}'; branches are {', '.join(checkout.refs('heads')) or 'none'}"
        empty = f"your current branch '{checkout.branch}' does not have any commits yet; commit something first"
        raise OperationError("not_found", wrong if branch else empty, "args.branch" if branch else "repository_path")
    shown = [commit_view(commit) for commit in islice(walk(checkout.world.store, [start]), _SHOWN)]
    lines = "\n".join(f"{view['commit'][:7]} {view['message'].partition(chr(10))[0]}" for view in shown)
    return {**_outcome(checkout, "log", lines), "commit": start.id, "commits": shown}


_ACTS: dict[str, Callable[[Checkout, GitArguments], GitOutcome]] = {
    "pull": _pull,
    "push": _push,
    "commit": _commit,
    "status": _status,
    "log": _log,
}


def _current(checkout: Checkout, args: GitArguments) -> str:
    """The current branch, which is the one that may be named."""
    branch, wanted = checkout.branch, args.get("branch", "")
    if wanted and wanted != branch:
        message = (
            f"the checkout is on branch '{branch or 'none: HEAD is detached'}', not on '{wanted}'; leave the branch out"
        )
        raise OperationError("invalid_state", message, "args.branch")
    if not branch:
        message = "You are not currently on a branch; check out one first"
        raise OperationError("invalid_state", message, "repository_path")
    return branch


def _outcome(checkout: Checkout, verb: str, output: str, url: str = "") -> GitOutcome:
    head = checkout.head
    outcome: GitOutcome = {
        "operation": verb,
        "repository_path": checkout.top,
        "branch": checkout.branch or "HEAD",
        "output": output,
    }
    if head is not None:
        outcome["commit"] = head.id
    url = url or checkout.settings().get("remote.origin.url", "")
    if url:
        outcome["url"] = url
    return outcome


def commit_view(commit: Commit) -> CommitView:
    """A commit as a log shows it."""
    return {
        "commit": commit.id,
        "author": f"{commit.author} <{commit.email}>",
        "date": iso(commit.committed_s),
        "message": commit.message,
    }


def _changes(status: Status) -> list[ChangedFile]:
    found: list[ChangedFile] = [
        {"path": path, "change": _WORDS[letter], "staged": staged}
        for letters, staged in ((status.staged, True), (status.unstaged, False))
        for path, letter in letters.items()
    ]
    found += [{"path": path, "change": "untracked", "staged": False} for path in status.untracked]
    return found


def _files(count: int) -> str:
    return f"{count} file{'' if count == 1 else 's'}"
