"""Commands of the shell: what a service brings to it, and what the shell gives a running command.

The shell knows the language and the text tools; a command that belongs to a service (``git``, ``pip``, ``curl``) is
brought by that service, so that the shell and the typed tools change one state.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from agentalign_env.core.ports import FilesPort
    from agentalign_env.core.world import World
    from agentalign_env.errors import OperationError

__all__ = ["Command", "Input", "Invocation"]


class Input(Protocol):
    """A text to read once, from where the last reading ended. Bytes that are no UTF-8 are kept as in `core.text`."""

    def read(self, chars: int = -1) -> str:
        """At most so many characters; all that is left by default; empty at the end.

        What has no end (``/dev/zero``) is cut at the shell's limit.
        """
        ...

    def readline(self) -> str:
        """The next line with its newline; empty at the end."""
        ...

    def __iter__(self) -> Iterator[str]:
        """The lines that are left, each with its newline."""
        ...


class Invocation(Protocol):
    """One running command. Everything that it does to the world goes through `files` and `world`."""

    @property
    def name(self) -> str:
        """The command's name, as called."""
        ...

    @property
    def args(self) -> Sequence[str]:
        """Its arguments, without the name, after all expansions."""
        ...

    @property
    def world(self) -> World:
        """The world; the caller of the script commits or rolls back."""
        ...

    @property
    def files(self) -> FilesPort:
        """The files."""
        ...

    @property
    def cwd(self) -> str:
        """The working directory: absolute, canonical."""
        ...

    @property
    def env(self) -> Mapping[str, str]:
        """The exported variables."""
        ...

    @property
    def stdin(self) -> Input:
        """Standard input."""
        ...

    def out(self, text: str) -> None:
        """Writes to standard output. May end the command: nobody reads any more, or the limit is reached."""
        ...

    def err(self, text: str) -> None:
        """Writes to standard error."""
        ...

    def path(self, name: str) -> str:
        """The absolute canonical path of a name given as an argument."""
        ...

    def open(self, name: str) -> Input:
        """A file to read by the name given as an argument: ``-`` is standard input, devices are known.

        Raises:
            OperationError: It cannot be read.
        """
        ...

    def complain(self, subject: str, problem: OperationError | str = "") -> int:
        """Writes ``name: subject: problem`` to standard error, an error's own words alone; gives 1.

        With an empty `problem`: ``name: subject``.
        """
        ...

    def spend(self, steps: int = 1) -> None:
        """Counts work against the script's fuel: a step per line, item, or KiB handled. May end the script."""
        ...

    def run(self, argv: Sequence[str], *, stdin: str | None = None, env: Mapping[str, str] | None = None) -> int:
        """Runs another command by name on the same streams (or with this text as input); its status."""
        ...

    def script(self, text: str, args: Sequence[str] = ()) -> int:
        """Runs a script in a new shell on the same streams, with ``$0``, ``$1`` ... from `args`; its status."""
        ...

    def sleep(self, seconds: float) -> None:
        """Lets the virtual clock pass. May end the script at its time limit."""
        ...

    @property
    def now_s(self) -> float:
        """The virtual time of this moment of the script, in seconds since the epoch."""
        ...


Command = Callable[[Invocation], int]
"""Runs to its end and gives the exit status. It raises nothing of its own: what goes wrong is written to standard
error. What `Invocation` raises to end the command or the script must pass through: never catch ``BaseException``."""
