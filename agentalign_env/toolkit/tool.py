"""A tool: a face bound to an operation, with validation, argument mapping and result shaping compiled once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from functools import cached_property
from typing import Any, NamedTuple

import jsonschema_rs
import orjson

from agentalign_env.core.operation import Operation
from agentalign_env.core.world import World
from agentalign_env.errors import ErrorCode
from agentalign_env.toolkit.binding import Binder, Call
from agentalign_env.toolkit.faces import FaceSpec, ResultSpec
from agentalign_env.toolkit.schema import argument_schema
from agentalign_env.toolkit.shaping import compile_shape
from agentalign_env.types import JsonObject

__all__ = ["Rejection", "Tool", "ToolParameter", "ToolSet"]

_new = tuple.__new__  # makes a named tuple in half the time of its own constructor
_SHOWN_CHARS = 160
_SCALARS = frozenset((str, int, float, bool))


class Rejection(NamedTuple):
    """Why a call was refused before it ran."""

    code: ErrorCode
    message: str
    field: str | None


class ToolParameter(NamedTuple):
    """A parameter as the agent sees it.

    Attributes:
        name: Its name in this tool.
        argument: The operation's argument that it sets; ``None`` for an option of the provider.
        semantic: The semantic type, ``None`` for an option or a plain value.
        required: Whether it must be given.
        schema: Its JSON schema, with description and default.
    """

    name: str
    argument: str | None
    semantic: str | None
    required: bool
    schema: Mapping[str, Any]


class Tool:
    """A provider-flavoured face of one operation.

    Args:
        face: What the provider's file says.
        provider: The provider's name as people say it, such as ``Gmail``.
        operation: What runs.

    Attributes:
        model: The name of the tool that it was generated from; its own for a tool of the catalogue.
        names: The tool's own names of the operation's arguments that it sets.
        bind: Turns valid arguments of the tool into those of the operation.
        call: Runs the operation in a world, with valid arguments of the tool.
        shape: Turns the operation's result into what this provider returns.

    Raises:
        ValueError: The face does not fit the operation; the message says where and how.
    """

    def __init__(self, face: FaceSpec, provider: str, operation: Operation[..., Any]) -> None:
        self.name, self.capability, self.provider, self.operation = face.name, face.capability, provider, operation
        self.model = self.name
        self.description, self.pins = face.description, dict(face.pins)
        self.parameters: dict[str, ToolParameter] = {
            name: _parameter(face, name, operation) for name in face.parameters
        }
        _check_complete(self.parameters, self.pins, operation)
        _check_result(face.result, operation)
        self._offer()
        self._result = face.result
        binder = self._binder = _binder(self, face)
        self.bind: Callable[[JsonObject], dict[str, Any]] = binder.bind
        self.call: Call = self._first_call
        self.shape: Callable[[Any], Any] = self._first_shape

    def _offer(self) -> None:
        """Derives from the parameters what is offered and what is checked."""
        self.required = frozenset(name for name, parameter in self.parameters.items() if parameter.required)
        self.schema: dict[str, Any] = {
            "type": "object",
            "properties": {name: dict(parameter.schema) for name, parameter in self.parameters.items()},
            "required": [name for name, parameter in self.parameters.items() if parameter.required],
            "additionalProperties": False,
        }
        self.names: dict[str, str] = {
            parameter.argument: name for name, parameter in self.parameters.items() if parameter.argument is not None
        }
        self._names = frozenset(self.parameters)
        self._validator = _compile(self.schema)
        self._validators = {name: _compile(parameter.schema) for name, parameter in self.parameters.items()}
        self._expected = {name: _expected(parameter.schema) for name, parameter in self.parameters.items()}
        self._missing = {name: self._without(name) for name in sorted(self.required)}

    def __repr__(self) -> str:
        return f"Tool({self.name!r}, {self.capability!r})"

    # Most processes use few of the tools, so their expressions are written when they are first called.

    def _first_call(self, world: World, arguments: JsonObject) -> Any:
        self.call = self._binder.compile()
        return self.call(world, arguments)

    def _first_shape(self, result: Any) -> Any:
        self.shape = self._compile_shape()
        return self.shape(result)

    def _compile_shape(self) -> Callable[[Any], Any]:
        return compile_shape(self._result, self.operation)

    def reject(self, arguments: JsonObject) -> Rejection | None:
        """Why these arguments do not fit: the field, what was expected, what was found; ``None`` when they do."""
        try:
            if self._validator.is_valid(arguments):
                return None
            return self._rejection(arguments)
        except (ValueError, TypeError, RecursionError, OverflowError) as error:  # not representable as JSON
            reason = str(error)[:_SHOWN_CHARS]
        return self._unknown(arguments) or Rejection(
            "invalid_argument", f"the arguments are not valid JSON values: {reason}", None
        )

    def _rejection(self, arguments: JsonObject) -> Rejection | None:
        unknown = self._unknown(arguments)
        if unknown is not None:
            return unknown
        for name, missing in self._missing.items():
            if name not in arguments:
                return missing
        for name, value in arguments.items():
            if type(value) in _SCALARS and not self._validators[name].is_valid(value):
                shown = _shorten(orjson.dumps(value).decode())
                message = f"{name}: expected {self._expected[name]}; got {shown}"
                return _new(Rejection, ("invalid_argument", message, name))
        given = {name: value for name, value in arguments.items() if value is not None or name in self.required}
        error = next(iter(self._validator.iter_errors(given)), None)
        if error is None:  # what did not fit was a null, which means: not given
            return None
        path = [str(part) for part in error.instance_path]
        expected = self._expected[path[0]] if path else "an object"
        message = f"{'.'.join(path)}: expected {expected}; {_shorten(str(error.message))}"
        return Rejection("invalid_argument", message, ".".join(path) or None)

    def _without(self, name: str) -> Rejection:
        """The rejection of a call that lacks a required argument."""
        message = f"{self.name} needs {name!r} ({self._expected[name]}); it was not given"
        return Rejection("missing_argument", message, name)

    def _unknown(self, arguments: JsonObject) -> Rejection | None:
        if arguments.keys() <= self._names:
            return None
        name = min(str(key) for key in arguments.keys() - self._names)[:_SHOWN_CHARS]
        message = f"{self.name} has no argument {name!r}; it takes: {', '.join(self.parameters)}"
        return Rejection("unknown_argument", message, name)

    def expected(self, parameter: str) -> str:
        """What a parameter takes, as error messages say it."""
        return self._expected[parameter]

    def accepts(self, parameter: str, value: Any) -> bool:
        """Whether a value fits the parameter's schema."""
        try:
            return bool(self._validators[parameter].is_valid(value))
        except (ValueError, TypeError, RecursionError, OverflowError):  # not representable as JSON
            return False

    def result_path(self, path: str) -> str | None:
        """Where a path of the operation's result (``results[].url``) lies in this tool's, or ``None``."""
        if not self._result:
            return path
        head, dot, rest = path.partition(".")
        bare, brackets = head.removesuffix("[]"), "[]" if head.endswith("[]") else ""
        for name, spec in self._result.items():
            if isinstance(spec, str):
                if spec == bare:
                    return f"{name}{brackets}{dot}{rest}"
            elif spec.source == bare:
                for inner, source in spec.items.items():
                    if rest == source or rest.startswith((f"{source}.", f"{source}[]")):
                        return f"{name}{brackets}.{inner}{rest[len(source) :]}"
        return None

    def openai_schema(self) -> dict[str, Any]:
        """The tool as an entry of an OpenAI-style ``tools`` list; a copy, which its reader may change."""
        return {
            "type": "function",
            "function": {"name": self.name, "description": self.description, "parameters": deepcopy(self.schema)},
        }

    def __reduce__(self) -> tuple[Callable[[str], Tool], tuple[str]]:
        from agentalign_env.toolkit.catalogue import tool_named

        return tool_named, (self.name,)

    def __deepcopy__(self, memo: dict[int, Any]) -> Tool:
        return self


