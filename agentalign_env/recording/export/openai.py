"""The OpenAI API's chat form: arguments as JSON text, tools as a list."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from agentalign_env.recording.export.files import read_lines, write_lines
from agentalign_env.recording.export.messages import openai_messages
from agentalign_env.recording.rows import TrainingRow
from agentalign_env.types import JsonObject

__all__ = ["read", "write"]


def write(rows: Iterable[TrainingRow], path: str | Path) -> int:
    """Writes rows of ``messages`` and ``tools`` as JSON lines; says how many.

    A turn that is not to be learnt has ``"weight": 0``. An episode that a tool's answer ends is cut after its last
    assistant turn, as fine-tuning demands; one without any is left out.
    """
    return write_lines((record for row in rows if (record := _record(row))["messages"]), path)


def read(path: str | Path) -> list[dict[str, Any]]:
    """The records of such a file."""
    return read_lines(path)


def _record(row: TrainingRow) -> dict[str, Any]:
    turns = [at for at, message in enumerate(row.messages) if message["role"] == "assistant"]
    kept = row.messages[: turns[-1] + 1] if turns else ()
    messages = [_weighted(message, known) for message, known in zip(openai_messages(kept), kept, strict=True)]
    return {"messages": messages, "tools": list(row.tools)}


def _weighted(message: dict[str, Any], known: JsonObject) -> dict[str, Any]:
    untaught = message["role"] == "assistant" and not known["loss"]
    return {**message, "weight": 0} if untaught else message
