"""Numbers, and what they become with the word beside them: amounts, coins, shares, spans of time, order numbers."""

from __future__ import annotations

import re
from functools import lru_cache

from agentalign_env.executability.extraction.dates import counted_date
from agentalign_env.executability.extraction.number_words import NUMBER_TRIGGERS, Quantity, in_words, worded
from agentalign_env.executability.extraction.reading import TAKEN, Reading
from agentalign_env.executability.extraction.units import CODES, SCALES, SYMBOLS, Unit, coins, units

__all__ = ["figure", "read_codes", "read_quantities"]

_FIGURE = re.compile(
    r"[0-9](?<![\w.,\0][0-9])(?<![^\W\d_]-[0-9])[0-9]*+(?:[.,'\u2019][0-9]++)*+|(?<=[A-Z]{3})[0-9]++(?:[.,][0-9]++)*+(?!\w)"
)
_NEXT = re.compile(r"([\s\u00a0-]{0,2})([^\W\d_]+\$?|[%€$£¥￥₹₩₺₪₽฿₴₫₦])(?:[ \u00a0]([^\W\d_]+))?(?:[ \u00a0](\w+))?")
_BEFORE = re.compile(
    r"(?:(?<![^\W\d_])([A-Za-z]{1,2}))?([€$£¥￥₹₩₺₪₽฿₴₫₦])[\s\u00a0]?$|(?<!\w)([A-Z]{3,5})[\s\u00a0]?$"
)
_CODE_AFTER = re.compile(r"[\s\u00a0]?([A-Z]{3})\b")
_SCALE = re.compile(r"[\s\u00a0]?(k|m|mn|bn|thousand|million|billion)\b", re.IGNORECASE)
_CENTS_AFTER = re.compile(r"(?:\s+and)?\s+(\d{1,2}|[a-z]+(?:[ -][a-z]+)?)[ -]?(?:cents?|pence|p)\b", re.IGNORECASE)
_MEASURE_WORDS = "g kg mg m km cm mm ml l cl px gb mb kb tb pt oz lb lbs ft pcs pc fps hz khz mhz kwh mbit mbps"
_MEASURES = frozenset(_MEASURE_WORDS.split())
_AND_HALF = re.compile(r"\s+and\s+a\s+half\b", re.IGNORECASE)
_MORE_SPAN = re.compile(
    r"\s*(?:and\s+)?(\d{1,3}|[a-z]{2,20})\s*(hours?|hrs?|h|minutes?|mins?|m|seconds?|secs?|s)\b", re.IGNORECASE
)
_COUNTED = re.compile(r"\s+(?!(?:is|was|has|as|this|its|us|yes|does|plus|always|thanks)\b)[a-z]{2,}s\b")
_NOUN_AFTER_COIN = re.compile(
    r"\s+(?:wallet|address|payment|transaction|transfer|network|account|request|contract|program|chain|blockchain"
    r"|price|call|block|fee)s?\b",
    re.IGNORECASE,
)
_NO_ONE = re.compile(
    r"\b(?:that|this|the|which|each|every|any|no|first|last|second|third|new|newest|latest|top|other|another|some|only"
    r"|next|right|same|same|wrong|cheapest|best|good|better|nice|old|big|small|a|an|all)\s+$",
    re.IGNORECASE,
)
_AFTER_ONE = re.compile(
    r"\s+(?!of\b|that\b|which\b|who\b|to\b|with\b|from\b|by\b|in\b|at\b|on\b|is\b|and\b|or\b)\w|x\b"
)
_POINT = re.compile(r"[.)]\s+\S")
_ORDERED = re.compile(
    r"\b(?:order|buy|get|quantity|take|amount|number|count|add|exactly|just|only|of|want|need)\s*:?\s+$", re.IGNORECASE
)


def read_quantities(reading: Reading, now_s: int) -> None:
    """Take every number together with what stands beside it."""
    text, done = reading.open, 0
    found = _figures(text) if reading.figures() else []
    if not reading.vocabulary.isdisjoint(NUMBER_TRIGGERS):
        found += in_words(text, reading.words)
        found.sort()
    for quantity in found:
        if quantity.start >= done:
            done = _take(reading, quantity, done, now_s)
    reading.close()


def _figures(text: str) -> list[Quantity]:
    return [
        Quantity(match.start(), match.end(), figure(match[0]), False)
        for match in _FIGURE.finditer(text)
        if match.end() - match.start() < 40 and match[0].count(".") < 3
    ]


