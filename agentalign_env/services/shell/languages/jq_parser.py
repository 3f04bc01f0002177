"""Reads jq programs."""

from __future__ import annotations

from typing import Final, NoReturn

from agentalign_env.services.shell.languages.jq_lexer import JqSyntaxError, Token, tokenize
from agentalign_env.services.shell.languages.jq_nodes import (
    Array,
    Binary,
    Bind,
    Break,
    Call,
    Define,
    Each,
    Foreach,
    Format,
    FuncDef,
    Identity,
    If,
    Index,
    Label,
    Literal,
    Negate,
    Node,
    Object,
    Optional_,
    PatternNode,
    Reduce,
    Slice,
    Text,
    Try,
    Variable,
)
from agentalign_env.services.shell.languages.jq_tokens import TokenReader
from agentalign_env.services.shell.languages.jq_values import format_number

__all__ = ["parse_definitions", "parse_jq"]

# How tight each operator binds, and whether it groups to the left, to the right or not at all.
_OPERATORS: Final = {
    "|": (0, "right"),
    ",": (1, "left"),
    "//": (2, "right"),
    **dict.fromkeys(("=", "|=", "+=", "-=", "*=", "/=", "%=", "//="), (3, "none")),
    "or": (4, "left"),
    "and": (5, "left"),
    **dict.fromkeys(("==", "!=", "<", "<=", ">", ">="), (6, "none")),
    "+": (7, "left"),
    "-": (7, "left"),
    "*": (8, "left"),
    "/": (8, "left"),
    "%": (8, "left"),
}
_NO_COMMA: Final = 2
_MAX_OPERANDS: Final = 500


def parse_jq(text: str) -> Node:
    """The program; nothing but definitions means ``.`` after them.

    Raises:
        JqSyntaxError: It is invalid.
    """
    parser = _Parser(tokenize(text))
    if parser.token.kind == "end":
        return Identity()
    node = parser.program()
    if parser.token.kind != "end":
        parser.fail("$end")
    return node


def parse_definitions(text: str) -> list[FuncDef]:
    """The functions that a text defines."""
    parser = _Parser(tokenize(text))
    found: list[FuncDef] = []
    while parser.token.kind != "end":
        found.append(parser.definition())
    return found


