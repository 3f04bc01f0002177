"""What is written out and compiled for a tool does what the plain reading of its face does."""

from functools import wraps
from typing import Any

import pytest

from agentalign_env import load_tools, new_world
from agentalign_env.core.operation import Operation
from agentalign_env.core.rng import stream
from agentalign_env.core.world import World
from agentalign_env.envs.sampling import ToolSampler
from agentalign_env.toolkit.binding import Binder
from agentalign_env.toolkit.tool import Tool

TOOLS = {**load_tools(), **load_tools(faces=5)}


def watched(operation: Operation[..., Any], seen: list[dict[str, Any]]) -> Operation[..., Any]:
    """The operation, which only notes the arguments that it is given."""

    @wraps(operation.run)
    def run(world: World, **arguments: Any) -> None:
        seen.append(arguments)

    return Operation(operation.capability, run, operation.reads, operation.writes, operation.identifies)


def binder_of(tool: Tool, operation: Operation[..., Any]) -> Binder:
    mine = tool._binder
    schemas = {name: parameter.schema for name, parameter in tool.parameters.items()}
    return Binder(operation, mine._arguments, schemas, mine._fixed)


def complete(tool: Tool, arguments: dict[str, Any]) -> dict[str, Any]:
    """The arguments with the operation's own defaults."""
    return {
        **{name: one.default for name, one in tool.operation.parameters.items() if not one.required},
        **arguments,
    }


@pytest.mark.parametrize("name", TOOLS)
def test_a_compiled_call_hands_over_what_binding_gives(name: str) -> None:
    tool, world, seen, rng = TOOLS[name], new_world(), list[dict[str, Any]](), stream("compiled", name)
    sampler, call = ToolSampler(tool), binder_of(tool, watched(tool.operation, seen)).compile()
    for _ in range(20):
        given = sampler.arguments(world, rng.random)
        nulls = {key: None for key in tool.parameters if key not in given and rng.random() < 0.5}
        whole = {key: float(value) if type(value) is int else value for key, value in given.items()}
        for arguments in (given, {**given, **nulls}, whole):
            call(world, arguments)
            expected = complete(tool, tool.bind(arguments))
            assert repr(sorted(complete(tool, seen.pop()).items())) == repr(sorted(expected.items()))
