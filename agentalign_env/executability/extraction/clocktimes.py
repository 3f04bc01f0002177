"""Times of the day, and the moments that a day and a time make together."""

from __future__ import annotations

import re

from agentalign_env.executability.extraction.reading import TAKEN, Mention, Reading

__all__ = ["join_moments", "read_times"]

_HOURS = {
    name: number
    for number, name in enumerate(
        ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"), 1
    )
}  # fmt: skip
_MINUTES = {"five": 5, "ten": 10, "quarter": 15, "twenty": 20, "half": 30}
_NAMED = {"noon": "12:00", "midday": "12:00", "midnight": "00:00"}
_TRIGGERS = frozenset({"past", "to", "clock", "at", "by", "around", "before", "after", "until", "from"}) | _NAMED.keys()
_PART = r"(?:\s+(?:in\s+the\s+|this\s+)?(morning|afternoon|evening)|\s+(?:at\s+)?(night))\b"
_FIGURES = re.compile(
    r"(?<![\w:.,/-])([0-9]{1,2})(?::(\d\d)(?::\d\d)?(?=\s?[ap]\.?m\b|(?![\w:]))|(?=\s?[ap]\.?m\b)|h(\d\d)?(?!\w)|[.](\d\d)(?=\s?[ap]\.?m\b))"
    r"(?:\s?([ap])\.?m\b(?:\.(?=\s+[a-z]|\S))?)?",
    re.IGNORECASE,
)
_RATIO = re.compile(r"(?<!at )(?<!by )(?<![\w:.,/-])(?:9:16|16:9|4:3|3:4|3:2|2:3|1:1|4:5|5:4|21:9)(?![\w:])")
_PAST = re.compile(
    r"(?<!\w)(half|(?:a\s+)?quarter|five|ten|twenty(?:[\s-]five)?|\d{1,2})\s+(?:minutes\s+)?(past|to)\s+"
    r"(\d{1,2}|[a-z]+)\b",
    re.IGNORECASE,
)
_OCLOCK = re.compile(r"(?<!\w)(\d{1,2}|[a-z]+)\s+o['\u2019]\s?clock\b", re.IGNORECASE)
_AT = re.compile(
    r"(?<!\w)(?:at|by|around|before|after|until|from)\s+((\d{1,2})|one|two|three|four|five|six|seven|eight|nine|ten"
    r"|eleven|twelve)(?=\s*(?:[.,;!?)\0]|$|sharp\b|tonight\b|today\b|tomorrow\b|in\s+the\s+(?:morning|afternoon|evening)"
    r"|on\s+(?:mon|tues|wednes|thurs|fri|satur|sun)|this\s+(?:morning|afternoon|evening)|at\s+night))(?![.,]\d)",
    re.IGNORECASE,
)
_HINT = re.compile(_PART, re.IGNORECASE)
_GAP = re.compile(r"[\s,]*(?:at|by|around|on|from|@|-|\u2013)?\s*", re.IGNORECASE)


def read_times(reading: Reading) -> None:
    """Take every time of the day; its value is ``HH:MM``."""
    if reading.figures():
        for ratio in _RATIO.finditer(reading.open):
            reading.take("Ratio", *ratio.span(), ratio[0])
        reading.close()
        for clock in _FIGURES.finditer(reading.open):
            minutes = clock[2] or clock[3] or clock[4]
            _take(reading, clock.start(), clock.end(), int(clock[1]), int(minutes or 0), clock[5])
        reading.close()
    if reading.vocabulary.isdisjoint(_TRIGGERS):
        return
    text, words, done = reading.open, reading.words, 0
    for index, (start, end, lower) in enumerate(words):
        if lower not in _TRIGGERS or start < done or text[start] == TAKEN:
            continue
        if lower in _NAMED:
            reading.take("Time", start, end, _NAMED[lower])
            done = end
            continue
        following = words[index + 1][2] if index + 1 < len(words) else ""
        if lower == "clock" or (following not in _HOURS and not following.isdecimal()):
            match = _OCLOCK.search(text, max(done, start - 12), end) if lower == "clock" else None
        elif lower in ("past", "to"):
            match = _PAST.search(text, max(done, start - 24), words[index + 1][1])
        else:
            match = _AT.match(text, start)
        done = max(done, _worded(reading, match, lower) if match else 0)
    reading.close()


def _worded(reading: Reading, match: re.Match[str], trigger: str) -> int:
    """Take a time in words; where it ends, or 0 when it is none after all."""
    if trigger not in ("past", "to"):
        hour = _hour(match[1])
        return 0 if hour is None else _take(reading, match.start(1), match.end(), hour, 0, None)
    hour, name = _hour(match[3]), match[1].lower().split()[-1]
    minutes = int(name) if name.isdecimal() else _MINUTES.get(name, 25)
    if hour is None or minutes > 59:
        return 0
    if trigger == "to":
        if name == "half" or name.isdecimal():
            return 0  # a range
        hour, minutes = (hour - 1) % 24, 60 - minutes
    return _take(reading, match.start(), match.end(), hour, minutes, None)


def _hour(text: str) -> int | None:
    return int(text) if text.isdecimal() else _HOURS.get(text.lower())


def _take(reading: Reading, start: int, end: int, hour: int, minutes: int, half: str | None) -> int:
    """Take a time; what follows it ("in the evening") may say which half of the day is meant. Returns its end."""
    hint = _HINT.match(reading.open, end)
    if hint and not half and hour <= 12:
        half, end = "a" if hint[1] and hint[1].lower() == "morning" else "p", hint.end()
    if half and hour <= 12:
        hour = hour % 12 + (12 if half.lower() == "p" else 0)
    if hour > 24 or minutes > 59:
        reading.take("Time", start, end, reading.text[start:end])
    else:
        reading.take("Time", start, end, f"{hour % 24:02d}:{minutes:02d}")
    return end


def join_moments(text: str, found: list[Mention]) -> list[Mention]:
    """The mentions in order, with each day and the time beside it as one moment."""
    ordered = sorted(found, key=lambda mention: mention.start)
    joined: list[Mention] = []
    for mention in ordered:
        last = joined[-1] if joined else None
        if last and {last.kind, mention.kind} == {"Date", "Time"} and _GAP.fullmatch(text, last.end, mention.start):
            day, time = (last, mention) if last.kind == "Date" else (mention, last)
            value = f"{day.value}T{_in_part_of_day(day.text.lower(), time.value)}:00Z"
            joined[-1] = Mention("DateTime", last.start, mention.end, text[last.start : mention.end], value)
        else:
            joined.append(mention)
    return joined


def _in_part_of_day(day: str, time: str) -> str:
    """The time, moved to the evening when the day says "tonight" or "tomorrow evening"."""
    late = day == "tonight" or day.endswith(("evening", "afternoon", "night"))
    if late and len(time) == 5 and "01:00" <= time < "12:00":
        return f"{int(time[:2]) + 12}{time[2:]}"
    return time
