"""Makes the expressions of awk programs into functions."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from agentalign_env.services.shell.languages.awk_builtins import BUILTINS
from agentalign_env.services.shell.languages.awk_nodes import (
    Assign,
    Binary,
    Builtin,
    Call,
    Conditional,
    Constant,
    Expr,
    Field,
    Function,
    Getline,
    Grouping,
    In,
    Index,
    Name,
    Pattern_,
    Step,
    Unary,
)
from agentalign_env.services.shell.languages.awk_runtime import Array, Link, Runtime, Slot
from agentalign_env.services.shell.languages.awk_values import (
    UNSET,
    AwkError,
    Scalar,
    compare,
    from_input,
    to_number,
    truth,
)
from agentalign_env.services.shell.languages.patterns import Pattern

__all__ = ["ExpressionCompiler", "Value"]

Value: TypeAlias = Callable[[], Scalar]

_TRUE, _FALSE = 1.0, 0.0
_MAX_CALLS: Final = 1_000
_ARITHMETIC: Final = frozenset("+-*/%^")


def _power(base: float, exponent: float) -> float:
    try:
        found = base**exponent
    except OverflowError:
        return math.inf if base > 0 or exponent % 2 == 0 else -math.inf
    except ZeroDivisionError:
        return math.inf
    return found if isinstance(found, float) else math.nan


def _remainder(left: float, right: float) -> float:
    if right == 0:
        raise AwkError("division by zero attempted in `%'")
    return math.fmod(left, right) if math.isfinite(left) and not math.isnan(right) else math.nan


def _quotient(left: float, right: float) -> float:
    if right == 0:
        raise AwkError("division by zero attempted")
    return left / right


def _product(left: float, right: float) -> float:
    return left * right


_OPERATIONS: Final[Mapping[str, Callable[[float, float], float]]] = {
    "+": lambda left, right: left + right,
    "-": lambda left, right: left - right,
    "*": _product,
    "/": _quotient,
    "%": _remainder,
    "^": _power,
}
_ORDERS: Final[Mapping[str, Callable[[int], bool]]] = {
    "<": lambda order: order < 0,
    "<=": lambda order: order <= 0,
    "==": lambda order: order == 0,
    "!=": lambda order: order != 0,
    ">": lambda order: order > 0,
    ">=": lambda order: order >= 0,
}


class ExpressionCompiler:
    """Compiles for one running program.

    Attributes:
        bodies: What each function of the program does; gives what it returns.
    """

    def __init__(self, runtime: Runtime, functions: Mapping[str, Function]) -> None:
        self.runtime, self.functions = runtime, functions
        self.bodies: dict[str, Callable[[], Scalar]] = {}

    def value(self, node: Expr) -> Value:
        """An expression as a function that gives its value."""
        if isinstance(node, Constant):
            constant = node.value
            return lambda: constant
        if isinstance(node, Grouping):
            return self.value(node.part)
        if isinstance(node, Name):
            return self._name(node)
        if isinstance(node, Field):
            return self._field(node)
        if isinstance(node, Index):
            return self._element(node)
        if isinstance(node, Binary):
            return self._binary(node)
        if isinstance(node, Unary):
            return self._unary(node)
        if isinstance(node, Assign):
            return self._assign(node)
        if isinstance(node, Step):
            return self._step(node)
        if isinstance(node, Conditional):
            test, yes, no = self.test(node.test), self.value(node.yes), self.value(node.no)
            return lambda: yes() if test() else no()
        if isinstance(node, Pattern_):
            runtime, pattern = self.runtime, self.pattern(node)
            return lambda: _TRUE if pattern().search(runtime.record, 0, runtime.invocation.spend) else _FALSE
        if isinstance(node, In):
            return self._in(node)
        if isinstance(node, Getline):
            return self._getline(node)
        return self._call(node) if isinstance(node, Call) else self._builtin(node)

    def test(self, node: Expr) -> Callable[[], bool]:
        """An expression as a function that says whether it is true."""
        value = self.value(node)
        return lambda: truth(value())

    def number(self, node: Expr) -> Callable[[], float]:
        """An expression as a function that gives a number."""
        if isinstance(node, Constant):
            constant = to_number(node.value)
            return lambda: constant
        value = self.value(node)
        return lambda: to_number(value())

    def text(self, node: Expr) -> Callable[[], str]:
        """An expression as a function that gives a string."""
        value, text = self.value(node), self.runtime.text
        return lambda: text(value())

    def pattern(self, node: Expr) -> Callable[[], Pattern]:
        """An expression as a function that gives a pattern."""
        runtime = self.runtime
        if isinstance(node, Pattern_):
            source = node.text.replace("\\/", "/")
            try:
                fixed = runtime.pattern(source)
            except AwkError as error:
                raise AwkError(str(error).removeprefix("invalid regexp: "), 1, max(runtime.line, 1)) from None
            return lambda: runtime.pattern(source) if runtime.ignore_case else fixed
        text = self.text(node)
        return lambda: runtime.pattern(text())

    # Variables

    def _name(self, node: Name) -> Value:
        runtime, name, local = self.runtime, node.text, node.local
        if local < 0:
            return lambda: runtime.get(name)

        def get() -> Scalar:
            value = runtime.frame[local]
            if isinstance(value, dict):
                raise AwkError(f"attempt to use array `{name}' in a scalar context")
            return UNSET if isinstance(value, Link) else value

        return get

    def _field(self, node: Field) -> Value:
        runtime = self.runtime
        if isinstance(node.number, Constant):
            fixed = int(to_number(node.number.value))
            return lambda: runtime.field(fixed)
        number = self.number(node.number)
        return lambda: runtime.field(_index(number()))

    def key(self, keys: tuple[Expr, ...]) -> Callable[[], str]:
        """The key of an element."""
        runtime = self.runtime
        if len(keys) == 1:
            value = self.value(keys[0])
            return lambda: runtime.key(value())
        values = [self.value(key) for key in keys]
        return lambda: runtime.subsep.join([runtime.key(value()) for value in values])

    def _element(self, node: Index) -> Value:
        runtime, key, (name, local) = self.runtime, self.key(node.keys), node.array

        def get() -> Scalar:
            array, at = runtime.array(name, local), key()
            found = array.get(at)
            if found is None:
                runtime.put(array, at, UNSET)
                return UNSET
            return found

        return get

    def _in(self, node: In) -> Value:
        runtime, key, (name, local) = self.runtime, self.key(node.keys), node.array
        return lambda: _TRUE if key() in runtime.array(name, local) else _FALSE

    def setter(self, target: Name | Index | Field) -> Callable[[Scalar], None]:
        """A function that sets a variable, an element or a field."""
        runtime = self.runtime
        if isinstance(target, Name):
            name, local = target
            if local < 0:
                return lambda value: runtime.set(name, value)

            def put(value: Scalar) -> None:
                if isinstance(runtime.frame[local], dict):
                    raise AwkError(f"attempt to use array `{name}' in a scalar context")
                runtime.frame[local] = value

            return put
        if isinstance(target, Index):
            key, (array, place) = self.key(target.keys), target.array
            return lambda value: runtime.put(runtime.array(array, place), key(), value)
        number = self.number(target.number)
        return lambda value: runtime.set_field(_index(number()), value)

    def _assign(self, node: Assign) -> Value:
        put, new = self.setter(node.target), self.value(node.value)
        if node.operator == "=":

            def assign() -> Scalar:
                value = new()
                put(value)
                return value

            return assign
        operation, old = _OPERATIONS[node.operator[0]], self.value(node.target)

        def change() -> Scalar:
            amount = to_number(new())
            value = operation(to_number(old()), amount)
            put(value)
            return value

        return change

    def _step(self, node: Step) -> Value:
        get, put, amount = self.number(node.target), self.setter(node.target), node.amount

        def before() -> Scalar:
            value = get() + amount
            put(value)
            return value

        def behind() -> Scalar:
            value = get()
            put(value + amount)
            return value

        return before if node.before else behind

    # Operators

    def _unary(self, node: Unary) -> Value:
        if node.operator == "!":
            test = self.test(node.part)
            return lambda: _FALSE if test() else _TRUE
        number = self.number(node.part)
        return (lambda: -number()) if node.operator == "-" else number

    def _binary(self, node: Binary) -> Value:
        operator = node.operator
        if operator in _ARITHMETIC:
            if operator in "/%" and isinstance(node.right, Constant) and to_number(node.right.value) == 0:
                raise AwkError("division by zero attempted" + (" in `%'" if operator == "%" else ""), 1)
            one, two, operation = self.number(node.left), self.number(node.right), _OPERATIONS[operator]
            return lambda: operation(one(), two())
        if operator in {"&&", "||"}:
            first, second = self.test(node.left), self.test(node.right)
            if operator == "&&":
                return lambda: _TRUE if first() and second() else _FALSE
            return lambda: _TRUE if first() or second() else _FALSE
        runtime = self.runtime
        if operator in {"~", "!~"}:
            text, pattern, wanted = self.text(node.left), self.pattern(node.right), operator == "~"
            spend = runtime.invocation.spend
            return lambda: _TRUE if (pattern().search(text(), 0, spend) is not None) == wanted else _FALSE
        if operator == " ":
            head, tail, bounded = self.text(node.left), self.text(node.right), runtime.bounded
            return lambda: bounded(head() + tail())
        left, right, holds = self.value(node.left), self.value(node.right), _ORDERS[operator]
        return lambda: _TRUE if holds(compare(left(), right(), runtime.convfmt)) else _FALSE

    def _getline(self, node: Getline) -> Value:
        runtime, kind = self.runtime, node.kind
        source = self.text(node.source) if node.source is not None else None
        put = self.setter(node.target) if node.target is not None else None

        def get() -> Scalar:
            status, record = runtime.getline(kind, source() if source is not None else "")
            if status > 0:
                if put is None:
                    runtime.set_record(record)
                else:
                    put(from_input(record))
            return status

        return get

    # Calls

    def _builtin(self, node: Builtin) -> Value:
        least, most, make = BUILTINS[node.name]
        if not least <= len(node.args) <= most:
            raise AwkError(f"{len(node.args)} is invalid as number of arguments for {node.name}", 1)
        return make(self, node.args)

    def argument(self, node: Expr) -> Callable[[], Slot]:
        """An argument of a function of the program: a value, or an array."""
        if not isinstance(node, Name):
            return self.value(node)
        runtime, name, local = self.runtime, node.text, node.local

        def get() -> Slot:
            frame: dict[str, Slot] | list[Slot] = runtime.globals if local < 0 else runtime.frame
            found = runtime.get(name) if name == "NF" else _held(frame, name if local < 0 else local)
            return Link(frame, name if local < 0 else local) if found is UNSET else found

        return get

    def _call(self, node: Call) -> Value:
        runtime, name = self.runtime, node.name
        function = self.functions.get(name)
        if function is None:
            raise AwkError(f"function `{name}' not defined", 2, node.line)
        if len(node.args) > len(function.parameters):
            raise AwkError(f"function `{name}' called with more arguments than declared", 2, node.line)
        args = [self.argument(arg) for arg in node.args]
        missing = len(function.parameters) - len(args)
        bodies = self.bodies

        def call() -> Scalar:
            frame = [arg() for arg in args] + [UNSET] * missing
            if runtime.depth >= _MAX_CALLS:
                raise AwkError(f"function `{name}' calls itself too deeply")
            runtime.tick()
            before, runtime.frame = runtime.frame, frame
            runtime.depth += 1
            value = bodies[name]()
            runtime.depth -= 1
            runtime.frame = before
            return value

        return call

    def array(self, node: Expr) -> Callable[[], Array]:
        """An argument that must be an array."""
        if not isinstance(node, Name):
            raise AwkError("argument is not an array", 1)
        runtime, (name, local) = self.runtime, node
        return lambda: runtime.array(name, local)


def _held(frame: dict[str, Slot] | list[Slot], key: str | int) -> Slot:
    return frame.get(str(key), UNSET) if isinstance(frame, dict) else frame[int(key)]


def _index(number: float) -> int:
    return int(number) if math.isfinite(number) else -1
