"""Commands on sorted lines and repeated lines: uniq, comm, join."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from agentalign_env.errors import OperationError
from agentalign_env.services.shell.coreutils.inputs import Sources, lines_of, write_file
from agentalign_env.services.shell.coreutils.quoting import curly, quoted
from agentalign_env.services.shell.coreutils.sizes import whole
from agentalign_env.services.shell.options import Options, Syntax, parse, usage_error

if TYPE_CHECKING:
    from agentalign_env.core.commands import Command, Invocation

__all__ = ["COMMANDS"]

_UNIQ = Syntax.of(
    "c|count d|repeated D all-repeated=? f|skip-fields= group=? i|ignore-case s|skip-chars= u|unique "
    "w|check-chars= z|zero-terminated"
)


def _uniq(invocation: Invocation) -> int:
    options = parse(invocation, _UNIQ)
    if isinstance(options, int):
        return options
    counts = {"f": "fields to skip", "s": "bytes to skip", "w": "bytes to compare"}
    for key, what in counts.items():
        if key in options and not options.get(key).isdecimal():
            invocation.err(f"uniq: {options.get(key)}: invalid number of {what}\n")
            return 1
    if len(options.operands) > 2:
        return usage_error(invocation, f"extra operand {curly(options.operands[2])}")
    ending = "\0" if "z" in options else "\n"
    sources = Sources(invocation, options.operands[:1], directory="error reading {name}")
    groups: list[list[str]] = []
    before = None
    for _, source in sources:
        for line in lines_of(invocation, source, ending=ending):
            key = _uniq_key(line, options)
            if groups and key == before:
                groups[-1].append(line)
            else:
                groups.append([line])
            before = key
    text = "".join(line + ending for line in _shown_groups(groups, options))
    if len(options.operands) == 2 and options.operands[1] != "-":
        try:
            write_file(invocation, options.operands[1], text)
        except OperationError as error:
            return invocation.complain(quoted(options.operands[1]), error)
    else:
        invocation.out(text)
    return sources.status


def _uniq_key(line: str, options: Options) -> str:
    if "f" in options:
        for _ in range(whole(options.get("f"))):
            line = re.sub(r"^[ \t]*[^ \t]*", "", line, count=1)
            if not line:
                break
    if "s" in options:
        line = line[whole(options.get("s")) :]
    if "w" in options:
        line = line[: whole(options.get("w"))]
    return line.casefold() if "i" in options else line


def _shown_groups(groups: list[list[str]], options: Options) -> list[str]:
    if "group" in options:
        method = options.get("group") or "separate"
        lines = [line for group in groups for line in (*group, "")][:-1] if groups else []
        return [
            *([""] if method in ("prepend", "both") else []),
            *lines,
            *([""] if method in ("append", "both") else []),
        ]
    if "D" in options or "all-repeated" in options:
        method = options.get("all-repeated") or "none"
        repeated = [group for group in groups if len(group) > 1]
        shown = []
        for index, group in enumerate(repeated):
            if method == "prepend" or (method == "separate" and index):
                shown.append("")
            shown.extend(group)
        return shown
    if "d" in options and "u" in options:
        return []
    if "d" in options:
        groups = [group for group in groups if len(group) > 1]
    elif "u" in options:
        groups = [group for group in groups if len(group) == 1]
    return [f"{len(group):7} {group[0]}" if "c" in options else group[0] for group in groups]


_COMM = Syntax.of("1 2 3 check-order nocheck-order output-delimiter= total z|zero-terminated")


def _two_inputs(invocation: Invocation, options: Options, ending: str = "\n") -> list[list[str]] | int:
    names = options.operands
    if len(names) < 2:
        after = f" after {curly(names[-1])}" if names else ""
        return usage_error(invocation, f"missing operand{after}")
    if len(names) > 2:
        return usage_error(invocation, f"extra operand {curly(names[2])}")
    sources = Sources(invocation, names)
    found = []
    for name in names:
        source = sources.open(name)
        if source is None:
            return 1
        found.append(lines_of(invocation, source, ending=ending))
    return found


def _comm(invocation: Invocation) -> int:
    options = parse(invocation, _COMM)
    if isinstance(options, int):
        return options
    ending = "\0" if "z" in options else "\n"
    found = _two_inputs(invocation, options, ending)
    if isinstance(found, int):
        return found
    gap = options.get("output-delimiter", "\t")
    shown = [str(column) not in options for column in (1, 2, 3)]
    prefix = [gap * sum(shown[:column]) for column in range(3)]
    totals, out = [0, 0, 0], []
    one, other = found
    at, beside = 0, 0
    while at < len(one) or beside < len(other):
        if beside == len(other) or (at < len(one) and one[at] < other[beside]):
            column, line = 0, one[at]
        elif at == len(one) or other[beside] < one[at]:
            column, line = 1, other[beside]
        else:
            column, line = 2, one[at]
        at, beside = at + (column != 1), beside + (column != 0)
        totals[column] += 1
        if shown[column]:
            out.append(prefix[column] + line + ending)
    if "total" in options:
        out.append(gap.join([*map(str, totals), "total"]) + ending)
    status = 0
    unordered = [number for number, lines in enumerate(found, 1) if lines != sorted(lines)]
    if unordered and "nocheck-order" not in options and (totals[0] or totals[1]):
        for number in unordered:
            invocation.err(f"comm: file {number} is not in sorted order\n")
        invocation.out("".join(out))
        invocation.err("comm: input is not in sorted order\n")
        return 1
    invocation.out("".join(out))
    return status


_JOIN = Syntax.of("1= 2= a= e= i|ignore-case j= o= t= v= check-order nocheck-order header z|zero-terminated")


def _join(invocation: Invocation) -> int:
    options = parse(invocation, _JOIN)
    if isinstance(options, int):
        return options
    for key in ("1", "2", "j"):
        if key in options and not options.get(key).isdecimal():
            invocation.err(f"join: invalid field number: {curly(options.get(key))}\n")
            return 1
    ending = "\0" if "z" in options else "\n"
    found = _two_inputs(invocation, options, ending)
    if isinstance(found, int):
        return found
    joining = _Joining(options)
    headers: list[str] = []
    if "header" in options:
        heads = [joining.fields(lines.pop(0)) if lines else [] for lines in found]
        headers = [joining.shown(heads[0], heads[1])]
    table = [joining.grouped(lines, side) for side, lines in enumerate(found)]
    invocation.out("".join(line + ending for line in [*headers, *joining.rows(invocation, *table)]))
    if "nocheck-order" in options:
        return 0
    status = 0
    for side, (name, lines) in enumerate(zip(options.operands, found, strict=True)):
        keys = [joining.key(joining.fields(line), side) for line in lines]
        wrong = next((at for at in range(1, len(keys)) if keys[at] < keys[at - 1]), None)
        if wrong is not None:
            number = wrong + 1 + ("header" in options)
            status = invocation.complain(f"{name}:{number}: is not sorted: {lines[wrong]}")
    if status:
        invocation.err("join: input is not in sorted order\n")
    return status


_Row = list[str]


class _Joining:
    """Pairs the lines of two inputs that agree in a field."""

    def __init__(self, options: Options) -> None:
        self._tab = options.get("t")
        if self._tab == "\\0":
            self._tab = "\0"
        common = options.get("j", "1")
        self._keys = [whole(options.get("1", common)) - 1, whole(options.get("2", common)) - 1]
        self._fold = "i" in options
        self._alone = {side - 1 for side in (1, 2) if str(side) in (*options.all("a"), *options.all("v"))}
        self._pairs = "v" not in options
        self._empty = options.get("e")
        text = " ".join(options.all("o")).replace(",", " ").split()
        self._auto = text == ["auto"]
        self._columns = (
            [] if self._auto else [tuple(map(int, f"{word}.0".split(".")[:2])) for word in text if _is_column(word)]
        )
        self._sizes = [0, 0]

    def fields(self, line: str) -> _Row:
        """A line's fields."""
        return line.split(self._tab) if self._tab else line.split()

    def key(self, row: _Row, side: int) -> str:
        """What the line is joined by."""
        at = self._keys[side]
        value = row[at] if at < len(row) else ""
        return value.lower() if self._fold else value

    def grouped(self, lines: list[str], side: int) -> list[tuple[str, list[_Row]]]:
        """Neighbouring lines with the same key."""
        groups: list[tuple[str, list[_Row]]] = []
        for line in lines:
            row = self.fields(line)
            self._sizes[side] = self._sizes[side] or len(row)
            key = self.key(row, side)
            if groups and groups[-1][0] == key:
                groups[-1][1].append(row)
            else:
                groups.append((key, [row]))
        return groups

    def rows(
        self, invocation: Invocation, one: list[tuple[str, list[_Row]]], other: list[tuple[str, list[_Row]]]
    ) -> list[str]:
        """The joined lines."""
        shown: list[str] = []
        at = beside = 0
        while at < len(one) or beside < len(other):
            if beside == len(other) or (at < len(one) and one[at][0] < other[beside][0]):
                if 0 in self._alone:
                    shown.extend(self.shown(row, None) for row in one[at][1])
                at += 1
            elif at == len(one) or other[beside][0] < one[at][0]:
                if 1 in self._alone:
                    shown.extend(self.shown(None, row) for row in other[beside][1])
                beside += 1
            else:
                invocation.spend(1 + len(one[at][1]) * len(other[beside][1]) // 8)
                if self._pairs:
                    shown.extend(self.shown(row, match) for row in one[at][1] for match in other[beside][1])
                at, beside = at + 1, beside + 1
        return shown

    def shown(self, row: _Row | None, match: _Row | None) -> str:
        """One line of the result."""
        gap = self._tab or " "
        sides = (row, match)
        known = row if row is not None else match
        key = self._field(known, self._keys[0 if row is not None else 1])
        if self._columns:
            return gap.join(
                key if side == 0 else self._field(sides[side - 1], field - 1) for side, field in self._columns
            )
        rest = [key]
        for side, fields in enumerate(sides):
            size = self._sizes[side] if self._auto else len(fields or ())
            rest.extend(self._field(fields, at) for at in range(size) if at != self._keys[side])
        return gap.join(rest)

    def _field(self, row: _Row | None, at: int) -> str:
        return (row[at] if row is not None and at < len(row) else "") or self._empty


def _is_column(word: str) -> bool:
    return re.fullmatch(r"0|[12]\.[1-9]\d{0,3}", word) is not None


COMMANDS: Mapping[str, Command] = {"comm": _comm, "join": _join, "uniq": _uniq}
