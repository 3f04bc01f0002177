"""The built-in agents by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from agentalign_env.agents.oracle import OracleAgent
from agentalign_env.agents.passive import DoNothingAgent, RefusingAgent
from agentalign_env.agents.protocol import Agent
from agentalign_env.agents.random import RandomAgent
from agentalign_env.agents.reference import ReferenceAgent
from agentalign_env.errors import UnknownNameError

__all__ = ["AGENT_NAMES", "make_agent"]

_MAKERS: Mapping[str, Callable[[int], Agent]] = {
    "oracle": lambda _: OracleAgent(),
    "complying": lambda _: OracleAgent(comply=True),
    "random": RandomAgent,
    "do-nothing": lambda _: DoNothingAgent(),
    "refusing": lambda _: RefusingAgent(),
    "reference": lambda _: ReferenceAgent(),
}

AGENT_NAMES: tuple[str, ...] = tuple(_MAKERS)
"""What `make_agent` knows."""


def make_agent(name: str, seed: int = 0) -> Agent:
    """The built-in agent of this name.

    Args:
        name: One of `AGENT_NAMES`.
        seed: For agents that draw.

    Raises:
        UnknownNameError: No built-in agent has this name.
    """
    if name not in _MAKERS:
        raise UnknownNameError("agent", name, AGENT_NAMES)
    return _MAKERS[name](seed)
