"""Texts that were written before: an append-only file of JSON lines, keyed by a hash of what was asked."""

from __future__ import annotations

import hashlib
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import orjson

from agentalign_env.errors import DataFileError
from agentalign_env.recording.line_file import LineFile

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
        self.path = None if path is None else Path(path)
        self._lines = None if self.path is None else LineFile(self.path)
        if self._lines is not None:
            try:
                self._read(self._lines)
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
        if self._lines is not None:
            self._lines.append(orjson.dumps({"key": key, "text": text}, option=orjson.OPT_APPEND_NEWLINE))
        self._texts[key] = text

    def close(self) -> None:
        """Lets go of the file."""
        if self._lines is not None:
            self._lines.close()

    def _read(self, lines: LineFile) -> None:
        path, whole = lines.path, 0
        for number, line in enumerate(path.read_bytes().splitlines(keepends=True), 1):
            if not line.endswith(b"\n"):
                lines.cut(whole)
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
