"""What came out of a check of many instructions, in a few numbers; NaN where there was nothing to count."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import isnan, nan
from typing import Any

from agentalign_env.executability.records import Verdict
from agentalign_env.executability.report import ExecutabilityReport

__all__ = ["Agreement", "CheckSummary", "Labels", "agreement"]


@dataclass(slots=True)
class Agreement:
    """How often the rules and an agent came to the same verdict."""

    both_yes: int = 0
    both_no: int = 0
    only_rules: int = 0
    only_agent: int = 0

    def add(self, rules: bool, agent: bool) -> None:
        """Counts one instruction."""
        if rules == agent:
            self.both_yes += rules
            self.both_no += not rules
        else:
            self.only_rules += rules
            self.only_agent += agent

    @property
    def total(self) -> int:
        """How many instructions both have judged."""
        return self.both_yes + self.both_no + self.only_rules + self.only_agent

    @property
    def share(self) -> float:
        """The share of equal verdicts."""
        return _share(self.both_yes + self.both_no, self.total)

    @property
    def kappa(self) -> float:
        """Cohen's kappa; NaN also where both always say the same one thing, as chance explains that wholly."""
        if not self.total:
            return nan
        rules, agent = self.both_yes + self.only_rules, self.both_yes + self.only_agent
        chance, all_pairs = rules * agent + (self.total - rules) * (self.total - agent), self.total**2
        same = (self.both_yes + self.both_no) * self.total
        return _share(same - chance, all_pairs - chance)

    def to_json(self) -> dict[str, Any]:
        """As JSON-serialisable values, ``None`` for NaN."""
        counts = {name: getattr(self, name) for name in ("both_yes", "both_no", "only_rules", "only_agent")}
        return {**counts, "share": _or_none(self.share), "kappa": _or_none(self.kappa)}


def agreement(reports: Iterable[ExecutabilityReport], opinions: Iterable[ExecutabilityReport]) -> Agreement:
    """How far the verdicts on the same instructions agree.

    Args:
        reports: Of the rules.
        opinions: Of an agent, in the same order.

    Raises:
        ValueError: One has more than the other.
    """
    found = Agreement()
    for report, opinion in zip(reports, opinions, strict=True):
        found.add(report.executable, opinion.executable)
    return found


@dataclass(slots=True)
class Labels:
    """How the verdicts compare with those that the input carries; what is executable counts as positive.

    Attributes:
        true_yes: Executable by label and verdict.
        false_yes: Executable by the verdict alone.
        true_no: Not executable by label and verdict.
        false_no: Executable by the label alone.
        causes: Of `true_no`, those whose label names a cause.
        same_causes: Of these, those with the same cause.
    """

    true_yes: int = 0
    false_yes: int = 0
    true_no: int = 0
    false_no: int = 0
    causes: int = 0
    same_causes: int = 0

    def add(self, verdict: Verdict) -> None:
        """Counts a verdict; nothing happens where there is no label, or no verdict."""
        if verdict.expected is None or verdict.executable is None:
            return
        if verdict.executable:
            self.true_yes += verdict.expected
            self.false_yes += not verdict.expected
            return
        self.true_no += not verdict.expected
        self.false_no += verdict.expected
        if not verdict.expected and verdict.expected_cause is not None:
            self.causes += 1
            self.same_causes += verdict.cause == verdict.expected_cause

    @property
    def total(self) -> int:
        """How many labelled candidates were checked."""
        return self.true_yes + self.false_yes + self.true_no + self.false_no

    @property
    def precision(self) -> float:
        """Of those found executable, the share that is."""
        return _share(self.true_yes, self.true_yes + self.false_yes)

    @property
    def recall(self) -> float:
        """Of those that are executable, the share that was found."""
        return _share(self.true_yes, self.true_yes + self.false_no)

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall."""
        return _share(2 * self.true_yes, 2 * self.true_yes + self.false_yes + self.false_no)

    @property
    def accuracy(self) -> float:
        """The share of right verdicts."""
        return _share(self.true_yes + self.true_no, self.total)

    @property
    def cause_accuracy(self) -> float:
        """Of those rightly found not executable, the share with the cause of the label."""
        return _share(self.same_causes, self.causes)

    def to_json(self) -> dict[str, Any]:
        """As JSON-serialisable values, ``None`` for NaN."""
        counts = ("true_yes", "false_yes", "true_no", "false_no")
        shares = ("precision", "recall", "f1", "accuracy", "cause_accuracy")
        return {
            **{name: getattr(self, name) for name in counts},
            **{name: _or_none(getattr(self, name)) for name in shares},
        }


@dataclass(slots=True)
class CheckSummary:
    """Counts over a file.

    Attributes:
        total: Lines of the output: candidates, and lines that hold none.
        executable: Candidates that can be carried out.
        not_executable: Candidates that cannot.
        bad_lines: Lines that hold no candidate.
        crashes: Candidates whose check failed.
        kept: Lines that an interrupted run had written before.
        seconds: How long it took; NaN without a clock.
        labels: How the verdicts compare with the labels of the input.
        opinions: How they compare with the second opinions.
    """

    total: int = 0
    executable: int = 0
    not_executable: int = 0
    bad_lines: int = 0
    crashes: int = 0
    kept: int = 0
    seconds: float = nan
    labels: Labels = field(default_factory=Labels)
    opinions: Agreement = field(default_factory=Agreement)
    _causes: Counter[str] = field(default_factory=Counter)

    def add(self, verdict: Verdict) -> None:
        """Counts a line."""
        self.total += 1
        if verdict.problem is not None:
            self.bad_lines += verdict.problem == "bad line"
            self.crashes += verdict.problem == "crash"
            return
        self.executable += verdict.executable is True
        self.not_executable += verdict.executable is False
        if verdict.cause is not None:
            self._causes[verdict.cause] += 1
        self.labels.add(verdict)
        if verdict.executable is not None and verdict.opinion is not None:
            self.opinions.add(verdict.executable, verdict.opinion)

    @property
    def checked(self) -> int:
        """Candidates with a verdict."""
        return self.executable + self.not_executable

    @property
    def causes(self) -> Mapping[str, int]:
        """How often each cause stands in the way, the commonest first."""
        return dict(sorted(self._causes.items(), key=lambda pair: (-pair[1], pair[0])))

    @property
    def rate(self) -> float:
        """Lines per second, without those that were there before."""
        return (self.total - self.kept) / self.seconds if self.seconds > 0.0 else nan

    def to_json(self) -> dict[str, Any]:
        """As JSON-serialisable values, ``None`` for NaN."""
        return {
            "total": self.total,
            "checked": self.checked,
            "executable": self.executable,
            "not_executable": self.not_executable,
            "causes": dict(self.causes),
            "bad_lines": self.bad_lines,
            "crashes": self.crashes,
            "kept": self.kept,
            "seconds": _or_none(self.seconds),
            "rate": _or_none(self.rate),
            "labels": self.labels.to_json() if self.labels.total else None,
            "second_opinion": self.opinions.to_json() if self.opinions.total else None,
        }


def _share(part: int, whole: int) -> float:
    return part / whole if whole else nan


def _or_none(value: float) -> float | None:
    return None if isnan(value) else value
