"""The spaces of the environments: what an agent may do, and what it is shown.

Both are spaces of their own: Gymnasium's `Text` is slow, refuses most characters, and breaks under shared memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import gymnasium as gym
import numpy as np

from agentalign_env.core.world import World
from agentalign_env.envs.actions import ActionError, MalformedCall, parse_action
from agentalign_env.envs.sampling import tool_sampler
from agentalign_env.toolkit.catalogue import load_tools

__all__ = ["AgentActionSpace", "ObservationSpace"]

_CALL_SHARE = 0.96
_SEVERAL_SHARE = 0.12
_WORDS = (
    "Done.",
    "Everything is arranged as you asked.",
    "I can't help with that.",
    "Which of the two do you mean?",
    "I found nothing.",
)
_ROLES = frozenset(("system", "user", "assistant", "tool"))


class _TextSpace(gym.Space[Any]):
    """What both spaces share. A copy takes over the generator's state, and makes its own when it first draws."""

    def __init__(self, seed: int | None = None) -> None:
        super().__init__(seed=seed)
        self._rng_state: Any = None

    @property
    def is_np_flattenable(self) -> bool:
        """Never: turns and messages are trees of text."""
        return False

    @property
    def np_random(self) -> np.random.Generator:
        """The space's generator, made when first used."""
        if self._np_random is None and self._rng_state is not None:
            bits = np.random.PCG64()
            bits.state, self._rng_state = self._rng_state, None
            self._np_random = np.random.Generator(bits)
        return super().np_random

    def seed(self, seed: int | None = None) -> Any:
        """Begins a new sequence of samples."""
        self._rng_state = None
        return super().seed(seed)

    def _hand_on(self, twin: _TextSpace) -> None:
        """Gives a copy the same place in the sequence of samples."""
        drawn: np.random.Generator | None = self._np_random
        twin._rng_state = self._rng_state if drawn is None else drawn.bit_generator.state


class AgentActionSpace(_TextSpace):
    """Every turn that calls known tools with valid arguments, and every final message.

    Any form that `parse_action` reads is contained. Samples are canonical: mostly one tool call, sometimes two or
    three, now and then a message. While an episode runs, they name what exists in its world about 70 % of the time.

    Args:
        tools: Names of all tools that any episode may offer.
        seed: For samples.
        faces: The seed of the generated tools, ``None`` for the catalogue's own.
    """

    def __init__(self, tools: Iterable[str], seed: int | None = None, *, faces: int | None = None) -> None:
        super().__init__(seed=seed)
        self.faces = faces
        given = tuple(tools)
        ordered = tuple(sorted(given))
        self.tools = given if given == ordered else ordered  # environments of the same tools share them
        self._offered = self.tools
        self._world: World | None = None

    def focus(self, world: World, offered: tuple[str, ...]) -> None:
        """Makes samples call these tools and name what is in this world at the time they are drawn."""
        self._world, self._offered = world, offered

    def sample(self, mask: Any | None = None, probability: Any | None = None) -> dict[str, Any]:
        """Draws a canonical action.

        Args:
            mask: One 0 or 1 per entry of `tools`: which may be called; by default those that the episode offers.
            probability: Instead of a mask, the probability of each.

        Raises:
            ValueError: Both are given, or one does not fit the tools.
        """
        draw = self.np_random.random
        names = self._offered
        weights: list[float] | None = None
        if mask is not None or probability is not None:
            names, weights = self._weighted(mask, probability)
        if not names or draw() >= _CALL_SHARE:
            return {"message": _WORDS[int(draw() * len(_WORDS))]}
        count = 1 if draw() >= _SEVERAL_SHARE else 2 + int(draw() * 2)
        calls = []
        for number in range(1, count + 1):
            name = names[int(draw() * len(names))] if weights is None else _pick(names, weights, draw())
            calls.append(
                {
                    "id": f"call_{number}",
                    "name": name,
                    "arguments": tool_sampler(name, self.faces).arguments(self._world, draw),
                }
            )
        return {"tool_calls": calls}

    def _weighted(self, mask: Any | None, probability: Any | None) -> tuple[tuple[str, ...], list[float]]:
        given = mask if mask is not None else probability
        if mask is not None and probability is not None:
            raise ValueError("expected a mask or a probability, got both: keep one")
        weights = [float(weight) for weight in np.asarray(given, dtype=float).ravel()]
        if len(weights) != len(self.tools) or any(not weight >= 0.0 for weight in weights):
            raise ValueError(
                f"expected {len(self.tools)} weights of 0 or more, one per entry of `tools`; "
                f"got {len(weights)}: {weights[:8]}"
            )
        kept = [(name, weight) for name, weight in zip(self.tools, weights, strict=True) if weight > 0.0]
        return tuple(name for name, _ in kept), [weight for _, weight in kept]

    def contains(self, x: Any) -> bool:
        """Whether every call names a tool of the space with arguments that fit its schema, or the turn is a message."""
        turn = parse_action(x)
        if isinstance(turn, ActionError):
            return False
        return all(
            type(call) is not MalformedCall
            and call.name in self.tools
            and load_tools(self.faces)[call.name].reject(call.arguments) is None
            for call in turn.calls
        )

    def __repr__(self) -> str:
        return f"AgentActionSpace({len(self.tools)} tools)"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, AgentActionSpace) and (self.tools, self.faces) == (other.tools, other.faces)

    def __hash__(self) -> int:
        return hash((AgentActionSpace, self.tools, self.faces))

    def __deepcopy__(self, memo: dict[int, Any]) -> AgentActionSpace:
        twin = AgentActionSpace((), faces=self.faces)
        twin.tools, twin._offered, twin._world = self.tools, self._offered, self._world
        self._hand_on(twin)
        return twin

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_world": None}


class ObservationSpace(_TextSpace):
    """``{"messages": [...]}``: the chat messages since the last step, none after the agent's last words."""

    def sample(self, mask: Any | None = None, probability: Any | None = None) -> dict[str, Any]:
        """Draws an observation with one to three short tool messages; masks have no meaning here."""
        draw = self.np_random.random
        return {
            "messages": [
                {
                    "role": "tool",
                    "tool_call_id": f"call_{number}",
                    "name": "search_gmail",
                    "content": f'{{"more":{str(draw() < 0.5).lower()}}}',
                }
                for number in range(1, 2 + int(draw() * 3))
            ]
        }

    def contains(self, x: Any) -> bool:
        """Whether it is such an object."""
        return (
            type(x) is dict
            and x.keys() == {"messages"}
            and type(x["messages"]) is list
            and all(map(_is_message, x["messages"]))
        )

    def __repr__(self) -> str:
        return "ObservationSpace()"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ObservationSpace)

    def __hash__(self) -> int:
        return hash(ObservationSpace)

    def __deepcopy__(self, memo: dict[int, Any]) -> ObservationSpace:
        twin = ObservationSpace()
        self._hand_on(twin)
        return twin


def _pick(names: Sequence[str], weights: Sequence[float], share: float) -> str:
    """The name at this share of the summed weights."""
    left = share * sum(weights)
    for name, weight in zip(names, weights, strict=True):
        left -= weight
        if left < 0.0:
            return name
    return names[-1]


def _is_message(value: Any) -> bool:
    if type(value) is not dict or value.get("role") not in _ROLES or type(value.get("content")) is not str:
        return False
    if value["role"] == "tool":
        return (
            value.keys() == {"role", "content", "tool_call_id", "name"}
            and type(value["tool_call_id"]) is str
            and type(value["name"]) is str
        )
    return bool(value.keys() == {"role", "content"})
