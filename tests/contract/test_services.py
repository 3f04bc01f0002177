"""What holds for every service: invariants, declared tables, and a tool for everything that it can do."""

import pickle
from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentalign_env.core.service import Service
from agentalign_env.core.world import World
from agentalign_env.services import SERVICES, new_world
from agentalign_env.toolkit.capabilities import load_capabilities
from agentalign_env.toolkit.catalogue import load_tools
from agentalign_env.toolkit.dispatch import execute
from agentalign_env.toolkit.tool import Tool
from agentalign_env.types import ToolCall
from tests.contract.sampling import Pool, arguments, asked_for, entities, learn

TOOLS = load_tools()
CATEGORIES = {
    "contacts": {"Communication"},
    "crypto": {"Cryptography"},
    "delivery": {"LocalServices"},
    "files": {"System_Tools"},
    "machine": {"System_Tools"},
    "mail": {"Communication"},
    "media": {"Artificial_Intelligence_Machine_Learning", "Social"},
    "messaging": {"Communication"},
    "payments": {"Payments"},
    "shell": {"System_Tools"},
    "shopping": {"eCommerce"},
    "social": {"Social"},
    "web": {"Search", "System_Tools"},
}
each_service = pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)


def tools_of(service: Service) -> list[Tool]:
    return [tool for tool in TOOLS.values() if tool.operation in service.operations]


def violations(world: World) -> list[str]:
    return [sentence for service in SERVICES for check in service.invariants for sentence in check(world)]


@pytest.mark.parametrize(("size", "seed"), [("small", 0), ("small", 1), ("small", 2), ("medium", 0), ("medium", 5)])
def test_a_fresh_world_keeps_every_invariant(size: str, seed: int) -> None:
    assert violations(new_world(size, seed)) == []


@each_service
def test_a_service_has_operations_and_invariants_of_its_tables(service: Service) -> None:
    assert service.operations
    assert bool(service.invariants) == bool(service.tables)


@each_service
def test_a_service_pickles_as_itself(service: Service) -> None:
    assert pickle.loads(pickle.dumps(service)) is service


def test_services_tables_and_ports_have_one_owner_each() -> None:
    for names in (
        [service.name for service in SERVICES],
        [table.name for service in SERVICES for table in service.tables],
        [port for service in SERVICES for port in service.ports],
        [operation.capability for service in SERVICES for operation in service.operations],
    ):
        assert [name for name, times in Counter(names).items() if times > 1] == []


@each_service
def test_an_operation_declares_tables_that_exist_and_what_it_writes_belongs_to_its_service_or_a_port(
    service: Service,
) -> None:
    own = {table.name for table in service.tables}
    every = {table.name for other in SERVICES for table in other.tables}
    for operation in service.operations:
        assert operation.writes | operation.reads <= every, operation
        assert not operation.writes or service.name == "shell" or operation.writes & own, operation


@each_service
def test_every_operation_has_a_capability_a_tool_and_a_place_that_identifies_its_result(service: Service) -> None:
    for operation in service.operations:
        assert operation.capability in load_capabilities()
        assert TOOLS.of(operation.capability), operation
        assert operation.identifies in operation.outputs, operation
        assert (operation.__doc__ or "").strip().endswith("."), operation


def test_every_capability_has_a_tool() -> None:
    assert [name for name in load_capabilities() if not TOOLS.of(name)] == []


@each_service
def test_random_calls_keep_the_invariants_and_a_snapshot_brings_everything_back(service: Service) -> None:
    fresh, tools, codes = new_world("small", 4), tools_of(service), Counter[str]()
    pools = {tool.name: entities(fresh, tool.pins) for tool in tools}
    asked = {tool.name: asked_for(tool, 4) for tool in tools}

    @settings(max_examples=25)
    @given(st.data())
    def holds(data: Any) -> None:
        world = fresh.fork()
        known: Pool = {}
        for _ in range(data.draw(st.integers(1, 7))):
            tool = data.draw(st.sampled_from(tools))
            pool = {name: [*known.get(name, ()), *values] for name, values in pools[tool.name].items()}
            before, digest, diff = world.snapshot(), world.digest(), world.store.diff()
            result = execute(world, TOOLS, ToolCall("1", tool.name, data.draw(arguments(tool, pool, asked[tool.name]))))
            codes[result.code] += 1
            if not result.code:
                learn(known, tool, result)
            assert violations(world) == []
            after, twin = (world.digest(), world.now_s, world.store.diff()), world.fork()
            world.restore(before)
            assert (world.digest(), world.store.diff()) == (digest, diff)
            world = twin
            assert (world.digest(), world.now_s, world.store.diff()) == after

    holds()
    assert codes[""] > 5, codes
