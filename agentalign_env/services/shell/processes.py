"""Pipelines, timing and process substitutions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from agentalign_env.services.shell.scripts import run_process, run_script
from agentalign_env.services.shell.sequences import execute
from agentalign_env.services.shell.signals import BrokenPipeSignal, MoreInputSignal, StopSignal
from agentalign_env.services.shell.streams import PIPE, Capture, NullSink, PartialInput, PipeSink, TextInput
from agentalign_env.services.shell.syntax import Command, Pipeline, ProcessPart, Simple

if TYPE_CHECKING:
    from agentalign_env.services.shell.shell import Shell

__all__ = ["finish_processes", "run_pipeline", "run_timed", "substitute_process"]

_FIRST_TRIAL = 4096  # characters of a command before its reader is asked whether that is enough
_FIRST_TRIAL_OF_LOOPS = 64
_LAST_DESCRIPTOR = 63


def run_pipeline(shell: Shell, stages: tuple[Command, ...]) -> int:
    """Runs commands that are joined by pipes, one after the other.

    A writer whose output gets long is asked to wait while the readers after it are tried out on a copy of the world
    with what is there: when one of them ends without wanting more, the writer is ended as a broken pipe ends it.
    """
    if len(stages) == 1:
        return execute(shell, stages[0])
    machine = shell.machine
    machine.complain = shell.complain
    machine.call()
    machine.fuel -= len(stages)
    statuses: list[int] = []
    source: Any = shell.fds.get(0)
    try:
        for number, stage in enumerate(stages):
            if number == len(stages) - 1 and "lastpipe" in shell.shopts:
                statuses.append(_run_here(shell, stage, source))
                break
            child = shell.fork()
            if source is not None:
                child.fds[0] = source
            if number == len(stages) - 1:
                statuses.append(_run_stage(child, stage))
                break
            sink = _pipe(shell, stages, number)
            child.fds[1] = sink
            statuses.append(_run_stage(child, stage))
            source = PartialInput(sink.text(), BrokenPipeSignal) if sink.closed else TextInput(sink.text(), PIPE)
    finally:
        machine.calls -= 1
    shell.pipe_statuses = list(map(str, statuses))
    if shell.pipefail:
        return next((status for status in reversed(statuses) if status), 0)
    return statuses[-1]


def _run_here(shell: Shell, stage: Command, source: Any) -> int:
    """The last command of a pipeline under ``shopt -s lastpipe``."""
    outer = shell.fds
    shell.fds = {**outer, 0: source}
    try:
        return execute(shell, stage)
    finally:
        shell.fds = outer


def _run_stage(child: Shell, stage: Command) -> int:
    return run_process(child, lambda: execute(child, stage))


def _pipe(shell: Shell, stages: tuple[Command, ...], number: int) -> PipeSink:
    rest = stages[number + 1 :]
    first = _FIRST_TRIAL if type(stages[number]) is Simple else _FIRST_TRIAL_OF_LOOPS
    return PipeSink(first, lambda text: _is_enough(shell, rest, text))


def _is_enough(shell: Shell, stages: tuple[Command, ...], text: str) -> bool:
    """Whether one of these commands ends by itself, given the beginning of its input."""
    outer = shell.machine
    machine = outer.rehearsal()
    try:
        for stage in stages:
            child = shell.fork()
            child.machine = machine
            sink = Capture()
            child.fds = {number: _harmless(stream) for number, stream in child.fds.items()}
            child.fds[0], child.fds[1], child.fds[2] = PartialInput(text), sink, NullSink()
            try:
                _run_stage(child, stage)
            except MoreInputSignal:
                text = sink.text()
                continue
            except StopSignal:
                return machine.fuel >= machine.floor
            return True
        return False
    finally:
        outer.fuel = machine.fuel


def _harmless(stream: Any) -> Any:
    """What a trial may use instead of an open file."""
    if isinstance(stream, TextInput):
        twin = TextInput(stream.text, stream.name)
        twin.at = stream.at
        return twin
    return NullSink()


def run_timed(shell: Shell, node: Pipeline) -> int:
    """Runs a pipeline and writes how long it took: the virtual clock, and the work as processor time."""
    machine = shell.machine
    clock, fuel = machine.clock, machine.fuel
    if node.negated:
        shell.guarded += 1
    status = run_pipeline(shell, node.stages)
    if node.negated:
        shell.guarded -= 1
        status = int(status == 0)
    work = (fuel - machine.fuel) / 10_000
    slept = machine.clock - clock
    if node.timed == "time -p":
        text = f"real {slept + work:.2f}\nuser {work:.2f}\nsys 0.00\n"
    else:
        text = f"\nreal\t{_minutes(slept + work)}\nuser\t{_minutes(work)}\nsys\t{_minutes(0.0)}\n"
    shell.sink(2).write(text)
    return status


def _minutes(seconds: float) -> str:
    minutes = int(seconds // 60)
    return f"{minutes}m{seconds - 60 * minutes:.3f}s"


# Process substitution


def substitute_process(shell: Shell, part: ProcessPart) -> str:
    """The name under which a command's output is read, or its input written."""
    machine = shell.machine
    number = _LAST_DESCRIPTOR
    taken = {held for held, _, _ in shell.process_files} | machine.process_texts.keys()
    while number in taken:
        number -= 1
    if part.direction == ">":
        shell.process_files.append((number, Capture(), part.script))
        return f"/dev/fd/{number}"
    machine.complain = shell.complain
    machine.call()
    try:
        child = shell.fork()
        sink = Capture()
        child.fds = {**shell.fds, 1: sink}
        run_process(child, lambda: run_script(child, part.script, origin="process substitution"))
    finally:
        machine.calls -= 1
    machine.process_texts[number] = sink.text()
    shell.process_files.append((number, None, part.script))
    return f"/dev/fd/{number}"


def finish_processes(shell: Shell) -> None:
    """Ends the process substitutions of a command: what was written to one is what it now reads."""
    files, shell.process_files = shell.process_files, []
    for number, sink, script in files:
        if sink is None:
            shell.machine.process_texts.pop(number, None)
            continue
        child = shell.fork()
        child.fds = {**shell.fds, 0: TextInput(sink.text())}
        _run_script(child, script)


def _run_script(child: Shell, script: Any) -> None:
    run_process(child, lambda: run_script(child, script, origin="process substitution"))
