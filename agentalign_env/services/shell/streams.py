"""What commands read from and write to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Protocol

from agentalign_env.services.shell.limits import DEFAULT_SHELL_LIMITS
from agentalign_env.services.shell.signals import BrokenPipeSignal, MoreInputSignal, ShellSignal, StopSignal

if TYPE_CHECKING:
    from agentalign_env.services.shell.machine import Machine

__all__ = [
    "PIPE",
    "Capture",
    "EndlessInput",
    "FileSink",
    "NullSink",
    "PartialInput",
    "PipeSink",
    "Sink",
    "TextInput",
]


PIPE = "|"
"""The name of an input that comes through a pipe."""


class Sink(Protocol):
    """What can be written to."""

    def write(self, text: str) -> None:
        """Takes a text."""
        ...


class TextInput:
    """A text to read once; shared by all that read from the same place."""

    __slots__ = ("at", "name", "text")

    def __init__(self, text: str, name: str = "") -> None:
        self.text, self.at, self.name = text, 0, name

    def read(self, chars: int = -1) -> str:
        """At most so many characters; all that is left by default."""
        start = self.at
        found = self.text[start:] if chars < 0 else self.text[start : start + chars]
        self.at = start + len(found)
        return found

    def readline(self) -> str:
        """The next line with its newline."""
        start = self.at
        end = self.text.find("\n", start) + 1
        found = self.text[start:end] if end else self.text[start:]
        self.at = start + len(found)
        return found

    def __iter__(self) -> Iterator[str]:
        """The lines that are left."""
        while line := self.readline():
            yield line


class PartialInput(TextInput):
    """The beginning of a text that goes on, as far as it is known; reading further ends the reader with a signal."""

    __slots__ = ("signal",)

    def __init__(self, text: str, signal: type[ShellSignal] = MoreInputSignal) -> None:
        super().__init__(text, PIPE)
        self.signal = signal

    def read(self, chars: int = -1) -> str:
        """As of a text."""
        if chars < 0 or self.at + chars > len(self.text):
            raise self.signal
        return super().read(chars)

    def readline(self) -> str:
        """Likewise."""
        if self.text.find("\n", self.at) < 0:
            raise self.signal
        return super().readline()


class EndlessInput:
    """A device that never ends, cut at the shell's limit."""

    __slots__ = ("_left", "_machine", "_make")

    def __init__(self, machine: Machine, make: Callable[[int], str]) -> None:
        self._machine, self._make = machine, make
        self._left = DEFAULT_SHELL_LIMITS.flow_chars

    def read(self, chars: int = -1) -> str:
        """So many characters; all up to the limit by default.

        Raises:
            StopSignal: What was read before has reached the limit.
        """
        if not self._left:
            raise StopSignal
        count = self._left if chars < 0 else min(chars, self._left)
        self._left -= count
        self._machine.spend(count >> 10)
        return self._make(count)

    def readline(self) -> str:
        """The signs up to a newline, or up to the limit."""
        found: list[str] = []
        while len(found) < 4096:
            chunk = self.read(256)
            end = chunk.find("\n") + 1
            found.append(chunk[:end] if end else chunk)
            if end:
                break
        return "".join(found)

    def __iter__(self) -> Iterator[str]:
        """The lines."""
        while line := self.readline():
            yield line


class NullSink:
    """Takes everything and keeps nothing."""

    __slots__ = ()

    def write(self, text: str) -> None:
        """Forgets the text."""


class Capture:
    """Keeps what is written, up to a limit; what comes afterwards is cut."""

    __slots__ = ("chunks", "limit", "size", "truncated")

    def __init__(self, limit: int = DEFAULT_SHELL_LIMITS.flow_chars) -> None:
        self.chunks: list[str] = []
        self.size, self.limit = 0, limit
        self.truncated = False

    def write(self, text: str) -> None:
        """Keeps the text."""
        if self.size + len(text) > self.limit:
            text = text[: self.limit - self.size]
            self.truncated = True
        self.size += len(text)
        self.chunks.append(text)

    def text(self) -> str:
        """All that was kept."""
        return "".join(self.chunks)


class PipeSink:
    """A pipe. From time to time it asks whether the reader has had enough; then the writer is ended."""

    __slots__ = ("chunks", "closed", "enough", "next_trial", "size")

    def __init__(self, first_trial: int, enough: Callable[[str], bool]) -> None:
        self.chunks: list[str] = []
        self.size, self.next_trial, self.closed = 0, first_trial, False
        self.enough = enough

    def write(self, text: str) -> None:
        """Takes a text.

        Raises:
            BrokenPipeSignal: Nobody reads any more.
            StopSignal: It is more than a pipe can hold, and the reader wants still more.
        """
        if self.closed:
            raise BrokenPipeSignal
        self.chunks.append(text)
        self.size += len(text)
        if self.size >= self.next_trial:
            self._try()

    def _try(self) -> None:
        while self.next_trial <= self.size:
            self.next_trial *= 8
        if self.enough(self.text()):
            self.closed = True
            raise BrokenPipeSignal
        if self.size > DEFAULT_SHELL_LIMITS.flow_chars:
            raise StopSignal

    def text(self) -> str:
        """All that was written."""
        if len(self.chunks) > 1:
            self.chunks = ["".join(self.chunks)]
        return self.chunks[0] if self.chunks else ""


class FileSink:
    """A file that is open for writing. What is written is put away when somebody looks at the files."""

    __slots__ = ("_machine", "_path", "_written")

    def __init__(self, machine: Machine, path: str) -> None:
        self._machine, self._path, self._written = machine, path, 0

    def write(self, text: str) -> None:
        """Adds the text to the file.

        Raises:
            BrokenPipeSignal: One command wrote more than the shell lets it.
        """
        self._written += len(text)
        if self._written > DEFAULT_SHELL_LIMITS.flow_chars:
            self._machine.overflow()
        self._machine.append(self._path, text)

    def empty(self) -> None:
        """Makes the file empty."""
        self._machine.start(self._path, append=False, mode=None)
