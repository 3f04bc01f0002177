"""Quality control over a set of checked instructions, one record at a time."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from agentalign_env.synthesis.agreement import SemanticTally
from agentalign_env.synthesis.duplicates import DuplicateFinder
from agentalign_env.synthesis.judge import Judge, JudgedItem
from agentalign_env.synthesis.quality_report import Counts, QualityReport, Signatures
from agentalign_env.synthesis.rates import Rate, balance_of
from agentalign_env.synthesis.records import BadRecord, CheckedRecord, Requirements, parse_record
from agentalign_env.synthesis.rules import RuleJudge

__all__ = ["assess"]

_BAD_SHOWN, _LARGEST = 20, 10
_NONE = "(none)"
"""Stands for a category, subcategory or intent that a record does not state."""


def assess(
    records: Iterable[CheckedRecord | BadRecord | Mapping[str, Any]],
    *,
    judge: Judge | None = None,
    second_judge: Judge | None = None,
    threshold: float = 0.7,
) -> QualityReport:
    """Assesses a set of checked instructions.

    Reads `records` once and keeps no record; what it keeps grows with the number of different texts.

    Args:
        records: What ``agentalign check`` wrote, as `read_results` reads it or as parsed JSON.
        judge: Whose verdicts decide the semantic check; rules by default.
        second_judge: Compared with `judge`, such as verdicts by people.
        threshold: From which Jaccard similarity of word triples two texts are near-duplicates.

    Raises:
        EnvArgumentError: The threshold is out of range.
    """
    tally = _Tally(SemanticTally(RuleJudge() if judge is None else judge, second_judge), DuplicateFinder(threshold))
    for record in records:
        found = parse_record(record) if isinstance(record, Mapping) else record
        if isinstance(found, BadRecord):
            tally.add_bad(found)
        else:
            tally.add(found)
    return tally.report()


class _Tally:
    """Everything that is counted."""

    def __init__(self, semantic: SemanticTally, finder: DuplicateFinder) -> None:
        self._semantic, self._finder = semantic, finder
        self._bad: list[BadRecord] = []
        self._bad_total = self._damaged = self._checked = self._executable = self._kept = self._repeated = 0
        self._ids: set[str] = set()
        self._clusters: set[int] = set()
        self._passed: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._totals: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._causes: Counter[str] = Counter()
        self._met: Counter[str] = Counter()
        self._signatures: defaultdict[tuple[str, ...], Counter[str]] = defaultdict(Counter)

    def add_bad(self, bad: BadRecord) -> None:
        self._bad_total += 1
        self._damaged += bad.own
        if len(self._bad) < _BAD_SHOWN:
            self._bad.append(bad)

    def add(self, record: CheckedRecord) -> None:
        self._checked += 1
        self._executable += record.executable
        self._repeated += record.id in self._ids
        self._ids.add(record.id)
        self._count_kinds(record)
        if not record.executable:
            self._causes[record.cause or _NONE] += 1
        self._met.update(name for name, met in record.requirements if met)
        self._signatures[record.signature][record.intent] += 1
        item = JudgedItem(
            record.id, record.instruction, record.intent, record.category, record.subcategory, record.tools
        )
        decision = self._semantic.add(item)
        cluster = self._finder.add(record.id, record.instruction, record.intent)
        if record.executable and decision in {"kept", "open"}:
            self._kept += 1
            self._clusters.add(cluster)

    def _count_kinds(self, record: CheckedRecord) -> None:
        kinds = {
            "intent": {record.intent or _NONE},
            "category": {record.category or _NONE},
            "subcategory": {record.subcategory or _NONE},
            "capability": set(record.capabilities),
            "steps": {str(record.steps) if record.steps else _NONE},
        }
        for by, names in kinds.items():
            self._totals[by].update(names)
            if record.executable:
                self._passed[by].update(names)

    def report(self) -> QualityReport:
        checked = self._checked
        counts = Counts(
            lines=checked + self._bad_total,
            bad=self._bad_total,
            damaged=self._damaged,
            checked=checked,
            executable=self._executable,
            kept=self._kept,
            distinct=len(self._clusters),
            repeated_ids=self._repeated,
        )
        kinds = ("intent", "category", "subcategory", "capability", "steps")
        return QualityReport(
            counts=counts,
            bad=tuple(self._bad),
            pass_rates={
                by: {kind: Rate(self._passed[by][kind], total) for kind, total in _in_order(self._totals[by])}
                for by in kinds
            },
            causes={cause: Rate(count, checked) for cause, count in sorted(self._causes.items(), key=_most_first)},
            requirements={name: Rate(self._met[name], checked) for name in Requirements.model_fields},
            balance={by: balance_of(self._totals[by]) for by in kinds} | self._signature_balance(),
            signatures=self._signature_report(),
            duplicates=self._finder.result(),
            semantic=self._semantic.result(),
        )

    def _signature_balance(self) -> dict[str, Any]:
        intents = sorted({intent for counts in self._signatures.values() for intent in counts})
        named = {", ".join(tools) or _NONE: counts for tools, counts in self._signatures.items()}
        return {
            "signature": balance_of({name: counts.total() for name, counts in named.items()}),
            **{
                f"signature: {intent or _NONE}": balance_of({name: counts[intent] for name, counts in named.items()})
                for intent in intents
            },
        }

    def _signature_report(self) -> Signatures:
        labelled = {
            tools: +Counter({intent: count for intent, count in counts.items() if intent})
            for tools, counts in self._signatures.items()
        }
        repeated = {tools: counts for tools, counts in labelled.items() if counts.total() > 1}
        several = sum(counts.total() > 1 for counts in self._signatures.values())
        if len({intent for counts in labelled.values() for intent in counts}) < 2:
            return Signatures(len(self._signatures), several, None, None, ())
        single = [(tools, *counts.most_common(1)[0]) for tools, counts in repeated.items() if len(counts) == 1]
        single.sort(key=lambda entry: (-entry[2], entry[0]))
        covered = sum(count for _, _, count in single)
        total = sum(counts.total() for counts in labelled.values())
        return Signatures(len(self._signatures), several, len(single), Rate(covered, total), tuple(single[:_LARGEST]))


def _in_order(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    """Numbers by size, names by the alphabet, what is not stated last."""
    return sorted(
        counts.items(), key=lambda item: (item[0] == _NONE, len(item[0]) if item[0].isdigit() else 0, item[0])
    )


def _most_first(item: tuple[str, int]) -> tuple[int, str]:
    return -item[1], item[0]
