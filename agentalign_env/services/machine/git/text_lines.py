"""Which lines of two texts agree, at a bounded cost."""

from __future__ import annotations

from collections import Counter
from difflib import SequenceMatcher

__all__ = ["Opcode", "opcodes", "split_lines"]

Opcode = tuple[str, int, int, int, int]
_MAX_LINES, _MAX_PAIRS = 2_000, 200_000  # of what is left between a common start and end; above, all of it differs


def split_lines(text: str) -> list[str]:
    """The lines of a text with their newlines; only newlines end a line."""
    lines = text.split("\n")
    return [f"{line}\n" for line in lines[:-1]] + ([lines[-1]] if lines[-1] else [])


def opcodes(old: list[str], new: list[str]) -> list[Opcode]:
    """The stretches that are ``equal``, ``replace``, ``delete`` or ``insert``, as `difflib` names them."""
    start = 0
    while start < min(len(old), len(new)) and old[start] == new[start]:
        start += 1
    end = 0
    while end < min(len(old), len(new)) - start and old[-1 - end] == new[-1 - end]:
        end += 1
    left, right = old[start : len(old) - end], new[start : len(new) - end]
    found: list[Opcode] = [("equal", 0, start, 0, start)] if start else []
    if left or right:
        many = Counter(left)
        pairs = sum(many[line] for line in right)
        if max(len(left), len(right)) > _MAX_LINES or pairs > _MAX_PAIRS:
            found.append(("replace", start, start + len(left), start, start + len(right)))
        else:
            for tag, a1, a2, b1, b2 in SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
                found.append((tag, start + a1, start + a2, start + b1, start + b2))
    if end:
        found.append(("equal", len(old) - end, len(old), len(new) - end, len(new)))
    return found
