"""What sed reads line by line, and where it writes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from agentalign_env.core.commands import Input, Invocation
from agentalign_env.errors import OperationError
from agentalign_env.services.shell.languages.sed_script import SedError
from agentalign_env.services.shell.limits import DEFAULT_SHELL_LIMITS

__all__ = ["Lines", "Output", "Reader"]


class Reader:
    """The lines of the files, one file after the other.

    Attributes:
        failed: Whether a file could not be read.
        file: The name of the file of the line last given.
        number: The number of that line.
        ended: Whether that line had its newline.
    """

    def __init__(self, invocation: Invocation, names: Sequence[str], end: str, *, separate: bool) -> None:
        self._invocation, self._end, self._separate = invocation, end, separate
        self._names = list(names)
        self._lines: Iterator[str] = iter(())
        self._ahead: str | None = None
        self.failed, self.file, self.number, self.ended = False, "-", 0, True
        self._ahead_file = "-"

    def _fetch(self) -> str | None:
        """The line that comes next, over the ends of files."""
        while self._ahead is None:
            self._ahead = next(self._lines, None)
            if self._ahead is not None:
                break
            if not self._names:
                return None
            name = self._names.pop(0)
            try:
                entry = None if name == "-" else self._invocation.files.follow(self._invocation.path(name))
                if entry is not None and entry.kind == "dir":
                    raise SedError(f"read error on {name}: Is a directory", 4)
                self._lines = iter(Lines(self._invocation.open(name), self._end))
                self._ahead_file = name
            except OperationError as error:
                self.failed = True
                self._invocation.complain(f"can't read {name}", error)
        return self._ahead

    def read(self) -> str | None:
        """The next line without its end; ``None`` at the end."""
        line = self._fetch()
        if line is None:
            return None
        self._ahead, self.file = None, self._ahead_file
        self.number += 1
        self._invocation.spend(1 + len(line) // 1024)
        self.ended = line.endswith(self._end)
        return line[:-1] if self.ended else line

    @property
    def last(self) -> bool:
        """Whether no line follows (in this file, where files are apart)."""
        if self._separate:
            if self._ahead is None:
                self._ahead = next(self._lines, None)
            return self._ahead is None
        return self._fetch() is None


class Lines:
    """Lines that end with another character than a newline."""

    def __init__(self, source: Input, end: str) -> None:
        self._source, self._end = source, end

    def __iter__(self) -> Iterator[str]:
        if self._end == "\n":
            yield from self._source
            return
        text = self._source.read()
        start = 0
        while start < len(text):
            end = text.find(self._end, start)
            stop = len(text) if end < 0 else end + 1
            yield text[start:stop]
            start = stop


class Output:
    """A place to write lines. A line that had no newline gets one as soon as another follows."""

    def __init__(self, invocation: Invocation, name: str = "") -> None:
        self._invocation, self._name = invocation, name
        self._parts: list[str] = []
        self._size = 0
        self._owed = ""

    def line(self, text: str, end: str, *, ended: bool = True) -> None:
        """Writes a line."""
        self.text(text + end if ended else text)
        self._owed = "" if ended else end

    def text(self, text: str) -> None:
        """Writes a text as it is."""
        text, self._owed = self._owed + text, ""
        if self._name == "/dev/stderr":
            self._invocation.err(text)
        elif not self._name:
            self._invocation.out(text)
        else:
            self._size += len(text)
            if self._size > DEFAULT_SHELL_LIMITS.flow_chars:
                raise SedError(f"couldn't write to {self._name}: No space left on device", 4)
            self._parts.append(text)

    def close(self) -> None:
        """Puts what was written into the file."""
        if self._name and not self._name.startswith("/dev/"):
            try:
                self._invocation.files.write(self._invocation.path(self._name), "".join(self._parts), parents=False)
            except OperationError as error:
                raise SedError(f"couldn't open file {self._name}: {error.message.split(':')[0]}", 4) from None
