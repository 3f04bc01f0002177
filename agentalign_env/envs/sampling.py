"""Drawing schema-valid, state-aware tool calls. Each schema is compiled to a function once per process."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from agentalign_env.core.world import World
from agentalign_env.envs.entities import Draw, draw_entity
from agentalign_env.toolkit.catalogue import load_tools
from agentalign_env.toolkit.tool import Tool, ToolParameter

__all__ = ["ToolSampler", "tool_sampler"]

_Sample = Callable[[Draw], Any]
_ENTITY_SHARE = 0.7
_SENDER = "sender"  # whoever sends is the owner; a stranger here would make every call fail
_OPTIONAL_SHARE = 0.35
_WORDS = (
    "tea",
    "garden",
    "invoice",
    "Saturday",
    "concert",
    "map",
    "café",
    "budget",
    "repair",
    "photo",
    "library",
    "soup",
    "bicycle",
    "window",
    "letter",
    "report",
    "train",
    "lamp",
    "market",
    "river",
)
_PATTERNED = (
    "nobody@postbox.example",
    "https://www.harbour.example/notes/tea",
    "https://img.harbour.example/a.png",
    "+15550100",
    "EUR",
    "@tea_time",
    "tea_time",
    "2026-03-17",
    "2026-03-17T09:00:00Z",
    "09:00",
    "#33AA77",
    "12",
    "12.50",
    "INV-2026-1001",
    "a1b2c3d4",
    "/home/notes/tea.txt",
    "A",
    f"0x7e57{'a1' * 18}",
    f"zDemo{'b2c3' * 9}",
    f"4{'zD3m' * 23}5z",
)


class ToolSampler:
    """Draws arguments for one tool."""

    def __init__(self, tool: Tool) -> None:
        self.tool = tool
        self._scope = {name: value for name, value in tool.pins.items() if isinstance(value, str)}
        self._near = tool.operation.reads | tool.operation.writes
        self._parameters = [
            (parameter, _sampler(parameter.schema), _acceptor(parameter)) for parameter in tool.parameters.values()
        ]

    def arguments(self, world: World | None, draw: Draw) -> dict[str, Any]:
        """Arguments that fit the tool's schema, most of them naming what exists in the world."""
        drawn: dict[str, Any] = {}
        for parameter, sample, accepts in self._parameters:
            if not parameter.required and draw() >= _OPTIONAL_SHARE:
                continue
            value = None
            if world is not None and accepts is not None and draw() < _ENTITY_SHARE:
                value = self._entity(world, parameter, accepts, draw)
            drawn[parameter.name] = sample(draw) if value is None else value
        return drawn

    def _entity(self, world: World, parameter: ToolParameter, accepts: Callable[[str], bool], draw: Draw) -> Any:
        assert parameter.semantic is not None
        if parameter.argument == _SENDER and parameter.semantic == "EmailAddress":
            value: str | None = world.owner.email
        else:
            value = draw_entity(world, parameter.semantic, draw, near=self._near, scope=self._scope)
        if value is None or not accepts(value):
            return None
        return [value] if parameter.schema.get("type") == "array" else value


@lru_cache(maxsize=4_096)
def tool_sampler(name: str, faces: int | None = None) -> ToolSampler:
    """The sampler of the tool of this name, among those generated from `faces` where given."""
    return ToolSampler(load_tools(faces)[name])


def _acceptor(parameter: ToolParameter) -> Callable[[str], bool] | None:
    """Whether an entity fits the parameter; ``None`` where no entity can."""
    schema = parameter.schema
    if parameter.semantic is None:
        return None
    if schema.get("type") == "array":
        if schema.get("minItems", 0) > 1:
            return None
        schema = schema.get("items", {})
    kinds = schema.get("type")
    if "string" not in (kinds if isinstance(kinds, list) else [kinds]) or "enum" in schema or "const" in schema:
        return None
    matches = re.compile(schema.get("pattern", "")).search
    most = schema.get("maxLength", 1_000_000)
    return lambda value: len(value) <= most and matches(value) is not None


def _sampler(schema: Mapping[str, Any]) -> _Sample:
    """Compiles a JSON schema of the forms that tools use."""
    if "const" in schema:
        return _constant(schema["const"])
    if "enum" in schema:
        return _choice(list(schema["enum"]))
    if "anyOf" in schema:
        options = [_sampler({**option}) for option in schema["anyOf"] if option.get("type") != "null"]
        return lambda draw: options[int(draw() * len(options))](draw)
    kind = schema.get("type", "string")
    if isinstance(kind, list):
        return _sampler({"anyOf": [{**schema, "type": name} for name in kind]})
    match kind:
        case "boolean":
            return lambda draw: draw() < 0.5
        case "integer" | "number":
            return _number(schema, whole=kind == "integer")
        case "array":
            return _array(schema)
        case "object":
            return _object(schema)
        case "null":
            return _constant(None)
        case _:
            return _string(schema)


def _constant(value: Any) -> _Sample:
    return lambda _: value


def _choice(values: list[Any]) -> _Sample:
    return lambda draw: values[int(draw() * len(values))]


def _number(schema: Mapping[str, Any], *, whole: bool) -> _Sample:
    step = 1 if whole else 0.01
    low = schema.get("minimum", schema["exclusiveMinimum"] + step if "exclusiveMinimum" in schema else 0)
    high = schema.get("maximum", schema["exclusiveMaximum"] - step if "exclusiveMaximum" in schema else low + 1_000)
    span = high - low
    skew = 3 if span <= 10_000 else 10  # small values are the likely ones
    if whole:
        return lambda draw: int(low + draw() ** skew * (span + 1)) if span else int(low)
    return lambda draw: round(low + draw() ** skew * span, 2)


def _string(schema: Mapping[str, Any]) -> _Sample:
    least, most = schema.get("minLength", 0), schema.get("maxLength", 1_000_000)
    if "pattern" in schema:
        matches = re.compile(schema["pattern"]).search
        known = (*schema.get("examples", ()), *_PATTERNED)
        fitting = [text for text in known if matches(text) and least <= len(text) <= most]
        if fitting:
            return _choice(fitting)

    def sample(draw: Draw) -> str:
        text = " ".join(_WORDS[int(draw() * len(_WORDS))] for _ in range(1 + int(draw() * 6)))
        while len(text) < least:
            text = f"{text} {text}"
        return text[:most]

    return sample


def _array(schema: Mapping[str, Any]) -> _Sample:
    item = _sampler(schema.get("items", {}))
    least = schema.get("minItems", 0)
    spread = min(schema.get("maxItems", least + 2), least + 2) - least
    unique = schema.get("uniqueItems", False)

    def sample(draw: Draw) -> list[Any]:
        drawn: list[Any] = []
        for _ in range(least + int(draw() * (spread + 1))):
            value = item(draw)
            if not unique or value not in drawn:
                drawn.append(value)
        return drawn

    return sample


def _object(schema: Mapping[str, Any]) -> _Sample:
    required = frozenset(schema.get("required", ()))
    parts = [(name, _sampler(part), name in required) for name, part in schema.get("properties", {}).items()]

    def sample(draw: Draw) -> dict[str, Any]:
        return {name: part(draw) for name, part, needed in parts if needed or draw() < _OPTIONAL_SHARE}

    return sample
