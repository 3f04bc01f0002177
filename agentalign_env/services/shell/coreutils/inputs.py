"""What the text commands read and write: operands as inputs, lines, and files to write."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from agentalign_env.core.text import to_bytes
from agentalign_env.errors import OperationError
from agentalign_env.services.shell.coreutils.quoting import always_quoted, quoted

if TYPE_CHECKING:
    from agentalign_env.core.commands import Input, Invocation

__all__ = ["CHUNK", "Sources", "byte_size", "charge", "is_directory", "lines_of", "read_text", "write_file"]

CHUNK = 65_536
_LINES_PER_STEP = 8  # a line of a text command costs a fraction of what a simple command of a script does


class Sources:
    """The inputs that the operands name, ``-`` or none for standard input, each opened when its turn comes.

    One that cannot be opened is reported and leaves its mark in `status`.

    Attributes:
        status: 0, or `failure` once something could not be read.
    """

    def __init__(
        self,
        invocation: Invocation,
        names: Sequence[str],
        *,
        missing: str = "{plain}",
        directory: str = "",
        failure: int = 1,
    ) -> None:
        """Sources for a command.

        Args:
            invocation: The command.
            names: The operands.
            missing: What the message says before the reason; ``{plain}`` and ``{name}`` are the name, the second
                one always quoted.
            directory: The same for a directory; by default `missing`.
            failure: The status after a failure.
        """
        self._invocation, self._names = invocation, names or ["-"]
        self._missing, self._directory = missing, directory or missing
        self.status, self._failure = 0, failure

    def __iter__(self) -> Iterator[tuple[str, Input]]:
        for name in self._names:
            source = self.open(name)
            if source is not None:
                yield name, source

    def open(self, name: str) -> Input | None:
        """One input; ``None`` after a report."""
        try:
            return self._invocation.open(name)
        except OperationError as error:
            words = self._directory if error.message.startswith("Is a directory") else self._missing
            self._invocation.complain(words.format(plain=quoted(name), name=always_quoted(name)), error)
            self.status = self._failure
            return None


def charge(invocation: Invocation, lines: int, chars: int = 0) -> None:
    """Counts lines handled one by one and text handled in bulk."""
    invocation.spend(1 + lines // _LINES_PER_STEP + chars // 1024)


def read_text(invocation: Invocation, source: Input) -> str:
    """All that is left of an input."""
    text = source.read()
    charge(invocation, 0, len(text))
    return text


def lines_of(invocation: Invocation, source: Input, *, ending: str = "\n") -> list[str]:
    """All lines that are left of an input, without their endings."""
    text = read_text(invocation, source)
    if not text:
        return []
    charge(invocation, text.count(ending))
    lines = text.split(ending)
    if not lines[-1]:
        lines.pop()
    return lines


def byte_size(text: str) -> int:
    """How many bytes a text is."""
    return len(text) if text.isascii() else len(to_bytes(text))


def is_directory(invocation: Invocation, name: str) -> bool:
    """Whether an operand names a directory, or a link to one."""
    try:
        found = invocation.files.follow(invocation.path(name))
    except OperationError:
        return False
    return found is not None and found.kind == "dir"


def write_file(invocation: Invocation, name: str, text: str, *, append: bool = False) -> None:
    """Puts a text into the file that an operand names; devices are known.

    Raises:
        OperationError: It cannot be written.
    """
    charge(invocation, 0, len(text))
    if name in ("/dev/null", "/dev/stdout", "/dev/stderr"):
        if name != "/dev/null":
            (invocation.out if name == "/dev/stdout" else invocation.err)(text)
        return
    path = invocation.path(name)
    if append:
        held = invocation.files.follow(path)
        if held is not None and held.kind == "file":
            text = held.content + text
    invocation.files.write(path, text, parents=False)
