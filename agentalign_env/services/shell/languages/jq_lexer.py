"""Splits jq programs into tokens."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

__all__ = ["KEYWORDS", "JqSyntaxError", "Token", "tokenize"]

KEYWORDS: Final = frozenset(
    (
        *("def", "if", "then", "elif", "else", "end", "as", "reduce", "foreach", "try", "catch", "label", "import"),
        *("include", "and", "or", "__loc__"),
    )
)
_SPACE: Final = re.compile(r"(?:[ \t\r\n]+|#[^\n]*)+")
_TOKEN: Final = re.compile(
    r"(?P<field>\.[A-Za-z_]\w*)|(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)|(?P<format>@\w+)"
    r"|(?P<variable>\$(?:\w+::)*[A-Za-z_]\w*)|(?P<word>(?:[A-Za-z_]\w*::)*[A-Za-z_]\w*)"
    r"|(?P<op>\?//|\|=|\+=|-=|\*=|/=|%=|//=|==|!=|<=|>=|//|\.\.|[-+*/%=<>|,.:;()\[\]{}?$])",
    re.ASCII,
)
_ESCAPES: Final = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "/": "/", "\\": "\\", '"': '"'}
_MAX_DEPTH: Final = 30


class JqSyntaxError(Exception):
    """A program is invalid.

    Attributes:
        at: The place in the program.
        also: A second problem that comes of it, and its place.
    """

    def __init__(self, problem: str, at: int, also: tuple[str, int] | None = None) -> None:
        super().__init__(problem)
        self.at, self.also = at, also


class Token(NamedTuple):
    """One token.

    Attributes:
        kind: ``field number format variable word keyword op string end``.
        text: What it says.
        at: Where it begins.
        parts: Of a string: texts, and the tokens of each interpolation.
    """

    kind: str
    text: str
    at: int
    parts: tuple[str | tuple[Token, ...], ...] = ()


def tokenize(text: str) -> list[Token]:
    """The tokens of a program, an ``end`` last.

    Raises:
        JqSyntaxError: A character has no meaning, or a string no end.
    """
    tokens, _ = _tokens(text, 0, 0)
    return tokens


def _tokens(text: str, at: int, depth: int) -> tuple[list[Token], int]:
    """Tokens up to the end, or inside an interpolation up to its closing parenthesis."""
    found: list[Token] = []
    nesting = 0
    if depth > _MAX_DEPTH:
        raise JqSyntaxError("strings are nested too deeply", at)
    while True:
        space = _SPACE.match(text, at)
        last, at = at, space.end() if space else at
        if at >= len(text):
            if depth:
                raise JqSyntaxError("syntax error, unexpected $end, expecting QQSTRING_INTERP_END", at)
            # jq names the place of what it read last, be it space.
            if at == last and found:
                last = found[-1].at + (found[-1].kind == "variable")
            found.append(Token("end", "$end", last))
            return found, at
        if text[at] == '"':
            token, at = _string(text, at, depth)
            found.append(token)
            continue
        match = _TOKEN.match(text, at)
        if match is None or match.lastgroup is None:
            expecting = "" if found else ", expecting $end"
            raise JqSyntaxError(f"syntax error, unexpected INVALID_CHARACTER{expecting}", at)
        kind, word = match.lastgroup, match[0]
        if depth and kind == "op":
            if word == ")" and nesting == 0:
                found.append(Token("end", "QQSTRING_INTERP_END", at))
                return found, match.end()
            nesting += (word == "(") - (word == ")")
        if kind == "word" and word in KEYWORDS:
            kind = "keyword"
        found.append(Token(kind, word, at))
        at = match.end()


def _string(text: str, start: int, depth: int) -> tuple[Token, int]:
    parts: list[str | tuple[Token, ...]] = []
    plain: list[str] = []
    at = start + 1
    while at < len(text) and text[at] != '"':
        char = text[at]
        at += 1
        if char != "\\":
            plain.append(char)
            continue
        char = text[at : at + 1]
        at += 1
        if char == "(":
            parts.append("".join(plain))
            plain = []
            tokens, at = _tokens(text, at, depth + 1)
            parts.append(tuple(tokens))
        elif char == "u":
            code, at = _code(text, at, start)
            plain.append(code)
        elif char in _ESCAPES and char:
            plain.append(_ESCAPES[char])
        else:
            raise JqSyntaxError("syntax error, unexpected INVALID_CHARACTER", at - 2)
    if at >= len(text):
        problem = "syntax error, unexpected $end, expecting QQSTRING_TEXT or QQSTRING_INTERP_START or QQSTRING_END"
        raise JqSyntaxError(problem, start + 1)
    parts.append("".join(plain))
    return Token("string", text[start : at + 1], start, tuple(parts)), at + 1


def _code(text: str, at: int, start: int) -> tuple[str, int]:
    r"""The character of ``\uXXXX``, of two of them where they are a pair."""
    try:
        code = int(text[at : at + 4], 16)
        at += 4
        if 0xD800 <= code < 0xDC00 and text.startswith("\\u", at):
            low = int(text[at + 2 : at + 6], 16)
            if 0xDC00 <= low < 0xE000:
                return chr(0x10000 + ((code - 0xD800) << 10) + low - 0xDC00), at + 6
    except ValueError:
        raise JqSyntaxError("Invalid escape", start) from None
    return ("\ufffd" if 0xD800 <= code < 0xE000 else chr(code)), at
