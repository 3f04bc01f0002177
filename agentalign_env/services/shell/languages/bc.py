"""bc: a calculator with as many digits as one likes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from agentalign_env.core.commands import Command, Invocation
from agentalign_env.errors import OperationError
from agentalign_env.services.shell.languages.bc_numbers import (
    ONE,
    ZERO,
    BcError,
    Number,
    add,
    arctangent,
    cosine,
    digits_of,
    divide,
    exponential,
    logarithm,
    modulo,
    multiply,
    parse_number,
    power,
    shown,
    sine,
    square_root,
    subtract,
)
from agentalign_env.services.shell.languages.bc_parser import BcSyntaxError, Function, Node, parse_bc
from agentalign_env.services.shell.options import Syntax, parse

__all__ = ["COMMANDS", "bc"]

_SYNTAX: Final = Syntax.of("h|help i|interactive l|mathlib q|quiet s|standard w|warn v|version")
_MAX_CALLS: Final = 150
_MAX_SCALE: Final = 5_000
_ESCAPES: Final = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "q": '"', "r": "\r", "t": "\t", "\\": "\\"}
_LIBRARY: Final[Mapping[str, Callable[[Number, int], Number]]] = {
    "s": sine,
    "c": cosine,
    "a": arctangent,
    "l": logarithm,
    "e": exponential,
}
_MATHLIB_SCALE: Final = 20


class _QuitError(Exception):
    """The program ends."""


class _ReturnError(Exception):
    """A function returns.

    Attributes:
        value: What.
    """

    def __init__(self, value: Number) -> None:
        super().__init__()
        self.value = value


def bc(invocation: Invocation) -> int:
    """Runs the programs in files, then the one on standard input."""
    options = parse(invocation, _SYNTAX)
    if isinstance(options, int):
        return options
    if "v" in options or "h" in options:
        invocation.out("bc 1.07.1\n")
        return 0
    machine = _Machine(invocation, library="l" in options)
    for name in [*options.operands, "-"]:
        try:
            text = invocation.open(name).read()
        except OperationError:
            invocation.err(f"File {name} is unavailable.\n")
            return 1
        try:
            machine.run(text, "(standard_in)" if name == "-" else name)
        except _QuitError:
            return 0
    return 0


class _Machine:
    """A running calculator."""

    def __init__(self, invocation: Invocation, *, library: bool) -> None:
        self._invocation, self._library = invocation, library
        self._scale, self._ibase, self._obase = _MATHLIB_SCALE if library else 0, 10, 10
        self._last = ZERO
        self._names: dict[str, Number] = {}
        self._arrays: dict[str, dict[int, Number]] = {}
        self._functions: dict[str, Function] = {}
        self._calls = 0

    def run(self, text: str, source: str) -> None:
        """Runs a program line by line; what is wrong with a line ends that line."""
        at, line = 0, 1
        while at < len(text):
            try:
                nodes, at, line = parse_bc(text, at, line)
            except BcSyntaxError as error:
                self._invocation.err(f"{source} {error.line}: {error}\n")
                at, line = error.after, text.count("\n", 0, error.after) + 1
                continue
            try:
                for node in nodes:
                    self._do(node)
            except BcError as error:
                self._fail(str(error))
            except RecursionError:  # calls are counted, but a program may nest as deep within each
                self._fail("Stack overflow")
            except _ReturnError:
                continue

    def _fail(self, problem: str) -> None:
        self._calls = 0
        self._invocation.err(f"Runtime error (func=(main), adr=3): {problem}\n")

    # Statements

    def _do(self, node: Node) -> str:
        """Runs a statement; gives ``break`` or ``continue`` where it ends more than itself."""
        self._invocation.spend()
        kind = node[0]
        if kind == "show":
            self._last = self._value(node[1])
            self._invocation.out(shown(self._last, self._obase) + "\n")
        elif kind == "do":
            self._value(node[1])
        elif kind == "string":
            self._invocation.out(node[1])
        elif kind == "print":
            self._print(node[1])
        elif kind == "block":
            for part in node[1]:
                flow = self._do(part)
                if flow:
                    return flow
        elif kind == "if":
            branch = node[2] if self._value(node[1]).value else node[3]
            return self._do(branch) if branch is not None else ""
        elif kind == "while":
            self._loop(node)
        elif kind == "define":
            self._functions[node[1]] = node[2]
        elif kind == "return":
            raise _ReturnError(ZERO if node[1] is None else self._value(node[1]))
        elif kind in {"quit", "halt"}:
            raise _QuitError
        else:
            return str(kind)
        return ""

    def _print(self, parts: list[Node]) -> None:
        for part in parts:
            if part[0] == "string":
                text, at = part[1], 0
                made: list[str] = []
                while at < len(text):
                    escaped = text[at] == "\\" and text[at + 1 : at + 2] in _ESCAPES and at + 1 < len(text)
                    made.append(_ESCAPES[text[at + 1]] if escaped else text[at])
                    at += 2 if escaped else 1
                self._invocation.out("".join(made))
            else:
                self._last = self._value(part)
                self._invocation.out(shown(self._last, self._obase))

    def _loop(self, node: Node) -> None:
        _, start, test, step, body = node
        if start is not None:
            self._value(start)
        while test is None or self._value(test).value:
            self._invocation.spend()
            if self._do(body) == "break":
                break
            if step is not None:
                self._value(step)

    # Values

    def _value(self, node: Node) -> Number:
        kind = node[0]
        if kind == "number":
            return parse_number(node[1], self._ibase)
        if kind == "group":
            return self._value(node[1])
        if kind in {"name", "element"}:
            return self._get(node)
        if kind == "binary":
            return self._combined(node[1], self._value(node[2]), self._value(node[3]))
        if kind == "negate":
            found = self._value(node[1])
            return Number(-found.value, found.scale)
        if kind == "assign":
            return self._assign(node)
        if kind == "step":
            _, amount, before, target = node
            old = self._get(target)
            new = add(old, Number(amount, 0))
            self._set(target, new)
            return new if before else old
        if kind == "call":
            return self._call(node[1], node[2])
        return ONE if self._holds(node) else ZERO

    def _holds(self, node: Node) -> bool:
        kind = node[0]
        if kind == "not":
            return self._value(node[1]).value == 0
        if kind == "compare":
            order: int = subtract(self._value(node[2]), self._value(node[3])).value
            tests = {"<": order < 0, "<=": order <= 0, "==": order == 0, "!=": order != 0, ">": order > 0}
            return tests.get(node[1], order >= 0)
        left = self._value(node[1]).value != 0
        if kind == "and":
            return left and self._value(node[2]).value != 0
        return left or self._value(node[2]).value != 0

    def _combined(self, operator: str, left: Number, right: Number) -> Number:
        self._invocation.spend(left.value.bit_length() * right.value.bit_length() // 4_000_000)
        if operator == "+":
            return add(left, right)
        if operator == "-":
            return subtract(left, right)
        operation = {"*": multiply, "/": divide, "%": modulo, "^": power}[operator]
        if operator == "^":
            if right.scale and right.value % 10**right.scale:
                self._invocation.err("Runtime warning (func=(main), adr=8): non-zero scale in exponent\n")
            self._invocation.spend(left.value.bit_length() * min(abs(right.value), 10**6) // 100_000)
        return operation(left, right, self._scale)

    def _get(self, node: Node) -> Number:
        name = node[1]
        if node[0] == "element":
            return self._arrays.get(name, {}).get(self._key(node[2]), ZERO)
        special = {"scale": self._scale, "ibase": self._ibase, "obase": self._obase}.get(name)
        if special is not None:
            return Number(special, 0)
        return self._last if name == "last" else self._names.get(name, ZERO)

    def _key(self, node: Node) -> int:
        found = self._value(node)
        key = found.value // int(10**found.scale)
        if not 0 <= key <= 16_777_215:
            raise BcError("Array subscript out of bounds")
        return key

    def _set(self, node: Node, value: Number) -> None:
        name = node[1]
        if node[0] == "element":
            self._arrays.setdefault(name, {})[self._key(node[2])] = value
        elif name in {"scale", "ibase", "obase"}:
            whole = value.value // int(10**value.scale)
            if name == "scale":
                self._scale = min(max(whole, 0), _MAX_SCALE)
            elif name == "ibase":
                self._ibase = min(max(whole, 2), 16)
            else:
                self._obase = min(max(whole, 2), 10**9)
        elif name == "last":
            self._last = value
        else:
            self._names[name] = value

    def _assign(self, node: Node) -> Number:
        _, operator, target, part = node
        value = self._value(part)
        if operator != "=":
            value = self._combined(operator[0], self._get(target), value)
        self._set(target, value)
        return value

    def _call(self, name: str, args: list[Node]) -> Number:
        self._invocation.spend()
        function = self._functions.get(name)
        if function is not None:
            return self._run_function(name, function, args)
        if len(args) == 1 and args[0][0] != "array":
            if name in {"length", "scale", "sqrt"}:
                value = self._value(args[0])
                if name == "sqrt":
                    return square_root(value, self._scale)
                return Number(digits_of(value) if name == "length" else value.scale, 0)
            if self._library and name in _LIBRARY:
                self._invocation.spend(self._scale * self._scale // 800)
                return _LIBRARY[name](self._value(args[0]), self._scale)
        raise BcError(f"Function {name} not defined.")

    def _run_function(self, name: str, function: Function, args: list[Node]) -> Number:
        if len(args) != len(function.parameters):
            raise BcError("Parameter number mismatch")
        values: list[Any] = []
        for arg, parameter in zip(args, function.parameters, strict=True):
            if parameter.endswith("[]") != (arg[0] == "array"):
                raise BcError(f"Parameter type mismatch, parameter {parameter.removesuffix('[]')}.")
            values.append(dict(self._arrays.get(arg[1], {})) if arg[0] == "array" else self._value(arg))
        if self._calls >= _MAX_CALLS:
            raise BcError(f"Function {name} calls itself too deeply")
        with self._locals(function):
            for parameter, value in zip(function.parameters, values, strict=True):
                if parameter.endswith("[]"):
                    self._arrays[parameter[:-2]] = value
                else:
                    self._names[parameter] = value
            try:
                self._do(function.body)
            except _ReturnError as returned:
                return returned.value
        return ZERO

    @contextmanager
    def _locals(self, function: Function) -> Iterator[None]:
        """Puts variables aside that a function has of its own."""
        kept: list[tuple[str, Any]] = []
        for name in (*function.parameters, *function.local):
            table: dict[str, Any] = self._arrays if name.endswith("[]") else self._names
            kept.append((name, table.pop(name.removesuffix("[]"), None)))
        self._calls += 1
        try:
            yield
        finally:
            self._calls = max(self._calls - 1, 0)
            for name, value in kept:
                table = self._arrays if name.endswith("[]") else self._names
                if value is None:
                    table.pop(name.removesuffix("[]"), None)
                else:
                    table[name.removesuffix("[]")] = value


COMMANDS: Final[Mapping[str, Command]] = {"bc": bc}
