"""Scripts and processes: run to their end, whatever it is."""

from __future__ import annotations

from collections.abc import Callable

from agentalign_env.services.shell.parser import parse_script
from agentalign_env.services.shell.redirects import RedirectProblem, redirected
from agentalign_env.services.shell.sequences import finish_processes, run_sequence
from agentalign_env.services.shell.shell import Shell
from agentalign_env.services.shell.signals import (
    BreakSignal,
    BrokenPipeSignal,
    ContinueSignal,
    DiscardSignal,
    ExitSignal,
    ReturnSignal,
)
from agentalign_env.services.shell.streams import Capture
from agentalign_env.services.shell.syntax import (
    Script,
    Simple,
    SyntaxProblem,
)

__all__ = ["capture", "report_problem", "run_process", "run_script", "run_trap"]


def run_script(shell: Shell, script: Script, *, origin: str = "") -> int:
    """Runs a script line by line; a line whose expansion fails is given up."""
    status = 0
    for line, message in script.warnings:
        shell.line = line
        shell.complain(message)
    for unit in script.units:
        if "n" in shell.other_flags:
            break
        try:
            status = run_sequence(shell, unit)
        except DiscardSignal as signal:
            if origin:
                raise
            status = shell.status = signal.status
            shell.guarded = shell.loops = 0
    if script.problem is not None:
        status = shell.status = report_problem(shell, script.problem, origin)
    return status


def report_problem(shell: Shell, problem: SyntaxProblem, origin: str) -> int:
    """Says what is wrong with the text of a script, in bash's words; the status that follows."""
    where = f": {origin}" if origin else ""
    start = (
        f"{shell.title}: {problem.line}: " if shell.style == "sh" else f"{shell.title}{where}: line {problem.line}: "
    )
    message = problem.message
    if shell.style == "sh":
        message = message.replace("syntax error", "Syntax error", 1)
    shell.sink(2).write(f"{start}{message}\n")
    if problem.shown is not None and shell.style != "sh":
        shell.sink(2).write(f"{start}`{problem.shown}'\n")
    return problem.status


def run_process(shell: Shell, body: Callable[[], int]) -> int:
    """Runs what a process does, to its end; its exit status."""
    machine = shell.machine
    calls, frames, complain = machine.calls, machine.frames, machine.complain
    try:
        status = _until_left(shell, body)
        shell.status = status
        if shell.process_files:
            finish_processes(shell)
        if "EXIT" in shell.traps:
            action = shell.traps.pop("EXIT")
            status = _until_left(shell, lambda: _run_action(shell, action, status))
        return status & 0xFF
    except BrokenPipeSignal:
        return 141
    finally:
        machine.calls, machine.frames, machine.complain = calls, frames, complain


def _until_left(shell: Shell, body: Callable[[], int]) -> int:
    try:
        return body()
    except (ExitSignal, DiscardSignal, ReturnSignal) as signal:
        shell.guarded = shell.loops = 0
        return signal.status
    except (BreakSignal, ContinueSignal):
        return 0


def run_trap(shell: Shell, name: str) -> None:
    """Runs the action of a trap; the status is as before."""
    action = shell.traps.get(name)
    if action:
        status = shell.status
        _run_action(shell, action, status)
        shell.status = status


def _run_action(shell: Shell, action: str, status: int) -> int:
    was, shell.in_trap = shell.in_trap, True
    shell.machine.complain = shell.complain
    shell.machine.call()
    try:
        for unit in parse_script(action, shell.line, extended="extglob" in shell.shopts).units:
            run_sequence(shell, unit)
    finally:
        shell.in_trap = was
        shell.machine.calls -= 1
    return status


def capture(shell: Shell, script: Script) -> str:
    """The output of a command substitution, without the newlines at its end."""
    machine = shell.machine
    text = _file_alone(shell, script)
    if text is None:
        machine.complain = shell.complain
        machine.call()
        try:
            child = shell.fork()
            sink = child.fds[1] = Capture()
            child.guarded = 0 if not shell.errexit else shell.guarded
            child.errexit = shell.errexit and shell.style == "sh"
            status = run_process(child, lambda: run_script(child, script, origin="command substitution"))
        finally:
            machine.calls -= 1
        shell.substituted = shell.status = status
        text = sink.text()
    text = text.rstrip("\n")
    return text.replace("\0", "") if "\0" in text else text


def _file_alone(shell: Shell, script: Script) -> str | None:
    """The content of the file in ``$(< file)``; ``None`` for anything else."""
    if len(script.units) != 1 or len(script.units[0].items) != 1 or script.problem is not None:
        return None
    command = script.units[0].items[0].command
    if type(command) is not Simple or command.words or command.assignments or len(command.redirects) != 1:
        return None
    if command.redirects[0].operator != "<":
        return None
    try:
        found: str = redirected(shell, command.redirects)[0].read()
    except RedirectProblem:
        shell.substituted = 1
        return ""
    shell.substituted = 0
    return found
