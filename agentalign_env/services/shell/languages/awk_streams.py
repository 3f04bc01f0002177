"""The files and commands that an awk program reads and writes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from agentalign_env.core.commands import Input, Invocation
from agentalign_env.errors import OperationError
from agentalign_env.services.shell.languages.awk_values import AwkError
from agentalign_env.services.shell.languages.patterns import Pattern
from agentalign_env.services.shell.limits import DEFAULT_SHELL_LIMITS

__all__ = ["Records", "Streams"]

_MAX_OUTPUT: Final = DEFAULT_SHELL_LIMITS.flow_chars


class Records:
    """The records of one text."""

    def __init__(self, source: Input, spend: Callable[[int], None]) -> None:
        self._source, self._spend = source, spend
        self._text: str | None = None  # everything that is left, where records are not lines
        self._at = 0

    def next(self, end: str, pattern: Pattern | None) -> tuple[str, str] | None:
        """The next record and what ended it; ``None`` at the end.

        Args:
            end: One character, or empty for paragraphs.
            pattern: What ends a record instead.
        """
        if end == "\n" and pattern is None and self._text is None:
            line = self._source.readline()
            if not line:
                return None
            self._spend(1 + len(line) // 1024)
            return (line[:-1], "\n") if line.endswith("\n") else (line, "")
        if self._text is None:
            self._text = self._source.read()
        text = self._text
        if end == "" and pattern is None:
            while text.startswith("\n", self._at):
                self._at += 1
        if self._at >= len(text):
            return None
        start, stop, after = self._at, len(text), len(text)
        if pattern is not None:
            match = pattern.search(text, start, self._spend)
            while match is not None and match.end == match.start:
                match = pattern.search(text, match.end + 1, self._spend) if match.end < len(text) else None
            if match is not None:
                stop, after = match.start, match.end
        else:
            found = text.find(end or "\n\n", start)
            if found >= 0:
                stop = after = found
                after += len(end) or 2
        if stop == len(text) and end == "" and pattern is None and text.endswith("\n"):
            stop -= 1
        self._at = after
        self._spend(1 + (stop - start) // 1024)
        return text[start:stop], text[stop:after]


class Streams:
    """What a program opened by name."""

    def __init__(self, invocation: Invocation) -> None:
        self._invocation = invocation
        self._readers: dict[str, Records | None] = {}
        self._writers: dict[str, tuple[str, list[str]]] = {}
        self._made = 0
        self._size = 0

    def write(self, kind: str, name: str, text: str) -> None:
        """Writes to a file (``>`` ``>>``) or a command (``|``)."""
        if name in {"/dev/stdout", "-"} and kind != "|":
            self._invocation.out(text)
            return
        if name == "/dev/stderr" or (kind == "|" and name in {"cat 1>&2", "cat >&2"}):
            self._invocation.err(text)
            return
        if not name:
            raise AwkError("expression for `>' redirection has null string value")
        writer = self._writers.get(name)
        if writer is None:
            writer = self._writers[name] = (kind, [])
            if kind != "|" and name != "/dev/null":
                self._open(kind, name, writer[1])
        self._size += len(text)
        if self._size > _MAX_OUTPUT:
            raise AwkError(f"write to {name} failed: No space left on device")
        writer[1].append(text)

    def _open(self, kind: str, name: str, parts: list[str]) -> None:
        """Makes the file at once, as a real awk does, so that what cannot be written is known."""
        files = self._invocation.files
        try:
            path = self._invocation.path(name)
            entry = files.follow(path)
            if kind == ">>" and entry is not None:
                parts.append(files.read(path).content)
            else:
                files.write(path, "", parents=False)
        except OperationError as error:
            words = error.message.split(":")[0]
            raise AwkError(f"cannot redirect to `{name}': {words}") from None

    def flush(self, name: str | None = None) -> None:
        """Puts what was written into the files."""
        for known, (kind, parts) in self._writers.items():
            if kind != "|" and known != "/dev/null" and name in {None, known}:
                text = "".join(parts)
                parts[:] = [text]
                try:
                    self._invocation.files.write(self._invocation.path(known), text, parents=False)
                except OperationError as error:
                    raise AwkError(f"cannot write `{known}': {error.message.split(':')[0]}") from None

    def close(self, name: str) -> int:
        """Closes one; a command that reads runs now. -1 if it was not open."""
        status = -1
        if name in self._writers:
            self.flush(name)
            kind, parts = self._writers.pop(name)
            status = 0
            if kind == "|":
                self.flush()
                status = self._invocation.run(("sh", "-c", name), stdin="".join(parts))
        if self._readers.pop(name, None) is not None:
            status = 0
        return status

    def close_all(self) -> None:
        """Closes all, in the order they were opened."""
        for name in list(self._writers):
            self.close(name)

    def system(self, command: str) -> int:
        """Runs a command."""
        self.flush()
        return self._invocation.run(("sh", "-c", command))

    def reader(self, kind: str, name: str) -> Records | None:
        """The records of a file (``<``) or of what a command writes; ``None`` if there is no such file."""
        if name not in self._readers:
            self.flush()
            try:
                source = self._output_of(name) if kind == "|" else self._invocation.open(name)
                self._readers[name] = Records(source, self._invocation.spend)
            except OperationError:
                return None
        return self._readers[name]

    def _output_of(self, command: str) -> Input:
        """What a command writes. An invocation lends its own streams only, so that goes through a file."""
        self._made += 1
        path = f"/tmp/.awk-pipe-{self._made}"
        self._invocation.run(("sh", "-c", f"{{ {command}\n}} > {path}"))
        source = self._invocation.open(path)
        self._invocation.files.remove(path)
        return source
