"""``git revert``."""

from __future__ import annotations

from agentalign_env.errors import OperationError
from agentalign_env.services.machine.arguments import read_options
from agentalign_env.services.machine.git.checkout import Checkout
from agentalign_env.services.machine.git.commands_change import write_summary
from agentalign_env.services.machine.git.commands_look import named_commit
from agentalign_env.services.machine.git.conflicts import (
    UNMERGED,
    conflict_message,
    end_merge,
    leave_conflicts,
    undo_merge,
)
from agentalign_env.services.machine.git.merging import Names, merge_trees
from agentalign_env.services.machine.git.records import COMMITS, Commit
from agentalign_env.services.machine.git.session import GitCommandError, Session, cleaned, short
from agentalign_env.services.machine.git.worktree import follow_tree, refuse_overwriting, staged_tree, tree_index

__all__ = ["run_revert"]

_HINTS = (
    "hint: After resolving the conflicts, mark them with\n"
    'hint: "git add/rm <pathspec>", then run\n'
    'hint: "git revert --continue".\n'
    'hint: You can instead skip this commit with "git revert --skip".\n'
    'hint: To abort and get back to the state before "git revert",\n'
    'hint: run "git revert --abort".'
)


def run_revert(session: Session) -> int:
    """``git revert``."""
    given = read_options(session.args, "no-edit e edit n no-commit s signoff abort continue skip quit", "m")
    checkout = session.checkout
    if given.has("abort", "continue", "skip", "quit"):
        return _end(session, going_on=given.has("continue"), keeping=given.has("quit"))
    for name in given.rest:
        _revert(session, named_commit(session, name), commits=not given.has("n", "no-commit"))
    return 0 if checkout.pointer("REVERT_HEAD") is None else 1


def _revert(session: Session, commit: Commit, *, commits: bool) -> None:
    checkout, head = session.checkout, session.head
    parent = session.world.store.get(COMMITS, commit.parents[0]) if commit.parents else None
    title = commit.message.partition("\n")[0]
    names = Names(f"parent of {short(commit)} ({title})")
    ours = checkout.tree(head) if commits else staged_tree(checkout.index())
    merged = merge_trees(checkout, checkout.tree(commit), ours, checkout.tree(parent), names)
    try:
        refuse_overwriting(checkout, ours, merged.tree, "merge")
    except OperationError as error:
        raise GitCommandError(f"error: {error.message}\nfatal: revert failed") from error
    follow_tree(checkout, ours, merged.tree)
    message = f'Revert "{title}"\n\nThis reverts commit {commit.id}.'
    if merged.conflicts:
        leave_conflicts(session, merged, names)
        checkout.point("REVERT_HEAD", commit.id)
        checkout.point("MERGE_MSG", conflict_message(message, merged))
        raise GitCommandError(f"error: could not revert {short(commit)}... {title}\n{_HINTS}", 1)
    for path in merged.combined:
        session.out(f"Auto-merging {path}\n")
    checkout.set_index(tree_index(merged.tree))
    if commits:
        _commit(session, message)


def _commit(session: Session, message: str) -> None:
    checkout, head = session.checkout, session.head
    made = checkout.add_commit(staged_tree(checkout.index()), (head.id,), message)
    checkout.set_head(made.id)
    title = message.partition("\n")[0]
    session.out(f"[{checkout.branch or 'detached HEAD'} {short(made)}] {title}\n")
    write_summary(session, head, made)


def _end(session: Session, *, going_on: bool, keeping: bool) -> int:
    """Ends a revert that met a conflict: with its commit, as it is, or as if nothing had been done."""
    checkout = session.checkout
    if checkout.pointer("REVERT_HEAD") is None:
        raise GitCommandError("error: no cherry-pick or revert in progress\nfatal: revert failed")
    if going_on:
        if any(line.stage for line in checkout.index().values()):
            raise GitCommandError(f"error: Committing is not possible because you have unmerged files.\n{UNMERGED}")
        _commit(session, _without_comments(checkout))
    elif not keeping:
        undo_merge(session)
    end_merge(checkout)
    return 0


def _without_comments(checkout: Checkout) -> str:
    lines = (checkout.pointer("MERGE_MSG") or "").split("\n")
    return cleaned("\n".join(line for line in lines if not line.startswith("#")))
