"""Git commands that reach other repositories, and the configuration: clone, fetch, pull, push, remote, config."""

from __future__ import annotations

from agentalign_env.errors import OperationError
from agentalign_env.services.machine.arguments import read_options, said
from agentalign_env.services.machine.git.checkout import Checkout
from agentalign_env.services.machine.git.commands_merge import into, merge_into
from agentalign_env.services.machine.git.history import is_ancestor, resolve
from agentalign_env.services.machine.git.hosting import (
    RefUpdate,
    clone_into,
    fetch,
    hosted_branches,
    hosted_repository,
    origin_url,
    push,
)
from agentalign_env.services.machine.git.records import Commit
from agentalign_env.services.machine.git.session import GitCommandError, Session, short
from agentalign_env.services.machine.git.settings import changed_setting, dropped_section, dropped_setting, settings_in
from agentalign_env.services.machine.git.tracking import follow

_NO_FULL_NAME = """\
error: The destination you provided is not a full refname (i.e.,
starting with "refs/"). We tried to guess what you meant by:

- Looking for a ref that matches '{target}' on the remote side.
- Checking if the <src> being pushed ('{name}')
  is a ref in "refs/{{heads,tags}}/". If so we add a corresponding
  refs/{{heads,tags}}/ prefix on the remote side.

Neither worked, so we gave up. You must fully qualify the ref.
hint: The <src> part of the refspec is a commit object.
hint: Did you mean to create a new branch by pushing to
hint: '{name}:refs/heads/{target}'?
"""

__all__ = ["run_clone", "run_config", "run_fetch", "run_ls_remote", "run_pull", "run_push", "run_remote"]


def run_clone(session: Session) -> int:
    """``git clone``."""
    given = read_options(
        session.args,
        "q quiet recursive recurse-submodules single-branch bare no-checkout n progress",
        "b branch depth o origin j",
    )
    if not given.rest:
        raise GitCommandError("fatal: You must specify a repository to clone.", 129)
    url = given.rest[0]
    name = (
        given.rest[1]
        if len(given.rest) > 1
        else url.rstrip("/").rpartition("/")[2].rpartition(":")[2].removesuffix(".git")
    )
    place = session.files.resolve(name, base=session.cwd)
    held = session.files.follow(place)
    if held is not None and (held.kind != "dir" or session.files.children(held.path)):
        raise GitCommandError(f"fatal: destination path '{name}' already exists and is not an empty directory.")
    if not given.has("q", "quiet"):
        session.err(f"Cloning into '{name}'...\n")
    try:
        repository = hosted_repository(session.world.store, url)
        clone_into(
            Checkout(session.world, session.files, place, session.now_s), repository, url, given.value("b", "branch")
        )
    except OperationError as error:
        words = said(error)
        note = "remote: Repository not found.\n" if words.startswith("repository ") else ""
        raise GitCommandError(f"{note}fatal: {words}") from error
    return 0


def _remote_failure(error: OperationError) -> GitCommandError:
    words = said(error)
    if "does not appear" in words:
        return GitCommandError(
            f"fatal: {words}\nfatal: Could not read from remote repository.\n\n"
            "Please make sure you have the correct access rights\nand the repository exists."
        )
    return GitCommandError(f"fatal: {words}")


def _say_updates(session: Session, url: str, updates: list[RefUpdate], remote: str) -> None:
    if updates:
        session.err(f"From {url.removesuffix('.git')}\n")
    for branch, before, after in updates:
        if before is None:
            session.err(f" * [new branch]      {branch:<10} -> {remote}/{branch}\n")
        else:
            session.err(f"   {short(before)}..{short(after)}  {branch:<10} -> {remote}/{branch}\n")


def run_fetch(session: Session) -> int:
    """``git fetch``."""
    given = read_options(session.args, "all p prune q quiet t tags v verbose f", "depth")
    remote = given.rest[0] if given.rest else "origin"
    try:
        updates = fetch(session.checkout, remote)
        if not given.has("q", "quiet"):
            _say_updates(session, origin_url(session.checkout, remote), updates, remote)
    except OperationError as error:
        raise _remote_failure(error) from error
    return 0


def run_pull(session: Session) -> int:
    """``git pull``."""
    given = read_options(session.args, "q quiet r rebase ff-only no-rebase no-edit all ff no-ff autostash v", "")
    checkout = session.checkout
    if given.has("q", "quiet"):
        session.hush()
    remote = given.rest[0] if given.rest else "origin"
    branch = given.rest[1] if len(given.rest) > 1 else checkout.branch
    try:
        updates = fetch(checkout, remote)
        _say_updates(session, origin_url(checkout, remote), updates, remote)
    except OperationError as error:
        raise _remote_failure(error) from error
    theirs = checkout.commit_at(f"refs/remotes/{remote}/{branch}") if branch else None
    if theirs is None:
        if len(given.rest) > 1:
            raise GitCommandError(f"fatal: couldn't find remote ref {branch}")
        raise GitCommandError(
            (
                "There is no tracking information "
                "for the current "
                "branch.\nPlease specify "
                "which branch you want to merge with."
            ),
            1,
        )
    store = session.world.store
    if (
        not is_ancestor(store, theirs, checkout.head)
        and not is_ancestor(store, checkout.head, theirs)
        and given.has("ff-only")
    ):
        raise GitCommandError("fatal: Not possible to fast-forward, aborting.")
    url = origin_url(checkout, remote)
    message = f"Merge branch '{branch}' of {url.removesuffix('.git')}{into(checkout)}"
    return merge_into(session, theirs, theirs.id, message)


