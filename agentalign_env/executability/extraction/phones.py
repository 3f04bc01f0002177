"""Phone numbers, in the international form where it can be known."""

from __future__ import annotations

import re
from functools import lru_cache

from agentalign_env.executability.extraction.reading import Reading

__all__ = ["phone_number", "read_phones"]

_INTERNATIONAL = re.compile(r"(?<![\w+/.@-])(?:\+|00(?=[1-9]))\(?\d[\d ().\-/\u00a0]{4,24}\d(?!\w)")
_LONG = re.compile(r"[0-9(][0-9()\s./-]{6}")
_NATIONAL = re.compile(
    r"(?<![\w/.:#+-])(?:"
    r"(?:1[-. ])?\(\d{3}\)\s?\d{3}[-. ]?\d{4}|(?:1[-. ])?\d{3}[-. ]\d{3}[-. ]\d{4}|\d{3}[-.]\d{4}"
    r"|0\d{2,4}[ /-]\d{3,4}[ -]?\d{3,5})(?![\w-])(?!\.\d)"
)
_CALLED = re.compile(
    r"\b(?:call|text|sms|phone|mobile|cell|tel|telephone|dial|ring|whatsapp)\b\W{0,3}"
    r"(?:me |him |her |them )?(?:number |no\.? |message )?(?:is |at |on |to |at: |:)?\W?$",
    re.IGNORECASE,
)
_BARE = re.compile(r"(?<![\w.,/:#+-])\d{10,13}(?![\w/:-])(?!\.\d)")


def read_phones(reading: Reading) -> None:
    """Take every phone number: with a plus, in a national grouping, or bare after a word such as ``call``."""
    text = reading.open
    if not _LONG.search(text):
        return
    if "+" in text or "00" in text:
        for match in _INTERNATIONAL.finditer(text):
            candidate = match[0]
            while candidate:
                value = phone_number(candidate)
                if value:
                    reading.take("PhoneNumber", match.start(), match.start() + len(candidate), value)
                    break
                candidate = candidate.rpartition(" ")[0].rstrip(" ().-/")
            else:
                if match[0][0] == "+":
                    reading.take("PhoneNumber", *match.span(), "+" + _digits(match[0]))
        reading.close()
        text = reading.open
    for match in _NATIONAL.finditer(text):
        reading.take("PhoneNumber", *match.span(), _international(match[0]))
    for match in _BARE.finditer(text):
        if _CALLED.search(text[max(0, match.start() - 40) : match.start()]):
            reading.take("PhoneNumber", *match.span(), _international(match[0]))
    reading.close()


@lru_cache(maxsize=2_048)
def phone_number(text: str) -> str | None:
    """The number as E.164 text; ``None`` when its length is that of no number. Without a plus it is a number of +1."""
    from phonenumbers import NumberParseException, PhoneNumberFormat, format_number, is_possible_number, parse

    written = text.strip()
    if written.startswith("00"):
        written = "+" + written[2:]
    if len(_digits(written)) < 7:
        return None
    try:
        number = parse(written, None if written.startswith("+") else "US")
    except NumberParseException:
        return None
    return str(format_number(number, PhoneNumberFormat.E164)) if is_possible_number(number) else None


def _international(text: str) -> str:
    """The E.164 form of a national number, or only its digits when they lack an area."""
    digits = _digits(text)
    return (phone_number(text) or digits) if len(digits) >= 10 else digits


def _digits(text: str) -> str:
    return "".join(sign for sign in text if sign.isdigit())
