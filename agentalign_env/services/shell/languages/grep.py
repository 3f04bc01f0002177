"""grep: prints the lines that match."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from typing import Final

from agentalign_env.core.commands import Command, Input, Invocation
from agentalign_env.core.ports import FileEntry
from agentalign_env.core.text import to_bytes
from agentalign_env.errors import OperationError
from agentalign_env.services.shell.languages.patterns import Match, PatternError
from agentalign_env.services.shell.languages.searching import Search, read_search

__all__ = ["COMMANDS", "grep"]

_BUFFER: Final = 32_768
_KEPT_BYTES: Final = ("\uef80", "\uefff")


def grep(invocation: Invocation) -> int:
    """Prints the lines that match: 0 if there are any, 1 if not, 2 after an error."""
    search = read_search(invocation)
    if isinstance(search, int):
        return search
    finder = _Finder(invocation, search)
    for name in finder.files():
        finder.look_into(name)
        if finder.found and "q" in search.options:
            return 0
    return 2 if finder.failed else 0 if finder.found else 1


class _Finder:
    """The files one after the other.

    Attributes:
        found: Whether a line was selected.
        failed: Whether something could not be read.
    """

    def __init__(self, invocation: Invocation, search: Search) -> None:
        self._invocation, self._search = invocation, search
        self.found, self.failed = False, False
        options = search.options
        self._recursive = "r" in options or "R" in options or options.get("d") == "recurse"
        many = len(search.names) > 1 or self._recursive
        self._named = options.last("Hh", "H" if many else "h") == "H"
        self._quiet = "s" in options
        self._divided = False  # whether lines of an earlier file were printed

    def _complain(self, name: str, problem: OperationError | str) -> None:
        self.failed = True
        if not self._quiet:
            self._invocation.complain(name, problem)

    # Which files

    def files(self) -> Iterator[str]:
        """The names of the files to look into."""
        names = self._search.names or (("",) if self._recursive else ("-",))
        for name in names:
            if name == "-":
                yield name
                continue
            entry = self._entry(name)
            if entry is None or entry.kind != "dir":
                if entry is None or self._wanted(entry, named=True):
                    yield name
            elif self._recursive:
                yield from self._below(name, entry, 0)
            elif self._search.options.get("d") != "skip":
                self._complain(name, "Is a directory")

    def _entry(self, name: str) -> FileEntry | None:
        try:
            return self._invocation.files.follow(self._invocation.path(name or "."))
        except OperationError:
            return None

    def _wanted(self, entry: FileEntry, *, named: bool = False) -> bool:
        name = entry.path.rsplit("/", 1)[-1]
        search = self._search
        if search.include and not any(glob.search(name) for glob in search.include):
            return named and not self._recursive
        return not any(glob.search(name) for glob in search.exclude)

    def _below(self, name: str, top: FileEntry, depth: int) -> Iterator[str]:
        try:
            children = self._invocation.files.children(top.path)
        except OperationError as error:
            self._complain(name, error)
            return
        for child in children:
            self._invocation.spend()
            last = child.path.rsplit("/", 1)[-1]
            shown = last if not name else f"{name}{last}" if name.endswith("/") else f"{name}/{last}"
            found: FileEntry | None = child
            if child.kind == "link":
                found = self._entry(shown) if "R" in self._search.options and depth < 40 else None
            if found is None:
                continue
            if found.kind == "dir":
                if not any(glob.search(last) for glob in self._search.exclude_dir):
                    yield from self._below(shown, found, depth + 1)
            elif self._wanted(child):
                yield shown

    # One file

    def look_into(self, name: str) -> None:
        """Looks for the lines of one file and prints what was asked for."""
        options = self._search.options
        shown = options.get("label", "(standard input)") if name == "-" else name
        try:
            source = self._invocation.open(name)
            self._report(shown, _Lines(self._invocation, source, name, "\0" if "z" in options else "\n"))
        except OperationError as error:
            self._complain(name, error)
        except PatternError as error:
            self.failed = True
            self._invocation.complain(shown, str(error))

    def _report(self, shown: str, lines: _Lines) -> None:
        options = self._search.options
        if lines.binary and ("I" in options or options.get("binary-files") == "without-match"):
            return
        printed = not any(key in options for key in "qlLc")
        printer = _Printer(self._invocation, self._search, shown if self._named else "", divided=self._divided)
        text = "a" in options or "z" in options or options.get("binary-files") == "text"
        count, binary = 0, False
        once = any(key in options for key in "qlL")
        for line in lines if self._search.most and lines.may_hold(self._search.parts) else ():
            if not self._selected(line):
                if printed:
                    printer.other(line, lines)
                continue
            self.found = True
            count += 1
            if once:
                break
            if printed:
                strange = not text and not line.isascii() and any(map(_is_kept, line))
                binary = binary or strange
                if not text and lines.binary:
                    binary = True
                    break
                if not strange:
                    printer.match(line, lines)
            if count == self._search.most:
                break
        if printed and count == self._search.most:
            printer.trail(lines)
        if binary:
            self._invocation.err(f"{self._invocation.name}: {shown}: binary file matches\n")
        self._divided = self._divided or (printed and count > 0)
        self._sum_up(shown, count, printer)

    def _sum_up(self, shown: str, count: int, printer: _Printer) -> None:
        options = self._search.options
        end = "\0" if "Z" in options else "\n"
        if "q" in options:
            return
        if ("l" in options and count) or ("L" in options and not count):
            self._invocation.out(f"{printer.colored('35', shown)}{end}")
        elif "c" in options and "l" not in options and "L" not in options:
            self._invocation.out(f"{printer.name(':')}{count}\n")

    def _selected(self, line: str) -> bool:
        pattern = self._search.pattern
        found = pattern is not None and pattern.search(line, 0, self._invocation.spend) is not None
        return found != ("v" in self._search.options)


def _is_kept(char: str) -> bool:
    return _KEPT_BYTES[0] <= char <= _KEPT_BYTES[1]


class _Lines:
    """The lines of a file, without their ends.

    Attributes:
        binary: Whether the file holds what no text does.
        number: Of the line last given.
        offset: Of that line, in bytes.
    """

    def __init__(self, invocation: Invocation, source: Input, name: str, end: str) -> None:
        self._invocation, self._end = invocation, end
        self.number, self.offset, self._next = 0, 0, 0
        # A stream may be shared, and may never end: of it nothing is read ahead.
        head = "" if name == "-" and end == "\n" else source.read(-1 if end == "\0" else _BUFFER)
        self.binary = end == "\n" and "\0" in head
        self._whole = head if 0 < len(head) < _BUFFER else ""
        self._lines = self._read(head, source)

    def _read(self, head: str, source: Input) -> Iterator[str]:
        if head and not head.endswith(self._end):
            head += source.readline()
        yield from head.removesuffix(self._end).split(self._end) if head else ()
        for line in source:
            yield line.removesuffix("\n")

    def may_hold(self, parts: tuple[str, ...]) -> bool:
        """Whether one of these may be in a line: of a small file it is known from a single look at all of it."""
        if not parts or not self._whole:
            return True
        self._invocation.spend(1 + len(self._whole) // 1024)
        text = self._whole.casefold()
        return any(part in text for part in parts)

    def __iter__(self) -> Iterator[str]:
        for line in self._lines:
            self._invocation.spend(1 + len(line) // 1024)
            if "\0" in line and self._end == "\n":
                self.binary = True
            self.number += 1
            self.offset, self._next = (
                self._next,
                self._next + (len(line) if line.isascii() else len(to_bytes(line))) + 1,
            )
            yield line


class _Printer:
    """Prints lines of one file with what was asked to stand before them, and the context around them."""

    def __init__(self, invocation: Invocation, search: Search, shown: str, *, divided: bool) -> None:
        self._invocation, self._search, self._shown = invocation, search, shown
        self._divided = divided
        options = search.options
        self._color = options.get("color") == "always"
        self._only = "o" in options
        self._end = "\0" if "z" in options else "\n"
        self._before: deque[tuple[int, int, str]] = deque(maxlen=search.before)
        self._owed = 0  # lines of context still to print behind a match
        self._last = 0  # the line printed last

    def colored(self, color: str, text: str) -> str:
        """A text in a colour, if colours were asked for."""
        return f"\x1b[{color}m\x1b[K{text}\x1b[m\x1b[K" if self._color else text

    def name(self, separator: str) -> str:
        """The file's name before a line, if names are shown."""
        if not self._shown:
            return ""
        return self.colored("35", self._shown) + (
            "\0" if "Z" in self._search.options else self.colored("36", separator)
        )

    def _prefix(self, number: int, offset: int, separator: str) -> str:
        options = self._search.options
        text = self.name(separator)
        if "n" in options:
            text += self.colored("32", f"{number:2}" if "T" in options else str(number)) + self.colored("36", separator)
        if "b" in options:
            text += self.colored("32", str(offset)) + self.colored("36", separator)
        return text + "\t" if "T" in options and text else text

    def _divide(self, number: int) -> None:
        separator = self._search.separator
        if separator is not None and (self._divided or 0 < self._last < number - 1):
            self._invocation.out(self.colored("36", separator) + "\n")
        self._divided = False

    def match(self, line: str, lines: _Lines) -> None:
        """Prints a selected line."""
        number, offset = lines.number, lines.offset
        self._owed = self._search.after
        if self._only:
            self._divide(number)
            self._last = number
            if "v" not in self._search.options:
                for match in self._matches(line):
                    at = offset + len(to_bytes(line[: match.start]))
                    text = self.colored("01;31", match.group() or "")
                    self._invocation.out(f"{self._prefix(number, at, ':')}{text}{self._end}")
            return
        first = self._before[0][0] if self._before else number
        self._divide(first)
        for earlier, at, text in self._before:
            self._invocation.out(f"{self._prefix(earlier, at, '-')}{text}{self._end}")
        self._before.clear()
        self._last = number
        self._invocation.out(f"{self._prefix(number, offset, ':')}{self._shining(line)}{self._end}")

    def _matches(self, line: str) -> Iterator[Match]:
        pattern = self._search.pattern
        if pattern is not None:
            for match in pattern.finditer(line, 0, self._invocation.spend):
                if match.end > match.start:
                    yield match

    def _shining(self, line: str) -> str:
        if not self._color or "v" in self._search.options:
            return line
        parts, at = [], 0
        for match in self._matches(line):
            parts += [line[at : match.start], self.colored("01;31", match.group() or "")]
            at = match.end
        return "".join(parts) + line[at:]

    def other(self, line: str, lines: _Lines) -> None:
        """Takes a line that was not selected: prints it as context or keeps it."""
        if self._owed > 0:
            self._owed -= 1
            if not self._only:
                self._last = lines.number
                self._invocation.out(f"{self._prefix(lines.number, lines.offset, '-')}{line}{self._end}")
        elif self._search.before and not self._only:
            self._before.append((lines.number, lines.offset, line))

    def trail(self, lines: _Lines) -> None:
        """Prints the context behind the last line that was wanted."""
        if self._owed:
            for line in lines:
                self.other(line, lines)
                if not self._owed:
                    break


COMMANDS: Final[Mapping[str, Command]] = {"grep": grep, "egrep": grep, "fgrep": grep}
