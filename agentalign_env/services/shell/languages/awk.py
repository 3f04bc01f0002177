"""awk: runs a program over records of fields."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from agentalign_env.core.commands import Command, Invocation
from agentalign_env.errors import OperationError
from agentalign_env.services.shell.languages.awk_lexer import unescape
from agentalign_env.services.shell.languages.awk_machine import AwkMachine
from agentalign_env.services.shell.languages.awk_parser import parse_awk
from agentalign_env.services.shell.languages.awk_runtime import Runtime
from agentalign_env.services.shell.languages.awk_values import AwkError, from_input, to_number
from agentalign_env.services.shell.languages.patterns import PatternError

__all__ = ["COMMANDS", "awk"]

_USAGE: Final = (
    "Usage: awk [POSIX or GNU style options] -f progfile [--] file ...\n"
    "Usage: awk [POSIX or GNU style options] [--] 'program' file ...\n"
)
_SOURCE: Final = "cmd. line"
_LONG: Final = {"field-separator": "F", "assign": "v", "file": "f", "source": "e"}


class _Order(NamedTuple):
    """What the arguments ask for."""

    separator: str | None
    variables: list[str]
    files: list[str]
    texts: list[str]
    operands: list[str]


def awk(invocation: Invocation) -> int:
    """Runs a program."""
    order = _read(invocation)
    if order is None:
        invocation.err(_USAGE)
        return 1
    texts, source = list(order.texts), _SOURCE
    operands = list(order.operands)
    for file in order.files:
        try:
            texts.append(invocation.open(file).read())
            source = file
        except OperationError as error:
            words = error.message.split(":")[0]
            invocation.err(f"awk: fatal: cannot open source file `{file}' for reading: {words}\n")
            return 2
    if not texts:
        if not operands:
            invocation.err(_USAGE)
            return 1
        texts.append(operands.pop(0))
    return _run(invocation, "\n".join(texts), source, order, operands)


def _read(invocation: Invocation) -> _Order | None:
    order = _Order(None, [], [], [], [])
    separator: str | None = None
    args = list(invocation.args)
    while args and args[0].startswith("-") and args[0] != "-":
        arg = args.pop(0)
        if arg == "--":
            break
        if arg.startswith("--"):
            name, equals, value = arg[2:].partition("=")
            letter = _LONG.get(name)
            if letter is None:
                continue
            if not equals:
                value = args.pop(0) if args else ""
        else:
            letter, value = arg[1], arg[2:]
            if letter not in "Fvfe":
                continue
            if not value:
                if not args:
                    invocation.err(f"awk: option requires an argument -- {letter}\n")
                    return None
                value = args.pop(0)
        if letter == "F":
            separator = "\t" if value == "t" else unescape(value)
        else:
            {"v": order.variables, "f": order.files, "e": order.texts}[letter].append(value)
    return order._replace(separator=separator, operands=args)


def _run(invocation: Invocation, text: str, source: str, order: _Order, operands: list[str]) -> int:
    runtime = Runtime(invocation)
    try:
        program, warnings = parse_awk(text, source)
        for warning in warnings:
            invocation.err(warning + "\n")
        if order.separator is not None:
            runtime.set("FS", order.separator)
        for assignment in order.variables:
            name, equals, value = assignment.partition("=")
            if not equals or not name.isidentifier():
                raise AwkError(f"`{name}' argument to `-v' not in `var=value' form\n\n{_USAGE.rstrip()}", 2)
            runtime.set(name, from_input(unescape(value)))
        arguments = {str(number): from_input(arg) for number, arg in enumerate(["awk", *operands])}
        runtime.globals["ARGV"], runtime.globals["ARGC"] = dict(arguments), float(len(arguments))
        return AwkMachine(runtime, program).run()
    except PatternError as error:
        return _complain(invocation, runtime, AwkError(str(error)), source)
    except AwkError as error:
        return _complain(invocation, runtime, error, source)
    except RecursionError:  # calls are counted, but a program may nest as deep within each
        return _complain(invocation, runtime, AwkError("functions call each other too deeply"), source)


def _complain(invocation: Invocation, runtime: Runtime, error: AwkError, source: str) -> int:
    if error.line == -1:
        invocation.err(f"{error}\n")
        return error.status
    line = error.line or runtime.line
    where = f"{source}:{line}: " if line else ""
    number = int(to_number(runtime.get("FNR")))
    if error.status == 2 and line and number:
        where += f"(FILENAME={runtime.text(runtime.get('FILENAME')) or '-'} FNR={number}) "
    kind = "fatal" if error.status == 2 else "error"
    invocation.err(f"awk: {where}{kind}: {error}\n")
    try:
        runtime.streams.flush()
    except AwkError:
        return error.status
    return error.status


COMMANDS: Final[Mapping[str, Command]] = {"awk": awk, "gawk": awk, "mawk": awk, "nawk": awk}
