"""Where scripts run: one protocol for the machine in memory and for a real container."""

from __future__ import annotations

from typing import NamedTuple, Protocol

__all__ = ["ExecResult", "Sandbox"]


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
