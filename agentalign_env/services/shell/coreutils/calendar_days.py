"""The calendar in plain integers, without a first or last year, and times in the formats of ``date``. All in UTC."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import NamedTuple, Protocol

from agentalign_env.services.shell.coreutils.sizes import whole

__all__ = ["DAYS", "MONTHS", "Moment", "Zone", "day_number", "days_in_month", "format_time", "moment", "seconds_of"]

DAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_CONVERSION = re.compile(r"%([_0^#+-]*)(\d*)[EO]?(:{0,3}z|[A-Za-z%+])", re.ASCII)
_WIDTHS = {"d": 2, "e": 2, "H": 2, "I": 2, "j": 3, "k": 2, "l": 2, "m": 2, "M": 2, "S": 2, "C": 2, "y": 2}
_WIDTHS |= {"g": 2, "G": 4, "U": 2, "V": 2, "W": 2, "N": 9, "Y": 4}
_COMPOUND = {
    "c": "%a %b %e %H:%M:%S %Y",
    "D": "%m/%d/%y",
    "F": "%Y-%m-%d",
    "h": "%b",
    "r": "%I:%M:%S %p",
    "R": "%H:%M",
    "T": "%H:%M:%S",
    "x": "%m/%d/%y",
    "X": "%H:%M:%S",
    "+": "%a %b %e %H:%M:%S %Z %Y",
}
_FIXED = {"n": "\n", "t": "\t", "%": "%"}
_MAX_WIDTH = 1024


class Moment(NamedTuple):
    """A time in parts; the weekday counts from Sunday, the day of the year from 1."""

    year: int
    month: int
    day: int
    hour: int
    minute: int
    second: int
    weekday: int
    year_day: int
    nanosecond: int = 0


class Zone(Protocol):
    """A time zone."""

    def at(self, time_s: float) -> tuple[int, str]:
        """The seconds ahead of UTC at a time, and the abbreviation."""
        ...


def day_number(year: int, month: int, day: int) -> int:
    """Days since 1970-01-01; months and days outside their range carry over."""
    year, month = year + (month - 1) // 12, (month - 1) % 12 + 1
    shifted = year - (month <= 2)
    era = shifted // 400
    in_era = shifted - era * 400
    in_year = (153 * ((month + 9) % 12) + 2) // 5 + day - 1
    return era * 146_097 + in_era * 365 + in_era // 4 - in_era // 100 + in_year - 719_468


def _date(days: int) -> tuple[int, int, int]:
    days += 719_468
    era = days // 146_097
    in_era = days - era * 146_097
    year = (in_era - in_era // 1460 + in_era // 36_524 - in_era // 146_096) // 365
    in_year = in_era - (365 * year + year // 4 - year // 100)
    shifted = (5 * in_year + 2) // 153
    month = shifted + 3 if shifted < 10 else shifted - 9
    return year + era * 400 + (month <= 2), month, in_year - (153 * shifted + 2) // 5 + 1


def days_in_month(year: int, month: int) -> int:
    """How many days the month has."""
    return day_number(year, month + 1, 1) - day_number(year, month, 1)


def seconds_of(year: int, month: int, day: int, hour: int = 0, minute: int = 0, second: int = 0) -> int:
    """Seconds since the epoch; every part may lie outside its range."""
    return day_number(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second


def moment(time_s: float) -> Moment:
    """A time in parts."""
    whole = math.floor(time_s)
    days, rest = divmod(whole, 86_400)
    year, month, day = _date(days)
    nanosecond = round((time_s - whole) * 1_000_000) * 1000
    hour, rest = divmod(rest, 3600)
    year_day = days - day_number(year, 1, 1) + 1
    return Moment(year, month, day, hour, *divmod(rest, 60), (days + 4) % 7, year_day, nanosecond % 1_000_000_000)


def format_time(form: str, time_s: float, zone: Zone | None = None) -> str:
    """The time in a format of ``date``, in UTC by default."""
    offset, short = zone.at(time_s) if zone is not None else (0, "UTC")
    at = moment(time_s + offset)

    def shown(found: re.Match[str]) -> str:
        flags, width, letter = found.groups()
        if letter in _COMPOUND:
            text: str | None = format_time(_COMPOUND[letter], time_s, zone)
        elif letter == "Z":
            text = short
        elif letter.endswith("z"):
            text = _offset_text(letter, offset)
        else:
            text = _conversion(letter, at, time_s)
        if text is None:
            return found.group()
        return _padded(text, letter, flags, min(whole(width), _MAX_WIDTH) if width else None)

    return _CONVERSION.sub(shown, form)


def _padded(text: str, letter: str, flags: str, width: int | None) -> str:
    if "^" in flags:
        text = text.upper()
    if "#" in flags:
        text = text.lower() if letter in "Zp" else text.upper() if not text.isupper() else text
    numeric = letter in _WIDTHS or letter == "s"
    if letter == "N":
        text = text[:width] if width else text
        return text.rstrip("0") if "-" in flags else text
    if "-" in flags and numeric:
        return text.lstrip("0 ") or "0"
    fill = "0" if numeric and letter not in "ekl" else " "
    fill = next((" " if flag == "_" else "0" for flag in reversed(flags) if flag in "_0+"), fill)
    if numeric:
        size = width if width is not None else _WIDTHS.get(letter, 0)
        number = text.lstrip("0 ") or "0"
        return number.rjust(max(size, len(number) if size else len(text)), fill)
    return text.rjust(width, fill) if width is not None else text


def _offset_text(letter: str, offset: int) -> str:
    sign, (hours, rest) = "-" if offset < 0 else "+", divmod(abs(offset) // 60, 60)
    full = f"{sign}{hours:02}:{rest:02}"
    return {"z": full.replace(":", ""), ":z": full, "::z": f"{full}:00"}.get(letter) or (full if rest else full[:3])


def _conversion(letter: str, at: Moment, time_s: float) -> str | None:
    if letter in _FIXED:
        return _FIXED[letter]
    if letter in _NAMES:
        return _NAMES[letter](at)
    if letter in _NUMBERS:
        return str(_NUMBERS[letter](at))
    if letter == "s":
        return str(math.floor(time_s))
    if letter in "GgV":
        year, week = _iso_week(at)
        return str({"G": year, "g": year % 100, "V": week}[letter])
    return None


def _iso_week(at: Moment) -> tuple[int, int]:
    weekday = at.weekday or 7
    week = (at.year_day - weekday + 10) // 7
    if week < 1:
        return at.year - 1, _weeks(at.year - 1)
    return (at.year + 1, 1) if week > _weeks(at.year) else (at.year, week)


def _weeks(year: int) -> int:
    first = (day_number(year, 1, 1) + 4) % 7
    leap = day_number(year + 1, 1, 1) - day_number(year, 1, 1) == 366
    return 53 if first == 4 or (leap and first == 3) else 52


_NAMES: dict[str, Callable[[Moment], str]] = {
    "a": lambda at: DAYS[at.weekday][:3],
    "A": lambda at: DAYS[at.weekday],
    "b": lambda at: MONTHS[at.month - 1][:3],
    "B": lambda at: MONTHS[at.month - 1],
    "p": lambda at: "PM" if at.hour >= 12 else "AM",
    "P": lambda at: "pm" if at.hour >= 12 else "am",
    "N": lambda at: f"{at.nanosecond:09}",
    "u": lambda at: str(at.weekday or 7),
    "w": lambda at: str(at.weekday),
    "q": lambda at: str((at.month + 2) // 3),
}
_NUMBERS: dict[str, Callable[[Moment], int]] = {
    "C": lambda at: at.year // 100,
    "d": lambda at: at.day,
    "e": lambda at: at.day,
    "H": lambda at: at.hour,
    "I": lambda at: at.hour % 12 or 12,
    "j": lambda at: at.year_day,
    "k": lambda at: at.hour,
    "l": lambda at: at.hour % 12 or 12,
    "m": lambda at: at.month,
    "M": lambda at: at.minute,
    "S": lambda at: at.second,
    "U": lambda at: (at.year_day + 6 - at.weekday) // 7,
    "W": lambda at: (at.year_day + 6 - (at.weekday - 1) % 7) // 7,
    "y": lambda at: at.year % 100,
    "Y": lambda at: at.year,
}
