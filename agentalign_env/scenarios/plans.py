"""Plans: ordered tool calls whose arguments are literals, slots, or references to earlier results."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import orjson

__all__ = [
    "PlannedCall",
    "Ref",
    "Slot",
    "Text",
    "call_depends_on",
    "json_path",
    "mapped",
    "mapped_call",
    "plan_from_json",
    "plan_to_json",
    "resolve",
    "resolve_call",
    "values_at",
]


class Slot(NamedTuple):
    """A value that the instruction states, by the slot's name."""

    name: str


class Ref(NamedTuple):
    """A value in the result of an earlier call: the call's number from 0, and the path into its JSON."""

    call: int
    path: tuple[str | int, ...]


class Text(NamedTuple):
    """Parts joined to one text."""

    parts: tuple[Any, ...]


class PlannedCall(NamedTuple):
    """One call of a plan; argument values may nest slots, references and texts in lists and objects."""

    tool: str
    arguments: Mapping[str, Any]


def resolve(value: Any, slots: Mapping[str, Any], contents: Sequence[str]) -> Any:
    """The plain JSON value of an argument.

    Args:
        value: A literal, `Slot`, `Ref`, `Text`, or a list or dict of them.
        slots: Values by slot name.
        contents: The JSON texts that the earlier calls answered.

    Raises:
        LookupError: A reference points nowhere, such as into an error or an empty list.
    """
    match value:
        case Slot(name):
            return slots[name]
        case Ref(call, path):
            found = orjson.loads(contents[call])
            for part in path:
                if not isinstance(found, list if isinstance(part, int) else dict):
                    raise LookupError(f"result {call} has no {path}")
                found = found[part]  # type: ignore[index]
            return found
        case Text(parts):
            return "".join(str(resolve(part, slots, contents)) for part in parts)
        case list():
            return [resolve(part, slots, contents) for part in value]
        case dict():
            return {key: resolve(part, slots, contents) for key, part in value.items()}
    return value


def call_depends_on(call: PlannedCall) -> set[int]:
    """The numbers of the calls whose results this one needs."""
    return {ref.call for ref in _refs(list(call.arguments.values()))}


def plan_to_json(plan: Sequence[PlannedCall]) -> list[dict[str, Any]]:
    """The plan as JSON, with ``{"slot": name}``, ``{"ref": call, "path": [...]}`` and ``{"text": [...]}``.

    An object that only looks like one of these is kept apart as ``{"literal": object}``.
    """
    return [{"tool": call.tool, "arguments": _to_json(dict(call.arguments))} for call in plan]


def plan_from_json(plan: Sequence[Mapping[str, Any]]) -> tuple[PlannedCall, ...]:
    """The plan that `plan_to_json` wrote.

    Raises:
        KeyError, TypeError: It is of another form.
    """
    return tuple(
        PlannedCall(call["tool"], {name: _from_json(value) for name, value in call["arguments"].items()})
        for call in plan
    )


def json_path(path: str) -> tuple[str | int, ...]:
    """``results[].url`` as the path to the first: ``("results", 0, "url")``."""
    parts: list[str | int] = []
    for piece in path.split("."):
        name = piece.removesuffix("[]")
        parts.append(name)
        if name != piece:
            parts.append(0)
    return tuple(parts)


def resolve_call(call: PlannedCall, slots: Mapping[str, Any], results: Sequence[str]) -> dict[str, Any]:
    """The arguments of a call with every value in its place; see `resolve` for what is raised."""
    return {name: resolve(value, slots, results) for name, value in call.arguments.items()}


def mapped(value: Any, change: Callable[[Slot | Ref], Any]) -> Any:
    """An argument's value with every slot and reference in it replaced."""
    match value:
        case Slot() | Ref():
            return change(value)
        case Text(parts):
            return Text(tuple(mapped(part, change) for part in parts))
        case list():
            return [mapped(part, change) for part in value]
        case dict():
            return {key: mapped(part, change) for key, part in value.items()}
    return value


def mapped_call(call: PlannedCall, change: Callable[[Slot | Ref], Any]) -> PlannedCall:
    """A call with every slot and reference in its arguments replaced."""
    return PlannedCall(call.tool, {name: mapped(value, change) for name, value in call.arguments.items()})


def values_at(result: Any, path: str) -> list[Any]:
    """All values at a path such as ``results[].url``; empty where it leads nowhere."""
    found = [result]
    for name, many in _pieces(path):
        found = [item[name] for item in found if isinstance(item, dict) and name in item]
        if many:
            found = [element for item in found if isinstance(item, list) for element in item]
    return found


@lru_cache(maxsize=1_024)
def _pieces(path: str) -> tuple[tuple[str, bool], ...]:
    """The keys of a path, each with whether it leads to a list."""
    return tuple((piece.removesuffix("[]"), piece.endswith("[]")) for piece in path.split("."))


def _refs(value: Any) -> Iterator[Ref]:
    match value:
        case Ref():
            yield value
        case Text(parts):
            yield from _refs(list(parts))
        case list():
            for part in value:
                yield from _refs(part)
        case dict():
            yield from _refs(list(value.values()))


def _to_json(value: Any) -> Any:
    match value:
        case Slot(name):
            return {"slot": name}
        case Ref(call, path):
            return {"ref": call, "path": list(path)}
        case Text(parts):
            return {"text": [_to_json(part) for part in parts]}
        case list():
            return [_to_json(part) for part in value]
        case dict():
            plain = {key: _to_json(part) for key, part in value.items()}
            return {"literal": plain} if _looks_planned(plain) else plain
    return value


def _looks_planned(value: Any) -> bool:
    """Whether an object would be read as something else than itself."""
    match value:
        case {"slot": str(), **rest} | {"text": list(), **rest}:
            return not rest
        case {"ref": int(), "path": list(path), **rest}:
            return not rest and all(isinstance(part, str | int) for part in path)
        case {"literal": dict(inner), **rest}:
            return not rest and _looks_planned(inner)
    return False


def _from_json(value: Any) -> Any:
    if _looks_planned(value):
        match value:
            case {"slot": name}:
                return Slot(name)
            case {"ref": call, "path": path}:
                return Ref(call, tuple(path))
            case {"text": parts}:
                return Text(tuple(_from_json(part) for part in parts))
        value = value["literal"]
    match value:
        case list():
            return [_from_json(part) for part in value]
        case dict():
            return {key: _from_json(part) for key, part in value.items()}
    return value
