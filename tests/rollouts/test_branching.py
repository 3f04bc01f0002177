"""Branches share a prefix and nothing else, and their rewards become advantages."""

import copy
import logging
import statistics
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentalign_env.agents.oracle import OracleAgent
from agentalign_env.agents.passive import DoNothingAgent
from agentalign_env.agents.protocol import Action, Observation
from agentalign_env.agents.random import RandomAgent
from agentalign_env.agents.scripted import ScriptedAgent
from agentalign_env.envs.env import AgentAlignEnv
from agentalign_env.envs.wrappers import DenseReward
from agentalign_env.errors import EnvArgumentError
from agentalign_env.rollouts.branching import Branches, branch, group_advantages
from agentalign_env.rollouts.local import rollout
from agentalign_env.scenarios.builder import build_scenario
from agentalign_env.scenarios.chains import load_chains
from agentalign_env.scenarios.scenario import Scenario

CHAIN = "agentalign_env:AgentAlign/Chain-v0"
DONE = {"message": "Done."}
GROUPS = st.lists(st.floats(0.0, 1.0).map(lambda value: round(value, 3)), min_size=1, max_size=12)


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return build_scenario(max(load_chains(), key=lambda chain: -1 if chain.unsupported else len(chain.steps)), seed=2)


def begun(scenario: Scenario) -> tuple[AgentAlignEnv, OracleAgent, Observation]:
    """An environment two steps into the plan, who acted, and what was last observed."""
    env = gym.make(CHAIN).unwrapped
    assert isinstance(env, AgentAlignEnv)
    observation, _ = env.reset(options={"scenario": scenario})
    agent = OracleAgent()
    agent.reset(scenario, [])
    for _ in range(2):
        observation = env.step(agent.act(observation))[0]
    return env, agent, observation


def test_copies_of_the_agent_go_on_where_it_stood_and_the_trunk_stays(scenario: Scenario) -> None:
    env, agent, observation = begun(scenario)
    state = env.get_state()
    results = branch(env, 3).run(lambda _: copy.deepcopy(agent), observation=observation)
    assert [(result.reward, result.outcome, result.credit) for result in results] == [(1.0, "completed", 1.0)] * 3
    assert env.get_state() == state
    (record,) = rollout(OracleAgent(), [scenario])
    assert [step.action for step in results[0].steps] == [step.action for step in record.steps[2:]]


def test_branches_differ_by_what_is_done_in_them(scenario: Scenario) -> None:
    env, agent, observation = begun(scenario)
    branches = branch(env, 3)
    agents = [agent, DoNothingAgent(), ScriptedAgent([3, DONE])]
    results = branches.run(agents, observation=observation)
    assert results[0].reward == 1.0
    assert results[1].reward == results[2].reward < 1.0
    assert [len(result.steps) for result in results] == [len(scenario.plan) - 1, 1, 2]
    assert results[2].steps[0].observation["messages"][0]["role"] == "user"
    digests = {one.unwrapped.episode.world.digest() for one in branches.envs}  # type: ignore[attr-defined]
    assert len(digests) == 2


def test_from_the_reset_on_branches_are_whole_rollouts(scenario: Scenario) -> None:
    env = gym.make(CHAIN)
    env.reset(options={"scenario": scenario})
    results = branch(env, 4).run(RandomAgent)
    for seed, result in enumerate(results):
        (record,) = rollout(RandomAgent(seed), [scenario])
        assert (result.reward, result.outcome, result.credit) == (record.reward, record.outcome, record.credit)
        assert [step.action for step in result.steps] == [step.action for step in record.steps]


def test_new_agents_are_shown_the_whole_conversation(scenario: Scenario) -> None:
    shown: list[Any] = []

    class Reading(DoNothingAgent):
        def act(self, observation: Observation) -> Action:
            shown.append(observation["messages"])
            return super().act(observation)

    env, _, observation = begun(scenario)
    malformed = env.step({"tool": 3})[0]["messages"]
    branch(env, 2).run(lambda _: Reading())
    assert shown[0] == shown[1]
    assert shown[0] is not shown[1]
    messages = shown[0]
    assert messages[:2] == env.episode.opening()
    roles = ["system", "user", "assistant", "tool", "assistant", "tool", "assistant", "user"]
    assert [message["role"] for message in messages] == roles
    called = [message["tool_calls"][0]["function"] for message in messages if message.get("tool_calls")]
    assert called == [{"name": result.call.name, "arguments": result.call.arguments} for result in env.episode.results]
    assert messages[5:6] == observation["messages"]
    assert messages[7:] == malformed


