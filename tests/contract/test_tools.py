"""What holds for every tool, whoever wrote it."""

from collections import Counter
from collections.abc import Iterator
from typing import Any, get_args

import jsonschema_rs
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentalign_env.core.store import Store
from agentalign_env.core.table import BaseTable
from agentalign_env.core.world import World
from agentalign_env.errors import ErrorCode
from agentalign_env.services import new_world
from agentalign_env.toolkit.capabilities import load_capabilities
from agentalign_env.toolkit.catalogue import load_tools
from agentalign_env.toolkit.dispatch import ToolResult, execute
from agentalign_env.types import ToolCall
from tests.contract.sampling import arguments, asked_for, entities

WORLD = new_world("small", 3)
TOOLS = load_tools()
CODES = {*get_args(ErrorCode)}
RESERVED = {
    *("reset", "step", "state", "close", "get_reward", "verify", "seed_session", "aggregate_metrics", "mcp", "submit")
}
each_tool = pytest.mark.parametrize("name", TOOLS.names)
each_tool_with_parameters = pytest.mark.parametrize("name", [name for name in TOOLS if TOOLS[name].parameters])


class ObservedTables(dict[str, BaseTable]):
    """Base tables that remember which of them were asked for."""

    def __init__(self, base: dict[str, BaseTable]) -> None:
        super().__init__()
        self.base, self.touched = base, set[str]()

    def __getitem__(self, name: str) -> BaseTable:
        self.touched.add(name)
        return self.base[name]


def call(world: World, name: str, given_arguments: Any) -> ToolResult:
    return execute(world, TOOLS, ToolCall("1", name, given_arguments))


def next_ids(world: World) -> dict[str, str]:
    twin = world.fork()
    return {name: twin.new_id(table) for name, table in twin.base.table_by_name.items()}


def assert_is_an_error(result: ToolResult) -> None:
    (key, body), *rest = orjson.loads(result.content).items()
    assert (key, rest) == ("error", [])
    assert body.keys() - {"field"} == {"code", "message"}
    assert body["code"] == result.code
    assert body["code"] in CODES
    assert body["message"].strip()
    assert result.value == body
    assert result.changes == ()


def assert_is_json(value: Any) -> None:
    assert orjson.loads(orjson.dumps(value)) is not None


def nodes_of(schema: Any) -> Iterator[dict[str, Any]]:
    if isinstance(schema, dict):
        yield schema
        for part in schema.values():
            yield from nodes_of(part)
    elif isinstance(schema, list):
        for part in schema:
            yield from nodes_of(part)


@each_tool
def test_the_schema_is_a_valid_closed_draft_2020_12_object(name: str) -> None:
    schema = TOOLS[name].schema
    jsonschema_rs.meta.validate({"$schema": "https://json-schema.org/draft/2020-12/schema", **schema})
    assert schema["type"] == "object"
    assert schema["additionalProperties"] is False
    assert {*schema["required"]} <= schema["properties"].keys()
    assert orjson.loads(orjson.dumps(schema)) == schema


@each_tool
def test_every_parameter_says_what_it_is_and_of_which_type(name: str) -> None:
    tool = TOOLS[name]
    assert len(tool.description.split()) > 2
    for parameter in tool.parameters.values():
        assert len(parameter.schema["description"].split()) > 1, parameter.name
        assert {"type", "anyOf", "enum"} & parameter.schema.keys(), parameter.name
        assert not any("$ref" in node or isinstance(node.get("title"), str) for node in nodes_of(parameter.schema))


@each_tool
def test_every_default_fits_its_schema(name: str) -> None:
    for parameter in TOOLS[name].parameters.values():
        if "default" in parameter.schema:
            jsonschema_rs.validate(dict(parameter.schema), parameter.schema["default"])
            assert not parameter.required, f"{parameter.name} has a default and is required"


@each_tool
def test_the_name_is_free_in_every_stack(name: str) -> None:
    assert name not in RESERVED
    assert not name.startswith("_")
    assert name.isidentifier()
    assert len(name) <= 64


@each_tool
def test_the_tool_names_its_provider_and_a_known_capability(name: str) -> None:
    tool = TOOLS[name]
    assert tool.provider.strip()
    assert tool.capability in load_capabilities()
    assert tool.operation.capability == tool.capability
    assert tool in TOOLS.of(tool.capability)


@each_tool
def test_only_writing_capabilities_declare_writes(name: str) -> None:
    tool = TOOLS[name]
    assert bool(tool.operation.writes) == (load_capabilities()[tool.capability].kind == "write")


