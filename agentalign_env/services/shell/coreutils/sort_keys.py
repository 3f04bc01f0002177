"""Keys of sort: where a key lies in a line, and how each kind of it compares."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from decimal import Decimal
from functools import cmp_to_key
from typing import Any, NamedTuple

from agentalign_env.services.shell.coreutils.sizes import whole

__all__ = ["SortKey", "SortKeyError", "parse_key", "version_order"]

_POSITION = re.compile(r"(\d+)(?:\.(\d+))?([bdfgiMhnRrV]*)")
_NUMBER = re.compile(r"[ \t]*(-?)(\d*)(?:\.(\d*))?")
_HUMAN = re.compile(r"[ \t]*(-?)(\d*\.?\d*)([kKMGTPEZY]?)")
_GENERAL = re.compile(r"[ \t]*([-+]?(?:inf(?:inity)?|nan|(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d{1,4})?))", re.IGNORECASE)
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_BLANKS = " \t\n"
_SUFFIX = re.compile(r"(?:\.[A-Za-z~][A-Za-z0-9~]*)*$")
_PARTS = re.compile(r"([^0-9]*)([0-9]*)")
_KINDS = "gMhnRV"


class SortKeyError(ValueError):
    """A key that cannot be read."""


class SortKey(NamedTuple):
    """One key: its place in a line, and its letters (kind, ``r``, ``f``, ``d``, ``i``).

    Attributes:
        start: Fields and characters to skip.
        end: Fields and characters where it ends; ``None`` at the line's end.
        start_blanks: Whether blanks at its beginning are skipped.
        end_blanks: Whether blanks at its end position are skipped.
        letters: How it compares.
    """

    start: tuple[int, int]
    end: tuple[int, int] | None
    start_blanks: bool
    end_blanks: bool
    letters: str

    @property
    def reverse(self) -> bool:
        """Whether it sorts downwards."""
        return "r" in self.letters

    def of(self, tab: str) -> Callable[[str], Any]:
        """The function that gives a line's key."""
        value = _value(self.letters)
        if self.start == (0, 0) and self.end is None:
            return (lambda line: value(line.lstrip(_BLANKS))) if self.start_blanks else value
        return lambda line: value(line[self._begin(line, tab) : self._limit(line, tab)])

    def _begin(self, line: str, tab: str) -> int:
        at, size = 0, len(line)
        for _ in range(self.start[0]):
            if at >= size:
                break
            at = _after_field(line, at, tab)
            at += bool(tab) and at < size
        if self.start_blanks:
            at = _skip_blanks(line, at)
        return min(at + self.start[1], size)

    def _limit(self, line: str, tab: str) -> int:
        size = len(line)
        if self.end is None:
            return size
        fields, chars = self.end
        left, at = fields + (chars == 0), 0
        while left and at < size:
            left -= 1
            at = _after_field(line, at, tab)
            at += bool(tab) and at < size and bool(left or chars)
        if chars:
            if self.end_blanks:
                at = _skip_blanks(line, at)
            at = min(at + chars, size)
        return at


def _skip_blanks(line: str, at: int) -> int:
    while at < len(line) and line[at] in _BLANKS:
        at += 1
    return at


def _after_field(line: str, at: int, tab: str) -> int:
    if tab:
        found = line.find(tab, at)
        return len(line) if found < 0 else found
    at = _skip_blanks(line, at)
    while at < len(line) and line[at] not in _BLANKS:
        at += 1
    return at


def parse_key(text: str, inherited: str) -> SortKey:
    """A key from its definition, such as ``2,2n`` or ``1.3b``; one without letters has the inherited ones.

    Raises:
        SortKeyError: It is none; the message is sort's.
    """
    first, comma, last = text.partition(",")
    start = _POSITION.fullmatch(first)
    if start is None or whole(start[1]) == 0:
        raise SortKeyError(_mistake(text, first))
    skip = (whole(start[1]) - 1, whole(start[2], 1) - 1)
    if skip[1] < 0:
        raise SortKeyError(f"character offset is zero: invalid field specification \u2018{text}\u2019")
    letters, end, end_letters = start[3], None, ""
    if comma:
        found = _POSITION.fullmatch(last)
        if found is None or whole(found[1]) == 0:
            raise SortKeyError(_mistake(text, last))
        end, end_letters = (whole(found[1]) - 1, whole(found[2], 0)), found[3]
    if not letters and not end_letters:
        return SortKey(skip, end, "b" in inherited, "b" in inherited, inherited.replace("b", ""))
    together = (letters + end_letters).replace("b", "")
    return SortKey(skip, end, "b" in letters, "b" in end_letters, together)


