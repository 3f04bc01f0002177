"""Running compound commands: groups, conditions, loops and choices."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from agentalign_env.services.shell.arithmetic import ArithmeticProblem, calculate
from agentalign_env.services.shell.deciding import decide
from agentalign_env.services.shell.expansion import arithmetic_of, fields_of, pattern_of, text_of
from agentalign_env.services.shell.globs import compile_glob
from agentalign_env.services.shell.sequences import checked, run_sequence
from agentalign_env.services.shell.shell import Shell
from agentalign_env.services.shell.signals import (
    BreakSignal,
    ContinueSignal,
    StopSignal,
)
from agentalign_env.services.shell.syntax import (
    ArithmeticCommand,
    ArithmeticFor,
    Case,
    Condition,
    For,
    Function,
    Group,
    If,
    Select,
    Sequence,
    While,
    Word,
)
from agentalign_env.services.shell.tracing import traced

__all__ = ["RUNNERS"]

_NOWHERE = "environment"  # what bash calls the file of a function that comes from none


def _group(shell: Shell, node: Group) -> int:
    shell.machine.complain = shell.complain
    shell.machine.frame()
    try:
        return run_sequence(shell, node.body)
    finally:
        shell.machine.frames -= 1


def _if(shell: Shell, node: If) -> int:
    shell.machine.complain = shell.complain
    shell.machine.frame()
    try:
        for condition, body in node.clauses:
            if _holds(shell, condition):
                return run_sequence(shell, body)
        return run_sequence(shell, node.otherwise) if node.otherwise is not None else 0
    finally:
        shell.machine.frames -= 1


def _holds(shell: Shell, condition: Sequence) -> bool:
    shell.guarded += 1
    try:
        return run_sequence(shell, condition) == 0
    finally:
        shell.guarded -= 1


def _looped(shell: Shell, turns: Callable[[Callable[[], bool]], None], body: Sequence) -> int:
    """Runs a loop: `turns` calls back for every turn and stops when told so."""
    machine = shell.machine
    machine.complain = shell.complain
    machine.frame()
    shell.loops += 1
    guarded = shell.guarded
    status = 0

    def turn() -> bool:
        nonlocal status
        machine.fuel -= 1
        if machine.fuel < machine.floor:
            raise StopSignal
        try:
            status = run_sequence(shell, body)
        except ContinueSignal as signal:
            status = 0
            if signal.levels > 1:
                signal.levels -= 1
                raise
        return True

    try:
        turns(turn)
    except BreakSignal as signal:
        shell.guarded = guarded
        status = 0
        if signal.levels > 1:
            signal.levels -= 1
            raise
    finally:
        shell.loops -= 1
        machine.frames -= 1
    return status


def _while(shell: Shell, node: While) -> int:
    def turns(turn: Callable[[], bool]) -> None:
        until = node.until
        while _holds(shell, node.condition) != until:
            turn()

    return _looped(shell, turns, node.body)


def _for(shell: Shell, node: For) -> int:
    shell.line = node.line
    if not node.name.isidentifier() or not node.name.isascii():
        return checked(shell, shell.complain(f"`{node.name}': not a valid identifier"))
    values = shell.args.copy() if node.words is None else fields_of(shell, node.words)

    def turns(turn: Callable[[], bool]) -> None:
        for value in values:
            if shell.xtrace:
                traced(shell, ["for", node.name, "in", *_sources(node, values)], plain=True)
            shell.assign(node.name, value)
            turn()

    return _looped(shell, turns, node.body)


def _sources(node: For, values: list[str]) -> list[str]:
    return ['"$@"'] if node.words is None else [word.source for word in node.words] if values else []


def _select(shell: Shell, node: Select) -> int:
    values = shell.args.copy() if node.words is None else fields_of(shell, node.words)
    menu = "".join(f"{number}) {value}\n" for number, value in enumerate(values, 1))

    def turns(turn: Callable[[], bool]) -> None:
        if shell.xtrace:
            words = ['"$@"'] if node.words is None else [word.source for word in node.words]
            traced(shell, ["select", node.name, "in", *words], plain=True)
        shell.sink(2).write(menu)
        while True:
            shell.sink(2).write("#? ")
            line = shell.stdin.readline()
            if not line:
                return
            answer = line.strip()
            shell.assign("REPLY", answer)
            chosen = int(answer) if answer.isdecimal() and len(answer) < 9 else 0
            shell.assign(node.name, values[chosen - 1] if 1 <= chosen <= len(values) else "")
            turn()

    return _looped(shell, turns, node.body)


def _arithmetic_for(shell: Shell, node: ArithmeticFor) -> int:
    shell.line = node.line

    def turns(turn: Callable[[], bool]) -> None:
        endless = not node.condition.source.strip()
        _value(shell, node.first)
        while endless or _value(shell, node.condition):
            turn()
            _value(shell, node.step)

    return _looped(shell, turns, node.body)


def _value(shell: Shell, word: Word) -> int:
    if not word.source.strip():
        return 0
    if shell.xtrace:
        traced(shell, ["((", text_of(shell, word).strip(), "))"], plain=True)
    return arithmetic_of(shell, word)


def _case(shell: Shell, node: Case) -> int:
    machine = shell.machine
    machine.spend(1)
    shell.line = node.line
    if shell.xtrace:
        traced(shell, ["case", node.word.source, "in"], plain=True)
    subject = text_of(shell, node.word)
    machine.spend(len(node.items) * len(subject) >> 6)
    nocase = "nocasematch" in shell.shopts
    status, falls = 0, False
    machine.complain = shell.complain
    machine.frame()
    try:
        for item in node.items:
            if falls or any(
                compile_glob(pattern_of(shell, pattern), ignore_case=nocase).matches(subject)
                for pattern in item.patterns
            ):
                status = run_sequence(shell, item.body)
                if item.end == ";;":
                    break
                falls = item.end == ";&"
    finally:
        machine.frames -= 1
    return status


def _function(shell: Shell, node: Function) -> int:
    shell.machine.fuel -= 1
    if "r" in shell.variables.attributes.get(f"{node.name}()", ""):
        return shell.complain(f"{node.name}: readonly function")
    shell.functions[node.name] = (node.body, shell.title if shell.from_file or shell.sources else _NOWHERE)
    return 0


def _condition(shell: Shell, node: Condition) -> int:
    shell.machine.spend(1)
    shell.line = node.line
    return checked(shell, decide(shell, node.node))


def _arithmetic(shell: Shell, node: ArithmeticCommand) -> int:
    shell.machine.spend(1)
    shell.line = node.line
    text = text_of(shell, node.word)
    if shell.xtrace:
        traced(shell, ["((", text, "))"], plain=True)
    try:
        return checked(shell, int(calculate(text, shell) == 0))
    except ArithmeticProblem as problem:
        return checked(shell, shell.complain(f"((: {problem}"))


RUNNERS: Mapping[type, Callable[[Shell, Any], int]] = {
    Group: _group,
    If: _if,
    While: _while,
    For: _for,
    Select: _select,
    ArithmeticFor: _arithmetic_for,
    Case: _case,
    Function: _function,
    Condition: _condition,
    ArithmeticCommand: _arithmetic,
}
