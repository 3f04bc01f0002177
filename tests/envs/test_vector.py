"""Many environments in one process are what as many single ones are, and what Gymnasium's own vectors make of them."""

import copy
import pickle
from collections.abc import Sequence
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.vector import AsyncVectorEnv, AutoresetMode
from gymnasium.wrappers.vector import RecordEpisodeStatistics
from hypothesis import given, settings
from hypothesis import strategies as st

from agentalign_env.envs.env import AgentAlignEnv
from agentalign_env.envs.registration import ENV_IDS
from agentalign_env.envs.vector import AgentAlignVectorEnv
from agentalign_env.errors import EnvArgumentError

CHAIN, EMAIL, SANDBOX = "AgentAlign/Chain-v0", "AgentAlign/Email-v0", "AgentAlign/Sandbox-v0"
DONE = {"message": "Done."}
BAD = {"tool": "read_gmail"}


def vector(env_id: str, num_envs: int, **arguments: Any) -> AgentAlignVectorEnv:
    made = gym.make_vec(env_id, num_envs, **arguments)
    assert isinstance(made, AgentAlignVectorEnv)
    return made


def assert_same(one: Any, two: Any) -> None:
    """Compares batches with everything in them, the types of arrays too."""
    assert type(one) is type(two)
    if isinstance(one, np.ndarray):
        assert (one.dtype, one.shape) == (two.dtype, two.shape)
        assert one.tolist() == two.tolist()
    elif isinstance(one, dict):
        assert one.keys() == two.keys()
        for key, value in one.items():
            assert_same(value, two[key])
    elif isinstance(one, tuple):
        assert len(one) == len(two)
        for mine, other in zip(one, two, strict=True):
            assert_same(mine, other)
    else:
        assert one == two


def actions_of(env: gym.vector.VectorEnv[Any, Any, Any], kinds: Sequence[int]) -> tuple[Any, ...]:
    """A sample each; now and then last words, or what is no action."""
    sampled = env.action_space.sample()
    return tuple((DONE, BAD)[kind] if kind < 2 else sample for kind, sample in zip(kinds, sampled, strict=True))


@given(
    env_id=st.sampled_from([CHAIN, EMAIL, SANDBOX]),
    seeds=st.lists(st.integers(0, 1_000), min_size=3, max_size=3),
    limit=st.sampled_from([None, -1, 3]),
    max_steps=st.integers(1, 6),
    batches=st.lists(st.lists(st.integers(0, 6), min_size=3, max_size=3), min_size=4, max_size=16),
)
def test_a_vector_is_as_many_single_environments(
    env_id: str, seeds: list[int], limit: int | None, max_steps: int, batches: list[list[int]]
) -> None:
    many = vector(env_id, 3, max_episode_steps=limit, max_steps=max_steps, infos="list")
    many.action_space.seed(seeds[0])
    single = [gym.make(env_id, max_episode_steps=limit, max_steps=max_steps) for _ in seeds]
    observations, infos = many.reset(seed=seeds)
    pairs = [env.reset(seed=seed) for env, seed in zip(single, seeds, strict=True)]
    assert (observations, infos["infos"]) == (tuple(pair[0] for pair in pairs), [pair[1] for pair in pairs])
    for kinds in batches:
        actions = actions_of(many, kinds)
        observations, rewards, terminations, truncations, infos = many.step(actions)
        assert observations in many.observation_space
        for number, (env, action) in enumerate(zip(single, actions, strict=True)):
            observation, reward, terminated, truncated, info = env.step(action)
            assert (rewards[number], terminations[number], truncations[number]) == (reward, terminated, truncated)
            if terminated or truncated:
                final = {"final_obs": observation, "final_info": info}
                observation, info = env.reset()
                info = {**info, **final}
            assert (observations[number], infos["infos"][number]) == (observation, info)


@given(
    env_id=st.sampled_from([CHAIN, EMAIL]),
    mode=st.sampled_from([AutoresetMode.SAME_STEP, AutoresetMode.DISABLED]),
    seed=st.integers(0, 1_000),
    batches=st.lists(st.lists(st.integers(0, 8), min_size=3, max_size=3), min_size=3, max_size=10),
)
@settings(max_examples=30)
def test_batches_and_infos_are_those_of_gymnasiums_own_vector(
    env_id: str, mode: AutoresetMode, seed: int, batches: list[list[int]]
) -> None:
    ours = vector(env_id, 3, max_steps=4, autoreset_mode=mode)
    theirs = gym.make_vec(
        env_id, 3, vectorization_mode="sync", vector_kwargs={"autoreset_mode": mode, "copy": False}, max_steps=4
    )
    assert_same(ours.reset(seed=seed), theirs.reset(seed=seed))
    assert ours.action_space == theirs.action_space
    for kinds in batches:
        actions = actions_of(ours, kinds)
        step = ours.step(actions)
        assert_same(step, theirs.step(actions))
        over = step[2] | step[3]
        if mode is AutoresetMode.DISABLED and over.any():
            ours_again = ours.reset(options={"reset_mask": over, "intent": "benign"})
            assert_same(ours_again, theirs.reset(options={"reset_mask": over, "intent": "benign"}))