@lru_cache(maxsize=4_096)
def figure(text: str) -> int | float:
    """The number that figures write; the last point or comma divides the decimals, unless it groups thousands."""
    plain = text.replace("'", "").replace("\u2019", "")
    if plain.isdigit():
        return int(plain)
    point, comma = plain.rfind("."), plain.rfind(",")
    if point >= 0 and comma >= 0:
        group, mark = (",", ".") if point > comma else (".", ",")
        plain = plain.replace(group, "").replace(mark, ".", 1)
    elif comma >= 0:
        grouped = all(len(part) == 3 for part in plain.split(",")[1:]) and plain[0] != "0"
        plain = plain.replace(",", "") if grouped or plain.count(",") > 1 else plain.replace(",", ".")
    elif plain.count(".") > 1:
        plain = plain.replace(".", "")
    number = float(plain)
    return int(number) if "." not in plain else number


def _take(reading: Reading, quantity: Quantity, done: int, now_s: int) -> int:
    """Take a quantity as what it is; where the next may begin, which is after `done`."""
    text = reading.open
    start, end, value = quantity.start, quantity.end, quantity.value
    if half := _AND_HALF.match(text, end):
        end, value = half.end(), value + 0.5
    sign = 0
    if start and text[start - 1] == "-" and (start == 1 or text[start - 2].isspace() or text[start - 2] in "(:"):
        sign = 1
    if not quantity.written:
        led = _led(reading, start, end, value, done)
        if led:
            return led
    after = _NEXT.match(text, end)
    if after is None:
        return _plain(reading, quantity._replace(start=start - sign, end=end, value=-value if sign else value))
    gap, first, second, third = after.group(1, 2, 3, 4)
    lower, scale_end = first.lower(), end
    if lower in SCALES and (second or lower == "k" or len(lower) > 2) and (len(lower) > 2 or not gap):
        if (scaled := _NEXT.match(text, after.end(2))) and scaled[2].lower() in units():
            value, scale_end = value * SCALES[lower], after.end(2)
            gap, first, second, third = scaled.group(1, 2, 3, 4)
            lower, after = first.lower(), scaled
        elif len(lower) > 2:
            value, end = value * SCALES[lower], after.end(2)
            return _plain(reading, quantity._replace(start=start - sign, end=end, value=-value if sign else value))
    unit, unit_end = _unit(lower, second, third, after)
    decade = lower == "s" and start > 3 and text[start - 4 : start].lower() == "the "
    if unit is None or decade or (unit.name == "attached" and (gap or quantity.written)):
        if not gap and not quantity.written:
            return _attached(reading, quantity, lower)
        return _plain(reading, quantity._replace(start=start - sign, end=end, value=-value if sign else value))
    if unit.kind in ("Amount", "CoinAmount"):
        value = -value if sign else value
        return _money(reading, start - sign, unit_end, value, unit, quantity._replace(end=max(end, scale_end)))
    if unit.kind == "Percent":
        reading.take("Percent", start, unit_end, value)
        return unit_end
    if sign:
        reading.take("Duration", start - sign, unit_end, -value * unit.factor)
        return unit_end
    return _span(reading, quantity._replace(value=value), unit_end, unit, now_s)


def _unit(lower: str, second: str | None, third: str | None, after: re.Match[str]) -> tuple[Unit | None, int]:
    table = units()
    if second:
        pair = table.get(f"{lower} {second.lower()}")
        if pair:
            end = after.end(3)
            if lower == "hong" and third and third.lower().startswith("dollar"):
                end = after.end(4)
            return pair, end
    return table.get(lower), after.end(2)


def _led(reading: Reading, start: int, end: int, value: float, done: int) -> int:
    """Take an amount whose sign or code stands before it; where it ends, or 0 when none does."""
    text = reading.open
    before = _BEFORE.search(text[max(done, start - 6) : start]) if start else None
    if before is None:
        return 0
    first = start - len(before[0])
    if before[2]:
        letters = (before[1] or "").lower()
        currency = SYMBOLS.get(letters + before[2])
        if currency is None:
            currency, first = SYMBOLS[before[2]], first + len(letters)
    elif before[3] in CODES:
        currency = before[3]
    elif before[3] in coins() and not _NEXT.match(text, end):
        reading.take("CoinAmount", first, end, {"amount": float(value), "token": before[3]})
        return end
    else:
        return 0
    if scale := _SCALE.match(text, end):
        end, value = scale.end(), value * SCALES[scale[1].lower()]
    if (code := _CODE_AFTER.match(text, end)) and code[1] in CODES:
        end, currency = code.end(), code[1]
    if first and text[first - 1] == "-" and (first == 1 or text[first - 2].isspace()):
        first, value = first - 1, -value
    reading.take("Amount", first, end, {"amount": float(value), "currency": currency})
    return end


