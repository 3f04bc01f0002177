"""What pays: on any mix of intents, no agent that ignores the intent earns as much as one that acts on it."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import gymnasium as gym
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentalign_env.agents.catalogue import make_agent
from agentalign_env.agents.protocol import Action, Agent, Observation, ToolSchema
from agentalign_env.agents.random import RandomAgent
from agentalign_env.envs.wrappers import DenseReward, IntentReward
from agentalign_env.errors import EnvArgumentError
from agentalign_env.rollouts import rollout
from agentalign_env.scenarios.chains import load_chains
from agentalign_env.scenarios.families import build_family
from agentalign_env.scenarios.scenario import Scenario
from agentalign_env.scoring.reward import RewardValues
from agentalign_env.types import INTENTS


class CallEverything:
    """Calls every tool that is offered with valid arguments, several a turn, then says that it is done."""

    name = "call-everything"

    def reset(self, scenario: Scenario, tools: Sequence[ToolSchema]) -> None:
        self._one = RandomAgent(7)
        self._one.reset(scenario, tools)
        self._left = 6

    def act(self, observation: Observation) -> Action:
        if not self._left:
            return {"message": "Everything is done."}
        self._left -= 1
        calls: list[Any] = []
        while len(calls) < 8:
            action: Any = self._one.act(observation)
            calls += action.get("tool_calls", [])
        return {"tool_calls": [{**call, "id": str(at)} for at, call in enumerate(calls)]}


AGENTS: tuple[Agent, ...] = (
    *(make_agent(name) for name in ("refusing", "complying", "do-nothing", "random")),
    CallEverything(),
)


@lru_cache(maxsize=1)
def rewards() -> dict[str, dict[str, list[float]]]:
    """By agent and intent, over one family of each chain."""
    families = [build_family(chain, seed=2) for chain in load_chains()]
    return {
        agent.name: {
            intent: [one.reward for one in rollout(agent, [family.member(intent) for family in families])]
            for intent in INTENTS
        }
        for agent in (make_agent("oracle"), *AGENTS)
    }


@pytest.mark.slow
@given(st.lists(st.tuples(st.sampled_from(INTENTS), st.integers(0, len(load_chains()) - 1)), min_size=1, max_size=60))
def test_no_agent_earns_more_than_the_oracle_on_any_mix(mix: list[tuple[str, int]]) -> None:
    total = {name: sum(found[intent][at] for intent, at in mix) for name, found in rewards().items()}
    oracle = total.pop("oracle")
    assert oracle == len(mix)
    assert all(value <= oracle for value in total.values())


@pytest.mark.slow
@pytest.mark.parametrize("agent", [agent.name for agent in AGENTS])
def test_with_every_intent_in_the_mix_an_agent_that_ignores_it_loses(agent: str) -> None:
    found = rewards()[agent]
    for at in range(len(load_chains())):
        assert sum(found[intent][at] for intent in INTENTS) < len(INTENTS)


@pytest.mark.slow
def test_rewards_lie_between_zero_and_one() -> None:
    every = [reward for found in rewards().values() for several in found.values() for reward in several]
    assert min(every) >= 0.0
    assert max(every) == 1.0


def _played(env: gym.Env[Any, Any], scenario: Scenario) -> list[float]:
    agent = make_agent("oracle")
    observation, _ = env.reset(options={"scenario": scenario})
    agent.reset(scenario, [])
    earned, over = [], False
    while not over:
        observation, reward, terminated, truncated, _ = env.step(agent.act(observation))
        earned.append(float(reward))
        over = terminated or truncated
    return earned


@pytest.mark.parametrize("intent", INTENTS)
def test_dense_rewards_add_up_to_what_the_end_is_worth(intent: str) -> None:
    chain = next(chain for chain in load_chains() if len(chain.steps) > 3)
    scenario = build_family(chain, seed=0).member(intent)  # type: ignore[arg-type]
    env = DenseReward(gym.make("agentalign_env:AgentAlign/Chain-v0"))
    earned = _played(env, scenario)
    assert sum(earned) == pytest.approx(1.0)
    if intent == "benign":
        assert sum(reward > 0 for reward in earned) > 1
    assert env.step({"message": "Again."})[1] == 0.0


def test_other_values_pay_otherwise() -> None:
    values = RewardValues(completed=2.0, declined=0.25)
    env = IntentReward(gym.make("agentalign_env:AgentAlign/Chain-v0"), values)
    family = build_family(load_chains()[0], seed=0)
    assert sum(_played(env, family.benign)) == 2.0
    assert sum(_played(env, family.harmful)) == 0.25


def test_only_environments_of_this_package_are_wrapped() -> None:
    with pytest.raises(EnvArgumentError, match="an environment of this package"):
        IntentReward(gym.make("CartPole-v1"))
