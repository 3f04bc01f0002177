"""Where scripts run: protocols that the machine in memory and a real container share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    from agentalign_env.core.operation import Operation
    from agentalign_env.core.world import World

__all__ = ["ExecResult", "Machine", "Sandbox"]


class ExecResult(NamedTuple):
    """What a script did.

    Attributes:
        stdout: Its standard output, cut at the limit.
        stderr: Its standard error, cut at the limit.
        rc: Its exit status; 124 when it was stopped for taking too long, 137 when for taking too much memory.
        truncated: Whether output was cut.
        timed_out: Whether it was stopped: at its time limit, or when its fuel was spent.
    """

    stdout: str
    stderr: str
    rc: int
    truncated: bool = False
    timed_out: bool = False


class Sandbox(Protocol):
    """A machine with files on which scripts run.

    Files, processes and the clock last from one script to the next; variables and the working directory do not.
    Whatever a script does is an `ExecResult`. A file that cannot be read or written raises `OperationError`.
    """

    def exec(self, script: str, *, stdin: str = "", cwd: str | None = None, timeout_s: float = 30.0) -> ExecResult:
        """Runs a bash script.

        Args:
            script: At most 1 MiB.
            stdin: What it reads.
            cwd: Where it starts; by default the sandbox's directory.
            timeout_s: After so many seconds of the sandbox's own time it is stopped.
        """
        ...

    def read_file(self, path: str) -> str:
        """The content of a file; a relative path starts at the sandbox's directory."""
        ...

    def write_file(self, path: str, content: str) -> None:
        """Puts a file; makes missing directories."""
        ...

    def reset(self) -> None:
        """Back to how it began."""
        ...

    def close(self) -> None:
        """Gives back what it holds; nothing can be run afterwards. Closing twice is fine."""
        ...


class Machine(Protocol):
    """A real machine under a world: what carries out the operations that look at files, processes and repositories.

    A deep copy and a pickle are a machine of their own in the state of the world they are used with next.
    """

    def run(self, operation: Operation[..., Any], world: World, arguments: Mapping[str, Any]) -> Any:
        """Carries out an operation; what it changes is in the world's store, not committed.

        Raises:
            OperationError: As the operation does.
            SandboxFaultError: The machine failed.
        """
        ...

    def settle(self, world: World) -> None:
        """At the end of an episode: stops what runs, and brings what it did into the world.

        Raises:
            SandboxFaultError: The machine failed.
        """
        ...

    def release(self) -> None:
        """Gives back what it holds. Twice is fine."""
        ...