def _money(reading: Reading, start: int, end: int, value: float, unit: Unit, quantity: Quantity) -> int:
    text = reading.open
    if unit.kind == "CoinAmount":
        if unit.word and _NOUN_AFTER_COIN.match(text, end):
            return _plain(reading, quantity)
        amount = round(value * unit.factor, 12)
        reading.take("CoinAmount", start, end, {"amount": float(amount), "token": unit.name})
        return end
    if unit.word and unit.name == "GBP" and text.startswith(" of ", end):
        return _plain(reading, quantity)  # a weight
    amount = value * unit.factor
    if unit.word and unit.factor == 1 and (cents := _CENTS_AFTER.match(text, end)):
        part = int(cents[1]) if cents[1].isdigit() else worded(cents[1].lower().replace("-", " "))
        if part is not None:
            amount, end = amount + part / 100, cents.end()
    if not unit.word and unit.name in ("USD", "CNY") and (code := _CODE_AFTER.match(text, end)) and code[1] in CODES:
        reading.take("Amount", start, code.end(), {"amount": float(amount), "currency": code[1]})
        return code.end()
    reading.take("Amount", start, end, {"amount": float(round(amount, 6)), "currency": unit.name})
    return end


def _span(reading: Reading, quantity: Quantity, end: int, unit: Unit, now_s: int) -> int:
    text, start = reading.open, quantity.start
    value = quantity.value
    if half := _AND_HALF.match(text, end):
        end, value = half.end(), value + 0.5
    dated = counted_date(text, start, end, value, unit.factor, now_s)
    if dated:
        reading.take("Date", dated.start, dated.end, dated.value)
        return dated.end
    seconds, factor = value * unit.factor, unit.factor
    while more := _MORE_SPAN.match(text, end):
        further = units().get(more[2].lower()) or Unit("Duration", "", 60)
        number = int(more[1]) if more[1].isdigit() else worded(more[1].lower())
        if number is None or further.factor >= factor:
            break
        seconds, end, factor = seconds + number * further.factor, more.end(), further.factor
    reading.take("Duration", start, end, int(seconds) if seconds == int(seconds) else seconds)
    return end


def _attached(reading: Reading, quantity: Quantity, letters: str) -> int:
    """Take a number with letters right after it: ``3x``, ``1344x896``, ``500g``; ordinals are none."""
    text, start, end = reading.open, quantity.start, quantity.end
    if letters in ("st", "nd", "rd", "th"):
        return end + 2
    after = end + len(letters)
    if letters == "s" and text[start - 4 : start].lower() == "the ":
        return after  # a decade
    if letters == "x" and text[start:end] == "0":
        return after  # "the 0x address"
    if letters == "x":
        further = re.compile(r"\d{1,6}(?!\w)").match(text, after)
        reading.take("Number", start, end if further else after, quantity.value)
        if further:
            reading.take("Number", *further.span(), int(further[0]))
            return further.end()
        return after
    if text[end] == "-" or letters in _MEASURES:
        reading.take("Number", start, end, quantity.value)
    return after


def _plain(reading: Reading, quantity: Quantity) -> int:
    text = reading.open
    start, end, value, written = quantity
    if written and value == 1 and text[start:end].lower() == "one":
        before = text[max(0, start - 12) : start]
        if _NO_ONE.search(before) or not (_AFTER_ONE.match(text, end) or _ORDERED.search(before)):
            return end
    if written and value == 1 and text[start:end].lower() in ("a", "an"):
        return end
    digits = text[start:end].lstrip("-")
    if not written and len(digits) >= 6 and digits.isdigit() and not _COUNTED.match(text, end):
        if start and text[start - 1] == "#":
            start -= 1
        reading.take("Identifier", start, end, text[start:end].lstrip("#"))
        return end
    if not written and _numbers_a_point(text, start, end):
        return end
    reading.take("Number", start, end, value)
    return end


def _numbers_a_point(text: str, start: int, end: int) -> bool:
    """Whether a figure is the number of a point in a list ("1. Search ..."), or of a note ("[1]")."""
    if text[start - 1 : start] == "[" and text[end : end + 1] == "]":
        return True
    if end - start > 2 or not _POINT.match(text, end):
        return False
    before = text[max(0, start - 4) : start].rstrip(" ")
    return not before or before[-1] in "\n.;!?\0" or (before[-1] == ":" and text[start:end] == "1")


def read_codes(reading: Reading) -> None:
    """Take currencies and tokens that stand without a number."""
    text, table, words = reading.open, units(), reading.words
    if reading.vocabulary.isdisjoint(table):
        return
    for index, (start, end, lower) in enumerate(words):
        if (unit := table.get(lower)) is None or text[start] == TAKEN:
            continue
        written = text[start:end]
        if unit.kind == "Amount":
            called = index and words[index - 1][2] in ("in", "to", "into", "as", "currency")
            if (written in CODES and (written not in ("TRY", "CAD", "MAD", "PEN") or called)) or (
                unit.word and called and unit.factor == 1 and lower not in ("pound", "peso", "rand", "sterling")
            ):
                reading.take("CurrencyCode", start, end, unit.name)
        elif unit.kind == "CoinAmount" and written in coins():
            reading.take("TokenSymbol", start, end, written)
    reading.close()