@pytest.mark.slow
def test_processes_of_gymnasiums_vector_give_the_same_without_shared_memory() -> None:
    ours = vector(EMAIL, 2, max_steps=3)
    arguments = {"shared_memory": False, "context": "spawn", "autoreset_mode": AutoresetMode.SAME_STEP}
    theirs = gym.make_vec(
        f"agentalign_env:{EMAIL}", 2, vectorization_mode="async", vector_kwargs=arguments, max_steps=3
    )
    try:
        assert_same(ours.reset(seed=4), theirs.reset(seed=4))
        for kinds in ([2, 2], [2, 1], [2, 0], [0, 2], [2, 2], [2, 2]):
            actions = actions_of(ours, kinds)
            assert_same(ours.step(actions), theirs.step(actions))
    finally:
        theirs.close()


def test_shared_memory_is_refused_with_what_to_do() -> None:
    with pytest.raises(ValueError, match="shared_memory=False"):
        AsyncVectorEnv([lambda: gym.make(EMAIL)] * 2, shared_memory=True)


@pytest.mark.parametrize("env_id", ENV_IDS)
def test_every_id_makes_a_vector_of_its_own_environments(env_id: str) -> None:
    made = vector(f"agentalign_env:{env_id}", 2)
    assert {type(env) for env in made.envs} == {type(gym.make(env_id).unwrapped)}
    assert repr(made) == f"AgentAlignVectorEnv({env_id}, num_envs=2)"
    assert made.metadata["autoreset_mode"] is AutoresetMode.SAME_STEP
    made.action_space.seed(1)
    made.reset(seed=1)
    observations, rewards, terminations, _, infos = made.step(made.action_space.sample())
    assert (len(observations), rewards.shape, terminations.shape) == (2, (2,), (2,))
    assert "unknown_tool" not in infos["action_error"].tolist()
    made.close()
    made.close()


def test_a_vector_is_made_again_from_its_spec() -> None:
    made = vector(CHAIN, 3, split="train", infos="list", autoreset_mode="Disabled", max_episode_steps=5)
    assert made.spec is not None
    again = gym.make_vec(type(made.spec).from_json(made.spec.to_json()))
    assert_same(again.reset(seed=3), made.reset(seed=3))


def test_one_seed_counts_up_and_seeds_may_be_left_out() -> None:
    made = vector(EMAIL, 3)
    counted = made.reset(seed=5)
    assert made.np_random_seed == (5, 6, 7)
    assert_same(counted, made.reset(seed=[5, 6, 7]))
    assert_same(counted, made.reset(seed=np.int64(5)))
    made.reset(seed=[None, 1, None])
    assert made.np_random_seed == (5, 1, 7)
    assert len({env.reset()[1]["digest"] for env in vector(EMAIL, 8, variants=1_000).envs}) > 1


def test_options_are_for_all_or_for_each() -> None:
    made = vector(CHAIN, 3)
    _, infos = made.reset(
        seed=1, options={"intent": "harmful", "options": [None, {"intent": "benign"}, {"scenario": 3}]}
    )
    assert infos["intent"].tolist() == ["harmful", "benign", "harmful"]
    alone = gym.make(CHAIN)
    _, info = alone.reset(seed=3, options={"intent": "harmful", "scenario": 3})
    assert infos["scenario_id"][2] == info["scenario_id"]


