"""Forms of messages that several formats share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import orjson

from agentalign_env.recording.rows import TrainingRow
from agentalign_env.types import JsonObject

__all__ = ["json_text", "loaded_calls", "openai_messages", "trained_turns", "unmarked"]


def json_text(value: Any) -> str:
    """The value as JSON text."""
    return orjson.dumps(value).decode()


def unmarked(messages: Iterable[JsonObject]) -> list[dict[str, Any]]:
    """The messages without the mark that says whether they are to be learnt."""
    return [{key: value for key, value in message.items() if key != "loss"} for message in messages]


def openai_messages(messages: Iterable[JsonObject]) -> list[dict[str, Any]]:
    """The messages as the OpenAI API has them: arguments as JSON text, no marks, no thoughts, no names of tools."""
    return [_openai(message) for message in messages]


def _openai(message: JsonObject) -> dict[str, Any]:
    found = {key: message[key] for key in ("role", "content", "tool_call_id") if key in message}
    if message.get("tool_calls"):
        found["tool_calls"] = [_with_arguments(call, json_text) for call in message["tool_calls"]]
    return found


def loaded_calls(message: Mapping[str, Any]) -> dict[str, Any]:
    """The message with the JSON text of its arguments as objects again."""
    if not message.get("tool_calls"):
        return dict(message)
    return {**message, "tool_calls": [_with_arguments(call, orjson.loads) for call in message["tool_calls"]]}


def _with_arguments(call: Mapping[str, Any], change: Any) -> dict[str, Any]:
    function = call["function"]
    return {**call, "function": {**function, "arguments": change(function["arguments"])}}


def trained_turns(row: TrainingRow) -> Iterator[int]:
    """Where the turns stand that are to be learnt."""
    return (at for at, message in enumerate(row.messages) if message["loss"])
