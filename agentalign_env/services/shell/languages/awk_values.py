"""The values of awk: numbers, strings, and strings from input that count as numbers where they look like one."""

from __future__ import annotations

import math
import re
from typing import Final, TypeAlias

__all__ = ["UNSET", "AwkError", "Scalar", "StrNum", "compare", "format_number", "from_input", "to_number", "truth"]

_PREFIX: Final = re.compile(r"[ \t\n\r\f\v]*([-+]?(?:\d+\.?\d*(?:[eE][-+]?\d+)?|\.\d+(?:[eE][-+]?\d+)?))", re.ASCII)
_WHOLE: Final = re.compile(_PREFIX.pattern + r"[ \t\n\r\f\v]*", re.ASCII)
_SIGNED: Final = re.compile(r"[ \t\n]*([-+](?:inf|nan))[ \t\n]*", re.ASCII | re.IGNORECASE)
_FIRST: Final = frozenset("0123456789+-. \t\n\r\f\v")
_FORMAT: Final = re.compile(r"%[-+ #0]*\d{0,3}(\.\d{0,3})?[eEfFgG]")


class AwkError(Exception):
    """A program is invalid or cannot go on.

    Attributes:
        status: awk's exit status.
        line: The line of the program; 0 for none.
    """

    def __init__(self, problem: str, status: int = 2, line: int = 0) -> None:
        super().__init__(problem)
        self.status, self.line = status, line


class StrNum(str):
    """A string from input that looks like a number; also what was never set, which is both empty and zero."""

    __slots__ = ("number",)
    number: float


Scalar: TypeAlias = float | str


def _strnum(text: str, number: float) -> StrNum:
    made = StrNum(text)
    made.number = number
    return made


UNSET: Final = _strnum("", 0.0)


def from_input(text: str) -> str:
    """A string that came from outside."""
    if text and text[0] in _FIRST:
        found = _WHOLE.fullmatch(text)
        if found is not None:
            return _strnum(text, float(found[1]))
        found = _SIGNED.fullmatch(text)
        if found is not None:
            return _strnum(text, float(found[1]))
    return text


def to_number(value: Scalar) -> float:
    """A value as a number: a string's leading number, or 0."""
    if isinstance(value, float):
        return value
    if isinstance(value, StrNum):
        return value.number
    if value and value[0] in _FIRST:
        found = _PREFIX.match(value)
        if found is not None:
            return float(found[1])
        found = _SIGNED.match(value)
        if found is not None:
            return float(found[1])
    return 0.0


def format_number(number: float, how: str) -> str:
    """A number as a string: a whole one in full, another in the given format."""
    if math.isfinite(number):
        whole = int(number)
        if whole == number:
            return str(whole)
        if how == "%.6g":
            return f"{number:.6g}"
        return how % number if _FORMAT.fullmatch(how) else f"{number:.6g}"
    if math.isnan(number):
        return "-nan" if math.copysign(1, number) < 0 else "+nan"
    return "+inf" if number > 0 else "-inf"


def truth(value: Scalar) -> bool:
    """Whether a value counts as true."""
    if isinstance(value, float):
        return value != 0
    if isinstance(value, StrNum):
        return value.number != 0
    return value != ""


def compare(left: Scalar, right: Scalar, how: str) -> int:
    """Below, at or above 0, as the left is smaller, the same or larger: as numbers if both are, else as strings."""
    if isinstance(left, float | StrNum) and isinstance(right, float | StrNum):
        one = left if isinstance(left, float) else left.number
        two = right if isinstance(right, float) else right.number
        return (one > two) - (one < two)
    first = format_number(left, how) if isinstance(left, float) else left
    second = format_number(right, how) if isinstance(right, float) else right
    return (first > second) - (first < second)
