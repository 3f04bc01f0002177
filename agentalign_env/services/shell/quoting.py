"""Values written so that the shell reads them back, and prompts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from agentalign_env.services.shell.lexer import unescape_ansi

if TYPE_CHECKING:
    from agentalign_env.services.shell.shell import Shell

__all__ = ["ansi_quoted", "backslashed", "quote_value", "shell_quoted", "transform"]

_SAFE = re.compile(r"[A-Za-z0-9_@%+=:,./-]+")
_SIGNS = {"\n": "\\n", "\t": "\\t", "\r": "\\r", "\a": "\\a", "\b": "\\b", "\f": "\\f", "\v": "\\v", "\x1b": "\\E"}
_ESCAPED = re.compile(r"([^A-Za-z0-9_@%+=:./\u0080-\U0010ffff-])")


def _needs_ansi(text: str) -> bool:
    return any(sign < " " or sign == "\x7f" for sign in text)


def ansi_quoted(text: str) -> str:
    """The text as ``$'...'``."""
    inside = []
    for sign in text:
        if sign in "\\'":
            inside.append("\\" + sign)
        elif sign in _SIGNS:
            inside.append(_SIGNS[sign])
        elif sign < " " or sign == "\x7f":
            inside.append(f"\\{ord(sign):03o}")
        else:
            inside.append(sign)
    return f"$'{''.join(inside)}'"


def shell_quoted(text: str) -> str:
    """The text in single quotes, as ``${x@Q}`` and ``set`` show it."""
    if _needs_ansi(text):
        return ansi_quoted(text)
    return "'" + text.replace("'", "'\\''") + "'"


def quote_value(text: str, *, always: bool = False) -> str:
    """The text as ``declare -p`` shows it: in double quotes; without `always` only where that is needed."""
    if _needs_ansi(text):
        return ansi_quoted(text)
    if not always and _SAFE.fullmatch(text):
        return text
    return '"' + re.sub(r'(["\\$`])', r"\\\1", text) + '"'


def backslashed(text: str) -> str:
    """The text as ``printf %q`` shows it."""
    if not text:
        return "''"
    if _needs_ansi(text):
        return ansi_quoted(text)
    found = _ESCAPED.sub(r"\\\1", text)
    return "\\" + found if found[0] == "~" else found


def transform(value: str, letter: str, shell: Shell) -> str:
    """What ``${x@letter}`` gives.

    Raises:
        DiscardSignal: There is no such letter.
    """
    if letter == "Q":
        return shell_quoted(value)
    if letter == "U":
        return value.upper()
    if letter == "u":
        return value[:1].upper() + value[1:]
    if letter == "L":
        return value.lower()
    if letter == "E":
        return unescape_ansi(value)
    if letter in ("K", "k"):
        return shell_quoted(value)
    if letter == "P":
        return value.replace("\\w", shell.cwd).replace("\\u", shell.machine.files.user).replace("\\$", "$")
    shell.fail(f"${{{letter}}}: bad substitution")
    return value
