"""``git status``."""

from __future__ import annotations

from collections.abc import Mapping

from agentalign_env.services.machine.arguments import read_options
from agentalign_env.services.machine.git.conflicts import letters_of
from agentalign_env.services.machine.git.session import Session, short
from agentalign_env.services.machine.git.tracking import apart, tracking_line, upstream
from agentalign_env.services.machine.git.worktree import Status, status_of

__all__ = ["print_status", "renames", "run_status"]


_WORDS = {"A": "new file:   ", "M": "modified:   ", "D": "deleted:    "}
_CONFLICTS = {
    "UU": "both modified:   ", "AA": "both added:      ", "UD": "deleted by them: ", "DU": "deleted by us:   ",
}  # fmt: skip


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
        torn = _torn(session, status)
        for path in sorted((status.staged.keys() | status.unstaged.keys()) - set(renamed.values())):
            letters = f"{status.staged.get(path, ' ')}{status.unstaged.get(path, ' ')}"
            letters = torn.get(path, letters)
            names = [renamed[path], path] if path in renamed else [path]
            shown = " -> ".join(names if given.has("porcelain") else map(session.shown, names))
            session.out(f"{'R' + letters[1] if path in renamed else letters} {shown}\n")
        for path in status.untracked:
            session.out(f"?? {path if given.has('porcelain') else session.shown(path)}\n")
        return 0
    print_status(session, status)
    return 0


def _torn(session: Session, status: Status) -> Mapping[str, str]:
    """The letters of the files in conflict."""
    paths = [path for path, letter in status.unstaged.items() if letter == "U"]
    return letters_of(session.checkout, paths) if paths else {}


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
    branch, head = checkout.branch, checkout.head
    if not branch:
        return "HEAD (no branch)"
    if head is None:
        return f"No commits yet on {branch}"
    followed = upstream(checkout, branch)
    if followed is None:
        return branch
    words = "gone" if followed.commit is None else apart(checkout, head, followed.commit)
    return f"{branch}...{followed.name}" + (f" [{words}]" if words else "")


def print_status(session: Session, status: Status, beginning: str = "No commits yet") -> None:
    """Writes a status in sentences."""
    checkout, out = session.checkout, session.out
    branch = checkout.branch
    out(f"On branch {branch}\n" if branch else f"HEAD detached at {short(session.head)}\n")
    tracking = tracking_line(session)
    out(f"{tracking}\n" if tracking and not status.clean else tracking)
    if checkout.head is None:
        out(f"\n{beginning}\n\n")
    torn = _torn(session, status)
    state = _merge_state(session, bool(torn))
    out(f"\n{state}" if state and not tracking else state)
    _print_staged(session, status)
    if torn:
        out("Unmerged paths:\n")
        if checkout.pointer("MERGE_HEAD") is None:
            out('  (use "git restore --staged <file>..." to unstage)\n')
        gone = any("D" in letters for letters in torn.values())
        many = "git add/rm <file>..." + '" as appropriate' if gone else 'git add <file>..."'
        out(f'  (use "{many} to mark resolution)\n')
        out("".join(f"\t{_CONFLICTS[letters]}{session.shown(path)}\n" for path, letters in torn.items()) + "\n")
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


def _merge_state(session: Session, torn: bool) -> str:
    """What a status says of a merge or a revert that is not ended; empty where there is none."""
    checkout = session.checkout
    if checkout.pointer("MERGE_HEAD") is not None:
        if not torn:
            return 'All conflicts fixed but you are still merging.\n  (use "git commit" to conclude merge)\n\n'
        return (
            'You have unmerged paths.\n  (fix conflicts and run "git commit")\n'
            '  (use "git merge --abort" to abort the merge)\n\n'
        )
    reverting = checkout.pointer("REVERT_HEAD")
    if reverting is None:
        return ""
    return (
        f"You are currently reverting commit {short(reverting)}.\n"
        f'  ({"fix conflicts and" if torn else "all conflicts fixed:"} run "git revert --continue")\n'
        '  (use "git revert --skip" to skip this patch)\n'
        '  (use "git revert --abort" to cancel the revert operation)\n\n'
    )


def _print_staged(session: Session, status: Status) -> None:
    checkout, out = session.checkout, session.out
    if status.staged:
        out("Changes to be committed:\n")
        undo = "git restore --staged <file>..." if checkout.head is not None else "git rm --cached <file>..."
        if checkout.pointer("MERGE_HEAD") is None:
            out(f'  (use "{undo}" to unstage)\n')
        renamed = renames(session, status)
        for path, letter in status.staged.items():
            if path in renamed:
                out(f"\trenamed:    {session.shown(renamed[path])} -> {session.shown(path)}\n")
            elif path not in renamed.values():
                out(f"\t{_WORDS[letter]}{session.shown(path)}\n")
        out("\n")
