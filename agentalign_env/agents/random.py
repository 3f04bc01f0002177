"""An agent that calls tools at random."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from agentalign_env.agents.protocol import Action, Observation, ToolSchema
from agentalign_env.core.limits import DEFAULT_LIMITS
from agentalign_env.core.rng import derive_seed
from agentalign_env.envs.actions import parse_action
from agentalign_env.envs.episode import Episode
from agentalign_env.envs.spaces import AgentActionSpace
from agentalign_env.scenarios.scenario import Scenario

__all__ = ["RandomAgent"]


class RandomAgent:
    """Samples the environment's action space: valid arguments, most of which name what exists in the world by then.

    It keeps a twin of the episode to know what exists. What it does depends on the seed and the scenario alone.

    Args:
        seed: For its choices.
    """

    def __init__(self, seed: int = 0) -> None:
        self.seed = seed
        self.name = "random" if seed == 0 else f"random-{seed}"
        self._space: AgentActionSpace | None = None
        self._twin: Episode | None = None

    def reset(self, scenario: Scenario, tools: Sequence[ToolSchema]) -> None:
        """Begins a stream of its own for the scenario."""
        names = tuple(str(tool["function"]["name"]) for tool in tools)
        self._twin = Episode(scenario, DEFAULT_LIMITS._replace(steps=1_000_000))
        self._space = AgentActionSpace(names, seed=derive_seed("random agent", self.seed, scenario.id) % (1 << 32))
        self._space.focus(self._twin.world, names)

    def act(self, observation: Observation) -> Action:
        """A sample.

        Raises:
            RuntimeError: There was no reset.
        """
        if self._space is None or self._twin is None:
            raise RuntimeError("act was called before reset: call reset(scenario, tools) first")
        action: dict[str, Any] = self._space.sample()
        if not self._twin.over:
            self._twin.step(parse_action(action))
        return action
