"""What all that runs commands has in common: lists, failures, and process substitutions at their end."""

from __future__ import annotations

from agentalign_env.services.shell.shell import Shell
from agentalign_env.services.shell.signals import (
    ExitSignal,
)
from agentalign_env.services.shell.syntax import (
    Command,
    Sequence,
)

__all__ = ["checked", "execute", "finish_processes", "run_sequence"]


def execute(shell: Shell, command: Command) -> int:
    """Runs a command; its exit status."""
    status = shell.status = shell.machine.runtime.runners[type(command)](shell, command)
    return status


def run_sequence(shell: Shell, node: Sequence) -> int:
    """Runs commands one after the other; the status of the last."""
    status = 0
    runners = shell.machine.runtime.runners
    for item in node.items:
        command = item if item.background else item.command
        status = shell.status = runners[type(command)](shell, command)
    return status


def checked(shell: Shell, status: int) -> int:
    """What a failure leads to under ``set -e``, or with a trap for ERR.

    Raises:
        ExitSignal: The shell is left.
    """
    shell.status = status
    shell.pipe_statuses = [str(status)]
    if status and not shell.guarded:
        if "ERR" in shell.traps and not shell.in_trap:
            shell.machine.runtime.trap(shell, "ERR")
            shell.status = status
        if shell.errexit:
            raise ExitSignal(status)
    return status


def finish_processes(shell: Shell) -> None:
    """Ends the process substitutions of a command."""
    shell.machine.runtime.finish(shell)
