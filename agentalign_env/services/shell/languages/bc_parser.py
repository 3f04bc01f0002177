"""Reads bc programs."""

from __future__ import annotations

import re
from typing import Any, Final, NamedTuple, NoReturn

__all__ = ["BcSyntaxError", "Function", "Node", "parse_bc"]

_TOKEN: Final = re.compile(
    r"(?P<space>(?:[ \t]|\\\n|/\*.*?\*/|#[^\n]*)+)|(?P<newline>\n)|(?P<number>\.[0-9A-F]+|[0-9A-F]+\.?[0-9A-F]*)"
    r'|(?P<name>[a-z][a-z0-9_]*)|"(?P<string>[^"]*)"'
    r"|(?P<op>\+\+|--|\|\||&&|[-+*/%^<>=!]=|[-+*/%^<>=!(){}\[\];,])",
    re.DOTALL,
)
_KEYWORDS: Final = frozenset(
    ("if", "else", "while", "for", "define", "auto", "return", "print", "break", "continue", "quit", "halt", "last")
)
_ASSIGNMENTS: Final = frozenset({"=", "+=", "-=", "*=", "/=", "%=", "^="})
_COMPARISONS: Final = frozenset({"<", "<=", "==", "!=", ">", ">="})
_MAX_DEPTH: Final = 60

Node = tuple[Any, ...]
"""A kind and its parts."""


class BcSyntaxError(Exception):
    """A line is invalid; the message is bc's, without the place.

    Attributes:
        line: Where.
        after: Where reading goes on.
    """

    def __init__(self, problem: str, line: int, after: int) -> None:
        super().__init__(problem)
        self.line, self.after = line, after


class Function(NamedTuple):
    """A function: parameters and local variables (arrays end in ``[]``), and its body."""

    parameters: tuple[str, ...]
    local: tuple[str, ...]
    body: Node


class _Token(NamedTuple):
    kind: str
    text: str
    at: int
    line: int


def parse_bc(text: str, at: int, line: int) -> tuple[list[Node], int, int]:
    """The statements of one line (or as many as they take), and where the next begins.

    Raises:
        BcSyntaxError: The line is invalid.
    """
    parser = _Parser(text, at, line)
    nodes = parser.line_of_statements()
    return nodes, parser.token.at, parser.token.line


