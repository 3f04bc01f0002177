"""What a writer is asked for, and the simplest writer."""

from __future__ import annotations

from typing import Literal, NamedTuple, Protocol, get_args

__all__ = [
    "KINDS",
    "TemplateWriter",
    "Writer",
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


class TemplateWriter:
    """Leaves every draft as it is."""

    async def write(self, brief: WritingBrief) -> str:
        """The draft."""
        return brief.draft
