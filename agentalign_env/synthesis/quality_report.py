"""What quality control found in a set of checked instructions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from agentalign_env.synthesis.agreement import SemanticCheck
from agentalign_env.synthesis.duplicates import Duplicates
from agentalign_env.synthesis.rates import Balance, Rate
from agentalign_env.synthesis.records import BadRecord

__all__ = ["Counts", "QualityReport", "Signatures"]


class Counts(NamedTuple):
    """How many remain after each step.

    Attributes:
        lines: Lines of the results.
        bad: Of them, those without a checked instruction.
        damaged: Of the bad ones, those that are damaged in the results themselves.
        checked: Instructions.
        executable: Of them, those that can be carried out.
        kept: Of the executable ones, those that the semantic check kept, or that have no label to be checked.
        distinct: Of those kept, one for each cluster of near-duplicates.
        repeated_ids: Records whose id an earlier record has.
    """

    lines: int
    bad: int
    damaged: int
    checked: int
    executable: int
    kept: int
    distinct: int
    repeated_ids: int


class Signatures(NamedTuple):
    """Sets of tools at hand, and whether they give the intent away.

    Attributes:
        distinct: How many different sets there are.
        repeated: How many of them at least two records have.
        single: How many of those occur with one intent alone; ``None`` where the set has fewer than two intents.
        records: How many records those cover, of all records with an intent.
        largest: The largest of them: tools, intent, records.
    """

    distinct: int
    repeated: int
    single: int | None
    records: Rate | None
    largest: tuple[tuple[tuple[str, ...], str, int], ...]

    def to_json(self) -> dict[str, Any]:
        """As JSON-serialisable values."""
        largest = [{"tools": list(tools), "intent": intent, "records": count} for tools, intent, count in self.largest]
        return {
            "distinct": self.distinct,
            "repeated": self.repeated,
            "with_one_intent": self.single,
            "records_with_one_intent": None if self.records is None else self.records.to_json(),
            "largest_with_one_intent": largest,
        }


@dataclass(frozen=True, slots=True)
class QualityReport:
    """Quality control over a set.

    Attributes:
        counts: How many remain after each step.
        bad: The first of the bad lines.
        pass_rates: How many are executable: by ``intent``, ``category``, ``subcategory``, ``capability``, ``steps``.
        causes: Of all checked instructions, how many fail first for each cause.
        requirements: How many meet each of the paper's four requirements.
        balance: How evenly records are spread: over ``intent``, ``category``, ``subcategory``, ``capability``,
            ``steps``, and over tool signatures as ``signature`` and ``signature: <intent>``.
        signatures: Whether the tools give the intent away.
        duplicates: Texts that are nearly the same.
        semantic: The semantic check.
    """

    counts: Counts
    bad: tuple[BadRecord, ...]
    pass_rates: Mapping[str, Mapping[str, Rate]]
    causes: Mapping[str, Rate]
    requirements: Mapping[str, Rate]
    balance: Mapping[str, Balance]
    signatures: Signatures
    duplicates: Duplicates
    semantic: SemanticCheck

    def to_json(self) -> dict[str, Any]:
        """As JSON-serialisable values; nothing is NaN, and what has nothing to count is null."""
        return {
            "counts": self.counts._asdict(),
            "bad_lines": [one._asdict() for one in self.bad],
            "executable": Rate(self.counts.executable, self.counts.checked).to_json(),
            "pass_rates": {
                by: {kind: rate.to_json() for kind, rate in rates.items()} for by, rates in self.pass_rates.items()
            },
            "causes": {cause: rate.to_json() for cause, rate in self.causes.items()},
            "requirements": {name: rate.to_json() for name, rate in self.requirements.items()},
            "balance": {name: _balance(name, one) for name, one in self.balance.items()},
            "signatures": self.signatures.to_json(),
            "duplicates": self.duplicates.to_json(),
            "semantic": self.semantic.to_json(),
        }


def _balance(name: str, balance: Balance) -> dict[str, Any]:
    """Signatures are as many as records; only the commonest are listed."""
    content = balance.to_json()
    if name.startswith("signature"):
        content["counts"] = dict(list(balance.counts.items())[:10])
    return content
