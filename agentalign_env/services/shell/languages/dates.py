"""Dates as strftime writes them, in UTC."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import Final

__all__ = ["format_date", "from_date_spec", "moment"]

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_DAYS: Final = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
_MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June", "July", "August", "September", "October"),
    *("November", "December"),
)
_SHORT: Final = {
    "c": "%a %b %e %H:%M:%S %Y",
    "D": "%m/%d/%y",
    "F": "%Y-%m-%d",
    "h": "%b",
    "r": "%I:%M:%S %p",
    "R": "%H:%M",
    "T": "%H:%M:%S",
    "x": "%m/%d/%y",
    "X": "%H:%M:%S",
}


def moment(seconds: float) -> datetime:
    """The time so many seconds after 1970 began; held within the years that have four digits."""
    kept = min(max(seconds, -62_135_596_800.0), 253_402_300_799.0) if math.isfinite(seconds) else 0.0
    return _EPOCH + timedelta(seconds=kept)


def format_date(how: str, seconds: float) -> str:
    """A time as the format says."""
    when = moment(math.floor(seconds) if math.isfinite(seconds) else 0.0)
    parts: list[str] = []
    at = 0
    while at < len(how):
        char = how[at]
        at += 1
        if char != "%" or at >= len(how):
            parts.append(char)
            continue
        flag = ""
        if how[at] in "-_0^#" and at + 1 < len(how):
            flag, at = how[at], at + 1
        kind = how[at]
        at += 1
        parts.append(_flagged(flag, format_date(_SHORT[kind], seconds) if kind in _SHORT else _one(kind, when)))
    return "".join(parts)


def _flagged(flag: str, text: str) -> str:
    if flag == "^":
        return text.upper()
    if flag == "-":
        return text.lstrip("0 ") or "0"
    return text.replace("0", " ", 1) if flag == "_" and text.startswith("0") else text


def _one(kind: str, when: datetime) -> str:
    weekday = (when.weekday() + 1) % 7
    day = when.timetuple().tm_yday
    iso = when.isocalendar()
    hour = when.hour % 12 or 12
    found = {
        "a": _DAYS[weekday][:3],
        "A": _DAYS[weekday],
        "b": _MONTHS[when.month - 1][:3],
        "B": _MONTHS[when.month - 1],
        "C": f"{when.year // 100:02}",
        "d": f"{when.day:02}",
        "e": f"{when.day:2}",
        "g": f"{iso.year % 100:02}",
        "G": f"{iso.year:04}",
        "H": f"{when.hour:02}",
        "I": f"{hour:02}",
        "j": f"{day:03}",
        "k": f"{when.hour:2}",
        "l": f"{hour:2}",
        "m": f"{when.month:02}",
        "M": f"{when.minute:02}",
        "n": "\n",
        "N": f"{when.microsecond * 1000:09}",
        "p": "AM" if when.hour < 12 else "PM",
        "P": "am" if when.hour < 12 else "pm",
        "s": str(int((when - _EPOCH).total_seconds())),
        "S": f"{when.second:02}",
        "t": "\t",
        "u": str(weekday or 7),
        "U": f"{(day + 6 - weekday) // 7:02}",
        "V": f"{iso.week:02}",
        "w": str(weekday),
        "W": f"{(day + 6 - (weekday + 6) % 7) // 7:02}",
        "y": f"{when.year % 100:02}",
        "Y": str(when.year),
        "z": "+0000",
        "Z": "UTC",
        "%": "%",
    }
    return found.get(kind, f"%{kind}")


def from_date_spec(text: str) -> int:
    """The seconds of ``YYYY MM DD HH MM SS``; -1 where that is none."""
    words = text.split()[:6]
    if len(words) < 6:
        return -1
    try:
        year, month, day, hour, minute, second = (int(float(word)) for word in words)
        year, month = year + (month - 1) // 12, (month - 1) % 12 + 1
        start = datetime(year, month, 1, tzinfo=UTC) - _EPOCH
        return int(start.total_seconds()) + (day - 1) * 86_400 + hour * 3600 + minute * 60 + second
    except (ValueError, OverflowError):
        return -1
