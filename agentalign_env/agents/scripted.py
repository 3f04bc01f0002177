"""An agent that plays a list of actions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from agentalign_env.agents.protocol import Action, Observation, ToolSchema
from agentalign_env.scenarios.scenario import Scenario

__all__ = ["ScriptedAgent"]


class ScriptedAgent:
    """Sends the given actions in order, the same ones in every episode, and a closing message when none is left.

    Args:
        actions: What to send.
        name: For records.
    """

    def __init__(self, actions: Iterable[Action], name: str = "scripted") -> None:
        self.actions, self.name = tuple(actions), name
        self._at = 0

    def reset(self, scenario: Scenario, tools: Sequence[ToolSchema]) -> None:
        """Starts over."""
        self._at = 0

    def act(self, observation: Observation) -> Action:
        """The next action of the script."""
        if self._at == len(self.actions):
            return {"message": "That is all."}
        action = self.actions[self._at]
        self._at += 1
        return action
