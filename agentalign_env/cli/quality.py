"""``agentalign quality``: what a set of checked instructions is like."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from agentalign_env.cli.output import Advance, Output

if TYPE_CHECKING:
    from agentalign_env.synthesis.quality_report import QualityReport
    from agentalign_env.synthesis.records import BadRecord, CheckedRecord

__all__ = ["quality"]

_BLOCK = 1 << 20


def quality(
    results: Annotated[Path, typer.Argument(help="What `agentalign check` wrote: a .jsonl file.")],
    out: Annotated[Path, typer.Option(help="Folder of the report; its files are replaced.")],
    against: Annotated[
        Path | None, typer.Option(help="Verdicts of a second judge, such as people: JSON lines with id and verdict.")
    ] = None,
    threshold: Annotated[
        float, typer.Option(min=0.4, max=1.0, help="From which similarity texts are near-duplicates.")
    ] = 0.7,
    no_plots: Annotated[bool, typer.Option("--no-plots", help="Draw no plots beside the report.")] = False,
) -> None:
    """Report on a set of checked instructions. Exit code 1 if lines of the results are damaged.

    Pass rates, balance, near-duplicates, and a semantic check of the labels.
    """
    from agentalign_env.synthesis.judge import load_verdicts
    from agentalign_env.synthesis.plots import require_matplotlib
    from agentalign_env.synthesis.quality import assess
    from agentalign_env.synthesis.records import read_results

    if not no_plots:
        require_matplotlib()
    second = None if against is None else load_verdicts(against)
    output = Output()
    with output.progress("records", _lines_of(results)) as advance:
        report = assess(_watched(read_results(results), advance), second_judge=second, threshold=threshold)
    _write(report, out, plots=not no_plots)
    _print(output, report, out)
    if report.counts.damaged:
        raise typer.Exit(1)


def _lines_of(path: Path) -> int:
    """How many lines a file has, for the progress bar; 0 where it is no file."""
    if not path.is_file():
        return 0
    with path.open("rb") as file:
        return sum(block.count(b"\n") for block in iter(lambda: file.read(_BLOCK), b""))


def _watched(records: Iterable[CheckedRecord | BadRecord], advance: Advance) -> Iterator[CheckedRecord | BadRecord]:
    for record in records:
        yield record
        advance()


def _write(report: QualityReport, out: Path, *, plots: bool) -> None:
    """Writes every file whole; plots of an earlier report are removed."""
    import orjson

    from agentalign_env.recording.export.files import new_file
    from agentalign_env.synthesis.markdown import to_markdown
    from agentalign_env.synthesis.plots import PLOTS, draw_plots

    out.mkdir(parents=True, exist_ok=True)
    drawn = draw_plots(report) if plots else {}
    for name in PLOTS:
        if name not in drawn:
            (out / name).unlink(missing_ok=True)
    files = {
        **drawn,
        "quality.json": orjson.dumps(report.to_json(), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE),
        "disagreements.jsonl": _json_lines(one.to_json() for one in report.semantic.disagreements),
        "duplicates.jsonl": _json_lines(one.to_json() for one in report.duplicates.clusters),
        "report.md": to_markdown(report, drawn).encode(),
    }
    for name, content in files.items():
        with new_file(out / name) as part:
            part.write_bytes(content)


def _json_lines(rows: Iterable[dict[str, Any]]) -> bytes:
    import orjson

    return b"".join(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in rows)


def _print(output: Output, report: QualityReport, out: Path) -> None:
    from agentalign_env.synthesis.rates import Rate

    counts, found, semantic = report.counts, report.duplicates, report.semantic
    rows = [
        ("executable", Rate(counts.executable, counts.checked)),
        *((f"  {cause}", rate) for cause, rate in report.causes.items()),
        ("near-duplicates", Rate(found.near, found.texts)),
        ("same wording, other values", Rate(found.same_shape, found.texts)),
    ]
    for label, row in semantic.decisions.items():
        if label in {"benign", "harmful"}:
            rows.append((f"{label}, kept by the semantic check", Rate(row["kept"], sum(row.values()))))
    output.line(f"{counts.checked} instructions, {counts.bad} other lines", style="bold")
    output.table(
        ("", "records", "share", "interval of 95 %"),
        [(name, f"{rate.count} of {rate.total}", _share(rate.share), _interval(rate)) for name, rate in rows],
    )
    if report.signatures.single:
        output.line(
            f"{report.signatures.single} sets of tools occur with one intent alone and give it away", style="yellow"
        )
    if found.conflicts:
        output.line(f"{len(found.conflicts)} texts stand under more than one intent", style="red")
    if semantic.unjudged:
        output.line(f"{semantic.unjudged} items could not be judged", style="yellow")
    if semantic.second is not None:
        kappa = "-" if semantic.second.kappa is None else f"{semantic.second.kappa:.2f}"
        output.line(f"two judges, {semantic.second.items} items: Cohen's kappa {kappa}")
    if counts.damaged:
        output.line(f"{counts.damaged} lines of the results are damaged", style="red")
    output.line(f"{counts.distinct} are executable, kept and distinct; see {out / 'report.md'}", style="green")


def _share(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.1f} %"


def _interval(rate: Any) -> str:
    return "-" if rate.interval is None else f"{100 * rate.interval[0]:.1f} to {100 * rate.interval[1]:.1f} %"
