"""Three-way merges of texts and of snapshots."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from agentalign_env.core.git_objects import TreeEntry
from agentalign_env.services.machine.git.checkout import Checkout, Tree
from agentalign_env.services.machine.git.text_lines import opcodes, split_lines

__all__ = ["MergedTree", "Names", "conflict_letters", "merge_texts", "merge_trees"]


class Names(NamedTuple):
    """How the two sides are called at the markers."""

    theirs: str
    ours: str = "HEAD"


class MergedTree(NamedTuple):
    """The result of a merge; a file in conflict holds both sides between markers.

    Attributes:
        tree: The merged snapshot; of a file in conflict our side, or the other where ours is gone.
        conflicts: The letters of each file in conflict, see `conflict_letters`.
        texts: Files in conflict with their markers.
        combined: Files that both sides changed.
    """

    tree: dict[str, TreeEntry]
    conflicts: Mapping[str, str]
    texts: Mapping[str, str]
    combined: tuple[str, ...]


def conflict_letters(in_base: bool, in_ours: bool, in_theirs: bool) -> str:
    """What the sides did to a file: ``UU`` both changed it, ``AA`` added it, ``UD`` theirs removed it, ``DU`` ours."""
    if in_ours and in_theirs:
        return "UU" if in_base else "AA"
    return "UD" if in_ours else "DU" if in_theirs else "UU"


def merge_trees(checkout: Checkout, base: Tree, ours: Tree, theirs: Tree, names: Names) -> MergedTree:
    """Merges two snapshots that come from `base`; contents that arise are stored."""
    tree: dict[str, TreeEntry] = {}
    conflicts: dict[str, str] = {}
    texts: dict[str, str] = {}
    combined: list[str] = []
    for path in sorted(base.keys() | ours.keys() | theirs.keys()):
        old, mine, other = base.get(path), ours.get(path), theirs.get(path)
        if other in (mine, old):
            chosen = mine
        elif mine == old:
            chosen = other
        elif mine is None or other is None:
            chosen = mine or other
            conflicts[path] = conflict_letters(True, mine is not None, other is not None)
        else:
            combined.append(path)
            before = checkout.content(old.blob) if old is not None else ""
            text, clean = merge_texts(before, checkout.content(mine.blob), checkout.content(other.blob), names)
            if clean:
                chosen = mine._replace(blob=checkout.keep(text))
            else:
                chosen = mine
                conflicts[path] = conflict_letters(old is not None, True, True)
                texts[path] = text
        if chosen is not None:
            tree[path] = chosen
    return MergedTree(tree, conflicts, texts, tuple(combined))


def merge_texts(base: str, ours: str, theirs: str, names: Names) -> tuple[str, bool]:
    """Both sides' changes to a text, and whether they were apart; where not, both versions stand between markers."""
    old, mine, other = split_lines(base), split_lines(ours), split_lines(theirs)
    to_mine, to_other = _matches(old, mine), _matches(old, other)
    found: list[str] = []
    clean = True
    at = at_mine = at_other = 0
    anchors = sorted(to_mine.keys() & to_other.keys())
    for anchor in (*anchors, len(old)):
        end_mine, end_other = to_mine.get(anchor, len(mine)), to_other.get(anchor, len(other))
        if anchor == len(old):
            end_mine, end_other = len(mine), len(other)
        before, left, right = old[at:anchor], mine[at_mine:end_mine], other[at_other:end_other]
        if right in (before, left):
            found += left
        elif left == before:
            found += right
        else:
            clean = False
            found += _marked(left, right, names)
        if anchor < len(old):
            found.append(old[anchor])
        at, at_mine, at_other = anchor + 1, end_mine + 1, end_other + 1
    return "".join(found), clean


def _matches(old: list[str], new: list[str]) -> dict[int, int]:
    """Where the lines of one text went in the other."""
    equal = (code for code in opcodes(old, new) if code[0] == "equal")
    return {a1 + step: b1 + step for _, a1, a2, b1, _ in equal for step in range(a2 - a1)}


def _marked(ours: list[str], theirs: list[str], names: Names) -> list[str]:
    def closed(lines: list[str]) -> list[str]:
        return [*lines[:-1], lines[-1] if lines[-1].endswith("\n") else f"{lines[-1]}\n"] if lines else []

    return [f"<<<<<<< {names.ours}\n", *closed(ours), "=======\n", *closed(theirs), f">>>>>>> {names.theirs}\n"]
