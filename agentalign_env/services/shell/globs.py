"""Patterns such as ``*.txt``: in `case`, ``[[ ]]`` and parameter expansions, and expanded to the names of files.

A pattern is text in which a backslash takes the meaning from the sign after it. Patterns are matched by RE2, in linear
time; one with ``!(...)``, which no regular expression can say, by sets of positions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import re2

from agentalign_env.services.shell.limits import DEFAULT_SHELL_LIMITS

__all__ = ["Glob", "compile_glob", "escape_glob", "has_magic"]

_EXTENDED = "?*+@!"
_MAGIC = frozenset("*?")
_ESCAPED = str.maketrans({sign: "\\" + sign for sign in "\\*?[]()|!+@-^~"})
_CLASSES: dict[str, Callable[[str], bool]] = {
    "alpha": str.isalpha, "digit": lambda sign: sign in "0123456789", "alnum": str.isalnum, "upper": str.isupper,
    "lower": str.islower, "space": lambda sign: sign in " \t\n\r\v\f", "blank": lambda sign: sign in " \t",
    "punct": lambda sign: sign.isascii() and sign.isprintable() and not sign.isalnum() and sign != " ",
    "print": str.isprintable, "graph": lambda sign: sign.isprintable() and sign != " ",
    "cntrl": lambda sign: ord(sign) < 32 or ord(sign) == 127,
    "xdigit": lambda sign: sign in "0123456789abcdefABCDEF", "word": lambda sign: sign.isalnum() or sign == "_",
}  # fmt: skip
_CLASS_WORDS = {
    "alpha": r"\pL", "digit": "0-9", "alnum": r"\pL\p{Nd}", "upper": r"\p{Lu}", "lower": r"\p{Ll}",
    "space": r"\s\v", "blank": r" \t", "punct": "[:punct:]", "print": r"[:print:]\pL\pN\pP\pS",
    "graph": r"[:graph:]\pL\pN\pP\pS", "cntrl": "[:cntrl:]", "xdigit": "[:xdigit:]", "word": r"\pL\p{Nd}_",
}  # fmt: skip


def escape_glob(text: str) -> str:
    """A pattern that matches this text alone."""
    return text.translate(_ESCAPED)


def has_magic(text: str) -> bool:
    """Whether a text without quotes is a pattern."""
    return (
        not _MAGIC.isdisjoint(text)
        or ("[" in text and "]" in text)
        or ("(" in text and any(f"{sign}(" in text for sign in _EXTENDED))
    )


class _Set(NamedTuple):
    negated: bool
    ranges: tuple[tuple[str, str], ...]
    classes: tuple[str, ...]

    def holds(self, sign: str) -> bool:
        found = any(first <= sign <= last for first, last in self.ranges) or any(
            _CLASSES[name](sign) for name in self.classes
        )
        return found != self.negated

    def regex(self) -> str:
        inside = "".join(f"{_sign(first)}-{_sign(last)}" for first, last in self.ranges if first <= last)
        inside += "".join(_CLASS_WORDS[name] for name in self.classes)
        if not inside:
            return "(?s:.)" if self.negated else r"[^\x00-\x{10FFFF}]"
        return f"[{'^' if self.negated else ''}{inside}]"


class _Group(NamedTuple):
    kind: str
    choices: tuple[tuple[_Node, ...], ...]


class _Any(NamedTuple):
    many: bool


_Node = str | _Set | _Group | _Any


def _sign(sign: str) -> str:
    return sign if sign.isascii() and sign.isalnum() else f"\\x{{{ord(sign):x}}}"


# Reading patterns


def _parse(text: str, at: int = 0, ends: str = "", depth: int = 0) -> tuple[tuple[_Node, ...], int]:
    nodes: list[_Node] = []
    literal: list[str] = []

    def flush() -> None:
        if literal:
            nodes.append("".join(literal))
            literal.clear()

    while at < len(text):
        sign = text[at]
        if sign in ends:
            break
        if sign == "\\" and at + 1 < len(text):
            literal.append(text[at + 1])
            at += 2
        elif sign in _EXTENDED and text[at + 1 : at + 2] == "(" and depth < 20:
            found = _group(text, at, depth)
            if found is None:
                literal.append(sign)
                at += 1
                continue
            flush()
            nodes.append(found[0])
            at = found[1]
        elif sign in "*?":
            flush()
            node = _Any(sign == "*")
            if not (node.many and nodes and nodes[-1] == node):
                nodes.append(node)
            at += 1
        elif sign == "[" and (bracket := _bracket(text, at)) is not None:
            flush()
            nodes.append(bracket[0])
            at = bracket[1]
        else:
            literal.append(sign)
            at += 1
    flush()
    return tuple(nodes), at


def _group(text: str, start: int, depth: int) -> tuple[_Group, int] | None:
    choices = []
    at = start + 2
    while True:
        nodes, at = _parse(text, at, "|)", depth + 1)
        if at >= len(text):
            return None
        choices.append(nodes)
        at += 1
        if text[at - 1] == ")":
            return _Group(text[start], tuple(choices)), at


def _bracket(text: str, start: int) -> tuple[_Set, int] | None:
    at = start + 1
    negated = text[at : at + 1] in ("!", "^") and at < len(text)
    at += negated
    ranges: list[tuple[str, str]] = []
    classes: list[str] = []
    first = True
    while at < len(text):
        sign = text[at]
        if sign == "]" and not first:
            return _Set(negated, tuple(ranges), tuple(classes)), at + 1
        first = False
        if sign == "[" and text[at + 1 : at + 2] == ":" and (end := text.find(":]", at + 2)) > 0:
            name = text[at + 2 : end]
            if name in _CLASSES:
                classes.append(name)
                at = end + 2
                continue
        if sign == "[" and text[at + 1 : at + 2] in (".", "=") and (end := text.find(text[at + 1] + "]", at + 2)) > 0:
            ranges.append((text[at + 2], text[at + 2]))
            at = end + 2
            continue
        if sign == "\\" and at + 1 < len(text):
            at += 1
            sign = text[at]
        at += 1
        if text[at : at + 1] == "-" and text[at + 1 : at + 2] not in ("", "]"):
            at += 1
            last = text[at]
            if last == "\\" and at + 1 < len(text):
                at += 1
                last = text[at]
            at += 1
            ranges.append((sign, last))
        else:
            ranges.append((sign, sign))
    return None


# Matching


def _regex(nodes: Sequence[_Node], *, lazy: bool) -> str:
    found = []
    for node in nodes:
        if isinstance(node, str):
            found.append(re2.escape(node))
        elif isinstance(node, _Any):
            found.append((".*?" if lazy else ".*") if node.many else ".")
        elif isinstance(node, _Set):
            found.append(node.regex())
        else:
            inside = "|".join(_regex(choice, lazy=lazy) for choice in node.choices)
            more = {"@": "", "?": "?", "*": "*", "+": "+"}[node.kind]
            found.append(f"(?:{inside}){more}{'?' if lazy and more else ''}")
    return "".join(found)


def _has_negation(nodes: Iterable[_Node]) -> bool:
    return any(
        isinstance(node, _Group) and (node.kind == "!" or any(map(_has_negation, node.choices))) for node in nodes
    )


def _advance(nodes: Sequence[_Node], text: str, places: set[int]) -> set[int]:
    """Where matching may go on after these nodes, from any of these places."""
    for node in nodes:
        if not places:
            return places
        if isinstance(node, str):
            places = {at + len(node) for at in places if text.startswith(node, at)}
        elif isinstance(node, _Any):
            if node.many:
                places = set(range(min(places), len(text) + 1))
            else:
                places = {at + 1 for at in places if at < len(text)}
        elif isinstance(node, _Set):
            places = {at + 1 for at in places if at < len(text) and node.holds(text[at])}
        else:
            places = _advance_group(node, text, places)
    return places


def _advance_group(node: _Group, text: str, places: set[int]) -> set[int]:
    def once(starts: set[int]) -> set[int]:
        return set().union(*(_advance(choice, text, starts) for choice in node.choices))

    if node.kind == "!":
        found: set[int] = set()
        for at in places:
            found |= set(range(at, len(text) + 1)) - once({at})
        return found
    if node.kind == "@":
        return once(places)
    if node.kind == "?":
        return places | once(places)
    reached = once(places) if node.kind == "+" else set(places)
    new = reached
    while new:
        new = once(new) - reached
        reached = reached | new
    return reached


class Glob:
    """A pattern, ready to be matched."""

    __slots__ = ("_flags", "_longest", "_negation", "_nodes", "_shortest", "_simple", "_tail", "_whole")

    def __init__(self, pattern: str, *, ignore_case: bool = False) -> None:
        self._nodes, _ = _parse(pattern[: DEFAULT_SHELL_LIMITS.pattern_chars])
        self._negation = _has_negation(self._nodes)
        self._flags = "(?si)" if ignore_case else "(?s)"
        self._whole: Any = None
        self._longest: Any = None
        self._shortest: Any = None
        self._tail: tuple[Any, Any] | None = None
        kinds = "".join("s" if isinstance(node, str) else "*" if node == _Any(True) else "x" for node in self._nodes)
        self._simple = kinds if kinds in ("", "s", "*", "s*", "*s", "*s*") and not ignore_case else None

    @staticmethod
    def _compile(pattern: str, *, longest: bool = False) -> Any:
        options = re2.Options()
        options.log_errors = False
        options.longest_match = longest
        try:
            return re2.compile(pattern, options)
        except re2.error:
            return re2.compile(r"[^\x00-\x{10FFFF}]")

    def matches(self, text: str) -> bool:
        """Whether the pattern matches the whole text."""
        nodes, simple = self._nodes, self._simple
        if simple is not None:
            if simple == "s":
                return text == nodes[0]
            if simple == "*s":
                return text.endswith(str(nodes[1]))
            if simple == "s*":
                return text.startswith(str(nodes[0]))
            if simple == "*s*":
                return str(nodes[1]) in text
            return simple == "*" or not text
        if self._negation:
            return len(text) in _advance(nodes, text[: DEFAULT_SHELL_LIMITS.pattern_chars], {0})
        if self._whole is None:
            self._whole = self._compile(f"{self._flags}{_regex(nodes, lazy=False)}")
        return self._whole.fullmatch(text) is not None

    def prefix(self, text: str, *, longest: bool) -> int:
        """The length of the longest or shortest beginning that matches; -1 for none."""
        simple = self._simple
        if simple == "s":
            literal = str(self._nodes[0])
            return len(literal) if text.startswith(literal) else -1
        if simple == "*s":
            literal = str(self._nodes[1])
            at = text.rfind(literal) if longest else text.find(literal)
            return -1 if at < 0 else at + len(literal)
        if self._negation:
            places = _advance(self._nodes, text, {0})
            return (max if longest else min)(places) if places else -1
        if longest:
            if self._longest is None:
                self._longest = self._compile(f"{self._flags}{_regex(self._nodes, lazy=False)}", longest=True)
            found = self._longest.match(text)
        else:
            if self._shortest is None:
                self._shortest = self._compile(f"{self._flags}{_regex(self._nodes, lazy=True)}")
            found = self._shortest.match(text)
        return -1 if found is None else int(found.end())

    def suffix(self, text: str, *, longest: bool) -> int:
        """Where the longest or shortest end that matches begins; -1 for none."""
        simple = self._simple
        if simple == "s":
            literal = str(self._nodes[0])
            return len(text) - len(literal) if text.endswith(literal) else -1
        if simple == "s*":
            literal = str(self._nodes[0])
            return text.find(literal) if longest else text.rfind(literal)
        if self._negation:
            starts = range(len(text) + 1) if longest else range(len(text), -1, -1)
            return next((at for at in starts if len(text) in _advance(self._nodes, text, {at})), -1)
        if self._tail is None:
            inside = _regex(self._nodes, lazy=False)
            self._tail = (
                self._compile(f"{self._flags}(.*?)(?:{inside})"),
                self._compile(f"{self._flags}(.*)(?:{inside})"),
            )
        found = self._tail[0 if longest else 1].fullmatch(text)
        return -1 if found is None else int(found.end(1))

    def search(self, text: str, start: int) -> tuple[int, int] | None:
        """The first match from here on, the longest there."""
        if self._simple == "s":
            literal = str(self._nodes[0])
            at = text.find(literal, start)
            return None if at < 0 else (at, at + len(literal))
        if self._negation:
            for at in range(start, len(text) + 1):
                places = _advance(self._nodes, text, {at})
                if places:
                    return at, max(places)
            return None
        if self._longest is None:
            self._longest = self._compile(f"{self._flags}{_regex(self._nodes, lazy=False)}", longest=True)
        found = self._longest.search(text, start)
        return None if found is None else (int(found.start()), int(found.end()))


@lru_cache(maxsize=2048)
def compile_glob(pattern: str, *, ignore_case: bool = False) -> Glob:
    """The pattern, compiled; cached."""
    return Glob(pattern, ignore_case=ignore_case)
