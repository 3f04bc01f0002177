"""A text while it is read: what was found so far, and what is still open to the next reader."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

__all__ = ["TAKEN", "Mention", "Reading", "Word"]

TAKEN = "\0"
"""Stands in `Reading.open` for every character that a mention holds; neither a space nor part of a word."""

_WORD = re.compile(r"[^\W_]++")
_FIGURE = re.compile("[0-9]")


class Mention(NamedTuple):
    """A typed value in a text.

    Attributes:
        kind: A semantic type, such as ``EmailAddress`` or ``Amount``.
        start: Where it begins.
        end: Where it ends; ``text`` is what lies between.
        text: As it is written.
        value: What it means; its form depends on the kind.
    """

    kind: str
    start: int
    end: int
    text: str
    value: Any


Word = tuple[int, int, str]
"""A run of letters and digits: where it begins and ends, and how it reads in lower case."""


class Reading:
    """The text, what was found in it, and what is left of it.

    A reader looks at `open` and takes spans; `close` then hides them from the readers that follow. Spans that one
    reader takes must not overlap. Words are split once; whether one is still open shows at its place in `open`.
    """

    __slots__ = ("_fresh", "found", "open", "text", "vocabulary", "words")

    def __init__(self, text: str) -> None:
        self.text = self.open = text
        self.found: list[Mention] = []
        self.words: list[Word] = []
        self.vocabulary: frozenset[str] = frozenset()
        self._fresh: list[tuple[int, int]] = []

    def take(self, kind: str, start: int, end: int, value: Any) -> None:
        """Keep what lies between start and end as a mention."""
        self.found.append(Mention(kind, start, end, self.text[start:end], value))
        self._fresh.append((start, end))

    def hide(self, start: int, end: int) -> None:
        """Hide what lies between start and end from later readers without making it a mention."""
        self._fresh.append((start, end))

    def close(self) -> None:
        """Hide what was taken since the last call."""
        if not self._fresh:
            return
        pieces: list[str] = []
        at = 0
        for start, end in sorted(self._fresh):
            pieces += (self.open[at:start], TAKEN * (end - start))
            at = end
        pieces.append(self.open[at:])
        self.open = "".join(pieces)
        self._fresh.clear()

    def split(self) -> None:
        """Find the words that are open now."""
        self.words = [(match.start(), match.end(), match[0].lower()) for match in _WORD.finditer(self.open)]
        self.vocabulary = frozenset([word[2] for word in self.words])

    def figures(self) -> bool:
        """Whether any figure is open still."""
        return _FIGURE.search(self.open) is not None
