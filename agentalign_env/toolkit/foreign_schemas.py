"""Reading tool schemas of others: every form they come in, every defect they have, without ever failing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import jsonschema_rs
import orjson

from agentalign_env.toolkit.foreign_mending import Mender, Report, UnusableSchemaError, is_type, kind_of, listed, shown

__all__ = ["ForeignSchema", "SchemaProblem", "read_schemas"]

_MOST_PARAMETERS = 200
_LONGEST_TEXT = 20_000
_LONGEST_NAME = 128
_LISTS_OF_TOOLS = ("tools", "functions", "function_declarations", "functionDeclarations")
_PARAMETER_KEYS = ("parameters", "input_schema", "inputSchema", "parametersJsonSchema", "args_schema")


class SchemaProblem(NamedTuple):
    """A defect of a schema.

    Attributes:
        tool: The tool's name, or ``#3`` for the third of those given where it has none.
        path: Where in the schema, such as ``parameters.properties.to.type``.
        message: What was expected, what was found, and what was done or is to be done about it.
        repaired: Whether the tool is usable all the same.
    """

    tool: str
    path: str
    message: str
    repaired: bool


class ForeignSchema(NamedTuple):
    """A tool of somebody else, in one form: parameters that are all valid JSON schemas, and those that are required."""

    name: str
    description: str
    parameters: Mapping[str, dict[str, Any]]
    required: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """The flat form, from which reading gives the same again."""
        properties = {name: dict(schema) for name, schema in self.parameters.items()}
        parameters = {"type": "object", "properties": properties, "required": list(self.required)}
        return {"name": self.name, "description": self.description, "parameters": parameters}


def read_schemas(schemas: Sequence[Any]) -> Iterator[tuple[str, ForeignSchema | None, list[SchemaProblem]]]:
    """Reads each schema: what it is called, its one form (``None`` where it cannot be used), and its defects."""
    number = 0
    for given in schemas:
        for entry in _entries(given):
            number += 1
            yield _read(entry, f"#{number}")


def _entries(given: Any) -> Iterator[Any]:
    """The tools in one value: itself, or those of a list that it is or holds, also as JSON text."""
    if isinstance(given, str | bytes):
        try:
            decoded = orjson.loads(given)
        except ValueError:
            yield given
            return
        given = decoded if isinstance(decoded, dict | list) else given
    if isinstance(given, Mapping):
        held = next((given[key] for key in _LISTS_OF_TOOLS if isinstance(given.get(key), list | tuple)), None)
        given = held if held is not None and "name" not in given else given
    if isinstance(given, list | tuple):
        for entry in given:
            yield _decoded(entry)
    else:
        yield given


def _decoded(value: Any) -> Any:
    """The object that a JSON text holds; any other value as it is."""
    if not isinstance(value, str | bytes):
        return value
    try:
        decoded = orjson.loads(value)
    except ValueError:
        return value
    return decoded if isinstance(decoded, dict) else value


def _read(given: Any, place: str) -> tuple[str, ForeignSchema | None, list[SchemaProblem]]:
    problems: list[tuple[str, str]] = []
    name = place
    try:
        body = _body(given)
        name = _name(body, lambda path, message: problems.append((path, message))) or place
        schema = _Reader(lambda path, message: problems.append((path, message))).read(name, body)
    except UnusableSchemaError as error:
        found = [SchemaProblem(name, path, message, False) for path, message in problems]
        return name, None, [*found, SchemaProblem(name, error.path, error.message, False)]
    return name, schema, [SchemaProblem(name, path, message, True) for path, message in problems]


def _body(given: Any) -> Mapping[Any, Any]:
    """The object that holds the name and the parameters."""
    if isinstance(given, str | bytes):
        raise UnusableSchemaError(
            "", f"expected a tool's schema, got the text {shown(given)}: give a JSON object, or a tool's name"
        )
    if not isinstance(given, Mapping):
        raise UnusableSchemaError("", f"expected a JSON object, got {kind_of(given)}: give a tool's schema")
    inner = _decoded(given.get("function"))
    if isinstance(inner, Mapping):
        return inner
    kind = given.get("type")
    if isinstance(kind, Mapping):  # {"type": {"name": ...}} is nobody's form, but its name would be lost
        return kind
    return given


def _name(body: Mapping[Any, Any], report: Report) -> str:
    name = body.get("name")
    if not isinstance(name, str) or not name.strip():
        found = "none" if name is None else shown(name)
        raise UnusableSchemaError("name", f"expected a name, found {found}: a tool without one cannot be called")
    if len(name) > _LONGEST_NAME:
        raise UnusableSchemaError(
            "name", f"expected at most {_LONGEST_NAME} characters, found {len(name)}: give the tool a shorter name"
        )
    if not _has_utf8(name):
        raise UnusableSchemaError("name", "expected text, found half a character (a lone surrogate): remove it")
    odd = sorted({char for char in name if not (char.isascii() and (char.isalnum() or char in "_-"))})
    if odd:
        message = f"expected letters, digits, _ and -, found {''.join(odd)[:20]!r}: kept, yet many models refuse it"
        report("name", message)
    return name


class _Reader:
    """Reads one schema.

    Args:
        report: Takes what was repaired.
    """

    def __init__(self, report: Report) -> None:
        self._report = report
        self._mender = Mender(report, {})

    def read(self, name: str, body: Mapping[Any, Any]) -> ForeignSchema:
        description = body.get("description")
        if not isinstance(description, str) or not description.strip():
            self._report("description", "expected a description, found none: the tool is known by its name alone")
            description = ""
        given = self._parameters(body)
        definitions = {
            f"#/{key}/{inner}": value
            for key in ("$defs", "definitions")
            if isinstance(given.get(key), Mapping)
            for inner, value in given[key].items()
        }
        self._mender = Mender(self._report, definitions)
        properties = self._properties(given)
        if len(properties) > _MOST_PARAMETERS:
            raise UnusableSchemaError(
                "parameters.properties",
                f"expected at most {_MOST_PARAMETERS} parameters, found {len(properties)}: split the tool",
            )
        required = self._required(given, properties)
        parameters = {}
        for key, value in properties.items():
            parameters[key] = self._parameter(key, value, required)
        for key in required:
            if key not in parameters:
                where = f"parameters.required.{key}"
                self._report(where, f"{key!r} is required but not among the properties: added, of any type")
                parameters[key] = {}
        return ForeignSchema(
            name, description[:_LONGEST_TEXT].encode(errors="replace").decode(), parameters, tuple(required)
        )

    def _parameters(self, body: Mapping[Any, Any]) -> Mapping[Any, Any]:
        key = next((key for key in _PARAMETER_KEYS if key in body), "parameters")
        given = body.get(key)
        decoded = _decoded(given)
        if decoded is not given:
            self._report(key, "expected an object, found JSON text: decoded")
            given = decoded
        if isinstance(given, list):
            return {"properties": given}
        if isinstance(given, Mapping):
            return given
        if given is None and isinstance(body.get("properties"), Mapping):
            self._report("properties", "expected parameters, found properties beside the name: taken as parameters")
            return body
        found = "none" if given is None else kind_of(given)
        self._report(key, f"expected an object of parameters, found {found}: the tool takes none")
        return {}

    def _properties(self, given: Mapping[Any, Any]) -> dict[str, Any]:
        properties = given.get("properties")
        if isinstance(properties, list):
            named = [entry for entry in properties if isinstance(entry, Mapping) and isinstance(entry.get("name"), str)]
            self._report("parameters.properties", "expected an object, found a list: its named entries were taken")
            properties = {entry["name"]: {key: entry[key] for key in entry if key != "name"} for entry in named}
        if properties is None and given and "type" not in given and all(isinstance(v, Mapping) for v in given.values()):
            self._report("parameters", "expected {type, properties}, found the properties themselves: taken as such")
            properties = {key: value for key, value in given.items() if key not in ("$defs", "definitions")}
        if properties is None:
            if given.get("required"):
                self._report("parameters.properties", "expected properties for what is required, found none")
            return {}
        if not isinstance(properties, Mapping):
            self._report("parameters.properties", f"expected an object, found {kind_of(properties)}: ignored")
            return {}
        found = {}
        for key, value in properties.items():
            if not isinstance(key, str) or not key or len(key) > _LONGEST_NAME or not _has_utf8(key):
                self._report("parameters.properties", f"expected a parameter's name, found {shown(key)}: ignored")
            else:
                found[key] = value
        return found

    def _required(self, given: Mapping[Any, Any], properties: Mapping[str, Any]) -> list[str]:
        required = given.get("required")
        if isinstance(required, list | tuple):
            names = [name for name in required if isinstance(name, str) and name and _has_utf8(name)]
            if len(names) < len(required):
                self._report("parameters.required", "expected names of parameters, found other values: ignored")
            return list(dict.fromkeys(names))
        if required is None:
            own = any(isinstance(value, Mapping) and "required" in value for value in properties.values())
            if properties and not own:
                message = "expected a list of names, found none: only what the operation cannot do without is required"
                self._report("parameters.required", message)
        elif not isinstance(required, bool):
            self._report("parameters.required", f"expected a list of names, found {kind_of(required)}: ignored")
        return []

    def _parameter(self, name: str, given: Any, required: list[str]) -> dict[str, Any]:
        path = f"parameters.properties.{name}"
        if isinstance(given, str):
            self._report(path, "expected a schema, found a text: taken as the type" if is_type(given) else _AS_TEXT)
            given = {"type": given} if is_type(given) else {"description": given}
        if not isinstance(given, Mapping):
            self._report(path, f"expected a schema, found {kind_of(given)}: any value is accepted")
            return {}
        given = dict(given)
        for key, wanted in (("required", True), ("optional", False)):
            if isinstance(given.get(key), bool):
                flag = given.pop(key) is wanted
                self._report(f"{path}.{key}", f"not a keyword of JSON schema: read as {'' if flag else 'not '}required")
                if flag and name not in required:
                    required.append(name)
                elif not flag and name in required and key == "optional":
                    required.remove(name)
        schema = self._mender.mended(given, path)
        try:
            jsonschema_rs.validator_for(schema, pattern_options=jsonschema_rs.RegexOptions())
        except (ValueError, TypeError, OverflowError, jsonschema_rs.ValidationError) as error:
            self._report(path, f"not a JSON schema ({shown(str(error))}): only type and description are kept")
            schema = {key: schema[key] for key in ("type", "description") if key in schema}
        self._checked_default(schema, path)
        return schema

    def _checked_default(self, schema: dict[str, Any], path: str) -> None:
        if "default" not in schema:
            return
        default = schema["default"]
        rest = {key: value for key, value in schema.items() if key != "default"}
        if default is None and "type" in schema and "null" not in listed(schema["type"]):
            self._report(f"{path}.default", "a typed value whose default is null: read as no default")
            del schema["default"]
        elif not jsonschema_rs.is_valid(rest, default):
            self._report(f"{path}.default", f"the default {shown(default)} does not fit the schema: dropped")
            del schema["default"]


_AS_TEXT = "expected a schema, found a text: taken as the description"


def _has_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
