r"""Reads the regular expressions of Perl, as ``grep -P`` and jq take them."""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

from agentalign_env.services.shell.languages.regex_nodes import (
    Alternatives,
    Assertion,
    Atomic,
    Backreference,
    Chars,
    Group,
    Keep,
    Look,
    Node,
    PatternError,
    Repeat,
    Sequence_,
    walk,
)
from agentalign_env.services.shell.languages.regex_posix import CLASSES

__all__ = ["parse_perl"]

_SETS: Final = {
    "d": Chars(ranges=((48, 57),)),
    "w": Chars(ranges=((48, 57), (65, 90), (95, 95), (97, 122))),
    "s": Chars(ranges=((9, 13), (32, 32))),
    "h": Chars(ranges=((9, 9), (32, 32), (160, 160))),
    "v": Chars(ranges=((10, 13), (133, 133), (8232, 8233))),
    "N": Chars(ranges=((10, 10),), negated=True),
    "R": Chars(ranges=((10, 13), (133, 133), (8232, 8233))),
}
_PLACES: Final[dict[str, Assertion]] = {
    "b": Assertion("word"),
    "B": Assertion("not_word"),
    "A": Assertion("text_start"),
    "G": Assertion("text_start"),
    "z": Assertion("text_end"),
    "Z": Assertion("last_end"),
}
_CONTROLS: Final = {"n": "\n", "t": "\t", "r": "\r", "f": "\f", "a": "\a", "e": "\x1b"}
_PROPERTIES: Final = {
    "L": "alpha",
    "Lu": "upper",
    "Ll": "lower",
    "N": "digit",
    "Nd": "digit",
    "P": "punct",
    "Z": "space",
    "Zs": "blank",
}
_MAX_DEPTH: Final = 100
_MAX_REPEAT: Final = 65535


class _Flags(NamedTuple):
    fold: bool = False
    lines: bool = False
    dots: bool = False
    spaced: bool = False


def parse_perl(text: str, *, fold: bool, spaced: bool = False, dots: bool = False) -> tuple[Node, int, dict[str, int]]:
    """The parts of a pattern, how many groups it has, and the groups with names.

    Args:
        text: The pattern.
        fold: Whether case does not matter.
        spaced: Whether white space and comments in it mean nothing.
        dots: Whether a dot stands for a newline too.

    Raises:
        PatternError: It is invalid, or of a kind that is not supported.
    """
    parser = _Parser(text, _Flags(fold=fold, spaced=spaced, dots=dots))
    node = parser.alternatives(0)
    if parser.at < len(text):
        raise PatternError("unmatched closing parenthesis")
    if any(isinstance(part, Backreference) and not 0 < part.number <= parser.groups for part in walk(node)):
        raise PatternError("reference to non-existent subpattern")
    return node, parser.groups, parser.names


