"""``agentalign check``: which instructions can be carried out, which not, and why."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from agentalign_env.cli.given import Given, chain_of, tools_of, world_of
from agentalign_env.cli.output import Output, number, percent, print_json

if TYPE_CHECKING:
    from agentalign_env.executability.candidates import BadLine, Candidate
    from agentalign_env.executability.records import Verdict
    from agentalign_env.executability.running import SecondOpinion
    from agentalign_env.executability.summary import CheckSummary

__all__ = ["check"]

_STDIN = "-"
_SHOWN_FINDINGS, _SEARCHED_RECORDS = 4, 2_000


def check(
    file: Annotated[
        str | None,
        typer.Argument(
            help="Instructions as JSON lines, JSON, CSV or plain text; - for standard input.", metavar="FILE"
        ),
    ] = None,
    text: Annotated[str | None, typer.Option("--text", help="Check this one instruction instead of a file.")] = None,
    out: Annotated[Path | None, typer.Option(help="Where to write; FILE with the ending .checked.jsonl.")] = None,
    form: Annotated[
        Literal["auto", "jsonl", "json", "csv", "text"], typer.Option("--format", help="auto: by the first record.")
    ] = "auto",
    tools: Annotated[
        str | None, typer.Option(help="Tools at hand, by name, separated by commas, whatever the lines say.")
    ] = None,
    tools_file: Annotated[Path | None, typer.Option(help="A JSON file of tool schemas, likewise.")] = None,
    world: Annotated[str | None, typer.Option(help="World, such as small:7, likewise.")] = None,
    chain: Annotated[str | None, typer.Option(help="A chain's id, or capabilities with commas, likewise.")] = None,
    workers: Annotated[int, typer.Option(min=1, help="How many processes check.")] = 1,
    limit: Annotated[int | None, typer.Option(min=1, help="Check only so many lines.")] = None,
    agent: Annotated[str | None, typer.Option(help="Ask an agent, too: a built-in one, or module:Class.")] = None,
    tries: Annotated[int, typer.Option(min=1, help="How often the agent may try.")] = 3,
    no_certificates: Annotated[bool, typer.Option("--no-certificates", help="Write no proofs.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Exit code 1 also where something cannot be done.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Check which instructions can be carried out with the tools at hand, and say why not.

    Exit code 1 if lines cannot be read or checked. An interrupted run goes on when it is started again.
    """
    if (file is None) == (text is None):
        raise typer.BadParameter("expected a FILE or --text, got both or neither: give one of them")
    given = Given(tools_of(tools, tools_file), world_of(world), chain_of(chain))
    opinion = _opinion_of(agent, tries)
    if text is not None:
        if out is not None:
            raise typer.BadParameter("expected a FILE with it, got --text: leave it out", param_hint="--out")
        executable = _check_text(text, given, opinion, as_json=json)
        raise typer.Exit(1 if strict and not executable else 0)
    target = out or _beside(file or _STDIN)
    if file != _STDIN and target.resolve() == Path(file or "").resolve():
        raise typer.BadParameter("expected another file than FILE, got the same: choose another", param_hint="--out")
    candidates = given.applied(islice(_read(file or _STDIN, form), limit))
    summary = _run(candidates, target, workers, not no_certificates, opinion)
    if json:
        print_json({**summary.to_json(), "out": str(target)})
    else:
        _print(Output(), summary, target)
    if not summary.total:
        from agentalign_env.errors import DataFileError

        remedy = "Give it one instruction a line, or --format."
        raise DataFileError(str(file), "file", "expected at least one instruction, found none", remedy)
    if summary.bad_lines or summary.crashes or (strict and summary.not_executable):
        raise typer.Exit(1)


def _opinion_of(agent: str | None, tries: int) -> SecondOpinion | None:
    if agent is None:
        return None
    from agentalign_env.executability.running import SecondOpinion
    from agentalign_env.executability.second_opinion import load_agent

    if "" not in sys.path:
        sys.path.insert(0, "")  # module:Class may lie where the command is called; workers get the same path
    load_agent(agent)
    return SecondOpinion(agent, tries)


def _beside(file: str) -> Path:
    """``a.jsonl.gz`` as ``a.checked.jsonl``."""
    path = Path("stdin" if file == _STDIN else file)
    bare = path.with_suffix("") if path.suffix == ".gz" else path
    return bare.with_name(f"{bare.stem}.checked.jsonl")


def _read(file: str, form: str) -> Iterator[Candidate | BadLine]:
    from agentalign_env.executability.candidates import parse_candidates, read_candidates

    wanted = None if form == "auto" else form
    if file != _STDIN:
        return read_candidates(file, format=wanted)
    if hasattr(sys.stdin, "reconfigure"):
        sys.stdin.reconfigure(encoding="utf-8", errors="surrogateescape")
    return parse_candidates(sys.stdin, wanted)


