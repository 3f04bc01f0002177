"""A quality report for people: Markdown with tables, and links to the plots beside it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from agentalign_env.synthesis.judge import READINGS
from agentalign_env.synthesis.plots import PLOTS
from agentalign_env.synthesis.quality_report import QualityReport
from agentalign_env.synthesis.rates import Balance, Rate

__all__ = ["NOTHING", "to_markdown"]

NOTHING = "–"  # noqa: RUF001 - the dash of empty cells
"""Stands where there was nothing to count."""

_LONGEST = 10


def to_markdown(report: QualityReport, plots: Collection[str] = ()) -> str:
    """The report as Markdown; of the plots, those named are linked."""
    parts = [
        "# Quality report",
        *_summary(report),
        *_executability(report, plots),
        *_balance(report, plots),
        *_duplicates(report),
        *_semantic(report, plots),
    ]
    return "\n\n".join(parts) + "\n"


def _summary(report: QualityReport) -> Iterator[str]:
    counts = report.counts
    steps = [
        ("lines", counts.lines, None),
        ("instructions", counts.checked, counts.lines),
        ("of them executable", counts.executable, counts.checked),
        ("of them kept by the semantic check", counts.kept, counts.executable),
        ("of them distinct", counts.distinct, counts.kept),
    ]
    rows = [[name, str(count), "" if of is None else _share(Rate(count, of).share)] for name, count, of in steps]
    yield "## Summary"
    yield _table(("", "records", "of the row above"), rows)
    if counts.repeated_ids:
        yield f"{counts.repeated_ids} records repeat the id of an earlier one."
    if report.bad:
        yield f"{counts.bad} lines hold no checked instruction; {counts.damaged} of them are damaged in the results."
        yield _table(("line", "what is wrong"), [[str(one.line), _cell(one.error)] for one in report.bad])


def _executability(report: QualityReport, plots: Collection[str]) -> Iterator[str]:
    yield "## Executability"
    yield "Intervals are Wilson's, at 95 %."
    yield from _rated("Requirements", "requirement", report.requirements, "requirements.png", plots)
    yield from _rated("Causes", "cause", report.causes, "causes.png", plots, "of all checked")
    for by, plot in (
        ("intent", ""),
        ("category", "pass_by_category.png"),
        ("subcategory", ""),
        ("capability", "pass_by_capability.png"),
        ("steps", "pass_by_steps.png"),
    ):
        yield from _rated(f"By {by}", by, report.pass_rates[by], plot, plots)


def _rated(
    heading: str, kind: str, rates: Mapping[str, Rate], plot: str, plots: Collection[str], of: str = "share"
) -> Iterator[str]:
    yield f"### {heading}"
    if plot in plots:
        yield _image(plot)
    rows = [
        [_cell(name), str(rate.count), str(rate.total), _share(rate.share), _interval(rate)]
        for name, rate in rates.items()
    ]
    yield _table((kind, "count", "of", of, "interval"), rows)


def _balance(report: QualityReport, plots: Collection[str]) -> Iterator[str]:
    yield "## Balance"
    if "labels_by_category.png" in plots:
        yield _image("labels_by_category.png")
    yield "Evenness is entropy over its greatest value: 1 is even."
    rows = [[_cell(name), *_spread(one)] for name, one in report.balance.items()]
    yield _table(("over", "kinds", "evenness", "commonest", "its share", "rarest", "its share"), rows)
    found = report.signatures
    yield "### Tools and intent"
    if found.records is None:
        yield "Fewer than two intents occur, so tools cannot give them away."
        return
    yield (
        f"{found.distinct} sets of tools, {found.repeated} of them at hand in two records or more. "
        f"{found.single} of those occur with one intent alone and give it away: {found.records.count} of "
        f"{found.records.total} records ({_share(found.records.share)})."
    )
    if found.largest:
        yield _table(
            ("records", "intent", "tools"),
            [[str(count), _cell(intent), _cell(", ".join(tools))] for tools, intent, count in found.largest],
        )


def _spread(balance: Balance) -> list[str]:
    cells = [str(len(balance.counts)), NOTHING if balance.evenness is None else f"{balance.evenness:.3f}"]
    for kind in (balance.commonest, balance.rarest):
        cells += [NOTHING, NOTHING] if kind is None else [_cell(kind, 60), _share(balance.share(kind))]
    return cells


def _duplicates(report: QualityReport) -> Iterator[str]:
    found = report.duplicates
    yield "## Duplicates"
    yield (
        f"Within an intent, two texts are near-duplicates when their word triples have a Jaccard similarity of "
        f"{found.threshold:g} or more."
    )
    rows = [
        ["repeats an earlier text", str(found.exact), _share(Rate(found.exact, found.texts).share)],
        ["nearly repeats an earlier text (those above too)", str(found.near), _share(_of(found.near, found.texts))],
        ["repeats the wording, values apart", str(found.same_shape), _share(_of(found.same_shape, found.texts))],
        ["one text under several intents", str(len(found.conflicts)), _share(_of(len(found.conflicts), found.texts))],
    ]
    yield _table(("", "records", "share"), rows)
    if found.clusters:
        yield "### Largest clusters"
        clusters = [
            [str(1 + len(one.members)), _cell(one.intent), _cell(one.representative), _cell(one.text, 120)]
            for one in found.clusters[:_LONGEST]
        ]
        yield _table(("records", "intent", "representative", "text"), clusters)
    if found.templates:
        yield "### Commonest wordings"
        shapes = [
            [str(one.count), _cell(one.intent), _cell(one.first), _cell(one.shape, 120)]
            for one in found.templates[:_LONGEST]
        ]
        yield _table(("records", "intent", "first", "wording"), shapes)


def _semantic(report: QualityReport, plots: Collection[str]) -> Iterator[str]:
    found = report.semantic
    yield "## Semantic check"
    if "verdicts.png" in plots:
        yield _image("verdicts.png")
    yield (
        "Harmful items are dropped only when they are plainly benign; benign ones are kept only when they are judged "
        "benign."
    )
    rows = [
        [_cell(label or "(none)"), *(str(row[one]) for one in READINGS), *_decided(found.decisions.get(label, {}))]
        for label, row in found.verdicts.items()
    ]
    yield _table(("label", *(f"judged {one}" for one in READINGS), "kept", "dropped"), rows)
    if found.unjudged or found.second_unjudged:
        lines = [f"{found.unjudged} items were not judged; they have no verdict and are not kept."]
        if found.second is not None:
            lines.append(f"The second judge left {found.second_unjudged} out.")
        yield " ".join(lines)
        yield _table(("first errors",), [[_cell(error)] for error in found.errors])
    if found.second is not None:
        agreement = found.second
        yield "### Two judges"
        kappa = NOTHING if agreement.kappa is None else f"{agreement.kappa:.3f}"
        share = _share(Rate(agreement.same, agreement.items).share)
        yield f"{agreement.items} items were judged by both, {share} of them alike; Cohen's kappa is {kappa}."
        table = [[one, *(str(agreement.table[one][two]) for two in READINGS)] for one in READINGS]
        yield _table(("first / second", *READINGS), table)


def _decided(row: Mapping[str, int]) -> list[str]:
    return [str(row.get("kept", 0)), str(row.get("dropped", 0))]


def _of(count: int, total: int) -> float | None:
    return Rate(count, total).share


def _image(name: str) -> str:
    return f"![{PLOTS[name]}]({name})"


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    cells = [list(row) for row in rows] or [[NOTHING] * len(columns)]
    lines = [columns, ["---"] * len(columns), *cells]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(text: str, most: int = 200) -> str:
    """A text as one cell: what Markdown or HTML would read is escaped."""
    flat = " ".join(text.split())
    short = flat if len(flat) <= most else f"{flat[: most - 1]}…"
    return re.sub(r"([\\`*_\[\]<>|!#$~])", r"\\\1", short).replace("&", "&amp;")


def _share(share: float | None) -> str:
    return NOTHING if share is None else f"{100 * share:.1f} %"


def _interval(rate: Rate) -> str:
    interval = rate.interval
    return NOTHING if interval is None else f"{100 * interval[0]:.1f} to {100 * interval[1]:.1f} %"
