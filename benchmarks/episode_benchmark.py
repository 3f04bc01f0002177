"""Whole episodes: reset, the plan's calls one a step, the last message and the reward."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import gymnasium as gym

from agentalign_env import OracleAgent, Scenario, load_tools
from benchmarks.fixtures import email_scenario, make, oracle_actions, scenarios
from benchmarks.measure import Figure, Settings, Work, measure

__all__ = ["run"]


def run(settings: Settings) -> Iterator[Figure]:
    """Three mail calls, and the first chains of the catalogue, by recorded actions and by the oracle agent."""
    env, email, several = make("agentalign_env:AgentAlign/Chain-v0"), email_scenario(), scenarios(settings.chains)
    one = [(email, oracle_actions(email))]
    many = [(scenario, oracle_actions(scenario)) for scenario in several]
    works = [
        Work(_recorded(env, one)),
        Work(_recorded(env, many), share=len(many)),
        Work(_agent(env, several), share=len(many)),
    ]
    timings = measure(works, settings)
    calls = sum(len(actions) - 1 for _, actions in many) / len(many)
    names = ("search, read, send", f"{len(many)} chains, mean of {calls:.1f} calls", "the same, by OracleAgent")
    for what, timing in zip(names, timings, strict=True):
        yield Figure.of(f"episode: {what}", timing)
        yield Figure(f"episodes/s: {what}", value=1e6 / timing.us, unit="/s")


def _recorded(env: gym.Env[Any, Any], episodes: list[tuple[Scenario, list[dict[str, Any]]]]) -> Callable[[], None]:
    def play() -> None:
        reward = 0.0
        for scenario, actions in episodes:
            env.reset(options={"scenario": scenario})
            for action in actions:
                _, last, _, _, _ = env.step(action)
                reward = float(last)
            _require_success(scenario, reward)

    return play


def _agent(env: gym.Env[Any, Any], several: list[Scenario]) -> Callable[[], None]:
    agent, tools = OracleAgent(), load_tools()
    schemas = [tools.openai_schemas(scenario.tools) for scenario in several]

    def play() -> None:
        for scenario, schema in zip(several, schemas, strict=True):
            observation, _ = env.reset(options={"scenario": scenario})
            agent.reset(scenario, schema)
            terminated, reward = False, 0.0
            while not terminated:
                observation, last, terminated, _, _ = env.step(agent.act(observation))
                reward = float(last)
            _require_success(scenario, reward)

    return play


def _require_success(scenario: Scenario, reward: float) -> None:
    if reward != 1.0:
        raise RuntimeError(f"expected the oracle to earn 1.0 in {scenario.id}, got {reward}")
