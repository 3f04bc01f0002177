"""expr: computes one expression given as arguments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NoReturn

from agentalign_env.core.commands import Command, Invocation
from agentalign_env.services.shell.languages.patterns import PatternError, compile_pattern

__all__ = ["COMMANDS", "expr"]

_LEVELS: Final[tuple[frozenset[str], ...]] = (
    frozenset({"|"}),
    frozenset({"&"}),
    frozenset({"<", "<=", "=", "==", "!=", ">=", ">"}),
    frozenset({"+", "-"}),
    frozenset({"*", "/", "%"}),
    frozenset({":"}),
)
_FUNCTIONS: Final = {"match": 2, "substr": 3, "index": 2, "length": 1}
_QUOTES: Final = "\u2018\u2019"  # GNU's in a UTF-8 locale
_MAX_DEPTH: Final = 60
_MAX_DIGITS: Final = 4000


class _ExprError(Exception):
    """The expression is invalid; the message is GNU's."""


def expr(invocation: Invocation) -> int:
    """Prints the value of an expression: 1 if that is empty or zero, 2 after an error."""
    args = list(invocation.args)
    if args and args[0] == "--":
        args = args[1:]
    if not args:
        invocation.err("expr: missing operand\nTry 'expr --help' for more information.\n")
        return 2
    try:
        value = _Expression(invocation, args).whole()
    except (_ExprError, PatternError) as error:
        invocation.err(f"expr: {error}\n")
        return 2
    invocation.out(value + "\n")
    return int(_is_null(value))


def _is_null(value: str) -> bool:
    return not value or (_is_integer(value) and not value.lstrip("-").strip("0"))


def _is_integer(value: str) -> bool:
    digits = value.removeprefix("-")
    return digits.isascii() and digits.isdigit()


class _Expression:
    def __init__(self, invocation: Invocation, args: Sequence[str]) -> None:
        self._invocation, self._args, self._at, self._depth = invocation, args, 0, 0

    def _fail(self, problem: str) -> NoReturn:
        raise _ExprError(f"syntax error: {problem}")

    def _peek(self) -> str | None:
        return self._args[self._at] if self._at < len(self._args) else None

    def _next(self) -> str:
        found = self._peek()
        if found is None:
            self._fail(f"missing argument after {_QUOTES[0]}{self._args[self._at - 1]}{_QUOTES[1]}")
        self._at += 1
        return found

    def whole(self) -> str:
        """The value of all arguments."""
        value = self._level(0)
        left = self._peek()
        if left is not None:
            self._fail(f"unexpected argument {_QUOTES[0]}{left}{_QUOTES[1]}")
        return value

    def _level(self, level: int) -> str:
        if level == len(_LEVELS):
            return self._operand()
        value = self._level(level + 1)
        while (operator := self._peek()) is not None and operator in _LEVELS[level]:
            self._at += 1
            self._invocation.spend()
            value = self._combined(operator, value, self._level(level + 1))
        return value

    def _combined(self, operator: str, left: str, right: str) -> str:
        if operator == "|":
            return right if _is_null(left) and not _is_null(right) else "0" if _is_null(left) else left
        if operator == "&":
            return "0" if _is_null(left) or _is_null(right) else left
        if operator == ":":
            return self._match(left, right)
        if operator in _LEVELS[2]:
            return str(int(_compared(operator, left, right)))
        if not _is_integer(left) or not _is_integer(right):
            raise _ExprError("non-integer argument")
        if max(len(left), len(right)) > _MAX_DIGITS // 2:
            raise _ExprError("memory exhausted")
        one, two = int(left), int(right)
        if operator in "/%" and two == 0:
            raise _ExprError("division by zero")
        if operator == "/":
            return str(abs(one) // abs(two) * (1 if (one < 0) == (two < 0) else -1))
        if operator == "%":
            return str(abs(one) % abs(two) * (-1 if one < 0 else 1))
        return str(one + two if operator == "+" else one - two if operator == "-" else one * two)

    def _match(self, text: str, regex: str) -> str:
        try:
            pattern = compile_pattern(regex, "basic")
            found = pattern.search(text, 0, self._invocation.spend)
        except PatternError as error:
            raise _ExprError("Invalid regular expression" if "Unmatched [" in str(error) else str(error)) from None
        if found is not None and found.start != 0:
            found = compile_pattern(f"^\\({regex}\\)", "basic").search(text, 0, self._invocation.spend)
            if found is None:
                return "" if pattern.groups else "0"
            return (found.group(2) or "") if pattern.groups else str(found.end)
        if pattern.groups:
            return (found.group(1) or "") if found is not None else ""
        return str(found.end) if found is not None else "0"

    def _operand(self) -> str:
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            self._fail("nested too deeply")
        token = self._next()
        if token == "(":
            value = self._level(0)
            closing = self._peek()
            if closing is None:
                self._fail(f"expecting ')' after {_QUOTES[0]}{self._args[self._at - 1]}{_QUOTES[1]}")
            if closing != ")":
                self._fail(f"expecting ')' instead of {_QUOTES[0]}{closing}{_QUOTES[1]}")
            self._at += 1
        elif token == ")":
            self._fail("unexpected ')'")
        elif token == "+" and self._peek() is not None:
            value = self._next()
        elif token in _FUNCTIONS:
            value = self._call(token, [self._operand() for _ in range(_FUNCTIONS[token])])
        else:
            value = token
        self._depth -= 1
        return value

    def _call(self, name: str, args: Sequence[str]) -> str:
        if name == "match":
            return self._match(args[0], args[1])
        if name == "length":
            return str(len(args[0]))
        if name == "index":
            return str(min((at + 1 for at, char in enumerate(args[0]) if char in args[1]), default=0))
        text, start, size = args
        if not (_is_integer(start) and _is_integer(size)):
            return ""
        first, count = int(start[:10]), int(size[:10])
        return text[first - 1 : first - 1 + count] if first > 0 and count > 0 else ""


def _compared(operator: str, left: str, right: str) -> bool:
    one: int | str = left
    two: int | str = right
    if _is_integer(left) and _is_integer(right) and max(len(left), len(right)) < _MAX_DIGITS:
        one, two = int(left), int(right)
    order = (one > two) - (one < two)  # type: ignore[operator]
    return {
        "<": order < 0,
        "<=": order <= 0,
        "=": order == 0,
        "==": order == 0,
        "!=": order != 0,
        ">=": order >= 0,
        ">": order > 0,
    }[operator]


COMMANDS: Final[Mapping[str, Command]] = {"expr": expr}
