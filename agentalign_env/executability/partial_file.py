"""A file that is written line by line beside its place, moves there when it is whole, and can be resumed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from agentalign_env.errors import DataFileError

__all__ = ["PartialFile"]


class PartialFile:
    """The lines written so far, in ``<name>.part``; `finish` moves them to `path` in one step.

    Whatever ends the run leaves whole lines behind, but for a power cut or a kill in the middle of a write: a
    half-written last line is not read back.

    Args:
        path: Where the file is to be; its folder is made where missing. A link stays one.

    Attributes:
        part: Where the lines are until then.

    Raises:
        DataFileError: `path` is something else than a file, or another run writes it.
        OSError: The part cannot be opened.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path).resolve()
        if self.path.exists() and not self.path.is_file():
            raise DataFileError(
                str(path), "file", "expected a place for a file, found something else", "Choose another."
            )
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.part = self.path.with_name(f"{self.path.name}.part")
        flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
        self._file: int | None = os.open(self.part, flags, 0o644)
        self._end = 0
        try:
            self._lock()
        except BaseException:
            self._release()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def kept(self) -> Iterator[bytes]:
        """The whole lines of an earlier run, from the first on: taking the next one keeps the one before it."""
        with self.part.open("rb") as lines:
            for line in lines:
                if not line.endswith(b"\n"):
                    return
                yield line
                self._end += len(line)

    def cut(self) -> None:
        """Drops every line of the earlier run that was not kept."""
        os.ftruncate(self._open, self._end)
        os.lseek(self._open, self._end, os.SEEK_SET)

    def write(self, line: bytes) -> None:
        """Appends a line; on any failure (a full disk, an interrupt) the file is as it was before.

        Raises:
            OSError: The line could not be written; names the file.
        """
        file, rest = self._open, memoryview(line)
        try:
            while rest:
                rest = rest[os.write(file, rest) :]
        except BaseException as error:
            with suppress(OSError):
                self.cut()
            if isinstance(error, OSError):
                raise OSError(error.errno, error.strerror, str(self.part)) from error
            raise
        self._end += len(line)

    def finish(self) -> None:
        """Brings the lines to the disk, and to where they belong.

        Raises:
            OSError: They could not be; the part is still there.
        """
        os.fsync(self._open)
        self._release()
        self.part.replace(self.path)

    def close(self) -> None:
        """Lets go of the part, which stays to be resumed unless nothing is in it."""
        if self._file is not None:
            is_empty = os.fstat(self._file).st_size == 0
            self._release()
            if is_empty:
                self.part.unlink(missing_ok=True)

    def _release(self) -> None:
        file, self._file = self._file, None
        if file is not None:
            os.close(file)

    @property
    def _open(self) -> int:
        if self._file is None:
            raise ValueError(f"{self.part} is closed: open it again")
        return self._file

    def _lock(self) -> None:
        """Keeps other runs away, where the system can; the lock goes with the process."""
        try:
            import fcntl
        except ImportError:
            return
        try:
            fcntl.flock(self._open, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            remedy = "Wait for it, or choose another file."
            raise DataFileError(str(self.part), "file", "another run is writing it", remedy) from error
