"""Words of a text, for search: case folded, stop words dropped, a plural counted as its singular."""

from __future__ import annotations

import re

__all__ = ["tokens"]

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
    """The distinct words of a text, in order of appearance."""
    found: dict[str, None] = {}
    for word in _WORD.findall(text.casefold()):
        if word not in _STOP:
            found[word[:-1] if len(word) > 3 and word[-1] == "s" and word[-2] != "s" else word] = None
    return list(found)
