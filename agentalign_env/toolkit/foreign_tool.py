"""A tool of somebody else, bound to an operation of ours."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from inspect import signature
from typing import Any

import jsonschema_rs
import orjson

from agentalign_env.core.operation import Operation
from agentalign_env.core.world import World
from agentalign_env.toolkit.faces import FaceSpec, ParameterSpec
from agentalign_env.toolkit.foreign_fitting import converter
from agentalign_env.toolkit.foreign_matching import Match
from agentalign_env.toolkit.foreign_schemas import ForeignSchema
from agentalign_env.toolkit.foreign_words import load_lexicon
from agentalign_env.toolkit.schema import argument_schema
from agentalign_env.toolkit.tool import Rejection, Tool, ToolParameter
from agentalign_env.types import JsonObject

__all__ = ["ForeignTool"]

_SHOWN_CHARS = 160
_PLACEHOLDER_NAME = "foreign"


class ForeignTool(Tool):
    """A tool that keeps its own name, description and parameters, and runs an operation of ours.

    Values are converted where the two disagree about their form: one address to a list of them, an amount in cents to
    one in units, the spelling of an enum's values. What does not fit the operation afterwards is refused.

    Args:
        schema: Its own schema.
        match: How it was recognised.

    Attributes:
        source: Its own schema.
        model: The tool of the catalogue that it resembles.

    Raises:
        ValueError: It cannot be bound; the message says why.
    """

    def __init__(self, schema: ForeignSchema, match: Match) -> None:
        operation = _completed(match.model.operation, set(match.arguments.values()))
        own = {name: argument_schema(parameter.hint) for name, parameter in operation.parameters.items()}
        self._converters = {
            name: converter(name, schema.parameters[name], own[argument], operation.parameters[argument].semantic)
            for name, argument in match.arguments.items()
        }
        super().__init__(_face(schema, match, operation, self._converters, own), match.provider, operation)
        self.source, self.name, self.model = schema, schema.name, match.model.name
        self.parameters = {
            name: ToolParameter(name, one.argument, one.semantic, one.required, schema.parameters[name])
            for name, one in self.parameters.items()
        }
        self._offer()
        self._checks = {name: jsonschema_rs.validator_for(own[name]) for name in match.arguments.values()}
        self._own_names = {argument: name for name, argument in match.arguments.items()}
        self._bind_converted = self.bind
        self.bind, self.call = self._bind, self._call

    def _bind(self, arguments: JsonObject) -> dict[str, Any]:
        converted = {
            name: self._converters[name](value) if name in self._converters and value is not None else value
            for name, value in arguments.items()
        }
        return self._bind_converted(converted)

    def _call(self, world: World, arguments: JsonObject) -> Any:
        return self.operation.run(world, **self._bind(arguments))

    def reject(self, arguments: JsonObject) -> Rejection | None:
        """As `Tool.reject`; also refuses what the operation cannot take."""
        rejection = super().reject(arguments)
        if rejection is not None:
            return rejection
        for argument, value in self._bind(arguments).items():
            name = self._own_names.get(argument)
            if name is None:
                continue
            error = next(iter(self._checks[argument].iter_errors(value)), None)
            if error is not None:
                shown = orjson.dumps(arguments.get(name)).decode()[:_SHOWN_CHARS]
                return Rejection("invalid_argument", f"{name}: got {shown}; {str(error.message)[:_SHOWN_CHARS]}", name)
        return None

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        from agentalign_env.toolkit.foreign import adopted

        return adopted, (self.source.as_json(),)


def _face(
    schema: ForeignSchema,
    match: Match,
    operation: Operation[..., Any],
    converters: Mapping[str, Callable[[Any], Any]],
    own: Mapping[str, Mapping[str, Any]],
) -> FaceSpec:
    parameters = {}
    for name, given in schema.parameters.items():
        argument, description = match.arguments.get(name), str(given.get("description", ""))
        required = name in schema.required
        if argument is None:
            parameters[name] = ParameterSpec(description=description, option=given, required=required)
            continue
        default = match.settled.get(argument)
        if given.get("default") is not None:
            stated = converters[name](given["default"])
            default = stated if jsonschema_rs.is_valid(dict(own[argument]), stated) else default
        needed = operation.parameters[argument].required and default is None
        parameters[name] = ParameterSpec(
            description=description,
            argument=argument,
            required=required or needed,
            default=None if required else default,
        )
    reached = set(match.arguments.values())
    return FaceSpec(
        name=_PLACEHOLDER_NAME,
        capability=match.rule.capability,
        description=schema.description,
        pins={name: value for name, value in match.settled.items() if name not in reached},
        parameters=parameters,
    )


def _completed(operation: Operation[..., Any], reached: set[str]) -> Operation[..., Any]:
    """The operation with what belongs to the person whose world it is filled in, where no parameter gives it."""
    filled = load_lexicon().own.get(operation.capability, {})
    missing = {argument: field for argument, field in filled.items() if argument not in reached}
    if not missing:
        return operation

    @wraps(operation.run)
    def run(world: World, **arguments: Any) -> Any:
        for argument, field in missing.items():
            arguments[argument] = arguments.get(argument) or getattr(world.owner, field)
        return operation.run(world, **arguments)

    known = signature(operation.run)
    run.__signature__ = known.replace(  # type: ignore[attr-defined]
        parameters=[one.replace(default="") if name in missing else one for name, one in known.parameters.items()]
    )
    return Operation(operation.capability, run, operation.reads, operation.writes, operation.identifies)
