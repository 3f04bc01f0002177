"""The Agent Trajectory Interchange Format, version 1.8: one trajectory a line."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agentalign_env.recording.export.files import read_lines, write_lines
from agentalign_env.recording.rows import TrainingRow
from agentalign_env.types import JsonObject

if TYPE_CHECKING:
    from atif import Trajectory

__all__ = ["read", "trajectory_of", "write"]

_SCHEMA_VERSION = "ATIF-v1.8"
_SOURCES = {"system": "system", "user": "user", "assistant": "agent"}


def write(rows: Iterable[TrainingRow], path: str | Path) -> int:
    """Writes the rows as JSON lines, checked with the format's own models; says how many.

    Raises:
        ModuleNotFoundError: The package atif is missing; it comes with the extra ``export``.
    """
    return write_lines((trajectory_of(row).to_json_dict() for row in rows), path)


def read(path: str | Path) -> list[dict[str, Any]]:
    """The documents of such a file, read with the format's own models."""
    from atif import Trajectory

    return [Trajectory.model_validate(value).to_json_dict() for value in read_lines(path)]


def trajectory_of(row: TrainingRow) -> Trajectory:
    """The row as a model of the format: a call's answer belongs to the step that called."""
    from importlib.metadata import version

    from atif import Trajectory

    steps: list[dict[str, Any]] = []
    for message in row.messages:
        if message["role"] == "tool":
            result = {"source_call_id": message["tool_call_id"], "content": message["content"]}
            steps[-1].setdefault("observation", {"results": []})["results"].append(result)
        else:
            steps.append(_step(message, len(steps) + 1))
    agent = {
        "name": row.meta.get("agent", "agent"),
        "version": version("agentalign-env"),
        "tool_definitions": list(row.tools),
    }
    return Trajectory.model_validate(
        {
            "schema_version": _SCHEMA_VERSION,
            "trajectory_id": row.uid,
            "agent": agent,
            "steps": steps,
            "final_metrics": {"total_steps": len(steps), "extra": {"reward": row.meta.get("reward")}},
            "extra": dict(row.meta),
        }
    )


def _step(message: JsonObject, number: int) -> dict[str, Any]:
    step: dict[str, Any] = {
        "step_id": number,
        "source": _SOURCES[message["role"]],
        "message": message["content"],
        "extra": {"loss": message["loss"]},
    }
    if message.get("reasoning_content"):
        step["reasoning_content"] = message["reasoning_content"]
    if message.get("tool_calls"):
        step["tool_calls"] = [
            {
                "tool_call_id": call["id"],
                "function_name": call["function"]["name"],
                "arguments": dict(call["function"]["arguments"]),
            }
            for call in message["tool_calls"]
        ]
    return step
