"""What every registered environment holds to."""

import copy
import pickle
import warnings
from typing import Any

import gymnasium as gym
import pytest
from gymnasium.utils.env_checker import check_env

from agentalign_env.envs.env import AgentAlignEnv
from agentalign_env.envs.registration import ENV_IDS, register_envs

EVERY_ENV = pytest.mark.parametrize("env_id", ENV_IDS)
INFO_TYPES = {
    "scenario_id": str,
    "intent": str,
    "explicitness": str,
    "tools": tuple,
    "digest": str,
    "action_error": str,
    "outcome": str,
    "credit": float,
    "calls": int,
    "fault": str,
}


def make(env_id: str, **kwargs: Any) -> AgentAlignEnv:
    env = gym.make(env_id, **kwargs).unwrapped
    assert isinstance(env, AgentAlignEnv)
    return env


def play(env: AgentAlignEnv, actions: list[Any]) -> list[Any]:
    return [env.step(action) for action in actions]


def calls(env: AgentAlignEnv, count: int, seed: int) -> list[Any]:
    """Sampled tool calls; messages, which would end the episode, are left out."""
    env.action_space.seed(seed)
    found: list[Any] = []
    while len(found) < count:
        action = env.action_space.sample()
        if "tool_calls" in action:
            found.append(action)
    return found


def test_there_is_an_environment_for_chains_free_play_and_each_application() -> None:
    applications = ["Crypto", "Delivery", "Email", "Files", "Media", "Messaging", "Payments"]
    names = ["Chain", *applications, "Sandbox", "Shell", "Shopping", "Social", "System", "Web"]
    assert list(ENV_IDS) == sorted(f"AgentAlign/{name}-v0" for name in names)


def test_registering_twice_changes_nothing() -> None:
    before = dict(gym.registry)
    register_envs()
    assert dict(gym.registry) == before


@EVERY_ENV
def test_gymnasiums_checker_has_nothing_to_say(env_id: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_env(make(env_id))


@EVERY_ENV
def test_the_spec_survives_json(env_id: str) -> None:
    spec = gym.make(env_id).spec
    assert spec is not None
    again = gym.make(type(spec).from_json(spec.to_json()))
    assert again.reset(seed=5) == gym.make(env_id).reset(seed=5)


@EVERY_ENV
def test_the_class_documents_itself(env_id: str) -> None:
    doc = type(make(env_id)).__doc__ or ""
    sections = ("Description", "Action Space", "Observation Space", "Rewards", "Starting State", "Episode End")
    for section in (*sections, "Arguments", "Version History", "Tools", "Intent labels"):
        assert f"## {section}" in doc


@EVERY_ENV
def test_the_same_seed_and_actions_give_the_same_episodes(env_id: str) -> None:
    one, two = make(env_id), make(env_id)
    assert one.reset(seed=3) == two.reset(seed=3)
    actions = [*calls(one, 8, seed=1), {"message": "Done."}]
    assert play(one, actions) == play(two, actions)
    assert one.reset() == two.reset()


@EVERY_ENV
def test_different_seeds_give_different_worlds_or_tasks(env_id: str) -> None:
    env = make(env_id)
    assert len({env.reset(seed=seed)[1]["scenario_id"] for seed in range(12)}) > 3


@EVERY_ENV
def test_infos_always_have_the_same_keys_and_types(env_id: str) -> None:
    env = make(env_id)
    infos = [env.reset(seed=1)[1]]
    infos += [step[4] for step in play(env, [*calls(env, 5, seed=2), 3, {"message": "Done."}, {"message": "Done."}])]
    for info in infos:
        assert {key: type(value) for key, value in info.items()} == INFO_TYPES
        assert all(type(name) is str for name in info["tools"])


@EVERY_ENV
def test_every_observation_lies_in_its_space_and_every_sample_in_the_action_space(env_id: str) -> None:
    env = make(env_id)
    env.action_space.seed(4)
    observation, info = env.reset(seed=4)
    for _ in range(60):
        assert observation in env.observation_space
        action = env.action_space.sample()
        assert action in env.action_space
        assert {call["name"] for call in action.get("tool_calls", ())} <= set(info["tools"])
        observation, _, terminated, truncated, info = env.step(action)
        if terminated or truncated:
            observation, info = env.reset()


@EVERY_ENV
def test_copies_pickles_and_forks_go_on_from_the_same_place_and_apart(env_id: str) -> None:
    env = make(env_id)
    env.reset(seed=6)
    before, after = calls(env, 4, seed=6), calls(env, 4, seed=7)
    play(env, before)
    state = env.get_state()
    twins = [copy.deepcopy(env), pickle.loads(pickle.dumps(env)), env.fork()]
    ending = [*after, {"message": "Done."}]
    expected = play(env, ending)
    following = env.reset()
    for twin in twins:
        assert play(twin, ending) == expected
        assert twin.reset() == following
    env.set_state(pickle.loads(pickle.dumps(state)))
    assert play(env, ending) == expected


@EVERY_ENV
def test_sampling_goes_on_alike_in_a_copy(env_id: str) -> None:
    env = make(env_id)
    env.reset(seed=6)
    env.action_space.seed(1)
    env.action_space.sample()
    twin = copy.deepcopy(env)
    assert [env.action_space.sample() for _ in range(5)] == [twin.action_space.sample() for _ in range(5)]


@EVERY_ENV
def test_a_step_after_the_end_is_harmless(env_id: str) -> None:
    env = make(env_id)
    env.reset(seed=2)
    last = env.step({"message": "Done."})
    again = env.step(calls(env, 1, seed=1)[0])
    assert last[2:4] == again[2:4] == (True, False)
    assert again[0] == {"messages": []}
    assert again[1] == 0.0
    assert again[4] == {**last[4], "action_error": "invalid_state"}


@EVERY_ENV
def test_three_of_them_run_as_a_vector(env_id: str) -> None:
    vector = gym.make_vec(env_id, num_envs=3, vectorization_mode="sync")
    observations, infos = vector.reset(seed=1)
    assert len(observations) == 3
    assert {type(digest) for digest in infos["digest"]} == {str}
    for _ in range(4):
        vector.step(vector.action_space.sample())
    _, rewards, terminated, _, infos = vector.step(tuple({"message": "Done."} for _ in range(3)))
    assert rewards.shape == terminated.shape == (3,)
    assert infos["credit"].dtype == float
    vector.close()


@EVERY_ENV
@pytest.mark.parametrize("mode", ["ansi", "human"])
def test_an_episode_is_rendered_as_text(env_id: str, mode: str, capsys: pytest.CaptureFixture[str]) -> None:
    env = make(env_id, render_mode=mode)
    env.reset(seed=2)
    play(env, [*calls(env, 2, seed=1), 3, {"message": "Done.\x1b[31m"}])
    shown = env.render() if mode == "ansi" else capsys.readouterr().out
    assert isinstance(shown, str)
    assert shown.startswith("episode  ")
    assert "step 3   malformed action" in shown
    assert "says: Done." in shown
    assert "\x1b" not in shown
    assert shown.count("outcome  ") == 1
    env.close()
    env.close()


@pytest.mark.slow
@EVERY_ENV
def test_ten_thousand_random_actions_raise_nothing(env_id: str) -> None:
    env = make(env_id)
    env.action_space.seed(11)
    env.reset(seed=11)
    for _ in range(10_000):
        _, reward, terminated, truncated, info = env.step(env.action_space.sample())
        assert info["fault"] == ""
        assert 0.0 <= reward <= 1.0
        if terminated or truncated:
            env.reset()
