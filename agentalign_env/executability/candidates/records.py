"""Candidates from one record: our own form, a row of the released dataset, a record of the synthesis, a trajectory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from agentalign_env.core.world import WorldKey
from agentalign_env.executability.candidates.candidate import Candidate, RecordError
from agentalign_env.toolkit.catalogue import load_tools
from agentalign_env.types import INTENTS

__all__ = ["INSTRUCTION_KEYS", "candidates_of"]

INSTRUCTION_KEYS = ("instruction", "instructions", "query", "queries", "prompt", "user_request", "request", "task")
"""Keys under which a row may hold its instruction, the first that it has."""

_ID_KEYS = ("id", "uid", "example_id")
_CHAIN_KEYS = ("chain", "pattern", "tool_chain", "steps", "capabilities")
_SUBCATEGORY_KEYS = ("subcategory", "sub_category")
_INTENT_KEYS = ("intent", "label")
_REMEDY = 'Give each row an "instruction".'


def candidates_of(record: Any, default_id: str, line: int) -> Iterator[Candidate]:
    """The candidates of one decoded JSON value.

    Raises:
        RecordError: It holds none.
    """
    if isinstance(record, str):
        yield Candidate(default_id, _stated(record, "the record"), line=line)
    elif not isinstance(record, dict):
        raise RecordError(f"expected a JSON object or a text, found {_kind(record)}. {_REMEDY}")
    elif isinstance(record.get("scenario"), dict) and isinstance(record.get("steps"), list):
        yield _of_trajectory(record, default_id, line)
    else:
        yield from _of_row(record, default_id, line)


def _of_row(record: dict[str, Any], default_id: str, line: int) -> Iterator[Candidate]:
    notes: list[str] = []
    found = list(_instructions(record))
    own = _first(record, _ID_KEYS)
    usable = isinstance(own, str | int) and not isinstance(own, bool) and str(own).strip()
    row_id = str(own).strip() if usable else default_id
    if own is not None and not usable:
        notes.append(f"id: expected a text or a number, found {_kind(own)}: named {row_id!r}")
    tools = _tools(record)
    chain = _chain(record)
    told = {intent for intent in INTENTS if intent in record and not _is_flag(record[intent])}
    used = {*INSTRUCTION_KEYS, *told, *_ID_KEYS, *_CHAIN_KEYS, *_SUBCATEGORY_KEYS, "intent", "category", "tools"}
    expected = {key: value for key, value in record.items() if key not in {*used, "world", "messages"}}
    calls = _tool_calls(record.get("messages"))
    if calls:
        expected["tool_calls"] = calls
    for number, (instruction, intent, more) in enumerate(found, 1):
        yield Candidate(
            id=f"{row_id}#{number}" if len(found) > 1 else row_id,
            instruction=instruction,
            tools=tools,
            world=_world(record.get("world")),
            chain=chain,
            category=_text(record.get("category")),
            subcategory=_text(_first(record, _SUBCATEGORY_KEYS)),
            intent=intent or _intent(record),
            expected={**expected, **more},
            notes=tuple(notes),
            line=line,
        )


def _instructions(record: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Each instruction of a row with its intent and what else is told of it alone."""
    key = next((key for key in INSTRUCTION_KEYS if record.get(key) is not None), None)
    intents = [intent for intent in INTENTS if record.get(intent) is not None and not _is_flag(record[intent])]
    if key is not None:
        yield from _listed(record[key], key, "")
    elif intents:
        for intent in intents:
            yield from _listed(record[intent], intent, intent)
    elif isinstance(record.get("messages"), list):
        yield _first_request(record["messages"]), "", {}
    else:
        known = ", ".join(list(record)[:8]) or "none"
        raise RecordError(f"expected an instruction, found the keys: {known[:120]}. {_REMEDY}")


def _is_flag(value: Any) -> bool:
    return isinstance(value, bool | int | float)


def _listed(value: Any, key: str, intent: str) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    entries = value if isinstance(value, list) else [value]
    if not entries:
        raise RecordError(f"{key}: expected an instruction, found an empty list. {_REMEDY}")
    for entry in entries:
        if isinstance(entry, dict):
            inner = next((name for name in (*INSTRUCTION_KEYS, "text") if isinstance(entry.get(name), str)), None)
            if inner is None:
                raise RecordError(f"{key}: expected a text, found an object without an instruction. {_REMEDY}")
            more = {name: part for name, part in entry.items() if name not in (inner, "intent")}
            yield _stated(entry[inner], key), intent or _intent(entry), more
        else:
            yield _stated(entry, key), intent, {}


def _stated(value: Any, key: str) -> str:
    if not isinstance(value, str):
        raise RecordError(f"{key}: expected a text, found {_kind(value)}. {_REMEDY}")
    if not value.strip():
        raise RecordError(f"{key}: expected an instruction, found an empty text. {_REMEDY}")
    if "\0" in value:
        raise RecordError(f"{key}: expected a text, found one with NUL characters. Remove them.")
    return value


def _first_request(messages: list[Any]) -> str:
    for message in messages:
        if isinstance(message, dict) and message.get("role", message.get("from")) in ("user", "human"):
            content = message.get("content", message.get("value"))
            if isinstance(content, list):  # parts, as multimodal messages have them
                parts = [part.get("text") for part in content if isinstance(part, dict)]
                content = "\n".join(part for part in parts if isinstance(part, str))
            return _stated(content, "messages")
    raise RecordError(f"messages: expected one of role user, found none among {len(messages)}. {_REMEDY}")


