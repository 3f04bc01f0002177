"""Git commands on branches and tags: branch, checkout, switch, merge, tag."""

from __future__ import annotations

from agentalign_env.errors import OperationError
from agentalign_env.services.machine.arguments import read_options
from agentalign_env.services.machine.git.checkout import Checkout, is_branch_name
from agentalign_env.services.machine.git.commands_change import run_restore
from agentalign_env.services.machine.git.commands_look import named_commit
from agentalign_env.services.machine.git.commands_status import tracking_line
from agentalign_env.services.machine.git.history import is_ancestor, resolve
from agentalign_env.services.machine.git.records import Commit
from agentalign_env.services.machine.git.session import GitCommandError, Session, short
from agentalign_env.services.machine.git.settings import changed_setting
from agentalign_env.services.machine.git.worktree import follow_tree, refuse_overwriting, status_of, tree_index

__all__ = ["run_branch", "run_checkout", "run_switch", "run_tag"]


def run_branch(session: Session) -> int:
    """``git branch``."""
    given = read_options(
        session.args, "a all r remotes v vv verbose d D delete m M move show-current list f force q quiet no-color c",
        "u set-upstream-to format contains merged",
    )  # fmt: skip
    checkout = session.checkout
    if given.has("show-current"):
        session.out(f"{checkout.branch}\n" if checkout.branch else "")
        return 0
    if given.has("d", "D", "delete"):
        return _delete_branches(session, given.rest, force=given.has("D", "f", "force"))
    if given.has("m", "M", "move"):
        old, new = (
            (given.rest if len(given.rest) == 2 else (checkout.branch, given.rest[0])) if given.rest else ("", "")
        )
        commit = checkout.commit_at(f"refs/heads/{old}")
        if commit is None or not is_branch_name(new):
            raise GitCommandError(
                f"fatal: no branch named '{old}'" if commit is None else f"fatal: '{new}' is not a valid branch name"
            )
        if new != old:
            checkout.point(f"refs/heads/{new}", commit.id)
            checkout.drop(f"refs/heads/{old}")
            if checkout.branch == old:
                checkout.point("HEAD", f"ref: refs/heads/{new}")
        return 0
    if given.has("u", "set-upstream-to"):
        branch = given.rest[0] if given.rest else checkout.branch
        _track(checkout, branch)
        session.out(f"branch '{branch}' set up to track 'origin/{branch}'.\n")
        return 0
    if given.rest and not given.has("list"):
        _make_branch(
            session, given.rest[0], given.rest[1] if len(given.rest) > 1 else "HEAD", force=given.has("f", "force")
        )
        return 0
    _list_branches(session, given.has("a", "all"), given.has("r", "remotes"), given.has("v", "vv", "verbose"))
    return 0


def _list_branches(session: Session, everything: bool, remotes: bool, verbose: bool) -> None:
    checkout = session.checkout
    lines: list[tuple[str, str, Commit]] = []
    if not remotes:
        if not checkout.branch and checkout.head is not None:
            lines.append(("* ", f"(HEAD detached at {short(checkout.head)})", checkout.head))
        lines += [("* " if name == checkout.branch else "  ", name, at) for name, at in checkout.refs("heads").items()]
    if everything or remotes:
        prefix = "remotes/" if everything else ""
        lines += [("  ", f"{prefix}{name}", at) for name, at in checkout.refs("remotes").items()]
    width = max((len(name) for _, name, _ in lines), default=0)
    for mark, name, at in lines:
        session.out(
            f"{mark}{name:<{width}} {short(at)} {at.message.partition(chr(10))[0]}\n" if verbose else f"{mark}{name}\n"
        )


def _make_branch(session: Session, name: str, start: str, *, force: bool = False) -> Commit:
    if not is_branch_name(name):
        raise GitCommandError(f"fatal: '{name}' is not a valid branch name")
    checkout = session.checkout
    if checkout.commit_at(f"refs/heads/{name}") is not None and not force:
        raise GitCommandError(f"fatal: a branch named '{name}' already exists")
    if start == "HEAD" and checkout.head is None:
        raise GitCommandError(f"fatal: not a valid object name: '{checkout.branch}'")
    commit = named_commit(session, start)
    checkout.point(f"refs/heads/{name}", commit.id)
    return commit


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
            session.out(f"Deleted branch {name} (was {short(commit)}).\n")
    return status


def _track(checkout: Checkout, branch: str) -> None:
    place = f"{checkout.folder}/config"
    text = checkout.files.read(place).content
    text = changed_setting(
        changed_setting(text, f"branch.{branch}.remote", "origin"), f"branch.{branch}.merge", f"refs/heads/{branch}"
    )
    checkout.files.write(place, text)


def run_checkout(session: Session) -> int:
    """``git checkout``: another branch or commit, or files."""
    args = session.args
    if "--" in args:
        at = args.index("--")
        before = [arg for arg in args[:at] if not arg.startswith("-")]
        session.args = [*([f"--source={before[0]}", "--staged", "--worktree"] if before else []), *args[at + 1 :]]
        return run_restore(session)
    given = read_options(args, "q quiet f force track t detach", "b B orphan")
    new = given.value("b", "B")
    if new:
        return _switch(session, new, create=True, start=given.rest[0] if given.rest else "HEAD", force=given.has("B"))
    if given.has("orphan"):
        session.checkout.point("HEAD", f"ref: refs/heads/{given.value('orphan')}")
        return 0
    if not given.rest:
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
    given = read_options(session.args, "q quiet d detach f force discard-changes", "c C create")
    new = given.value("c", "C", "create")
    if new:
        return _switch(session, new, create=True, start=given.rest[0] if given.rest else "HEAD", force=given.has("C"))
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


def _switch(
    session: Session, name: str, *, create: bool = False, start: str = "HEAD", detach: bool = False, force: bool = False
) -> int:
    checkout = session.checkout
    old = checkout.head
    if create:
        if old is None and start == "HEAD":
            checkout.point("HEAD", f"ref: refs/heads/{name}")
        else:
            commit = _make_branch(session, name, start, force=force)
            _follow(session, old, commit)
            checkout.point("HEAD", f"ref: refs/heads/{name}")
        session.err(f"Switched to a new branch '{name}'\n")
        return 0
    if name == checkout.branch:
        session.err(f"Already on '{name}'\n")
        session.out(tracking_line(session))
        return 0
    local, remote = checkout.commit_at(f"refs/heads/{name}"), checkout.commit_at(f"refs/remotes/origin/{name}")
    if local is not None:
        _follow(session, old, local, force=force)
        checkout.point("HEAD", f"ref: refs/heads/{name}")
        session.err(f"Switched to branch '{name}'\n")
        session.out(tracking_line(session))
    elif remote is not None and "/" not in name:
        _follow(session, old, remote, force=force)
        checkout.point(f"refs/heads/{name}", remote.id)
        _track(checkout, name)
        checkout.point("HEAD", f"ref: refs/heads/{name}")
        session.out(f"branch '{name}' set up to track 'origin/{name}'.\n")
        session.err(f"Switched to a new branch '{name}'\n")
    else:
        commit = named_commit(session, name)
        _follow(session, old, commit, force=force)
        checkout.point("HEAD", commit.id)
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
