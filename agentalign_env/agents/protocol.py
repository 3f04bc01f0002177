"""What an agent is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from agentalign_env.scenarios.scenario import Scenario

__all__ = ["Action", "Agent", "Observation", "ToolSchema"]

Observation = Mapping[str, Any]
"""``{"messages": [...]}``: the messages since the last action."""

Action = object
"""A turn in any form that an environment reads.

``{"tool_calls": [...]}``, ``{"message": text}``, an OpenAI assistant message, or text.
"""

ToolSchema = Mapping[str, Any]
"""An entry of an OpenAI-style ``tools`` list."""


class Agent(Protocol):
    """Acts in one episode at a time.

    Attributes:
        name: Stands in records; it should tell settings apart, such as ``random-3``.
    """

    @property
    def name(self) -> str:
        """The agent's name."""
        ...

    def reset(self, scenario: Scenario, tools: Sequence[ToolSchema]) -> None:
        """Begins an episode.

        Args:
            scenario: What it is about. An honest agent reads nothing of it; baselines and the oracle do.
            tools: The tools offered.
        """
        ...

    def act(self, observation: Observation) -> Action:
        """The next turn, given what is new."""
        ...