def test_a_mask_resets_some_and_the_rest_go_on() -> None:
    made = vector(SANDBOX, 3, autoreset_mode="Disabled")
    made.reset(seed=1)
    terminations = made.step([DONE, BAD, DONE])[2]
    assert terminations.tolist() == [True, False, True]
    again, rewards, terminations, _, infos = made.step([None, BAD, None])
    assert (again[0], rewards[0], terminations.tolist()) == ({"messages": []}, 0.0, [True, False, True])
    assert infos["action_error"].tolist() == ["invalid_state", "malformed_action", "invalid_state"]
    options = {"reset_mask": terminations, "world_seed": 7}
    after, infos = made.reset(options=options)
    assert options.keys() == {"reset_mask", "world_seed"}
    assert infos["_digest"].tolist() == [True, False, True]
    assert infos["scenario_id"].tolist() == ["sandbox:small-7", None, "sandbox:small-7"]
    assert after[1] == again[1]
    assert after[1]["messages"][0] is not again[1]["messages"][0]
    assert made.step([DONE, DONE, DONE])[2].all()


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        ({"num_envs": 0}, "num_envs"),
        ({"num_envs": True}, "num_envs"),
        ({"infos": "dicts"}, "infos"),
        ({"autoreset_mode": AutoresetMode.NEXT_STEP}, "autoreset_mode"),
        ({"autoreset_mode": "sometimes"}, "autoreset_mode"),
        ({"max_episode_steps": 0}, "max_episode_steps"),
        ({"max_steps": 0}, "max_steps"),
        ({"render_mode": "rgb_array"}, "render_mode"),
    ],
)
def test_a_bad_argument_is_named(arguments: dict[str, Any], name: str) -> None:
    with pytest.raises(EnvArgumentError) as caught:
        gym.make_vec(EMAIL, **arguments)
    assert caught.value.name == name


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        ({"seed": [1]}, "seed"),
        ({"seed": "12"}, "seed"),
        ({"options": {"options": [{}]}}, "options['options']"),
        ({"options": {"options": {"intent": "benign"}}}, "options['options']"),
        ({"options": {"reset_mask": [True]}}, "options['reset_mask']"),
        ({"options": {"reset_mask": [1, 0]}}, "options['reset_mask']"),
        ({"options": {"reset_mask": [False, False]}}, "options['reset_mask']"),
        ({"options": {"reset_mask": [True, False]}}, "options['reset_mask']"),
        ({"options": {"options": [None, {"mood": "good"}]}}, "environment 1: options"),
    ],
)
def test_a_bad_option_is_named(arguments: dict[str, Any], name: str) -> None:
    with pytest.raises(EnvArgumentError) as caught:
        vector(EMAIL, 2).reset(**arguments)
    assert caught.value.name == name


@pytest.mark.parametrize("actions", [(), (DONE,), [DONE] * 3, "{}", DONE])
def test_a_step_takes_an_action_for_each_environment(actions: Any) -> None:
    made = vector(EMAIL, 2)
    made.reset(seed=1)
    with pytest.raises(EnvArgumentError, match="2 actions"):
        made.step(actions)


def test_a_step_before_the_first_reset_is_refused() -> None:
    with pytest.raises(gym.error.ResetNeeded):
        vector(EMAIL, 2).step([DONE, DONE])


def test_copies_pickles_and_forks_go_on_from_the_same_place_and_apart() -> None:
    made = vector(CHAIN, 3, max_episode_steps=4)
    made.action_space.seed(2)
    made.reset(seed=2)
    made.step(made.action_space.sample())
    twins = [made.fork(), copy.deepcopy(made), pickle.loads(pickle.dumps(made))]

    def play(env: AgentAlignVectorEnv) -> list[Any]:
        env.action_space.seed(9)
        return [env.step(env.action_space.sample()) for _ in range(6)]

    expected = play(made)
    for twin in twins:
        for mine, other in zip(play(twin), expected, strict=True):
            assert_same(mine, other)


def test_samples_name_what_exists_in_each_world() -> None:
    made = vector(SANDBOX, 4)
    made.action_space.seed(3)
    made.reset(seed=3)
    codes = [code for _ in range(40) for code in made.step(made.action_space.sample())[4]["action_error"]]
    assert codes.count("") > len(codes) / 2


def test_it_renders_each_environment() -> None:
    made = vector(EMAIL, 2, render_mode="ansi")
    made.reset(seed=1)
    frames = made.render()
    assert frames is not None
    assert [frame.splitlines()[0].split()[0] for frame in frames] == ["episode", "episode"]
    assert vector(EMAIL, 2).render() is None


def test_gymnasiums_vector_wrappers_fit() -> None:
    wrapped = RecordEpisodeStatistics(vector(EMAIL, 2, max_steps=2))
    wrapped.reset(seed=1)
    wrapped.step((BAD, BAD))
    _, rewards, _, truncations, infos = wrapped.step((BAD, BAD))
    assert truncations.all()
    assert infos["episode"]["l"].tolist() == [2, 2]
    assert infos["episode"]["r"].tolist() == rewards.tolist()


def test_five_hundred_and_twelve_share_tools_worlds_and_scenarios() -> None:
    made = vector(EMAIL, 512, variants=1)
    observations, infos = made.reset(seed=0)
    assert (len(observations), infos["calls"].dtype, infos["credit"].dtype) == (512, np.int64, np.float64)
    by_scenario: dict[str, AgentAlignEnv] = {}
    for env in made.envs:
        first = by_scenario.setdefault(env.episode.setting.id, env)
        assert env.episode.world.base is first.episode.world.base
        assert env.episode.tools is first.episode.tools
    assert len(by_scenario) > 1
    assert made.step([DONE] * 512)[2].all()
