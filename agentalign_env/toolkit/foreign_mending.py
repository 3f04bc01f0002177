"""Mending a parameter's schema: spellings of types, references, values that JSON has not, too deep a nesting."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

__all__ = ["Mender", "Report", "UnusableSchemaError", "is_type", "kind_of", "listed", "shown"]

_MOST_NODES = 20_000
_DEEPEST = 24
_LONGEST_TEXT = 20_000
_SHOWN_CHARS = 80
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

_NOTHING = object()


class UnusableSchemaError(Exception):
    """The rest of a schema cannot be read; the path and the message say why."""

    def __init__(self, path: str, message: str) -> None:
        self.path, self.message = path, message
        super().__init__(message)


Report = Callable[[str, str], None]
"""Takes a path and a message about a defect that was repaired."""


class Mender:
    """Makes the schemas of one tool valid, counting what they hold.

    Args:
        report: Takes what was mended.
        definitions: What references such as ``#/$defs/address`` mean.
    """

    def __init__(self, report: Report, definitions: Mapping[str, Any]) -> None:
        self._report, self._definitions = report, definitions
        self._nodes = 0

    def mended(self, given: Any, path: str) -> dict[str, Any]:
        """A valid schema, as near to the given one as can be.

        Raises:
            UnusableSchemaError: It holds too much.
        """
        return self._schema(given, path, 0, ())

    def _schema(self, given: Any, path: str, depth: int, inside: tuple[str, ...]) -> dict[str, Any]:
        """A schema of a parameter or of a part of it, with what is no JSON schema mended or left out."""
        self._count(path)
        if given is True or given is False:
            return {}
        if not isinstance(given, Mapping):
            self._report(path, f"expected a schema, found {kind_of(given)}: any value is accepted")
            return {}
        if depth > _DEEPEST:
            self._report(path, f"nested deeper than {_DEEPEST} levels: any value is accepted there")
            return {}
        reference = given.get("$ref")
        if reference is not None:
            target = self._definitions.get(reference) if isinstance(reference, str) else None
            if target is None or reference in inside:
                why = "refers to itself" if target is not None else "refers to nothing"
                self._report(f"{path}.$ref", f"{shown(reference)} {why}: any value is accepted there")
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
                self._keyword(schema, _whole(key), value, path, depth, inside)
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
                _whole(name): self._schema(part, f"{where}.{name}", depth + 1, inside) for name, part in value.items()
            }
        elif key in ("items", "additionalProperties", "not") and isinstance(value, Mapping):
            schema[key] = self._schema(value, where, depth + 1, inside)
        elif key in ("anyOf", "oneOf", "allOf") and isinstance(value, list) and value:
            schema[key] = [self._schema(part, where, depth + 1, inside) for part in value]
        elif key == "description":
            schema[key] = _whole(value) if isinstance(value, str) else kind_of(value)
        elif key == "required" and not isinstance(value, list):
            self._report(where, f"expected a list of names, found {kind_of(value)}: ignored")
        elif key == "enum" and (not isinstance(value, list | tuple | set | frozenset) or not value):
            self._report(where, f"expected a list of values, found {kind_of(value)}: ignored")
        else:
            plain = self._plain(value, where, depth)
            if plain is not _NOTHING:
                schema[key] = list(dict.fromkeys(plain)) if key == "required" and _all_texts(plain) else plain

    def _type(self, given: Any, path: str) -> Any:
        kinds: list[str] = []
        for one in listed(given):
            word = one.strip().casefold() if isinstance(one, str) else ""
            if isinstance(one, str) and one in _TYPES:
                kinds.append(one)
                continue
            word = word.partition("[")[0] if word.endswith("]") else word  # as in list[str]
            kind = word if word in _TYPES else _OTHER_SPELLINGS.get(word)
            told = "any value is accepted" if not kind else f"read as {kind!r}"
            self._report(path, f"expected a type of JSON schema, found {shown(one)}: {told}")
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
            return _whole(value)
        if isinstance(value, int | float) and math.isfinite(value) and abs(value) < 2**63:
            return value
        if depth < _DEEPEST and isinstance(value, list | tuple):
            found = [self._plain(part, path, depth + 1) for part in value]
            return [part for part in found if part is not _NOTHING]
        if depth < _DEEPEST and isinstance(value, Mapping):
            pairs = {_whole(key): self._plain(part, path, depth + 1) for key, part in value.items()}
            return {key: part for key, part in pairs.items() if part is not _NOTHING}
        self._report(path, f"expected a value that JSON has, found {kind_of(value)}: left out")
        return _NOTHING

    def _count(self, path: str) -> None:
        self._nodes += 1
        if self._nodes > _MOST_NODES:
            raise UnusableSchemaError(path, f"the schema holds more than {_MOST_NODES} values: make it smaller")


def _whole(value: Any) -> str:
    """A text without halves of characters, cut where it is endless."""
    return str(value)[:_LONGEST_TEXT].encode(errors="replace").decode()


def is_type(word: str) -> bool:
    """Whether a word names a type, in any spelling."""
    return word.strip().casefold() in {*_TYPES, *_OTHER_SPELLINGS}


def _all_texts(values: Any) -> bool:
    return isinstance(values, list) and all(isinstance(value, str) for value in values)


def listed(value: Any) -> list[Any]:
    """A list as it is, any other value as the only one of a list."""
    return list(value) if isinstance(value, list | tuple) else [value]


def kind_of(value: Any) -> str:
    """A value's type, for messages."""
    return "null" if value is None else f"a value of type {type(value).__name__}"


def shown(value: Any) -> str:
    """A value, shortened, for messages."""
    text = value if isinstance(value, str) else f"{value!r:.{_SHOWN_CHARS}}" if _short(value) else kind_of(value)
    return repr(text[:_SHOWN_CHARS]) if isinstance(value, str) else text


def _short(value: Any) -> bool:
    return value is None or (isinstance(value, bool | int | float) and abs(value) < 10**60)
