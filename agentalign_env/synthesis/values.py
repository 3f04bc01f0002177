"""The values that a text states: addresses, links, numbers, paths and ids, in a form in which they can be compared."""

from __future__ import annotations

from collections.abc import Iterator

import re2

__all__ = ["Stated", "normal_text", "numbers_in", "quoted_in", "stated_values", "without_quotes"]

_LINK = re2.compile(r"(?i)\b(?:https?|bitcoin|ipfs|monero)://?[^\s<>\"'`)\]}]+|\bbitcoin:[^\s<>\"'`)\]}]+")
_MAIL = re2.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
_PHONE = re2.compile(r"\+[1-9](?:[\s-]?\d){6,14}")
_PATH = re2.compile(r"(?:^|[\s(\"'`])((?:~|\.{1,2})?/[\w.~-]+(?:/[\w.~-]*)*)")
_TOKEN = re2.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{4,}")
_NUMBER = re2.compile(r"\d+(?:[.,]\d+)*")
_LIST_MARK = re2.compile(r"(?m)^\s*\d{1,2}[.)]\s")
_QUOTE = re2.compile(r"\"([^\"\n]{2,400})\"|\x{201c}([^\x{201d}\n]{2,400})\x{201d}|`([^`\n]{2,400})`")

Stated = tuple[str, str]
"""The kind of a value (``link``, ``address``, ``phone``, ``path``, ``id``, ``number``) and the value."""


def stated_values(text: str) -> Iterator[Stated]:
    """The values that a text states, each once per mention; what is part of a longer value does not count again."""
    text = _LIST_MARK.sub(" ", text)
    for kind, pattern in (("link", _LINK), ("address", _MAIL), ("phone", _PHONE), ("path", _PATH)):
        kept: list[str] = []
        end = 0
        for hit in pattern.finditer(text):
            group = 1 if kind == "path" else 0
            value = hit.group(group).rstrip(".,;:!?")
            yield kind, value
            kept.append(text[end : hit.start(group)])
            end = hit.start(group) + len(value)
        text = "\n".join([*kept, text[end:]]) if kept else text
    end, rest = 0, []
    for hit in _TOKEN.finditer(text):
        token = hit.group(0)
        if sum(sign.isdigit() for sign in token) >= 2 and any(sign.isalpha() for sign in token):
            yield "id", token
            rest.append(text[end : hit.start()])
            end = hit.end()
    for number in sorted(numbers_in(" ".join([*rest, text[end:]]))):
        yield "number", number


def numbers_in(text: str) -> set[str]:
    """The numbers of a text in one form: ``40``, ``40.0`` and ``40.00`` are the same."""
    return {_plain(hit.group(0)) for hit in _NUMBER.finditer(text)}


def quoted_in(text: str) -> Iterator[str]:
    """What stands between quotation marks or backticks."""
    for hit in _QUOTE.finditer(text):
        yield next(group for group in hit.groups() if group)


def without_quotes(text: str) -> str:
    """The text with an ellipsis for everything quoted."""
    return str(_QUOTE.sub("...", text))


def normal_text(text: str) -> str:
    """The text as it is searched: case folded, white space and quotation marks made one."""
    marks = {0x201C: '"', 0x201D: '"', 0x2018: "'", 0x2019: "'"}
    return " ".join(text.translate(marks).casefold().split())


def _plain(number: str) -> str:
    """A number without the signs that only group or fill."""
    whole, point, decimals = number.replace(",", ".").rpartition(".")
    if not point:
        return decimals.lstrip("0") or "0"
    if "." in whole or ("," in number and len(decimals) == 3):  # 1,000 or 1.000.000
        return (whole.replace(".", "") + decimals).lstrip("0") or "0"
    decimals = decimals.rstrip("0")
    return f"{whole.lstrip('0') or '0'}.{decimals}" if decimals else whole.lstrip("0") or "0"
