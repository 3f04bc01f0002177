"""Running a script on a world: the machine, the first shell, and what is handed back."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from functools import lru_cache
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple

from agentalign_env.core.sandbox import ExecResult
from agentalign_env.services.shell.builtins import BUILTINS
from agentalign_env.services.shell.commands import DEFAULT_PATH, load_commands, run_text
from agentalign_env.services.shell.interpreter import RUNNERS
from agentalign_env.services.shell.limits import DEFAULT_SHELL_LIMITS
from agentalign_env.services.shell.machine import Machine
from agentalign_env.services.shell.processes import finish_processes, substitute_process
from agentalign_env.services.shell.scripts import capture, run_process, run_trap
from agentalign_env.services.shell.shell import Runtime, Shell
from agentalign_env.services.shell.signals import StopSignal
from agentalign_env.services.shell.streams import Capture, TextInput

if TYPE_CHECKING:
    from agentalign_env.core.world import World

__all__ = ["Run", "run_on_world"]

_RUNTIME = Runtime(RUNNERS, BUILTINS, capture, substitute_process, finish_processes, run_trap)
_TIMED_OUT = 124
_STACK = 20_000  # Python's frames: what the deepest nesting that the limits allow takes, with room
_SURROGATES = re.compile("[\ud800-\udfff]")


class _Stack:
    """Python's limit of frames, raised while scripts run, in any thread, and put back after the last one."""

    def __init__(self) -> None:
        self._lock, self._running, self._before = Lock(), 0, 0

    def __enter__(self) -> None:
        with self._lock:
            if not self._running:
                self._before = sys.getrecursionlimit()
                sys.setrecursionlimit(max(self._before, _STACK))
            self._running += 1

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._running -= 1
            if not self._running:
                sys.setrecursionlimit(self._before)


@lru_cache(maxsize=1)
def _stack() -> _Stack:
    return _Stack()


class Run(NamedTuple):
    """A script's result, and the seconds that it let pass."""

    result: ExecResult
    clock_s: float


def run_on_world(
    world: World, text: str, *, stdin: str = "", cwd: str, timeout_s: float, env: Mapping[str, str] | None = None
) -> Run:
    """Runs a script; what it changes is in the world's store, not committed."""
    if len(text) > DEFAULT_SHELL_LIMITS.script_chars:
        return Run(ExecResult("", "bash: Argument list too long\n", 126), 0.0)
    with _stack():
        return _run(world, text, stdin, cwd, timeout_s, env)


def _run(world: World, text: str, stdin: str, cwd: str, timeout_s: float, env: Mapping[str, str] | None) -> Run:
    if not (text.isascii() and stdin.isascii()):
        text, stdin = _SURROGATES.sub("\ufffd", text), _SURROGATES.sub("\ufffd", stdin)
    machine = Machine(world, load_commands(), _RUNTIME, timeout_s)
    out, err = Capture(DEFAULT_SHELL_LIMITS.output_chars), Capture(DEFAULT_SHELL_LIMITS.output_chars)
    files = machine.files
    variables = {
        "HOME": files.home,
        "USER": files.user,
        "LOGNAME": files.user,
        "PATH": DEFAULT_PATH,
        "PWD": cwd,
        "SHELL": "/bin/bash",
        "LANG": "C.UTF-8",
        "TERM": "dumb",
        "SHLVL": "1",
        **(env or {}),
    }
    shell = Shell(machine, "bash", {0: TextInput(stdin), 1: out, 2: err}, variables, cwd)
    machine.complain = shell.complain
    timed_out = False
    try:
        status = run_process(shell, lambda: run_text(shell, text, "-c"))
    except StopSignal:
        status, timed_out = _TIMED_OUT, True
    machine.close()
    result = ExecResult(out.text(), err.text(), status, out.truncated or err.truncated, timed_out)
    return Run(result, machine.clock)
