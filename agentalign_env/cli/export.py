"""``agentalign export``: recorded episodes as the files that training stacks read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from agentalign_env.cli.output import Output

if TYPE_CHECKING:
    from agentalign_env.recording.rows import TrainingRow

__all__ = ["export"]


def export(
    records: Annotated[
        Path,
        typer.Argument(help="A .jsonl file of trajectories, or a folder of such files.", metavar="RECORDS"),
    ],
    out: Annotated[Path, typer.Option(help="The file to write; an older one is replaced.")],
    format: Annotated[
        str,
        typer.Option(
            help="trl-sft, axolotl, ms-swift, llama-factory, verl, openai, agentalign, dpo, kto, rl-prompts or atif."
        ),
    ] = "trl-sft",
    min_reward: Annotated[
        float,
        typer.Option(min=0.0, max=1.0, help="Leave out episodes that earned less; 0.99 for what is to be copied."),
    ] = 0.0,
) -> None:
    """Write recorded episodes in the form that a training stack reads."""
    from agentalign_env.errors import DataFileError
    from agentalign_env.recording.export import find_export

    form = find_export(format)
    read = 0

    def rows() -> Iterator[TrainingRow]:
        nonlocal read
        from agentalign_env.recording.files import read_trajectories
        from agentalign_env.recording.rows import row_of

        for trajectory in read_trajectories(records):
            read += 1
            if trajectory.reward >= min_reward:
                yield row_of(trajectory)

    try:
        written = form.write(rows(), out)
    except ModuleNotFoundError as error:
        problem = f"{format} needs the package {error.name}: install agentalign-env[export]"
        raise typer.BadParameter(problem, param_hint="--format") from error
    if not read:
        raise DataFileError(
            str(records),
            "file",
            "expected at least one trajectory, found none",
            "Record some with `agentalign rollout`.",
        )
    Output().line(f"{written} rows of {read} episodes are in {out}", style="dim")
