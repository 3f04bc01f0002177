"""Prompts for reinforcement learning: the opening messages, and the arguments that build their scenario again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from agentalign_env.recording.export.files import read_lines, write_lines
from agentalign_env.recording.export.messages import json_text, unmarked
from agentalign_env.recording.rows import TrainingRow

__all__ = ["read", "write"]


def write(rows: Iterable[TrainingRow], path: str | Path) -> int:
    """Writes one row a scenario as JSON lines, whoever acted in it; says how many.

    ``reset`` is JSON text: the arguments of `build_scenario`, with the chain by its id.
    """
    return write_lines(_records(rows), path)


def read(path: str | Path) -> list[dict[str, Any]]:
    """The records of such a file."""
    return read_lines(path)


def _records(rows: Iterable[TrainingRow]) -> Iterator[dict[str, Any]]:
    seen: set[str] = set()
    for row in rows:
        name = row.meta["scenario"]
        if name in seen:
            continue
        seen.add(name)
        opening = next((at for at, message in enumerate(row.messages) if message["role"] == "assistant"), None)
        yield {
            "uid": name,
            "prompt": unmarked(row.messages[:opening]),
            "tools": json_text(list(row.tools)),
            "reset": json_text(row.meta["reset"]),
        }
