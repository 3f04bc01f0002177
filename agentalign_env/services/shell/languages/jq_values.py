"""jq's values: JSON with numbers that are all floating; their order, and how they are written."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final, TypeAlias

__all__ = [
    "JqError", "Json", "MemoryProblemError", "charge", "compare_key", "dump", "format_number", "in_error", "kind",
    "metered", "quoted", "same", "truncated",
]  # fmt: skip

Json: TypeAlias = Any
"""``None``, booleans, floats, strings, lists and dicts of these."""

_MOST: Final = 1.7976931348623157e308
_KINDS: Final = {type(None): "null", bool: "boolean", float: "number", str: "string", list: "array", dict: "object"}
_SHOWN: Final = 14
_MAX_DEPTH: Final = 257
_MOST_PARTS: Final = 1_000_000
_PARTS_PER_FUEL: Final = 16
_BATCH: Final = 256
_MOST_CHARS: Final = 16 << 20


class JqError(Exception):
    """An error of a program, which ``try`` catches.

    Attributes:
        value: Its message, or any value.
    """

    def __init__(self, value: Json) -> None:
        super().__init__(value)
        self.value = value


# Comparing, writing and changing a value take as long as it is large, however deep in an expression that happens.
_SPEND: Final[ContextVar[Callable[[int], None]]] = ContextVar("jq_spend", default=lambda _: None)


@contextmanager
def metered(spend: Callable[[int], None]) -> Iterator[None]:
    """Has work on large values inside charged here."""
    token = _SPEND.set(spend)
    try:
        yield
    finally:
        _SPEND.reset(token)


def charge(parts: int) -> None:
    """Charges for so many parts of a value."""
    if parts >= _PARTS_PER_FUEL:
        _SPEND.get()(parts // _PARTS_PER_FUEL)


class MemoryProblemError(Exception):
    """A value is larger than may be."""


def kind(value: Json) -> str:
    """The name of a value's type."""
    return _KINDS[type(value)]


def compare_key(value: Json) -> tuple[Any, ...]:
    """A key by which values are in jq's order: null, false, true, numbers, strings, arrays, objects.

    Raises:
        MemoryProblemError: The value is too large.
    """
    left = [_MOST_PARTS, 0]
    found = _key(value, left, 0)
    charge(left[1])
    return found


def _key(value: Json, left: list[int], depth: int) -> tuple[Any, ...]:
    if value is None:
        return (0,)
    if isinstance(value, bool):
        return (2,) if value else (1,)
    if isinstance(value, float):
        return (3, -math.inf if math.isnan(value) else value)
    if isinstance(value, str):
        return (4, value)
    left[0] -= len(value) + 1
    left[1] += len(value) + 1
    if left[1] >= _BATCH:
        charge(left[1])
        left[1] = 0
    if left[0] < 0 or depth > _MAX_DEPTH:
        raise MemoryProblemError
    if isinstance(value, list):
        return (5, [_key(part, left, depth + 1) for part in value])
    names = sorted(value)
    return (6, names, [_key(value[name], left, depth + 1) for name in names])


def same(left: Json, right: Json) -> bool:
    """Whether two values are equal."""
    if type(left) is not type(right):
        return False
    if isinstance(left, list | dict):
        return len(left) == len(right) and compare_key(left) == compare_key(right)
    return bool(left == right)


def format_number(number: float) -> str:
    """A number as jq writes it."""
    if math.isnan(number):
        return "null"
    if math.isinf(number):
        number = math.copysign(_MOST, number)
    if abs(number) < 1e15 and number == int(number):
        return "-0" if number == 0 and math.copysign(1, number) < 0 else str(int(number))
    mantissa, _, power = f"{number!r}".lower().partition("e")
    sign = "-" if mantissa.startswith("-") else ""
    whole, _, rest = mantissa.lstrip("-").partition(".")
    digits = (whole + rest).lstrip("0")
    point = (
        len(whole) + int(power or 0) - (len(whole + rest) - len(digits))
        if whole.strip("0") == ""
        else len(whole) + int(power or 0)
    )
    digits = digits.rstrip("0") or "0"
    if point <= -4 or point > len(digits) + 15:
        head = digits[0] + ("." + digits[1:] if len(digits) > 1 else "")
        exponent = point - 1
        return f"{sign}{head}e{'-' if exponent < 0 else '+'}{abs(exponent):02}"
    if point <= 0:
        return f"{sign}0.{'0' * -point}{digits}"
    if point >= len(digits):
        return sign + digits + "0" * (point - len(digits))
    return f"{sign}{digits[:point]}.{digits[point:]}"


def quoted(text: str, *, ascii_only: bool = False) -> str:
    """A string as JSON."""
    found = json.dumps(text, ensure_ascii=ascii_only)
    return found.replace("\x7f", "\\u007f") if "\x7f" in found else found


def dump(value: Json, *, indent: str = "", sort: bool = False, ascii_only: bool = False) -> str:
    """A value as JSON: on one line, or indented.

    Raises:
        MemoryProblemError: It is too large.
    """
    if isinstance(value, str):
        return quoted(value, ascii_only=ascii_only)
    if isinstance(value, float):
        return format_number(value)
    writer = _Writer(indent, sort, ascii_only)
    writer.write(value, "\n" if indent else "", 0)
    return "".join(writer.parts)


class _Writer:
    """Collects the pieces of one value."""

    def __init__(self, indent: str, sort: bool, ascii_only: bool) -> None:
        self.parts: list[str] = []
        self._indent, self._sort, self._ascii_only = indent, sort, ascii_only
        self._between = ": " if indent else ":"
        self._size = self._count = 0

    def _put(self, text: str) -> None:
        self._size += len(text)
        self._count += 1
        if not self._count % _BATCH:
            charge(_BATCH)
        if self._size > _MOST_CHARS:
            raise MemoryProblemError
        self.parts.append(text)

    def write(self, value: Json, line: str, depth: int) -> None:
        """Writes a value; `line` is what begins its lines."""
        if isinstance(value, str):
            self._put(quoted(value, ascii_only=self._ascii_only))
        elif isinstance(value, float):
            self._put(format_number(value))
        elif value is None or isinstance(value, bool):
            self._put("null" if value is None else "true" if value else "false")
        elif not value:
            self._put("[]" if isinstance(value, list) else "{}")
        elif depth > _MAX_DEPTH:
            raise MemoryProblemError
        elif isinstance(value, list):
            deeper = line + self._indent
            for index, part in enumerate(value):
                self._put(("," if index else "[") + deeper)
                self.write(part, deeper, depth + 1)
            self._put(line + "]")
        else:
            deeper = line + self._indent
            for index, name in enumerate(sorted(value) if self._sort else value):
                self._put(("," if index else "{") + deeper + quoted(name, ascii_only=self._ascii_only) + self._between)
                self.write(value[name], deeper, depth + 1)
            self._put(line + "}")


def truncated(value: Json, most: int = _SHOWN) -> str:
    """The beginning of a value as JSON, in so many bytes."""
    text = dump(value)
    data = text.encode(errors="surrogatepass")
    return data[: most - 3].decode(errors="ignore") + "..." if len(data) > most else text


def in_error(value: Json) -> str:
    """A value as it stands in messages: its type, and its beginning."""
    return f"{kind(value)} ({truncated(value)})"
