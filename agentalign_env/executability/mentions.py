"""Typed mentions: the values that an instruction states, each with its place, its kind and what it means.

Reading is deterministic and takes time in proportion to the text, whatever the text. Each reader takes its spans and
leaves the rest to the next, so mentions do not overlap. What stands in quotation marks is `Quoted` text; only when the
whole quotation is a link, an address, a path, an id, a known name or the like, it is that.

| kind | value |
|---|---|
| `Quoted`, `Command`, `Placeholder` | the inner text |
| `EmailAddress`, `Hostname`, `Handle`, `HashTag`, `FilePath`, `Identifier`, `Version` | as written |
| `Url` | with ``https://`` where none was written |
| `PhoneNumber` | E.164 where possible, else the digits |
| `Amount`, `CoinAmount` | ``{"amount": 40.0, "currency": "EUR"}``, ``{"amount": 0.5, "token": "BTC"}`` |
| `CurrencyCode`, `TokenSymbol` | the code, without an amount beside it |
| `Number`, `Percent`, `Ratio` | the number; a ratio as written, such as ``16:9`` |
| `Date`, `Time`, `DateTime` | ``2026-03-01``, ``18:45``, ``2026-03-01T18:45:00Z``; as written when there is none such |
| `Duration` | seconds; a month has 30 days, a year 365 |
| `BitcoinAddress`, `EvmAddress`, `SolanaAddress`, `MoneroAddress`, `TransactionHash`, `Bytecode` | as written |
| `PostalAddress` | with single spaces |
| the kinds of `names` | the name, in lower case |
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agentalign_env.executability.extraction.clocktimes import join_moments, read_times
from agentalign_env.executability.extraction.dates import read_dates, read_numeric_dates
from agentalign_env.executability.extraction.names import NameTable, postal_address, read_names, read_postal_addresses
from agentalign_env.executability.extraction.paths import spaced_path
from agentalign_env.executability.extraction.phones import phone_number, read_phones
from agentalign_env.executability.extraction.placeholders import placeholder, read_placeholders
from agentalign_env.executability.extraction.quantities import read_codes, read_quantities
from agentalign_env.executability.extraction.quotations import read_quotations
from agentalign_env.executability.extraction.reading import Mention, Reading
from agentalign_env.executability.extraction.tokens import parts, read_tokens

__all__ = ["Mention", "NameTable", "extract"]

_LONGEST_VALUE = 300


def extract(text: str, *, now_s: int, names: Mapping[str, str] | None = None) -> tuple[Mention, ...]:
    """The values that a text states, in the order of their places, without overlaps.

    Args:
        text: Any text.
        now_s: From when days such as "tomorrow" are counted; UTC.
        names: Known names in lower case, and the kind of each. Two or more words are found in any case, a single word
            with a capital. A `NameTable` is faster when many texts are read with the same names.
    """
    reading = Reading(text)

    def recognise(inner: str) -> tuple[str, Any] | None:
        return _whole(inner, names or {})

    read_quotations(reading, recognise)
    read_placeholders(reading)
    if reading.figures():
        read_phones(reading)
        read_numeric_dates(reading)
    read_tokens(reading)
    reading.split()
    if reading.figures():
        read_postal_addresses(reading)
    read_dates(reading, now_s)
    read_times(reading)
    if names:
        read_names(reading, names)
    read_quantities(reading, now_s)
    read_codes(reading)
    return tuple(join_moments(text, reading.found))


def _whole(inner: str, names: Mapping[str, str]) -> tuple[str, Any] | None:
    """The kind and value of a quotation that is one value as a whole; ``None`` when it is only text."""
    if not inner or len(inner) > _LONGEST_VALUE or inner != inner.strip():
        return None
    kind = names.get(inner.lower())
    if kind:
        return kind, inner.lower()
    gap = placeholder(inner)
    if gap is not None:
        return "Placeholder", gap
    if " " not in inner:
        found = parts(inner)
        if len(found) == 1 and found[0].start == 0 and found[0].end == len(inner) and found[0].kind != "Number":
            return found[0].kind, found[0].value
        if inner.removeprefix("-").isdecimal() and len(inner) >= 6:
            return "Identifier", inner
    if inner[0] in "+(" and (phone := phone_number(inner)):
        return "PhoneNumber", phone
    if spaced_path(inner):
        return "FilePath", inner
    return ("PostalAddress", inner) if inner[0].isdigit() and postal_address(inner) else None
