"""Files of trajectories: whole lines, whatever happens."""

import errno
import os
from dataclasses import replace
from pathlib import Path

import pytest

from agentalign_env.errors import DataFileError
from agentalign_env.recording.files import (
    HalfWrittenLineWarning,
    TrajectoryWriter,
    read_trajectories,
    replacing_writer,
)
from agentalign_env.recording.trajectory import Trajectory


def write(path: Path, *trajectories: Trajectory) -> Path:
    with TrajectoryWriter(path) as writer:
        for trajectory in trajectories:
            writer.write(trajectory)
    return path


def test_what_was_written_is_read_in_order(tmp_path: Path, trajectories: list[Trajectory]) -> None:
    path = write(tmp_path / "new" / "folder" / "a.jsonl", *trajectories[:3])
    write(path, trajectories[3])
    assert list(read_trajectories(path)) == trajectories[:4]


def test_a_folder_is_read_file_by_file_in_name_order(tmp_path: Path, trajectories: list[Trajectory]) -> None:
    write(tmp_path / "b.jsonl", trajectories[1])
    write(tmp_path / "a.jsonl", trajectories[0])
    write(tmp_path / "c" / "a.jsonl", trajectories[2])
    (tmp_path / "notes.txt").write_text("no trajectory")
    assert list(read_trajectories(tmp_path)) == trajectories[:3]


def test_reading_is_lazy(tmp_path: Path, trajectory: Trajectory) -> None:
    path = write(tmp_path / "a.jsonl", trajectory)
    with path.open("ab") as file:
        file.write(b"broken\n")
    assert next(read_trajectories(path)) == trajectory


def test_a_half_written_last_line_is_skipped_with_a_warning(tmp_path: Path, trajectory: Trajectory) -> None:
    path = write(tmp_path / "a.jsonl", trajectory)
    with path.open("ab") as file:
        file.write(trajectory.to_line()[:-40])
    with pytest.warns(HalfWrittenLineWarning, match=r"a\.jsonl: line 2 is half-written"):
        assert list(read_trajectories(path)) == [trajectory]


def test_a_last_line_that_lacks_only_its_line_break_is_read(tmp_path: Path, trajectory: Trajectory) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(trajectory.to_line().rstrip(b"\n"))
    assert list(read_trajectories(path)) == [trajectory]
    write(path, trajectory)
    assert list(read_trajectories(path)) == [trajectory, trajectory]


def test_a_writer_cuts_a_half_written_last_line_off_before_it_appends(tmp_path: Path, trajectory: Trajectory) -> None:
    path = write(tmp_path / "a.jsonl", trajectory)
    long = replace(trajectory, agent="x" * 200_000)
    with path.open("ab") as file:
        file.write(long.to_line()[:-40])
    with pytest.warns(HalfWrittenLineWarning, match="its last line is half-written, .* it was cut off"):
        write(path, trajectory)
    assert list(read_trajectories(path)) == [trajectory, trajectory]


@pytest.mark.parametrize(
    ("line", "key", "remedy"),
    [
        (b"broken", "line 2, JSON", "Remove the line"),
        (b'{"schema_version": 99}', "line 2, schema_version", "Read it with the version"),
        (b'{"schema_version": 1}', "line 2, id", "Remove the line"),
    ],
)
def test_a_broken_line_in_the_middle_is_named(
    tmp_path: Path, trajectory: Trajectory, line: bytes, key: str, remedy: str
) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(trajectory.to_line() + line + b"\n" + trajectory.to_line())
    with pytest.raises(DataFileError) as caught:
        list(read_trajectories(path))
    assert (caught.value.file, caught.value.key) == (str(path), key)
    assert caught.value.remedy.startswith(remedy)


def test_an_empty_file_holds_none_and_empty_lines_do_not_matter(tmp_path: Path, trajectory: Trajectory) -> None:
    path = tmp_path / "a.jsonl"
    path.touch()
    assert list(read_trajectories(path)) == []
    path.write_bytes(b"\n" + trajectory.to_line() + b"\n\n")
    assert list(read_trajectories(path)) == [trajectory]


def test_a_missing_file_and_a_folder_without_trajectories_are_errors(tmp_path: Path) -> None:
    with pytest.raises(DataFileError, match="No such file"):
        list(read_trajectories(tmp_path / "none.jsonl"))
    with pytest.raises(DataFileError, match="found none"):
        list(read_trajectories(tmp_path))


class Interrupting:
    """Lets `os.write` take a part of a line, and fails the next time."""

    def __init__(self, error: BaseException) -> None:
        self.error, self.write, self.calls = error, os.write, 0

    def __call__(self, file: int, data: memoryview) -> int:
        self.calls += 1
        if self.calls == 2:
            raise self.error
        return self.write(file, data[:100])


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "No space left on device"), KeyboardInterrupt()])
def test_a_failure_in_the_middle_of_a_line_leaves_the_file_as_it_was(
    tmp_path: Path, trajectory: Trajectory, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    with TrajectoryWriter(tmp_path / "a.jsonl") as writer:
        writer.write(trajectory)
        with monkeypatch.context() as patch:
            patch.setattr(os, "write", Interrupting(error))
            with pytest.raises(type(error)):
                writer.write(trajectory)
        writer.write(trajectory)
    assert list(read_trajectories(tmp_path)) == [trajectory, trajectory]


def test_a_short_write_is_completed(tmp_path: Path, trajectory: Trajectory, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = os.write
    with TrajectoryWriter(tmp_path / "a.jsonl") as writer:
        monkeypatch.setattr(os, "write", lambda file, data: whole(file, data[:1_000]))
        writer.write(trajectory)
    assert list(read_trajectories(tmp_path)) == [trajectory]


def test_a_closed_writer_refuses_to_write(tmp_path: Path, trajectory: Trajectory) -> None:
    writer = TrajectoryWriter(tmp_path / "a.jsonl")
    writer.close()
    writer.close()
    with pytest.raises(ValueError, match="closed"):
        writer.write(trajectory)


def test_a_replacing_writer_leaves_the_old_file_until_the_end(tmp_path: Path, trajectories: list[Trajectory]) -> None:
    path = write(tmp_path / "a.jsonl", *trajectories[:2])
    (tmp_path / "a.jsonl.part").write_text("left by a crash")
    with replacing_writer(path) as writer:
        writer.write(trajectories[2])
        assert list(read_trajectories(path)) == trajectories[:2]
    assert list(read_trajectories(tmp_path)) == trajectories[2:3]
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.jsonl"]
