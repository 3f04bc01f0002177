"""``agentalign dataset``: build a training set, and report on one."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from agentalign_env.cli.group import CommandGroup
from agentalign_env.cli.output import Output, print_json

__all__ = ["dataset"]

dataset = typer.Typer(
    cls=CommandGroup,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Build a training set with a proof for every row, and report on one.",
)


@dataset.command()
def build(
    out: Annotated[Path, typer.Option(help="Folder of the dataset; a build that was interrupted there goes on.")],
    preset: Annotated[str, typer.Option(help="What it holds: a file of scenarios/datasets.")] = "paper",
    limit: Annotated[int | None, typer.Option(min=3, help="So many rows in all, in the same proportions.")] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="How many processes; all processors.")] = None,
    mix: Annotated[
        list[Path] | None, typer.Option(help="Add the conversations of this file (ToolACE, Glaive) to training.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Build a dataset: training and test rows, their certificates, a card. Killed at any moment, it goes on."""
    from agentalign_env.errors import UnknownNameError
    from agentalign_env.synthesis.dataset.building import build_dataset
    from agentalign_env.synthesis.dataset.recipe import load_presets

    presets = load_presets()
    if preset not in presets:
        raise UnknownNameError("preset", preset, presets)
    recipe = presets[preset] if limit is None else presets[preset].limited(limit)
    output = Output()
    with output.progress("episodes", 0) as advance:
        before = 0

        def progress(done: int, total: int) -> None:
            nonlocal before
            advance(by=done - before, total=total)
            before = done

        summary = build_dataset(recipe, out, workers=workers or os.cpu_count() or 1, mix=mix or (), progress=progress)
    if json:
        print_json(summary.to_json())
        return
    rows = [(split, *(str(counts.get(intent, 0)) for intent in recipe.rows)) for split, counts in summary.rows.items()]
    output.table(("split", *recipe.rows), rows)
    if summary.mixed:
        output.line(f"{summary.mixed} rows of other files in training")
    for reason, count in summary.rejected.items():
        output.line(f"{count} candidates rejected: {reason}", style="dim")
    output.line(f"{out}: train.jsonl, test.jsonl, certificates.jsonl, README.md", style="green")


@dataset.command()
def report(
    folder: Annotated[Path, typer.Argument(help="What `agentalign dataset build` wrote.")],
    out: Annotated[Path | None, typer.Option(help="Folder of the report; FOLDER/report.")] = None,
    no_plots: Annotated[bool, typer.Option("--no-plots", help="Draw no plots beside the report.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Report on a dataset: coverage, balance, repeats, and a leak test.

    Exit code 1 where something other than the instruction gives the intent away.
    """
    from agentalign_env.synthesis.dataset.report import report_on, write_report
    from agentalign_env.synthesis.plots import require_matplotlib

    if not no_plots:
        require_matplotlib()
    found = report_on(folder)
    page = write_report(found, out or folder / "report", plots=not no_plots)
    if json:
        print_json(found.to_json())
    else:
        output = Output()
        output.table(
            ("guessed from", "AUC", "interval of 99 %", "at chance"),
            [
                (
                    leak.source,
                    f"{leak.auc:.3f}",
                    f"{leak.low:.3f} to {leak.high:.3f}",
                    "yes" if leak.at_chance else "no",
                )
                for leak in found.leaks
            ],
        )
        output.line(f"see {page}", style="green")
    if not found.leak_free:
        raise typer.Exit(1)
