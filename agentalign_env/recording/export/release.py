"""The row that AgentAlign released: ``id``, ``category``, ``sub_category``, ``pattern``, ``messages`` and ``tools``."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from agentalign_env.recording.export.files import read_lines, write_lines
from agentalign_env.recording.export.messages import openai_messages
from agentalign_env.recording.rows import TrainingRow

__all__ = ["read", "write"]


def write(rows: Iterable[TrainingRow], path: str | Path) -> int:
    """Writes released rows as JSON lines, and says how many; `agentalign check` reads them.

    As in the release, arguments are JSON text, and the category is that of harm, whatever the intent.
    """
    return write_lines(map(_record, rows), path)


def read(path: str | Path) -> list[dict[str, Any]]:
    """The records of such a file."""
    return read_lines(path)


def _record(row: TrainingRow) -> dict[str, Any]:
    meta = row.meta
    return {
        "id": row.uid,
        "category": meta["category"],
        "sub_category": meta["subcategory"],
        "pattern": list(meta["pattern"]),
        "messages": openai_messages(row.messages),
        "tools": list(row.tools),
    }
