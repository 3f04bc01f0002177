"""Files of trajectories: JSON lines, appended whole, read one at a time."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

import orjson

from agentalign_env.errors import DataFileError
from agentalign_env.recording.line_file import LineFile
from agentalign_env.recording.trajectory import Trajectory, TrajectoryFormatError

__all__ = [
    "HalfWrittenLineWarning",
    "TrajectoryWriter",
    "is_json",
    "read_trajectories",
    "replacing_writer",
    "trajectory_files",
    "whole_lines",
]

_BLOCK = 65_536


class HalfWrittenLineWarning(UserWarning):
    """The last line of a trajectory file is incomplete, as a crash leaves it; it was skipped, or cut off."""


class TrajectoryWriter:
    """Appends trajectories to a file, a whole line at a time, so that an interrupted run leaves only complete lines.

    A half-written last line, left by a machine that lost power, is cut off with a `HalfWrittenLineWarning` when the
    file is opened. One writer per file.

    Args:
        path: The file; its folder is made where missing.

    Raises:
        OSError: The file cannot be opened.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._lines = LineFile(self.path, alone=False)
        try:
            _mend(self._lines.descriptor, self.path)
        except BaseException:
            self._lines.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def write(self, trajectory: Trajectory) -> None:
        """Appends one trajectory; on any failure (a full disk, an interrupt) the file is as it was before.

        Raises:
            OSError: The line could not be written.
            ValueError: The writer is closed.
        """
        if not self._lines.is_open:
            raise ValueError(f"the writer of {self.path} is closed: open a new one")
        self._lines.append(trajectory.to_line())

    def close(self) -> None:
        """Brings what was written to the disk; a second call does nothing."""
        if self._lines.is_open:
            try:
                self._lines.sync()
            finally:
                self._lines.close()


@contextmanager
def replacing_writer(path: str | Path) -> Iterator[TrajectoryWriter]:
    """A writer whose file takes the place of an older one in one step at the end, also at an interrupt.

    Raises:
        OSError: The file cannot be written; the older one is still there.
    """
    final = Path(path)
    part = final.with_name(f"{final.name}.part")
    part.unlink(missing_ok=True)
    writer = TrajectoryWriter(part)
    try:
        yield writer
    finally:
        writer.close()
        part.replace(final)


def read_trajectories(path: str | Path) -> Iterator[Trajectory]:
    """Yields the trajectories of a ``.jsonl`` file, or of every such file below a folder, in name order; reads lazily.

    Warns:
        HalfWrittenLineWarning: The last line of a file is incomplete; it is skipped.

    Raises:
        DataFileError: A file is missing, or a line is no trajectory of this schema version; it names file, line and
            remedy.
    """
    for file in trajectory_files(Path(path)):
        yield from _read_file(file)


def trajectory_files(path: Path) -> list[Path]:
    """The file itself, or every ``.jsonl`` file below a folder, in name order.

    Raises:
        DataFileError: The folder holds none.
    """
    files = sorted(path.rglob("*.jsonl")) if path.is_dir() else [path]
    if not files:
        raise DataFileError(
            str(path),
            "folder",
            "expected .jsonl files of trajectories, found none",
            "Record some with `agentalign rollout`.",
        )
    return files


def _read_file(path: Path) -> Iterator[Trajectory]:
    for number, line in whole_lines(path, stacklevel=5):
        try:
            yield Trajectory.from_line(line)
        except TrajectoryFormatError as error:
            raise DataFileError(str(path), f"line {number}, {error.key}", error.problem, _remedy(error)) from error


def whole_lines(path: Path, *, stacklevel: int = 3) -> Iterator[tuple[int, bytes]]:
    """The lines of a file that are not blank, with their numbers from 1; reads lazily.

    Args:
        path: A file of JSON lines.
        stacklevel: To which caller a warning belongs, 3 being whoever takes the lines.

    Warns:
        HalfWrittenLineWarning: The last line is incomplete; it is skipped.

    Raises:
        DataFileError: The file cannot be read.
    """
    try:
        with path.open("rb") as lines:
            for number, line in enumerate(lines, 1):
                if line.isspace():
                    continue
                if not line.endswith(b"\n") and not is_json(line):
                    _warn(path, f"line {number}", "skipped", stacklevel)
                    return
                yield number, line
    except OSError as error:
        problem = f"expected a readable file, found: {error.strerror or type(error).__name__}"
        raise DataFileError(str(path), "file", problem, "Check the path and its permissions.") from error


def _remedy(error: TrajectoryFormatError) -> str:
    if error.key == "schema_version":
        return "Read it with the version of agentalign-env that wrote it, or record the episodes again."
    return "Remove the line, or record the episodes again."


def _mend(file: int, path: Path) -> None:
    """Ends the last line: adds a missing line break to a complete one, cuts a half-written one off."""
    size = end = os.fstat(file).st_size
    tail = b""
    while end and b"\n" not in tail:
        start = max(end - _BLOCK, 0)
        os.lseek(file, start, os.SEEK_SET)
        tail = os.read(file, end - start) + tail
        end = start
    last = tail.rpartition(b"\n")[2]
    if not last:
        return
    if is_json(last):
        os.write(file, b"\n")
        return
    _warn(path, "its last line", "cut off", stacklevel=4)
    os.ftruncate(file, size - len(last))


def _warn(path: Path, where: str, fate: str, stacklevel: int) -> None:
    warnings.warn(
        f"{path}: {where} is half-written, as an interrupted run leaves it: it was {fate}",
        HalfWrittenLineWarning,
        stacklevel,
    )


def is_json(line: bytes) -> bool:
    """Whether a line is one whole value of JSON."""
    try:
        orjson.loads(line)
    except orjson.JSONDecodeError:
        return False
    return True
