"""Texts: their words for search, and how bytes that are no UTF-8 are kept as text."""

from __future__ import annotations

import re

__all__ = ["from_bytes", "to_bytes", "tokens"]

_WORD = re.compile(r"\w+")
_STOP = frozenset(
    {
        *(
            "a",
            "an",
            "and",
            "are",
            "as",
            "at",
            "be",
            "but",
            "by",
            "for",
            "from",
            "has",
            "have",
            "how",
            "i",
            "in",
            "is",
            "it",
        ),
        *(
            "its",
            "of",
            "on",
            "or",
            "our",
            "that",
            "the",
            "this",
            "to",
            "was",
            "we",
            "what",
            "when",
            "where",
            "which",
            "who",
        ),
        *("will", "with", "you", "your"),
    }
)


def tokens(text: str) -> list[str]:
    """The distinct words of a text, in order of appearance: case folded, no stop words, a plural as its singular."""
    found: dict[str, None] = {}
    for word in _WORD.findall(text.casefold()):
        if word not in _STOP:
            found[word[:-1] if len(word) > 3 and word[-1] == "s" and word[-2] != "s" else word] = None
    return list(found)


# A byte that is no part of valid UTF-8 is kept as the private character U+EF00 + byte, as MirBSD's OPTU encoding does:
# unlike a lone surrogate it can be digested, sent as JSON and replayed.
_KEPT = {0xDC00 + byte: 0xEF00 + byte for byte in range(0x80, 0x100)}
_RAW = re.compile("[\udc80-\udcff\uef80-\uefff]")
_BACK = {kept: escaped for escaped, kept in _KEPT.items()}


def from_bytes(data: bytes) -> str:
    """Bytes as text; `to_bytes` gives them back (unless they hold the UTF-8 of U+EF80 to U+EFFF)."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode(errors="surrogateescape").translate(_KEPT)


def to_bytes(text: str) -> bytes:
    """The bytes of a text, also of one that `from_bytes` made."""
    if text.isascii() or not _RAW.search(text):  # translating a text costs more than all else that is done with it
        return text.encode()
    return text.translate(_BACK).encode(errors="surrogateescape")
