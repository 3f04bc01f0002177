"""Git commands on branches and tags: branch, checkout, switch, merge, tag."""

from __future__ import annotations

from agentalign_env.errors import OperationError
from agentalign_env.services.machine.arguments import Given, read_options
from agentalign_env.services.machine.git.checkout import is_branch_name
from agentalign_env.services.machine.git.commands_change import run_restore
from agentalign_env.services.machine.git.commands_look import named_commit
from agentalign_env.services.machine.git.conflicts import take_side
from agentalign_env.services.machine.git.history import is_ancestor, resolve
from agentalign_env.services.machine.git.records import Commit
from agentalign_env.services.machine.git.session import GitCommandError, Session, short
from agentalign_env.services.machine.git.settings import renamed_section
from agentalign_env.services.machine.git.tracking import (
    branch_apart,
    follow,
    remote_branch,
    tracking_line,
    unfollow,
    upstream,
)
from agentalign_env.services.machine.git.worktree import follow_tree, refuse_overwriting, status_of, tree_index

__all__ = ["run_branch", "run_checkout", "run_switch", "run_tag"]


def run_branch(session: Session) -> int:
    """``git branch``."""
    given = read_options(
        session.args, "a all r remotes v vv verbose d D delete m M move show-current list f force q quiet no-color c t "
        "track no-track unset-upstream",
        "u set-upstream-to format contains merged",
    )  # fmt: skip
    checkout = session.checkout
    if given.has("show-current"):
        session.out(f"{checkout.branch}\n" if checkout.branch else "")
        return 0
    if given.has("q", "quiet"):
        session.out = len
    if given.has("d", "D", "delete"):
        return _delete_branches(session, given.rest, force=given.has("D", "f", "force"))
    if given.has("m", "M", "move"):
        return _rename_branch(session, given.rest, force=given.has("M", "f", "force"))
    if given.has("u", "set-upstream-to"):
        branch, start = given.rest[0] if given.rest else checkout.branch, given.value("u", "set-upstream-to")
        if not _start_tracking(session, branch, start, local=True):
            raise GitCommandError(f"fatal: the requested upstream branch '{start}' does not exist")
        return 0
    if given.has("unset-upstream"):
        branch = given.rest[0] if given.rest else checkout.branch
        if upstream(checkout, branch) is None:
            raise GitCommandError(f"fatal: branch '{branch}' has no upstream information")
        unfollow(checkout, branch)
        return 0
    if given.rest and not given.has("list"):
        start = given.rest[1] if len(given.rest) > 1 else "HEAD"
        commit = _start_of(session, given.rest[0], start, force=given.has("f", "force"))
        checkout.point(f"refs/heads/{given.rest[0]}", commit.id)
        if not given.has("no-track"):
            _start_tracking(session, given.rest[0], start, local=given.has("t", "track"))
        return 0
    _list_branches(session, given.has("a", "all"), given.has("r", "remotes"), len(given.values("v", "verbose")))
    return 0


def _rename_branch(session: Session, names: list[str], *, force: bool) -> int:
    checkout = session.checkout
    old, new = (names if len(names) == 2 else (checkout.branch, names[0])) if names else ("", "")
    commit = checkout.commit_at(f"refs/heads/{old}")
    if commit is None:
        raise GitCommandError(f"fatal: no branch named '{old}'")
    if not is_branch_name(new):
        raise GitCommandError(f"fatal: '{new}' is not a valid branch name")
    if new == old:
        return 0
    if not force and checkout.commit_at(f"refs/heads/{new}") is not None:
        raise GitCommandError(f"fatal: a branch named '{new}' already exists")
    unfollow(checkout, new)
    checkout.drop(f"refs/heads/{old}")
    checkout.point(f"refs/heads/{new}", commit.id)
    if checkout.branch == old:
        checkout.point("HEAD", f"ref: refs/heads/{new}")
    place = f"{checkout.folder}/config"
    text = checkout.files.read(place).content
    moved = renamed_section(text, f"branch.{old}", f"branch.{new}")
    if moved != text:
        checkout.files.write(place, moved)
    return 0


def _start_tracking(session: Session, branch: str, start: str, *, local: bool) -> bool:
    """Lets a new branch follow what it starts from, where that is a branch of a remote, or any with `local`."""
    checkout = session.checkout
    found = remote_branch(checkout, start)
    if found is None and local and checkout.commit_at(f"refs/heads/{start}") is not None:
        found = (".", start)
    if found is not None:
        follow(session, branch, *found)
    return found is not None