class _Parser:
    def __init__(self, text: str, flags: _Flags) -> None:
        self.text, self.at, self.groups = text, 0, 0
        self.names: dict[str, int] = {}
        self._flags = flags

    def _take(self, token: str) -> bool:
        if self.text.startswith(token, self.at):
            self.at += len(token)
            return True
        return False

    def alternatives(self, depth: int) -> Node:
        if depth > _MAX_DEPTH:
            raise PatternError("parentheses are too deeply nested")
        found = [self._sequence(depth)]
        while self._take("|"):
            found.append(self._sequence(depth))
        return found[0] if len(found) == 1 else Alternatives(tuple(found))

    def _sequence(self, depth: int) -> Node:
        parts: list[Node] = []
        while self.at < len(self.text) and self.text[self.at] not in "|)":
            if self._flags.spaced and self._skip_space():
                continue
            if self._take("\\Q"):
                end = self.text.find("\\E", self.at)
                end = len(self.text) if end < 0 else end
                parts.extend(self._char(char) for char in self.text[self.at : end])
                self.at = end
                if self._take("\\E") and parts:
                    parts[-1] = self._repeated(parts[-1])
                continue
            if self._take("\\E"):
                continue
            part = self._atom(depth)
            if part is not None:
                parts.append(self._repeated(part))
        return parts[0] if len(parts) == 1 else Sequence_(tuple(parts))

    def _skip_space(self) -> bool:
        if self.text[self.at].isspace():
            self.at += 1
            return True
        if self.text[self.at] == "#":
            end = self.text.find("\n", self.at)
            self.at = len(self.text) if end < 0 else end + 1
            return True
        return False

    def _repeated(self, part: Node) -> Node:
        while (bounds := self._bounds()) is not None:
            mode: Literal["greedy", "lazy", "possessive"] = "greedy"
            if self._take("?"):
                mode = "lazy"
            elif self._take("+"):
                mode = "possessive"
            if not isinstance(part, Assertion | Keep):
                part = Repeat(part, *bounds, mode)
        return part

    def _bounds(self) -> tuple[int, int | None] | None:
        if self._take("*"):
            return 0, None
        if self._take("+"):
            return 1, None
        if self._take("?"):
            return 0, 1
        if not self.text.startswith("{", self.at):
            return None
        end = self.text.find("}", self.at)
        low, comma, high = self.text[self.at + 1 : max(end, 0)].partition(",")
        if end < 0 or not (low.isascii() and low.isdigit()) or not (high == "" or (high.isascii() and high.isdigit())):
            return None
        least = int(low[:6])
        most = int(high[:6]) if high else (None if comma else least)
        if max(least, most or 0) > _MAX_REPEAT:
            raise PatternError("number too big in {} quantifier")
        if most is not None and most < least:
            raise PatternError("numbers out of order in {} quantifier")
        self.at = end + 1
        return least, most

    def _atom(self, depth: int) -> Node | None:
        char = self.text[self.at]
        if char == "(":
            self.at += 1
            return self._group(depth)
        if char in "*+?" or (char == "{" and self._bounds() is not None):
            raise PatternError("quantifier does not follow a repeatable item")
        self.at += 1
        if char == "\\":
            return self._escape()
        if char == "[":
            return self._bracket()
        if char == ".":
            return Chars(negated=True) if self._flags.dots else _SETS["N"]
        if char == "^":
            return Assertion("line_start" if self._flags.lines else "text_start")
        if char == "$":
            return Assertion("line_end" if self._flags.lines else "last_end")
        return self._char(char)

    def _char(self, char: str) -> Chars:
        return Chars(ranges=((ord(char), ord(char)),), fold=self._flags.fold)

    # Groups

    def _group(self, depth: int) -> Node | None:
        if self._take("?#"):
            end = self.text.find(")", self.at)
            if end < 0:
                raise PatternError("missing ) after (?# comment")
            self.at = end + 1
            return None
        if self._take("*"):
            raise PatternError("(*VERB) not recognized or malformed")
        before = self._flags
        for opening, ahead, negated in (
            ("?=", True, False),
            ("?!", True, True),
            ("?<=", False, False),
            ("?<!", False, True),
        ):
            if self._take(opening):
                return Look(self._closed(depth, before), ahead, negated)
        if self._take("?>"):
            return Atomic(self._closed(depth, before))
        if self._take("?|"):
            raise PatternError("unrecognized character after (? or (?-")
        for opening, closing in (("?P<", ">"), ("?<", ">"), ("?'", "'")):
            if self._take(opening):
                return self._numbered(depth, before, self._name(closing))
        if self._take("?P="):
            return self._named_reference(")")
        if self._take("?"):
            if self._set_flags():
                return None
            return self._closed(depth, before)
        return self._numbered(depth, before, "")

    def _numbered(self, depth: int, before: _Flags, name: str) -> Node:
        self.groups += 1
        number = self.groups
        if name:
            if name in self.names:
                raise PatternError("two named subpatterns have the same name (PCRE2_DUPNAMES not set)")
            self.names[name] = number
        return Group(number, self._closed(depth, before))

    def _closed(self, depth: int, before: _Flags) -> Node:
        part = self.alternatives(depth + 1)
        if not self._take(")"):
            raise PatternError("missing closing parenthesis")
        self._flags = before
        return part

    def _name(self, closing: str) -> str:
        end = self.text.find(closing, self.at)
        name = self.text[self.at : max(end, self.at)]
        if end < 0 or not name.isidentifier():
            raise PatternError("syntax error in subpattern name (missing terminator?)")
        self.at = end + 1
        return name

    def _named_reference(self, closing: str) -> Node:
        name = self._name(closing)
        if name not in self.names:
            raise PatternError("reference to non-existent subpattern")
        return Backreference(self.names[name], self._flags.fold)

    def _set_flags(self) -> bool:
        """Reads flags such as ``i-s``; whether they hold for what follows, not for a group of their own."""
        on = True
        while self.at < len(self.text):
            char = self.text[self.at]
            self.at += 1
            if char in ":)":
                return char == ")"
            if char == "-":
                on = False
            elif char == "i":
                self._flags = self._flags._replace(fold=on)
            elif char == "m":
                self._flags = self._flags._replace(lines=on)
            elif char == "s":
                self._flags = self._flags._replace(dots=on)
            elif char == "x":
                self._flags = self._flags._replace(spaced=on)
            else:
                break
        raise PatternError("unrecognized character after (? or (?-")

    # Characters

    def _escape(self) -> Node:
        if self.at == len(self.text):
            raise PatternError("\\ at end of pattern")
        char = self.text[self.at]
        self.at += 1
        if char.isdigit() and char != "0":
            digits = char
            while self.at < len(self.text) and self.text[self.at].isdigit() and len(digits) < 3:
                digits += self.text[self.at]
                self.at += 1
            return Backreference(int(digits), self._flags.fold)
        if char == "K":
            return Keep()
        if char == "k" and self.text[self.at : self.at + 1] in {"<", "'", "{"}:
            closing = {"<": ">", "'": "'", "{": "}"}[self.text[self.at]]
            self.at += 1
            return self._named_reference(closing)
        if char == "g" and self.text[self.at : self.at + 1].isdigit():
            self.at += 1
            return Backreference(int(self.text[self.at - 1]), self._flags.fold)
        if char in _PLACES:
            return _PLACES[char]
        found = self._set(char)
        return found if found is not None else self._char(self._coded(char))

    def _set(self, char: str) -> Chars | None:
        """The set that a letter after a backslash stands for."""
        if char in "pP":
            return self._property(negated=char == "P")
        if char in _SETS:
            return _SETS[char]
        if char in "DWSHV":
            return _SETS[char.lower()]._replace(negated=True)
        return None

    def _property(self, *, negated: bool) -> Chars:
        if self._take("{"):
            end = self.text.find("}", self.at)
            name = self.text[self.at : max(end, self.at)]
            self.at = end + 1 if end >= 0 else len(self.text)
        else:
            name = self.text[self.at : self.at + 1]
            self.at += 1
        if name not in _PROPERTIES:
            raise PatternError("unknown property after \\P or \\p")
        return Chars(classes=(_PROPERTIES[name],), negated=negated)

    def _coded(self, char: str) -> str:
        """The character that an escape stands for."""
        if char == "x":
            braced = self._take("{")
            start, most = self.at, 6 if braced else 2
            while (
                self.at < len(self.text) and self.at - start < most and self.text[self.at] in "0123456789abcdefABCDEF"
            ):
                self.at += 1
            code = int(self.text[start : self.at] or "0", 16)
            if braced and not self._take("}"):
                raise PatternError("missing terminating } for hexadecimal escape")
            if code > 0x10FFFF:
                raise PatternError("character code point value in \\x{} or \\o{} is too large")
            return chr(code)
        if char == "0":
            return "\0"
        if char.isalpha() and char not in _CONTROLS:
            raise PatternError("unrecognized character follows \\")
        return _CONTROLS.get(char, char)

    def _bracket(self) -> Chars:
        negated = self._take("^")
        ranges: list[tuple[int, int]] = []
        classes: list[str] = []
        first = self.at
        while self.at == first or not self.text.startswith("]", self.at):
            if self.at >= len(self.text):
                raise PatternError("missing terminating ] for character class")
            low = self._member(ranges, classes)
            if low is None:
                continue
            high = low
            if self.text.startswith("-", self.at) and not self.text.startswith("-]", self.at):
                self.at += 1
                if self.at >= len(self.text):
                    raise PatternError("missing terminating ] for character class")
                last = self._member(ranges, classes)
                if last is None:
                    ranges.append((45, 45))
                elif last < low:
                    raise PatternError("range out of order in character class")
                else:
                    high = last
            ranges.append((low, high))
        self.at += 1
        return Chars(tuple(ranges), tuple(classes), negated, self._flags.fold)

    def _member(self, ranges: list[tuple[int, int]], classes: list[str]) -> int | None:
        """The next character of a set; ``None`` where that was a set itself."""
        if self._take("[:"):
            end = self.text.find(":]", self.at)
            name = self.text[self.at : max(end, self.at)]
            plain = name.removeprefix("^")
            if end < 0 or (plain not in CLASSES and plain != "word"):
                raise PatternError("unknown POSIX class name")
            self.at = end + 2
            classes.append(name.replace("^", "!"))
            return None
        char = self.text[self.at]
        self.at += 1
        if char != "\\":
            return ord(char)
        if self.at == len(self.text):
            raise PatternError("\\ at end of pattern")
        char = self.text[self.at]
        self.at += 1
        if char == "b":
            return 8
        found = self._set(char)
        if found is None:
            return ord(self._coded(char))
        if found.negated:
            ranges.extend(_complement(found.ranges))
            classes.extend("!" + name for name in found.classes)
        else:
            ranges.extend(found.ranges)
            classes.extend(found.classes)
        return None


def _complement(ranges: tuple[tuple[int, int], ...]) -> list[tuple[int, int]]:
    found, start = [], 0
    for low, high in ranges:
        if low > start:
            found.append((start, low - 1))
        start = high + 1
    found.append((start, 0x10FFFF))
    return found
