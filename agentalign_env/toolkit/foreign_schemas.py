"""Reading tool schemas of others: every form they come in, every defect they have, without ever failing."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import jsonschema_rs
import orjson

__all__ = ["ForeignSchema", "SchemaProblem", "read_schemas"]

_MOST_PARAMETERS = 200
_MOST_NODES = 20_000
_DEEPEST = 24
_LONGEST_TEXT = 20_000
_LONGEST_NAME = 128
_SHOWN_CHARS = 80
_LISTS_OF_TOOLS = ("tools", "functions", "function_declarations", "functionDeclarations")
_PARAMETER_KEYS = ("parameters", "input_schema", "inputSchema", "parametersJsonSchema", "args_schema")
_TYPES = {"string", "number", "integer", "boolean", "object", "array", "null"}
_OTHER_SPELLINGS: Mapping[str, str | None] = {
    **dict.fromkeys(("str", "text", "char", "date", "datetime", "uuid", "uri", "url", "email", "file"), "string"),
    **dict.fromkeys(("float", "double", "decimal", "numeric", "num"), "number"),
    **dict.fromkeys(("int", "int32", "int64", "long", "whole number"), "integer"),
    **dict.fromkeys(("bool",), "boolean"),
    **dict.fromkeys(("dict", "dictionary", "map", "json", "struct", "hash"), "object"),
    **dict.fromkeys(("list", "tuple", "set", "sequence"), "array"),
    **dict.fromkeys(("none", "nil"), "null"),
    **dict.fromkeys(("any", "mixed", "unknown", "variant", "unspecified", "type_unspecified"), None),
}


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


class _UnusableSchemaError(Exception):
    """The rest of a schema cannot be read; the path and the message say why."""

    def __init__(self, path: str, message: str) -> None:
        self.path, self.message = path, message
        super().__init__(message)


Report = Callable[[str, str], None]
"""Takes a path and a message about a defect that was repaired."""


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
    except _UnusableSchemaError as error:
        found = [SchemaProblem(name, path, message, False) for path, message in problems]
        return name, None, [*found, SchemaProblem(name, error.path, error.message, False)]
    return name, schema, [SchemaProblem(name, path, message, True) for path, message in problems]


def _body(given: Any) -> Mapping[Any, Any]:
    """The object that holds the name and the parameters."""
    if isinstance(given, str | bytes):
        raise _UnusableSchemaError(
            "", f"expected a tool's schema, got the text {_shown(given)}: give a JSON object, or a tool's name"
        )
    if not isinstance(given, Mapping):
        raise _UnusableSchemaError("", f"expected a JSON object, got {_kind(given)}: give a tool's schema")
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
        found = "none" if name is None else _shown(name)
        raise _UnusableSchemaError("name", f"expected a name, found {found}: a tool without one cannot be called")
    if len(name) > _LONGEST_NAME:
        raise _UnusableSchemaError(
            "name", f"expected at most {_LONGEST_NAME} characters, found {len(name)}: give the tool a shorter name"
        )
    odd = sorted({char for char in name if not (char.isascii() and (char.isalnum() or char in "_-"))})
    if odd:
        message = f"expected letters, digits, _ and -, found {''.join(odd)[:20]!r}: kept, yet many models refuse it"
        report("name", message)
    return name


class _Reader:
    """Reads one schema, counting what it holds.

    Args:
        report: Takes what was repaired.
    """

    def __init__(self, report: Report) -> None:
        self._report = report
        self._nodes = 0
        self._definitions: dict[str, Any] = {}

    def read(self, name: str, body: Mapping[Any, Any]) -> ForeignSchema:
        description = body.get("description")
        if not isinstance(description, str) or not description.strip():
            self._report("description", "expected a description, found none: the tool is known by its name alone")
            description = ""
        given = self._parameters(body)
        self._definitions = {
            f"#/{key}/{inner}": value
            for key in ("$defs", "definitions")
            if isinstance(given.get(key), Mapping)
            for inner, value in given[key].items()
        }
        properties = self._properties(given)
        if len(properties) > _MOST_PARAMETERS:
            raise _UnusableSchemaError(
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
        return ForeignSchema(name, description[:_LONGEST_TEXT], parameters, tuple(required))

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
        found = "none" if given is None else _kind(given)
        self._report(key, f"expected an object of parameters, found {found}: the tool takes none")
        return {}

    def _properties(self, given: Mapping[Any, Any]) -> dict[str, Any]:
        properties = given.get("properties")
        if isinstance(properties, list):
            named = [entry for entry in properties if isinstance(entry, Mapping) and isinstance(entry.get("name"), str)]
            self._report("parameters.properties", "expected an object, found a list: its named entries were taken")
            return {entry["name"]: {key: entry[key] for key in entry if key != "name"} for entry in named}
        if properties is None and given and "type" not in given and all(isinstance(v, Mapping) for v in given.values()):
            self._report("parameters", "expected {type, properties}, found the properties themselves: taken as such")
            properties = {key: value for key, value in given.items() if key not in ("$defs", "definitions")}
        if properties is None:
            if given.get("required"):
                self._report("parameters.properties", "expected properties for what is required, found none")
            return {}
        if not isinstance(properties, Mapping):
            self._report("parameters.properties", f"expected an object, found {_kind(properties)}: ignored")
            return {}
        found = {}
        for key, value in properties.items():
            if not isinstance(key, str) or not key or len(key) > _LONGEST_NAME:
                self._report("parameters.properties", f"expected a parameter's name, found {_shown(key)}: ignored")
            else:
                found[key] = value
        return found

    def _required(self, given: Mapping[Any, Any], properties: Mapping[str, Any]) -> list[str]:
        required = given.get("required")
        if isinstance(required, list | tuple):
            names = [name for name in required if isinstance(name, str) and name]
            if len(names) < len(required):
                self._report("parameters.required", "expected names of parameters, found other values: ignored")
            return list(dict.fromkeys(names))
        if required is None:
            own = any(isinstance(value, Mapping) and "required" in value for value in properties.values())
            if properties and not own:
                message = "expected a list of names, found none: only what the operation cannot do without is required"
                self._report("parameters.required", message)
        elif not isinstance(required, bool):
            self._report("parameters.required", f"expected a list of names, found {_kind(required)}: ignored")
        return []

    def _parameter(self, name: str, given: Any, required: list[str]) -> dict[str, Any]:
        path = f"parameters.properties.{name}"
        if isinstance(given, str):
            self._report(path, "expected a schema, found a text: taken as the type" if _typed(given) else _AS_TEXT)
            given = {"type": given} if _typed(given) else {"description": given}
        if not isinstance(given, Mapping):
            self._report(path, f"expected a schema, found {_kind(given)}: any value is accepted")
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
        schema = self._schema(given, path, 0, ())
        try:
            jsonschema_rs.validator_for(schema, pattern_options=jsonschema_rs.RegexOptions())
        except (ValueError, TypeError, OverflowError, jsonschema_rs.ValidationError) as error:
            self._report(path, f"not a JSON schema ({_shown(str(error))}): only type and description are kept")
            schema = {key: schema[key] for key in ("type", "description") if key in schema}
        self._checked_default(schema, path)
        return schema

    def _checked_default(self, schema: dict[str, Any], path: str) -> None:
        if "default" not in schema:
            return
        default = schema["default"]
        rest = {key: value for key, value in schema.items() if key != "default"}
        if default is None and "type" in schema and "null" not in _listed(schema["type"]):
            self._report(f"{path}.default", "a typed value whose default is null: read as no default")
            del schema["default"]
        elif not jsonschema_rs.is_valid(rest, default):
            self._report(f"{path}.default", f"the default {_shown(default)} does not fit the schema: dropped")
            del schema["default"]

    def _schema(self, given: Any, path: str, depth: int, inside: tuple[str, ...]) -> dict[str, Any]:
        """A schema of a parameter or of a part of it, with what is no JSON schema mended or left out."""
        self._count(path)
        if given is True or given is False:
            return {}
        if not isinstance(given, Mapping):
            self._report(path, f"expected a schema, found {_kind(given)}: any value is accepted")
            return {}
        if depth > _DEEPEST:
            self._report(path, f"nested deeper than {_DEEPEST} levels: any value is accepted there")
            return {}
        reference = given.get("$ref")
        if reference is not None:
            target = self._definitions.get(reference) if isinstance(reference, str) else None
            if target is None or reference in inside:
                why = "refers to itself" if target is not None else "refers to nothing"
                self._report(f"{path}.$ref", f"{_shown(reference)} {why}: any value is accepted there")
                return {}
            merged = {**target, **given} if isinstance(target, Mapping) else dict(given)
            return self._schema(
                {key: value for key, value in merged.items() if key != "$ref" or value != reference},
                path,
                depth + 1,
                (*inside, reference),
            )
        schema: dict[str, Any] = {}
        for key, value in given.items():
            if isinstance(key, str) and key not in ("$defs", "definitions", "$schema", "$id", "nullable"):
                self._keyword(schema, key, value, path, depth, inside)
        if given.get("nullable") is True and isinstance(schema.get("type"), str):
            schema["type"] = [schema["type"], "null"]
        kind = schema.get("type")
        if kind == "array" and "items" not in schema:
            self._report(path, "an array without items: its elements may be of any type")
        elif kind == "object" and depth == 0 and not schema.keys() & {"properties", "additionalProperties"}:
            self._report(path, "an object without properties: it may hold anything")
        elif depth == 0 and not schema.keys() & {"type", "enum", "const", "anyOf", "oneOf", "allOf"}:
            self._report(path, "no type: any value is accepted")
        return schema

    def _keyword(
        self, schema: dict[str, Any], key: str, value: Any, path: str, depth: int, inside: tuple[str, ...]
    ) -> None:
        where = f"{path}.{key}"
        if key == "type":
            kind = self._type(value, where)
            if kind is not None:
                schema["type"] = kind
        elif key == "properties" and isinstance(value, Mapping):
            schema[key] = {
                str(name): self._schema(part, f"{where}.{name}", depth + 1, inside) for name, part in value.items()
            }
        elif key in ("items", "additionalProperties", "not") and isinstance(value, Mapping):
            schema[key] = self._schema(value, where, depth + 1, inside)
        elif key in ("anyOf", "oneOf", "allOf") and isinstance(value, list) and value:
            schema[key] = [self._schema(part, where, depth + 1, inside) for part in value]
        elif key == "description":
            schema[key] = value[:_LONGEST_TEXT] if isinstance(value, str) else str(value)[:_SHOWN_CHARS]
        elif key == "required" and not isinstance(value, list):
            self._report(where, f"expected a list of names, found {_kind(value)}: ignored")
        elif key == "enum" and (not isinstance(value, list | tuple | set | frozenset) or not value):
            self._report(where, f"expected a list of values, found {_kind(value)}: ignored")
        else:
            plain = self._plain(value, where, depth)
            if plain is not _NOTHING:
                schema[key] = list(dict.fromkeys(plain)) if key == "required" and _all_texts(plain) else plain

    def _type(self, given: Any, path: str) -> Any:
        kinds: list[str] = []
        for one in _listed(given):
            word = one.strip().casefold() if isinstance(one, str) else ""
            word, inner = (word.partition("[")[0], "[") if word.endswith("]") else (word, "")
            kind = word if word in _TYPES else _OTHER_SPELLINGS.get(word, "" if word else None)
            if one in _TYPES:
                kinds.append(one)
                continue
            told = "any value is accepted" if not kind else f"read as {kind!r}"
            self._report(path, f"expected a type of JSON schema, found {_shown(one)}{inner and ' '}: {told}")
            if not kind:
                return None
            kinds.append(kind)
        kinds = list(dict.fromkeys(kinds))
        return (kinds[0] if len(kinds) == 1 else kinds) if kinds else None

    def _plain(self, value: Any, path: str, depth: int) -> Any:
        """A value that JSON has, or `_NOTHING`."""
        self._count(path)
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, str):
            return value[:_LONGEST_TEXT].encode(errors="replace").decode()
        if isinstance(value, int | float) and math.isfinite(value) and abs(value) < 2**63:
            return value
        if depth < _DEEPEST and isinstance(value, list | tuple):
            found = [self._plain(part, path, depth + 1) for part in value]
            return [part for part in found if part is not _NOTHING]
        if depth < _DEEPEST and isinstance(value, Mapping):
            pairs = {str(key): self._plain(part, path, depth + 1) for key, part in value.items()}
            return {key: part for key, part in pairs.items() if part is not _NOTHING}
        self._report(path, f"expected a value that JSON has, found {_kind(value)}: left out")
        return _NOTHING

    def _count(self, path: str) -> None:
        self._nodes += 1
        if self._nodes > _MOST_NODES:
            raise _UnusableSchemaError(path, f"the schema holds more than {_MOST_NODES} values: make it smaller")


_NOTHING = object()
_AS_TEXT = "expected a schema, found a text: taken as the description"


def _typed(word: str) -> bool:
    return word.strip().casefold() in {*_TYPES, *_OTHER_SPELLINGS}


def _all_texts(values: Any) -> bool:
    return isinstance(values, list) and all(isinstance(value, str) for value in values)


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]


def _kind(value: Any) -> str:
    return "null" if value is None else f"a value of type {type(value).__name__}"


def _shown(value: Any) -> str:
    text = value if isinstance(value, str) else f"{value!r:.{_SHOWN_CHARS}}" if _short(value) else _kind(value)
    return repr(text[:_SHOWN_CHARS]) if isinstance(value, str) else text


def _short(value: Any) -> bool:
    return value is None or (isinstance(value, bool | int | float) and abs(value) < 10**60)
