"""How a running script leaves its course. None is an error: commands let them pass."""

from __future__ import annotations

__all__ = [
    "BreakSignal",
    "BrokenPipeSignal",
    "ContinueSignal",
    "DiscardSignal",
    "ExitSignal",
    "MoreInputSignal",
    "ReturnSignal",
    "ShellSignal",
    "StopSignal",
]


class ShellSignal(BaseException):
    """Base of all; no ``except Exception`` may hold it up."""


class BreakSignal(ShellSignal):
    """``break``: out of so many loops."""

    def __init__(self, levels: int) -> None:
        self.levels = levels


class ContinueSignal(ShellSignal):
    """``continue``: with the loop so many levels out."""

    def __init__(self, levels: int) -> None:
        self.levels = levels


class ReturnSignal(ShellSignal):
    """``return``: out of a function or a sourced script."""

    def __init__(self, status: int) -> None:
        self.status = status


class ExitSignal(ShellSignal):
    """``exit``: out of the shell's process; its traps for EXIT still run."""

    def __init__(self, status: int) -> None:
        self.status = status


class DiscardSignal(ShellSignal):
    """An expansion failed: the line is given up, the script goes on with the next one."""

    def __init__(self, status: int = 1) -> None:
        self.status = status


class BrokenPipeSignal(ShellSignal):
    """Nobody reads what is written: the process ends with the status 141."""


class StopSignal(ShellSignal):
    """The script's time or fuel is spent."""


class MoreInputSignal(ShellSignal):
    """A trial run has come to the end of the input that exists so far."""
