"""JSON schemas, derived from the signatures of operations. Nothing writes a schema by hand."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter

__all__ = ["argument_schema"]


def argument_schema(hint: Any) -> dict[str, Any]:
    """The JSON schema of a type: self-contained, without titles, objects closed where the type lists their keys."""
    schema = TypeAdapter(hint).json_schema()
    definitions = schema.pop("$defs", {})
    cleaned = _clean(schema, definitions)
    assert isinstance(cleaned, dict)
    return cleaned


def _clean(node: Any, definitions: dict[str, Any]) -> Any:
    if isinstance(node, list):
        return [_clean(item, definitions) for item in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        node = {
            **definitions[node["$ref"].rpartition("/")[2]],
            **{key: value for key, value in node.items() if key != "$ref"},
        }
    cleaned = {key: _clean(value, definitions) for key, value in node.items() if key not in ("title", "properties")}
    if "properties" in node:
        cleaned["properties"] = {name: _clean(value, definitions) for name, value in node["properties"].items()}
        cleaned.setdefault("additionalProperties", False)
        cleaned.pop("description", None)
    return cleaned
