"""Putting many texts into other words, each kept only when it is accepted."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from agentalign_env.errors import WriterFailedError
from agentalign_env.scenarios.scenario import Scenario
from agentalign_env.synthesis.writers.acceptance import flat_values, rejection
from agentalign_env.synthesis.writers.brief import Writer, WritingBrief

__all__ = ["Draft", "Rewritten", "instruction_draft", "rewrite"]

_LOG = logging.getLogger(__name__)


class Draft(NamedTuple):
    """A text to be put into other words.

    Attributes:
        id: For the log.
        brief: What is asked of the writer.
        values: What must survive word for word.
    """

    id: str
    brief: WritingBrief
    values: tuple[Any, ...] = ()


class Rewritten(NamedTuple):
    """What became of a draft.

    Attributes:
        id: Of the draft.
        text: The written text where it was accepted, else the draft's.
        rejected: Why the written text was not taken; ``""`` where it was.
    """

    id: str
    text: str
    rejected: str


def instruction_draft(scenario: Scenario) -> Draft:
    """The instruction of a scenario, with the values that it states."""
    brief = WritingBrief("instruction", (), scenario.instruction)
    return Draft(scenario.id, brief, tuple(flat_values(scenario.slots)))


async def rewrite(
    drafts: Iterable[Draft | Scenario],
    writer: Writer,
    *,
    holds: Callable[[Draft, str], bool] | None = None,
    concurrency: int = 8,
) -> list[Rewritten]:
    """Has a writer put texts into other words, in the order of the drafts.

    A text is taken when it keeps what the draft states and `holds` has nothing against it; otherwise the draft stays,
    and the reason is logged.

    Args:
        drafts: The texts, or scenarios for their instructions; taken one by one.
        writer: Who writes.
        holds: The last word, such as whether an episode with the new text ends as it should.
        concurrency: Texts under way at a time.

    Raises:
        TokenBudgetError: The writer's budget does not allow the next text.
    """
    done: dict[int, Rewritten] = {}
    waiting = _numbered(drafts)

    async def work() -> None:
        for number, draft in waiting:
            done[number] = await _rewritten(draft, writer, holds)

    workers = [asyncio.ensure_future(work()) for _ in range(concurrency)]
    try:
        await asyncio.gather(*workers)
    finally:
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)
    return [done[number] for number in sorted(done)]


def _numbered(drafts: Iterable[Draft | Scenario]) -> Iterator[tuple[int, Draft]]:
    for number, draft in enumerate(drafts):
        yield number, instruction_draft(draft) if isinstance(draft, Scenario) else draft


async def _rewritten(draft: Draft, writer: Writer, holds: Callable[[Draft, str], bool] | None) -> Rewritten:
    original = draft.brief.draft
    try:
        written = await writer.write(draft.brief)
    except WriterFailedError as error:
        reason = f"nothing was written: {error}"
    else:
        reason = rejection(original, written, draft.values)
        if not reason and holds is not None and not holds(draft, written):
            reason = "the check of the outcome failed"
        if not reason:
            return Rewritten(draft.id, written, "")
    _LOG.info("kept the draft of %s: %s", draft.id, reason)
    return Rewritten(draft.id, original, reason)
