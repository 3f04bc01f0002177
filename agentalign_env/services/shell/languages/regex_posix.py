r"""Reads POSIX basic and extended regular expressions with GNU's additions, and awk's."""

from __future__ import annotations

from typing import Final, Literal

from agentalign_env.services.shell.languages.regex_nodes import (
    Alternatives,
    Assertion,
    Backreference,
    Chars,
    Group,
    Node,
    PatternError,
    Repeat,
    Sequence_,
)

__all__ = ["CLASSES", "WORD", "parse_posix"]

CLASSES: Final = frozenset(
    {"alpha", "digit", "alnum", "upper", "lower", "space", "blank", "punct", "print", "graph", "cntrl", "xdigit"}
)
WORD: Final = Chars(ranges=((95, 95),), classes=("alnum",))
_ESCAPED_SETS: Final = {
    "w": WORD,
    "W": WORD._replace(negated=True),
    "s": Chars(classes=("space",)),
    "S": Chars(classes=("space",), negated=True),
}
_ESCAPED_PLACES: Final = {
    "<": Assertion("begin"),
    ">": Assertion("end"),
    "b": Assertion("word"),
    "B": Assertion("not_word"),
    "`": Assertion("text_start"),
    "'": Assertion("text_end"),
}
_AWK_ESCAPES: Final = {"n": "\n", "t": "\t", "r": "\r", "f": "\f", "v": "\v", "a": "\a", "b": "\b"}
_ANY: Final = Chars(ranges=(), negated=True)
_MAX_DEPTH: Final = 100
_MAX_REPEAT: Final = 32767
_UNMATCHED_BRACKET: Final = "Unmatched [, [^, [:, [., or [="


def parse_posix(
    text: str, dialect: Literal["basic", "extended", "awk"], *, fold: bool, lines: bool, lenient: bool
) -> tuple[Node, int]:
    """The parts of a pattern, and how many groups it has.

    Args:
        text: The pattern.
        dialect: How it is written.
        fold: Whether case does not matter.
        lines: Whether ``^`` and ``$`` stand at every line of the text.
        lenient: As grep and awk read: an operator without an operand is passed over, a lone brace is a brace.

    Raises:
        PatternError: It is invalid.
    """
    parser = _Parser(text, dialect, fold=fold, lines=lines, lenient=lenient)
    node = parser.alternatives(0)
    if parser.at < len(text):
        raise PatternError("Unmatched ) or \\)")
    return node, parser.groups