def _mistake(text: str, position: str) -> str:
    if re.match(r"0+(?!\d)", position):
        return f"field number is zero: invalid field specification \u2018{text}\u2019"
    digits = re.match(r"\d+", position)
    if digits is None:
        where = (
            "invalid number at field start"
            if position is text.partition(",")[0]
            else "invalid number after \u2018,\u2019"
        )
        return f"{where}: invalid count at start of \u2018{position}\u2019"
    return f"stray character in field spec: invalid field specification \u2018{text}\u2019"


def _value(letters: str) -> Callable[[str], Any]:
    kind = next((letter for letter in letters if letter in _KINDS), "")
    if kind == "n":
        return _number
    if kind:
        return {"g": _general, "h": _human, "M": _month, "R": _shuffled, "V": _version}[kind]
    if "d" in letters or "i" in letters or "f" in letters:
        return lambda text: _folded(text, letters)
    return _itself


def _itself(text: str) -> str:
    return text


def _folded(text: str, letters: str) -> str:
    if "d" in letters:
        text = "".join(char for char in text if char.isalnum() or char in " \t")
    elif "i" in letters:
        text = "".join(char for char in text if char.isprintable())
    return text.upper() if "f" in letters else text


def _exact(sign: str, whole: str, fraction: str) -> float | Decimal:
    if not whole and not fraction:
        return 0
    text = f"{sign}{whole or 0}.{fraction or 0}"
    return float(text) if len(text) < 16 else Decimal(text)


def _number(text: str) -> float | Decimal:
    found = _NUMBER.match(text)
    assert found is not None, "every part of the pattern is optional"
    return _exact(found[1], found[2], found[3] or "")


def _human(text: str) -> tuple[int, float | Decimal]:
    found = _HUMAN.match(text)
    assert found is not None, "every part of the pattern is optional"
    whole, _, fraction = found[2].partition(".")
    value = _exact(found[1], whole, fraction)
    if value == 0:
        return 0, 0
    rank = "kKMGTPEZY".index(found[3]) if found[3] else -1
    rank = max(rank, 1) + 1 if found[3] else 1
    return (-rank if found[1] else rank), value


def _general(text: str) -> tuple[int, float]:
    found = _GENERAL.match(text)
    if found is None:
        return 0, 0.0
    value = float(found[1])
    return (1, 0.0) if value != value else (2, value)  # noqa: PLR0124 - not a number differs from itself


def _month(text: str) -> int:
    word = text.lstrip(_BLANKS)[:3].upper()
    return _MONTHS.index(word) + 1 if word in _MONTHS else 0


def _shuffled(text: str) -> bytes:
    return hashlib.md5(text.encode(errors="surrogatepass"), usedforsecurity=False).digest()


def version_order(one: str, other: str) -> int:
    """Compares as GNU's version sort does: digits as numbers, ``~`` before everything, file suffixes last."""
    if one == other:
        return 0
    for special in ("", ".", ".."):
        if special in (one, other):
            return -1 if one == special else 1
    if one.startswith(".") != other.startswith("."):
        return -1 if one.startswith(".") else 1
    found = _parts_order(_SUFFIX.sub("", one, count=1), _SUFFIX.sub("", other, count=1))
    return found or _parts_order(one, other)


def _parts_order(one: str, other: str) -> int:
    first, second = _version_key(one), _version_key(other)
    return (first > second) - (first < second)


def _version_key(text: str) -> list[tuple[list[int], int]]:
    parts = [
        ([*map(_rank, word), 0], whole(digits[:4000], 0)) for word, digits in _PARTS.findall(text) if word or digits
    ]
    return [*parts, ([0], 0)]


def _rank(char: str) -> int:
    if char == "~":
        return -1
    return ord(char) if char.isalpha() else ord(char) + 0x110000


_version = cmp_to_key(version_order)
