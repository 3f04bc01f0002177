"""Reads the tokens of jq programs one by one, and says what is wrong with them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NoReturn

from agentalign_env.services.shell.languages.jq_lexer import JqSyntaxError, Token

__all__ = ["TokenReader"]

_MAX_DEPTH: Final = 60
_NAMES: Final = {"field": "FIELD", "number": "LITERAL", "format": "FORMAT", "word": "IDENT", "string": "QQSTRING_START"}
_LONG_NAMES: Final = {
    "//": "DEFINEDOR",
    "==": "EQ",
    "!=": "NEQ",
    "|=": "SETPIPE",
    "..": "REC",
    "<=": "LESSEQ",
    ">=": "GREATEREQ",
}


class TokenReader:
    """Reads tokens one by one.

    Attributes:
        token: The token that comes next.
        depth: How deep what is being read is nested.
    """

    def __init__(self, tokens: Sequence[Token]) -> None:
        self.tokens, self.index, self.depth = tokens, 0, 0
        self.token = tokens[0]

    def advance(self) -> Token:
        """Goes to the next token; gives this one."""
        token = self.token
        if token.kind != "end":
            self.index += 1
            self.token = self.tokens[self.index]
        return token

    def sees(self, text: str) -> bool:
        """Whether this operator or keyword comes next."""
        return self.token.text == text and self.token.kind in {"op", "keyword"}

    def take(self, text: str) -> bool:
        """Goes over this operator or keyword, if it is next."""
        if self.sees(text):
            self.advance()
            return True
        return False

    def expect(self, text: str) -> None:
        """Goes over this operator or keyword, which must be next."""
        if not self.take(text):
            self.fail()

    def fail(self, expected: str = "") -> NoReturn:
        """Ends with a syntax error at the next token.

        Raises:
            JqSyntaxError: Always.
        """
        token = self.token
        name = token.text if token.kind in {"end", "keyword"} else _NAMES.get(token.kind, f"'{token.text}'")
        if token.kind == "variable":
            name = "'$'"
        elif token.kind == "op" and token.text in _LONG_NAMES:
            name = _LONG_NAMES[token.text]
        elif token.kind == "op" and token.text in "])}" and self.index == 0:
            name = "INVALID_CHARACTER"
        if self.index == 0:
            expected = "$end"
        elif token.kind == "end" and not expected and self.tokens[self.index - 1].text == ".":
            expected = "FORMAT or QQSTRING_START" if self.index > 1 else ""
        wanted = f", expecting {expected}" if expected else ""
        raise JqSyntaxError(f"syntax error, unexpected {name}{wanted}", token.at)

    def deeper(self) -> None:
        """Counts a level of nesting."""
        self.depth += 1
        if self.depth > _MAX_DEPTH:
            raise JqSyntaxError("program is nested too deeply", self.token.at)
