"""A file that lines are appended to, each whole or not at all."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from agentalign_env.errors import DataFileError

__all__ = ["LineFile"]


class LineFile:
    """An open file of lines.

    Args:
        path: The file; it and its folder are made where missing.
        alone: Keep other processes from writing it, where the system can; the lock goes with the process.

    Raises:
        DataFileError: It is to be written alone, and another run writes it.
        OSError: The file cannot be opened.
    """

    def __init__(self, path: Path, *, alone: bool = True) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
        self._file: int | None = os.open(path, flags, 0o644)
        if alone:
            try:
                self._lock()
            except BaseException:
                self.close()
                raise

    @property
    def is_open(self) -> bool:
        """Whether it was not closed yet."""
        return self._file is not None

    @property
    def descriptor(self) -> int:
        """The open file of the system.

        Raises:
            ValueError: It is closed.
        """
        if self._file is None:
            raise ValueError(f"{self.path} is closed: open it again")
        return self._file

    @property
    def size(self) -> int:
        """How many bytes it holds."""
        return os.fstat(self.descriptor).st_size

    def append(self, line: bytes) -> None:
        """Appends a line; on any failure (a full disk, an interrupt) the file is as it was before.

        Raises:
            OSError: The line could not be written; names the file.
            ValueError: The file is closed.
        """
        file, start, rest = self.descriptor, self.size, memoryview(line)
        try:
            while rest:
                rest = rest[os.write(file, rest) :]
        except BaseException as error:
            with suppress(OSError):  # a device cannot be cut
                os.ftruncate(file, start)
            if isinstance(error, OSError):
                raise OSError(error.errno, error.strerror, str(self.path)) from error
            raise

    def cut(self, size: int) -> None:
        """Drops what stands behind the first `size` bytes."""
        os.ftruncate(self.descriptor, size)

    def sync(self) -> None:
        """Brings what was written to the disk."""
        os.fsync(self.descriptor)

    def close(self) -> None:
        """Lets go of the file; a second call does nothing."""
        file, self._file = self._file, None
        if file is not None:
            os.close(file)

    def _lock(self) -> None:
        try:
            import fcntl
        except ImportError:
            return
        try:
            fcntl.flock(self.descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            remedy = "Wait for it, or choose another file."
            raise DataFileError(str(self.path), "file", "another run is writing it", remedy) from error