class ToolSet(dict[str, Tool]):
    """Tools by name that are offered together."""

    @cached_property
    def listing(self) -> str:
        """Their names as error messages list them."""
        return ", ".join(list(self)[:40])


def _parameter(face: FaceSpec, name: str, operation: Operation[..., Any]) -> ToolParameter:
    spec = face.parameters[name]
    if spec.option is not None:
        schema = dict(spec.option)
        if spec.argument is not None:
            raise ValueError(f"parameters.{name}: has both argument and option; keep one")
        required, semantic, argument = bool(spec.required), None, None
    else:
        argument = spec.argument or name
        known = operation.parameters.get(argument)
        if known is None:
            raise ValueError(
                f"parameters.{name}: {operation.capability} has no argument {argument!r}, "
                f"it has {', '.join(operation.parameters)}; "
                "set argument to one of them, or option to a JSON schema"
            )
        if argument in face.pins:
            raise ValueError(f"parameters.{name}: argument {argument!r} is pinned too; drop one")
        schema = {**argument_schema(known.hint), **spec.narrow}
        semantic = known.semantic
        required = known.required if spec.required is None else spec.required
        if known.required and not required and spec.default is None:
            raise ValueError(
                f"parameters.{name}: {argument!r} is required by {operation.capability}; "
                "it may be optional only with a default"
            )
        default = known.default if spec.default is None else spec.default
        if not required and default not in (None, ""):
            schema["default"] = list(default) if isinstance(default, tuple) else default
    if spec.default is not None:
        schema["default"] = spec.default
    try:
        if "default" in schema:
            jsonschema_rs.validate(schema, schema["default"])
    except jsonschema_rs.ValidationError as error:
        raise ValueError(f"parameters.{name}: the default does not fit the schema: {error.message}") from error
    return ToolParameter(name, argument, semantic, required, {"description": spec.description, **schema})


