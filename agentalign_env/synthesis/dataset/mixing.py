"""Conversations of other datasets, as training rows: ToolACE, Glaive in the ShareGPT form, or chat messages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson

from agentalign_env.errors import DataFileError
from agentalign_env.recording.rows import TrainingRow

__all__ = ["mixed_rows"]

_REMEDY = "Give JSON or JSON lines with 'conversations' (ShareGPT) or 'messages'; see docs/dataset.md, 'Mixing in'."
_ROLES = {
    "system": "system",
    "human": "user",
    "user": "user",
    "gpt": "assistant",
    "assistant": "assistant",
    "function_call": "call",
    "observation": "tool",
    "tool": "tool",
}


def mixed_rows(path: str | Path) -> Iterator[TrainingRow]:
    """The conversations of a file, in order.

    Raises:
        DataFileError: It cannot be read, or a record is in no known form.
    """
    file = Path(path)
    for number, record in enumerate(_records(file), 1):
        try:
            messages = list(_messages(record))
            tools = _tools(record)
        except (KeyError, TypeError, ValueError) as error:
            problem = f"expected a conversation, found {type(error).__name__}: {error}"
            raise DataFileError(file.name, f"record {number}", problem, _REMEDY) from error
        if not any(message["role"] == "assistant" for message in messages):
            raise DataFileError(file.name, f"record {number}", "expected a turn of the assistant, found none", _REMEDY)
        meta = {"source": file.name, "intent": "benign", "split": "train"}
        yield TrainingRow(f"{file.stem}-{number:06d}", tuple(messages), tuple(tools), meta)


def _records(file: Path) -> Iterator[Mapping[str, Any]]:
    """The objects of a file that holds one list, or one object a line."""
    try:
        content = file.read_bytes()
        if content.lstrip()[:1] == b"[":
            found = orjson.loads(content)
        else:
            found = [orjson.loads(line) for line in content.splitlines() if line.strip()]
    except OSError as error:
        raise DataFileError(str(file), "file", f"it cannot be read: {error.strerror}", _REMEDY) from error
    except orjson.JSONDecodeError as error:
        raise DataFileError(str(file), "file", f"it is not JSON: {error}", _REMEDY) from error
    for number, record in enumerate(found, 1):
        if not isinstance(record, dict):
            problem = f"expected an object, found a {type(record).__name__}"
            raise DataFileError(file.name, f"record {number}", problem, _REMEDY)
        yield record


def _messages(record: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The conversation as chat messages, with the calls of an assistant turn apart from its words."""
    if isinstance(record.get("system"), str) and record["system"]:
        yield {"role": "system", "content": record["system"], "loss": False}
    if "messages" in record:
        for message in record["messages"]:
            yield {**message, "content": message.get("content") or "", "loss": message["role"] == "assistant"}
        return
    calls = 0
    for turn in record["conversations"]:
        role, text = _ROLES[turn["from"]], str(turn["value"])
        if role == "call":
            called = orjson.loads(text)
            several = called if isinstance(called, list) else [called]
            calls += 1
            yield {
                "role": "assistant",
                "content": "",
                "tool_calls": [_call(f"call_{calls}_{at}", one) for at, one in enumerate(several)],
                "loss": True,
            }
        elif role == "tool":
            yield {"role": "tool", "tool_call_id": f"call_{calls}_0", "name": "", "content": text, "loss": False}
        else:
            yield {"role": role, "content": text, "loss": role == "assistant"}


def _call(name: str, call: Mapping[str, Any]) -> dict[str, Any]:
    arguments = call.get("arguments", call.get("parameters", {}))
    if isinstance(arguments, str):
        arguments = orjson.loads(arguments)
    kept = {key: value for key, value in arguments.items() if value is not None}
    return {"id": name, "type": "function", "function": {"name": str(call["name"]), "arguments": kept}}


def _tools(record: Mapping[str, Any]) -> list[Any]:
    """The tools offered, as an OpenAI-style list."""
    given = record.get("tools") or []
    found = orjson.loads(given) if isinstance(given, str) else given
    return [tool if "function" in tool else {"type": "function", "function": tool} for tool in found]
