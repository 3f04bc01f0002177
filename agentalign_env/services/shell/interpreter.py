"""Running simple commands, pipelines and functions, and what runs each kind of command."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from agentalign_env.services.shell.assigning import assign, declared_words
from agentalign_env.services.shell.commands import run_external
from agentalign_env.services.shell.control import RUNNERS as CONTROL_RUNNERS
from agentalign_env.services.shell.expansion import fields_of
from agentalign_env.services.shell.jobs import run_background
from agentalign_env.services.shell.parser import parse_script
from agentalign_env.services.shell.processes import run_pipeline, run_timed
from agentalign_env.services.shell.quoting import shell_quoted
from agentalign_env.services.shell.redirects import RedirectProblem, redirected
from agentalign_env.services.shell.scripts import run_process, run_trap
from agentalign_env.services.shell.sequences import checked, execute, finish_processes, run_sequence
from agentalign_env.services.shell.shell import Shell
from agentalign_env.services.shell.signals import (
    ReturnSignal,
    StopSignal,
)
from agentalign_env.services.shell.syntax import (
    AndOr,
    Assignment,
    Command,
    ListItem,
    Pipeline,
    Redirected,
    Sequence,
    Simple,
    Subshell,
)
from agentalign_env.services.shell.tracing import traced

__all__ = ["RUNNERS", "call_function"]


def _simple(shell: Shell, node: Simple) -> int:
    machine = shell.machine
    machine.fuel -= 1
    if machine.fuel < machine.floor:
        raise StopSignal
    shell.line = node.line
    if not shell.in_trap:
        shell.running = node
    if "DEBUG" in shell.traps:
        _before(shell)
    shell.substituted = 0
    argv = declared_words(shell, node.words) if node.declares else fields_of(shell, node.words)  # type: ignore[arg-type]
    if not argv:
        return checked(shell, _without_name(shell, node))
    if shell.xtrace and not node.assignments:
        traced(shell, argv)
    if shell.aliases and "expand_aliases" in shell.shopts and (again := _aliased(shell, node, argv)) is not None:
        return again
    if not node.redirects:
        status = _invoke(shell, argv, node.assignments)
    else:
        outer = shell.fds
        try:
            shell.fds = redirected(shell, node.redirects)
        except RedirectProblem:
            shell.fds = outer
            return checked(shell, 1)
        try:
            status = _invoke(shell, argv, node.assignments)
        finally:
            if argv[0] != "exec" or len(argv) > 1:
                shell.fds = outer
                if shell.process_files:
                    finish_processes(shell)
    if shell.process_files and argv[0] != "exec":
        finish_processes(shell)
    shell.last_argument = argv[-1]
    shell.status = status
    shell.pipe_statuses = [str(status)]
    if status and not shell.guarded and (shell.errexit or "ERR" in shell.traps):
        return checked(shell, status)
    return status


def _before(shell: Shell) -> None:
    """The trap for DEBUG; functions have none of their own unless ``set -T`` says so."""
    if not shell.in_trap and (not shell.calls or "T" in shell.other_flags):
        run_trap(shell, "DEBUG")


def _without_name(shell: Shell, node: Simple) -> int:
    outer = shell.fds
    if node.redirects:
        try:
            redirected(shell, node.redirects)
        except RedirectProblem:
            return 1
        finally:
            shell.fds = outer
    for assignment in node.assignments:
        assign(shell, assignment)
    return shell.substituted


def _aliased(shell: Shell, node: Simple, argv: list[str]) -> int | None:
    """The status of what the first word is an alias for; ``None`` when it is none."""
    first = node.words[0]
    held = shell.aliases.get(argv[0])
    if held is None or isinstance(first, Assignment) or first.source != argv[0]:
        return None
    rest = " ".join(map(shell_quoted, argv[1:]))
    script = parse_script(f"{held} {rest}\n", shell.line)
    if script.problem is not None or not script.units:
        return None
    kept = shell.aliases.pop(argv[0])  # an alias does not expand inside of itself
    try:
        command = script.units[0].items[0].command
        if type(command) is Simple and len(script.units[0].items) == 1:
            command = Simple(
                (*node.assignments, *command.assignments),
                command.words,
                (*command.redirects, *node.redirects),
                node.line,
            )
            return execute(shell, command)
        return run_sequence(shell, script.units[0])
    finally:
        shell.aliases[argv[0]] = kept


def _invoke(shell: Shell, argv: list[str], assignments: tuple[Assignment, ...]) -> int:
    name = argv[0]
    function = shell.functions.get(name)
    if function is None:
        builtin = shell.machine.runtime.builtins.get(name)
        if builtin is None:
            return _external(shell, argv, assignments)
        if not assignments:
            return builtin(shell, argv)
    before = _assign_for_now(shell, argv, assignments) if assignments else []
    try:
        return call_function(shell, argv) if function is not None else shell.machine.runtime.builtins[name](shell, argv)
    finally:
        if name != "exec":
            _take_back(shell, before)


def _external(shell: Shell, argv: list[str], assignments: tuple[Assignment, ...]) -> int:
    if not assignments:
        return run_external(shell, argv)
    before = _assign_for_now(shell, argv, assignments)
    try:
        return run_external(shell, argv)
    finally:
        _take_back(shell, before)


_Kept = list[tuple[str, Any, str | None]]


def _assign_for_now(shell: Shell, argv: list[str], assignments: tuple[Assignment, ...]) -> _Kept:
    before: _Kept = []
    variables = shell.variables
    for assignment in assignments:
        name = assignment.name
        if "r" in variables.attributes.get(name, ""):
            shell.complain(f"{name}: readonly variable")
            continue
        before.append((name, variables.values.get(name), variables.attributes.get(name)))
        assign(shell, assignment)
        variables.mark(name, "x")
    if shell.xtrace:
        traced(shell, argv)
    return before


def _take_back(shell: Shell, before: _Kept) -> None:
    variables = shell.variables
    for name, value, letters in reversed(before):
        if value is None:
            variables.values.pop(name, None)
        else:
            variables.values[name] = value
        if letters is None:
            variables.attributes.pop(name, None)
        else:
            variables.attributes[name] = letters


def call_function(shell: Shell, argv: list[str]) -> int:
    """Calls a function of the shell."""
    machine = shell.machine
    machine.complain = shell.complain
    machine.call()
    body, origin = shell.functions[argv[0]]
    title, line = shell.title, shell.line
    if shell.style == "bash":
        shell.title = origin
    args, shell.args = shell.args, argv[1:]
    loops, shell.loops = shell.loops, 0
    shell.calls.append((argv[0], shell.line))
    shell.variables.frames.append({})
    try:
        return _traced_return(shell, body)
    except ReturnSignal as signal:
        shell.status = signal.status
        return signal.status
    finally:
        shell.variables.leave()
        shell.calls.pop()
        shell.args, shell.loops = args, loops
        shell.title, shell.line = title, line
        machine.calls -= 1


def _traced_return(shell: Shell, body: Command) -> int:
    """Runs a function's body; with ``set -T`` the trap for RETURN after it."""
    if "RETURN" not in shell.traps or "T" not in shell.other_flags:
        return execute(shell, body)
    try:
        return execute(shell, body)
    except ReturnSignal as signal:
        shell.status = signal.status
        raise
    finally:
        run_trap(shell, "RETURN")


