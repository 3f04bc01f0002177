"""``git status``."""

from __future__ import annotations

from agentalign_env.services.machine.arguments import read_options
from agentalign_env.services.machine.git.history import commits_between
from agentalign_env.services.machine.git.session import Session, short
from agentalign_env.services.machine.git.worktree import Status, status_of

__all__ = ["print_status", "renames", "run_status", "tracking_line"]


_WORDS = {"A": "new file:   ", "M": "modified:   ", "D": "deleted:    ", "U": "both modified:   "}


def run_status(session: Session) -> int:
    """``git status``."""
    given = read_options(session.args, "s short porcelain b branch long u v ahead-behind ignored", "untracked-files")
    status = status_of(session.checkout)
    if given.value("untracked-files") == "no":
        status = status._replace(untracked=())
    if given.rest:
        specs = [session.inside(spec) for spec in given.rest if spec != "--"]

        def fits(path: str) -> bool:
            return any(not spec or path.rstrip("/") == spec or path.startswith(f"{spec}/") for spec in specs)

        status = Status(
            {path: letter for path, letter in status.staged.items() if fits(path)},
            {path: letter for path, letter in status.unstaged.items() if fits(path)},
            tuple(path for path in status.untracked if fits(path)),
        )
    if given.has("s", "short", "porcelain"):
        if given.has("b", "branch"):
            session.out(f"## {_branch_line(session)}\n")
        renamed = renames(session, status)
        for path in sorted((status.staged.keys() | status.unstaged.keys()) - set(renamed.values())):
            letters = f"{status.staged.get(path, ' ')}{status.unstaged.get(path, ' ')}"
            letters = "UU" if status.unstaged.get(path) == "U" else letters
            names = [renamed[path], path] if path in renamed else [path]
            shown = " -> ".join(names if given.has("porcelain") else map(session.shown, names))
            session.out(f"{'R' + letters[1] if path in renamed else letters} {shown}\n")
        for path in status.untracked:
            session.out(f"?? {path if given.has('porcelain') else session.shown(path)}\n")
        return 0
    print_status(session, status)
    return 0


def renames(session: Session, status: Status) -> dict[str, str]:
    """Staged files that have the content of one that is gone: the old path by the new one."""
    index, head = session.checkout.index(), session.checkout.tree(session.checkout.head)
    gone: dict[str, list[str]] = {}
    for path, letter in status.staged.items():
        if letter == "D":
            gone.setdefault(head[path].blob, []).append(path)
    found = {}
    for path, letter in status.staged.items():
        if letter == "A" and gone.get(index[path].blob):
            found[path] = gone[index[path].blob].pop(0)
    return found


def _branch_line(session: Session) -> str:
    checkout = session.checkout
    branch = checkout.branch
    if not branch:
        return "HEAD (no branch)"
    head, remote = checkout.head, checkout.commit_at(f"refs/remotes/origin/{branch}")
    if head is None:
        return f"No commits yet on {branch}"
    if remote is None:
        return branch
    ahead = len(commits_between(session.world.store, remote, head))
    behind = len(commits_between(session.world.store, head, remote))
    parts = [f"ahead {ahead}"] * bool(ahead) + [f"behind {behind}"] * bool(behind)
    return f"{branch}...origin/{branch}" + (f" [{', '.join(parts)}]" if parts else "")


def tracking_line(session: Session) -> str:
    """How the branch stands to that of the remote, in sentences; empty where it follows none."""
    checkout = session.checkout
    branch = checkout.branch
    head, remote = checkout.head, checkout.commit_at(f"refs/remotes/origin/{branch}") if branch else None
    if head is None or remote is None or f"branch.{branch}.remote" not in checkout.settings():
        return ""
    store = session.world.store
    ahead, behind = len(commits_between(store, remote, head)), len(commits_between(store, head, remote))
    if not ahead and not behind:
        return f"Your branch is up to date with 'origin/{branch}'.\n"

    def commits(count: int) -> str:
        return f"{count} commit{'' if count == 1 else 's'}"

    if ahead and behind:
        return (
            f"Your branch and 'origin/{branch}' have diverged,\nand have {ahead} and {behind} different commits each, "
            'respectively.\n  (use "git pull" if you want to integrate the remote branch with yours)\n'
        )
    if ahead:
        return (
            f"Your branch is ahead of 'origin/{branch}' by {commits(ahead)}.\n  (use \"git "
            'push" to publish your local commits)\n'
        )
    return (
        f"Your branch is behind 'origin/{branch}' by {commits(behind)}, and can be fast-forwarded.\n"
        '  (use "git pull" to update your local branch)\n'
    )


def print_status(session: Session, status: Status, beginning: str = "No commits yet") -> None:
    """Writes a status in sentences."""
    checkout, out = session.checkout, session.out
    branch = checkout.branch
    out(f"On branch {branch}\n" if branch else f"HEAD detached at {short(session.head)}\n")
    tracking = tracking_line(session)
    out(f"{tracking}\n" if tracking and not status.clean else tracking)
    if checkout.head is None:
        out(f"\n{beginning}\n\n")
    conflicts = [path for path, letter in status.unstaged.items() if letter == "U"]
    if conflicts:
        out(
            'You have unmerged paths.\n  (fix conflicts and run "git commit")\n  (use "git '
            'merge --abort" to abort the merge)\n\n'
        )
    elif checkout.pointer("MERGE_HEAD") is not None:
        out('All conflicts fixed but you are still merging.\n  (use "git commit" to conclude merge)\n\n')
    _print_staged(session, status)
    if conflicts:
        out('Unmerged paths:\n  (use "git add <file>..." to mark resolution)\n')
        for path in conflicts:
            out(f"\t{_WORDS['U']}{session.shown(path)}\n")
        out("\n")
    changed = {path: letter for path, letter in status.unstaged.items() if letter != "U"}
    if changed:
        verb = "add/rm" if "D" in changed.values() else "add"
        out(f'Changes not staged for commit:\n  (use "git {verb} <file>..." to update what will be committed)\n')
        out('  (use "git restore <file>..." to discard changes in working directory)\n')
        for path, letter in changed.items():
            out(f"\t{_WORDS[letter]}{session.shown(path)}\n")
        out("\n")
    if status.untracked:
        out('Untracked files:\n  (use "git add <file>..." to include in what will be committed)\n')
        for path in status.untracked:
            out(f"\t{session.shown(path)}\n")
        out("\n")
    fresh = 'nothing to commit (create/copy files and use "git add" to track)\n'
    if status.clean:
        out("nothing to commit, working tree clean\n" if checkout.head is not None else fresh)
    elif not status.staged:
        nothing = 'nothing added to commit but untracked files present (use "git add" to track)\n'
        out('no changes added to commit (use "git add" and/or "git commit -a")\n' if status.unstaged else nothing)


def _print_staged(session: Session, status: Status) -> None:
    checkout, out = session.checkout, session.out
    if status.staged:
        out("Changes to be committed:\n")
        undo = "git restore --staged <file>..." if checkout.head is not None else "git rm --cached <file>..."
        out(f'  (use "{undo}" to unstage)\n')
        renamed = renames(session, status)
        for path, letter in status.staged.items():
            if path in renamed:
                out(f"\trenamed:    {session.shown(renamed[path])} -> {session.shown(path)}\n")
            elif path not in renamed.values():
                out(f"\t{_WORDS[letter]}{session.shown(path)}\n")
        out("\n")
