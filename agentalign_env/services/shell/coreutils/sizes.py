"""Sizes as GNU's commands read and show them: ``10K``, ``2MB``, ``1.5G``."""

from __future__ import annotations

import math
import re

__all__ = ["human_size", "parse_size", "whole"]

_SIZE = re.compile(r"(\d*)(b|(?:c|w)|(?:[KkMGTPEZY])(?:iB|B)?|B)?")
_WHOLE = re.compile(r"\s*([-+]?)(\d+)\s*")
_POWERS = "KMGTPEZY"


def whole(text: str | None, default: int = 0, *, most: int = 1 << 62) -> int:
    """The number that a text is, kept within bounds; `default` for any other text."""
    found = _WHOLE.fullmatch(text or "")
    if found is None:
        return default
    number = int(found[2]) if len(found[2]) < 19 else most
    return max(-most, -number) if found[1] == "-" else min(most, number)


def parse_size(text: str) -> int | None:
    """A count with its suffix: ``b`` is 512, ``K`` 1024, ``kB`` 1000; ``None`` where it is no such thing."""
    found = _SIZE.fullmatch(text)
    if found is None or not text:
        return None
    number, suffix = whole(found[1], 1), found[2] or ""
    if suffix in ("", "c", "B"):
        return number if found[1] else None
    if suffix == "b":
        return number * 512
    if suffix == "w":
        return number * 2
    power = _POWERS.index(suffix[0].upper()) + 1
    return number * int((1000 if suffix[1:] == "B" else 1024) ** power)


def human_size(size: int, *, base: int = 1024) -> str:
    """A size as ``ls -h`` shows it: rounded up, one decimal below ten."""
    if size < base:
        return str(size)
    value, power = float(size), -1
    while value >= base and power < len(_POWERS) - 1:
        value, power = value / base, power + 1
    letter = _POWERS[power] if base == 1024 else _POWERS[power].replace("K", "k")
    if math.ceil(value * 10) < 100:
        return f"{math.ceil(value * 10) / 10:.1f}{letter}"
    if math.ceil(value) >= base and power < len(_POWERS) - 1:
        return f"1.0{_POWERS[power + 1]}"
    return f"{math.ceil(value)}{letter}"
