"""Arithmetic as in ``$(( ))``: read once, then run on 64-bit numbers that wrap."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, NamedTuple, Protocol

__all__ = ["ArithmeticProblem", "Variables", "calculate", "wrap"]

_TOKEN = re.compile(
    r"\s*(?:(?P<number>[0-9][0-9a-zA-Z_@#.]*)|(?P<name>[A-Za-z_][A-Za-z0-9_]*)|"
    r"(?P<sign><<=|>>=|\*\*|\+\+|--|<<|>>|<=|>=|==|!=|&&|\|\||[-+*/%&|^]=|[-+*/%&|^~!<>=?:,()\[\]]))"
)
_BINARY = {
    ",": 1, "||": 4, "&&": 5, "|": 6, "^": 7, "&": 8, "==": 9, "!=": 9, "<": 10, ">": 10, "<=": 10, ">=": 10,
    "<<": 11, ">>": 11, "+": 12, "-": 12, "*": 13, "/": 13, "%": 13, "**": 14,
}  # fmt: skip
_ASSIGNS = frozenset(("=", "+=", "-=", "*=", "/=", "%=", "<<=", ">>=", "&=", "^=", "|="))
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ@_"
_MAX_DEPTH = 60
_SIGN_BIT = 1 << 63
_MODULUS = 1 << 64


class ArithmeticProblem(Exception):  # noqa: N818 - a problem of the script, not of ours
    """An expression cannot be calculated; the text is in bash's words, without the shell's name and line."""


class Variables(Protocol):
    """What an expression reads and changes."""

    def number_text(self, name: str, subscript: str | None) -> str:
        """The value of a variable or an element, as text."""
        ...

    def set_number(self, name: str, subscript: str | None, value: int) -> None:
        """Gives it a value."""
        ...


class _Number(NamedTuple):
    value: int


class _Variable(NamedTuple):
    name: str
    subscript: str | None


class _Unary(NamedTuple):
    sign: str
    operand: Any


class _Binary(NamedTuple):
    sign: str
    left: Any
    right: Any
    at: int  # where the right side begins, for messages


class _Choice(NamedTuple):
    condition: Any
    then: Any
    otherwise: Any


class _Assign(NamedTuple):
    target: _Variable
    sign: str
    value: Any
    at: int


class _Step(NamedTuple):
    target: _Variable
    by: int
    before: bool


def wrap(value: int) -> int:
    """The number in 64 bits, with sign."""
    return (value + _SIGN_BIT) % _MODULUS - _SIGN_BIT


class _Reader:
    def __init__(self, text: str) -> None:
        self.text, self.at, self.start, self.before = text, 0, 0, 0
        self.kind, self.value = "", ""
        self.depth = 0
        self.advance()

    def advance(self) -> None:
        self.before = self.start
        found = _TOKEN.match(self.text, self.at)
        if found is None:
            rest = self.text[self.at :]
            self.start = self.at + len(rest) - len(rest.lstrip())
            self.kind, self.value = ("end", "") if not rest.strip() else ("bad", rest.strip())
            self.at = len(self.text)
            return
        self.kind = found.lastgroup or ""
        self.value = found.group(self.kind)
        self.start, self.at = found.start(self.kind), found.end()

    def problem(self, message: str, at: int | None = None) -> ArithmeticProblem:
        place = self.before if self.kind == "end" else self.start
        token = self.text[place if at is None else at :]
        return ArithmeticProblem(f'{self.text.lstrip()}: {message} (error token is "{token}")')

    def whole(self) -> Any:
        if self.kind == "end":
            return _Number(0)
        node = self.expression(0)
        if self.kind != "end":
            if self.kind == "bad":
                raise self.problem("syntax error: invalid arithmetic operator")
            raise self.problem("syntax error in expression")
        return node

    def expression(self, least: int) -> Any:
        self.depth += 1
        if self.depth > _MAX_DEPTH:
            raise self.problem("expression recursion level exceeded")
        left = self.prefix()
        while True:
            sign = self.value if self.kind == "sign" else ""
            if sign in _ASSIGNS and least <= 2:
                if not isinstance(left, _Variable):
                    raise self.problem("attempted assignment to non-variable")
                self.advance()
                at = self.start
                left = _Assign(left, sign[:-1], self.expression(2), at)
            elif sign == "?" and least <= 3:
                self.advance()
                then = self.expression(1)
                if self.value != ":":
                    raise self.problem("`:' expected for conditional expression")
                self.advance()
                left = _Choice(left, then, self.expression(2))
            elif (power := _BINARY.get(sign, 0)) and power >= max(least, 1):
                self.advance()
                at = self.start
                left = _Binary(sign, left, self.expression(power if sign == "**" else power + 1), at)
            else:
                self.depth -= 1
                return left

    def prefix(self) -> Any:
        kind, value = self.kind, self.value
        if kind == "number":
            number = self.number(value)
            self.advance()
            return _Number(number)
        if kind == "name":
            return self.postfix(self.variable())
        if kind == "sign":
            if value == "(":
                self.advance()
                node = self.expression(0)
                if self.value != ")":
                    raise self.problem("missing `)'")
                self.advance()
                return node if not isinstance(node, _Variable) else _Unary("+", node)
            if value in ("++", "--"):
                self.advance()
                if self.kind == "name":
                    return _Step(self.variable(), 1 if value == "++" else -1, True)
                return _Unary(value[0], _Unary(value[0], self.expression(15)))
            if value in ("+", "-", "!", "~"):
                self.advance()
                return _Unary(value, self.expression(15))
        if kind == "bad":
            raise self.problem("syntax error: operand expected")
        raise self.problem("syntax error: operand expected")

    def variable(self) -> _Variable:
        name, subscript = self.value, None
        if self.text[self.at : self.at + 1] == "[":
            level, at = 0, self.at
            while at < len(self.text):
                level += (self.text[at] == "[") - (self.text[at] == "]")
                at += 1
                if level == 0:
                    break
            else:
                raise self.problem("bad array subscript")
            subscript, self.at = self.text[self.at + 1 : at - 1], at
        self.advance()
        return _Variable(name, subscript)

    def postfix(self, target: _Variable) -> Any:
        if self.kind == "sign" and self.value in ("++", "--"):
            by = 1 if self.value == "++" else -1
            self.advance()
            return _Step(target, by, False)
        return target

    def number(self, text: str) -> int:
        if "#" in text:
            base_text, _, digits = text.partition("#")
            base = int(base_text) if base_text.isdecimal() else 0
            if not 2 <= base <= 64:
                raise self.problem("invalid arithmetic base")
            if not digits:
                raise self.problem("invalid integer constant")
            value = 0
            for digit in digits.lower() if base <= 36 else digits:
                place = _DIGITS.find(digit)
                if not 0 <= place < base:
                    raise self.problem("value too great for base")
                value = value * base + place
            return wrap(value)
        base, digits = (16, text[2:]) if text[:2] in ("0x", "0X") else (8, text) if text[0] == "0" else (10, text)
        if len(digits) > 4000:
            raise self.problem("invalid number")
        try:
            return wrap(int(digits or "0", base) if "_" not in digits else int("x"))
        except ValueError:
            if "." in text or "@" in text or "_" in text:
                cut = min(text.find(sign) for sign in ".@_" if sign in text)
                raise self.problem("syntax error: invalid arithmetic operator", self.start + cut) from None
            raise self.problem("value too great for base") from None


@lru_cache(maxsize=2048)
def _read(text: str) -> Any:
    return _Reader(text).whole()


def calculate(text: str, variables: Variables, depth: int = 0) -> int:
    """The value of an expression.

    Raises:
        ArithmeticProblem: It cannot be calculated.
    """
    if depth > _MAX_DEPTH:
        raise ArithmeticProblem(f'{text}: expression recursion level exceeded (error token is "{text}")')
    return _run(_read(text), text, variables, depth)


def _run(node: Any, text: str, variables: Variables, depth: int) -> int:
    kind = type(node)
    if kind is _Number:
        return int(node.value)
    if kind is _Variable:
        return _value(node, variables, depth)
    if kind is _Binary:
        sign = node.sign
        left = _run(node.left, text, variables, depth)
        if sign == "&&":
            return int(bool(left and _run(node.right, text, variables, depth)))
        if sign == "||":
            return int(bool(left or _run(node.right, text, variables, depth)))
        return _apply(sign, left, _run(node.right, text, variables, depth), text, node.at)
    if kind is _Unary:
        value = _run(node.operand, text, variables, depth)
        return {"-": wrap(-value), "+": value, "!": int(not value), "~": ~value}[node.sign]
    if kind is _Choice:
        return _run(
            node.then if _run(node.condition, text, variables, depth) else node.otherwise, text, variables, depth
        )
    if kind is _Step:
        old = _value(node.target, variables, depth)
        new = wrap(old + node.by)
        variables.set_number(node.target.name, node.target.subscript, new)
        return new if node.before else old
    value = _run(node.value, text, variables, depth)
    if node.sign:
        value = _apply(node.sign, _value(node.target, variables, depth), value, text, node.at)
    variables.set_number(node.target.name, node.target.subscript, value)
    return value


def _value(node: _Variable, variables: Variables, depth: int) -> int:
    held = variables.number_text(node.name, node.subscript)
    if held.isascii() and held.isdecimal() and (held[0] != "0" or held == "0") and len(held) < 19:
        return int(held)
    return calculate(held, variables, depth + 1) if held else 0


def _apply(sign: str, left: int, right: int, text: str, at: int) -> int:
    if sign == "+":
        return wrap(left + right)
    if sign == "-":
        return wrap(left - right)
    if sign in _COMPARISONS:
        return int(_COMPARISONS[sign](left, right))
    if sign == "*":
        return wrap(left * right)
    if sign in "/%":
        if right == 0:
            raise ArithmeticProblem(f'{text.lstrip()}: division by 0 (error token is "{text[at:]}")')
        quotient = abs(left) // abs(right) * (1 if (left < 0) == (right < 0) else -1)
        return wrap(quotient) if sign == "/" else wrap(left - quotient * right)
    if sign == "**":
        if right < 0:
            raise ArithmeticProblem(f'{text.lstrip()}: exponent less than 0 (error token is "{text[at:]}")')
        return wrap(pow(left, right, _MODULUS))
    if sign == "<<":
        return wrap(left << (right & 63))
    if sign == ">>":
        return left >> (right & 63)
    if sign == ",":
        return right
    return {"&": left & right, "|": left | right, "^": left ^ right}[sign]


_COMPARISONS = {
    "<": int.__lt__, ">": int.__gt__, "<=": int.__le__, ">=": int.__ge__, "==": int.__eq__, "!=": int.__ne__,
}  # fmt: skip
