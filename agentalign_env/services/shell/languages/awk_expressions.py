"""Reads the expressions of awk programs."""

from __future__ import annotations

from typing import Final, NoReturn

from agentalign_env.services.shell.languages.awk_lexer import Lexer, Token
from agentalign_env.services.shell.languages.awk_nodes import (
    Assign,
    Binary,
    Builtin,
    Call,
    Conditional,
    Constant,
    Expr,
    Field,
    Getline,
    Grouping,
    In,
    Index,
    Name,
    Pattern_,
    Step,
    Unary,
)
from agentalign_env.services.shell.languages.awk_values import AwkError

__all__ = ["ExpressionParser"]

_ASSIGNMENTS: Final = frozenset({"=", "+=", "-=", "*=", "/=", "%=", "^="})
_COMPARISONS: Final = frozenset({"<", "<=", "==", "!=", ">", ">="})
_OPERAND_ENDS: Final = frozenset({"number", "string", "regex", "name"})
_MAX_DEPTH: Final = 60
_MAX_OPERANDS: Final = 400


class ExpressionParser:
    """Reads tokens and makes expressions of them.

    Attributes:
        lexer: Where the tokens come from.
        token: The token that comes next.
        locals: The function's parameters and their places.
        place: ``BEGIN``, ``END``, ``function`` or nothing: what is being read.
        depth: How deep it is nested.
    """

    def __init__(self, text: str, source: str) -> None:
        self.lexer = Lexer(text, source)
        self.locals: dict[str, int] = {}
        self.place = ""
        self.depth = 0
        self._previous = Token("operator", "", 0, 1)
        self.token = self.lexer.next(0, 1, regex=True)

    # Tokens

    def advance(self) -> None:
        """Goes to the next token."""
        token = self._previous = self.token
        operand = token.kind in _OPERAND_ENDS or (
            token.kind == "operator" and token.text in {")", "]", "$", "++", "--"}
        )
        operand = operand or (token.kind == "builtin" and token.text == "length")
        self.token = self.lexer.next(token.at, token.line, regex=not operand)

    def mark(self) -> tuple[Token, Token, int]:
        """A place to come back to."""
        return self._previous, self.token, len(self.lexer.warnings)

    def back(self, mark: tuple[Token, Token, int]) -> None:
        """Goes back."""
        self._previous, self.token, warnings = mark
        del self.lexer.warnings[warnings:]

    def fail(self, token: Token | None = None) -> NoReturn:
        """Ends with a syntax error.

        Raises:
            AwkError: Always.
        """
        self.lexer.fail(token or self.token)

    def take(self, kind: str, text: str) -> bool:
        """Goes over this token, if it is next."""
        if self.token.kind == kind and self.token.text == text:
            self.advance()
            return True
        return False

    def _is(self, text: str) -> bool:
        return self.token.kind == "operator" and self.token.text == text

    def expect(self, text: str) -> None:
        """Goes over this token, which must be next."""
        if not self.take("operator", text):
            self.fail()

    def skip_lines(self, *, semicolons: bool = False) -> None:
        """Goes over newlines."""
        while self.token.kind == "newline" or (semicolons and self._is(";")):
            self.advance()

    def name(self) -> Name:
        """A variable's name."""
        if self.token.kind not in {"name", "call"}:
            self.fail()
        name = self.token.text
        self.advance()
        return Name(name, self.locals.get(name, -1))

    # From the loosest operator to the tightest. `plain` is an argument of print: there ``>`` and ``|`` redirect.

    def expressions(self, *, plain: bool = False) -> tuple[Expr, ...]:
        """Expressions with commas between."""
        found = [self.expression(plain=plain)]
        while self.take("operator", ","):
            self.skip_lines()
            found.append(self.expression(plain=plain))
            if len(found) > _MAX_OPERANDS:
                raise AwkError("expression is too long", 1, self.token.line)
        return tuple(found)

    def expression(self, *, plain: bool = False) -> Expr:
        """Any expression."""
        self.depth += 1
        if self.depth > _MAX_DEPTH:
            raise AwkError("program is nested too deeply", 1, self.token.line)
        found = self._ternary(plain)
        if (
            self.token.kind == "operator"
            and self.token.text in _ASSIGNMENTS
            and isinstance(found, Name | Index | Field)
        ):
            operator = self.token.text
            self.advance()
            self.skip_lines()
            found = Assign(operator, found, self.expression(plain=plain))
        self.depth -= 1
        return found

    def _ternary(self, plain: bool) -> Expr:
        test = self._or(plain)
        if not self._is("?"):
            return test
        self.advance()
        self.skip_lines()
        yes = self.expression(plain=plain)
        self.skip_lines()
        self.expect(":")
        self.skip_lines()
        return Conditional(test, yes, self.expression(plain=plain))

    def _or(self, plain: bool) -> Expr:
        found = self._and(plain)
        count = 0
        while self._is("||"):
            self.advance()
            self.skip_lines()
            found = Binary("||", found, self._and(plain))
            count = self._counted(count)
        return found

    def _counted(self, count: int) -> int:
        if count > _MAX_OPERANDS:
            raise AwkError("expression is too long", 1, self.token.line)
        return count + 1

    def _and(self, plain: bool) -> Expr:
        found = self._in(plain)
        count = 0
        while self._is("&&"):
            self.advance()
            self.skip_lines()
            found = Binary("&&", found, self._in(plain))
            count = self._counted(count)
        return found

    def _in(self, plain: bool) -> Expr:
        found = self._match(plain)
        while self.token.kind == "keyword" and self.token.text == "in":
            self.advance()
            found = In((found,), self.name())
        return found

    def _match(self, plain: bool) -> Expr:
        found = self._comparison(plain)
        while self._is("~") or (self._is("!") and self._tilde_follows()):
            operator = "~"
            if self._is("!"):
                operator = "!~"
                self.advance()
            self.advance()
            found = Binary(operator, found, self._comparison(plain))
        return found

    def _tilde_follows(self) -> bool:
        following = self.lexer.next(self.token.at, self.token.line, regex=True)
        return following.text == "~" and following.at == self.token.at + 1

    def _comparison(self, plain: bool) -> Expr:
        found = self.concatenation(plain=plain)
        if self.token.kind == "operator" and self.token.text in _COMPARISONS and not (plain and self._is(">")):
            operator = self.token.text
            self.advance()
            found = Binary(operator, found, self.concatenation(plain=plain))
        return found

    def concatenation(self, *, plain: bool = False) -> Expr:
        """Strings side by side; a command before ``| getline`` too."""
        found = self._sum()
        count = 0
        while True:
            if self._starts_operand():
                found = Binary(" ", found, self._sum())
            elif self._is("|") and self._getline_follows():
                self.advance()
                self.advance()
                found = Getline("|", found, self._getline_target())
            else:
                return found
            count = self._counted(count)

    def _getline_follows(self) -> bool:
        following = self.lexer.next(self.token.at, self.token.line, regex=True)
        return following.kind == "keyword" and following.text == "getline"

    def _starts_operand(self) -> bool:
        token = self.token
        if token.kind in {"number", "string", "regex", "name", "call", "builtin"}:
            return True
        if token.kind == "operator":
            return token.text in {"$", "(", "++", "--"}
        return False

    def _sum(self) -> Expr:
        found = self._product()
        count = 0
        while self._is("+") or self._is("-"):
            operator = self.token.text
            self.advance()
            found = Binary(operator, found, self._product())
            count = self._counted(count)
        return found

    def _product(self) -> Expr:
        found = self._unary()
        count = 0
        while self._is("*") or self._is("/") or self._is("%"):
            operator = self.token.text
            self.advance()
            found = Binary(operator, found, self._unary())
            count = self._counted(count)
        return found

    def _unary(self) -> Expr:
        if self._is("!") or self._is("-") or self._is("+"):
            operator = self.token.text
            self.depth += 1
            if self.depth > _MAX_DEPTH:
                raise AwkError("program is nested too deeply", 1, self.token.line)
            self.advance()
            part = self._unary()
            self.depth -= 1
            return Unary(operator, part)
        return self._power()

    def _power(self) -> Expr:
        base = self._postfix()
        if not self._is("^"):
            return base
        self.advance()
        self.depth += 1
        if self.depth > _MAX_DEPTH:
            raise AwkError("program is nested too deeply", 1, self.token.line)
        if self._is("-") or self._is("+") or self._is("!"):
            operator = self.token.text
            self.advance()
            power: Expr = Unary(operator, self._power())
        else:
            power = self._power()
        self.depth -= 1
        return Binary("^", base, power)

    def _postfix(self) -> Expr:
        found = self.primary()
        if isinstance(found, Name | Index | Field) and (self._is("++") or self._is("--")):
            amount = 1 if self.token.text == "++" else -1
            self.advance()
            return Step(amount, False, found)
        return found

    # Operands

    def primary(self) -> Expr:
        """One operand."""
        token = self.token
        if token.kind == "number":
            self.advance()
            return Constant(float(token.text))
        if token.kind == "string":
            self.advance()
            return Constant(token.text)
        if token.kind == "regex":
            self.advance()
            return Pattern_(token.text)
        if token.kind == "name":
            return self._variable()
        if token.kind == "call":
            self.advance()
            return Call(token.text, self._arguments(), token.line)
        if token.kind == "builtin":
            self.advance()
            if token.text == "length" and not self._is("("):
                return Builtin("length", ())
            return Builtin(token.text, self._arguments())
        if token.kind == "keyword" and token.text == "getline":
            self.advance()
            target = self._getline_target()
            if self.take("operator", "<"):
                return Getline("<", self._file_operand(), target)
            return Getline("", None, target)
        return self._operator_operand()

    def _operator_operand(self) -> Expr:
        if self._is("("):
            return self._parenthesized()
        if self._is("$"):
            self.advance()
            if self._is("++") or self._is("--"):
                return Field(self._operator_operand())
            if self._is("-") or self._is("+") or self._is("!"):
                operator = self.token.text
                self.advance()
                return Field(Unary(operator, self.primary()))
            return Field(self.primary())
        if self._is("++") or self._is("--"):
            amount = 1 if self.token.text == "++" else -1
            self.advance()
            target = self.primary()
            if not isinstance(target, Name | Index | Field):
                self.fail()
            return Step(amount, True, target)
        if self._is("-") or self._is("+") or self._is("!"):
            return self._unary()
        return self.fail()

    def _parenthesized(self) -> Expr:
        self.advance()
        self.skip_lines()
        parts = self.expressions()
        self.skip_lines()
        self.expect(")")
        if len(parts) == 1:
            return Grouping(parts[0])
        if self.token.kind == "keyword" and self.token.text == "in":
            self.advance()
            return In(parts, self.name())
        return self.fail()

    def _variable(self) -> Expr:
        name = self.name()
        if not self.take("operator", "["):
            return name
        keys = self.expressions()
        self.expect("]")
        found = Index(name, keys)
        if self._is("["):
            raise AwkError("arrays of arrays are not supported", 2, self.token.line)
        return found

    def _arguments(self) -> tuple[Expr, ...]:
        self.expect("(")
        self.skip_lines()
        if self.take("operator", ")"):
            return ()
        found = self.expressions()
        self.skip_lines()
        self.expect(")")
        return found

    def _getline_target(self) -> Name | Index | Field | None:
        if self.token.kind == "name" or self._is("$"):
            target = self.primary()
            if isinstance(target, Name | Index | Field):
                return target
        return None

    def _file_operand(self) -> Expr:
        return self.primary()
