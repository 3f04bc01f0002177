"""Stacks that take the canonical row as it is: axolotl and ms-swift, with a mark of loss at every message."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from agentalign_env.recording.export.files import read_rows, write_lines
from agentalign_env.recording.rows import TrainingRow

__all__ = ["read", "write"]


def write(rows: Iterable[TrainingRow], path: str | Path) -> int:
    """Writes canonical rows as JSON lines, and says how many."""
    return write_lines((row.to_json() for row in rows), path)


def read(path: str | Path) -> list[TrainingRow]:
    """The rows of such a file."""
    return read_rows(path)
