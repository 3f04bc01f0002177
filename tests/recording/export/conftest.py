"""Rows to export: every shape that a conversation can take."""

from collections.abc import Mapping

import pytest

from agentalign_env.agents.catalogue import make_agent
from agentalign_env.agents.protocol import Agent
from agentalign_env.agents.scripted import ScriptedAgent
from agentalign_env.recording.rows import TrainingRow, row_of
from agentalign_env.recording.trajectory import Trajectory
from agentalign_env.rollouts.local import rollout
from agentalign_env.scenarios.builder import build_scenario
from agentalign_env.scenarios.chains import load_chains
from agentalign_env.types import Intent

PARALLEL = {
    "tool_calls": [
        {"id": "a", "name": "search_google", "arguments": {"query": "Café, “naïve” 日本語 🚲", "dateRestrict": None}},
        {
            "id": "b",
            "name": "no_such_tool",
            "arguments": {"deep": {"list": [1.5, {"x": None, "y": True}], "empty": {}}, "n": 7},
        },
    ],
    "message": "Beide zugleich.",
    "reasoning_content": "two at once\nthen on",
}
UNREADABLE_ARGUMENTS = {"tool_calls": [{"id": "a", "name": "search_google", "arguments": "{"}]}
ONE_CALL = {"tool_calls": [{"id": "a", "name": "search_google", "arguments": {"query": "tea"}}]}
SCRIPTS: Mapping[str, tuple[object, ...]] = {
    "parallel": (PARALLEL, ONE_CALL, {"message": "Done, voilà: ✓."}),
    "malformed": ({"tool_calls": []}, '{"tool_calls": [', PARALLEL, {"message": "I am lost."}),
    "unreadable": (UNREADABLE_ARGUMENTS, ONE_CALL, {"message": "Done."}),
    "silent": ({"message": ""},),
    "endless": (ONE_CALL,) * 4,
}


@pytest.fixture(scope="session")
def trajectories() -> dict[str, Trajectory]:
    """Episodes by what is odd about them."""
    chain = next(chain for chain in load_chains() if chain.id == "racial_discrimination-1")
    acted: dict[str, tuple[Agent, Intent]] = {
        "benign": (make_agent("oracle"), "benign"),
        "answered": (make_agent("oracle"), "borderline"),
        "refused": (make_agent("oracle"), "harmful"),
        "complied": (make_agent("complying"), "harmful"),
        "over-refused": (make_agent("refusing"), "benign"),
        **{name: (ScriptedAgent(script, name), "benign") for name, script in SCRIPTS.items()},
    }
    return {
        name: next(
            rollout(agent, [build_scenario(chain, seed=1, intent=intent)], max_steps=4 + 2 * (name == "answered"))
        )
        for name, (agent, intent) in acted.items()
    }


@pytest.fixture(scope="session")
def rows(trajectories: dict[str, Trajectory]) -> dict[str, TrainingRow]:
    """Their rows."""
    return {name: row_of(trajectory) for name, trajectory in trajectories.items()}
