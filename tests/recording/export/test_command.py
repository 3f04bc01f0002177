"""``agentalign export``: files from recorded episodes."""

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from agentalign_env.cli import app
from agentalign_env.recording.export import EXPORTS
from agentalign_env.recording.files import TrajectoryWriter
from agentalign_env.recording.rows import TrainingRow
from agentalign_env.recording.trajectory import Trajectory


@pytest.fixture
def records(trajectories: dict[str, Trajectory], tmp_path: Path) -> Path:
    with TrajectoryWriter(tmp_path / "runs" / "all.jsonl") as writer:
        for trajectory in trajectories.values():
            writer.write(trajectory)
    return tmp_path / "runs"


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["export", *map(str, arguments)], env={"COLUMNS": "200", "NO_COLOR": "1"})


@pytest.mark.parametrize("name", EXPORTS)
def test_every_format_is_written(name: str, records: Path, tmp_path: Path) -> None:
    out = tmp_path / "new" / f"rows{EXPORTS[name].suffix}"
    done = run(records, "--format", name, "--out", out)
    assert done.exit_code == 0, done.output
    written = len(EXPORTS[name].read(out))
    assert f"{written} rows of 10 episodes are in {out}" in done.output
    assert written


def test_episodes_that_earned_little_are_left_out(records: Path, rows: dict[str, TrainingRow], tmp_path: Path) -> None:
    out = tmp_path / "rows.jsonl"
    assert run(records, "--format", "axolotl", "--out", out, "--min-reward", "0.99").exit_code == 0
    assert EXPORTS["axolotl"].read(out) == [rows[name] for name in ("benign", "answered", "refused")]


def test_every_format_is_named_in_the_help() -> None:
    text = " ".join(run("--help").output.replace("│", " ").split())
    assert [name for name in EXPORTS if name not in text] == []


def test_what_cannot_be_exported_is_told(records: Path, tmp_path: Path) -> None:
    unknown = run(records, "--format", "axolot", "--out", tmp_path / "a")
    assert (unknown.exit_code != 0, "axolotl" in unknown.output + str(unknown.exception)) == (True, True)
    missing = run(tmp_path / "none.jsonl", "--out", tmp_path / "a")
    assert missing.exit_code != 0
    assert not (tmp_path / "a").exists()
