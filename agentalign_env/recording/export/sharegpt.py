"""LLaMA-Factory's ShareGPT form: human or observation, and function_call or gpt, strictly in turn.

Calls are a JSON list, in ``<tool_call>`` where thoughts or words stand before it; the results of parallel calls are one
observation. Its ``dataset_info.json`` is written, or added to, beside the file.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson

from agentalign_env.errors import DataFileError
from agentalign_env.recording.export.files import read_lines, write_json, write_lines
from agentalign_env.recording.export.messages import json_text
from agentalign_env.recording.rows import TrainingRow
from agentalign_env.types import JsonObject

__all__ = ["conversation_of", "read", "write"]

_BETWEEN = "\n</tool_response>\n<tool_response>\n"
"""Parts the results of parallel calls as its own converter does."""

_TAGS = {
    "role_tag": "from",
    "content_tag": "value",
    "user_tag": "human",
    "assistant_tag": "gpt",
    "observation_tag": "observation",
    "function_tag": "function_call",
}


def write(rows: Iterable[TrainingRow], path: str | Path) -> int:
    """Writes the rows as JSON lines and registers them; says how many.

    Left out are episodes without an assistant turn, and those with a turn that is not to be learnt: there is no mark
    for it.

    Raises:
        DataFileError: There is a ``dataset_info.json`` beside the file that is not one.
        OSError: A file cannot be written.
    """
    file = Path(path)
    count = write_lines(_records(rows), file)
    columns = {"messages": "conversations", "system": "system", "tools": "tools"}
    entry = {"file_name": file.name, "formatting": "sharegpt", "columns": columns, "tags": _TAGS}
    info = file.with_name("dataset_info.json")
    write_json({**_known(info), file.stem: entry}, info)
    return count


def read(path: str | Path) -> list[dict[str, Any]]:
    """The records of such a file."""
    return read_lines(path)


def _known(info: Path) -> dict[str, Any]:
    if not info.exists():
        return {}
    remedy = "Move it away, or write the rows to another folder."
    try:
        known = orjson.loads(info.read_bytes())
    except orjson.JSONDecodeError as error:
        raise DataFileError(str(info), "file", f"expected a JSON object, found: {error}", remedy) from error
    if not isinstance(known, dict):
        problem = f"expected a JSON object, found a {type(known).__name__}"
        raise DataFileError(str(info), "file", problem, remedy)
    return known


def _records(rows: Iterable[TrainingRow]) -> Iterator[dict[str, Any]]:
    for row in rows:
        turns = conversation_of(row.messages)
        masked = any(message["role"] == "assistant" and not message["loss"] for message in row.messages)
        if turns and not masked:
            common = row.to_json()
            system = "\n".join(message["content"] for message in row.messages if message["role"] == "system")
            yield {
                "uid": row.uid,
                "conversations": turns,
                "system": system,
                "tools": common["tools"],
                "meta": common["meta"],
            }


def conversation_of(messages: Iterable[JsonObject]) -> list[dict[str, str]]:
    """The turns in their strict order, ended by an assistant's."""
    turns: list[dict[str, str]] = []
    for message in messages:
        if message["role"] == "system":
            continue
        turn = _turn(message)
        if turns and _asks(turn) and _asks(turns[-1]):
            turns[-1] = _merged(turns[-1], turn)
        elif turns and not _asks(turn) and not _asks(turns[-1]):
            turns[-1] = {**turn, "value": "\n\n".join(filter(None, (turns[-1]["value"], turn["value"])))}
        else:
            turns.append(turn)
    return turns[: len(turns) - len(turns) % 2]


def _asks(turn: Mapping[str, str]) -> bool:
    return turn["from"] in ("human", "observation")


def _merged(one: Mapping[str, str], other: Mapping[str, str]) -> dict[str, str]:
    """Two turns that answer or ask, as one; what a user says after results is told with them."""
    between = _BETWEEN if one["from"] == other["from"] == "observation" else "\n\n"
    sender = "observation" if "observation" in (one["from"], other["from"]) else "human"
    return {"from": sender, "value": f"{one['value']}{between}{other['value']}"}


def _turn(message: JsonObject) -> dict[str, str]:
    content = message["content"]
    if message["role"] == "user":
        return {"from": "human", "value": content}
    if message["role"] == "tool":
        return {"from": "observation", "value": content}
    thought = message.get("reasoning_content", "")
    said = "\n\n".join(filter(None, (f"<think>\n{thought}\n</think>" if thought else "", content)))
    if not message.get("tool_calls"):
        return {"from": "gpt", "value": said}
    calls = [call["function"] for call in message["tool_calls"]]
    listed = json_text([{"name": call["name"], "arguments": call["arguments"]} for call in calls])
    words = f"{said}\n" if content else f"{said}\n\n"
    return {"from": "function_call", "value": f"{words}<tool_call>\n{listed}\n</tool_call>" if said else listed}
