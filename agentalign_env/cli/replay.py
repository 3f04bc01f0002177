"""``agentalign replay``: carry recorded episodes out again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from agentalign_env.cli.output import Output

__all__ = ["replay"]


def replay(
    path: Annotated[Path, typer.Argument(help="A .jsonl file of trajectories, or a folder of them.")],
    verify: Annotated[
        bool,
        typer.Option(
            "--verify", help="Fail also where the scenario cannot be built again, so that the reward was not checked."
        ),
    ] = False,
) -> None:
    """Carry out every recorded episode again, and name the first difference of each. Exit code 1 if there is any."""
    from agentalign_env.errors import DataFileError
    from agentalign_env.recording.files import read_trajectories
    from agentalign_env.recording.replay import replay as carry_out

    output = Output()
    total = failed = unscored = 0
    for trajectory in read_trajectories(path):
        report = carry_out(trajectory)
        total += 1
        unchecked = not report.scored and not trajectory.agent_failed
        unscored += unchecked
        if report.divergence is not None:
            failed += 1
            output.line(f"DIFFERS {trajectory.id}", style="red")
            output.line(str(report.divergence), indent=2)
        elif unchecked:
            failed += verify
            output.line(f"{'FAILED' if verify else 'ok'} {trajectory.id}", style="red" if verify else "green")
            output.line("the scenario cannot be built again: outcome and reward were not checked", indent=2)
        else:
            output.line(f"ok {trajectory.id}", style="green")
    if not total:
        raise DataFileError(
            str(path),
            "file",
            "expected at least one trajectory, found none",
            "Record some with `agentalign rollout`.",
        )
    output.line(f"{total} trajectories, {failed} failed, {unscored} without a check of the reward", style="bold")
    if failed:
        raise typer.Exit(1)