class _Parser:
    def __init__(self, text: str, dialect: str, *, fold: bool, lines: bool, lenient: bool) -> None:
        self.text, self.at, self.groups = text, 0, 0
        self._basic, self._awk, self._fold, self._lenient = dialect == "basic", dialect == "awk", fold, lenient
        self._start = Assertion("line_start" if lines else "text_start")
        self._end = Assertion("line_end" if lines else "text_end")
        self._closed: set[int] = set()

    def _sees(self, operator: str) -> bool:
        """Whether the operator (its extended spelling) comes next; a basic one has a backslash."""
        return self.text.startswith("\\" + operator if self._basic else operator, self.at)

    def _skip(self) -> None:
        self.at += 2 if self._basic else 1

    def alternatives(self, depth: int) -> Node:
        if depth > _MAX_DEPTH:
            raise PatternError("Regular expression too big")
        found = [self._sequence(depth)]
        while self._sees("|"):
            self._skip()
            found.append(self._sequence(depth))
        return found[0] if len(found) == 1 else Alternatives(tuple(found))

    def _sequence(self, depth: int) -> Node:
        parts: list[Node] = []
        fresh = True  # nothing yet that an operator could repeat
        while self.at < len(self.text):
            if self._sees("|") or (self._sees(")") and (depth > 0 or self._basic)):
                break
            repeat = self._repeat(fresh)
            if repeat is not None:
                if not fresh:
                    parts[-1] = Repeat(parts[-1], *repeat)
                continue
            part = self._atom(depth, first=not parts)
            parts.append(part)
            fresh = part is self._start and len(parts) == 1
        return parts[0] if len(parts) == 1 else Sequence_(tuple(parts))

    def _repeat(self, fresh: bool) -> tuple[int, int | None] | None:
        """The operator that comes next: how often; ``None`` for none. Without an operand it may be a character."""
        char = self.text[self.at]
        if char == "*" and not (self._basic and fresh):
            self.at += 1
            found: tuple[int, int | None] = (0, None)
        elif self._sees("+") and not (self._basic and fresh):
            self._skip()
            found = (1, None)
        elif self._sees("?") and not (self._basic and fresh):
            self._skip()
            found = (0, 1)
        elif self._sees("{") and not (self._basic and fresh):
            bounds = self._bounds()
            if bounds is None:
                return None
            found = bounds
        else:
            return None
        if fresh and not self._lenient:
            raise PatternError("Invalid preceding regular expression")
        return found

    def _bounds(self) -> tuple[int, int | None] | None:
        opening = 2 if self._basic else 1
        closing = "\\}" if self._basic else "}"
        end = self.text.find(closing, self.at + opening)
        loose = self._lenient and not self._basic
        if end < 0:
            if loose:
                return None
            raise PatternError("Unmatched { or \\{" if self._awk else "Unmatched \\{")
        low, comma, high = self.text[self.at + opening : end].partition(",")
        if not all(part == "" or (part.isascii() and part.isdigit()) for part in (low, high)) or not (low or comma):
            if loose:
                return None
            raise PatternError("Invalid content of \\{\\}")
        least = int(low[:6] or "0")
        most = int(high[:6]) if high else (None if comma else least)
        if max(least, most or 0) > _MAX_REPEAT:
            raise PatternError("Regular expression too big")
        if most is not None and least > most:
            raise PatternError("Invalid content of \\{\\}")
        self.at = end + len(closing)
        return least, most

    def _atom(self, depth: int, *, first: bool) -> Node:
        if self._sees("("):
            return self._group(depth)
        char = self.text[self.at]
        self.at += 1
        if char == "\\":
            return self._escape()
        if char == "[":
            return self._bracket()
        if char == ".":
            return _ANY
        if char == "^" and (not self._basic or first):
            return self._start
        if char == "$" and (not self._basic or self._at_end()):
            return self._end
        return self._char(char)

    def _at_end(self) -> bool:
        return self.at == len(self.text) or self.text.startswith(("\\)", "\\|"), self.at)

    def _group(self, depth: int) -> Node:
        self._skip()
        self.groups += 1
        number = self.groups
        part = self.alternatives(depth + 1)
        if not self._sees(")"):
            raise PatternError("Unmatched ( or \\(")
        self._skip()
        self._closed.add(number)
        return Group(number, part)

    def _escape(self) -> Node:
        if self.at == len(self.text):
            if self._awk:
                return self._char("\\")
            raise PatternError("Trailing backslash")
        char = self.text[self.at]
        self.at += 1
        if self._awk:
            if char in "yB":
                return Assertion("word" if char == "y" else "not_word")
            if char in _AWK_ESCAPES:
                return self._char(_AWK_ESCAPES[char])
        elif char.isdigit() and char != "0":
            if int(char) not in self._closed:
                raise PatternError("Invalid back reference")
            return Backreference(int(char), self._fold)
        elif self._basic and char == "{":
            raise PatternError("Invalid preceding regular expression")
        return _ESCAPED_SETS.get(char) or _ESCAPED_PLACES.get(char) or self._char(char)

    def _char(self, char: str) -> Chars:
        code = ord(char)
        return Chars(ranges=((code, code),), fold=self._fold)

    def _bracket(self) -> Chars:
        text, negated = self.text, False
        if text.startswith("^", self.at):
            negated, self.at = True, self.at + 1
        ranges: list[tuple[int, int]] = []
        classes: list[str] = []
        first = self.at
        while self.at == first or not text.startswith("]", self.at):
            if self.at >= len(text):
                raise PatternError(_UNMATCHED_BRACKET)
            if text.startswith("[:", self.at):
                classes.append(self._class_name())
                continue
            low = self._member()
            high = low
            if text.startswith("-", self.at) and not text.startswith("-]", self.at) and self.at + 1 < len(text):
                self.at += 1
                high = self._member()
                if high < low:
                    raise PatternError("Invalid range end")
            ranges.append((low, high))
        inside = text[first : self.at]
        self.at += 1
        if not negated and len(inside) > 2 and inside[0] == inside[-1] == ":" and not self._awk:
            raise PatternError("character class syntax is [[:space:]], not [:space:]")
        if self._fold and ("upper" in classes or "lower" in classes):
            classes.append("alpha")
        return Chars(tuple(ranges), tuple(classes), negated, self._fold)

    def _class_name(self) -> str:
        end = self.text.find(":]", self.at + 2)
        if end < 0:
            raise PatternError(_UNMATCHED_BRACKET)
        name = self.text[self.at + 2 : end]
        if name not in CLASSES:
            raise PatternError("Invalid character class name")
        self.at = end + 2
        return name

    def _member(self) -> int:
        text = self.text
        char = text[self.at]
        if char == "[" and text[self.at + 1 : self.at + 2] in {".", "="}:
            end = text.find(text[self.at + 1] + "]", self.at + 3)
            if end < 0:
                raise PatternError(_UNMATCHED_BRACKET)
            if end != self.at + 3:
                raise PatternError("Invalid collation character")
            char, self.at = text[self.at + 2], end + 2
            return ord(char)
        self.at += 1
        if char == "\\" and self._awk and self.at < len(text):
            char = text[self.at]
            self.at += 1
            return ord(_AWK_ESCAPES.get(char, char))
        return ord(char)
