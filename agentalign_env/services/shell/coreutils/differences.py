"""diff and cmp."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from agentalign_env.core.text import to_bytes
from agentalign_env.errors import OperationError
from agentalign_env.services.shell.coreutils.calendar_days import format_time
from agentalign_env.services.shell.coreutils.edit_script import Change, changes
from agentalign_env.services.shell.coreutils.entries import base_name, joined
from agentalign_env.services.shell.coreutils.inputs import charge
from agentalign_env.services.shell.coreutils.name_patterns import matches
from agentalign_env.services.shell.coreutils.quoting import always_quoted
from agentalign_env.services.shell.coreutils.sizes import parse_size, whole
from agentalign_env.services.shell.options import Options, Syntax, parse

if TYPE_CHECKING:
    from agentalign_env.core.commands import Command, Invocation
    from agentalign_env.core.ports import FileEntry

__all__ = ["COMMANDS"]

_DIFF = Syntax.of(
    "a|text b|ignore-space-change B|ignore-blank-lines brief q c C|context=? color=? d|minimal e|ed expand-tabs "
    "from-file= i|ignore-case E|ignore-tab-expansion I= L|label= l N|new-file normal n|rcs p|show-c-function "
    "r|recursive s report-identical-files suppress-common-lines strip-trailing-cr t T to-file= u U|unified=? "
    "w|ignore-all-space W|width= x|exclude= y|side-by-side Z|ignore-trailing-space left-column no-dereference "
    "ignore-file-name-case"
)
_NO_NEWLINE = "\\ No newline at end of file\n"
_BLANKS = re.compile(r"[ \t\v\f\r]+")


class _Side(NamedTuple):
    """One of the two texts.

    Attributes:
        name: As given.
        text: All of it.
        time_s: When it was changed; ``None`` for standard input.
    """

    name: str
    text: str
    time_s: float


class _TroubleError(Exception):
    """One of the operands cannot be read; it was reported."""


def _diff(invocation: Invocation) -> int:
    args = [
        f"-{(old[1] or 'u').upper()}{old[2]}" if (old := re.fullmatch(r"-([uc]?)(\d+)", arg)) else arg
        for arg in invocation.args
    ]
    options = parse(invocation, _DIFF, failure=2, args=_attached(args))
    if isinstance(options, int):
        return options
    names = options.operands
    if len(names) != 2:
        problem = (
            f"extra operand {always_quoted(names[2])}"
            if len(names) > 2
            else f"missing operand after {always_quoted(names[0] if names else 'diff')}"
        )
        invocation.err(f"diff: {problem}\ndiff: Try 'diff --help' for more information.\n")
        return 2
    return _Diff(invocation, options).compare_operands(*names)


def _attached(args: list[str]) -> list[str]:
    """``-U 3`` takes the next word, ``--unified`` only an attached one."""
    found: list[str] = []
    ahead = iter(args)
    for arg in ahead:
        if arg in ("-U", "-C"):
            found.append(arg + next(ahead, ""))
        else:
            found.append(arg)
    return found


class _Diff:
    """One run of diff."""

    def __init__(self, invocation: Invocation, options: Options) -> None:
        self._invocation, self._options = invocation, options
        self._write: Callable[[str], object] = invocation.out
        self._brief = "q" in options or "brief" in options
        self._same = "s" in options or "report-identical-files" in options
        style = options.last(("u", "U", "c", "C", "normal", "e", "y"), "normal").upper()
        self._style = style if style in ("U", "C", "Y") else "E" if style == "E" else "NORMAL"
        number = options.get("U") or options.get("C")
        self._context = whole(number) if number.isdecimal() else 3
        operands = list(options.operands)
        words = [word for word in invocation.args if word not in operands]
        self._flags = "".join(f"{word} " for word in words)

    # Operands

    def compare_operands(self, one: str, other: str) -> int:
        """Compares two operands; the exit status."""
        try:
            first, second = self._entry(one), self._entry(other)
            if first is not None and first.kind == "dir" and second is not None and second.kind == "dir":
                return self._folders(one, other)
            for name, entry in ((one, first), (other, second)):
                if entry is None and name != "-" and "N" not in self._options:
                    self._invocation.open(name)
            if first is not None and first.kind == "dir" and other != "-":
                one = joined(one, base_name(other))
            elif second is not None and second.kind == "dir" and one != "-":
                other = joined(other, base_name(one))
            return self._files(one, other)
        except OperationError:
            return self._missing(one, other)
        except _TroubleError:
            return 2

    def _missing(self, *names: str) -> int:
        """Reports every operand that is not there."""
        for name in names:
            try:
                if name != "-":
                    self._invocation.files.require(self._invocation.path(name))
            except OperationError as error:
                self._invocation.complain(name, error)
        return 2

    def _entry(self, name: str) -> FileEntry | None:
        if name == "-":
            return None
        try:
            return self._invocation.files.follow(self._invocation.path(name))
        except OperationError:
            return None

    def _side(self, name: str) -> _Side:
        entry = self._entry(name)
        source = self._invocation.open(name)
        text = source.read()
        charge(self._invocation, 0, len(text))
        return _Side(name, text, self._invocation.now_s if entry is None else entry.modified_s)

    def _files(self, one: str, other: str) -> int:
        sides: list[_Side] = []
        failed = False
        for name in (one, other):
            try:
                sides.append(self._side(name))
            except OperationError as error:
                if "N" in self._options and error.code == "not_found":
                    sides.append(_Side(name, "", 0))
                    continue
                self._invocation.complain(name, error)
                failed = True
        if failed:
            raise _TroubleError
        return self._texts(sides[0], sides[1])

    def _folders(self, one: str, other: str) -> int:
        status = 0
        left, right = self._children(one), self._children(other)
        for name in sorted({*left, *right}):
            self._invocation.spend()
            first, second = joined(one, name), joined(other, name)
            if name not in left or name not in right:
                if "N" in self._options and "r" in self._options:
                    present = left.get(name) or right[name]
                    if present.kind == "file":
                        status = max(status, self._titled(first, second))
                        continue
                folder = one if name in left else other
                self._invocation.out(f"Only in {folder.rstrip('/') or '/'}: {name}\n")
                status = max(status, 1)
            elif left[name].kind == "dir" and right[name].kind == "dir":
                if "r" in self._options:
                    status = max(status, self._folders(first, second))
                else:
                    self._invocation.out(f"Common subdirectories: {first} and {second}\n")
            elif "dir" in (left[name].kind, right[name].kind):
                kinds = [
                    "a directory" if side.kind == "dir" else "a regular file" for side in (left[name], right[name])
                ]
                self._invocation.out(f"File {first} is {kinds[0]} while file {second} is {kinds[1]}\n")
                status = max(status, 1)
            else:
                status = max(status, self._titled(first, second))
        return status

    def _children(self, name: str) -> dict[str, FileEntry]:
        files = self._invocation.files
        try:
            children = files.children(self._invocation.path(name))
        except OperationError as error:
            self._invocation.complain(name, error)
            raise _TroubleError from None
        seen = {base_name(child.path): files.follow(child.path) or child for child in children}
        skipped = self._options.all("x")
        return {name: child for name, child in seen.items() if not any(matches(pattern, name) for pattern in skipped)}

    def _titled(self, one: str, other: str) -> int:
        """A file of a directory: its differences follow the command that would show them."""
        held: list[str] = []
        try:
            status = self._files_into(one, other, held)
        except _TroubleError:
            return 2
        if status and held and not self._brief and not held[0].startswith(("Binary files", "Files ")):
            self._invocation.out(f"diff {self._flags}{one} {other}\n")
        self._invocation.out("".join(held))
        return status

    def _files_into(self, one: str, other: str, held: list[str]) -> int:
        before, self._write = self._write, held.append
        try:
            return self._files(one, other)
        finally:
            self._write = before

    # Texts

    def _texts(self, old: _Side, new: _Side) -> int:
        if old.text == new.text:
            if self._same:
                self._write(f"Files {old.name} and {new.name} are identical\n")
            return 0
        if "a" not in self._options and ("\0" in old.text or "\0" in new.text):
            words = "Files" if self._brief else "Binary files"
            self._write(f"{words} {old.name} and {new.name} differ\n")
            return 1 if self._brief else 2
        before, after = _lines(old.text), _lines(new.text)
        key = self._key()
        # A last line without a newline differs from one with it.
        found = changes([key(line) for line in before], [key(line) for line in after], self._invocation.spend)
        if "B" in self._options:
            found = [change for change in found if not _blank(change, before, after)]
        if not found:
            return 0
        if self._brief:
            self._write(f"Files {old.name} and {new.name} differ\n")
            return 1
        if self._style == "U":
            self._write(self._header(old, new, "---", "+++"))
            self._write(_unified(found, before, after, self._context))
        elif self._style == "C":
            self._write(self._header(old, new, "***", "---"))
            self._write(_context(found, before, after, self._context))
        elif self._style == "Y":
            width = whole(self._options.get("W"), 130, most=2000)
            self._write(_side_by_side(found, before, after, width, common="suppress-common-lines" not in self._options))
        elif self._style == "E":
            self._write(_ed(found, after))
        else:
            self._write(_normal(found, before, after))
        return 1

    def _key(self) -> Callable[[str], str]:
        options = self._options
        steps: list[Callable[[str], str]] = []
        if "strip-trailing-cr" in options:
            steps.append(lambda line: line.replace("\r\n", "\n"))
        if "w" in options:
            steps.append(lambda line: _BLANKS.sub("", line).rstrip("\n"))
        elif "b" in options:
            steps.append(lambda line: _BLANKS.sub(" ", line).rstrip())
        elif "Z" in options:
            steps.append(str.rstrip)
        if "i" in options:
            steps.append(str.lower)
        if not steps:
            return lambda line: line

        def key(line: str) -> str:
            for step in steps:
                line = step(line)
            return line

        return key

    def _header(self, old: _Side, new: _Side, before: str, after: str) -> str:
        labels = self._options.all("L")
        shown = []
        for at, (side, mark) in enumerate(((old, before), (new, after))):
            stamp = format_time("%Y-%m-%d %H:%M:%S.%N +0000", side.time_s)
            shown.append(f"{mark} {labels[at] if at < len(labels) else f'{side.name}{chr(9)}{stamp}'}\n")
        return "".join(shown)


def _lines(text: str) -> list[str]:
    lines = text.split("\n")
    last = lines.pop()
    return [*(f"{line}\n" for line in lines), *([last] if last else [])]


def _blank(change: Change, old: list[str], new: list[str]) -> bool:
    lines = [*old[change.old_start : change.old_end], *new[change.new_start : change.new_end]]
    return all(line == "\n" for line in lines)


def _marked(mark: str, lines: list[str]) -> str:
    return "".join(f"{mark}{line}" if line.endswith("\n") else f"{mark}{line}\n{_NO_NEWLINE}" for line in lines)


def _range(start: int, end: int) -> str:
    return f"{start + 1},{end}" if end - start > 1 else str(end if start == end else start + 1)


def _normal(found: list[Change], old: list[str], new: list[str]) -> str:
    shown = []
    for change in found:
        gone, come = old[change.old_start : change.old_end], new[change.new_start : change.new_end]
        letter = "c" if gone and come else "d" if gone else "a"
        shown.append(f"{_range(change.old_start, change.old_end)}{letter}{_range(change.new_start, change.new_end)}\n")
        shown.append(_marked("< ", gone) + ("---\n" if gone and come else "") + _marked("> ", come))
    return "".join(shown)


def _ed(found: list[Change], new: list[str]) -> str:
    shown = []
    for change in reversed(found):
        come = new[change.new_start : change.new_end]
        letter = "d" if not come else "c" if change.old_end > change.old_start else "a"
        shown.append(f"{_range(change.old_start, change.old_end)}{letter}\n")
        shown.append("".join(come) + ".\n" if come else "")
    return "".join(shown)


def _hunks(found: list[Change], context: int) -> list[list[Change]]:
    hunks: list[list[Change]] = []
    for change in found:
        if hunks and change.old_start - hunks[-1][-1].old_end <= 2 * context:
            hunks[-1].append(change)
        else:
            hunks.append([change])
    return hunks


def _span(start: int, count: int) -> str:
    return str(start + 1) if count == 1 else f"{start + 1 if count else start},{count}"


def _unified(found: list[Change], old: list[str], new: list[str], context: int) -> str:
    shown = []
    for hunk in _hunks(found, context):
        lead = min(context, hunk[0].old_start)
        tail = min(context, len(old) - hunk[-1].old_end)
        start, first = hunk[0].old_start - lead, hunk[0].new_start - lead
        end, last = hunk[-1].old_end + tail, hunk[-1].new_end + tail
        shown.append(f"@@ -{_span(start, end - start)} +{_span(first, last - first)} @@\n")
        at = start
        for change in hunk:
            shown.append(_marked(" ", old[at : change.old_start]))
            shown.append(_marked("-", old[change.old_start : change.old_end]))
            shown.append(_marked("+", new[change.new_start : change.new_end]))
            at = change.old_end
        shown.append(_marked(" ", old[at:end]))
    return "".join(shown)


def _context(found: list[Change], old: list[str], new: list[str], context: int) -> str:
    shown = []
    for hunk in _hunks(found, context):
        lead = min(context, hunk[0].old_start)
        tail = min(context, len(old) - hunk[-1].old_end)
        start, first = hunk[0].old_start - lead, hunk[0].new_start - lead
        end, last = hunk[-1].old_end + tail, hunk[-1].new_end + tail
        shown.append(f"***************\n*** {_range(start, end)} ****\n")
        if any(change.old_end > change.old_start for change in hunk):
            shown.append(
                _context_side([(c.old_start, c.old_end, c.new_end > c.new_start) for c in hunk], old, start, end, "- ")
            )
        shown.append(f"--- {_range(first, last)} ----\n")
        if any(change.new_end > change.new_start for change in hunk):
            shown.append(
                _context_side([(c.new_start, c.new_end, c.old_end > c.old_start) for c in hunk], new, first, last, "+ ")
            )
    return "".join(shown)


def _context_side(runs: list[tuple[int, int, bool]], lines: list[str], start: int, end: int, mark: str) -> str:
    shown, at = [], start
    for first, last, both in runs:
        shown.append(_marked("  ", lines[at:first]))
        shown.append(_marked("! " if both else mark, lines[first:last]))
        at = last
    return "".join([*shown, _marked("  ", lines[at:end])])


def _side_by_side(found: list[Change], old: list[str], new: list[str], width: int, *, common: bool) -> str:
    # GNU's layout: the second column begins at a tab stop.
    offset = (width + 8 + 3) // 2 - ((width + 8 + 3) // 2) % 8
    half = max(0, min(offset - 3, width - offset))
    rows: list[tuple[str | None, str, str | None]] = []
    at = beside = 0
    for change in [*found, Change(len(old), len(old), len(new), len(new))]:
        if common:
            rows.extend(
                (one, " ", other)
                for one, other in zip(old[at : change.old_start], new[beside : change.new_start], strict=False)
            )
        gone, come = old[change.old_start : change.old_end], new[change.new_start : change.new_end]
        both = min(len(gone), len(come))
        rows.extend((gone[n], "|", come[n]) for n in range(both))
        rows.extend((line, "<", None) for line in gone[both:])
        rows.extend((None, ">", line) for line in come[both:])
        at, beside = change.old_end, change.new_end
    shown = []
    for one, mark, other in rows:
        left = (one or "").rstrip("\n").expandtabs(8)[:half]
        right = (other or "").rstrip("\n").expandtabs(8)[:half]
        shown.append(_two_columns(left, mark, right, half, offset, has_right=other is not None) + "\n")
    return "".join(shown)


def _two_columns(left: str, mark: str, right: str, half: int, offset: int, *, has_right: bool) -> str:
    """The gaps are tabs as far as they go, as diff writes them."""
    text, column = left, len(left)

    def to(target: int) -> None:
        nonlocal text, column
        while column // 8 * 8 + 8 <= target:
            text, column = text + "\t", column // 8 * 8 + 8
        text, column = text + " " * (target - column), max(target, column)

    if mark != " ":
        to((half + offset - 1) // 2)
        text, column = text + mark, column + 1
    if has_right:
        to(offset)
        text += right
    return text


def _cmp(invocation: Invocation) -> int:
    options = parse(
        invocation, Syntax.of("b|print-bytes i|ignore-initial= l|verbose n|bytes= s|quiet|silent"), failure=2
    )
    if isinstance(options, int):
        return options
    names = list(options.operands)
    if not names:
        invocation.err("cmp: missing operand after 'cmp'\ncmp: Try 'cmp --help' for more information.\n")
        return 2
    names.append("-") if len(names) == 1 else None
    data = []
    for name in names[:2]:
        try:
            text = invocation.open(name).read()
        except OperationError as error:
            invocation.complain(name, error)
            return 2
        charge(invocation, 0, len(text))
        data.append(to_bytes(text))
    skips = (options.get("i") or "0").split(":")
    skip = [parse_size(skips[0]) or 0, parse_size(skips[-1]) or 0]
    one, other = data[0][skip[0] :], data[1][skip[1] :]
    if "n" in options:
        limit = parse_size(options.get("n")) or 0
        one, other = one[:limit], other[:limit]
    if one == other:
        return 0
    if "s" in options:
        return 1
    shared = min(len(one), len(other))
    different = [at for at in range(shared) if one[at] != other[at]] if "l" in options else []
    invocation.spend(1 + shared // 512)
    first = next((at for at in range(shared) if one[at] != other[at]), None)
    if "l" in options:
        unknown = any(name == "-" or name.startswith("/dev/") for name in names)
        width = 19 if unknown else len(str(max(len(one), len(other))))
        invocation.out("".join(f"{at + 1:{width}} {one[at]:3o} {other[at]:3o}\n" for at in different))
    elif first is not None:
        line = one[:first].count(b"\n") + 1
        extra = ""
        if "b" in options:
            extra = f" is {one[first]:3o} {_shown(one[first])} {other[first]:3o} {_shown(other[first])}"
        invocation.out(f"{names[0]} {names[1]} differ: byte {first + 1}, line {line}{extra}\n")
        return 1
    if len(one) != len(other) and (first is None or "l" in options):
        shorter = names[0] if len(one) < len(other) else names[1]
        short = one if len(one) < len(other) else other
        where = "which is empty"
        if short:
            lines = short.count(b"\n")
            whole = short.endswith(b"\n")
            where = f"after byte {len(short)}" + (
                "" if "l" in options else f", line {lines}" if whole else f", in line {lines + 1}"
            )
        invocation.err(f"cmp: EOF on {shorter} {where}\n")
    return 1


def _shown(byte: int) -> str:
    if byte < 32:
        return f"^{chr(byte + 64)}"
    return "^?" if byte == 127 else chr(byte) if byte < 127 else f"M-{_shown(byte - 128)}"


COMMANDS: Mapping[str, Command] = {"cmp": _cmp, "diff": _diff}
