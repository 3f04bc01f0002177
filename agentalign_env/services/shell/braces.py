"""Brace expansion: ``{a,b}`` and ``{1..3}``, of words before any other expansion."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from agentalign_env.services.shell.arithmetic import wrap
from agentalign_env.services.shell.limits import DEFAULT_SHELL_LIMITS
from agentalign_env.services.shell.syntax import Literal, Part, Word

__all__ = ["TooManyWordsProblem", "expand_braces"]

_NUMBERS = re.compile(r"(-?[0-9]{1,18})\.\.(-?[0-9]{1,18})(?:\.\.(-?[0-9]{1,18}))?")
_LETTERS = re.compile(r"([A-Za-z])\.\.([A-Za-z])(?:\.\.(-?[0-9]{1,18}))?")
_Atoms = tuple[str | Part, ...]  # signs that may mean something, and parts that mean themselves


class TooManyWordsProblem(Exception):  # noqa: N818 - a problem of the script, not of ours
    """A brace expansion makes more words than the shell holds."""


def expand_braces(word: Word) -> list[Word]:
    """The words that a word with braces makes; itself alone without any.

    Raises:
        TooManyWordsProblem: There are too many.
    """
    atoms: list[str | Part] = []
    for part in word.parts:
        if type(part) is Literal:
            atoms.extend(part.text)
        else:
            atoms.append(part)
    found = _expand(tuple(atoms), 0)
    if len(found) == 1 and found[0] == tuple(atoms):
        return [word]
    return [_joined(atoms) for atoms in found]


def _joined(atoms: _Atoms) -> Word:
    parts: list[Part] = []
    literal: list[str] = []
    for atom in atoms:
        if type(atom) is str:
            literal.append(atom)
            continue
        if literal:
            parts.append(Literal("".join(literal)))
            literal = []
        parts.append(atom)  # type: ignore[arg-type]
    if literal:
        parts.append(Literal("".join(literal)))
    found = Word(tuple(parts), "".join(literal) if len(parts) == 1 else "")
    if found.braces:
        found.braces = False
        if all(type(part) is Literal and not any(sign in part.text for sign in "*?[~(") for part in parts):
            found.fixed = "".join(part.text for part in parts)  # type: ignore[union-attr]
    return found


def _expand(atoms: _Atoms, depth: int) -> list[_Atoms]:
    if depth > DEFAULT_SHELL_LIMITS.parser_depth:
        raise TooManyWordsProblem
    start, choices = 0, list[_Atoms]()
    while True:
        opened = next((at for at in range(start, len(atoms)) if atoms[at] == "{"), -1)
        if opened < 0:
            return [atoms]
        closed, commas = _closing(atoms, opened)
        if closed >= 0:
            inside = atoms[opened + 1 : closed]
            if commas:
                edges = [opened, *commas, closed]
                choices = [
                    choice for left, right in pairwise(edges) for choice in _expand(atoms[left + 1 : right], depth + 1)
                ]
            else:
                choices = list(_range(inside))
            if choices:
                break
        start = opened + 1
    rest = _expand(atoms[closed + 1 :], depth + 1)
    if len(choices) * len(rest) > DEFAULT_SHELL_LIMITS.words:
        raise TooManyWordsProblem
    head = atoms[:opened]
    return [(*head, *choice, *tail) for choice in choices for tail in rest]


def _closing(atoms: _Atoms, opened: int) -> tuple[int, list[int]]:
    """Where the brace is closed (-1: nowhere), and the commas at its level."""
    level = 0
    commas: list[int] = []
    for at in range(opened + 1, len(atoms)):
        atom = atoms[at]
        if atom == "{":
            level += 1
        elif atom == "}":
            if level == 0:
                return at, commas
            level -= 1
        elif atom == "," and level == 0:
            commas.append(at)
    return -1, []


def _range(inside: _Atoms) -> Iterator[_Atoms]:
    if not all(type(atom) is str for atom in inside):
        return
    text = "".join(inside)  # type: ignore[arg-type]
    letters = _LETTERS.fullmatch(text)
    if letters is not None:
        for code in _steps(ord(letters.group(1)), ord(letters.group(2)), letters.group(3)):
            yield (chr(code),)
        return
    numbers = _NUMBERS.fullmatch(text)
    if numbers is None:
        return
    first, last, _ = numbers.groups()
    padded = any(re.fullmatch(r"-?0[0-9]+", end) for end in (first, last))
    width = max(len(first), len(last)) if padded else 0
    for value in _steps(int(first), int(last), numbers.group(3)):
        yield tuple(f"{value:0{width}d}") if padded else tuple(str(value))


def _steps(first: int, last: int, step_text: str | None) -> range:
    step = abs(wrap(int(step_text or 1))) or 1
    if abs(last - first) // step >= DEFAULT_SHELL_LIMITS.words:
        raise TooManyWordsProblem
    return range(first, last + 1, step) if first <= last else range(first, last - 1, -step)
