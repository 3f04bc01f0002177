"""Splits awk programs into tokens."""

from __future__ import annotations

from typing import Final, NamedTuple, NoReturn

from agentalign_env.services.shell.languages.awk_values import AwkError

__all__ = ["BUILTINS", "Lexer", "Token", "unescape"]

KEYWORDS: Final = frozenset(
    [
        "BEGIN",
        "END",
        "function",
        "func",
        "if",
        "else",
        "while",
        "for",
        "do",
        "break",
        "continue",
        "next",
        "nextfile",
        "exit",
        "return",
        "delete",
        "in",
        "getline",
        "print",
        "printf",
        "switch",
        "case",
        "default",
    ]
)
BUILTINS: Final = frozenset(
    [
        "length",
        "substr",
        "index",
        "split",
        "sub",
        "gsub",
        "gensub",
        "match",
        "sprintf",
        "tolower",
        "toupper",
        "sin",
        "cos",
        "atan2",
        "exp",
        "log",
        "sqrt",
        "int",
        "rand",
        "srand",
        "system",
        "close",
        "fflush",
        "systime",
        "strftime",
        "mktime",
        "asort",
        "asorti",
        "and",
        "or",
        "xor",
        "lshift",
        "rshift",
        "compl",
        "strtonum",
        "isarray",
        "typeof",
    ]
)
_OPERATORS: Final = (
    *(
        "**=",
        "<<=",
        "&&",
        "||",
        "==",
        "!=",
        "<=",
        ">=",
        "++",
        "--",
        "+=",
        "-=",
        "*=",
        "/=",
        "%=",
        "^=",
        ">>",
        "**",
        "|&",
    ),
    *"+-*/%^!<>|?:~$=,;(){}[]",
)
_ESCAPES: Final = {
    "n": "\n",
    "t": "\t",
    "r": "\r",
    "f": "\f",
    "v": "\v",
    "a": "\a",
    "b": "\b",
    "\\": "\\",
    '"': '"',
    "/": "/",
}
_WORD: Final = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789")
_DIGITS: Final = frozenset("0123456789")
_HEX: Final = frozenset("0123456789abcdefABCDEF")


class Token(NamedTuple):
    """One token.

    Attributes:
        kind: ``number``, ``string``, ``regex``, ``name``, ``call`` (a name right before a parenthesis), ``builtin``,
            ``keyword``, ``operator``, ``newline`` or ``end``.
        text: What it says.
        at: Where it ends.
        line: Its line.
    """

    kind: str
    text: str
    at: int
    line: int


