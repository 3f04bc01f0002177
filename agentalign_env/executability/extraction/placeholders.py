"""Gaps that a text leaves to be filled: ``[recipient email]``, ``<amount>``, ``{name}``, ``XXX``, ``TBD``, ``____``."""

from __future__ import annotations

import re

from agentalign_env.executability.extraction.reading import Reading

__all__ = ["placeholder", "read_placeholders"]

_INNER = r"[ \t]*[^\W\d_][\w '\u2019/.,-]{0,60}"
_GAP = re.compile(
    rf"\[(?P<square>{_INNER})\](?!\()|<(?P<angle>{_INNER})>|\{{\{{?(?P<curly>{_INNER})\}}\}}?"
    r"|(?<!\w)(?P<plain>X{3,12}|x{4,12}|TBD|TBA|TODO|_{3,40}|(?:YOUR|INSERT|ENTER|MY)_[A-Z][A-Z_]{1,40})(?!\w)"
)
_SIGNS = ("[", "<", "{", "XXX", "xxxx", "TBD", "TBA", "TODO", "___", "YOUR_", "INSERT_", "ENTER_", "MY_")
_MARKUP_WORDS = """
    a b i u p br hr em li ol ul td tr th h1 h2 h3 h4 div img pre span html head meta table strong script
    form input sic ok x
    """
_MARKUP = frozenset(_MARKUP_WORDS.split())


def read_placeholders(reading: Reading) -> None:
    """Take every gap; its value is the inner words."""
    text = reading.open
    if not any(sign in text for sign in _SIGNS):
        return
    for match in _GAP.finditer(text):
        inner = _inner(match)
        if inner is not None:
            reading.take("Placeholder", *match.span(), inner)
    reading.close()


def placeholder(text: str) -> str | None:
    """The inner words of a text that is a gap as a whole."""
    match = _GAP.fullmatch(text)
    return _inner(match) if match else None


def _inner(match: re.Match[str]) -> str | None:
    group = match.lastgroup or "plain"
    inner = match[group].strip()
    if group == "plain":
        return inner
    return None if inner.lower() in _MARKUP or "." in inner.strip(".") else inner.replace("_", " ")
