"""What ``set -x`` shows."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from agentalign_env.services.shell.quoting import shell_quoted

if TYPE_CHECKING:
    from agentalign_env.services.shell.shell import Shell
    from agentalign_env.services.shell.syntax import Assignment

__all__ = ["trace_mark", "traced", "traced_assignment"]

_META = re.compile(r"[\s'\"\\|&;()<>!{}*\[\]?^$`]|\A[~#]|[=:]~")


def trace_mark(shell: Shell) -> str:
    """What begins a line of a trace: ``PS4``, its first sign once more for each shell around."""
    from agentalign_env.services.shell.expansion import text_of
    from agentalign_env.services.shell.parser import parse_word

    shell.xtrace = False
    try:
        mark = text_of(shell, parse_word(shell.get("PS4") or ""))
    finally:
        shell.xtrace = True
    return mark[:1] * shell.level + mark if mark else ""


def traced(shell: Shell, argv: Sequence[str], *, plain: bool = False) -> None:
    """Writes a command to standard error before it runs."""
    words = argv if plain else [_shown(word) for word in argv]
    shell.sink(2).write(f"{trace_mark(shell)}{' '.join(words)}\n")


def traced_assignment(shell: Shell, mark: str, node: Assignment, value: str) -> None:
    """Writes an assignment: an array as it was written, a text as it became."""
    subscript = f"[{node.subscript.source}]" if node.subscript is not None else ""
    sign = "+=" if node.append else "="
    if type(node.value) is tuple:
        items = [
            item.value.source
            if item.subscript is None
            else f"[{item.subscript.source}]{'+' if item.append else ''}={item.value.source}"
            for item in node.value
        ]
        shown = f"({' '.join(items)})"
    else:
        shown = _shown(value) if value else ""
    shell.sink(2).write(f"{mark}{node.name}{subscript}{sign}{shown}\n")


def _shown(word: str) -> str:
    if not word or _META.search(word):
        return "'" + word.replace("'", "'\\''") + "'"
    return shell_quoted(word) if any(sign < " " or sign == "\x7f" for sign in word) else word
