"""jq's functions of time; all times are UTC."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Final

from agentalign_env.services.shell.languages.dates import format_date, from_date_spec, moment
from agentalign_env.services.shell.languages.jq_values import JqError, Json
from agentalign_env.services.shell.languages.patterns import PatternError, compile_any

__all__ = ["TIME_FUNCTIONS"]

_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NAMES: Final = r"[A-Za-z]+"
_PARTS: Final = {
    "Y": r"\d{1,4}", "m": r"\d{1,2}", "d": r"\d{1,2}", "e": r"\s*\d{1,2}", "H": r"\d{1,2}", "I": r"\d{1,2}",
    "M": r"\d{1,2}", "S": r"\d{1,2}", "y": r"\d{2}", "j": r"\d{1,3}", "Z": _NAMES, "z": r"(?:[-+]\d{2}:?\d{2}|Z)",
    "a": _NAMES, "A": _NAMES, "b": _NAMES, "B": _NAMES, "h": _NAMES, "p": "[AaPp][Mm]", "s": r"-?\d+",
}  # fmt: skip
_SHORT: Final = {"T": "%H:%M:%S", "D": "%m/%d/%y", "R": "%H:%M", "F": "%Y-%m-%d", "c": "%a %b %e %H:%M:%S %Y"}


def _broken(seconds: float) -> list[Json]:
    when = moment(seconds)
    second = when.second + (seconds - math.floor(seconds))
    weekday, day = float((when.weekday() + 1) % 7), float(when.timetuple().tm_yday - 1)
    whole = (when.year, when.month - 1, when.day, when.hour, when.minute)
    return [*map(float, whole), float(second), weekday, day]


def _gmtime(value: Json) -> Json:
    if not isinstance(value, float):
        raise JqError("gmtime() requires a number")
    return _broken(value)


def _parts(value: Json, name: str) -> list[float]:
    if not isinstance(value, list):
        raise JqError(
            f"{name} requires array inputs" if name == "mktime" else f"{name} requires parsed datetime inputs"
        )
    if len(value) < 6 or not all(isinstance(part, float) and math.isfinite(part) for part in value):
        raise JqError(
            f"{name} requires array of 6 numbers" if name == "mktime" else f"{name} requires parsed datetime inputs"
        )
    return value


def _mktime(value: Json) -> Json:
    year, month, *rest = _parts(value, "mktime")[:6]
    words = " ".join(str(int(part)) for part in (year, month + 1, *rest))
    return float(from_date_spec(words))


def _strftime(value: Json, how: Json) -> Json:
    if isinstance(value, float):
        value = _broken(value)
    parts = _parts(value, "strftime/1")
    if not isinstance(how, str):
        raise JqError("strftime/1 requires a string format")
    return format_date(how, float(_mktime(parts)))


def _strptime(value: Json, how: Json) -> Json:
    if not isinstance(value, str) or not isinstance(how, str):
        raise JqError("strptime/1 requires string inputs and arguments")
    problem = JqError(f'date "{value}" does not match format "{how}"')
    try:
        pattern = compile_any((_pattern(how),), "perl", whole="line")
    except PatternError:
        raise problem from None
    found = pattern.search(value)
    if found is None:
        raise problem
    held = {name[1:]: found.group(number) or "" for name, number in pattern.names.items()}
    if "s" in held:
        return _broken(float(held["s"]))
    try:
        return _broken((_date(held) - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds())
    except (ValueError, OverflowError):
        raise problem from None


def _pattern(how: str) -> str:
    """The format as a pattern of our own making: every group is named after its letter."""
    for letter, longer in _SHORT.items():
        how = how.replace(f"%{letter}", longer)
    parts: list[str] = []
    seen: set[str] = set()
    at = 0
    while at < len(how):
        char, letter = how[at], how[at + 1 : at + 2]
        at += 1
        if char == "%" and letter in _PARTS and letter:
            parts.append(f"(?P<p{letter}>{_PARTS[letter]})" if letter not in seen else f"(?:{_PARTS[letter]})")
            seen.add(letter)
            at += 1
        elif char.isspace():
            parts.append(r"\s*")
        else:
            parts.append(re.escape(char))
    return "".join(parts)


def _date(held: Mapping[str, str]) -> datetime:
    year = int(held.get("Y", "1900"))
    if "y" in held:
        short = int(held["y"])
        year = short + (1900 if short >= 69 else 2000)
    month = int(held.get("m", "1"))
    named = held.get("b") or held.get("B") or held.get("h")
    if named:
        month = _MONTHS.index(named[:3].lower()) + 1
    hour = int(held.get("H", held.get("I", "0")))
    if "p" in held:
        hour = hour % 12 + (12 if held["p"].lower() == "pm" else 0)
    day = int(held.get("d", held.get("e", "1")))
    return datetime(year, month, day, hour, int(held.get("M", "0")), int(held.get("S", "0")), tzinfo=UTC)


TIME_FUNCTIONS: Final[Mapping[str, Callable[..., Json]]] = {
    "gmtime/0": _gmtime,
    "localtime/0": _gmtime,
    "mktime/0": _mktime,
    "strftime/1": _strftime,
    "strflocaltime/1": _strftime,
    "strptime/1": _strptime,
}