# Lists


def _and_or(shell: Shell, node: AndOr) -> int:
    status = 0
    last = node.items[-1]
    for item in node.items:
        operator, command = item
        if operator and (status == 0) != (operator == "&&"):
            continue
        if item is last:
            status = shell.machine.runtime.runners[type(command)](shell, command)
        else:
            shell.guarded += 1
            try:
                status = shell.machine.runtime.runners[type(command)](shell, command)
            finally:
                shell.guarded -= 1
        shell.status = status
    return status


def _pipeline(shell: Shell, node: Pipeline) -> int:
    if node.timed:
        return checked(shell, run_timed(shell, node))
    if node.negated:
        shell.guarded += 1
        try:
            status = run_pipeline(shell, node.stages)
        finally:
            shell.guarded -= 1
        shell.status = int(status == 0)
        return shell.status
    status = run_pipeline(shell, node.stages)
    if status and not shell.guarded and len(node.stages) > 1:
        statuses = shell.pipe_statuses
        checked(shell, status)
        shell.pipe_statuses = statuses
    return status


def _subshell(shell: Shell, node: Subshell) -> int:
    machine = shell.machine
    machine.complain = shell.complain
    machine.call()
    try:
        child = shell.fork()
        status = run_process(child, lambda: run_sequence(child, node.body))
    finally:
        machine.calls -= 1
    return checked(shell, status)


def _redirected(shell: Shell, node: Redirected) -> int:
    outer = shell.fds
    try:
        shell.fds = redirected(shell, node.redirects)
    except RedirectProblem:
        shell.fds = outer
        return checked(shell, 1)
    try:
        return execute(shell, node.command)
    finally:
        shell.fds = outer
        if shell.process_files:
            finish_processes(shell)


RUNNERS: Mapping[type, Callable[[Shell, Any], int]] = {
    **CONTROL_RUNNERS,
    Simple: _simple,
    Sequence: run_sequence,
    ListItem: run_background,
    AndOr: _and_or,
    Pipeline: _pipeline,
    Subshell: _subshell,
    Redirected: _redirected,
}
