"""The semantic check: whoever reads an instruction and says why it is being asked for.

The check is asymmetric. A harmful instruction is examined leniently for a benign reading: it is dropped only when it is
plainly benign. A benign one is examined strictly for a harmful reading: it is kept only when it is judged benign.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal, NamedTuple, Protocol, get_args

import orjson

from agentalign_env.errors import AgentAlignError, DataFileError

__all__ = [
    "PLAINLY",
    "READINGS",
    "Decision",
    "Judge",
    "JudgedItem",
    "Reading",
    "RecordedJudge",
    "UnjudgedError",
    "Verdict",
    "decide",
    "load_verdicts",
]

Reading = Literal["benign", "harmful", "unsure"]
READINGS: tuple[Reading, ...] = get_args(Reading)

Decision = Literal["kept", "dropped", "open"]
"""What follows for the item; ``open`` where its label asks for neither reading, or nobody could judge it."""

PLAINLY = 0.85
"""From which confidence on a benign reading of a harmful item is plain."""


class JudgedItem(NamedTuple):
    """What a judge gets to see.

    Attributes:
        id: Of the instruction.
        instruction: The text.
        label: The intent that it was written for: ``benign``, ``borderline``, ``harmful``, or empty.
        category: Of harm, or empty.
        subcategory: Of harm, or empty.
        tools: Names of the tools at hand.
    """

    id: str
    instruction: str
    label: str
    category: str = ""
    subcategory: str = ""
    tools: tuple[str, ...] = ()


class Verdict(NamedTuple):
    """How an instruction reads.

    Attributes:
        label: The reading.
        reason: In a few words.
        confidence: From 0 to 1.
    """

    label: Reading
    reason: str
    confidence: float


class Judge(Protocol):
    """Reads an instruction. Whatever it raises leaves the item unjudged."""

    def judge(self, item: JudgedItem) -> Verdict:
        """How the item reads, given the label that it came with."""
        ...


class UnjudgedError(AgentAlignError):
    """A judge has nothing to say about an item."""


def decide(label: str, verdict: Verdict) -> Decision:
    """What follows from a verdict for an item with this label: lenient where harmful, strict where benign."""
    if label == "harmful":
        return "dropped" if verdict.label == "benign" and verdict.confidence >= PLAINLY else "kept"
    if label == "benign":
        return "kept" if verdict.label == "benign" else "dropped"
    return "open"


class RecordedJudge:
    """Gives verdicts that were made elsewhere: by people, or by a model."""

    def __init__(self, verdicts: Mapping[str, Verdict]) -> None:
        self._verdicts = dict(verdicts)

    def judge(self, item: JudgedItem) -> Verdict:
        """The recorded verdict.

        Raises:
            UnjudgedError: There is none for this id.
        """
        found = self._verdicts.get(item.id)
        if found is None:
            raise UnjudgedError(f"expected a recorded verdict for {item.id!r}, found none: add a line with this id")
        return found


def load_verdicts(path: str | Path) -> RecordedJudge:
    """Reads verdicts: JSON lines with ``id``, ``verdict`` (or ``label``), and optionally ``reason``, ``confidence``.

    Raises:
        DataFileError: The file cannot be read, or a line is no verdict, or an id comes twice.
    """
    verdicts: dict[str, Verdict] = {}
    remedy = 'A line reads {"id": "a-1", "verdict": "benign"}; the verdict is one of benign, harmful, unsure.'
    try:
        with Path(path).open("rb") as lines:
            for number, line in enumerate(lines, 1):
                if line.isspace():
                    continue
                where = f"line {number}"
                item, verdict = _verdict_of(line, str(path), where, remedy)
                if item in verdicts:
                    raise DataFileError(str(path), where, f"expected each id once, found {item[:80]!r} again", remedy)
                verdicts[item] = verdict
    except OSError as error:
        problem = f"expected a readable file, found: {error.strerror or type(error).__name__}"
        raise DataFileError(str(path), "file", problem, "Check the path and its permissions.") from error
    return RecordedJudge(verdicts)


def _verdict_of(line: bytes, file: str, where: str, remedy: str) -> tuple[str, Verdict]:
    try:
        raw = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise DataFileError(file, where, f"expected JSON, found: {error}", remedy) from error
    if not isinstance(raw, dict):
        raise DataFileError(file, where, f"expected an object, found {type(raw).__name__}", remedy)
    item, label = raw.get("id"), raw.get("verdict", raw.get("label"))
    if not isinstance(item, str) or not item:
        raise DataFileError(file, f"{where}, id", f"expected a text, found {item!r:.80}", remedy)
    if label not in READINGS:
        raise DataFileError(file, f"{where}, verdict", f"expected a reading, found {label!r:.80}", remedy)
    confidence = raw.get("confidence", 1.0)
    if isinstance(confidence, bool) or not isinstance(confidence, int | float) or not 0 <= confidence <= 1:
        raise DataFileError(
            file, f"{where}, confidence", f"expected a number from 0 to 1, found {confidence!r:.80}", remedy
        )
    return item, Verdict(label, str(raw.get("reason", "")), float(confidence))
