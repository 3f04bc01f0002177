"""Texts that were written before: an append-only file of JSON lines, keyed by a hash of what was asked."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import orjson

from agentalign_env.errors import DataFileError

__all__ = ["TextCache", "key_of"]

_REMEDY = "Remove the line, or choose another file."


def key_of(request: Any) -> str:
    """The key of a request: the same for the same content."""
    return hashlib.sha256(orjson.dumps(request, option=orjson.OPT_SORT_KEYS)).hexdigest()


class TextCache:
    """Texts by key; each is on the disk before it is given out.

    A last line that a kill cut off is dropped, so a run resumes where it was.

    Args:
        path: The file; its folder is made where missing. ``None`` keeps texts in memory alone.

    Raises:
        DataFileError: A line is not of this form, or another run writes the file.
        OSError: The file cannot be opened.
    """

    def __init__(self, path: str | Path | None = None) -> None:
        self._texts: dict[str, str] = {}
        self._file: int | None = None
        self.path = None if path is None else Path(path)
        if self.path is not None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
            self._file = os.open(self.path, flags, 0o644)
            try:
                self._lock(self._file)
                self._read(self.path, self._file)
            except BaseException:
                self.close()
                raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __len__(self) -> int:
        return len(self._texts)

    def get(self, key: str) -> str | None:
        """The text of a key, ``None`` where there is none."""
        return self._texts.get(key)

    def put(self, key: str, text: str) -> None:
        """Keeps a text.

        Raises:
            OSError: It could not be written; the file is as it was before.
        """
        if self.path is not None:
            if self._file is None:
                raise ValueError(f"{self.path} is closed: open the cache again")
            end = os.fstat(self._file).st_size
            rest = memoryview(orjson.dumps({"key": key, "text": text}) + b"\n")
            try:
                while rest:
                    rest = rest[os.write(self._file, rest) :]
            except BaseException:
                os.ftruncate(self._file, end)
                raise
        self._texts[key] = text

    def close(self) -> None:
        """Lets go of the file."""
        file, self._file = self._file, None
        if file is not None:
            os.close(file)

    def _read(self, path: Path, file: int) -> None:
        whole = 0
        for number, line in enumerate(path.read_bytes().splitlines(keepends=True), 1):
            if not line.endswith(b"\n"):
                os.ftruncate(file, whole)
                return
            whole += len(line)
            try:
                entry = orjson.loads(line)
                key, text = entry["key"], entry["text"]
            except (orjson.JSONDecodeError, KeyError, TypeError) as error:
                problem = f"expected an object with key and text, found {line[:80]!r}"
                raise DataFileError(str(path), f"line {number}", problem, _REMEDY) from error
            if not isinstance(key, str) or not isinstance(text, str):
                raise DataFileError(str(path), f"line {number}", "expected key and text to be texts", _REMEDY)
            self._texts[key] = text

    def _lock(self, file: int) -> None:
        """Keeps other runs away, where the system can; the lock goes with the process."""
        try:
            import fcntl
        except ImportError:
            return
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            remedy = "Wait for it, or choose another file."
            raise DataFileError(str(self.path), "file", "another run is writing it", remedy) from error
