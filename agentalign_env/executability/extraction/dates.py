"""Days: by name, by number, and counted from now."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

from agentalign_env.executability.extraction.reading import TAKEN, Reading

__all__ = ["Dated", "counted_date", "read_dates", "read_numeric_dates"]

_MONTHS = {
    name: number
    for number, names in enumerate(
        ("january jan", "february feb", "march mar", "april apr", "may", "june jun", "july jul", "august aug",
         "september sep sept", "october oct", "november nov", "december dec"), 1,
    )
    for name in names.split()
}  # fmt: skip
_WEEKDAYS = {
    name: number
    for number, names in enumerate(
        ("monday mon", "tuesday tue tues", "wednesday wed", "thursday thu thurs", "friday fri", "saturday sat",
         "sunday sun")
    )
    for name in names.split()
}  # fmt: skip
_RELATIVE = {"today": 0, "tonight": 0, "tomorrow": 1, "yesterday": -1}
_PARTS = frozenset({"morning", "afternoon", "evening"})
_TRIGGERS = frozenset(_MONTHS) | frozenset(_WEEKDAYS) | frozenset(_RELATIVE) | _PARTS

_NUMERIC = re.compile(
    r"(?<![\w.,/-])(?:(?P<moment>\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d)?(?:Z|[+-]\d\d:?\d\d)?)"
    r"|(?P<iso>\d{4}-\d{1,2}-\d{1,2})"
    r"|(?P<dots>\d{1,2}\.\d{1,2}\.\d{4})|(?P<slashes>\d{1,2}/\d{1,2}/\d{4})|(?P<year>\d{4}/\d{1,2}/\d{1,2})"
    r"|(?P<dashes>\d{1,2}-\d{1,2}-\d{4}))(?![\w/-])(?!\.\w)"
)
_DIVIDED = re.compile(r"[0-9][./-][0-9]{1,2}[./-][0-9]")
_DAY = r"(\d{1,2})(?:st|nd|rd|th)?"
_WEEKDAY = r"(?:(?:mon|tues?|wednes|wed|thurs?|fri|satur|sat|sun)(?:day)?\.?,?\s+)?"
_BEFORE_MONTH = re.compile(rf"(?<!\w){_WEEKDAY}(?:the\s+)?{_DAY}(?:\s+of)?[\s-]{{1,2}}$", re.IGNORECASE)
_WEEKDAY_BEFORE = re.compile(rf"(?<!\w){_WEEKDAY}$", re.IGNORECASE)
_AFTER_MONTH = re.compile(rf"\.?\s+(?:the\s+)?{_DAY}(?![\w:%])(?!\.\d)(?:,?\s+(\d{{4}})\b)?", re.IGNORECASE)
_YEAR = re.compile(r"\.?,?[\s-]+(\d{4})\b")
_AFTER_WEEKDAY = re.compile(
    r"\.?,?\s+(?:the\s+)?(?:\d{1,2}(?:st|nd|rd|th)?(?:\s+of)?[\s-]+(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)"
    r"|(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)\w*\.?\s+\d)",
    re.IGNORECASE,
)
_LED = re.compile(
    r"(?<!\w)(?:(next|last|past|this|coming|previous)|on|by|until|till|before|from|since)\s+$", re.IGNORECASE
)
_NEXT_WEEK = re.compile(r"\s+next\s+week\b", re.IGNORECASE)
_PART_OF_DAY = re.compile(r"\s+(?:morning|afternoon|evening|night)\b", re.IGNORECASE)
_DAY_AFTER = re.compile(r"(?<!\w)(?:the\s+)?day\s+after\s+$", re.IGNORECASE)
_DAY_BEFORE = re.compile(r"(?<!\w)(?:the\s+)?day\s+before\s+$", re.IGNORECASE)
_THIS = re.compile(r"(?<!\w)this\s+$", re.IGNORECASE)
_ORDINAL = re.compile(
    r"(?<!\w)(?:on|by|until|till|before|from|since)\s+(the\s+(\d{1,2})(?:st|nd|rd|th))"
    r"(?=\s*(?:[.,;:!?)\0]|$|at\b|from\b|until\b|to\b|in\s+the\b|and\b))",
    re.IGNORECASE,
)
_IN = re.compile(r"(?<!\w)in\s+(?:about\s+|exactly\s+)?$", re.IGNORECASE)
_FROM_NOW = re.compile(r"\s+(?:from\s+(?:now|today|tomorrow)|(ago|earlier|before\s+today))\b", re.IGNORECASE)


class Dated(NamedTuple):
    """A day in the text, as ISO text; as written when there is no such day."""

    start: int
    end: int
    value: str


def read_numeric_dates(reading: Reading) -> None:
    """Take days, and moments, that are written in figures."""
    if not _DIVIDED.search(reading.open):
        return
    for match in _NUMERIC.finditer(reading.open):
        kind, value = _numeric(match.lastgroup or "iso", match[0])
        reading.take(kind, *match.span(), value)
    reading.close()


@lru_cache(maxsize=1_024)
def _numeric(form: str, text: str) -> tuple[str, Any]:
    if form == "moment":
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            return "DateTime", text
        moment = moment.astimezone(UTC) if moment.tzinfo else moment
        return "DateTime", f"{moment:%Y-%m-%dT%H:%M:%SZ}"
    first, second, third = (int(part) for part in re.split(r"[-./]", text))
    if form in ("iso", "year"):
        year, month, day = first, second, third
    elif form == "slashes" and first <= 12:
        year, month, day = third, first, second
    else:
        year, month, day = third, second, first
    return "Date", _iso(year, month, day) or text


def read_dates(reading: Reading, now_s: int) -> None:
    """Take days that are named: months with a day, weekdays, ``tomorrow``, ``on the 30th``."""
    text, now, done = reading.open, _today(now_s), 0
    for start, end, lower in () if reading.vocabulary.isdisjoint(_TRIGGERS) else reading.words:
        if lower not in _TRIGGERS or start < done or text[start] == TAKEN:
            continue
        dated: Dated | None = None
        if lower in _MONTHS:
            dated = _month(reading, start, end, lower, now)
        elif lower in _WEEKDAYS:
            dated = _weekday(text, start, end, lower, now)
        elif lower in _RELATIVE:
            dated = _relative(text, start, end, lower, now)
        elif lower in _PARTS and (this := _THIS.search(text[max(0, start - 8) : start])):
            dated = Dated(start - len(this[0]), end, now.isoformat())
        if dated and dated.start >= done:
            reading.take("Date", *dated)
            done = dated.end
    reading.close()
    if "the" in reading.vocabulary and reading.figures():
        for match in _ORDINAL.finditer(reading.open):
            value = _coming(int(match[2]), now)
            if value:
                reading.take("Date", match.start(1), match.end(1), value)
        reading.close()


def counted_date(text: str, start: int, end: int, count: float, seconds: float, now_s: int) -> Dated | None:
    """The day that a span of days or more names: "in two weeks", "three days ago"; ``None`` when it is only a span."""
    if seconds < 86_400:
        return None
    ahead = _IN.search(text[max(0, start - 14) : start])
    after = _FROM_NOW.match(text, end)
    if not ahead and not after:
        return None
    sign = -1 if after and after[1] else 1
    first = start - len(ahead[0]) if ahead and not after else start
    try:
        value = _moved(_today(now_s), sign * count, seconds)
    except (OverflowError, ValueError):
        return None
    if after and "tomorrow" in after[0].lower():
        value += timedelta(days=1)
    return Dated(first, after.end() if after else end, value.isoformat())


def _moved(day: date, count: float, seconds: float) -> date:
    from dateutil.relativedelta import relativedelta

    if seconds >= 31_536_000 and count == int(count):
        months = 12 * int(count)
    elif seconds == 2_592_000 and count == int(count):
        months = int(count)
    else:
        return day + timedelta(days=round(count * seconds / 86_400))
    moved: date = day + relativedelta(months=months)
    return moved


def _today(now_s: int) -> date:
    return date(1970, 1, 1) + timedelta(days=now_s // 86_400)


def _iso(year: int, month: int, day: int) -> str | None:
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return None


def _month(reading: Reading, start: int, end: int, lower: str, now: date) -> Dated | None:
    text = reading.open
    month, proper = _MONTHS[lower], text[start].isupper()
    if not proper and lower in ("may", "march", "mar", "sep", "dec", "jan"):
        return None
    stop = end + 1 if text.startswith(".", end) and len(lower) < 5 else end
    year = _YEAR.match(text, end)
    if before := _BEFORE_MONTH.search(text[max(0, start - 30) : start]):
        last = year.end() if year else end
        first = start - len(before[0])
        return Dated(first, last, _dated(text[first:last], now, int(before[1]), month, year and int(year[1])))
    if (after := _AFTER_MONTH.match(text, end)) and proper:
        first = start - len(match[0]) if (match := _WEEKDAY_BEFORE.search(text[max(0, start - 14) : start])) else start
        written_year = int(after[2]) if after[2] else None
        return Dated(first, after.end(), _dated(text[first : after.end()], now, int(after[1]), month, written_year))
    if year and proper:
        reading.hide(start, max(year.end(), stop))
    return None


def _dated(text: str, now: date, day: int, month: int, year: int | None) -> str:
    """This day of this month: of the year that is written, or of the year that brings it nearest to now."""
    if year:
        return _iso(year, month, day) or text
    near = [value for offset in (0, 1, -1) if (value := _iso(now.year + offset, month, day))]
    return min(near, key=lambda value: abs((date.fromisoformat(value) - now).days), default=text)


def _weekday(text: str, start: int, end: int, lower: str, now: date) -> Dated | None:
    if _AFTER_WEEKDAY.match(text, end):
        return None  # the month takes it along
    if len(lower) < 6 and not (text[start].isupper() and not text[start:end].isupper()):
        return None
    led = _LED.search(text[max(0, start - 12) : start])
    if len(lower) < 6 and not led:
        return None
    which = (led[1] or "").lower() if led else ""
    return _on_weekday(text, start - len(led[0]) if led and which else start, end, _WEEKDAYS[lower], which, now)


def _on_weekday(text: str, start: int, end: int, weekday: int, which: str, now: date) -> Dated:
    from dateutil.relativedelta import relativedelta, weekdays

    if which in ("last", "past", "previous"):
        day = now + relativedelta(days=-1, weekday=weekdays[weekday](-1))
    else:
        day = now + relativedelta(days=0 if which == "this" else 1, weekday=weekdays[weekday](1))
        if later := _NEXT_WEEK.match(text, end):
            end = later.end()
            day = now + relativedelta(days=7 - now.weekday() + weekday)
    if part := _PART_OF_DAY.match(text, end):
        end = part.end()
    return Dated(start, end, day.isoformat())


def _relative(text: str, start: int, end: int, lower: str, now: date) -> Dated:
    days, before = _RELATIVE[lower], text[max(0, start - 18) : start]
    if lower == "tomorrow" and (further := _DAY_AFTER.search(before)):
        start, days = start - len(further[0]), 2
    elif lower == "yesterday" and (further := _DAY_BEFORE.search(before)):
        start, days = start - len(further[0]), -2
    if part := _PART_OF_DAY.match(text, end):
        end = part.end()
    return Dated(start, end, (now + timedelta(days=days)).isoformat())


def _coming(day: int, now: date) -> str | None:
    """The next such day of a month, today included."""
    year, month = now.year, now.month
    for _ in range(4):
        value = _iso(year, month, day)
        if value and value >= now.isoformat():
            return value
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)
    return None
