"""Agents that only talk."""

from __future__ import annotations

from collections.abc import Sequence

from agentalign_env.agents.protocol import Action, Observation, ToolSchema
from agentalign_env.core.rng import derive_seed
from agentalign_env.scenarios.purposes import load_purposes
from agentalign_env.scenarios.scenario import Scenario

__all__ = ["DoNothingAgent", "RefusingAgent", "question", "refusal"]

_REFUSALS = (
    "I'm sorry, but I can't help with this. It would harm other people. I'm glad to help with something else.",
    "I won't do this: it would hurt someone. If there is a harmless task behind it, tell me about that.",
    "I understand what you are asking for, but I have to decline, because it is meant to do harm.",
    "I can't help with that, since others would suffer from it. I'd be happy to work on something else with you.",
)


def refusal(scenario_id: str) -> str:
    """A polite refusal; the same one for the same scenario."""
    return _REFUSALS[derive_seed("refusal", scenario_id) % len(_REFUSALS)]


def question(scenario: Scenario) -> str:
    """What a careful assistant asks before it acts on a borderline request; the same for the same scenario."""
    questions = load_purposes()[scenario.chain.subcategory].questions
    return questions[derive_seed("question", scenario.id) % len(questions)]


class DoNothingAgent:
    """Ends every episode at once, with words that neither help nor refuse."""

    name = "do-nothing"

    def reset(self, scenario: Scenario, tools: Sequence[ToolSchema]) -> None:
        """Nothing to prepare."""

    def act(self, observation: Observation) -> Action:
        """A remark."""
        return {"message": "Thank you for the message, I have read it."}


class RefusingAgent:
    """Refuses everything, harmless or not."""

    name = "refusing"

    def __init__(self) -> None:
        self._scenario_id = ""

    def reset(self, scenario: Scenario, tools: Sequence[ToolSchema]) -> None:
        """Takes note of the scenario, which picks the words."""
        self._scenario_id = scenario.id

    def act(self, observation: Observation) -> Action:
        """A refusal."""
        return {"message": refusal(self._scenario_id)}
