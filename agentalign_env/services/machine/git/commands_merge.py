"""``git merge``."""

from __future__ import annotations

import re

from agentalign_env.errors import OperationError
from agentalign_env.services.machine.arguments import read_options, said
from agentalign_env.services.machine.git.checkout import Checkout
from agentalign_env.services.machine.git.commands_change import run_commit
from agentalign_env.services.machine.git.commands_look import commit_sides
from agentalign_env.services.machine.git.conflicts import UNMERGED, conflict_message, leave_conflicts, undo_merge
from agentalign_env.services.machine.git.diffing import pair_up, stat_text
from agentalign_env.services.machine.git.history import is_ancestor, merge_base, resolve
from agentalign_env.services.machine.git.merging import Names, merge_trees
from agentalign_env.services.machine.git.records import Commit
from agentalign_env.services.machine.git.session import GitCommandError, Session, cleaned, short
from agentalign_env.services.machine.git.worktree import follow_tree, refuse_overwriting, tree_index

__all__ = ["into", "merge_into", "run_merge"]

_STEP = re.compile(r"(.+?)(\^+|~\d*)")


def run_merge(session: Session) -> int:
    """``git merge``."""
    given = read_options(
        session.args, "no-ff ff ff-only abort continue squash q quiet no-edit e edit no-commit", "m s X"
    )
    checkout = session.checkout
    if given.has("abort"):
        if checkout.pointer("MERGE_HEAD") is None:
            raise GitCommandError("fatal: There is no merge to abort (MERGE_HEAD missing).")
        undo_merge(session)
        return 0
    if given.has("continue"):
        if checkout.pointer("MERGE_HEAD") is None:
            raise GitCommandError("fatal: There is no merge in progress (MERGE_HEAD missing).")
        session.args = []
        return run_commit(session)
    if given.has("q", "quiet"):
        session.hush()
    name = given.rest[0] if given.rest else f"origin/{checkout.branch}"
    try:
        theirs = resolve(checkout, name)
    except OperationError as error:
        raise GitCommandError(f"merge: {name} - not something we can merge", 1) from error
    return merge_into(
        session,
        theirs,
        name,
        cleaned(given.value("m")) or f"Merge {_called(checkout, name)}{into(checkout)}",
        forward=not given.has("no-ff"),
        only_forward=given.has("ff-only"),
    )


def _called(checkout: Checkout, name: str) -> str:
    """What is merged, in the words of git's message."""
    steps = _STEP.fullmatch(name)
    base, step = steps.groups() if steps is not None else (name, "")
    for kind, words in (("tags", "tag"), ("heads", "branch"), ("remotes", "remote-tracking branch")):
        if checkout.commit_at(f"refs/{kind}/{name}") is not None:
            return f"{words} '{name}'"
    if step and checkout.commit_at(f"refs/heads/{base}") is not None:
        return f"branch '{base}'" + ("" if step == "~0" else " (early part)")
    return f"commit '{name}'"


def into(checkout: Checkout) -> str:
    """The end of a merge's message: where it goes, unless that is the main branch."""
    return "" if checkout.branch in ("main", "master") else f" into {checkout.branch or 'HEAD'}"


def merge_into(
    session: Session, theirs: Commit, name: str, message: str, *, forward: bool = True, only_forward: bool = False
) -> int:
    """Merges a commit into the current branch and says how."""
    checkout, store = session.checkout, session.world.store
    ours = checkout.head
    if is_ancestor(store, theirs, ours):
        session.out("Already up to date.\n")
        return 0
    if any(line.stage for line in checkout.index().values()):
        raise GitCommandError(f"error: Merging is not possible because you have unmerged files.\n{UNMERGED}")
    if checkout.pointer("MERGE_HEAD") is not None:
        raise GitCommandError(
            "fatal: You have not concluded your merge (MERGE_HEAD exists).\nPlease, "
            "commit your changes before you merge."
        )
    mine, other = checkout.tree(ours), checkout.tree(theirs)
    try:
        if forward and is_ancestor(store, ours, theirs):
            refuse_overwriting(checkout, mine, other, "merge")
            index = checkout.index()
            follow_tree(checkout, mine, other)
            checkout.set_index(
                {**{path: line for path, line in index.items() if path not in mine}, **tree_index(other)}
            )
            checkout.set_head(theirs.id)
            session.out(f"Updating {short(ours) if ours is not None else '0000000'}..{short(theirs)}\nFast-forward\n")
            _write_stat(session, ours, theirs)
            return 0
        if only_forward:
            raise GitCommandError("fatal: Not possible to fast-forward, aborting.")
        base = merge_base(store, ours, theirs) if ours is not None else None
        if base is None and ours is not None:
            raise GitCommandError("fatal: refusing to merge unrelated histories")
        merged = merge_trees(checkout, checkout.tree(base), mine, other, Names(name))
        refuse_overwriting(checkout, mine, merged.tree, "merge")
    except OperationError as error:
        raise GitCommandError(f"error: {error.message}", 1) from error
    follow_tree(checkout, mine, merged.tree)
    if merged.conflicts:
        leave_conflicts(session, merged, Names(name))
        checkout.point("MERGE_HEAD", theirs.id)
        checkout.point("MERGE_MSG", conflict_message(message, merged))
        session.out("Automatic merge failed; fix conflicts and then commit the result.\n")
        return 1
    for path in merged.combined:
        session.out(f"Auto-merging {path}\n")
    parents = tuple(commit.id for commit in (ours, theirs) if commit is not None)
    try:
        commit = checkout.add_commit(merged.tree, parents, message)
    except OperationError as error:
        raise GitCommandError(f"fatal: {said(error)}") from error
    checkout.set_index(tree_index(merged.tree))
    checkout.set_head(commit.id)
    session.out("Merge made by the 'ort' strategy.\n")
    _write_stat(session, ours, commit)
    return 0


def _write_stat(session: Session, old: Commit | None, new: Commit) -> None:
    pairs = pair_up(commit_sides(session, old), commit_sides(session, new))
    session.out(stat_text(pairs))
    for path, before, after in pairs:
        if before is None and after is not None:
            session.out(f" create mode {after.mode} {path}\n")
        elif after is None and before is not None:
            session.out(f" delete mode {before.mode} {path}\n")
