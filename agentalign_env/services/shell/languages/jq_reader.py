"""Reads JSON texts one after the other, with the messages of jq's own reader where they are wrong."""

from __future__ import annotations

import json
import math
import re
from typing import Any, Final, NoReturn

from agentalign_env.services.shell.languages.jq_values import Json

__all__ = ["JsonProblemError", "JsonReader", "read_one"]

_SPACE: Final = " \t\n\r"
_PLAIN: Final = re.compile(r'[^ \t\n\r"\[\]{},:]+')
_MAX_DEPTH: Final = 256
_NONE: Final = object()


class JsonProblemError(Exception):
    """A text is no JSON; the message is jq's."""


def _constant(name: str) -> float:
    raise ValueError(name)


_DECODER: Final = json.JSONDecoder(parse_int=float, parse_constant=_constant)


class JsonReader:
    """The values of a text.

    Attributes:
        at: Where reading goes on.
    """

    def __init__(self, text: str) -> None:
        self._text = text.removeprefix("\ufeff")
        self.at = 0

    def next(self) -> Json:
        """The next value; `JsonReader.END` at the end.

        Raises:
            JsonProblemError: The text is invalid from here on.
        """
        text, at = self._text, self.at
        while at < len(text) and text[at] in _SPACE:
            at += 1
        if at == len(text):
            self.at = at
            return JsonReader.END
        try:
            value, end = _DECODER.raw_decode(text, at)
        except (ValueError, RecursionError):
            return self._slow(at)
        plain = text[at] not in '"[{'
        if (plain and end < len(text) and text[end] not in _SPACE + '[{"') or _depth_of(text, at, end) > _MAX_DEPTH:
            return self._slow(at)
        self.at = end
        return value

    END: Final = object()

    def _slow(self, at: int) -> Json:
        scanner = _Scanner(self._text, at)
        value = scanner.value()
        self.at = scanner.at
        return value

    @property
    def complete(self) -> bool:
        """Whether the text ends with a line's end, or is empty."""
        return not self._text or self._text.endswith("\n")

    @property
    def lines(self) -> int:
        """How many lines jq has read by now: all up to the end of the one where the last value ended."""
        end = self._text.find("\n", max(self.at - 1, 0))
        return self._text.count("\n", 0, len(self._text) if end < 0 else end + 1)


def _depth_of(text: str, start: int, end: int) -> int:
    """A bound of how deep the values here are nested."""
    if end - start < _MAX_DEPTH:
        return 0
    depth = most = 0
    in_string = False
    if text.count("[", start, end) + text.count("{", start, end) <= _MAX_DEPTH:
        return 0
    at = start
    while at < end:
        char = text[at]
        if char == "\\":
            at += 1
        elif char == '"':
            in_string = not in_string
        elif not in_string:
            if char in "[{":
                depth += 1
                most = max(most, depth)
            elif char in "]}":
                depth -= 1
        at += 1
    return most


def read_one(text: str, *, shown: bool = True) -> Json:
    """The one value of a text, as fromjson and tonumber read it.

    Raises:
        JsonProblemError: It is no JSON.
    """
    reader = JsonReader(text)
    try:
        value = reader.next()
        if value is JsonReader.END:
            return None
        if reader.next() is not JsonReader.END:
            raise JsonProblemError("Unexpected extra JSON values")
    except JsonProblemError as error:
        raise JsonProblemError(f"{error} (while parsing '{text}')" if shown else str(error)) from None
    return value


