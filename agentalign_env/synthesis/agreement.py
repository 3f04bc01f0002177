"""What judges said over a set, and where it differs: from the labels, and from each other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from agentalign_env.synthesis.judge import READINGS, Decision, Judge, JudgedItem, Verdict, decide
from agentalign_env.synthesis.rates import Rate

__all__ = ["Agreement", "Disagreement", "SemanticCheck", "SemanticTally", "kappa"]

_KEPT_ERRORS = 10


class Disagreement(NamedTuple):
    """A verdict that is not the label.

    Attributes:
        id: Of the item.
        label: That it came with.
        verdict: Of the judge.
        reason: The judge's.
        confidence: The judge's.
        decision: What follows for the item.
    """

    id: str
    label: str
    verdict: str
    reason: str
    confidence: float
    decision: Decision

    def to_json(self) -> dict[str, Any]:
        """As JSON-serialisable values."""
        return self._asdict()


class Agreement(NamedTuple):
    """Two judges over the items that both judged.

    Attributes:
        items: How many.
        same: How many got the same verdict.
        kappa: Cohen's, ``None`` where there is no item or both judges always say one and the same.
        table: How often each pair of verdicts came, the default judge's first.
        differences: Id, first verdict, second verdict.
    """

    items: int
    same: int
    kappa: float | None
    table: Mapping[str, Mapping[str, int]]
    differences: tuple[tuple[str, str, str], ...]

    def to_json(self) -> dict[str, Any]:
        """As JSON-serialisable values."""
        return {
            "items": self.items,
            "same": Rate(self.same, self.items).to_json(),
            "kappa": None if self.kappa is None else round(self.kappa, 6),
            "table": {first: dict(row) for first, row in self.table.items()},
            "differences": [{"id": item, "first": one, "second": two} for item, one, two in self.differences],
        }


@dataclass(frozen=True, slots=True)
class SemanticCheck:
    """The semantic check over a set.

    Attributes:
        verdicts: For each label, how often each verdict came.
        decisions: For each label, how many items were kept, dropped, left open.
        unjudged: How many items the judge failed on; they have no verdict and are neither kept nor dropped.
        errors: The first of its errors.
        disagreements: Where verdict and label differ, in the order of the file.
        second: How a second judge compares, ``None`` without one.
        second_unjudged: How many items the second judge failed on.
    """

    verdicts: Mapping[str, Mapping[str, int]]
    decisions: Mapping[str, Mapping[str, int]]
    unjudged: int
    errors: tuple[str, ...]
    disagreements: tuple[Disagreement, ...]
    second: Agreement | None
    second_unjudged: int

    def to_json(self) -> dict[str, Any]:
        """As JSON-serialisable values; the disagreements have a file of their own."""
        return {
            "verdicts": {label: dict(row) for label, row in self.verdicts.items()},
            "decisions": {label: dict(row) for label, row in self.decisions.items()},
            "unjudged": self.unjudged,
            "errors": list(self.errors),
            "disagreements": len(self.disagreements),
            "second_judge": None if self.second is None else self.second.to_json(),
            "second_unjudged": self.second_unjudged,
        }


@dataclass(slots=True)
class SemanticTally:
    """Judges items one at a time.

    Attributes:
        judge: Whose verdicts decide.
        other: Who is compared with it.
    """

    judge: Judge
    other: Judge | None = None
    _verdicts: Counter[tuple[str, str]] = field(default_factory=Counter)
    _decisions: Counter[tuple[str, str]] = field(default_factory=Counter)
    _pairs: Counter[tuple[str, str]] = field(default_factory=Counter)
    _disagreements: list[Disagreement] = field(default_factory=list)
    _differences: list[tuple[str, str, str]] = field(default_factory=list)
    _errors: list[str] = field(default_factory=list)
    _unjudged: int = 0
    _second_unjudged: int = 0

    def add(self, item: JudgedItem) -> Decision | None:
        """Judges an item; what follows for it, ``None`` where the judge failed."""
        verdict = self._ask(self.judge, item)
        second = None if self.other is None else self._ask(self.other, item)
        self._second_unjudged += self.other is not None and second is None
        if verdict is None:
            self._unjudged += 1
            return None
        decision = decide(item.label, verdict)
        self._verdicts[item.label, verdict.label] += 1
        self._decisions[item.label, decision] += 1
        if item.label in {"benign", "harmful"} and verdict.label != item.label:
            found = Disagreement(item.id, item.label, verdict.label, verdict.reason, verdict.confidence, decision)
            self._disagreements.append(found)
        if second is not None:
            self._pairs[verdict.label, second.label] += 1
            if verdict.label != second.label:
                self._differences.append((item.id, verdict.label, second.label))
        return decision

    def result(self) -> SemanticCheck:
        """What was found so far."""
        return SemanticCheck(
            verdicts=_nested(self._verdicts, READINGS),
            decisions=_nested(self._decisions, ("kept", "dropped", "open")),
            unjudged=self._unjudged,
            errors=tuple(self._errors),
            disagreements=tuple(self._disagreements),
            second=None if self.other is None else self._agreement(),
            second_unjudged=self._second_unjudged,
        )

    def _agreement(self) -> Agreement:
        table: dict[str, dict[str, int]] = {one: {two: self._pairs[one, two] for two in READINGS} for one in READINGS}
        same = sum(self._pairs[one, one] for one in READINGS)
        return Agreement(self._pairs.total(), same, kappa(self._pairs), table, tuple(self._differences))

    def _ask(self, judge: Judge, item: JudgedItem) -> Verdict | None:
        try:
            verdict = judge.judge(item)
            if verdict.label not in READINGS or not 0 <= verdict.confidence <= 1:
                raise ValueError(f"expected a reading and a confidence from 0 to 1, got {verdict!r:.120}")
        except Exception as error:  # noqa: BLE001 - a judge is foreign code: its failure is no verdict, and no end of the run
            if len(self._errors) < _KEPT_ERRORS:
                self._errors.append(f"{item.id}: {type(error).__name__}: {_text_of(error)}")
            return None
        return verdict


def kappa(pairs: Mapping[tuple[str, str], int]) -> float | None:
    """Cohen's kappa of two judges, from how often each pair of verdicts came.

    ``None`` where it has no meaning: without items, or where chance alone makes both always agree.
    """
    total = sum(pairs.values())
    if not total:
        return None
    first: Counter[str] = Counter()
    second: Counter[str] = Counter()
    for (one, two), count in pairs.items():
        first[one] += count
        second[two] += count
    chance = sum(first[label] * second[label] for label in first)
    if chance == total * total:
        return None
    same = sum(count for (one, two), count in pairs.items() if one == two)
    return (same * total - chance) / (total * total - chance)


def _nested(counts: Counter[tuple[str, str]], columns: tuple[str, ...]) -> dict[str, dict[str, int]]:
    labels = sorted({label for label, _ in counts})
    return {label: {column: counts[label, column] for column in columns} for label in labels}


def _text_of(error: Exception) -> str:
    try:
        return " ".join(str(error).split())[:200]
    except Exception:  # noqa: BLE001 - even its text may crash
        return ""
