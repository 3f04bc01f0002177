"""Direct preference optimisation: ``prompt``, ``chosen`` and ``rejected``, which are one assistant turn each."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from agentalign_env.recording.export.files import read_lines, write_lines
from agentalign_env.recording.export.messages import json_text, unmarked
from agentalign_env.recording.pairs import Pair, recorded_pairs
from agentalign_env.recording.rows import TrainingRow

__all__ = ["read", "write", "write_pairs"]


def write(rows: Iterable[TrainingRow], path: str | Path) -> int:
    """Writes the pairs among the rows (see `recorded_pairs`) as JSON lines; says how many."""
    return write_pairs(recorded_pairs(rows), path)


def write_pairs(pairs: Iterable[Pair], path: str | Path) -> int:
    """Writes pairs as JSON lines; says how many."""
    return write_lines(map(_record, pairs), path)


def read(path: str | Path) -> list[dict[str, Any]]:
    """The records of such a file."""
    return read_lines(path)


def _record(pair: Pair) -> dict[str, Any]:
    return {
        "uid": pair.uid,
        "prompt": unmarked(pair.prompt),
        "chosen": unmarked([pair.chosen]),
        "rejected": unmarked([pair.rejected]),
        "tools": json_text(list(pair.tools)),
        "meta": json_text(dict(pair.meta)),
    }
