"""diff."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from agentalign_env.errors import OperationError
from agentalign_env.services.shell.coreutils.calendar_days import format_time
from agentalign_env.services.shell.coreutils.difference_forms import (
    context_form,
    ed_form,
    normal_form,
    rcs_form,
    side_by_side,
    unified_form,
)
from agentalign_env.services.shell.coreutils.edit_script import Change, changes
from agentalign_env.services.shell.coreutils.entries import base_name, joined
from agentalign_env.services.shell.coreutils.inputs import charge
from agentalign_env.services.shell.coreutils.name_patterns import matches
from agentalign_env.services.shell.coreutils.quoting import always_quoted
from agentalign_env.services.shell.coreutils.sizes import whole
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
        style = options.last(("u", "U", "c", "C", "normal", "n", "e", "y"), "normal").upper()
        self._style = style if style in ("U", "C", "Y", "E", "N") else "NORMAL"
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
        # Lines that both texts begin and end with are set aside, but for those that are shown around a change.
        lead, tail = _common_ends(before, after, self._context if self._style in ("U", "C") else 0)
        found = changes(
            [key(line) for line in before[lead : len(before) - tail]],
            [key(line) for line in after[lead : len(after) - tail]],
            self._invocation.spend,
        )
        found = [Change(*(place + lead for place in change)) for change in found]
        if "I" in self._options:
            found = [change for change in found if not self._ignored(change, before, after)]
        if "B" in self._options:
            found = [change for change in found if not _blank(change, before, after)]
        if not found:
            return 0
        if self._brief:
            self._write(f"Files {old.name} and {new.name} differ\n")
            return 1
        if self._style == "U":
            self._write(self._header(old, new, "---", "+++"))
            self._write(unified_form(found, before, after, self._context))
        elif self._style == "C":
            self._write(self._header(old, new, "***", "---"))
            self._write(context_form(found, before, after, self._context))
        elif self._style == "Y":
            width = whole(self._options.get("W"), 130, most=2000)
            self._write(side_by_side(found, before, after, width, common="suppress-common-lines" not in self._options))
        elif self._style == "E":
            self._write(ed_form(found, after))
        elif self._style == "N":
            self._write(rcs_form(found, after))
        else:
            self._write(normal_form(found, before, after))
        return 1

    def _ignored(self, change: Change, old: list[str], new: list[str]) -> bool:
        from agentalign_env.services.shell.languages.patterns import PatternError, compile_pattern

        lines = [*old[change.old_start : change.old_end], *new[change.new_start : change.new_end]]
        try:
            patterns = [compile_pattern(text, "basic") for text in self._options.all("I")]
        except PatternError:
            return False
        return all(any(pattern.search(line.rstrip("\n"), 0) for pattern in patterns) for line in lines)

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


def _common_ends(old: list[str], new: list[str], around: int) -> tuple[int, int]:
    """How many lines at the beginning and at the end are the same, less those around."""
    most = min(len(old), len(new))
    lead = 0
    while lead < most and old[lead] == new[lead]:
        lead += 1
    tail = 0
    while tail < most - lead and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    return max(lead - around, 0), max(tail - around, 0)


def _blank(change: Change, old: list[str], new: list[str]) -> bool:
    lines = [*old[change.old_start : change.old_end], *new[change.new_start : change.new_end]]
    return all(line == "\n" for line in lines)


COMMANDS: Mapping[str, Command] = {"diff": _diff}
