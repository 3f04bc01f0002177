"""Trajectories to test with."""

import pytest

from agentalign_env.agents.catalogue import AGENT_NAMES, make_agent
from agentalign_env.agents.oracle import OracleAgent
from agentalign_env.agents.protocol import Agent
from agentalign_env.agents.scripted import ScriptedAgent
from agentalign_env.recording.trajectory import Trajectory
from agentalign_env.rollouts.local import rollout
from agentalign_env.scenarios.builder import build_scenario
from agentalign_env.scenarios.chains import load_chains
from agentalign_env.scenarios.scenario import Scenario

ODD_ACTIONS = (
    {"tool_calls": []},
    b"bytes",
    float("nan"),
    {"message": "\ud800"},
    {
        "tool_calls": [
            {
                "id": "1",
                "name": "no_such_tool",
                "arguments": {"n": 2**63, "text": "café", "deep": {"list": [1.5, None]}},
            }
        ]
    },
    '{"tool_calls": [{"name": "search_gmail", "arguments": "{\\"q\\": 5}"}], "reasoning": "the mails first"}',
    {"tool_calls": [{"id": "1", "name": "search_gmail", "arguments": "{"}, {"id": "2", "name": "search_gmail"}]},
    {"tool_calls": [{"id": "1", "name": "search_gmail", "arguments": {"q": float("nan")}}]},
    ({"a": "tuple"},),
    {"role": "assistant", "content": "Let me look.", "reasoning_content": "hm", "tool_calls": []},
)


@pytest.fixture(scope="session")
def scenarios() -> list[Scenario]:
    """Benign and harmful scenarios of a dozen chains, the first of them with writes."""
    supported = [chain for chain in load_chains() if not chain.unsupported]
    chains = sorted(supported, key=lambda chain: -len(chain.steps))[:4] + supported[::16]
    return [build_scenario(chain, seed=1, intent=intent) for chain in chains for intent in ("benign", "harmful")]


@pytest.fixture(scope="session")
def trajectories(scenarios: list[Scenario]) -> list[Trajectory]:
    """Records of every built-in agent, and of one that sends strange actions."""
    agents: list[Agent] = [
        *map(make_agent, AGENT_NAMES),
        ScriptedAgent(ODD_ACTIONS[:-1], "odd"),
        ScriptedAgent(ODD_ACTIONS[-1:], "late"),
    ]
    return [trajectory for agent in agents for trajectory in rollout(agent, scenarios, max_steps=12)]


@pytest.fixture(scope="session")
def trajectory(scenarios: list[Scenario]) -> Trajectory:
    """The oracle's record of a long benign scenario."""
    return next(rollout(OracleAgent(), scenarios))
