"""Conflicts: what a merge, a revert or a stash leaves for somebody to resolve, and how that is undone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from agentalign_env.services.machine.git.checkout import Checkout
from agentalign_env.services.machine.git.history import merge_base
from agentalign_env.services.machine.git.merging import MergedTree, Names, conflict_letters
from agentalign_env.services.machine.git.records import COMMITS, Commit
from agentalign_env.services.machine.git.session import GitCommandError, Session
from agentalign_env.services.machine.git.worktree import follow_tree, staged_tree, tree_index, write_entry

__all__ = ["UNMERGED", "conflict_message", "end_merge", "leave_conflicts", "letters_of", "take_side", "undo_merge"]

UNMERGED = (
    "hint: Fix them up in the work tree, and then use 'git add/rm <file>'\n"
    "hint: as appropriate to mark resolution and make a commit.\n"
    "fatal: Exiting because of an unresolved conflict."
)
_GONE = (
    "CONFLICT (modify/delete): {path} deleted in {gone} and modified in {kept}.  Version {kept} of {path} left in tree."
)


def leave_conflicts(session: Session, merged: MergedTree, names: Names) -> None:
    """Leaves both sides between markers in the files, and the conflicts in the index.

    Says so, file by file, even where silence was asked for.
    """
    checkout, session.out = session.checkout, session.invocation.out
    index = tree_index(merged.tree)
    for path in sorted({*merged.combined, *merged.conflicts}):
        if path in merged.combined:
            session.out(f"Auto-merging {path}\n")
        letters = merged.conflicts.get(path, "")
        if letters in ("UU", "AA"):
            session.out(f"CONFLICT ({'content' if letters == 'UU' else 'add/add'}): Merge conflict in {path}\n")
            checkout.files.write(f"{checkout.top}/{path}", merged.texts[path])
        elif letters:
            gone, kept = (names.ours, names.theirs) if letters == "DU" else (names.theirs, names.ours)
            session.out(f"{_GONE.format(path=path, gone=gone, kept=kept)}\n")
        if letters:
            index[path] = index[path]._replace(stage=2)
    checkout.set_index(index)


def conflict_message(message: str, merged: MergedTree) -> str:
    """The message that waits for the commit which ends the conflict."""
    return f"{message}\n\n# Conflicts:\n" + "\n".join(f"#\t{path}" for path in sorted(merged.conflicts))


def letters_of(checkout: Checkout, paths: Iterable[str]) -> Mapping[str, str]:
    """What the sides did to files in conflict, as a short status tells it: ``UU``, ``AA``, ``UD``, ``DU``."""
    base, theirs = _other_sides(checkout)
    if theirs is None:
        return dict.fromkeys(paths, "UU")
    before, mine, other = (checkout.tree(commit) for commit in (base, checkout.head, theirs))
    return {path: conflict_letters(path in before, path in mine, path in other) for path in paths}


def _other_sides(checkout: Checkout) -> tuple[Commit | None, Commit | None]:
    """Where the sides of what is being merged come from, and the other side."""
    store, head = checkout.world.store, checkout.head
    merging, reverting = checkout.commit_at("MERGE_HEAD"), checkout.commit_at("REVERT_HEAD")
    if merging is not None and head is not None:
        return merge_base(store, head, merging), merging
    if reverting is not None and reverting.parents:
        return reverting, store.get(COMMITS, reverting.parents[0])
    return None, None


def take_side(session: Session, specs: list[str], *, theirs: bool) -> int:
    """Puts one side's version of files in conflict into the checkout; the conflict stays in the index."""
    checkout = session.checkout
    index = checkout.index()
    side = checkout.tree(_other_sides(checkout)[1] if theirs else checkout.head)
    paths = session.matching([spec for spec in specs if spec != "--"], index)
    for path in paths:
        if path not in side:
            raise GitCommandError(f"error: path '{path}' does not have {'their' if theirs else 'our'} version", 1)
        write_entry(checkout, side[path] if index[path].stage else staged_tree(index)[path])
    if "--" not in specs:
        session.err(f"Updated {len(paths)} path{'' if len(paths) == 1 else 's'} from the index\n")
    return 0


def undo_merge(session: Session) -> None:
    """Puts back what a merge changed; changes that were there before it stay."""
    checkout = session.checkout
    index, tree = checkout.index(), checkout.tree(session.head)
    kept = tree_index(tree)
    touched = {path for path in index.keys() | kept.keys() if index.get(path) != kept.get(path)}
    follow_tree(
        checkout, {path: entry for path, entry in staged_tree(index).items() if path in touched - tree.keys()}, {}
    )
    follow_tree(checkout, {}, {path: tree[path] for path in touched & tree.keys()})
    checkout.set_index(kept)
    end_merge(checkout)


def end_merge(checkout: Checkout) -> None:
    """Forgets that something was being merged or reverted."""
    for name in ("MERGE_HEAD", "REVERT_HEAD", "MERGE_MSG"):
        checkout.drop(name)
