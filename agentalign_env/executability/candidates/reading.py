"""Reading candidates one at a time, from JSON lines, JSON, CSV or plain text; what is wrong is told, not raised."""

from __future__ import annotations

import codecs
import csv
import gzip
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import replace
from hashlib import blake2b
from itertools import chain
from pathlib import Path
from typing import IO, Any, Literal, get_args

import orjson

from agentalign_env.errors import DataFileError, EnvArgumentError
from agentalign_env.executability.candidates.candidate import BadLine, Candidate, RecordError
from agentalign_env.executability.candidates.records import INSTRUCTION_KEYS, candidates_of
from agentalign_env.executability.candidates.splitting import Piece, json_values, lines_of
from agentalign_env.recording.files import is_json

__all__ = ["FORMATS", "Format", "parse_candidates", "read_candidates"]

Format = Literal["jsonl", "json", "csv", "text"]
FORMATS: tuple[Format, ...] = get_args(Format)

_BLOCK = 65_536
_GZIP = b"\x1f\x8b"
_DELIMITERS = (",", "\t", ";")
_LONGEST_HEADING = 40


def read_candidates(path: str | Path, *, format: str | None = None) -> Iterator[Candidate | BadLine]:
    """Yields the candidates of a file, also of one packed with gzip, and the lines that hold none.

    Reads lazily: what it keeps of a file are the ids, eight bytes of each.

    Args:
        path: The file.
        format: One of `FORMATS`; by the first record when left out.

    Raises:
        DataFileError: The file is missing or cannot be read.
        EnvArgumentError: There is no such format.
    """
    _check(format)
    return _read(Path(path), format)


def parse_candidates(lines: Iterable[str], format: str | None = None) -> Iterator[Candidate | BadLine]:
    """As `read_candidates`, from an open text stream or any iterable of lines.

    Raises:
        EnvArgumentError: There is no such format.
    """
    _check(format)
    return _unique(_parsed(_encoded(lines), format))


def _check(format: str | None) -> None:
    if format is not None and format not in FORMATS:
        raise EnvArgumentError("format", f"one of {', '.join(FORMATS)}", format, "Leave it out to have it recognised.")


def _read(path: Path, format: str | None) -> Iterator[Candidate | BadLine]:
    try:
        with path.open("rb") as file:
            packed = file.read(2) == _GZIP
            file.seek(0)
            blocks = _blocks(gzip.GzipFile(fileobj=file) if packed else file)
            yield from _unique(_parsed(blocks, format))
    except OSError as error:
        problem = f"expected a readable file, found: {error.strerror or type(error).__name__}"
        raise DataFileError(str(path), "file", problem, "Check the path and its permissions.") from error


class _DamagedError(Exception):
    """A packed file is damaged from here on."""


def _blocks(file: IO[bytes] | gzip.GzipFile) -> Iterator[bytes]:
    while True:
        try:
            block = file.read(_BLOCK)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise _DamagedError(str(error)) from error
        if not block:
            return
        yield block


def _encoded(lines: Iterable[str]) -> Iterator[bytes]:
    """Text as the bytes that it was read from, in blocks of which none is large where the stream can do so."""
    readline = getattr(lines, "readline", None)
    pieces = iter(lambda: readline(_BLOCK), "") if readline is not None else (_ended(line) for line in lines)
    for piece in pieces:
        try:
            yield piece.encode("utf-8", "surrogateescape")
        except UnicodeEncodeError:
            yield piece.encode("utf-8", "surrogatepass")


def _ended(line: str) -> str:
    return line if line.endswith("\n") else f"{line}\n"


def _parsed(blocks: Iterator[bytes], format: str | None) -> Iterator[Candidate | BadLine]:
    held: list[bytes] = []
    try:
        for block in blocks:  # until the first line that is not blank is whole, or long enough to tell its form
            held.append(block)
            start = b"".join(held).removeprefix(codecs.BOM_UTF8).lstrip()
            if b"\n" in start or len(start) > _BLOCK:
                break
        if held:
            first = b"".join(held).removeprefix(codecs.BOM_UTF8)
            yield from _PARSERS[format or _recognised(first)](chain([first], blocks))
    except _DamagedError as error:
        yield BadLine(0, "", f"expected a whole gzip file, found a damaged one: {error}. What came before it was read.")


def _recognised(start: bytes) -> Format:
    """The format that a file's first bytes tell."""
    line = start.lstrip().partition(b"\n")[0].strip()
    if line[:1] == b"[" and start.lstrip()[1:].lstrip()[:1] in (b"{", b'"', b"[", b"]"):
        return "json"
    if line[:1] == b"{":
        broken = not is_json(line)
        return "json" if broken and line[-1:] in (b"{", b"[", b",") and b"\n" in start.strip() else "jsonl"
    if line[:1] == b'"' and is_json(line):
        return "jsonl"
    return "csv" if _delimiter(line.decode("utf-8", "replace")) else "text"