def test_wrappers_come_along_and_rewards_of_the_prefix_do_not_count(scenario: Scenario) -> None:
    env = DenseReward(gym.make(CHAIN))
    observation, _ = env.reset(options={"scenario": scenario})
    agent, paid = OracleAgent(), 0.0
    agent.reset(scenario, [])
    while not paid:
        observation, reward, *_ = env.step(agent.act(observation))
        paid += reward
    branches = branch(env, 2)
    assert {type(one) for one in branches.envs} == {DenseReward}
    results = branches.run([copy.deepcopy(agent), agent], observation=observation)
    assert [round(result.reward + paid, 9) for result in results] == [1.0, 1.0]


def test_a_crash_of_an_agent_costs_its_branch_alone(scenario: Scenario, caplog: pytest.LogCaptureFixture) -> None:
    class Crashing(DoNothingAgent):
        def act(self, observation: Observation) -> Action:
            raise ValueError("no idea")

    caplog.set_level(logging.WARNING)
    env, agent, observation = begun(scenario)
    one, two = branch(env, 2).run([Crashing(), agent], observation=observation)
    assert one == (0.0, "fault", 0.0, (), "ValueError: no idea")
    assert two.outcome == "completed"
    assert scenario.id in caplog.text


def test_what_cannot_be_branched_is_refused(scenario: Scenario) -> None:
    env, agent, observation = begun(scenario)
    for k in (0, -1, True, 1.0):
        with pytest.raises(EnvArgumentError, match="k: expected an integer of 1 or more"):
            branch(env, k)  # type: ignore[arg-type]
    with pytest.raises(EnvArgumentError, match="an environment of this package"):
        branch(gym.make("CartPole-v1"), 2)
    with pytest.raises(gym.error.ResetNeeded):
        branch(gym.make(CHAIN), 2)
    branches = branch(env, 2)
    with pytest.raises(EnvArgumentError, match="2 agents"):
        branches.run([agent], observation=observation)
    branches.run([DoNothingAgent()] * 2)
    with pytest.raises(EnvArgumentError, match="under way"):
        branches.run([DoNothingAgent()] * 2)
    env.step(DONE)
    with pytest.raises(EnvArgumentError, match="under way"):
        branch(env, 2)


def test_sixty_four_branches_share_their_world(scenario: Scenario) -> None:
    env, _, _ = begun(scenario)
    branches = branch(env, 64)
    assert isinstance(branches, Branches)
    episodes = [one.unwrapped.episode for one in branches.envs]  # type: ignore[attr-defined]
    assert len(episodes) == 64
    for episode in episodes:
        assert episode.world.base is env.episode.world.base
        assert episode.world is not env.episode.world


@given(GROUPS)
def test_advantages_are_rewards_in_units_of_the_groups_spread(rewards: list[float]) -> None:
    found = group_advantages(rewards, eps=0.0)
    if len(set(rewards)) == 1:
        assert found == [0.0] * len(rewards)
    else:
        mean, spread = statistics.fmean(rewards), statistics.pstdev(rewards)
        assert found == pytest.approx([(reward - mean) / spread for reward in rewards])
        assert statistics.pstdev(found) == pytest.approx(1.0)


@given(GROUPS)
def test_left_out_a_reward_is_compared_with_the_others(rewards: list[float]) -> None:
    found = group_advantages(rewards, baseline="leave-one-out")
    for number, (reward, advantage) in enumerate(zip(rewards, found, strict=True)):
        others = rewards[:number] + rewards[number + 1 :]
        assert advantage == pytest.approx(reward - statistics.fmean(others) if others else 0.0)


def test_advantages_of_small_groups_and_of_what_is_no_reward() -> None:
    assert group_advantages([]) == []
    assert group_advantages([0.7]) == [0.0]
    assert group_advantages([0.1] * 3) == [0.0] * 3
    assert group_advantages([0.0, 1.0], eps=0.5) == [-0.5, 0.5]
    assert group_advantages(np.array([0.0, 1.0]), baseline="leave-one-out") == [-1.0, 1.0]  # type: ignore[arg-type]
    with pytest.raises(EnvArgumentError, match="finite"):
        group_advantages([0.5, float("nan")])
    with pytest.raises(EnvArgumentError, match="leave-one-out"):
        group_advantages([0.5], baseline="median")  # type: ignore[arg-type]
