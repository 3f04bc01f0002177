"""Long random play: nothing raises, and nothing is corrupted. ``make soak`` plays a million actions."""

import os
import random
from collections.abc import Callable
from typing import Any

import gymnasium as gym
import orjson
import pytest

from agentalign_env.core.store import Store
from agentalign_env.core.world import World
from agentalign_env.envs.env import AgentAlignEnv
from agentalign_env.envs.registration import ENV_IDS

ACTIONS = int(os.environ.get("AGENTALIGN_SOAK", "20000")) // len(ENV_IDS)
CHECK_EVERY = 400

ODD_VALUES: tuple[Any, ...] = (
    None,
    True,
    -1,
    0,
    10**30,
    1e308,
    float("nan"),
    "",
    " ",
    "\x00",
    "\ud800",
    "\u202e\u0000",
    "x" * 5_000,
    "../../etc/passwd",
    "'; drop table mails; --",
    "$(rm -rf /)",
    "{{7*7}}",
    [],
    {},
    [[[[[]]]]],
    {"a": {"b": {"c": []}}},
    ["a", 1, None],
    object(),
    b"bytes",
)


def _odd_argument(action: Any, draw: random.Random) -> Any:
    """One argument of the first call is replaced, dropped or added."""
    call = action["tool_calls"][0]
    arguments = dict(call["arguments"])
    name = draw.choice([*arguments, "surprise"])
    if draw.random() < 0.3:
        arguments.pop(name, None)
    else:
        arguments[name] = draw.choice(ODD_VALUES)
    return {"tool_calls": [{**call, "arguments": arguments}, *action["tool_calls"][1:]]}


def _odd_call(action: Any, draw: random.Random) -> Any:
    """A part of the first call's envelope is replaced or dropped."""
    call = dict(action["tool_calls"][0])
    part = draw.choice(["id", "name", "arguments"])
    if draw.random() < 0.3:
        call.pop(part)
    else:
        call[part] = draw.choice(ODD_VALUES)
    return {"tool_calls": [call]}


def _cut_text(action: Any, draw: random.Random) -> Any:
    """The action as JSON text, cut somewhere or with a character changed."""
    text = orjson.dumps(action, default=str).decode()
    at = draw.randrange(len(text))
    return text[:at] if draw.random() < 0.5 else text[:at] + draw.choice('"{}[],:\x00é') + text[at + 1 :]


def _odd_action(action: Any, draw: random.Random) -> Any:
    return draw.choice(ODD_VALUES)


MUTATIONS: tuple[Callable[[Any, random.Random], Any], ...] = (
    _odd_argument,
    _odd_argument,
    _odd_call,
    _cut_text,
    _odd_action,
)


def digest_from_scratch(world: World) -> str:
    """The digest of the same contents, put into a fresh store."""
    fresh = Store(world.base.tables, world.base.digest)
    for change in world.store.diff():
        table = world.base.table_by_name[change.table]
        if change.after is None:
            fresh.delete(table, change.key)
        else:
            fresh.put(table, change.after)
    fresh.commit(0)
    return fresh.digest()


def violations(world: World) -> list[str]:
    return [found for service in world.base.services for invariant in service.invariants for found in invariant(world)]


@pytest.mark.slow
@pytest.mark.parametrize("env_id", ENV_IDS)
def test_random_and_malformed_actions_raise_nothing_and_corrupt_nothing(env_id: str) -> None:
    env = gym.make(env_id).unwrapped
    assert isinstance(env, AgentAlignEnv)
    draw = random.Random(f"soak {env_id}")
    env.action_space.seed(17)
    env.reset(seed=17)
    for number in range(1, ACTIONS + 1):
        action = env.action_space.sample()
        if "tool_calls" in action and draw.random() < 0.4:
            action = draw.choice(MUTATIONS)(action, draw)
        _, reward, terminated, truncated, info = env.step(action)
        assert info["fault"] == ""
        assert 0.0 <= reward <= 1.0
        if number % CHECK_EVERY == 0 or number == ACTIONS:
            world = env.episode.world
            assert violations(world) == []
            assert digest_from_scratch(world) == info["digest"]
        if terminated or truncated:
            env.reset()
