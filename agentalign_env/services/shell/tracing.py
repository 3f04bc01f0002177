"""What ``set -x`` shows."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from agentalign_env.services.shell.quoting import shell_quoted

if TYPE_CHECKING:
    from agentalign_env.services.shell.shell import Shell
    from agentalign_env.services.shell.syntax import Assignment

__all__ = ["traced"]

_SAFE = re.compile(r"[A-Za-z0-9_@%+:,./=\u0080-\U0010ffff-][A-Za-z0-9_@%+:,./=~#\u0080-\U0010ffff-]*")


def traced(shell: Shell, assignments: Sequence[Assignment], argv: Sequence[str], *, plain: bool = False) -> None:
    """Writes a command to standard error before it runs."""
    from agentalign_env.services.shell.expansion import text_of
    from agentalign_env.services.shell.parser import parse_word

    shell.xtrace = False
    try:
        mark = text_of(shell, parse_word(shell.get("PS4") or ""))
        mark = mark[:1] * shell.level + mark if mark else ""
        if not argv:
            for assignment in assignments:
                value = shell.get(assignment.name) or ""
                shell.sink(2).write(f"{mark}{assignment.name}={_shown(value) if value else ''}\n")
            return
        words = [word if plain else _shown(word) for word in argv]
        shell.sink(2).write(f"{mark}{' '.join(words)}\n")
    finally:
        shell.xtrace = True


def _shown(word: str) -> str:
    return word if _SAFE.fullmatch(word) else shell_quoted(word)
