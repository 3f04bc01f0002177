"""Reading words: quotes, expansions and the text between them."""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import TYPE_CHECKING

from agentalign_env.services.shell.limits import DEFAULT_SHELL_LIMITS
from agentalign_env.services.shell.substitutions import read_expansion, read_process
from agentalign_env.services.shell.syntax import (
    Double,
    Literal,
    Part,
    Quoted,
    Script,
    Sequence,
    SyntaxProblem,
    Word,
)

if TYPE_CHECKING:
    from agentalign_env.services.shell.syntax import Redirect

__all__ = ["WordReader", "unescape_ansi"]

_PLAIN = re.compile(r"[^\s\"'\\$`;&|<>()]+|[\r\v\f\x1c-\x1f\x85\xa0\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+")
_DOUBLE = re.compile(r"[^\"\\$`]+")
_ENDS = frozenset(" \t\n;&|<>()")
_EXTENDED = "?*+@!"
_ANSI = re.compile(
    r"\\(?:([abeEfnrtv\\'\"?])|x([0-9a-fA-F]{1,2})|([0-7]{1,3})|u([0-9a-fA-F]{1,4})|U([0-9a-fA-F]{1,8})|c(.))",
    re.DOTALL,
)
_ANSI_SIGNS = {"a": "\a", "b": "\b", "e": "\x1b", "E": "\x1b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


def unescape_ansi(text: str) -> str:
    """The text of ``$'...'``; bytes beyond ASCII that make no character are kept as private characters."""
    from agentalign_env.core.text import from_bytes, to_bytes

    raw = False

    def sign(match: re.Match[str]) -> str:
        nonlocal raw
        letter, hexadecimal, octal, short, long, control = match.groups()
        if letter:
            return _ANSI_SIGNS.get(letter, letter)
        if control:
            return chr(ord(control.upper()) ^ 64) if control.isascii() else control
        if short or long:
            code = int(short or long, 16)
            return chr(code) if code < 0xD800 or 0xDFFF < code < 0x110000 else ""
        code = int(hexadecimal, 16) if hexadecimal else int(octal, 8) & 0xFF
        if code < 0x80:
            return chr(code)
        raw = True
        return chr(0xEF00 + code)

    found = _ANSI.sub(sign, text)
    if raw:
        found = from_bytes(to_bytes(found))
    return found.partition("\0")[0]


class WordReader:
    """Reads words from a text, from a position on."""

    def __init__(self, text: str, *, line: int = 1, depth: int = 0) -> None:
        self.text = text
        self.at = 0
        self.depth = depth
        self.first_line = line
        self._breaks: list[int] | None = None
        self.documents: list[tuple[Redirect, int, str, bool, bool]] = []
        self.warnings: list[tuple[int, str]] = []
        self.extended_from = 0  # from here on ``extglob`` is on

    # Places and problems

    def line_at(self, at: int) -> int:
        """The number of the line that a position is in."""
        if self._breaks is None:
            self._breaks = [found.start() for found in re.finditer("\n", self.text)]
        return self.first_line + bisect_right(self._breaks, at - 1)

    def _line_text(self, at: int) -> str:
        start = self.text.rfind("\n", 0, at) + 1
        end = self.text.find("\n", at)
        return self.text[start : end if end >= 0 else len(self.text)]

    def unexpected(self, token: str, at: int | None = None) -> SyntaxProblem:
        """The problem of a token where none of its kind may be."""
        place = self.at if at is None else at
        message = f"syntax error near unexpected token `{token}'"
        return SyntaxProblem(message, self.line_at(place), self._line_text(place))

    def ended(self) -> SyntaxProblem:
        """The problem of a text that ends too early."""
        last = self.line_at(len(self.text)) + (0 if self.text.endswith("\n") else 1)
        return SyntaxProblem("syntax error: unexpected end of file", last)

    def unmatched(self, sign: str, at: int) -> SyntaxProblem:
        """The problem of quotes or brackets that nothing closes."""
        return SyntaxProblem(f"unexpected EOF while looking for matching `{sign}'", self.line_at(at))

    def enter(self) -> None:
        """Goes one level deeper.

        Raises:
            SyntaxProblem: That is too deep.
        """
        self.depth += 1
        if self.depth > DEFAULT_SHELL_LIMITS.parser_depth:
            raise SyntaxProblem("maximum nesting level exceeded", self.line_at(self.at))

    # Words

    def word(self, *, pattern: bool = False, regex: bool = False) -> Word:
        """The word at this position; nothing is skipped before it.

        Args:
            pattern: Whether parentheses of extended patterns may begin it.
            regex: Whether parentheses and bars belong to it.
        """
        start = self.at
        parts: list[Part] = []
        literal: list[str] = []
        open_brackets = 0
        text = self.text
        while self.at < len(text):
            found = _PLAIN.match(text, self.at)
            if found is not None:
                literal.append(found.group())
                self.at = found.end()
                continue
            sign = text[self.at]
            if sign in _ENDS:
                follows = text[self.at + 1 : self.at + 2]
                extended = literal and literal[-1][-1] in _EXTENDED and (pattern or start >= self.extended_from)
                if sign == "(" and (regex or extended or open_brackets):
                    open_brackets += 1
                elif sign == ")" and open_brackets:
                    open_brackets -= 1
                elif sign in "<>" and follows == "(" and not regex:
                    self.flush(literal, parts)
                    parts.append(read_process(self, sign))
                    continue
                elif not (open_brackets and sign != "\n") and not (regex and sign in "|<>"):
                    break
                literal.append(sign)
                self.at += 1
            else:
                self.quoted_sign(sign, literal, parts)
        if open_brackets:
            raise self.unmatched(")", start)
        self.flush(literal, parts)
        return Word(tuple(parts), text[start : self.at])

    def quoted_sign(self, sign: str, literal: list[str], parts: list[Part]) -> None:
        """Reads quotes, an escape or an expansion outside of double quotes."""
        text = self.text
        if sign == "\\":
            follows = text[self.at + 1 : self.at + 2]
            self.at += 2
            if follows == "\n":
                return
            self.flush(literal, parts)
            parts.append(Quoted(follows or "\\"))
            self.at = min(self.at, len(text))
            return
        if sign == "'":
            end = text.find("'", self.at + 1)
            if end < 0:
                raise self.unmatched("'", self.at)
            self.flush(literal, parts)
            parts.append(Quoted(text[self.at + 1 : end]))
            self.at = end + 1
            return
        if sign == '"':
            self.flush(literal, parts)
            parts.append(self.double())
            return
        if sign == "$" and text[self.at + 1 : self.at + 2] == "'":
            self.flush(literal, parts)
            parts.append(self.ansi())
            return
        if sign == "$" and text[self.at + 1 : self.at + 2] == '"':
            self.at += 1
            self.flush(literal, parts)
            parts.append(self.double())
            return
        part = read_expansion(self, in_double=False)
        if part is None:
            literal.append(sign)
            self.at += 1
        else:
            self.flush(literal, parts)
            parts.append(part)

    @staticmethod
    def flush(literal: list[str], parts: list[Part]) -> None:
        """Makes a part of the signs that were read."""
        if literal:
            parts.append(Literal("".join(literal)))
            literal.clear()

    def ansi(self) -> Quoted:
        """The text of ``$'...'`` here."""
        start = self.at
        at = start + 2
        while at < len(self.text) and self.text[at] != "'":
            at += 2 if self.text[at] == "\\" else 1
        if at >= len(self.text):
            raise self.unmatched("'", start)
        self.at = at + 1
        return Quoted(unescape_ansi(self.text[start + 2 : at]))

    def double(self) -> Double:
        """What stands in double quotes here."""
        start = self.at
        self.at += 1
        parts = self.double_parts('"')
        if self.at >= len(self.text):
            raise self.unmatched('"', start)
        self.at += 1
        return Double(tuple(parts))

    def double_parts(self, end: str, escapes: str = '$`"\\\n') -> list[Part]:
        """What stands in double quotes up to the sign that ends them, or (for an empty `end`) up to the text's end."""
        parts: list[Part] = []
        literal: list[str] = []
        text = self.text
        while self.at < len(text):
            found = _DOUBLE.match(text, self.at)
            if found is not None:
                literal.append(found.group())
                self.at = found.end()
                continue
            sign = text[self.at]
            if sign == end:
                break
            if sign == "\\":
                follows = text[self.at + 1 : self.at + 2]
                if follows and follows in escapes:
                    literal.append("" if follows == "\n" else follows)
                    self.at += 2
                else:
                    literal.append("\\")
                    self.at += 1
                continue
            part = read_expansion(self, in_double=True) if sign in "$`" else None
            if part is None:
                literal.append(sign)
                self.at += 1
            else:
                if literal:
                    parts.append(Quoted("".join(literal)))
                    literal.clear()
                parts.append(part)
        if literal:
            parts.append(Quoted("".join(literal)))
        return parts

    def arithmetic_word(self, text: str) -> Word:
        """An arithmetic expression given as text."""
        reader = type(self)(text, line=self.line_at(self.at), depth=self.depth)
        return Word(tuple(reader.double_parts("")), text)

    def enclosed_script(self, start: int) -> Script:
        """The script up to the closing parenthesis."""
        self.enter()
        waiting, self.documents = self.documents, []
        body = self.commands_until_bracket(start)
        self.documents = waiting
        self.depth -= 1
        return Script((body,))

    def commands_until_bracket(self, start: int) -> Sequence:
        """The commands up to and with ``)``."""
        raise NotImplementedError

    def inner_script(self, text: str, line: int) -> Script:
        """A script given as text of its own."""
        raise NotImplementedError

    def subscript(self) -> Word:
        """The word in brackets, from the opening bracket on."""
        start = self.at
        self.at += 1
        level = 0
        parts: list[Part] = []
        literal: list[str] = []
        text = self.text
        while self.at < len(text):
            sign = text[self.at]
            if sign == "]" and level == 0:
                self.flush(literal, parts)
                self.at += 1
                return Word(tuple(parts), text[start + 1 : self.at - 1])
            level += (sign == "[") - (sign == "]")
            if sign in "\"'\\$`":
                self.quoted_sign(sign, literal, parts)
            else:
                literal.append(sign)
                self.at += 1
        raise self.unmatched("]", start)
