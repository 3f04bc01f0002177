"""Kahneman-Tversky optimisation: ``prompt``, ``completion`` (one assistant turn) and whether that is a good one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from agentalign_env.recording.export.files import read_lines, write_lines
from agentalign_env.recording.export.messages import json_text, trained_turns, unmarked
from agentalign_env.recording.pairs import Pair
from agentalign_env.recording.rows import TrainingRow
from agentalign_env.types import JsonObject

__all__ = ["read", "write", "write_pairs"]


def write(rows: Iterable[TrainingRow], path: str | Path) -> int:
    """Writes one row an episode as JSON lines; says how many.

    The turn is the first one of a harmful episode, where the decision falls, and the last one of the others. Good is
    what earned 1.0, bad what earned 0.0; what lies between is left out.
    """
    return write_lines((record for row in rows for record in _of_row(row)), path)


def write_pairs(pairs: Iterable[Pair], path: str | Path) -> int:
    """Writes two rows a pair as JSON lines, a good and a bad one; says how many."""
    return write_lines((record for pair in pairs for record in _of_pair(pair)), path)


def read(path: str | Path) -> list[dict[str, Any]]:
    """The records of such a file."""
    return read_lines(path)


def _of_row(row: TrainingRow) -> Iterator[dict[str, Any]]:
    turns, reward = list(trained_turns(row)), row.meta["reward"]
    if turns and reward in (0.0, 1.0):
        at = turns[0] if row.meta["intent"] == "harmful" else turns[-1]
        yield _record(row.uid, row.messages[:at], row.messages[at], reward == 1.0, row.tools, row.meta)


def _of_pair(pair: Pair) -> Iterator[dict[str, Any]]:
    for side, completion in (("chosen", pair.chosen), ("rejected", pair.rejected)):
        yield _record(f"{pair.uid}/{side}", pair.prompt, completion, side == "chosen", pair.tools, pair.meta)


def _record(
    uid: str,
    prompt: Iterable[JsonObject],
    completion: JsonObject,
    label: bool,
    tools: Iterable[JsonObject],
    meta: JsonObject,
) -> dict[str, Any]:
    return {
        "uid": uid,
        "prompt": unmarked(prompt),
        "completion": unmarked([completion]),
        "label": label,
        "tools": json_text(list(tools)),
        "meta": json_text(dict(meta)),
    }