@each_tool
def test_a_valid_call_changes_declared_tables_only_and_repeats_in_a_fork(name: str) -> None:
    tool, codes = TOOLS[name], Counter[str]()

    @settings(max_examples=60)
    @given(arguments(tool, entities(WORLD, tool.pins), asked_for(tool, 3)))
    def holds(given_arguments: dict[str, Any]) -> None:
        assert tool.reject(given_arguments) is None
        world = WORLD.fork()
        twin = world.fork()
        result = call(world, name, given_arguments)
        codes[result.code] += 1
        assert {change.table for change in result.changes} <= tool.operation.writes
        assert {change[:2] for change in world.store.diff()} <= {change[:2] for change in result.changes}
        assert bool(result.changes) == (world.digest() != WORLD.digest())
        if not result.code:
            assert_is_json(result.value)
            assert isinstance(orjson.loads(result.content), dict)
        assert (call(twin, name, given_arguments), twin.digest()) == (result, world.digest())

    holds()
    assert codes[""], f"no sample succeeded: {codes}"


@each_tool
def test_a_failed_call_leaves_everything_as_it_was(name: str) -> None:
    tool, ids = TOOLS[name], next_ids(WORLD)

    @settings(max_examples=30)
    @given(arguments(tool, entities(WORLD, tool.pins), asked_for(tool, 3)), st.data())
    def holds(valid: dict[str, Any], data: Any) -> None:
        broken = dict(valid)
        if broken and data.draw(st.booleans()):
            odd = st.one_of(
                st.none(),
                st.booleans(),
                st.integers(),
                st.text(),
                st.lists(st.integers()),
                st.just({}),
                st.just({"a": 1}),
            )
            broken[data.draw(st.sampled_from(sorted(broken)))] = data.draw(odd)
        world = WORLD.fork()
        result = call(world, name, broken)
        if result.code:
            assert_is_an_error(result)
            assert (world.digest(), world.now_s, world.store.diff()) == (WORLD.digest(), WORLD.now_s, ())
            assert next_ids(world) == ids
            field = result.value.get("field")
            assert field is None or field.split(".")[0] in tool.parameters, field

    holds()


@each_tool
def test_a_call_looks_only_at_tables_that_it_declares(name: str) -> None:
    operation = TOOLS[name].operation

    @settings(max_examples=30)
    @given(arguments(TOOLS[name], entities(WORLD, TOOLS[name].pins), asked_for(TOOLS[name], 3)))
    def holds(given_arguments: dict[str, Any]) -> None:
        tables = ObservedTables(WORLD.base.tables)
        call(World(WORLD.base, Store(tables, WORLD.base.digest)), name, given_arguments)
        assert tables.touched <= operation.reads | operation.writes

    holds()


@each_tool
def test_a_missing_and_an_unknown_argument_are_named(name: str) -> None:
    tool = TOOLS[name]
    unknown = call(WORLD.fork(), name, {**dict.fromkeys(tool.required, "x"), "zzz": 1})
    assert (unknown.code, unknown.value["field"]) == ("unknown_argument", "zzz")
    for known in tool.parameters:
        assert known in unknown.value["message"]
    if tool.required:
        missing = call(WORLD.fork(), name, {})
        assert (missing.code, missing.value["field"]) == ("missing_argument", min(tool.required))
        assert_is_an_error(missing)
    assert_is_an_error(unknown)


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    "value",
    [
        "\ud800",
        float("nan"),
        float("inf"),
        10**400,
        -(10**400),
        2**64,
        nested(300),
        nested(100_000),
        {"\ud800": 1},
        {1: 2},
        b"x",
        object(),
    ],
    ids=[
        "surrogate",
        "nan",
        "inf",
        "huge",
        "-huge",
        "2**64",
        "deep",
        "deeper",
        "surrogate key",
        "int key",
        "bytes",
        "object",
    ],
)
@each_tool_with_parameters
def test_what_is_no_json_is_answered_and_not_raised(name: str, value: Any) -> None:
    tool = TOOLS[name]
    filler = {
        "string": "a@b.example",
        "array": ["a@b.example"],
        "number": 1.5,
        "integer": 1,
        "boolean": True,
        "object": {},
    }
    for parameter in tool.parameters:
        valid = {other: filler.get(str(tool.parameters[other].schema.get("type")), "x") for other in tool.required}
        world = WORLD.fork()
        for wrong in (value, [value], {"key": value}, {value: 1} if isinstance(value, str) else value):
            result = call(world, name, {**valid, parameter: wrong})
            if result.code:
                assert_is_an_error(result)
                assert world.digest() == WORLD.digest()
            else:
                assert_is_json(result.value)


@pytest.mark.parametrize("key", ["\ud800", "x" * 10_000, "", "a.b"])
def test_an_argument_that_no_tool_could_have_is_answered(key: str) -> None:
    for name in TOOLS:
        world = WORLD.fork()
        result = call(world, name, {**dict.fromkeys(TOOLS[name].required, "x"), key: 1})
        assert result.code == "unknown_argument"
        assert_is_an_error(result)
        assert len(result.content) < 4_000


@pytest.mark.parametrize("name", ["send_gmial", "", "\ud800", "x" * 10_000])
def test_a_tool_that_does_not_exist_is_answered(name: str) -> None:
    result = call(WORLD.fork(), name, {})
    assert result.code == "unknown_tool"
    assert_is_an_error(result)
