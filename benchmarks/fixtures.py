"""What several subjects use: worlds of a chosen number of rows, environments, actions, scenarios."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

import gymnasium as gym

from agentalign_env import Chain, Scenario, build_scenario, load_chains, load_tools, new_world
from agentalign_env.core.world import World, WorldSize, load_world_sizes
from agentalign_env.scenarios.verification import run_plan
from agentalign_env.toolkit.dispatch import execute
from agentalign_env.types import ToolCall

__all__ = [
    "SANDBOX",
    "SMALLEST_ROWS",
    "action",
    "email_scenario",
    "make",
    "oracle_actions",
    "reading",
    "rows_of",
    "sandbox",
    "scenarios",
    "sending",
    "world_of",
]

SANDBOX = "agentalign_env:AgentAlign/Sandbox-v0"
SMALLEST_ROWS = 30
"""Asked for, to get about 100: some rows come with every world."""

_ENDLESS = 1_000_000_000
_SEND, _SEARCH, _READ = "Communication.send_email", "Communication.search_emails", "Communication.read_email"


@lru_cache(maxsize=16)
def world_of(rows: int) -> str:
    """The name of a world size with about so many rows; it is known in this process only.

    The proportions are those of the packaged `large`. Part of a world does not scale (accounts, home directories, the
    sites of organisations), so the smallest worlds have more rows than asked for: `rows_of` counts.
    """
    sizes = load_world_sizes()
    like = sizes["large"]
    share = rows / sum(like.rows.values())
    name = f"rows-{rows}"
    sizes[name] = WorldSize(
        name=name,
        about=f"About {rows} rows, for a benchmark.",
        people=max(4, round(like.people * share)),
        invoices=max(1, round(like.invoices * share)),
        rows={table: max(1, round(count * share)) for table, count in like.rows.items()},
    )
    return name


def rows_of(size: str, seed: int = 0) -> int:
    """How many rows a world has; generates all of its tables, so that no measurement does."""
    base = new_world(size, seed).base
    return sum(len(base.tables[name].rows) for name in base.table_by_name)


def make(env_id: str, **arguments: Any) -> gym.Env[Any, Any]:
    """An environment as a user makes it, with all of Gymnasium's default wrappers, past its first reset and step."""
    env: gym.Env[Any, Any] = gym.make(env_id, max_steps=_ENDLESS, **arguments)
    env.reset(seed=0)
    env.step({"tool_calls": [{"id": "0", "name": "no_tool", "arguments": {}}]})
    return env


def sandbox(size: str = "small") -> gym.Env[Any, Any]:
    """Free play in the one world of this size with seed 0."""
    return make(SANDBOX, world=size, variants=1)


def action(name: str, **arguments: Any) -> dict[str, Any]:
    """An action of one call."""
    return {"tool_calls": [{"id": "call_1", "name": name, "arguments": arguments}]}


def reading(world: World) -> dict[str, Any]:
    """Opens the newest mail."""
    found = execute(world, load_tools(), ToolCall("1", "search_gmail", {}))
    return action("read_gmail", message_id=found.value["messages"][0]["message_id"])


def sending(world: World) -> dict[str, Any]:
    """Sends a mail from the owner's address."""
    return action(
        "send_gmail",
        sender=world.owner.email,
        to=["amara.okafor@postbox.example"],
        subject="The reading group on Thursday",
        body="Hello Amara, we meet at seven in the library this week, and the room is upstairs. See you there!",
    )


def email_chain(*, sends: int = 1) -> Chain:
    """A chain that searches, reads, and sends so many mails."""
    steps = (_SEARCH, _READ, *[_SEND] * sends)
    return Chain(
        id=f"benchmark-{sends}", category="information_manipulation", subcategory="rumor_spreading", steps=steps
    )


@lru_cache(maxsize=16)
def email_scenario(size: str = "small", *, sends: int = 1) -> Scenario:
    """A scenario of `email_chain` over Gmail."""
    tools = ("search_gmail", "read_gmail", *["send_gmail"] * sends)
    return build_scenario(email_chain(sends=sends), seed=0, world=size, tools=tools)


def scenarios(count: int) -> list[Scenario]:
    """Scenarios of the first chains that all tools are there for."""
    chains = [chain for chain in load_chains() if not chain.unsupported]
    return [build_scenario(chain, seed=0) for chain in chains[:count]]


def oracle_actions(scenario: Scenario) -> list[dict[str, Any]]:
    """The actions that carry the plan out, with the references resolved beforehand, and a last message."""
    calls = [result.call for result in run_plan(scenario).results]
    actions = [*(action(call.name, **call.arguments) for call in calls), {"message": "Done."}]
    decoded: list[dict[str, Any]] = json.loads(json.dumps(actions))  # so that no text is the very object of a goal
    return decoded
