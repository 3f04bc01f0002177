"""Dates in words, as ``date -d`` and ``touch -d`` read them: ``@0``, ``2025-03-01 12:00``, ``next monday``."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from agentalign_env.services.shell.coreutils.calendar_days import (
    DAYS,
    MONTHS,
    Zone,
    day_number,
    days_in_month,
    moment,
    seconds_of,
)
from agentalign_env.services.shell.coreutils.sizes import whole

__all__ = ["parse_date"]

_UNITS = {
    "year": ("months", 12),
    "month": ("months", 1),
    "fortnight": ("days", 14),
    "week": ("days", 7),
    "day": ("days", 1),
    "hour": ("seconds", 3600),
    "minute": ("seconds", 60),
    "min": ("seconds", 60),
    "second": ("seconds", 1),
    "sec": ("seconds", 1),
}
_WORDS = {"tomorrow": 1, "yesterday": -1, "today": 0, "now": 0}
_ORDINALS = {"last": -1, "this": 0, "next": 1, "first": 1, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6}
_ORDINALS |= {"seventh": 7, "eighth": 8, "ninth": 9, "tenth": 10, "eleventh": 11, "twelfth": 12}
_ZONES: dict[str, float] = {
    "utc": 0,
    "gmt": 0,
    "z": 0,
    "ut": 0,
    "wet": 0,
    "bst": 1,
    "cet": 1,
    "met": 1,
    "cest": 2,
    "eet": 2,
    "eest": 3,
}
_ZONES |= {"msk": 3, "ist": 5.5, "sgt": 8, "jst": 9, "est": -5, "edt": -4, "cst": -6, "cdt": -5, "mst": -7, "mdt": -6}
_ZONES |= {"pst": -8, "pdt": -7}


@dataclass(slots=True)
class _Read:
    """What the words said so far."""

    now_s: float
    date: tuple[int, int, int] | None = None
    time: tuple[int, int, float] | None = None
    zone_s: int | None = None
    weekday: tuple[int, int] | None = None
    months: int = 0
    days: int = 0
    seconds: float = 0.0
    relative: bool = False
    epoch_s: float | None = None
    year_known: bool = True
    steps: list[tuple[str, float]] = field(default_factory=list)


class _NoDateError(ValueError):
    """The words are no date."""


def parse_date(text: str, now_s: float, zone: Zone | None = None) -> float | None:
    """The time that words mean, seen from now, in UTC by default; ``None`` where they mean none."""
    read = _Read(now_s if zone is None else now_s + zone.at(now_s)[0])
    rest = re.sub(r"\([^()]*\)", " ", text.strip().lower())
    try:
        while rest := rest.lstrip(" \t\n,"):
            for pattern, take in _FORMS:
                if found := pattern.match(rest):
                    take(read, found)
                    rest = rest[found.end() :]
                    break
            else:
                return None
        time_s = _time(read)
        if zone is not None and read.epoch_s is None and read.zone_s is None:
            # The offset of that moment, whose own time is not known before.
            return time_s - zone.at(time_s - zone.at(time_s)[0])[0]
        return time_s
    except _NoDateError:
        return None


def _time(read: _Read) -> float:
    _settle(read)
    if read.epoch_s is not None:
        return read.epoch_s + read.seconds + read.days * 86_400
    now = moment(read.now_s)
    year, month, day = read.date or (now.year, now.month, now.day)
    if read.date is not None and not (1 <= month <= 12 and 1 <= day <= days_in_month(year, month)):
        raise _NoDateError
    hour, minute, second = 0, 0, 0.0
    if read.time is not None:
        hour, minute, second = read.time
    elif read.relative and read.date is None and read.weekday is None:
        hour, minute, second = now.hour, now.minute, now.second + now.nanosecond / 1e9
    if read.weekday is not None and read.date is None:
        number, ordinal = read.weekday
        today = (day_number(year, month, day) + 4) % 7
        day += (number - today + 7) % 7 + 7 * (ordinal - (ordinal > 0 and today != number))
    found = seconds_of(year, month + read.months, day + read.days, hour, minute) + second + read.seconds
    found -= read.zone_s or 0
    if abs(found) > 6e16:
        raise _NoDateError
    return found


def _settle(read: _Read) -> None:
    for kind, amount in read.steps:
        if kind == "months":
            read.months += int(amount)
        elif kind == "days":
            read.days += int(amount)
        else:
            read.seconds += amount


def _take_epoch(read: _Read, found: re.Match[str]) -> None:
    read.epoch_s = float(found[1])


def _put_date(read: _Read, year: int, month: int, day: int) -> None:
    if read.date is not None:
        raise _NoDateError
    read.date = (year, month, day)


def _year(text: str) -> int:
    year = whole(text)
    if len(text) > 2:
        return year
    return year + (2000 if year < 69 else 1900)


def _take_iso(read: _Read, found: re.Match[str]) -> None:
    _put_date(read, _year(found[1]), whole(found[2]), whole(found[3]))


def _take_us(read: _Read, found: re.Match[str]) -> None:
    if len(found[1]) == 4:
        _put_date(read, whole(found[1]), whole(found[2]), whole(found[3], 0))
        return
    year = _year(found[3]) if found[3] else moment(read.now_s).year
    _put_date(read, year, whole(found[1]), whole(found[2]))


def _take_time(read: _Read, found: re.Match[str]) -> None:
    hour, minute = whole(found[1]), whole(found[2], 0)
    second = float((found[3] or "0").replace(",", "."))
    half = (found[4] or "").replace(".", "")
    if half and not 1 <= hour <= 12:
        raise _NoDateError
    hour = hour % 12 + 12 * (half == "pm") if half else hour
    if read.time is not None or hour > 23 or minute > 59 or second >= 61:
        raise _NoDateError
    read.time = (hour, minute, second)
    if found[5]:
        read.zone_s = _offset(found[5])


def _take_hour(read: _Read, found: re.Match[str]) -> None:
    hour = whole(found[1])
    if read.time is not None or not 1 <= hour <= 12:
        raise _NoDateError
    read.time = (hour % 12 + 12 * found[2].startswith("p"), 0, 0.0)


def _offset(text: str) -> int:
    sign, digits = -1 if text[0] == "-" else 1, text[1:].strip().replace(":", "")
    hours, minutes = (whole(digits[:-2]), whole(digits[-2:])) if len(digits) > 2 else (whole(digits), 0)
    if hours > 24 or minutes > 59:
        raise _NoDateError
    return sign * (hours * 3600 + minutes * 60)


def _take_zone(read: _Read, found: re.Match[str]) -> None:
    if found[1] not in _ZONES:
        raise _NoDateError
    read.zone_s = int(_ZONES[found[1]] * 3600) + (_offset(found[2]) if found[2] else 0)


def _take_day_month(read: _Read, found: re.Match[str]) -> None:
    day, name, year = found[1], found[2], found[3]
    _put_date(read, _year(year) if year else moment(read.now_s).year, _month(name), int(day))


def _take_month_day(read: _Read, found: re.Match[str]) -> None:
    name, day, year = found[1], found[2], found[3]
    _put_date(read, whole(year) if year else moment(read.now_s).year, _month(name), int(day))
    read.year_known = bool(year)


def _month(name: str) -> int:
    return next(at for at, month in enumerate(MONTHS, 1) if month[:3].lower() == name[:3])


def _take_word(read: _Read, found: re.Match[str]) -> None:
    read.relative = True
    read.steps.append(("days", _WORDS[found[1]]))


def _take_ago(read: _Read, _: re.Match[str]) -> None:
    if not read.steps:
        raise _NoDateError
    read.steps = [(kind, -amount) for kind, amount in read.steps]


def _take_step(read: _Read, found: re.Match[str]) -> None:
    amount = float(found[1].replace(" ", "") or 1) if found[1] not in ("+", "-") else float(found[1] + "1")
    _step(read, amount, found[2])


def _take_ordinal_step(read: _Read, found: re.Match[str]) -> None:
    _step(read, _ORDINALS[found[1]], found[2])


def _take_unit(read: _Read, found: re.Match[str]) -> None:
    _step(read, 1, found[1])


def _step(read: _Read, amount: float, unit: str) -> None:
    kind, size = _UNITS[unit]
    if abs(amount) > 1e15:
        raise _NoDateError
    read.relative = True
    read.steps.append((kind, amount * size))


def _take_weekday(read: _Read, found: re.Match[str]) -> None:
    number = next(at for at, day in enumerate(DAYS) if day[:3].lower() == found[2][:3])
    ordinal = found[1]
    if ordinal and ordinal.isdecimal():
        read.weekday = (number, whole(ordinal))
    else:
        read.weekday = (number, _ORDINALS[ordinal] if ordinal else 0)


def _take_compact(read: _Read, found: re.Match[str]) -> None:
    digits = found[1]
    _put_date(read, whole(digits[:-4]), whole(digits[-4:-2]), whole(digits[-2:]))


def _take_number(read: _Read, found: re.Match[str]) -> None:
    digits = found[1]
    if read.date is not None and not read.year_known and len(digits) == 4:
        read.date, read.year_known = (whole(digits), *read.date[1:]), True
    elif read.time is None and len(digits) in (1, 2, 3, 4):
        hour, minute = (whole(digits[:-2]), whole(digits[-2:])) if len(digits) > 2 else (whole(digits), 0)
        if hour > 23 or minute > 59:
            raise _NoDateError
        read.time = (hour, minute, 0.0)
    else:
        raise _NoDateError


_MONTH = "(" + "|".join(f"{name[:3].lower()}(?:{name[3:].lower()})?" for name in MONTHS) + r"|sept)\.?"
_UNIT = "(" + "|".join(_UNITS) + r")s?(?![a-z])"
_DAY = (
    "("
    + "|".join(f"{name[:3].lower()}(?:{name[3:].lower()})?" for name in DAYS)
    + r"|tues|wednes|thur|thurs)\.?(?![a-z])"
)
_ORDINAL = "(" + "|".join(_ORDINALS) + ")"
_Take = Callable[[_Read, re.Match[str]], None]
_TEXTS: Mapping[str, _Take] = {
    r"@\s*([-+]?\d{1,17}(?:[.,]\d*)?)": _take_epoch,
    r"(\d{1,4})-(\d{1,2})-(\d{1,2})(?:t(?=\d))?(?!\d)": _take_iso,
    r"(\d{1,4})/(\d{1,2})(?:/(\d{1,4}))?(?!\d)": _take_us,
    # As GNU's: a sign after a time begins the zone, even where hours or days were meant.
    r"t?(\d{1,2}):(\d{2})(?::(\d{2}(?:[.,]\d+)?))?\s*(a\.?m\.?|p\.?m\.?)?"
    r"\s*([-+]\s*\d{1,4}(?::\d{2})?)?(?!\d)": _take_time,
    r"(\d{1,2})\s*(a\.?m\.?|p\.?m\.?)(?![a-z])": _take_hour,
    r"(\d{1,2})(?:st|nd|rd|th)?[ -]*" + _MONTH + r"(?![a-z])[ ,-]*(\d{4}|(?<=-)\d{2})?(?![\d:])": _take_day_month,
    _MONTH + r"(?![a-z])[ -]*(\d{1,2})(?:st|nd|rd|th)?(?![\d:])(?:\s*,?\s*(\d{4})(?![\d:]))?": _take_month_day,
    r"(tomorrow|yesterday|today|now)(?![a-z])": _take_word,
    r"(ago)(?![a-z])": _take_ago,
    r"([-+]?\s*\d{1,15}(?:\.\d+)?|[-+])\s*" + _UNIT: _take_step,
    _ORDINAL + r"\s+" + _UNIT: _take_ordinal_step,
    r"(?:" + _ORDINAL + r"\s+)?" + _DAY: _take_weekday,
    _UNIT: _take_unit,
    r"([a-z]{1,4})(?![a-z])([-+]\d{1,2}(?::?\d{2})?(?!\d|\s*[a-z]))?": _take_zone,
    r"([-+]\d{2}:?\d{2})(?!\d)": lambda read, found: setattr(read, "zone_s", _offset(found[1])),
    r"(\d{6,8})(?!\d)(?:t(?=\d))?": _take_compact,
    r"(\d{1,4})(?!\d)": _take_number,
}
_FORMS = tuple((re.compile(pattern), take) for pattern, take in _TEXTS.items())