class _Parser(TokenReader):
    # Expressions

    def program(self) -> Node:
        """Definitions and an expression."""
        if self.sees("def"):
            function = self.definition()
            if self.token.kind == "end":
                return Define(function, Identity())
            return Define(function, self.program())
        return self.pipe()

    def pipe(self) -> Node:
        """Any expression."""
        self.deeper()
        if self.sees("def"):
            function = self.definition()
            found: Node = Define(function, self.pipe())
        elif self.take("label"):
            name = self._variable_name()
            self.expect("|")
            found = Label(name, self.pipe())
        else:
            found = self._binary(0)
        self.depth -= 1
        return found

    def definition(self) -> FuncDef:
        """One function."""
        at = self.token.at
        self.expect("def")
        if self.token.kind not in {"word", "keyword"}:
            self.fail()
        name = self.advance().text
        parameters: list[str] = []
        if self.take("("):
            while True:
                if self.token.kind not in {"word", "variable", "keyword"}:
                    self.fail()
                parameters.append(self.advance().text)
                if not self.take(";"):
                    break
            self.expect(")")
        self.expect(":")
        body = self.pipe()
        self.expect(";")
        return FuncDef(name, tuple(parameters), body, at)

    def _binary(self, least: int) -> Node:
        left = self._postfix()
        count = 0
        while self.token.kind in {"op", "keyword"} and self.token.text in _OPERATORS:
            operator = self.token.text
            strength, side = _OPERATORS[operator]
            if strength < least:
                break
            self.advance()
            count += 1
            if count > _MAX_OPERANDS:
                raise JqSyntaxError("program is nested too deeply", self.token.at)
            if operator == "|":
                left = Binary("|", left, self.pipe())
            elif side == "right":
                self.deeper()
                left = Binary(operator, left, self._binary(strength))
                self.depth -= 1
            else:
                right = self._binary(strength + 1)
                left = self._folded(operator, left, right)
                again = self.token.kind == "op" and _OPERATORS.get(self.token.text, (-1, ""))[0] == strength
                if side == "none" and again:
                    self.fail()
        return left

    def _folded(self, operator: str, left: Node, right: Node) -> Node:
        if operator == "/" and right == Literal(0.0) and isinstance(left, Literal) and isinstance(left.value, float):
            raise JqSyntaxError("Division by zero?", 0)
        return Binary(operator, left, right)

    def _postfix(self) -> Node:
        if self.sees("-"):
            self.deeper()
            self.advance()
            part = self._postfix()
            self.depth -= 1
            return Literal(-part.value) if isinstance(part, Literal) and isinstance(part.value, float) else Negate(part)
        if self.take("try"):
            self.deeper()
            part = self._try_part()
            catch = self._try_part() if self.take("catch") else None
            self.depth -= 1
            return Try(part, catch)
        term = self._term()
        if not self.sees("as"):
            return term
        self.advance()
        pattern = self._pattern()
        self.expect("|")
        return Bind(term, pattern, self.pipe())

    def _try_part(self) -> Node:
        return self._postfix() if self.sees("try") or self.sees("-") else self._term()

    # Terms

    def _term(self) -> Node:
        self.deeper()
        found = self._suffixed(self._primary())
        self.depth -= 1
        return found

    def _suffixed(self, found: Node) -> Node:
        count = 0
        while True:
            count += 1
            if count > _MAX_OPERANDS:
                raise JqSyntaxError("program is nested too deeply", self.token.at)
            if self.token.kind == "field":
                found = Index(found, Literal(self.advance().text[1:]))
            elif self.sees(".") and self.tokens[self.index + 1].kind in {"string", "format"}:
                self.advance()
                found = Index(found, self._text())
            elif self.sees("."):
                self.advance()
                self.fail("FORMAT or QQSTRING_START")
            elif self.take("?"):
                found = Optional_(found)
            elif self.sees("["):
                found = self._bracket(found)
            else:
                return found

    def _bracket(self, term: Node) -> Node:
        self.expect("[")
        if self.take("]"):
            return Each(term)
        if self.take(":"):
            high = self.pipe()
            self.expect("]")
            return Slice(term, None, high)
        key = self.pipe()
        if self.take(":"):
            high_or_none = None if self.sees("]") else self.pipe()
            self.expect("]")
            return Slice(term, key, high_or_none)
        self.expect("]")
        return Index(term, key)

    def _primary(self) -> Node:
        token = self.token
        kind = token.kind
        if kind == "field":
            self.advance()
            return Index(Identity(), Literal(token.text[1:]))
        if kind == "number":
            self.advance()
            return Literal(float(token.text))
        if kind in {"string", "format"}:
            return self._text()
        if kind == "variable":
            self.advance()
            return self._variable(token)
        if kind == "word":
            return self._call()
        if kind == "keyword":
            return self._keyword()
        return self._operator()

    def _variable(self, token: Token) -> Node:
        if token.text == "$__loc__":
            return Literal({"file": "<top-level>", "line": 1.0})
        return Variable(token.text[1:], token.at)

    def _operator(self) -> Node:
        if self.take("."):
            if self.token.kind in {"string", "format"}:
                return Index(Identity(), self._text())
            return Identity()
        if self.take(".."):
            return Call("recurse", (), self.token.at)
        if self.take("("):
            found = self.pipe()
            self.expect(")")
            return found
        if self.take("["):
            if self.take("]"):
                return Array(None)
            part = self.pipe()
            self.expect("]")
            return Array(part)
        if self.take("{"):
            return self._object()
        return self.fail()

    def _keyword(self) -> Node:
        if self.take("if"):
            return self._if()
        if self.sees("reduce") or self.sees("foreach"):
            return self._fold()
        if self.sees("def"):
            function = self.definition()
            return Define(function, self.pipe())
        return self.fail()

    def _call(self) -> Node:
        token = self.advance()
        if token.text == "break" and self.token.kind == "variable":
            return Break(self._variable_name(), token.at)
        if token.text in {"null", "true", "false"} and not self.sees("("):
            return Literal({"null": None, "true": True, "false": False}[token.text])
        args: list[Node] = []
        if self.take("("):
            args.append(self.pipe())
            while self.take(";"):
                args.append(self.pipe())
            self.expect(")")
        return Call(token.text, tuple(args), token.at)

    def _if(self) -> Node:
        self.deeper()
        start = self.tokens[self.index - 1].at
        test = self.pipe()
        self.expect("then")
        yes = self.pipe()
        if self.take("elif"):
            no: Node = self._if()
        else:
            if not self.take("else"):
                self._unfinished(start)
            no = self.pipe()
            if not self.take("end"):
                self._unfinished(start)
        self.depth -= 1
        return If(test, yes, no)

    def _unfinished(self, start: int) -> NoReturn:
        """Ends with the two errors that an ``if`` without its rest makes."""
        try:
            self.fail()
        except JqSyntaxError as error:
            raise JqSyntaxError(str(error), error.at, also=("Possibly unterminated 'if' statement", start)) from None

    def _fold(self) -> Node:
        kind = self.advance().text
        source = self._term()
        self.expect("as")
        pattern = self._pattern()
        if not self.take("("):
            self.fail("'('")
        start = self.pipe()
        self.expect(";")
        update = self.pipe()
        extract = self.pipe() if kind == "foreach" and self.take(";") else None
        self.expect(")")
        if kind == "reduce":
            return Reduce(source, pattern, start, update)
        return Foreach(source, pattern, start, update, extract)

    def _text(self) -> Node:
        """A string, or a format and maybe a string."""
        how = "@text"
        if self.token.kind == "format":
            how = self.advance().text
            if self.token.kind != "string":
                return Format(how)
        token = self.advance()
        parts: list[str | Node] = []
        for part in token.parts:
            if isinstance(part, str):
                parts.append(part)
            else:
                inner = _Parser(part)
                inner.depth = self.depth + 1
                parts.append(inner.pipe())
                if inner.token.kind != "end":
                    inner.fail()
        if len(parts) == 1 and isinstance(parts[0], str):
            return Literal(parts[0])
        return Text(tuple(parts), how)

    # Objects and patterns

    def _variable_name(self) -> str:
        if self.token.kind != "variable":
            self.fail()
        return self.advance().text[1:]

    def _object(self) -> Node:
        entries: list[tuple[Node, Node]] = []
        while not self.sees("}"):
            entries.append(self._entry())
            if not self.take(","):
                break
            if len(entries) > _MAX_OPERANDS * 4:
                raise JqSyntaxError("program is nested too deeply", self.token.at)
        if not self.take("}"):
            self.fail("'}'" if self.token.kind == "end" else "")
        return Object(tuple(entries))

    def _entry(self) -> tuple[Node, Node]:
        token = self.token
        if token.kind == "variable":
            self.advance()
            return Literal(token.text[1:]), self._variable(token)
        key: Node
        if token.kind in {"word", "keyword"}:
            self.advance()
            key = Literal(token.text)
        elif token.kind in {"string", "format"}:
            key = self._text()
        elif token.kind == "number":
            self.advance()
            problem = f"Cannot use number ({format_number(float(token.text))}) as object key"
            raise JqSyntaxError(problem, token.at)
        elif self.take("("):
            key = self.pipe()
            self.expect(")")
            if isinstance(key, Literal) and not isinstance(key.value, str):
                raise JqSyntaxError(f"Cannot use {_shown(key)} as object key", token.at)
            self.expect(":")
            return key, self._entry_value()
        else:
            self.fail()
        if self.take(":"):
            return key, self._entry_value()
        return key, Index(Identity(), key)

    def _entry_value(self) -> Node:
        found = self._binary(_NO_COMMA)
        while self.take("|"):
            found = Binary("|", found, self._binary(_NO_COMMA))
        return found

    def _pattern(self) -> PatternNode:
        self.deeper()
        try:
            if self.token.kind == "variable":
                return PatternNode(name=self._variable_name())
            if self.take("["):
                parts = [self._pattern()]
                while self.take(","):
                    parts.append(self._pattern())
                self.expect("]")
                return PatternNode(array=tuple(parts))
            if not self.take("{"):
                self.fail("'$' or '[' or '{'")
            entries = [self._pattern_entry()]
            while self.take(","):
                entries.append(self._pattern_entry())
            self.expect("}")
            return PatternNode(entries=tuple(entries))
        finally:
            self.depth -= 1

    def _pattern_entry(self) -> tuple[Node, str, PatternNode | None]:
        token = self.token
        if token.kind == "variable":
            name = self._variable_name()
            return Literal(name), name, self._pattern() if self.take(":") else None
        key: Node
        if token.kind in {"word", "keyword"}:
            self.advance()
            key = Literal(token.text)
        elif token.kind in {"string", "format"}:
            key = self._text()
        else:
            self.expect("(")
            key = self.pipe()
            self.expect(")")
        self.expect(":")
        return key, "", self._pattern()


def _shown(node: Literal) -> str:
    value = node.value
    if isinstance(value, bool):
        return f"boolean ({'true' if value else 'false'})"
    return "null (null)" if value is None else f"number ({format_number(value)})"