class _Parser:
    def __init__(self, text: str, at: int, line: int) -> None:
        self._text, self._depth = text, 0
        self.token = _Token("start", "", at, line)
        self._read()

    def _read(self) -> None:
        text, at, line = self._text, self.token.at, self.token.line
        while True:
            if at >= len(text):
                self.token = _Token("end", "", at, line)
                return
            found = _TOKEN.match(text, at)
            if found is None:
                after = text.find("\n", at)
                raise BcSyntaxError(f"illegal character: {text[at]}", line, len(text) if after < 0 else after + 1)
            at = found.end()
            line += found[0].count("\n")
            kind = str(found.lastgroup)
            if kind == "space":
                continue
            word = found[kind]
            if kind == "name" and word in _KEYWORDS:
                kind = "keyword"
            self.token = _Token(kind, word, at, line)
            return

    def _fail(self) -> NoReturn:
        at = self.token.at
        if self.token.kind == "newline":
            raise BcSyntaxError("syntax error", self.token.line, at)
        after = self._text.find("\n", at)
        raise BcSyntaxError("syntax error", self.token.line, len(self._text) if after < 0 else after + 1)

    def _is(self, text: str) -> bool:
        return self.token.text == text and self.token.kind in {"op", "keyword"}

    def _take(self, text: str) -> bool:
        if self._is(text):
            self._read()
            return True
        return False

    def _expect(self, text: str) -> None:
        if not self._take(text):
            self._fail()

    def _skip_lines(self) -> None:
        while self.token.kind == "newline":
            self._read()

    # Statements

    def line_of_statements(self) -> list[Node]:
        """Statements up to the end of the line, which is left as the next token."""
        found: list[Node] = []
        while self.token.kind not in {"newline", "end"}:
            if self._is(";"):
                self._read()
                continue
            found.append(self._definition() if self._is("define") else self._statement())
            if self.token.kind not in {"newline", "end"} and not self._is(";"):
                self._fail()
        return found

    def _statement(self) -> Node:
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            self._fail()
        found = self._one()
        self._depth -= 1
        return found

    def _one(self) -> Node:
        token = self.token
        if token.kind == "string":
            self._read()
            return ("string", token.text)
        if self._take("{"):
            return self._block()
        if token.kind == "keyword" and token.text != "last":
            self._read()
            return self._keyword(token.text)
        if self._is(";"):
            return ("block", [])
        value = self._expression()
        return ("do" if value[0] == "assign" else "show", value)

    def _block(self) -> Node:
        parts: list[Node] = []
        while not self._is("}"):
            if self.token.kind == "newline" or self._is(";"):
                self._read()
                continue
            if self.token.kind == "end":
                self._fail()
            parts.append(self._statement())
            if self.token.kind != "newline" and not self._is(";") and not self._is("}"):
                self._fail()
        self._read()
        return ("block", parts)

    def _keyword(self, word: str) -> Node:
        if word == "if":
            return self._if()
        if word == "while":
            self._expect("(")
            test = self._expression()
            self._expect(")")
            self._skip_lines()
            return ("while", None, test, None, self._statement())
        if word == "for":
            self._expect("(")
            parts = []
            for closing in (";", ";", ")"):
                parts.append(None if self._is(closing) else self._expression())
                self._expect(closing)
            self._skip_lines()
            return ("while", *parts, self._statement())
        if word == "print":
            return ("print", self._printed())
        if word == "return":
            ends = self.token.kind in {"newline", "end"} or self._is(";") or self._is("}")
            return ("return", None if ends else self._expression())
        if word in {"break", "continue", "quit", "halt"}:
            return (word,)
        return self._fail()

    def _if(self) -> Node:
        self._expect("(")
        test = self._expression()
        self._expect(")")
        self._skip_lines()
        yes = self._statement()
        if self._take("else"):
            self._skip_lines()
            return ("if", test, yes, self._statement())
        return ("if", test, yes, None)

    def _printed(self) -> list[Node]:
        found: list[Node] = []
        while True:
            if self.token.kind == "string":
                found.append(("string", self.token.text))
                self._read()
            else:
                found.append(self._expression())
            if not self._take(","):
                return found

    def _definition(self) -> Node:
        self._read()
        if self.token.kind != "name":
            self._fail()
        name = self.token.text
        self._read()
        self._expect("(")
        parameters = self._names(")")
        self._expect(")")
        self._skip_lines()
        self._expect("{")
        self._skip_lines()
        local: tuple[str, ...] = ()
        if self._take("auto"):
            local = self._names(";")
        return ("define", name, Function(parameters, local, self._block()))

    def _names(self, closing: str) -> tuple[str, ...]:
        found: list[str] = []
        while not self._is(closing) and self.token.kind != "newline":
            if self.token.kind != "name":
                self._fail()
            name = self.token.text
            self._read()
            if self._take("["):
                self._expect("]")
                name += "[]"
            found.append(name)
            if not self._take(","):
                break
        return tuple(found)

    # Expressions, from the loosest operator to the tightest

    def _expression(self) -> Node:
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            self._fail()
        found = self._and()
        while self._take("||"):
            found = ("or", found, self._and())
        self._depth -= 1
        return found

    def _and(self) -> Node:
        found = self._not()
        while self._take("&&"):
            found = ("and", found, self._not())
        return found

    def _not(self) -> Node:
        if self._take("!"):
            return ("not", self._not())
        found = self._assigned()
        while self.token.kind == "op" and self.token.text in _COMPARISONS:
            operator = self.token.text
            self._read()
            found = ("compare", operator, found, self._assigned())
        return found

    def _assigned(self) -> Node:
        found = self._sum()
        if self.token.kind == "op" and self.token.text in _ASSIGNMENTS and found[0] in {"name", "element"}:
            operator = self.token.text
            self._read()
            return ("assign", operator, found, self._assigned())
        return found

    def _sum(self) -> Node:
        found = self._product()
        while self._is("+") or self._is("-"):
            operator = self.token.text
            self._read()
            found = ("binary", operator, found, self._product())
        return found

    def _product(self) -> Node:
        found = self._power()
        while self._is("*") or self._is("/") or self._is("%"):
            operator = self.token.text
            self._read()
            found = ("binary", operator, found, self._power())
        return found

    def _power(self) -> Node:
        base = self._unary()
        if self._take("^"):
            self._depth += 1
            if self._depth > _MAX_DEPTH:
                self._fail()
            found: Node = ("binary", "^", base, self._power())
            self._depth -= 1
            return found
        return base

    def _unary(self) -> Node:
        if self._take("-"):
            return ("negate", self._unary())
        for operator, amount in (("++", 1), ("--", -1)):
            if self._take(operator):
                target = self._primary()
                if target[0] not in {"name", "element"}:
                    self._fail()
                return ("step", amount, True, target)
        found = self._primary()
        for operator, amount in (("++", 1), ("--", -1)):
            if found[0] in {"name", "element"} and self._take(operator):
                return ("step", amount, False, found)
        return found

    def _primary(self) -> Node:
        token = self.token
        if token.kind == "number":
            self._read()
            return ("number", token.text)
        if self._take("("):
            found = self._expression()
            self._expect(")")
            return ("group", found)
        if token.kind == "name" or self._is("last"):
            self._read()
            if self._take("["):
                key = self._expression()
                self._expect("]")
                return ("element", token.text, key)
            if self._take("("):
                args = self._arguments()
                self._expect(")")
                return ("call", token.text, args)
            return ("name", token.text)
        return self._fail()

    def _arguments(self) -> list[Node]:
        found: list[Node] = []
        while not self._is(")"):
            found.append(self._argument())
            if not self._take(","):
                break
        return found

    def _argument(self) -> Node:
        mark = self.token
        if self.token.kind == "name":
            name = self.token.text
            self._read()
            if self._take("[") and self._take("]"):
                return ("array", name)
            self.token = mark
        return self._expression()
