"""How GNU's commands show names and words in their messages."""

from __future__ import annotations

import re

__all__ = ["always_quoted", "curly", "quoted"]

_PLAIN = re.compile(r"[\w%+,./@^{}-][\w%+,./@^~#{}-]*")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\uef80-\uefff]+")
_ESCAPES = {"\a": "\\a", "\b": "\\b", "\t": "\\t", "\n": "\\n", "\v": "\\v", "\f": "\\f", "\r": "\\r"}


def _escaped(found: re.Match[str]) -> str:
    shown = "".join(
        _ESCAPES.get(char) or f"\\{ord(char) & 0xFF:03o}" for char in found.group()
    )  # a kept byte is U+EF00 + byte
    return f"'$'{shown}''"


def always_quoted(name: str) -> str:
    r"""A name in quotes that a shell would read back: ``'a b'``, ``"it's"``, ``'a'$'\n''b'``."""
    if _CONTROL.search(name):
        shown = "'" + _CONTROL.sub(_escaped, name.replace("'", "'\\''")) + "'"
        return shown.removesuffix("''") if shown.endswith("'''") else shown
    if "'" not in name:
        return f"'{name}'"
    if not any(char in name for char in '"$`\\!'):
        return f'"{name}"'
    return "'" + name.replace("'", "'\\''") + "'"


def quoted(name: str) -> str:
    """A name, in quotes only where a shell would need them, or where it holds a colon."""
    return name if _PLAIN.fullmatch(name) else always_quoted(name)


def curly(word: str) -> str:
    """A word of the user's in typographic quotes, as messages about invalid values show it."""
    return f"\u2018{word}\u2019"
