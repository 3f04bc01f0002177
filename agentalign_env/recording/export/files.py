"""Files of exported rows: written beside their place, and put there whole."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson

from agentalign_env.errors import DataFileError
from agentalign_env.recording.files import whole_lines
from agentalign_env.recording.rows import RowFormatError, TrainingRow

__all__ = ["new_file", "read_lines", "read_rows", "write_json", "write_lines"]


@contextmanager
def new_file(path: str | Path, *, writer: str = "") -> Iterator[Path]:
    """A path to write to, whose file takes its place when all is written; after an error the old file is still there.

    Args:
        path: The file.
        writer: Tells apart who writes, where several may write the same file at once.

    Raises:
        OSError: The file cannot be written.
    """
    final = Path(path)
    final.parent.mkdir(parents=True, exist_ok=True)
    part = final.with_name(f"{final.name}{writer and f'.{writer}'}.part")
    try:
        yield part
        part.replace(final)
    finally:
        part.unlink(missing_ok=True)


def write_lines(values: Iterable[Mapping[str, Any]], path: str | Path) -> int:
    """Writes one JSON value a line, and says how many.

    Raises:
        OSError: The file cannot be written; an older one is still there.
    """
    count = 0
    with new_file(path) as part, part.open("wb") as file:
        for value in values:
            file.write(orjson.dumps(value, option=orjson.OPT_APPEND_NEWLINE))
            count += 1
    return count


def write_json(value: Any, path: str | Path) -> None:
    """Writes one indented JSON value.

    Raises:
        OSError: The file cannot be written; an older one is still there.
    """
    with new_file(path) as part:
        part.write_bytes(orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))


def read_lines(path: str | Path) -> list[dict[str, Any]]:
    """The JSON values of a file's lines.

    Raises:
        DataFileError: The file cannot be read, or a line is no JSON object.
    """
    found = []
    for number, line in whole_lines(Path(path)):
        try:
            value = orjson.loads(line)
        except orjson.JSONDecodeError as error:
            problem = f"expected a JSON object, found: {error}"
            raise DataFileError(str(path), f"line {number}", problem, "Export the rows again.") from error
        if not isinstance(value, dict):
            problem = f"expected a JSON object, found a {type(value).__name__}"
            raise DataFileError(str(path), f"line {number}", problem, "Export the rows again.")
        found.append(value)
    return found


def read_rows(path: str | Path) -> list[TrainingRow]:
    """The canonical rows of a file.

    Raises:
        DataFileError: The file cannot be read, or a line is no row.
    """
    rows = []
    for number, value in enumerate(read_lines(path), 1):
        try:
            rows.append(TrainingRow.from_json(value))
        except RowFormatError as error:
            raise DataFileError(str(path), f"row {number}", str(error), "Export the rows again.") from error
    return rows
