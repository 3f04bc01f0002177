"""What stands in quotation marks or backticks."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable
from typing import Any, NamedTuple

from agentalign_env.executability.extraction.reading import Reading

__all__ = ["Recognise", "read_quotations"]

Recognise = Callable[[str], tuple[str, Any] | None]
"""What a whole quotation is, when it is a value of a kind of its own."""

_MARK = re.compile(r"""[`"“«„\u2018'](?:(?<=`)``)?""")
_FENCED = re.compile(r"[ \t]*[\w+#.-]*[ \t]*\r?\n")
_CLOSERS = {
    "```": re.compile("```"),
    "`": re.compile("`"),
    '"': re.compile('"'),
    "“": re.compile("[”“]"),
    "«": re.compile("»"),
    "„": re.compile("[“”]"),
    "\u2018": re.compile(r"\u2019(?!\w)"),
    "'": re.compile(r"(?<![\s(\[{])'(?!\w)"),
}
_ELISION = re.compile(r"(?:til|em|cause|tis|twas|round|n|\d0s)\b", re.IGNORECASE)
_LONGEST_SINGLE = 2_000
_IN_WORD = re.compile(r"\w")


class _Closers:
    """Where each kind of mark closes, found once for each kind, so that a text of open marks is read in linear time."""

    __slots__ = ("_places", "_text")

    def __init__(self, text: str) -> None:
        self._text = text
        self._places: dict[str, list[int]] = {}

    def after(self, mark: str, at: int) -> int:
        places = self._places.get(mark)
        if places is None:
            places = self._places[mark] = [match.start() for match in _CLOSERS[mark].finditer(self._text)]
        index = bisect_left(places, at)
        return places[index] if index < len(places) else -1


class _Quotation(NamedTuple):
    mark: str
    start: int
    end: int
    inner: str


def read_quotations(reading: Reading, recognise: Recognise) -> None:
    """Take every closed quotation and every command; a quotation that is a value of its own is taken as that."""
    text, at = reading.open, 0
    closers = _Closers(text)
    for match in _MARK.finditer(text):
        if match.start() < at or (
            match[0] in "\"\u2018'" and match.start() and _IN_WORD.match(text, match.start() - 1)
        ):
            continue
        quotation = _closed(text, match[0], match.start(), closers)
        if quotation is None:
            continue
        at = quotation.end
        if quotation.mark[0] == "`":
            inner = quotation.inner
            if quotation.mark == "```" and (info := _FENCED.match(inner)):
                inner = inner[info.end() :]
            reading.take("Command", quotation.start, quotation.end, inner.strip() or inner)
            continue
        kind, value = recognise(quotation.inner) or ("Quoted", quotation.inner)
        reading.take(kind, quotation.start, quotation.end, value)
    reading.close()


def _closed(text: str, mark: str, start: int, closers: _Closers) -> _Quotation | None:
    """The quotation that begins here; ``None`` when it is not closed, or the mark is an apostrophe."""
    inside = start + len(mark)
    end = closers.after(mark, inside)
    if end <= inside:
        return None
    if mark in "'\u2018":
        inner = text[inside : min(end, inside + _LONGEST_SINGLE)]
        if len(inner) < end - inside or inner[0].isspace() or "\n\n" in inner:
            return None
        if mark == "'" and ("\n" in inner or _ELISION.match(inner)):
            return None
    return _Quotation(mark, start, end + (3 if mark == "```" else 1), text[inside:end])
