"""What every command shares: errors as one clear line, interrupts and closed pipes as exit codes."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import typer
from typer.core import TyperGroup

from agentalign_env.errors import AgentAlignError, ToolFaultError

__all__ = ["CommandGroup"]

_FAILED, _INTERRUPTED, _CLOSED_PIPE = 2, 130, 141


class CommandGroup(TyperGroup):
    """Turns what a user can cause into a line on stderr and an exit code; our own defects keep their traceback."""

    def make_context(self, *args: Any, **kwargs: Any) -> Any:
        """Reads the options; ``--help`` and ``--version`` print here."""
        with _exit_codes():
            return super().make_context(*args, **kwargs)

    def invoke(self, ctx: Any) -> Any:
        """Runs the chosen command."""
        for stream in (sys.stdout, sys.stderr):
            if hasattr(stream, "reconfigure"):
                stream.reconfigure(errors="replace")  # a terminal that cannot show a character shows a question mark
        with _exit_codes(), _short_warnings():
            return super().invoke(ctx)


@contextmanager
def _exit_codes() -> Iterator[None]:
    """Turns errors into messages and exit codes, among them that what was printed cannot be written."""
    try:
        try:
            yield
        except typer.Exit:
            sys.stdout.flush()
            raise
        sys.stdout.flush()
    except BrokenPipeError:
        _silence_stdout()
        raise typer.Exit(_CLOSED_PIPE) from None
    except KeyboardInterrupt:
        _complain("interrupted")
        raise typer.Exit(_INTERRUPTED) from None
    except ToolFaultError:
        raise
    except AgentAlignError as error:
        _complain(f"error: {error}")
        raise typer.Exit(_FAILED) from None
    except OSError as error:
        if error.errno is None:
            raise
        where = f"{error.filename}: " if error.filename else ""
        _complain(f"error: {where}{error.strerror}. Check the path, its permissions and the space on the disk.")
        _silence_stdout()
        raise typer.Exit(_FAILED) from None


@contextmanager
def _short_warnings() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("always", UserWarning)
        warnings.showwarning = lambda message, *_, **__: _complain(f"warning: {message}")
        yield


def _complain(text: str) -> None:
    with suppress(OSError):
        sys.stderr.write(f"{text}\n")
        sys.stderr.flush()


def _silence_stdout() -> None:
    """Lets what is still buffered go nowhere, so that the interpreter's own flush at exit does not fail again."""
    with suppress(OSError, ValueError, AttributeError):
        stdout = sys.stdout
        if stdout is sys.__stdout__ and stdout is not None:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, stdout.fileno())
            os.close(nowhere)