def _list_branches(session: Session, everything: bool, remotes: bool, verbose: int) -> None:
    checkout = session.checkout
    lines: list[tuple[str, str, Commit | None]] = []
    local = {} if remotes else checkout.refs("heads")
    if not remotes:
        if not checkout.branch and checkout.head is not None:
            lines.append(("* ", f"(HEAD detached at {short(checkout.head)})", checkout.head))
        lines += [("* " if name == checkout.branch else "  ", name, at) for name, at in local.items()]
    if everything or remotes:
        prefix = "remotes/" if everything else ""
        heads = [
            (f"{prefix}{name}/HEAD -> {head.removeprefix('ref: refs/remotes/')}", None)
            for name in checkout.remotes()
            if (head := checkout.pointer(f"refs/remotes/{name}/HEAD") or "").startswith("ref: refs/remotes/")
        ]
        lines += [
            ("  ", *line)
            for line in sorted(
                [*heads, *((f"{prefix}{name}", at) for name, at in checkout.refs("remotes").items())],
                key=lambda line: line[0],
            )
        ]
    width = max((len(name) for _, name, at in lines if at is not None), default=0)
    for mark, name, at in lines:
        if not verbose or at is None:
            session.out(f"{mark}{name}\n")
        else:
            stands = branch_apart(checkout, name, at, named=verbose > 1) if name in local else ""
            session.out(f"{mark}{name:<{width}} {short(at)} {stands}{at.message.partition(chr(10))[0]}\n")


def _start_of(session: Session, name: str, start: str, *, force: bool = False) -> Commit:
    """Where a new branch begins.

    Raises:
        GitCommandError: It cannot be made.
    """
    if not is_branch_name(name):
        raise GitCommandError(f"fatal: '{name}' is not a valid branch name")
    checkout = session.checkout
    if checkout.commit_at(f"refs/heads/{name}") is not None and not force:
        raise GitCommandError(f"fatal: a branch named '{name}' already exists")
    if start == "HEAD" and checkout.head is None:
        raise GitCommandError(f"fatal: not a valid object name: '{checkout.branch}'")
    return named_commit(session, start)


def _delete_branches(session: Session, names: list[str], *, force: bool) -> int:
    checkout, status = session.checkout, 0
    if not names:
        raise GitCommandError("fatal: branch name required")
    for name in names:
        commit = checkout.commit_at(f"refs/heads/{name}")
        if commit is None:
            session.err(f"error: branch '{name}' not found.\n")
            status = 1
        elif name == checkout.branch:
            session.err(f"error: Cannot delete branch '{name}' checked out at '{checkout.top}'\n")
            status = 1
        elif not force and not is_ancestor(session.world.store, commit, checkout.head):
            session.err(
                f"error: The branch '{name}' is not fully merged.\nIf you are sure you want to "
                f"delete it, run 'git branch -D {name}'.\n"
            )
            status = 1
        else:
            checkout.drop(f"refs/heads/{name}")
            unfollow(checkout, name)
            session.out(f"Deleted branch {name} (was {short(commit)}).\n")
    return status


def run_checkout(session: Session) -> int:
    """``git checkout``: another branch or commit, or files."""
    args = session.args
    if "--" in args and not {"--ours", "--theirs"} & set(args):
        at = args.index("--")
        before = [arg for arg in args[:at] if not arg.startswith("-")]
        session.args = [*([f"--source={before[0]}", "--staged", "--worktree"] if before else []), *args[at + 1 :]]
        return run_restore(session)
    given = read_options(args, "q quiet f force track t no-track detach d ours theirs", "b B orphan")
    if given.has("q", "quiet"):
        session.hush()
    new = given.value("b", "B") or _tracking_name(given)
    if new:
        return _create(session, new, given, force=given.has("B"))
    if given.has("orphan"):
        session.checkout.point("HEAD", f"ref: refs/heads/{given.value('orphan')}")
        return 0
    if given.has("ours", "theirs"):
        return take_side(session, given.rest, theirs=given.has("theirs"))
    if not given.rest:
        _say_local_changes(session)
        session.out(tracking_line(session))
        return 0
    name, rest = given.rest[0], given.rest[1:]
    if not rest and (name == "-" or _is_revision(session, name)):
        return _switch(session, name, detach=True, force=given.has("f", "force"))
    if rest and _is_revision(session, name):
        session.args = [f"--source={name}", "--staged", "--worktree", *rest]
    else:
        session.args = given.rest
    named_only = session.args is given.rest
    try:
        changed = status_of(session.checkout).unstaged
        result = run_restore(session)
        if named_only:
            count = sum(
                path in changed for path in session.matching(session.args, session.checkout.index(), strict=False)
            )
            session.err(f"Updated {count} path{'' if count == 1 else 's'} from the index\n")
        return result
    except GitCommandError as failure:
        raise GitCommandError(f"error: pathspec '{name}' did not match any file(s) known to git", 1) from failure


def _is_revision(session: Session, name: str) -> bool:
    try:
        resolve(session.checkout, name)
    except OperationError:
        return session.checkout.commit_at(f"refs/remotes/origin/{name}") is not None
    return True


def run_switch(session: Session) -> int:
    """``git switch``."""
    given = read_options(session.args, "q quiet d detach f force discard-changes t track no-track", "c C create")
    if given.has("q", "quiet"):
        session.hush()
    new = given.value("c", "C", "create") or _tracking_name(given)
    if new:
        return _create(session, new, given, force=given.has("C"))
    if not given.rest:
        raise GitCommandError("fatal: missing branch or commit argument")
    name = given.rest[0]
    known = any(session.checkout.commit_at(f"refs/{kind}/{name}") for kind in ("heads", "remotes/origin"))
    if not known and name != "-" and not given.has("d", "detach"):
        if _is_revision(session, name):
            raise GitCommandError(
                f"fatal: a branch is expected, got commit '{name}'\nhint: If you want to detach "
                "HEAD at the commit, try again with the --detach option."
            )
        raise GitCommandError(f"fatal: invalid reference: {name}")
    return _switch(session, name, detach=given.has("d", "detach"), force=given.has("f", "force", "discard-changes"))