class Lexer:
    """The tokens of a program, read one by one: a slash is a division or begins a pattern, the parser knows which.

    Attributes:
        warnings: What is odd about the program.
        source: Where the program comes from, as messages name it.
    """

    def __init__(self, text: str, source: str) -> None:
        self._text, self.source = text, source
        self.warnings: list[str] = []

    def fail(self, token: Token) -> NoReturn:
        """Ends with a syntax error at this token.

        Raises:
            AwkError: Always.
        """
        text = self._text
        short = token.kind in {"newline", "end"}
        at = min(token.at, len(text))
        line = token.line
        if token.kind == "newline":
            at -= 1
        start = text.rfind("\n", 0, at) + 1
        end = text.find("\n", start)
        shown = text[start : len(text) if end < 0 else end]
        problem = "unexpected newline or end of string" if short else "syntax error"
        caret = " " * max(at - start - (0 if short else 1), 0) + "^"
        head = f"awk: {self.source}:{line}: "
        raise AwkError(f"{head}{shown}\n{head}{caret} {problem}", 1, -1)

    def next(self, at: int, line: int, *, regex: bool) -> Token:
        """The token from this place on."""
        text = self._text
        while at < len(text):
            char = text[at]
            if char in " \t\r":
                at += 1
            elif char == "\\" and text[at + 1 : at + 2] in {"\n", "\r"}:
                at = text.index("\n", at) + 1 if "\n" in text[at : at + 3] else at + 2
                line += 1
            elif char == "#":
                end = text.find("\n", at)
                at = len(text) if end < 0 else end
            else:
                break
        if at >= len(text):
            return Token("end", "", at, line)
        char = text[at]
        if char == "\n":
            return Token("newline", "\n", at + 1, line + 1)
        if char == '"':
            return self._string(at + 1, line)
        if char == "/" and regex:
            return self._regex(at + 1, line)
        if char in _DIGITS or (char == "." and text[at + 1 : at + 2] in _DIGITS and at + 1 < len(text)):
            return self._number(at, line)
        if char in _WORD:
            return self._word(at, line)
        for operator in _OPERATORS:
            if text.startswith(operator, at):
                return Token("operator", {"**": "^", "**=": "^="}.get(operator, operator), at + len(operator), line)
        return self.fail(Token("operator", char, at + 1, line))

    def _word(self, at: int, line: int) -> Token:
        text, end = self._text, at
        while end < len(text) and text[end] in _WORD:
            end += 1
        word = text[at:end]
        if word in KEYWORDS:
            return Token("keyword", "function" if word == "func" else word, end, line)
        if word in BUILTINS:
            return Token("builtin", word, end, line)
        return Token("call" if text.startswith("(", end) else "name", word, end, line)

    def _number(self, at: int, line: int) -> Token:
        text, end = self._text, at
        if text[at : at + 2] in {"0x", "0X"} and text[at + 2 : at + 3] in _HEX and at + 2 < len(text):
            end = at + 2
            while end < len(text) and text[end] in _HEX:
                end += 1
            return Token("number", str(int(text[at + 2 : end], 16)), end, line)
        while end < len(text) and text[end] in _DIGITS:
            end += 1
        whole = text[at:end]
        if text.startswith(".", end):
            end += 1
            while end < len(text) and text[end] in _DIGITS:
                end += 1
        if text[end : end + 1] in {"e", "E"}:
            power = end + 1 + (text[end + 1 : end + 2] in {"+", "-"} and end + 1 < len(text))
            if text[power : power + 1] in _DIGITS and power < len(text):
                end = power
                while end < len(text) and text[end] in _DIGITS:
                    end += 1
        found = text[at:end]
        if found == whole and len(whole) > 1 and whole[0] == "0" and not set(whole) & {"8", "9"}:
            found = str(int(whole, 8))
        return Token("number", found, end, line)

    def _string(self, at: int, line: int) -> Token:
        text, end = self._text, at
        while end < len(text) and text[end] != '"':
            if text[end] == "\n":
                raise AwkError(self._unterminated("string", at, line), 1, -1)
            end += 2 if text[end] == "\\" else 1
        if end >= len(text):
            raise AwkError(self._unterminated("string", at, line), 1, -1)
        raw = text[at:end]
        odd: list[str] = []
        value = raw if "\\" not in raw else unescape(raw, odd)
        for char in odd:
            words = f"escape sequence `\\{char}' treated as plain `{char}'"
            self.warnings.append(f"awk: {self.source}:{line}: warning: {words}")
        return Token("string", value, end + 1, line + raw.count("\n"))

    def _unterminated(self, what: str, at: int, line: int) -> str:
        start = self._text.rfind("\n", 0, at) + 1
        end = self._text.find("\n", start)
        shown = self._text[start : len(self._text) if end < 0 else end]
        head = f"awk: {self.source}:{line}: "
        return f"{head}{shown}\n{head}{' ' * (at - 1 - start)}^ unterminated {what}"

    def _regex(self, at: int, line: int) -> Token:
        text, end = self._text, at
        in_set = 0
        while end < len(text) and (text[end] != "/" or in_set):
            char = text[end]
            if char == "\n":
                raise AwkError(self._unterminated("regexp", at, line), 1, -1)
            if char == "\\":
                end += 1
            elif char == "[" and not in_set:
                in_set = end + (2 if text.startswith("^", end + 1) else 1)
            elif char == "[" and text[end + 1 : end + 2] == ":" and text.find(":]", end) > 0:
                end = text.find(":]", end) + 1
            elif char == "]" and in_set and end > in_set:
                in_set = 0
            end += 1
        if end >= len(text):
            raise AwkError(self._unterminated("regexp", at, line), 1, -1)
        return Token("regex", text[at:end], end + 1, line)


def unescape(raw: str, odd: list[str] | None = None) -> str:
    """The string that stands in quotes; `odd` takes the characters that need no backslash."""
    parts: list[str] = []
    at = 0
    while at < len(raw):
        char = raw[at]
        at += 1
        if char != "\\" or at >= len(raw):
            parts.append(char)
            continue
        char = raw[at]
        at += 1
        if char in _ESCAPES:
            parts.append(_ESCAPES[char])
        elif char in "01234567":
            end = at
            while end < min(at + 2, len(raw)) and raw[end] in "01234567":
                end += 1
            parts.append(chr(int(raw[at - 1 : end], 8) & 0xFF))
            at = end
        elif char == "x" and raw[at : at + 1] in _HEX and at < len(raw):
            end = at + 2 if raw[at + 1 : at + 2] in _HEX and at + 1 < len(raw) else at + 1
            parts.append(chr(int(raw[at:end], 16)))
            at = end
        elif char == "\n":
            continue
        else:
            if odd is not None:
                odd.append(char)
            parts.append(char)
    return "".join(parts)
