"""What the outcomes amount to: shares, tables, the worst errors; as text, Markdown and JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from benchmarks.executability.judging import Outcome
from benchmarks.executability.labelled import CAUSES

__all__ = ["Figures", "errors_in_words", "figures_of", "markdown", "table", "to_json"]

_YES = "executable"


class Figures(NamedTuple):
    """A measurement of one set.

    Shares are ``None`` where their denominator is 0. Executable is the positive class.

    Attributes:
        name: Of the set and the half.
        lines: How many instructions.
        precision: Of those judged executable, how many are.
        recall: Of those that are executable, how many are judged so.
        f1: Their harmonic mean.
        accuracy: How many verdicts are right.
        cause_accuracy: Of the negatives judged negative, how many have the right cause first.
        goals_met: Of the positives judged executable, how many of the plans found meet the scenario's goals.
        levels: By explicitness: how many, and the share of right verdicts among positives and among negatives.
        confusion: By the labelled cause, how often each cause was found; ``executable`` where the verdict was wrong.
        replayed: How many certificates were carried out again in another process.
        diverged: How many of them came out differently.
        crashes: How often the check raised.
        rate: Checks per second of CPU time, the generation of worlds included.
    """

    name: str
    lines: int
    precision: float | None
    recall: float | None
    f1: float | None
    accuracy: float | None
    cause_accuracy: float | None
    goals_met: float | None
    levels: dict[str, tuple[int, float | None, float | None]]
    confusion: dict[str, dict[str, int]]
    replayed: int
    diverged: int
    crashes: int
    rate: float | None


def figures_of(name: str, outcomes: Sequence[Outcome], diverged: int) -> Figures:
    """Adds the outcomes of a set up."""
    positives = [outcome for outcome in outcomes if outcome.line.executable]
    negatives = [outcome for outcome in outcomes if not outcome.line.executable]
    hits, false_hits = sum(one.executable for one in positives), sum(one.executable for one in negatives)
    precision, recall = _share(hits, hits + false_hits), _share(hits, len(positives))
    found = [one for one in negatives if one.right]
    checked = [one.goals_met for one in positives if one.goals_met is not None]
    confusion: dict[str, Counter[str]] = {}
    for one in negatives:
        confusion.setdefault(str(one.line.cause), Counter())[_verdict(one)] += 1
    return Figures(
        name=name,
        lines=len(outcomes),
        precision=precision,
        recall=recall,
        f1=2 * precision * recall / (precision + recall) if precision and recall else None,
        accuracy=_share(sum(one.right for one in outcomes), len(outcomes)),
        cause_accuracy=_share(sum(one.cause == one.line.cause for one in found), len(found)),
        goals_met=_share(sum(checked), len(checked)),
        levels={level: _level(outcomes, level) for level in sorted({one.line.level for one in outcomes})},
        confusion={cause: dict(confusion[cause]) for cause in CAUSES if cause in confusion},
        replayed=sum(one.certificate is not None for one in outcomes),
        diverged=diverged,
        crashes=sum(one.crash is not None for one in outcomes),
        rate=len(outcomes) / spent if (spent := sum(one.spent_s for one in outcomes)) else None,
    )


def table(figures: Figures) -> Iterator[str]:
    """The figures as lines of text."""
    yield f"{figures.name}: {figures.lines} instructions, {figures.rate or 0:.0f} checks/s (CPU)"
    yield (
        f"  precision {_percent(figures.precision)}  recall {_percent(figures.recall)}  F1 {_percent(figures.f1)}"
        f"  accuracy {_percent(figures.accuracy)}  cause {_percent(figures.cause_accuracy)}"
    )
    yield (
        f"  plans that meet the goals {_percent(figures.goals_met)}, certificates replayed {figures.replayed},"
        f" diverged {figures.diverged}, crashes {figures.crashes}"
    )
    for level, (count, yes, no) in figures.levels.items():
        yield f"  {level:14} {count:5}  positives right {_percent(yes)}  negatives right {_percent(no)}"
    if figures.confusion:
        columns = [*CAUSES, _YES, "crash"]
        yield "  labelled \\ found    " + " ".join(f"{column[:11]:>11}" for column in columns)
        for cause, row in figures.confusion.items():
            yield f"  {cause:19}" + " ".join(f"{row.get(column, 0):11}" for column in columns)


def markdown(several: Sequence[Figures]) -> Iterator[str]:
    """The table of the README."""
    columns = [
        "set",
        "lines",
        "precision",
        "recall",
        "F1",
        "accuracy",
        "cause",
        "goals met",
        "certificates",
        "diverged",
    ]
    yield from _head([*columns, "checks/s"])
    for one in several:
        shares = (one.precision, one.recall, one.f1, one.accuracy, one.cause_accuracy, one.goals_met)
        cells = [one.name, f"{one.lines:,}", *map(_percent, shares)]
        cells += [f"{one.replayed:,}", f"{one.diverged}", f"{one.rate or 0:.0f}"]
        yield f"| {' | '.join(cell.strip() for cell in cells)} |"
    for one in several:
        if not one.confusion:
            continue
        yield ""
        yield f"{one.name}: what is found where something is wrong."
        yield ""
        columns = [
            column for column in (*CAUSES, _YES, "crash") if any(column in row for row in one.confusion.values())
        ]
        yield f"| labelled | {' | '.join(columns)} |"
        yield "|---" * (len(columns) + 1) + "|"
        for cause, row in one.confusion.items():
            yield f"| {cause} | {' | '.join(str(row.get(column, 0)) for column in columns)} |"
    levels = [(one.name, level, *row) for one in several for level, row in one.levels.items()]
    yield ""
    yield from _head(["set", "level", "lines", "positives right", "negatives right"])
    for name, level, count, yes, no in levels:
        yield f"| {name} | {level} | {count:,} | {_percent(yes).strip()} | {_percent(no).strip()} |"


def _head(columns: Sequence[str]) -> Iterator[str]:
    yield f"| {' | '.join(columns)} |"
    yield "|---" * len(columns) + "|"


def errors_in_words(outcomes: Iterable[Outcome], most: int) -> Iterator[str]:
    """The worst errors: crashes, then false certificates, plans that miss the goals, false alarms, wrong causes."""
    wrong = [(severity, one) for one in outcomes if (severity := _severity(one)) is not None]
    wrong.sort(key=lambda pair: pair[0])
    for _, one in wrong[:most]:
        label = _YES if one.line.executable else one.line.cause
        goals = ", goals missed" if one.goals_met is False else ""
        yield f"\n{one.line.id}: labelled {label}, judged {_verdict(one)}{goals}"
        yield f"  text:  {one.line.instruction}"
        yield f"  tools: {', '.join(one.line.tools)}"
        yield f"  why:   {one.line.why}"
        if one.crash:
            yield f"  crash: {one.crash}"
        for finding in one.findings:
            if finding["blocking"]:
                at = finding["span"]
                said = "" if at is None else f" at {one.line.instruction[at[0] : at[1]]!r}"
                yield f"  found: {finding['kind']}{said}: {finding['message']}"


def to_json(figures: Figures) -> dict[str, Any]:
    """The figures as JSON-serialisable values."""
    return figures._asdict()


def _severity(one: Outcome) -> int | None:
    if one.crash:
        return 0
    if one.executable and not one.line.executable:
        return 1
    if one.goals_met is False:
        return 2
    if not one.right:
        return 3
    return 4 if not one.executable and one.cause != one.line.cause else None


def _level(outcomes: Sequence[Outcome], level: str) -> tuple[int, float | None, float | None]:
    mine = [one for one in outcomes if one.line.level == level]
    yes = [one.right for one in mine if one.line.executable]
    no = [one.right for one in mine if not one.line.executable]
    return len(mine), _share(sum(yes), len(yes)), _share(sum(no), len(no))


def _verdict(one: Outcome) -> str:
    return "crash" if one.crash else _YES if one.executable else str(one.cause)


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _percent(share: float | None) -> str:
    return "   -  " if share is None else f"{100 * share:5.1f}%"
