"""A candidate, and a line that is none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from agentalign_env.core.world import WorldKey

__all__ = ["BadLine", "Candidate", "RecordError"]

_SHOWN_CHARS = 200


@dataclass(frozen=True, slots=True)
class Candidate:
    """An instruction whose executability is asked for.

    Attributes:
        id: Unique in its file: its own, else ``line-<number>`` or ``record-<number>``.
        instruction: What is asked of an agent.
        tools: Names or schemas of those at hand; the whole catalogue when empty.
        world: The world that it is about, where the row says so.
        chain: The capabilities that it should need, in order, where the row says so.
        category: As the row has it, or ``""``.
        subcategory: Likewise.
        intent: Likewise.
        expected: What else the row said, as it was; `tool_calls` are those of its messages.
        notes: What was changed on reading, such as an id that another candidate has.
        line: Where it begins in its file, counted from 1; several candidates of one record share it.
    """

    id: str
    instruction: str
    tools: tuple[Any, ...] = ()
    world: WorldKey | None = None
    chain: tuple[str, ...] | None = None
    category: str = ""
    subcategory: str = ""
    intent: str = ""
    expected: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    line: int = 0


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line or record that holds no candidate.

    Attributes:
        line: Where it begins, counted from 1.
        text: Its first 200 characters.
        error: What was expected, what was found, and what to do.
    """

    line: int
    text: str
    error: str

    @classmethod
    def of(cls, line: int, text: str, error: str) -> BadLine:
        """A bad line, its text shortened."""
        return cls(line, text[:_SHOWN_CHARS], error)


class RecordError(Exception):
    """A record holds no candidate; the message says what was expected, what was found, and what to do."""
