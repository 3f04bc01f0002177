"""Numbers in words, and the words that stand for one: ``half a``, ``a dozen``, ``twice``."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from agentalign_env.executability.extraction.reading import TAKEN, Word
from agentalign_env.executability.extraction.units import NUMBER_WORDS, Unit, units

__all__ = ["NUMBER_TRIGGERS", "Quantity", "in_words", "worded"]

NUMBER_TRIGGERS = NUMBER_WORDS | {"a", "an", "half", "twice", "thrice"}
"""What a number in words begins with."""

_COLLECTIVE = {"dozen": 12, "couple": 2, "pair": 2, "hundred": 100, "thousand": 1_000, "million": 1_000_000}
_ENDS = re.compile(r"\s+(?:to|from|for|into|in|over|via|with|and|at|on)\b|\W*$|\s*[.,;:!?)]")
_OVER = re.compile(
    r"\b(?:for|in|within|after|every|past|last|about|takes?|over|next|wait|than|half|under|by|until|lasts?|of)\s+$",
    re.IGNORECASE,
)


class Quantity(NamedTuple):
    """A number in a text; `written` when it is in words."""

    start: int
    end: int
    value: int | float
    written: bool


def in_words(text: str, words: list[Word]) -> list[Quantity]:
    """The numbers that are in words, in order."""
    found: list[Quantity] = []
    done = 0
    for index, (start, _, lower) in enumerate(words):
        if lower not in NUMBER_TRIGGERS or start < done or text[start] == TAKEN:
            continue
        quantity = _at(text, words, index, lower)
        if quantity is not None:
            found.append(quantity)
            done = quantity.end
    return found


def _at(text: str, words: list[Word], index: int, lower: str) -> Quantity | None:
    """The number that begins with this word."""
    start, end, _ = words[index]
    if lower in NUMBER_WORDS:
        return _cardinal(text, words, index)
    if lower in ("twice", "thrice"):
        return Quantity(start, end, 2 if lower == "twice" else 3, True)
    following = words[index + 1][2] if index + 1 < len(words) else ""
    further = words[index + 2] if index + 2 < len(words) else None
    if lower == "half":
        if following not in ("a", "an") or further is None:
            return None
        if further[2] == "dozen":
            return Quantity(start, further[1], 6, True)
        return Quantity(start, words[index + 1][1], 0.5, True) if further[2] in units() else None
    if following in _COLLECTIVE:
        of = following in ("couple", "pair") and further is not None and further[2] == "of"
        return Quantity(start, further[1] if of and further else words[index + 1][1], _COLLECTIVE[following], True)
    unit = units().get(following)
    counted = unit is not None and unit.word and _meant_once(text, words, index, unit)
    return Quantity(start, end, 1, True) if counted else None


def _cardinal(text: str, words: list[Word], index: int) -> Quantity | None:
    for last in range(_run(text, words, index), index - 1, -1):
        value = worded(" ".join(word[2] for word in words[index : last + 1]))
        if value is None:
            continue
        if last + 1 < len(words) and words[last + 1][2] == "dozen":
            return Quantity(words[index][0], words[last + 1][1], value * 12, True)
        return Quantity(words[index][0], words[last][1], value, True)
    return None


def _meant_once(text: str, words: list[Word], index: int, unit: Unit) -> bool:
    """Whether ``a`` before a unit counts it: "for an hour", "a euro", "a bitcoin to Mia", but not "a day out"."""
    before, after = text[max(0, words[index][0] - 12) : words[index][0]], words[index + 1]
    if unit.kind == "Duration":
        return (
            (after[2] == "hour" and words[index][2] == "an")
            or (after[2] != "second" and _OVER.search(before) is not None)
            or text.startswith(" ago", after[1])
        )
    return _ENDS.match(text, after[1]) is not None


def _run(text: str, words: list[Word], index: int) -> int:
    """The last word of the number that begins at this one."""
    last, count = index, len(words)
    while last + 1 < count:
        step = 2 if words[last + 1][2] == "and" and words[last][2] in ("hundred", "thousand", "million") else 1
        if last + step >= count or words[last + step][2] not in NUMBER_WORDS:
            break
        if text[words[last][1] : words[last + step][0]].strip(" -") not in ("", "and"):
            break
        last += step
        if last - index > 12:
            break
    return last


@lru_cache(maxsize=1_024)
def worded(text: str) -> int | None:
    """The number that these words write; ``None`` when they write none."""
    from text_to_num import text2num

    try:
        return int(text2num(text, "en"))
    except ValueError:
        return None