def _delimiter(line: str) -> str:
    """What parts the columns of a heading that has one for instructions; empty where the line is no heading."""
    for delimiter in _DELIMITERS:
        cells = [cell.strip().strip('"').casefold() for cell in line.split(delimiter)]
        named = any(cell in INSTRUCTION_KEYS for cell in cells)
        if named and len(cells) > 1 and all(len(cell) <= _LONGEST_HEADING for cell in cells):
            return delimiter
    return "," if line.strip().casefold() in ("instruction", "instructions") else ""


def _json_lines(blocks: Iterable[bytes]) -> Iterator[Candidate | BadLine]:
    for piece in lines_of(blocks):
        if piece.problem or piece.text.strip():
            yield from _of_json(piece, f"line-{piece.line}")


def _json(blocks: Iterable[bytes]) -> Iterator[Candidate | BadLine]:
    for number, piece in enumerate(json_values(blocks), 1):
        yield from _of_json(piece, f"record-{number}")


def _of_json(piece: Piece, name: str) -> Iterator[Candidate | BadLine]:
    if piece.problem:
        yield BadLine.of(*piece)
        return
    try:
        record = orjson.loads(piece.text)
    except orjson.JSONDecodeError as error:
        yield BadLine.of(piece.line, piece.text, f"expected JSON, found: {error}. Correct the line.")
        return
    yield from _of_record(record, piece, name)


def _of_record(record: Any, piece: Piece, name: str) -> Iterator[Candidate | BadLine]:
    try:
        yield from list(candidates_of(record, name, piece.line))
    except RecordError as error:
        yield BadLine.of(piece.line, piece.text, str(error))


def _text(blocks: Iterable[bytes]) -> Iterator[Candidate | BadLine]:
    for piece in lines_of(blocks):
        text, name = piece.text.strip(), f"line-{piece.line}"
        if piece.problem:
            yield BadLine.of(*piece)
        elif text.startswith("{") and is_json(text.encode()):
            yield from _of_json(piece, name)
        elif text:
            yield Candidate(name, text, line=piece.line)


def _csv(blocks: Iterable[bytes]) -> Iterator[Candidate | BadLine]:
    bad: list[BadLine] = []
    pieces = (piece for piece in lines_of(blocks))
    heading = next((piece for piece in pieces if piece.problem or piece.text.strip()), None)
    if heading is None:
        return
    delimiter = _delimiter(heading.text)
    if heading.problem or not delimiter:
        remedy = "Name a column instruction."
        yield BadLine.of(heading.line, heading.text, heading.problem or f"expected a heading, found none. {remedy}")
        return
    columns = [cell.strip().casefold() for cell in next(csv.reader([heading.text], delimiter=delimiter))]
    at = heading.line

    def texts() -> Iterator[str]:
        nonlocal at
        for piece in pieces:
            at = piece.line
            if piece.problem:
                bad.append(BadLine.of(*piece))
            else:
                yield f"{piece.text}\n"

    rows = csv.reader(texts(), delimiter=delimiter)
    while True:
        begun = at + 1
        try:
            row = next(rows)
        except StopIteration:
            break
        except csv.Error as error:
            bad.append(BadLine(begun, "", f"expected a row of CSV, found: {error}. Is a quotation mark left open?"))
            row = []
        yield from bad
        bad.clear()
        if any(cell.strip() for cell in row):
            shown = delimiter.join(row)
            record = {column: cell for column, cell in zip(columns, row, strict=False) if column and cell.strip()}
            if len(row) > len(columns):
                problem = f"expected {len(columns)} columns, found {len(row)}. Put texts that hold commas in quotes."
                yield BadLine.of(begun, shown, problem)
            else:
                yield from _of_record(record, Piece(begun, shown), f"line-{begun}")
    yield from bad


_PARSERS = {"jsonl": _json_lines, "json": _json, "csv": _csv, "text": _text}


def _unique(found: Iterator[Candidate | BadLine]) -> Iterator[Candidate | BadLine]:
    """Gives candidates whose id was there before another one, and notes it."""
    seen: set[bytes] = set()
    for one in found:
        if isinstance(one, Candidate) and _digest(one.id) in seen:
            number = 2
            while _digest(f"{one.id}#{number}") in seen:
                number += 1
            note = f"id: {one.id!r} was there before, so this one is {one.id}#{number}"
            one = replace(one, id=f"{one.id}#{number}", notes=(*one.notes, note))  # noqa: PLW2901 - the same candidate
        if isinstance(one, Candidate):
            seen.add(_digest(one.id))
        yield one


def _digest(text: str) -> bytes:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
