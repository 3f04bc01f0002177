"""Commands on the columns of lines: cut, paste, column."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from agentalign_env.core.text import from_bytes, to_bytes
from agentalign_env.services.shell.coreutils.inputs import Sources, charge, lines_of
from agentalign_env.services.shell.coreutils.quoting import curly
from agentalign_env.services.shell.coreutils.sizes import whole
from agentalign_env.services.shell.options import Options, Syntax, parse, usage_error

if TYPE_CHECKING:
    from agentalign_env.core.commands import Command, Invocation

__all__ = ["COMMANDS"]

_CUT = Syntax.of(
    "b|bytes= c|characters= d|delimiter= f|fields= n s|only-delimited z|zero-terminated complement output-delimiter="
)
_RANGE = re.compile(r"(\d*)(-?)(\d*)")
_END = 1 << 62


class _ListError(ValueError):
    """A list of positions that cannot be read; the message is cut's."""


def _cut(invocation: Invocation) -> int:
    options = parse(invocation, _CUT)
    if isinstance(options, int):
        return options
    kinds = [key for key, _ in options.given if key in "bcf"]
    if not kinds:
        return usage_error(invocation, "you must specify a list of bytes, characters, or fields")
    if len(kinds) > 1:
        return usage_error(invocation, "only one list may be specified")
    kind = kinds[0]
    delimiter = options.get("d", "\t") or "\0"
    if len(delimiter) > 1:
        return usage_error(invocation, "the delimiter must be a single character")
    if kind != "f" and "d" in options:
        return usage_error(invocation, "an input delimiter may be specified only when operating on fields")
    if kind != "f" and "s" in options:
        problem = "suppressing non-delimited lines makes sense\n\tonly when operating on fields"
        return usage_error(invocation, problem)
    try:
        ranges = _ranges(options.get(kind), kind)
    except _ListError as error:
        return usage_error(invocation, str(error))
    if "complement" in options:
        ranges = _complement(ranges)
    ending = "\0" if "z" in options else "\n"
    sources = Sources(invocation, options.operands)
    for _, source in sources:
        lines = lines_of(invocation, source, ending=ending)
        if kind == "f":
            shown = _fields(lines, ranges, delimiter, options)
        else:
            gap = options.get("output-delimiter")
            shown = [_bytes(line, ranges, gap) for line in lines]
        invocation.out("".join(line + ending for line in shown))
    return sources.status


def _ranges(text: str, kind: str) -> list[tuple[int, int]]:
    """Positions from 0, the end excluded; merged and in order."""
    found = []
    for part in re.split(r"[, \t]", text):
        match = _RANGE.fullmatch(part)
        if match is None:
            what = "field value" if kind == "f" else "byte/character position"
            raise _ListError(f"invalid {what} {curly(part)}")
        low, dash, high = match.groups()
        if not low and not high and dash:
            raise _ListError("invalid range with no endpoint: -")
        if not dash:
            high = low
        if low in ("0", "") and not (low == "" and dash):
            what = "fields" if kind == "f" else "byte/character positions"
            raise _ListError(f"{what} are numbered from 1")
        first, last = whole(low, 1), whole(high) if high else _END
        if last < first:
            raise _ListError("invalid decreasing range")
        found.append((first - 1, last))
    merged: list[tuple[int, int]] = []
    for first, last in sorted(found):
        if merged and first < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
        else:
            merged.append((first, last))
    return merged


def _complement(ranges: list[tuple[int, int]]) -> list[tuple[int, int]]:
    found, at = [], 0
    for first, last in ranges:
        if first > at:
            found.append((at, first))
        at = last
    if at < _END:
        found.append((at, _END))
    return found


def _fields(lines: list[str], ranges: list[tuple[int, int]], delimiter: str, options: Options) -> list[str]:
    gap = options.get("output-delimiter") if "output-delimiter" in options else delimiter
    shown = []
    for line in lines:
        if delimiter not in line:
            if "s" not in options:
                shown.append(line)
            continue
        fields = line.split(delimiter)
        shown.append(gap.join(field for first, last in ranges for field in fields[first:last]))
    return shown


def _bytes(line: str, ranges: list[tuple[int, int]], gap: str) -> str:
    if line.isascii():
        return gap.join(part for first, last in ranges if (part := line[first:last]))
    data = to_bytes(line)
    return from_bytes(to_bytes(gap).join(chunk for first, last in ranges if (chunk := data[first:last])))


_PASTE = Syntax.of("d|delimiters= s|serial z|zero-terminated")
_PASTE_ESCAPES = {"n": "\n", "t": "\t", "\\": "\\", "0": "", "b": "\b", "f": "\f", "r": "\r", "v": "\v"}