def _check_complete(
    parameters: Mapping[str, ToolParameter], pins: Mapping[str, Any], operation: Operation[..., Any]
) -> None:
    reached = {parameter.argument for parameter in parameters.values()} | pins.keys()
    missing = [name for name, parameter in operation.parameters.items() if parameter.required and name not in reached]
    if missing:
        raise ValueError(f"{operation.capability} requires {', '.join(missing)}: give each a parameter or a pin")
    arguments = [parameter.argument for parameter in parameters.values() if parameter.argument is not None]
    twice = [argument for argument in arguments if arguments.count(argument) > 1]
    if twice:
        raise ValueError(f"two parameters set the argument {twice[0]!r}: keep one")
    unknown = [name for name in pins if name not in operation.parameters]
    if unknown:
        raise ValueError(
            f"pins.{unknown[0]}: {operation.capability} has no such argument, it has {', '.join(operation.parameters)}"
        )

    for name, value in pins.items():
        try:
            jsonschema_rs.validate(argument_schema(operation.parameters[name].hint), value)
        except jsonschema_rs.ValidationError as error:
            raise ValueError(f"pins.{name}: the value does not fit the argument: {error.message}") from error


def _check_result(result: ResultSpec, operation: Operation[..., Any]) -> None:
    for name, spec in result.items():
        source = spec if isinstance(spec, str) else spec.source
        if source not in operation.fields:
            known = ", ".join(operation.fields)
            raise ValueError(
                f"result.{name}: {operation.capability} answers nothing named {source!r}; it answers {known}"
            )
        inside = operation.fields[source]
        unknown = [] if isinstance(spec, str) else [part for part in spec.items.values() if part not in inside]
        if unknown:
            known = ", ".join(sorted(inside))
            raise ValueError(f"result.{name}.items: {source!r} holds nothing named {unknown[0]!r}; it holds {known}")


def _compile(schema: Mapping[str, Any]) -> Any:
    return jsonschema_rs.validator_for(dict(schema), pattern_options=jsonschema_rs.RegexOptions())


def _binder(tool: Tool, face: FaceSpec) -> Binder:
    arguments = {name: parameter.argument for name, parameter in tool.parameters.items()}
    fixed: dict[str, Any] = dict(tool.pins)
    for name, spec in face.parameters.items():
        argument = arguments[name]
        if argument is not None and spec.default is not None:
            fixed[argument] = spec.default
    return Binder(tool.operation, arguments, {name: one.schema for name, one in tool.parameters.items()}, fixed)


def _expected(schema: Mapping[str, Any]) -> str:
    """A schema in a few words, for error messages."""
    kind = schema.get("type", "a value")
    words = [str(kind) if isinstance(kind, str) else " or ".join(kind)]
    if "enum" in schema:
        words.append(f"one of {', '.join(map(str, schema['enum']))}")
    if isinstance(schema.get("items"), Mapping):
        words.append(f"of {_expected(schema['items'])}")
    for key, word in (
        ("minimum", ">="),
        ("exclusiveMinimum", ">"),
        ("maximum", "<="),
        ("minLength", "length >="),
        ("maxLength", "length <="),
        ("minItems", "items >="),
        ("maxItems", "items <="),
    ):
        if key in schema:
            words.append(f"{word} {schema[key]}")
    if "examples" in schema:
        words.append(f"such as {schema['examples'][0]}")
    elif "pattern" in schema:
        words.append(f"matching {schema['pattern']}")
    return " ".join(words)


def _shorten(text: str) -> str:
    return text if len(text) <= _SHOWN_CHARS else f"{text[: _SHOWN_CHARS // 2]} ... {text[-_SHOWN_CHARS // 2 :]}"
