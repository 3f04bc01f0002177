"""Whether values of a foreign parameter can serve as an operation's argument, and how they are converted."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Any

import jsonschema_rs

__all__ = ["converter", "fits", "kinds_of"]

_CENTS = re.compile(
    r"\b(in|as) (whole )?cents\b|\b(smallest|minor) (currency )?units?\b|_(cents|minor)$", re.IGNORECASE
)
_SERVES: Mapping[str, frozenset[str]] = {
    "string": frozenset(("string", "number", "integer", "array", "object")),
    "number": frozenset(("number", "integer", "string")),
    "integer": frozenset(("number", "integer", "string")),
    "boolean": frozenset(("boolean",)),
    "object": frozenset(("object",)),
    "array": frozenset(("array", "string")),
}


def kinds_of(schema: Mapping[str, Any]) -> frozenset[str]:
    """The JSON types that a schema allows; empty for any."""
    kind = schema.get("type")
    if kind is not None:
        return frozenset([kind] if isinstance(kind, str) else kind) - {"null"}
    if isinstance(schema.get("enum"), list):
        names = {str: "string", bool: "boolean", int: "integer", float: "number"}
        return frozenset(names[type(value)] for value in schema["enum"] if type(value) in names)
    parts = [part for key in ("anyOf", "oneOf") for part in schema.get(key, ()) if part.get("type") != "null"]
    kinds = [kinds_of(part) for part in parts]
    return frozenset().union(*kinds) if all(kinds) else frozenset()


def fits(foreign: Mapping[str, Any], own: Mapping[str, Any]) -> bool:
    """Whether some value of the foreign schema can serve where the operation expects its own."""
    given, wanted = kinds_of(foreign), kinds_of(own)
    if given and wanted and not any(wanted & _SERVES.get(kind, frozenset()) for kind in given):
        return False
    if "enum" in own and "enum" in foreign and not _matches(foreign["enum"], own["enum"]):
        return False
    if "array" in given and "array" in wanted:
        return fits(_mapping(foreign.get("items")), _mapping(own.get("items")))
    if "array" in given and "string" in wanted:
        return fits(_mapping(foreign.get("items")), own)
    if "array" in wanted and given and "array" not in given:
        return fits(foreign, _mapping(own.get("items")))
    if wanted == {"object"} and given and "object" not in given:
        return bool(_single(own))
    if "object" in given and "object" in wanted:
        known = _mapping(foreign.get("properties"))
        return not known or all(name in known for name in own.get("required", ()))
    return True


def converter(
    name: str, foreign: Mapping[str, Any], own: Mapping[str, Any], semantic: str | None
) -> Callable[[Any], Any]:
    """Turns a value of a foreign parameter into one of the operation's argument.

    A value that nothing makes fit is returned as it is.
    """
    validator = jsonschema_rs.validator_for(dict(own), pattern_options=jsonschema_rs.RegexOptions())
    cents = semantic == "Amount" and bool(_CENTS.search(f"{foreign.get('description', '')} {name}"))

    def convert(value: Any) -> Any:
        if cents and isinstance(value, int | float) and not isinstance(value, bool):
            value = value / 100
        with suppress(ValueError, OverflowError):  # numbers beyond JSON; dispatch says so
            if validator.is_valid(value):
                return value
            return next((other for other in _readings(value, own) if validator.is_valid(other)), value)
        return value

    return convert


def _readings(value: Any, own: Mapping[str, Any]) -> Iterator[Any]:
    """What a value may stand for where a schema expects something else, the likeliest first."""
    kinds = kinds_of(own)
    if isinstance(value, str):
        yield value.strip()
        yield value.upper()
        yield value.lower()
        yield from (one for one in own.get("enum", ()) if isinstance(one, str) and _same(one, value))
        if kinds & {"number", "integer"}:
            with suppress(ValueError):
                number = float(value)
                yield int(number) if number.is_integer() else number
        if "object" in kinds and (name := _single(own)):
            yield {name: value}
        if "array" in kinds:
            yield from _lists(value, _mapping(own.get("items")))
    elif isinstance(value, list):
        inner = _mapping(own.get("items"))
        if "array" in kinds:
            yield [_read(part, inner) for part in value]
        elif len(value) == 1:
            yield _read(value[0], own)
    else:
        if isinstance(value, int | float) and not isinstance(value, bool):
            yield str(value)
            yield str(int(value)) if value == int(value) else str(value)
        if "array" in kinds:
            yield [_read(value, _mapping(own.get("items")))]
        if isinstance(value, dict) and own.get("additionalProperties") is False:
            yield {key: part for key, part in value.items() if key in own.get("properties", {})}


def _single(own: Mapping[str, Any]) -> str:
    """The one property that an object must have, where that is a text: a text alone can stand for the object."""
    required, properties = own.get("required", ()), _mapping(own.get("properties"))
    alone = len(required) == 1 and _mapping(properties.get(required[0])).get("type") == "string"
    return str(required[0]) if alone else ""


def _lists(value: str, items: Mapping[str, Any]) -> Iterator[list[Any]]:
    yield [value]
    yield [_read(part.strip(), items) for part in re.split(r"[,;\n]", value) if part.strip()]


def _read(value: Any, own: Mapping[str, Any]) -> Any:
    if jsonschema_rs.is_valid(dict(own), value):
        return value
    return next((other for other in _readings(value, own) if jsonschema_rs.is_valid(dict(own), other)), value)


def _matches(given: Any, own: Any) -> bool:
    return any(_same(one, other) for one in given for other in own)


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, str) and isinstance(other, str):
        return re.sub(r"\W|_", "", one.casefold()) == re.sub(r"\W|_", "", other.casefold())
    return type(one) is type(other) and bool(one == other)


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
