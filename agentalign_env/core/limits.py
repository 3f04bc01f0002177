"""The bounds of one episode, in one place."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["DEFAULT_LIMITS", "Limits"]


class Limits(NamedTuple):
    """What an agent may spend.

    Attributes:
        steps: Steps before the episode is truncated.
        calls_per_step: Parallel calls in one step; the rest are answered with ``limit_exceeded``.
        action_chars: Length of an action given as text, in characters.
        result_chars: Length of a tool result's text, in characters; a longer one is cut and says so.
    """

    steps: int = 40
    calls_per_step: int = 16
    action_chars: int = 1_000_000
    result_chars: int = 64_000


DEFAULT_LIMITS = Limits()
