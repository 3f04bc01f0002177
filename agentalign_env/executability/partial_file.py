"""A file that is written line by line beside its place, moves there when it is whole, and can be resumed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from agentalign_env.errors import DataFileError
from agentalign_env.recording.line_file import LineFile

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
        self.part = self.path.with_name(f"{self.path.name}.part")
        self._lines = LineFile(self.part)
        self._end = 0

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
        self._lines.cut(self._end)

    def write(self, line: bytes) -> None:
        """Appends a line; on any failure (a full disk, an interrupt) the file is as it was before.

        Raises:
            OSError: The line could not be written; names the file.
        """
        self._lines.append(line)
        self._end += len(line)

    def finish(self) -> None:
        """Brings the lines to the disk, and to where they belong.

        Raises:
            OSError: They could not be; the part is still there.
        """
        self._lines.sync()
        self._lines.close()
        self.part.replace(self.path)

    def close(self) -> None:
        """Lets go of the part, which stays to be resumed unless nothing is in it."""
        if self._lines.is_open:
            is_empty = self._lines.size == 0
            self._lines.close()
            if is_empty:
                self.part.unlink(missing_ok=True)