def _paste(invocation: Invocation) -> int:
    options = parse(invocation, _PASTE)
    if isinstance(options, int):
        return options
    ending = "\0" if "z" in options else "\n"
    text = options.get("d") if "d" in options else "\t"
    if re.search(r"(?<!\\)(?:\\\\)*\\$", text):
        invocation.err(f"paste: delimiter list ends with an unescaped backslash: {text}\n")
        return 1
    gaps = re.sub(r"\\(.)", lambda found: _PASTE_ESCAPES.get(found[1], found[1]) or "\0", text)
    gaps_list = ["" if "\\0" in text and gap == "\0" else gap for gap in gaps] or [""]
    names = options.operands or ["-"]
    sources = Sources(invocation, names)
    columns: list[list[str]] = []
    shared: list[list[str]] = []
    for name in names:
        if name == "-" and shared:
            columns.append(shared[0])
            continue
        source = sources.open(name)
        if source is None:
            if "s" not in options:
                return 1
            continue
        columns.append(lines_of(invocation, source, ending=ending))
        if name == "-":
            shared.append(columns[-1])
    if "s" in options:
        for column in columns:
            invocation.out(_joined(column, gaps_list) + ending)
    else:
        rows = _rows(columns, shared[0] if shared else None)
        invocation.spend(1 + len(rows) * len(columns) // 8)
        invocation.out("".join(_joined(row, gaps_list) + ending for row in rows))
    return sources.status


def _rows(columns: list[list[str]], shared: list[str] | None) -> list[list[str]]:
    """A line of every column; columns that share standard input take turns at its lines."""
    turns = sum(column is shared for column in columns)
    height = max((-(-len(column) // turns) if column is shared else len(column) for column in columns), default=0)
    rows = []
    for number in range(height):
        row, turn = [], 0
        for column in columns:
            at = number * turns + turn if column is shared else number
            turn += column is shared
            row.append(column[at] if at < len(column) else "")
        rows.append(row)
    return rows


def _joined(fields: list[str], gaps: list[str]) -> str:
    if len(gaps) == 1:
        return gaps[0].join(fields)
    return "".join(field + (gaps[at % len(gaps)] if at < len(fields) - 1 else "") for at, field in enumerate(fields))


_COLUMN = Syntax.of(
    "t|table s|separator= o|output-separator= c|output-width= x|fillrows N|table-columns= R|table-right= "
    "n|table-name= L|keep-empty-lines d|table-noheadings l|table-columns-limit= e|table-header-repeat J|json"
)


def _column(invocation: Invocation) -> int:
    options = parse(invocation, _COLUMN)
    if isinstance(options, int):
        return options
    sources = Sources(invocation, options.operands, missing="{plain}")
    lines = [line for _, source in sources for line in lines_of(invocation, source)]
    if "L" not in options:
        lines = [line for line in lines if line.strip()]
    if "t" in options:
        _table(invocation, lines, options)
    elif lines:
        width = whole(options.get("c")) if options.get("c").isdecimal() else 80
        invocation.out(_filled(lines, width, by_rows="x" in options))
    return sources.status


def _table(invocation: Invocation, lines: list[str], options: Options) -> None:
    separators = options.get("s")
    if separators:
        pattern = re.compile("[" + re.escape(separators) + "]")
        rows = [pattern.split(line) for line in lines]
    else:
        rows = [line.split() for line in lines]
    if "N" in options and "d" not in options:
        rows.insert(0, options.get("N").split(","))
    gap = options.get("o") if "o" in options else "  "
    count = max(map(len, rows), default=0)
    charge(invocation, len(rows) * max(count, 1))
    widths = [max((len(row[at]) for row in rows if at < len(row)), default=0) for at in range(count)]
    right = {whole(word) - 1 for word in options.get("R").split(",") if word.isdecimal()}
    shown = []
    for row in rows:
        cells = row + [""] * (count - len(row))
        padded = [
            cell.rjust(widths[at]) if at in right else cell if at == count - 1 else cell.ljust(widths[at])
            for at, cell in enumerate(cells)
        ]
        shown.append(gap.join(padded) + "\n")
    invocation.out("".join(shown))


def _filled(lines: list[str], width: int, *, by_rows: bool) -> str:
    cell = (max(map(len, lines)) + 8) & ~7
    count = max(width // cell, 1)
    height = -(-len(lines) // count)
    if by_rows:
        rows = [lines[at : at + count] for at in range(0, len(lines), count)]
    else:
        rows = [lines[at::height] for at in range(height)]
    shown = []
    for row in rows:
        text = ""
        for at, item in enumerate(row):
            text += item
            if at < len(row) - 1:
                text += "\t" * (-(-(cell - len(item)) // 8))
        shown.append(text + "\n")
    return "".join(shown)


COMMANDS: Mapping[str, Command] = {"column": _column, "cut": _cut, "paste": _paste}