def run_push(session: Session) -> int:
    """``git push``."""
    given = read_options(
        session.args, "u set-upstream f force force-with-lease q quiet all tags d delete n dry-run v no-verify", ""
    )
    checkout = session.checkout
    if given.has("q", "quiet"):
        session.hush()
    remote = given.rest[0] if given.rest else "origin"
    specs = given.rest[1:] or [checkout.branch]
    if not specs[0]:
        raise GitCommandError("fatal: You are not currently on a branch.")
    if (
        not given.rest
        and f"branch.{checkout.branch}.remote" not in checkout.settings()
        and not given.has("u", "set-upstream")
    ):
        if f"remote.{remote}.url" in checkout.settings():
            raise GitCommandError(
                f"fatal: The current branch {checkout.branch} has no upstream branch.\n"
                "To push the current branch and "
                "set the remote as "
                "upstream, use\n\n    git push "
                f"--set-upstream origin {checkout.branch}\n\n"
                "To have this happen automatically for branches without a tracking\n"
                "upstream, see 'push.autoSetupRemote' in 'git help config'.\n"
            )
        raise GitCommandError("fatal: No configured push destination.")
    status = 0
    for spec in specs:
        source, _, target = spec.removeprefix("+").partition(":")
        target = target or source
        status = (
            _push_one(
                session,
                remote,
                "" if given.has("d", "delete") else source,
                target,
                force=given.has("f", "force", "force-with-lease") or spec.startswith("+"),
            )
            or status
        )
        if given.has("u", "set-upstream") and not status:
            branch = checkout.branch if source == "HEAD" else source
            follow(session, branch, remote, branch if target == "HEAD" else target.removeprefix("refs/heads/"))
    return status


def _push_one(session: Session, remote: str, source: str, target: str, *, force: bool) -> int:
    checkout = session.checkout
    name = checkout.branch if source == "HEAD" else source
    target = checkout.branch if target == "HEAD" else target
    commit, tag = None, False
    try:
        url = origin_url(checkout, remote)
        if name:
            commit, tag = _pushed(session, name, target, url)
        target = target.removeprefix("refs/heads/").removeprefix("refs/tags/")
        update = push(checkout, target, commit, remote, force=force, tag=tag)
    except OperationError as error:
        if error.code == "conflict":
            raise GitCommandError(
                f"To {origin_url(checkout, remote)}\n ! [rejected]        {name} -> {target} (fetch first)\n"
                f"error: failed to push some refs to '{origin_url(checkout, remote)}'\n"
                "hint: Updates were rejected because the remote contains work that you do not\n"
                "hint: have locally. Use 'git pull' before pushing again.", 1,
            ) from error  # fmt: skip
        raise _remote_failure(error) from error
    if commit is None:
        session.err(f"To {url}\n - [deleted]         {target}\n")
    elif update is None:
        session.err("Everything up-to-date\n")
    elif update.before is None:
        session.err(f"To {url}\n * [new {'tag]   ' if tag else 'branch]'}      {name} -> {target}\n")
    elif not is_ancestor(session.world.store, update.before, update.after):
        moved = f"{short(update.before)}...{short(update.after)}"
        session.err(f"To {url}\n + {moved} {name} -> {target} (forced update)\n")
    else:
        session.err(f"To {url}\n   {short(update.before)}..{short(update.after)}  {name} -> {target}\n")
    return 0


def _pushed(session: Session, name: str, target: str, url: str) -> tuple[Commit, bool]:
    """The commit that the left side of a refspec names, and whether it is a tag.

    Raises:
        GitCommandError: It names none, or nothing says whether a branch or a tag shall be made of it.
        OperationError: Nothing answers at the remote.
    """
    checkout = session.checkout
    if (branch := checkout.commit_at(f"refs/heads/{name.removeprefix('refs/heads/')}")) is not None:
        return branch, False
    if (tag := checkout.commit_at(f"refs/tags/{name.removeprefix('refs/tags/')}")) is not None:
        return tag, not target.startswith("refs/heads/")
    try:
        commit = resolve(checkout, name)
    except OperationError as error:
        words = f"error: src refspec {name} does not match any\nerror: failed to push some refs to '{url}'"
        raise GitCommandError(words, 1) from error
    if name == target:
        raise GitCommandError(f"fatal: invalid refspec '{name}'")
    known = hosted_branches(session.world.store, hosted_repository(session.world.store, url))
    if not target.startswith("refs/heads/") and target not in known:
        raise GitCommandError(
            f"{_NO_FULL_NAME.format(name=name, target=target)}error: failed to push some refs to '{url}'", 1
        )
    return commit, False


