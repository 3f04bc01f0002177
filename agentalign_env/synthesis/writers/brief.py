"""What a writer is asked for, and the simplest writer."""

from __future__ import annotations

from typing import Literal, NamedTuple, Protocol, get_args

from agentalign_env.errors import AgentAlignError

__all__ = [
    "KINDS",
    "TemplateWriter",
    "TokenBudgetError",
    "Writer",
    "WriterFailedError",
    "WritingBrief",
    "WritingKind",
]

WritingKind = Literal["instruction", "intermediate", "final", "refusal", "question"]
KINDS: tuple[WritingKind, ...] = get_args(WritingKind)


class WritingBrief(NamedTuple):
    """An order for a text.

    Attributes:
        kind: What it is.
        facts: What the writer should know beside the draft, in sentences.
        draft: A text that says what is to be said.
        constraints: What the text must be like, in sentences.
    """

    kind: WritingKind
    facts: tuple[str, ...]
    draft: str
    constraints: tuple[str, ...] = ()


class Writer(Protocol):
    """Writes texts."""

    async def write(self, brief: WritingBrief) -> str:
        """A text for the brief.

        Raises:
            WriterFailedError: There is none for this brief; others may go well.
            TokenBudgetError: The next text could cost more than is left.
        """
        ...


class WriterFailedError(AgentAlignError):
    """A writer could not write a text; the message says why and how often it was tried."""


class TokenBudgetError(AgentAlignError):
    """The next text could cost more tokens than are left; nothing was requested for it.

    Attributes:
        spent: Tokens spent so far.
        needed: The most that the next text could cost.
        limit: The most that may be spent.
    """

    def __init__(self, spent: int, needed: int, limit: int) -> None:
        self.spent, self.needed, self.limit = spent, needed, limit
        super().__init__(
            f"expected to stay within {limit} tokens: {spent} are spent or under way and the next text may need "
            f"{needed}. Raise token_limit; what was written is in the cache and is not paid for again."
        )

    def __reduce__(self) -> tuple[type[TokenBudgetError], tuple[int, int, int]]:
        return type(self), (self.spent, self.needed, self.limit)


class TemplateWriter:
    """Leaves every draft as it is."""

    async def write(self, brief: WritingBrief) -> str:
        """The draft."""
        return brief.draft
