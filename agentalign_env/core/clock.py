"""Virtual time, in whole seconds since the Unix epoch, UTC.

Time moves only when something happens: each committed write takes `SECONDS_PER_WRITE`. Reading is free, so two agents
that did the same things read the same clock, however often they looked around.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from agentalign_env.core.rng import derive_seed

__all__ = ["DAY_S", "HOUR_S", "SECONDS_PER_WRITE", "day", "iso", "parse_iso", "start_time_s"]

SECONDS_PER_WRITE = 41
HOUR_S = 3600
DAY_S = 86_400
_FIRST_DAY = datetime(2026, 1, 5, tzinfo=UTC)
_TWO = tuple(f"{number:02d}" for number in range(60))
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2})?(Z|[+-]\d{2}:\d{2})?)?")


def start_time_s(seed: int) -> int:
    """When a world of this seed begins: a working hour of a weekday within 40 weeks of January 2026."""
    pick = derive_seed("clock", seed)
    days = pick % 40 * 7 + pick // 40 % 5
    return int((_FIRST_DAY + timedelta(days=days, hours=8 + pick // 200 % 9, minutes=pick // 2000 % 60)).timestamp())


@lru_cache(maxsize=16_384)  # the same rows are shown, and the same moments come, in every episode of a world
def iso(time_s: int) -> str:
    """A time as ISO 8601 text, such as ``2026-03-17T09:14:00Z``."""
    days, second = divmod(time_s, DAY_S)
    minutes, second = divmod(second, 60)
    hour, minute = divmod(minutes, 60)
    return f"{_day(days)}T{_TWO[hour]}:{_TWO[minute]}:{_TWO[second]}Z"


def day(time_s: int) -> str:
    """The day of a time, such as ``2026-03-17``."""
    return _day(time_s // DAY_S)


@lru_cache(maxsize=8_192)
def _day(days: int) -> str:
    return datetime.fromtimestamp(days * DAY_S, UTC).strftime("%Y-%m-%d")


def parse_iso(text: str) -> int | None:
    """The time that an ISO 8601 date or date-time names (UTC when it says no zone); ``None`` when it is neither."""
    if not _ISO.fullmatch(text):
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