def run_remote(session: Session) -> int:
    """``git remote``."""
    checkout = session.checkout
    place = f"{checkout.folder}/config"
    text = checkout.files.read(place).content
    remotes = {
        name[7:-4]: url
        for name, url in settings_in(text).items()
        if name.startswith("remote.") and name.endswith(".url")
    }
    args = [arg for arg in session.args if arg not in ("-v", "--verbose")]
    if not args:
        for name, url in sorted(remotes.items()):
            session.out(
                f"{name}\t{url} (fetch)\n{name}\t{url} (push)\n" if len(args) != len(session.args) else f"{name}\n"
            )
        return 0
    verb, *rest = args
    if verb == "add" and len(rest) == 2:
        if rest[0] in remotes:
            raise GitCommandError(f"error: remote {rest[0]} already exists.", 3)
        text = changed_setting(text, f"remote.{rest[0]}.url", rest[1])
        checkout.files.write(
            place, changed_setting(text, f"remote.{rest[0]}.fetch", f"+refs/heads/*:refs/remotes/{rest[0]}/*")
        )
        return 0
    if verb not in ("remove", "rm", "rename", "get-url", "set-url", "show", "prune", "update") or not rest:
        raise GitCommandError(f"error: unknown subcommand: `{verb}'\nusage: git remote [-v | --verbose]", 129)
    if rest[0] not in remotes:
        raise GitCommandError(f"error: No such remote '{rest[0]}'", 2)
    if verb == "get-url":
        session.out(f"{remotes[rest[0]]}\n")
    elif verb == "show":
        session.out(
            f"* remote {rest[0]}\n  Fetch URL: "
            f"{remotes[rest[0]]}\n  Push  URL: "
            f"{remotes[rest[0]]}\n  HEAD "
            "branch: main\n"
        )
    elif verb == "set-url" and len(rest) == 2:
        checkout.files.write(place, changed_setting(text, f"remote.{rest[0]}.url", rest[1]))
    elif verb in ("remove", "rm"):
        checkout.files.write(place, dropped_section(text, f"remote.{rest[0]}"))
        if checkout.files.get(f"{checkout.folder}/refs/remotes/{rest[0]}") is not None:
            checkout.files.remove(f"{checkout.folder}/refs/remotes/{rest[0]}", recursive=True)
    return 0


def run_ls_remote(session: Session) -> int:
    """``git ls-remote``."""
    given = read_options(session.args, "heads tags h t q", "")
    name = given.rest[0] if given.rest else "origin"
    try:
        url = name if ":" in name else origin_url(session.checkout, name)
        repository = hosted_repository(session.world.store, url)
    except OperationError as error:
        raise _remote_failure(error) from error
    branches = hosted_branches(session.world.store, repository)
    if not given.has("heads", "h") and repository.head in branches:
        session.out(f"{branches[repository.head].id}\tHEAD\n")
    session.out("".join(f"{commit.id}\trefs/heads/{branch}\n" for branch, commit in branches.items()))
    return 0


def run_config(session: Session) -> int:
    """``git config``."""
    given = read_options(session.args, "global local system l list unset get get-all add show-origin e", "f file type")
    rest = given.rest[1:] if given.rest[:1] in (["get"], ["set"], ["list"]) else given.rest
    home = f"{session.files.home}/.gitconfig"
    reading = len(rest) == 1 or given.has("l", "list")
    outside = reading and not given.has("local", "system") and session.repository is None
    if given.has("global") or outside:
        place = home
    else:
        place = "/etc/gitconfig" if given.has("system") else f"{session.checkout.folder}/config"
    entry = session.files.follow(place)
    text = entry.content if entry is not None and entry.kind == "file" else ""
    known = settings_in(text) if outside or given.has("global", "local", "system") else session.checkout.settings()
    if given.has("l", "list") or given.rest[:1] == ["list"]:
        session.out("".join(f"{name}={value}\n" for name, value in known.items()))
        return 0
    if not rest:
        raise GitCommandError("usage: git config [<options>]", 129)
    section, dot, key = rest[0].rpartition(".")
    name = f"{section}.{key.lower()}"
    if not dot:
        raise GitCommandError(f"error: key does not contain a section: {rest[0]}", 2)
    if given.has("unset"):
        if name not in settings_in(text):
            return 5
        session.files.write(place, dropped_setting(text, name))
        return 0
    if len(rest) == 1:
        if name not in known:
            return 1
        session.out(f"{known[name]}\n")
        return 0
    session.files.write(place, changed_setting(text, f"{section}.{key}", rest[1].replace("\n", " ")))
    return 0
