"""The answer: executable or not, how, and why not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, get_args

from agentalign_env.scenarios.plans import PlannedCall, plan_to_json

if TYPE_CHECKING:
    from agentalign_env.executability.certificate import Certificate
    from agentalign_env.scenarios.premises import Premise

__all__ = [
    "FINDING_KINDS",
    "Bound",
    "ExecutabilityReport",
    "Finding",
    "FindingKind",
    "PlannedStep",
    "Requirements",
    "Source",
    "requirements_of",
]

FindingKind = Literal[
    "missing_capability",
    "missing_parameter",
    "ungrounded_value",
    "invalid_value",
    "missing_entity",
    "broken_flow",
    "ambiguous",
    "unused_tool",
]
"""Why an instruction cannot be carried out; ``unused_tool`` is advice, it never stands in the way."""

FINDING_KINDS: tuple[FindingKind, ...] = get_args(FindingKind)

Source = Literal["mention", "entity", "owner", "result", "lookup", "wording", "default", "composed"]
"""Where a value comes from: stated; an entity of the world; the owner; an earlier step; a reading call made for it;
what the request itself says (``read the file`` is ``operation: read``); the data's default; written by whoever acts."""


class Finding(NamedTuple):
    """One thing that stands in the way.

    Attributes:
        kind: What sort of thing.
        span: Which characters of the instruction it is about, ``None`` for the whole.
        message: What was expected, what was found, what would help.
        blocking: Whether the instruction cannot be carried out because of it.
    """

    kind: FindingKind
    span: tuple[int, int] | None
    message: str
    blocking: bool = True

    def to_json(self) -> dict[str, Any]:
        """As JSON-serialisable values."""
        span = None if self.span is None else list(self.span)
        return {"kind": self.kind, "span": span, "message": self.message, "blocking": self.blocking}


class Bound(NamedTuple):
    """A parameter with its value.

    Attributes:
        value: A plan value: a literal, a `Ref` to an earlier result, or a `Text` of them.
        source: Where it comes from.
        span: Which characters of the instruction say so, ``None`` where none do.
    """

    value: Any
    source: Source
    span: tuple[int, int] | None = None


class PlannedStep(NamedTuple):
    """One call of the plan and why it is made.

    Attributes:
        call: The tool with its arguments.
        capability: What it does.
        bound: Where each argument comes from, by the tool's parameter.
        span: The part of the instruction that asks for it.
        purpose: A step that was asked for, or a lookup that serves one.
    """

    call: PlannedCall
    capability: str
    bound: dict[str, Bound]
    span: tuple[int, int]
    purpose: Literal["step", "lookup"]

    def to_json(self) -> dict[str, Any]:
        """As JSON-serialisable values."""
        return {
            **plan_to_json([self.call])[0],
            "capability": self.capability,
            "purpose": self.purpose,
            "span": list(self.span),
            "sources": {
                name: {"source": bound.source, "span": None if bound.span is None else list(bound.span)}
                for name, bound in self.bound.items()
            },
        }


class Requirements(NamedTuple):
    """The paper's four requirements for an instruction (section on instruction synthesis), each on its own.

    Attributes:
        tool_coverage: Everything asked for has a tool at hand; with a chain, everything in the chain is asked for.
        parameter_completeness: Every required parameter is stated or follows from the text.
        parameter_validity: Every value is accepted by its tool and by the world.
        logical_flow: Each step can take what it needs from the steps before it.
    """

    tool_coverage: bool
    parameter_completeness: bool
    parameter_validity: bool
    logical_flow: bool


_BREAKS: dict[FindingKind, str] = {
    "missing_capability": "tool_coverage",
    "unused_tool": "tool_coverage",
    "missing_parameter": "parameter_completeness",
    "ungrounded_value": "parameter_completeness",
    "ambiguous": "parameter_completeness",
    "invalid_value": "parameter_validity",
    "missing_entity": "parameter_validity",
    "broken_flow": "logical_flow",
}


def requirements_of(findings: Sequence[Finding]) -> Requirements:
    """The four verdicts that follow from the findings."""
    broken = {_BREAKS[finding.kind] for finding in findings if finding.blocking}
    return Requirements(*(name not in broken for name in Requirements._fields))


@dataclass(frozen=True, slots=True)
class ExecutabilityReport:
    """Whether an instruction can be carried out.

    Attributes:
        instruction: The text.
        executable: Whether a plan for all of it was carried out.
        steps: The plan, with the source of every value; as far as it went where the instruction is not executable.
        findings: What stands in the way, in the order of the text; advice too.
        requirements: The paper's four requirements.
        premises: What the world was extended with, because the text names it.
        certificate: The proof, ``None`` when not executable.
    """

    instruction: str
    executable: bool
    steps: tuple[PlannedStep, ...]
    findings: tuple[Finding, ...]
    requirements: Requirements
    premises: tuple[Premise, ...]
    certificate: Certificate | None

    @property
    def plan(self) -> tuple[PlannedCall, ...]:
        """The calls alone, in order."""
        return tuple(step.call for step in self.steps)

    @property
    def cause(self) -> FindingKind | None:
        """The kind of the first finding that blocks, ``None`` when executable."""
        return next((finding.kind for finding in self.findings if finding.blocking), None)

    def to_json(self) -> dict[str, Any]:
        """As JSON-serialisable values."""
        return {
            "instruction": self.instruction,
            "executable": self.executable,
            "cause": self.cause,
            "requirements": self.requirements._asdict(),
            "findings": [finding.to_json() for finding in self.findings],
            "plan": [step.to_json() for step in self.steps],
            "premises": [premise.to_json() for premise in self.premises],
            "certificate": None if self.certificate is None else self.certificate.to_json(),
        }
