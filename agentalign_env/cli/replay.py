"""``agentalign replay``: carry recorded episodes and certificates out again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from agentalign_env.cli.output import Output

if TYPE_CHECKING:
    from agentalign_env.recording.trajectory import Trajectory

__all__ = ["replay"]


@dataclass
class _Tally:
    trajectories: int = 0
    unscored: int = 0
    certificates: int = 0
    bare: int = 0
    failed: int = 0


def replay(
    path: Annotated[
        Path, typer.Argument(help="A .jsonl file of trajectories, or of what `agentalign check` wrote; or a folder.")
    ],
    verify: Annotated[
        bool,
        typer.Option(
            "--verify", help="Fail also where the scenario cannot be built again, so that the reward was not checked."
        ),
    ] = False,
) -> None:
    """Carry out every recorded episode and certificate again, and name the first difference. Exit code 1 if any."""
    from agentalign_env.errors import DataFileError

    output, tally = Output(), _Tally()
    for item in _read(path):
        if isinstance(item, Mapping):
            _replay_certificates(output, tally, item)
        else:
            _replay_trajectory(output, tally, item, verify)
    if not tally.trajectories + tally.certificates + tally.bare:
        raise DataFileError(
            str(path),
            "file",
            "expected at least one trajectory, found none",
            "Record some with `agentalign rollout`.",
        )
    if tally.trajectories or not tally.certificates + tally.bare:
        told = f"{tally.trajectories} trajectories, {tally.failed} failed, "
        output.line(f"{told}{tally.unscored} without a check of the reward", style="bold")
    if tally.certificates or tally.bare:
        failed = "" if tally.trajectories else f", {tally.failed} failed"
        told = f"{tally.certificates} certificates{failed}, {tally.bare} lines with nothing to replay"
        output.line(told, style="bold")
    if tally.failed:
        raise typer.Exit(1)


def _read(path: Path) -> Iterator[Trajectory | Mapping[str, Any]]:
    """Trajectories and records of checks, each line on its own, of a file or all files below a folder."""
    from agentalign_env.recording.files import trajectory_files, whole_lines

    for file in trajectory_files(path):
        for number, line in whole_lines(file):
            yield _parsed(file, number, line)


def _parsed(file: Path, number: int, line: bytes) -> Trajectory | Mapping[str, Any]:
    import orjson

    from agentalign_env.errors import DataFileError
    from agentalign_env.recording.trajectory import Trajectory, TrajectoryFormatError

    if b'"schema_version"' not in line:
        try:
            record = orjson.loads(line)
        except orjson.JSONDecodeError:
            record = None  # the reader of trajectories says what is wrong
        if isinstance(record, dict) and ("certificate" in record or "key" in record):
            return record
    try:
        return Trajectory.from_line(line)
    except TrajectoryFormatError as error:
        newer = error.key == "schema_version"
        remedy = "Remove the line, or record the episodes again."
        if newer:
            remedy = "Read it with the version of agentalign-env that wrote it, or record the episodes again."
        raise DataFileError(str(file), f"line {number}, {error.key}", error.problem, remedy) from error


def _replay_trajectory(output: Output, tally: _Tally, trajectory: Trajectory, verify: bool) -> None:
    from agentalign_env.recording.replay import replay as carry_out

    report = carry_out(trajectory)
    tally.trajectories += 1
    unchecked = not report.scored and not trajectory.broken_off
    tally.unscored += unchecked
    if report.divergence is not None:
        tally.failed += 1
        output.line(f"DIFFERS {trajectory.id}", style="red")
        output.line(str(report.divergence), indent=2)
    elif unchecked:
        tally.failed += verify
        output.line(f"{'FAILED' if verify else 'ok'} {trajectory.id}", style="red" if verify else "green")
        output.line("the scenario cannot be built again: outcome and reward were not checked", indent=2)
    else:
        output.line(f"ok {trajectory.id}", style="green")


def _replay_certificates(output: Output, tally: _Tally, record: Mapping[str, Any]) -> None:
    from agentalign_env.errors import ReplayError
    from agentalign_env.executability.certificate import replay_certificate
    from agentalign_env.executability.records import certificates_of
    from agentalign_env.recording.replay import Divergence

    found = False
    try:
        for number, certificate in certificates_of(record):
            found = True
            tally.certificates += 1
            name = f"{record.get('id') or certificate.hash[:16]}"
            name += ", second opinion" if number else ""
            asked = record.get("instruction", certificate.instruction)
            divergence = replay_certificate(certificate)
            if divergence is None and asked != certificate.instruction:
                divergence = Divergence(None, None, "instruction", asked, certificate.instruction)
            tally.failed += divergence is not None
            output.line(f"{'ok' if divergence is None else 'DIFFERS'} {name}", style="red" if divergence else "green")
            if divergence is not None:
                output.line(str(divergence).replace("episode, ", "certificate, ", 1), indent=2)
    except ReplayError as error:
        tally.certificates += not found
        tally.failed += 1
        output.line(f"FAILED {record.get('id') or 'certificate'}", style="red")
        output.line(str(error), indent=2)
        return
    tally.bare += not found
