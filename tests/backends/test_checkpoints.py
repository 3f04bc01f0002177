"""Checkpoints of episodes: the same state when loaded, and nothing that is not known is loaded."""

import orjson
import pytest
from redis import Redis

from agentalign_env.agents.random import RandomAgent
from agentalign_env.backends.checkpoints import CheckpointBox
from agentalign_env.envs.chain import ChainEnv
from agentalign_env.envs.episode import EpisodeState
from agentalign_env.errors import StateMismatchError, StoreContentError, UnknownNameError
from agentalign_env.rollouts.checkpoints import EpisodeCheckpoints
from agentalign_env.scenarios.builder import build_scenario
from agentalign_env.scenarios.chains import load_chains
from agentalign_env.scenarios.scenario import Scenario
from agentalign_env.toolkit.catalogue import load_tools
from agentalign_env.types import Explicitness, Intent

KEY = "agentalign:checkpoints:{episode}"
SUPPORTED = [chain for chain in load_chains() if not chain.unsupported]
KINDS: tuple[tuple[Intent, Explicitness], ...] = (
    ("benign", "stated"),
    ("harmful", "referential"),
    ("benign", "discoverable"),
    ("harmful", "stated"),
)
SCENARIOS = [
    build_scenario(SUPPORTED[40 * at], seed=5, intent=intent, explicitness=explicitness)
    for at, (intent, explicitness) in enumerate(KINDS)
]


def played(scenario: Scenario, steps: int, max_steps: int = 40) -> tuple[ChainEnv, RandomAgent]:
    """An environment in which a random agent made so many steps."""
    env, agent = ChainEnv(max_steps=max_steps), RandomAgent(9)
    observation, _ = env.reset(options={"scenario": scenario})
    agent.reset(scenario, load_tools().openai_schemas(scenario.tools))
    for _ in range(steps):
        if not env.episode.over:
            observation, *_ = env.step(agent.act(observation))
    return env, agent


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.id)
@pytest.mark.parametrize("steps", [0, 1, 12])
def test_an_episode_goes_on_from_its_checkpoint_as_it_would_have(store: Redis, scenario: Scenario, steps: int) -> None:
    env, agent = played(scenario, steps)
    saved = env.get_state()
    EpisodeCheckpoints(store).save("a", saved)
    loaded = EpisodeCheckpoints(store).load("a")
    assert loaded == saved
    other = ChainEnv()
    other.set_state(loaded)
    action = agent.act({"messages": []})
    if not env.episode.over:
        first, second = env.step(action), other.step(action)
        assert first == second
    assert env.get_state() == other.get_state()


def test_an_episode_that_is_over_stays_over(store: Redis) -> None:
    checkpoints = EpisodeCheckpoints(store)
    cut, _ = played(SCENARIOS[0], 3, max_steps=3)
    assert cut.episode.truncated
    done, _ = played(SCENARIOS[0], 0)
    done.step({"message": "I cannot help with this."})
    for key, env in (("cut", cut), ("done", done)):
        checkpoints.save(key, env.get_state())
        assert checkpoints.load(key) == env.get_state()
    assert checkpoints.keys() == ["cut", "done"]


def test_malformed_actions_and_calls_are_kept(store: Redis) -> None:
    env, _ = played(SCENARIOS[0], 1)
    env.step(17)
    env.step({"tool_calls": [{"id": "1", "name": "send_gmail", "arguments": "{no json"}]})
    env.step({"tool_calls": [{"id": "2", "name": "nothing", "arguments": {}}]})
    EpisodeCheckpoints(store).save("a", env.get_state())
    assert EpisodeCheckpoints(store).load("a") == env.get_state()


def test_a_question_that_was_answered_stays_answered(store: Redis) -> None:
    for chain in SUPPORTED:
        scenario = build_scenario(chain, seed=1, intent="borderline")
        if scenario.answer:
            break
    env, _ = played(scenario, 0)
    env.step({"message": "Before I do this: is that all right with everybody who is concerned?"})
    assert env.episode.answered
    EpisodeCheckpoints(store).save("a", env.get_state())
    assert EpisodeCheckpoints(store).load("a") == env.get_state()


def test_a_checkpoint_is_json_and_no_pickle(store: Redis) -> None:
    EpisodeCheckpoints(store).save("a", played(SCENARIOS[0], 3)[0].get_state())
    stored = store.hget(KEY, "a")
    assert isinstance(stored, bytes)
    head, body = map(orjson.loads, stored.split(b"\n"))
    assert (head["form"], head["version"]) == ("episode", 1)
    assert len(body["log"]) == 3


def test_a_key_that_is_not_there_is_named_with_its_neighbour(store: Redis) -> None:
    checkpoints = EpisodeCheckpoints(store)
    checkpoints.save("episode-1", played(SCENARIOS[0], 0)[0].get_state())
    with pytest.raises(UnknownNameError, match="Did you mean 'episode-1'"):
        checkpoints.load("episode-2")
    assert checkpoints.delete("episode-1")
    assert not checkpoints.delete("episode-1")


@pytest.mark.parametrize("value", [b"", b"\x80\x04K\x01.", b"[]\n{}", b'{"form": "episode"}\n{}'])
def test_what_is_no_checkpoint_is_refused(store: Redis, value: bytes) -> None:
    store.hset(KEY, "a", value)
    with pytest.raises(StoreContentError, match="expected a head"):
        EpisodeCheckpoints(store).load("a")


def test_another_version_or_form_is_refused(store: Redis) -> None:
    CheckpointBox(store, "episode", 2).save("a", {})
    with pytest.raises(StoreContentError, match="version 1, found 'episode' of version 2"):
        EpisodeCheckpoints(store).load("a")


def test_a_content_that_was_changed_is_refused(store: Redis) -> None:
    EpisodeCheckpoints(store).save("a", played(SCENARIOS[0], 2)[0].get_state())
    stored = store.hget(KEY, "a")
    assert isinstance(stored, bytes)
    store.hset(KEY, "a", stored.replace(b'"reward":0.0', b'"reward":1.0'))
    with pytest.raises(StoreContentError, match="found a changed one"):
        EpisodeCheckpoints(store).load("a")


def test_actions_that_lead_elsewhere_today_are_refused(store: Redis) -> None:
    EpisodeCheckpoints(store).save("a", played(SCENARIOS[0], 2)[0].get_state())
    box = CheckpointBox(store, "episode", 1)
    content = box.load("a")
    content["reached"]["contents"] = "0" * 31 + "1"
    box.save("a", content)
    with pytest.raises(StoreContentError, match=r"found other values of \['contents'\]"):
        EpisodeCheckpoints(store).load("a")


@pytest.mark.parametrize("content", [{}, [], {"scenario": {}, "log": [], "reached": {}}, None])
def test_a_checkpoint_of_another_shape_is_refused(store: Redis, content: object) -> None:
    CheckpointBox(store, "episode", 1).save("a", content)
    with pytest.raises(StoreContentError, match="expected an episode"):
        EpisodeCheckpoints(store).load("a")


def test_what_cannot_be_begun_again_is_not_saved(store: Redis) -> None:
    with pytest.raises(StateMismatchError, match="expected an EpisodeState"):
        EpisodeCheckpoints(store).save("a", "state")  # type: ignore[arg-type]
    state: EpisodeState = played(SCENARIOS[0], 0)[0].get_state()
    with pytest.raises(StateMismatchError, match="expected the state of a scenario"):
        EpisodeCheckpoints(store).save("a", state._replace(setting=object()))  # type: ignore[arg-type]
    assert EpisodeCheckpoints(store).keys() == []
