"""``test`` and ``[``."""

from __future__ import annotations

import re
from collections.abc import Mapping

from agentalign_env.services.shell.arithmetic import wrap
from agentalign_env.services.shell.deciding import NUMBERS, UNARY, compare_files, unary_test
from agentalign_env.services.shell.shell import Builtin, Shell

__all__ = ["BUILTINS"]

_INTEGER = re.compile(r"\s*[-+]?[0-9]+\s*")
_TEXTS = frozenset(("=", "==", "!=", "<", ">"))
_FILES = frozenset(("-nt", "-ot", "-ef"))


class _TestProblem(Exception):  # noqa: N818 - a problem of the script, not of ours
    """The test cannot be understood."""


def _is_binary(word: str) -> bool:
    return word in _TEXTS or word in NUMBERS or word in _FILES


def _test(shell: Shell, argv: list[str]) -> int:
    words = argv[1:]
    if argv[0] == "[":
        if not words or words[-1] != "]":
            shell.complain("[: missing `]'")
            return 2
        words.pop()
    try:
        return int(not _decide(shell, words))
    except _TestProblem as problem:
        shell.complain(f"{argv[0]}: {problem}")
        return 2


def _decide(shell: Shell, words: list[str]) -> bool:
    """POSIX's rules by the number of words, then a grammar for more."""
    count = len(words)
    if count == 0:
        return False
    if count == 1:
        return bool(words[0])
    if count == 2:
        if words[0] == "!":
            return not words[1]
        if words[0] in UNARY:
            return unary_test(shell, words[0], words[1])
        raise _TestProblem(f"{words[0]}: unary operator expected")
    if count == 3:
        return _three(shell, words)
    if count == 4 and words[0] == "!":
        return not _three(shell, words[1:])
    if count == 4 and words[0] == "(" and words[3] == ")":
        return _decide(shell, words[1:3])
    reader = _Reader(shell, words)
    found = reader.any()
    if reader.at < count:
        raise _TestProblem("too many arguments")
    return found


def _three(shell: Shell, words: list[str]) -> bool:
    first, operator, last = words
    if _is_binary(operator):
        return _binary(shell, first, operator, last)
    if operator == "-a":
        return bool(first) and bool(last)
    if operator == "-o":
        return bool(first) or bool(last)
    if first == "!":
        return not _decide(shell, words[1:])
    if first == "(" and last == ")":
        return bool(operator)
    raise _TestProblem(f"{operator}: binary operator expected")


def _number(text: str) -> int:
    if not _INTEGER.fullmatch(text) or len(text) > 60:
        raise _TestProblem(f"{text}: integer expression expected")
    return wrap(int(text))


def _binary(shell: Shell, left: str, operator: str, right: str) -> bool:
    if operator in ("=", "=="):
        return left == right
    if operator == "!=":
        return left != right
    if operator in NUMBERS:
        return NUMBERS[operator](_number(left), _number(right))
    if operator in _FILES:
        return compare_files(shell, operator, left, right)
    return left < right if operator == "<" else left > right


class _Reader:
    """Longer tests: ``-o`` binds less than ``-a``, which binds less than ``!``."""

    def __init__(self, shell: Shell, words: list[str]) -> None:
        self.shell, self.words, self.at, self.depth = shell, words, 0, 0

    def any(self) -> bool:
        found = self.all()
        while self.words[self.at : self.at + 1] == ["-o"]:
            self.at += 1
            found = self.all() or found
        return found

    def all(self) -> bool:
        found = self.term()
        while self.words[self.at : self.at + 1] == ["-a"]:
            self.at += 1
            found = self.term() and found
        return found

    def term(self) -> bool:
        self.depth += 1
        if self.depth > 100:
            raise _TestProblem("too many arguments")
        words, at = self.words, self.at
        if at >= len(words):
            raise _TestProblem("argument expected")
        if at + 2 < len(words) and _is_binary(words[at + 1]):
            self.at += 3
            found = _binary(self.shell, words[at], words[at + 1], words[at + 2])
        elif words[at] == "!":
            self.at += 1
            found = not self.term()
        elif words[at] == "(":
            self.at += 1
            found = self.any()
            if self.words[self.at : self.at + 1] != [")"]:
                raise _TestProblem("`)' expected")
            self.at += 1
        elif words[at] in UNARY and at + 1 < len(words) and words[at + 1] not in ("-a", "-o"):
            self.at += 2
            found = unary_test(self.shell, words[at], words[at + 1])
        else:
            self.at += 1
            found = bool(words[at])
        self.depth -= 1
        return found


BUILTINS: Mapping[str, Builtin] = {"test": _test, "[": _test}
