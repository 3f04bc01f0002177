"""Conversations of other datasets, as training rows: ToolACE, Glaive, their ShareGPT forms, or chat messages."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson

from agentalign_env.errors import DataFileError
from agentalign_env.recording.rows import TrainingRow, without_nulls

__all__ = ["mixed_rows"]

_REMEDY = "Give JSON or JSON lines with 'conversations', 'chat' or 'messages'; see docs/dataset.md, 'Mixing in'."
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
_GLAIVE = re.compile(
    r"(USER|ASSISTANT|FUNCTION RESPONSE):\s*(.*?)(?=(?:USER|ASSISTANT|FUNCTION RESPONSE):|\Z)", re.DOTALL
)
_GLAIVE_ROLES = {"USER": "user", "ASSISTANT": "assistant", "FUNCTION RESPONSE": "tool"}
_GLAIVE_CALL = "<functioncall>"
_GLAIVE_ARGUMENTS = re.compile(r"\"arguments\":\s*'(.*)'\s*}\s*$", re.DOTALL)
_TOOLACE_CALL = re.compile(r"\s*([^()\[\],][^()\[\]]*?)\(")


def mixed_rows(path: str | Path) -> Iterator[TrainingRow]:
    """The conversations of a file, in order.

    Raises:
        DataFileError: It cannot be read, or a record is in no known form.
    """
    file = Path(path)
    for number, record in enumerate(_records(file), 1):
        try:
            messages = tuple(_messages(record))
            tools = tuple(_tools(record))
        except (KeyError, TypeError, ValueError) as error:
            problem = f"expected a conversation, found {type(error).__name__}: {error}"
            raise DataFileError(file.name, f"record {number}", problem, _REMEDY) from error
        if not any(message["role"] == "assistant" for message in messages):
            raise DataFileError(file.name, f"record {number}", "expected a turn of the assistant, found none", _REMEDY)
        meta = {"source": file.name, "intent": "benign", "split": "train"}
        yield TrainingRow(f"{file.stem}-{number:06d}", messages, tools, meta)


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
    system = str(record.get("system") or "").removeprefix("SYSTEM: ").strip()
    if system:
        yield {"role": "system", "content": system, "loss": False}
    if "messages" in record:
        for message in record["messages"]:
            yield {**message, "content": message.get("content") or "", "loss": message["role"] == "assistant"}
        return
    asked: list[str] = []  # ids of the calls of the last turn, and what each is of
    for turn, (role, text) in enumerate(_turns(record)):
        calls = list(_calls(role, text))
        if role == "tool":
            for one, answer in _answers(asked or [f"call_{turn}: "], text):
                call_id, _, name = one.partition(": ")
                yield {"role": "tool", "tool_call_id": call_id, "name": name, "content": answer, "loss": False}
        elif calls:
            asked = [f"call_{turn}_{at}: {call['name']}" for at, call in enumerate(calls)]
            yield {
                "role": "assistant",
                "content": "",
                "tool_calls": [
                    {"id": one.partition(": ")[0], "type": "function", "function": call}
                    for one, call in zip(asked, calls, strict=True)
                ],
                "loss": True,
            }
        else:
            yield {"role": role, "content": text, "loss": role == "assistant"}


def _answers(asked: Sequence[str], text: str) -> Iterator[tuple[str, str]]:
    """What each call was answered: one by one where the text lists as many answers, else all of it for each."""
    try:
        listed = orjson.loads(text)
    except orjson.JSONDecodeError:
        listed = None
    if len(asked) > 1 and isinstance(listed, list) and len(listed) == len(asked):
        yield from zip(asked, (orjson.dumps(one).decode() for one in listed), strict=True)
    else:
        yield from ((one, text) for one in asked)


def _turns(record: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Who says what: turns of a list, or of Glaive's single text."""
    if "chat" in record:
        for role, text in _GLAIVE.findall(record["chat"]):
            yield _GLAIVE_ROLES[role], text.replace("<|endoftext|>", "").strip()
        return
    for turn in record["conversations"]:
        yield _ROLES[turn["from"]], str(turn["value"])


def _calls(role: str, text: str) -> Iterator[dict[str, Any]]:
    """The calls that a turn makes; none where it is words."""
    if role == "call":
        called = orjson.loads(text)
        yield from map(_call, called if isinstance(called, list) else [called])
    elif role == "assistant" and text.startswith(_GLAIVE_CALL):
        yield _call(_glaive_call(text.removeprefix(_GLAIVE_CALL).strip()))
    elif role == "assistant" and text.startswith("[") and text.endswith(")]"):
        yield from _toolace_calls(text)


def _call(call: Mapping[str, Any]) -> dict[str, Any]:
    arguments = call.get("arguments", call.get("parameters", {}))
    if isinstance(arguments, str):
        arguments = orjson.loads(arguments or "{}")
    return {"name": str(call["name"]), "arguments": without_nulls(arguments)}


def _glaive_call(text: str) -> Mapping[str, Any]:
    """``{"name": ..., "arguments": '{...}'}``: JSON but for the quotation marks around the arguments."""
    quoted = _GLAIVE_ARGUMENTS.search(text)
    if quoted is None:
        found: Mapping[str, Any] = orjson.loads(text)
        return found
    name = orjson.loads(text[: quoted.start()].rstrip().rstrip(",") + "}")["name"]
    return {"name": name, "arguments": quoted[1].replace("\\'", "'")}


def _toolace_calls(text: str) -> Iterator[dict[str, Any]]:
    """``[Weather API(city="Norwick"), other(days=3)]``; nothing where it cannot be read: then it is words."""
    found, at = [], 1
    while at < len(text) - 1:
        head = _TOOLACE_CALL.match(text, at)
        if head is None:
            return
        for end in (match.end() for match in re.finditer(r"\)", text[head.end() :])):
            whole = f"f({text[head.end() : head.end() + end]}"
            try:
                call = ast.parse(whole, mode="eval").body
            except (SyntaxError, ValueError):
                continue
            break
        else:
            return
        if not isinstance(call, ast.Call) or call.args or any(one.arg is None for one in call.keywords):
            return
        try:
            arguments = {str(one.arg): ast.literal_eval(one.value) for one in call.keywords}
        except ValueError:
            return
        found.append({"name": head[1].strip(), "arguments": without_nulls(arguments)})
        at = head.end() + end
        at += len(text[at:]) - len(text[at:].lstrip(", "))
    yield from found


def _tools(record: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The tools offered, as an OpenAI-style list: given apart, or as JSON within the system message."""
    given = record.get("tools")
    if given:
        found = orjson.loads(given) if isinstance(given, str) else given
    else:
        found = list(_tools_within(str(record.get("system") or "")))
    for tool in found:
        yield tool if "function" in tool else {"type": "function", "function": tool}


def _tools_within(text: str) -> Iterator[Mapping[str, Any]]:
    """The JSON objects in a text that are schemas of functions."""
    from json import JSONDecodeError, JSONDecoder

    decoder, at = JSONDecoder(), 0
    while (at := min((place for sign in "{[" if (place := text.find(sign, at)) >= 0), default=-1)) >= 0:
        try:
            value, at = decoder.raw_decode(text, at)
        except JSONDecodeError:
            at += 1
            continue
        yield from (
            one for one in (value if isinstance(value, list) else [value]) if isinstance(one, dict) and "name" in one
        )
