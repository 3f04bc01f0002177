"""Tools of others, from their schemas alone: each becomes a tool of ours where a capability of ours is what it does."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import orjson

from agentalign_env.toolkit.catalogue import ToolCatalogue, load_tools
from agentalign_env.toolkit.foreign_matching import recognise
from agentalign_env.toolkit.foreign_schemas import ForeignSchema, SchemaProblem, read_schemas
from agentalign_env.toolkit.foreign_tool import ForeignTool
from agentalign_env.toolkit.tool import Tool, ToolSet

__all__ = ["AdoptedTools", "SchemaProblem", "UnmappedTool", "adopt_tools", "adopted"]


class UnmappedTool(NamedTuple):
    """A tool that no capability of ours stands for, or none for sure: which is closest, and what lacked."""

    name: str
    reason: str


class AdoptedTools(NamedTuple):
    """What became of the schemas.

    Attributes:
        tools: Those that can be called here, by name.
        unmapped: The others.
        problems: Defects of the schemas, of either.
    """

    tools: ToolSet
    unmapped: tuple[UnmappedTool, ...]
    problems: tuple[SchemaProblem, ...]


def adopt_tools(schemas: Sequence[Any]) -> AdoptedTools:
    """Binds tools to operations by what their schemas tell; rather none than a wrong one.

    A tool of the catalogue, by its name or by a schema with its name and parameters, is that tool itself.

    Args:
        schemas: In the form of OpenAI (chat or responses), Anthropic, MCP or the AgentAlign paper, or JSON text of
            these; a bad one is told among the problems.

    Raises:
        TypeError: `schemas` is no sequence.
    """
    if isinstance(schemas, str | bytes | Mapping) or not isinstance(schemas, Sequence):
        raise TypeError(
            f"schemas: expected a list of tool schemas, got {type(schemas).__name__}: put a single one in a list"
        )
    catalogue = load_tools()
    tools = ToolSet()
    unmapped: list[UnmappedTool] = []
    problems: list[SchemaProblem] = []
    seen: dict[str, ForeignSchema | Tool] = {}
    for place, name, schema, found in _named(schemas, catalogue):
        problems += found
        if schema is None:
            reason = found[-1].message if found else "its schema cannot be read"
            unmapped.append(UnmappedTool(name, f"its schema cannot be used: {reason}"))
        elif name in seen:
            same = seen[name] == schema
            told = "left out" if same else "the first is kept: give each tool its own name"
            problems.append(SchemaProblem(name, place, f"another tool has the name {name!r}; {told}", same))
        else:
            seen[name] = schema
            tool = schema if isinstance(schema, Tool) else _adopt(schema, catalogue)
            if isinstance(tool, Tool):
                tools[name] = tool
                problems += _added(tool)
            else:
                unmapped.append(UnmappedTool(name, tool))
    return AdoptedTools(tools, tuple(unmapped), tuple(problems))


def adopted(schema: Mapping[str, Any]) -> Tool:
    """The tool of one schema that was adopted before.

    Raises:
        ValueError: It cannot be adopted; the message says why.
    """
    found = adopt_tools([schema])
    if not found.tools:
        raise ValueError(f"expected a schema that was adopted, got one that is not: {found.unmapped[0].reason}")
    return next(iter(found.tools.values()))


def _named(
    schemas: Sequence[Any], catalogue: ToolCatalogue
) -> Iterator[tuple[str, str, ForeignSchema | Tool | None, list[SchemaProblem]]]:
    """Each entry with its place, its name, its schema (or the catalogue's tool that it names), and its problems."""
    for at, given in enumerate(schemas):
        if isinstance(given, str) and given.strip() in catalogue:
            yield f"#{at + 1}", given.strip(), catalogue[given.strip()], []
            continue
        for name, schema, problems in read_schemas([given]):
            if isinstance(given, str) and schema is None and given.replace("_", "").replace("-", "").isalnum():
                near = difflib.get_close_matches(given, catalogue, n=1)
                hint = f"did you mean {near[0]!r}?" if near else "give its schema"
                message = f"no tool of the catalogue has this name: {hint}"
                yield f"#{at + 1}", given[:80], None, [SchemaProblem(given[:80], "", message, False)]
                continue
            place = f"#{at + 1}" if name.startswith("#") else name
            yield f"#{at + 1}", place, schema, [one._replace(tool=place) for one in problems]


def _adopt(schema: ForeignSchema, catalogue: ToolCatalogue) -> Tool | str:
    if schema.name in catalogue:
        known = catalogue[schema.name]
        given = schema.parameters.keys()
        if given <= known.parameters.keys() and given >= known.required:
            return known
    return _bound(orjson.dumps(schema.as_json()))


@lru_cache(maxsize=4096)
def _bound(text: bytes) -> Tool | str:
    """The tool of a schema in its flat form, or why there is none; rows of a dataset repeat their tools."""
    schema = next(read_schemas([text]))[1]
    assert schema is not None, "the flat form is read again as it was"
    verdict = recognise(schema)
    if verdict.match is None:
        return verdict.reason
    try:
        return ForeignTool(schema, verdict.match)
    except ValueError as error:
        return f"closest is {verdict.match.rule.capability}, but it cannot be bound: {error}"


def _added(tool: Tool) -> list[SchemaProblem]:
    """Parameters that are optional in the schema, yet nothing else gives what the operation needs."""
    if not isinstance(tool, ForeignTool):
        return []
    return [
        SchemaProblem(
            tool.name,
            f"parameters.required.{name}",
            f"{tool.capability} cannot do without {tool.parameters[name].argument!r}: taken as required",
            True,
        )
        for name in sorted(tool.required - set(tool.source.required))
    ]
