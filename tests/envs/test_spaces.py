"""Samples are valid, name what exists, and follow from the space's own seed."""

import copy
import pickle
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from agentalign_env.envs.sampling import tool_sampler
from agentalign_env.envs.spaces import AgentActionSpace, ObservationSpace
from agentalign_env.services import new_world
from agentalign_env.services.mail.records import MAILS
from agentalign_env.toolkit.catalogue import load_tools
from agentalign_env.toolkit.dispatch import execute
from agentalign_env.types import ToolCall

NAMES = load_tools().names


def samples(space: AgentActionSpace, count: int, **kwargs: Any) -> list[Any]:
    return [space.sample(**kwargs) for _ in range(count)]


@pytest.mark.parametrize("name", NAMES)
def test_every_sampled_call_fits_the_tools_schema_with_and_without_a_world(name: str) -> None:
    tool, draw = load_tools()[name], np.random.default_rng(1).random
    world = new_world("small", 1)
    for number in range(60):
        arguments = tool_sampler(name).arguments(world if number % 2 else None, draw)
        assert tool.reject(arguments) is None, arguments


def test_most_sampled_ids_exist_in_the_world() -> None:
    world, draw = new_world("small", 1), np.random.default_rng(1).random
    ids = [tool_sampler("read_gmail").arguments(world, draw)["message_id"] for _ in range(400)]
    existing = sum(world.store.get(MAILS, mail_id) is not None for mail_id in ids)
    assert 0.5 < existing / len(ids) < 0.9


def test_what_the_episode_made_is_sampled_too() -> None:
    world, draw = new_world("small", 1), np.random.default_rng(1).random
    tools = load_tools()
    made = None
    while made is None:
        call = ToolCall("1", "send_gmail", tool_sampler("send_gmail").arguments(world, draw))
        result = execute(world, tools, call)
        made = None if result.code else result.value["message_id"]
    ids = [tool_sampler("read_gmail").arguments(world, draw)["message_id"] for _ in range(400)]
    assert made in ids


def test_sampling_changes_nothing() -> None:
    world = new_world("small", 1)
    before = world.digest()
    space = AgentActionSpace(NAMES, seed=1)
    space.focus(world, NAMES)
    samples(space, 200)
    assert (world.digest(), world.store.diff(), world.store.elapsed_s) == (before, (), 0)


def test_samples_are_mostly_one_call_sometimes_more_sometimes_a_message() -> None:
    drawn = samples(AgentActionSpace(NAMES, seed=1), 1_000)
    counts = [len(action.get("tool_calls", ())) for action in drawn]
    assert set(counts) == {0, 1, 2, 3}
    assert 0.7 < counts.count(1) / len(counts) < 0.95
    assert len({call["name"] for action in drawn for call in action.get("tool_calls", ())}) > 0.9 * len(NAMES)


def test_samples_follow_from_the_seed() -> None:
    one, two = AgentActionSpace(NAMES, seed=7), AgentActionSpace(NAMES)
    two.seed(7)
    assert samples(one, 30) == samples(two, 30)


def test_a_mask_or_a_probability_restricts_the_tools() -> None:
    space = AgentActionSpace(NAMES, seed=1)
    mask = np.zeros(len(NAMES), dtype=np.int8)
    mask[[2, 5]] = 1
    called = {call["name"] for action in samples(space, 80, mask=mask) for call in action.get("tool_calls", ())}
    assert called == {NAMES[2], NAMES[5]}
    probability = mask / 2
    probability[[2, 5]] = 0.05, 0.95
    names = [
        call["name"] for action in samples(space, 300, probability=probability) for call in action.get("tool_calls", ())
    ]
    assert 0 < names.count(NAMES[2]) < 0.2 * len(names)
    assert "message" in space.sample(mask=np.zeros(len(NAMES), dtype=np.int8))


def test_a_mask_that_does_not_fit_teaches() -> None:
    space = AgentActionSpace(NAMES, seed=1)
    with pytest.raises(ValueError, match="one per entry"):
        space.sample(mask=np.ones(3))
    with pytest.raises(ValueError, match="one per entry"):
        space.sample(probability=np.full(len(NAMES), np.nan))
    with pytest.raises(ValueError, match="keep one"):
        space.sample(mask=np.ones(len(NAMES)), probability=np.ones(len(NAMES)))


@pytest.mark.parametrize(
    ("action", "inside"),
    [
        ({"message": "Done."}, True),
        ("Done.", True),
        ('{"tool_calls": [{"name": "search_gmail", "arguments": {}}]}', True),
        ({"tool_calls": [{"name": "search_gmail", "arguments": {"no_such": 1}}]}, False),
        ({"tool_calls": [{"name": "no_such_tool", "arguments": {}}]}, False),
        ({}, False),
        (3, False),
    ],
)
def test_a_space_contains_what_can_be_carried_out(action: object, inside: bool) -> None:
    assert (action in AgentActionSpace(NAMES)) is inside


@pytest.mark.parametrize("make", [lambda: AgentActionSpace(NAMES, seed=3), lambda: ObservationSpace(seed=3)])
def test_copies_and_pickles_are_equal_and_draw_alike(make: Any) -> None:
    space = make()
    space.sample()
    twins = [copy.deepcopy(space), pickle.loads(pickle.dumps(space))]
    expected = [space.sample() for _ in range(5)]
    for twin in twins:
        assert twin == space
        assert hash(twin) == hash(space)
        assert [twin.sample() for _ in range(5)] == expected
    assert all(value in space for value in expected)
    assert not space.is_np_flattenable


def test_spaces_of_different_tools_differ() -> None:
    assert AgentActionSpace(NAMES) != AgentActionSpace(NAMES[:3])
    assert AgentActionSpace(NAMES) != ObservationSpace()
    assert AgentActionSpace(reversed(NAMES)) == AgentActionSpace(NAMES)


@pytest.mark.parametrize(
    "observation",
    [
        None,
        {},
        {"messages": None},
        {"messages": [{"role": "tool", "content": "x"}]},
        {"messages": [{"role": "me", "content": "x"}]},
    ],
)
def test_what_is_no_observation_is_not_contained(observation: object) -> None:
    assert observation not in ObservationSpace()


def test_registering_the_environments_loads_no_heavy_library() -> None:
    probe = (
        "import sys; from agentalign_env.envs.registration import register_envs; register_envs(); "
        "print(sorted({'pydantic', 'faker', 'orjson', 'jsonschema_rs', 're2', 'rich'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", probe], check=True, capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "[]"
