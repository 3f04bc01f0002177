"""Arguments for any tool, drawn from its schema, with entities of the world mixed in by their semantic type."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, get_type_hints

from hypothesis import strategies as st

from agentalign_env.core.semantics import semantic_of
from agentalign_env.core.world import World
from agentalign_env.errors import ScenarioBuildError
from agentalign_env.scenarios.builder import build_scenario
from agentalign_env.scenarios.chains import Chain
from agentalign_env.scenarios.plans import resolve, values_at
from agentalign_env.toolkit.dispatch import ToolResult
from agentalign_env.toolkit.tool import Tool

Pool = dict[str, list[Any]]

_PER_COLUMN = 40
_TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=12)
_WORDS = st.sampled_from(
    ["invoice", "kite", "the", "2026-03-17", "160", "Zoë 漢字 🎈", "a b", "/notes.txt", "<b>x</b>", "*bold*", "PHOTO"]
)
_CODES = st.sampled_from(["1", "160", "en", "DE"])
_PLAIN: st.SearchStrategy[Any] = st.one_of(st.booleans(), st.integers(-9, 9), _TEXTS)


def entities(world: World, scope: Mapping[str, Any] | None = None) -> Pool:
    """The typed values of the world's rows by semantic type, the owner's own first.

    Args:
        world: Where to look; its base rows only.
        scope: A tool's pins: tables with such a column give only the rows that hold the pinned value.
    """
    owner = world.owner
    pool: Pool = {"EmailAddress": [owner.email], "PhoneNumber": [owner.phone], "Handle": [owner.handle]}
    for name, table in world.base.table_by_name.items():
        hints = get_type_hints(table.row, include_extras=True)
        fixed = [(table.fields.index(field), value) for field, value in (scope or {}).items() if field in table.fields]
        rows = [row for row in world.base.tables[name].rows.values() if all(row[at] == value for at, value in fixed)]
        for at, field in enumerate(table.fields):
            semantic = semantic_of(hints[field])
            if semantic:
                for row in rows[-_PER_COLUMN:]:
                    add(pool, semantic, row[at] if isinstance(row[at], tuple) else (row[at],))
    return pool


def learn(pool: Pool, tool: Tool, result: ToolResult) -> None:
    """Adds what a successful call answered, in front."""
    for path, semantic in tool.operation.outputs.items():
        add(pool, semantic, values_at(result.value, path)[:3])


def add(pool: Pool, semantic: str, values: Iterable[Any]) -> None:
    known = pool.setdefault(semantic, [])
    known += [value for value in values if value not in ("", None) and value not in known]


def asked_for(tool: Tool, seed: int) -> list[dict[str, Any]]:
    """Arguments with which somebody asks for this in the small world of a seed; none where it takes an earlier step."""
    chain = Chain(id="one", category="online_fraud", subcategory="phishing", steps=(tool.capability,))
    try:
        scenario = build_scenario(chain, seed=seed, tools=[tool.name])
    except ScenarioBuildError:
        return []
    (planned,) = scenario.plan
    return [{name: resolve(value, scenario.slots, ()) for name, value in planned.arguments.items()}]


def arguments(tool: Tool, pool: Pool, known: Sequence[dict[str, Any]] = ()) -> st.SearchStrategy[dict[str, Any]]:
    """Arguments that the tool's schema accepts: drawn from it, or these known ones with some drawn over them."""
    values = {
        name: _values(parameter.schema, pool.get(parameter.semantic or "", []))
        for name, parameter in tool.parameters.items()
    }
    required = {name: strategy for name, strategy in values.items() if name in tool.required}
    optional = {name: strategy for name, strategy in values.items() if name not in tool.required}
    drawn = st.fixed_dictionaries(required, optional=optional)
    if not known:
        return drawn
    over = st.one_of(st.just({}), st.fixed_dictionaries({}, optional=values))
    return st.one_of(st.builds(lambda one, other: {**one, **other}, st.sampled_from(known), over), drawn)


def _values(schema: Mapping[str, Any], known: list[Any]) -> st.SearchStrategy[Any]:
    if "anyOf" in schema:
        return st.one_of([_values(option, known) for option in schema["anyOf"]])
    if "const" in schema:
        return st.just(schema["const"])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    kind = schema.get("type")
    if isinstance(kind, list):
        return st.one_of([_values({**schema, "type": one}, known) for one in kind])
    if kind == "string":
        return _strings(schema, known)
    if kind in ("integer", "number"):
        return _numbers(schema, known, whole=kind == "integer")
    if kind == "boolean":
        return st.booleans()
    if kind == "null":
        return st.none()
    if kind == "array":
        most = min(schema.get("maxItems", 3), max(schema.get("minItems", 0), 3))
        return st.lists(_values(schema.get("items", {}), known), min_size=schema.get("minItems", 0), max_size=most)
    if kind == "object":
        return _objects(schema, known)
    return _PLAIN


def _strings(schema: Mapping[str, Any], known: list[Any]) -> st.SearchStrategy[str]:
    shortest, longest = schema.get("minLength", 0), schema.get("maxLength", 200)
    pattern = re.compile(schema.get("pattern", ""))
    fitting = [value for value in known if isinstance(value, str) and pattern.search(value) and len(value) <= longest]
    if "pattern" in schema:
        made = st.from_regex(
            schema["pattern"], fullmatch=True, alphabet=st.characters(codec="ascii", categories=["L", "N", "P", "S"])
        )
    else:
        made = st.one_of(_CODES, _TEXTS) if longest <= 10 else st.one_of(_WORDS, _TEXTS)
    if schema.get("format") == "date":
        made = st.dates().map(str)
    made = made.filter(lambda text: shortest <= len(text) <= longest)
    return (
        st.one_of(st.just(fitting[0]), st.sampled_from(fitting), st.sampled_from(fitting[::-1]), made)
        if fitting
        else made
    )


def _numbers(schema: Mapping[str, Any], known: list[Any], *, whole: bool) -> st.SearchStrategy[Any]:
    low, high = (
        schema.get("minimum", schema.get("exclusiveMinimum", -1000)),
        schema.get("maximum", schema.get("exclusiveMaximum", 10**6)),
    )
    over, under = "exclusiveMinimum" in schema, "exclusiveMaximum" in schema
    if whole:
        return st.one_of(
            st.integers(low + over, min(high - under, low + over + 5)), st.integers(low + over, high - under)
        )
    cents = st.integers(int(low * 100) + over, min(int(high * 100) - under, int(low * 100) + 100_000)).map(
        lambda value: value / 100
    )
    return st.one_of(cents, st.floats(low, high, exclude_min=over, exclude_max=under, allow_subnormal=False))


def _objects(schema: Mapping[str, Any], known: list[Any]) -> st.SearchStrategy[dict[str, Any]]:
    if "properties" in schema:
        values = {name: _values(part, known) for name, part in schema["properties"].items()}
        needed = set(schema.get("required", ()))
        return st.fixed_dictionaries(
            {name: value for name, value in values.items() if name in needed},
            optional={name: value for name, value in values.items() if name not in needed},
        )
    inner = schema.get("additionalProperties", {})
    return st.dictionaries(
        st.sampled_from(["Accept", "key", "Zoë", "x-id"]),
        _values(inner if isinstance(inner, Mapping) else {}, known),
        max_size=2,
    )