def _check_text(text: str, given: Given, opinion: SecondOpinion | None, *, as_json: bool) -> bool:
    from agentalign_env.cli.findings import print_report
    from agentalign_env.executability.check import check as carry_out
    from agentalign_env.toolkit.catalogue import load_tools

    tools = given.tools or load_tools()
    report = carry_out(text, tools=tools, world=given.world, chain=given.chain)
    content = report.to_json()
    if opinion is not None:
        from agentalign_env.executability.second_opinion import load_agent, second_opinion

        second = second_opinion(
            text,
            tools=tools,
            world=given.world,
            agent=load_agent(opinion.agent),
            tries=opinion.tries,
            premises=report.premises,
        )
        content["second_opinion"] = {"agent": opinion.agent, "tries": opinion.tries, **second.to_json()}
    if as_json:
        print_json(content)
        return report.executable
    output = Output()
    print_report(output, content, text)
    if opinion is not None:
        output.line()
        output.line(f"{opinion.agent}, in {opinion.tries} tries", style="bold")
        print_report(output, content["second_opinion"], text)
    return report.executable


def _run(
    candidates: Iterator[Candidate | BadLine],
    out: Path,
    workers: int,
    certificates: bool,
    opinion: SecondOpinion | None,
) -> CheckSummary:
    """Checks all, and says how to go on where that is interrupted."""
    from agentalign_env.executability.running import check_file

    written = 0
    try:
        with _progress() as advance:

            def count(_: Verdict) -> None:
                nonlocal written
                written += 1
                advance()

            return check_file(
                candidates,
                out,
                workers=workers,
                certificates=certificates,
                opinion=opinion,
                progress=count,
                clock=time.perf_counter,
            )
    except (KeyboardInterrupt, OSError):
        part = out.resolve().with_name(f"{out.resolve().name}.part")
        if written and part.exists():
            sys.stderr.write(f"{written} lines are in {part}; run the same command again to go on behind them\n")
        raise


@contextmanager
def _progress() -> Iterator[Any]:
    """A count and a rate on stderr, where somebody watches; how many lines will come is not known."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn

    errors = Console(stderr=True, markup=False, emoji=False)
    begun = time.perf_counter()
    parts = [TextColumn("{task.description}", markup=False), BarColumn(bar_width=None)]
    with Progress(*parts, console=errors, transient=True, disable=not errors.is_terminal) as bar:
        task = bar.add_task("checking", total=None)
        count = 0

        def advance() -> None:
            nonlocal count
            count += 1
            rate = count / max(time.perf_counter() - begun, 0.001)
            bar.update(task, advance=1, description=f"{count} checked, {rate:.0f}/s")

        yield advance


def _print(output: Output, summary: CheckSummary, out: Path) -> None:
    _print_examples(output, out)
    whole = max(summary.total, 1)
    counts = {
        "executable": summary.executable,
        "not executable": summary.not_executable,
        **{f"  {cause}": count for cause, count in summary.causes.items()},
        "unreadable lines": summary.bad_lines,
        "failed checks": summary.crashes,
        "all": summary.total,
    }
    rows = [
        (name, str(count), percent(count / whole))
        for name, count in counts.items()
        if count or name in ("executable", "not executable", "all")
    ]
    output.table(("verdict", "lines", "share"), rows)
    labels, opinions = summary.labels, summary.opinions
    if labels.total:
        output.line(
            f"against {labels.total} labels: precision {number(labels.precision)}, recall {number(labels.recall)}, "
            f"F1 {number(labels.f1)}, cause {number(labels.cause_accuracy)}"
        )
    if opinions.total:
        output.line(
            f"against {opinions.total} second opinions: same verdict {percent(opinions.share)}, "
            f"kappa {number(opinions.kappa)}"
        )
    kept = f", {summary.kept} of them from an interrupted run" if summary.kept else ""
    output.line(f"{summary.total} lines are in {out}{kept}; {number(summary.rate)} lines/s", style="dim")


def _print_examples(output: Output, out: Path) -> None:
    """One instruction for each of the first few causes, with the finding and its place."""
    from agentalign_env.cli.findings import print_finding
    from agentalign_env.executability.records import read_records

    shown: set[str] = set()
    for record in islice(read_records(out), _SEARCHED_RECORDS):
        if "error" in record and record["error"].split(":")[0] not in shown and len(shown) < _SHOWN_FINDINGS:
            shown.add(record["error"].split(":")[0])
            output.line(str(record.get("id") or f"line {record['line']}"), style="bold")
            output.line(record["error"], style="red", indent=2)
        cause = record.get("cause")
        if cause is None or cause in shown or len(shown) >= _SHOWN_FINDINGS:
            continue
        shown.add(cause)
        output.line(record["id"], style="bold")
        finding = next(finding for finding in record["findings"] if finding["blocking"])
        print_finding(output, finding, record["instruction"], indent=2)
    if shown:
        output.line()
