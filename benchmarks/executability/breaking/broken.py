"""What every way to break an instruction yields."""

from __future__ import annotations

import re
from typing import NamedTuple

__all__ = ["Broken", "tidy", "without_noun"]


class Broken(NamedTuple):
    """An instruction after one change.

    Attributes:
        instruction: The text.
        tools: What is offered.
        why: One sentence: what was changed, and what shows that it cannot be carried out.
    """

    instruction: str
    tools: tuple[str, ...]
    why: str


def without_noun(phrase: str, argument: str) -> str:
    """The phrase without ``the file`` or ``my order`` before the argument, for words that bring their own noun."""
    return re.sub(rf"\b(?:my|the|an?) (?:(?:\w+|{{provider}}) ){{0,2}}?(?=\{{{argument}\}})", "", phrase)


def tidy(text: str) -> str:
    """The text without the double blanks that a dropped value leaves."""
    return re.sub(r" +(?=[.,;:?!\n]|$)", "", re.sub(r"(?<=\S) {2,}(?=\S)", " ", text))