def _tracking_name(given: Given) -> str:
    """The name of the branch that ``-t origin/NAME`` makes."""
    return given.rest[0].partition("/")[2] if given.has("t", "track") and given.rest else ""


def _create(session: Session, name: str, given: Given, *, force: bool) -> int:
    """Makes a branch and switches to it."""
    checkout, start = session.checkout, given.rest[0] if given.rest else "HEAD"
    old = checkout.head
    if old is None and start == "HEAD":
        checkout.point("HEAD", f"ref: refs/heads/{name}")
    else:
        commit = _start_of(session, name, start, force=force)
        _follow(session, old, commit)
        checkout.point(f"refs/heads/{name}", commit.id)
        checkout.point("HEAD", f"ref: refs/heads/{name}")
        if given.rest:
            _say_local_changes(session)
    session.err(f"Switched to a new branch '{name}'\n")
    if not given.has("no-track"):
        _start_tracking(session, name, start, local=given.has("t", "track"))
    return 0


def _say_local_changes(session: Session) -> None:
    """The files that differ from the commit that one is on now."""
    status = status_of(session.checkout)
    changed = {**status.unstaged, **status.staged}
    session.out("".join(f"{changed[path]}\t{path}\n" for path in sorted(changed)))


def _switch(session: Session, name: str, *, detach: bool = False, force: bool = False) -> int:
    checkout = session.checkout
    old = checkout.head
    if name == checkout.branch:
        _say_local_changes(session)
        session.err(f"Already on '{name}'\n")
        session.out(tracking_line(session))
        return 0
    local, remote = checkout.commit_at(f"refs/heads/{name}"), checkout.commit_at(f"refs/remotes/origin/{name}")
    if local is not None:
        _follow(session, old, local, force=force)
        checkout.point("HEAD", f"ref: refs/heads/{name}")
        _say_local_changes(session)
        session.err(f"Switched to branch '{name}'\n")
        session.out(tracking_line(session))
    elif remote is not None and "/" not in name:
        _follow(session, old, remote, force=force)
        checkout.point(f"refs/heads/{name}", remote.id)
        checkout.point("HEAD", f"ref: refs/heads/{name}")
        _say_local_changes(session)
        follow(session, name, "origin", name)
        session.err(f"Switched to a new branch '{name}'\n")
    else:
        commit = named_commit(session, name)
        _follow(session, old, commit, force=force)
        checkout.point("HEAD", commit.id)
        _say_local_changes(session)
        title = commit.message.partition("\n")[0]
        session.err(
            (
                f"Note: switching to '{name}'.\n\nYou are in 'detached HEAD' state.\n\nHEAD "
                f"is now at {short(commit)} {title}\n"
            )
            if detach
            else ""
        )
    return 0


def _follow(session: Session, old: Commit | None, new: Commit, *, force: bool = False) -> None:
    checkout = session.checkout
    if old is not None and old.id == new.id and not force:
        return
    before, after = checkout.tree(old), checkout.tree(new)
    index = checkout.index()
    if not force:
        try:
            refuse_overwriting(checkout, before, after, "checkout")
        except OperationError as error:
            raise GitCommandError(f"error: {error.message}", 1) from error
    follow_tree(checkout, before, after)
    kept = {path: line for path, line in index.items() if before.get(path) == after.get(path)}
    checkout.set_index(
        {
            **kept,
            **{
                path: line
                for path, line in tree_index(after).items()
                if path not in kept and before.get(path) != after.get(path)
            },
        }
    )


def run_tag(session: Session) -> int:
    """``git tag``."""
    given = read_options(session.args, "a l list d delete f force s", "m message n sort")
    checkout = session.checkout
    if given.has("d", "delete"):
        for name in given.rest:
            commit = checkout.commit_at(f"refs/tags/{name}")
            if commit is None:
                session.err(f"error: tag '{name}' not found.\n")
                return 1
            checkout.drop(f"refs/tags/{name}")
            session.out(f"Deleted tag '{name}' (was {short(commit)})\n")
        return 0
    if not given.rest or given.has("l", "list"):
        session.out("".join(f"{name}\n" for name in checkout.refs("tags")))
        return 0
    name = given.rest[0]
    if not is_branch_name(name):
        raise GitCommandError(f"fatal: '{name}' is not a valid tag name.")
    if checkout.commit_at(f"refs/tags/{name}") is not None and not given.has("f", "force"):
        raise GitCommandError(f"fatal: tag '{name}' already exists")
    commit = named_commit(session, given.rest[1] if len(given.rest) > 1 else "HEAD")
    checkout.point(f"refs/tags/{name}", commit.id)
    return 0