def _tools(record: Mapping[str, Any]) -> tuple[Any, ...]:
    given = record.get("tools")
    if given is None and isinstance(record.get("tool_chain"), list):
        named = [_step_name(step) for step in record["tool_chain"]]
        return tuple(dict.fromkeys(name for name in named if name in load_tools()))
    if isinstance(given, str):
        if not given.strip():
            return ()
        try:
            decoded = orjson.loads(given)
        except orjson.JSONDecodeError:
            return tuple(name.strip() for name in given.split(",") if name.strip())
        given = decoded if isinstance(decoded, list) else [decoded]
    if given is None:
        return ()
    if isinstance(given, dict):
        given = [given]
    if not isinstance(given, list):
        raise RecordError(
            f"tools: expected a list of names or schemas, found {_kind(given)}. Leave it out for all tools."
        )
    return tuple(given)


def _chain(record: Mapping[str, Any]) -> tuple[str, ...] | None:
    given = _first(record, _CHAIN_KEYS)
    if isinstance(given, str):
        given = _decoded(given)
    if isinstance(given, dict):
        given = given.get("steps")
    if given is None:
        return None
    steps = [_step_name(step) for step in given] if isinstance(given, list) else []
    if not isinstance(given, list) or not all(steps):
        raise RecordError(f"chain: expected a list of capabilities, found {_kind(given)}. Leave it out if unknown.")
    return tuple(_capability(step) for step in steps) or None


def _decoded(text: str) -> list[str]:
    try:
        decoded = orjson.loads(text)
    except orjson.JSONDecodeError:
        decoded = None
    return decoded if isinstance(decoded, list) else [part.strip() for part in text.replace("->", ",").split(",")]


def _step_name(step: Any) -> str:
    if isinstance(step, dict):
        step = next((step[key] for key in ("capability", "tool", "name", "function") if step.get(key)), None)
        return _step_name(step) if isinstance(step, str | dict) else ""
    return step.strip() if isinstance(step, str) else ""


def _capability(step: str) -> str:
    """A step that names a tool of the catalogue is that tool's capability."""
    catalogue = load_tools()
    return catalogue[step].capability if step in catalogue else step


def _world(given: Any) -> WorldKey | None:
    if isinstance(given, str):
        given = _arguments(given)
    if given is None:
        return None
    if isinstance(given, dict) and isinstance(given.get("size"), str) and type(given.get("seed")) is int:
        return WorldKey(given["size"], given["seed"])
    if isinstance(given, list) and len(given) == 2 and isinstance(given[0], str) and type(given[1]) is int:
        return WorldKey(given[0], given[1])
    raise RecordError(
        f'world: expected {{"size": text, "seed": whole number}} or null, found {_kind(given)}. '
        "Leave it out for any world."
    )


def _tool_calls(messages: Any) -> list[dict[str, Any]]:
    """The calls in a conversation, their arguments decoded where they are JSON text."""
    found = []
    for message in messages if isinstance(messages, list) else ():
        calls = message.get("tool_calls") if isinstance(message, dict) else None
        for call in calls if isinstance(calls, list) else ():
            body = call.get("function", call) if isinstance(call, dict) else None
            if isinstance(body, dict) and isinstance(body.get("name"), str):
                found.append({"name": body["name"], "arguments": _arguments(body.get("arguments"))})
    return found


def _arguments(given: Any) -> Any:
    if not isinstance(given, str):
        return given
    try:
        return orjson.loads(given)
    except orjson.JSONDecodeError:
        return given


def _of_trajectory(record: dict[str, Any], default_id: str, line: int) -> Candidate:
    scenario = record["scenario"]
    chain = scenario.get("chain") if isinstance(scenario.get("chain"), dict) else {}
    size, seed = scenario.get("world_size"), scenario.get("world_seed")
    tools = _tools(scenario)
    kept = ("id", "agent", "outcome", "reward", "credit", "error")
    return Candidate(
        id=_text(scenario.get("id")) or _text(record.get("id")) or default_id,
        instruction=_stated(scenario.get("instruction"), "scenario.instruction"),
        tools=tools,
        world=WorldKey(size, seed) if isinstance(size, str) and type(seed) is int else None,
        chain=_chain({"chain": chain.get("steps")}) if chain else None,
        category=_text(chain.get("category")),
        subcategory=_text(chain.get("subcategory")),
        intent=_intent(scenario),
        expected={
            **{key: record[key] for key in kept if key in record},
            **{key: scenario[key] for key in ("faces", "explicitness", "premises") if scenario.get(key)},
        },
        line=line,
    )


def _intent(record: Mapping[str, Any]) -> str:
    return next((str(record[key]) for key in _INTENT_KEYS if record.get(key) in INTENTS), "")


def _first(record: Mapping[str, Any], keys: tuple[str, ...]) -> Any:
    return next((record[key] for key in keys if record.get(key) is not None), None)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _kind(value: Any) -> str:
    names = {
        dict: "an object",
        list: "a list",
        str: "a text",
        bool: "a truth value",
        int: "a number",
        float: "a number",
    }
    return "null" if value is None else names.get(type(value), f"a {type(value).__name__}")
