"""Labelled instructions: what the check has to say about each, where it comes from, and to which half it belongs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, NamedTuple, get_args

from agentalign_env.core.world import WorldKey
from agentalign_env.executability.report import FINDING_KINDS, FindingKind
from agentalign_env.scenarios.plans import PlannedCall
from agentalign_env.scenarios.premises import Premise

__all__ = [
    "CAUSES",
    "HALVES",
    "HANDWRITTEN",
    "Half",
    "LabelledInstruction",
    "Origin",
    "half_of_chain",
    "handwritten",
]

Half = Literal["tune", "measure"]
HALVES: tuple[Half, ...] = get_args(Half)
CAUSES: tuple[FindingKind, ...] = tuple(kind for kind in FINDING_KINDS if kind != "unused_tool")
"""What can be wrong with an instruction; an unused tool is advice."""

HANDWRITTEN = Path(__file__).parent / "handwritten"


class Origin(NamedTuple):
    """The scenario that a generated instruction is, or was made from."""

    chain: str
    seed: int
    intent: str
    explicitness: str


class LabelledInstruction(NamedTuple):
    """An instruction and what is right about it.

    Attributes:
        id: Unique in its set.
        half: Tuned on, or measured on.
        instruction: The text.
        tools: What is offered.
        world: The world that it is meant in; ``None``: any world that has what the text names.
        premises: What that world holds beside its base.
        executable: The label.
        cause: Why not; ``None`` when executable.
        why: One sentence: what shows it.
        level: How explicit the text is: ``stated``, ``referential``, ``discoverable``, or ``handwritten``.
        plan: Calls that carry it out, where the set gives them.
        origin: Of a generated instruction.
    """

    id: str
    half: Half
    instruction: str
    tools: tuple[str, ...]
    world: WorldKey | None
    premises: tuple[Premise, ...]
    executable: bool
    cause: FindingKind | None
    why: str
    level: str
    plan: tuple[PlannedCall, ...] | None = None
    origin: Origin | None = None

    def to_json(self) -> dict[str, Any]:
        """As JSON-serialisable values, without the plan: a generated instruction's follows from its origin."""
        fields = self._asdict()
        del fields["plan"]
        return {
            **fields,
            "tools": list(self.tools),
            "world": None if self.world is None else self.world._asdict(),
            "premises": [premise.to_json() for premise in self.premises],
            "origin": None if self.origin is None else self.origin._asdict(),
        }

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> LabelledInstruction:
        """Reads what `to_json` wrote."""
        return cls(
            **{
                **content,
                "tools": tuple(content["tools"]),
                "world": None if content["world"] is None else WorldKey(**content["world"]),
                "premises": tuple(Premise.from_json(premise) for premise in content["premises"]),
                "origin": None if content["origin"] is None else Origin(**content["origin"]),
            }
        )


def half_of_chain(chain: str) -> Half:
    """To which half everything that is made from a chain belongs: decided by the hash of its id."""
    return HALVES[hashlib.sha256(chain.encode()).digest()[0] % 2]


def handwritten(folder: Path = HANDWRITTEN) -> Iterator[LabelledInstruction]:
    """The hand-written set, in the order of its files; odd numbers are tuned on, even ones are measured on."""
    for path in sorted(folder.glob("*.jsonl")):
        for text in path.read_text(encoding="utf-8").splitlines():
            line = json.loads(text)
            plan = line["plan"]
            yield LabelledInstruction(
                id=line["id"],
                half="tune" if int(line["id"].rpartition("-")[2]) % 2 else "measure",
                instruction=line["instruction"],
                tools=tuple(line["tools"]),
                world=None if line["world"] is None else WorldKey(**line["world"]),
                premises=(),
                executable=line["executable"],
                cause=line["cause"],
                why=line["why"],
                level="handwritten",
                plan=None if plan is None else tuple(PlannedCall(call["name"], call["arguments"]) for call in plan),
            )