class _Scanner:
    """Reads as jq's parser does, character by character, to fail in the same words."""

    def __init__(self, text: str, at: int) -> None:
        self._text, self.at = text, at
        self._line = text.count("\n", 0, at) + 1
        self._column = at - (text.rfind("\n", 0, at) + 1)
        self._stack: list[Any] = []
        self._next: Any = _NONE
        self._token = ""

    def _fail(self, problem: str, *, end: bool = False) -> NoReturn:
        where = " at EOF" if end else ""
        self.at = len(self._text)
        raise JsonProblemError(f"{problem}{where} at line {self._line}, column {self._column}")

    def value(self) -> Json:
        """The next value."""
        text = self._text
        while self.at < len(text):
            char = text[self.at]
            self.at += 1
            self._column += 1
            if char == "\n":
                self._line, self._column = self._line + 1, 0
            if char == '"':
                self._literal()
                self._string()
            elif char in "[]{},:":
                self._literal()
                self._structure(char)
            elif char in _SPACE:
                self._literal()
            else:
                end = _PLAIN.match(text, self.at - 1).end()  # type: ignore[union-attr]
                self._token += text[self.at - 1 : end]
                self._column += end - self.at
                self.at = end
                continue
            if not self._stack and self._next is not _NONE:
                return self._next
        self._literal(end=True)
        if self._stack:
            self._fail("Unfinished JSON term", end=True)
        return self._next

    def _put(self, value: Json, *, end: bool = False) -> None:
        if self._next is not _NONE:
            self._fail("Expected separator between values", end=end)
        self._next = value

    def _literal(self, *, end: bool = False) -> None:
        token, self._token = self._token, ""
        if not token:
            return
        words: dict[str, Json] = {"true": True, "false": False, "null": None, "nan": math.nan}
        if token in words:
            self._put(words[token], end=end)
        elif token[0] in "tf" or (token[0] == "n" and len(token) != 3):
            self._fail("Invalid literal", end=end)
        else:
            try:
                number = float(token.replace("_", "x"))
            except ValueError:
                self._fail("Invalid numeric literal", end=end)
            self._put(number, end=end)

    def _string(self) -> None:
        text, start = self._text, self.at - 1
        while self.at < len(text) and text[self.at] != '"':
            step = 2 if text[self.at] == "\\" else 1
            for char in text[self.at : self.at + step]:
                self._column += 1
                if char == "\n":
                    self._line, self._column = self._line + 1, 0
            self.at += step
        if self.at >= len(text):
            self._fail("Unfinished string", end=True)
        self.at += 1
        self._column += 1
        if any(char < " " for char in text[start : self.at]):
            self._fail("Invalid string: control characters from U+0000 through U+001F must be escaped")
        try:
            self._put(json.loads(text[start : self.at], strict=False))
        except ValueError:
            self._fail("Invalid escape")

    def _structure(self, char: str) -> None:
        stack = self._stack
        top = stack[-1] if stack else None
        if char in "[{":
            if len(stack) >= _MAX_DEPTH:
                self._fail("Exceeds depth limit for parsing")
            if self._next is not _NONE:
                self._fail("Expected separator between values")
            stack.append([] if char == "[" else {})
        elif char == ":":
            if not isinstance(top, dict):
                self._fail("':' not as part of an object")
            if self._next is _NONE:
                self._fail("Expected string key before ':'")
            if not isinstance(self._next, str):
                self._fail("Object keys must be strings")
            stack.append(self._next)
            self._next = _NONE
        elif char == ",":
            if self._next is _NONE:
                self._fail("Expected value before ','")
            if not stack:
                self._fail("',' should separate values")
            if isinstance(top, dict):
                self._fail("Objects must consist of key:value pairs")
            self._add()
        else:
            self._close(char)

    def _add(self) -> None:
        top = self._stack[-1]
        if isinstance(top, list):
            top.append(self._next)
        else:
            self._stack.pop()
            self._stack[-1][top] = self._next
        self._next = _NONE

    def _close(self, char: str) -> None:
        stack = self._stack
        top = stack[-1] if stack else None
        if char == "]":
            if not isinstance(top, list):
                self._fail("Unmatched ']'")
            if self._next is not _NONE:
                self._add()
            elif top:
                self._fail("Expected another array element")
        elif self._next is not _NONE:
            if not isinstance(top, str):
                self._fail("Objects must consist of key:value pairs" if stack else "Unmatched '}'")
            self._add()
        elif not isinstance(top, dict):
            self._fail("Unmatched '}'")
        elif top:
            self._fail("Expected another key-value pair")
        self._next = stack.pop()
