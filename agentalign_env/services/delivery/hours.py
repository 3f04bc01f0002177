"""Opening hours on the virtual clock, and the times that people ask for."""

from __future__ import annotations

import re

from agentalign_env.core.clock import DAY_S, parse_iso
from agentalign_env.errors import OperationError
from agentalign_env.services.delivery.records import Merchant

__all__ = ["clock_time", "hours_of", "is_open", "parse_time"]

_CLOCK = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])")


def is_open(merchant: Merchant, time_s: int) -> bool:
    """Whether a merchant is open at a time."""
    return merchant.opens_minute <= time_s % DAY_S // 60 < merchant.closes_minute


def clock_time(minute: int) -> str:
    """A minute of the day, such as ``07:30``."""
    return f"{minute // 60:02d}:{minute % 60:02d}"


def hours_of(merchant: Merchant) -> str:
    """Opening hours, such as ``07:30-22:00``."""
    return f"{clock_time(merchant.opens_minute)}-{clock_time(merchant.closes_minute)}"


def parse_time(text: str, now_s: int, field: str) -> int:
    """The time that a text names: ISO 8601, or ``HH:MM``, which is the next time that the clock shows it.

    Raises:
        OperationError: It is neither.
    """
    clock = _CLOCK.fullmatch(text.strip())
    if clock:
        time_s = now_s // DAY_S * DAY_S + int(clock[1]) * 3600 + int(clock[2]) * 60
        return time_s if time_s > now_s else time_s + DAY_S
    found = parse_iso(text.strip())
    if found is None:
        message = f"{text!r} is no time: give HH:MM, such as 18:30, or ISO 8601, such as 2026-03-17T18:30:00Z"
        raise OperationError("invalid_argument", message, field)
    return found
