"""Permissions as chmod, mkdir -m and find -perm take them: octal or symbolic."""

from __future__ import annotations

import re
from typing import NamedTuple

__all__ = ["Mode", "ModeError", "parse_mode"]

_CLAUSE = re.compile(r"([ugoa]*)((?:[-+=](?:[rwxXst]*|[ugo]|[0-7]+))+)")
_ACTION = re.compile(r"([-+=])([rwxXst]*|[ugo]|[0-7]+)(?=[-+=]|$)")
_SHIFTS = {"u": 6, "g": 3, "o": 0}
_UMASK = 0o022


class ModeError(ValueError):
    """A text that is no mode."""


class Mode(NamedTuple):
    """A change of permissions.

    Attributes:
        octal: The permissions themselves, or -1.
        clauses: Symbolic ones: who, and signs with their rights.
    """

    octal: int
    clauses: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
    digits: int = 0

    def applied(self, bits: int, *, is_directory: bool, umask: int = _UMASK) -> str:
        """These permissions after the change: four octal digits."""
        if self.octal >= 0:
            # Octal modes of up to four digits keep a directory's set-id bits, as GNU's do.
            kept = bits & 0o6000 if is_directory and self.digits < 5 else 0
            return f"{self.octal | kept:04o}"
        for who, actions in self.clauses:
            for sign, rights in actions:
                bits = _changed(bits, who, sign, rights, is_directory=is_directory, umask=umask)
        return f"{bits:04o}"


def _changed(bits: int, who: str, sign: str, rights: str, *, is_directory: bool, umask: int) -> int:
    classes = "ugo" if not who or "a" in who else who
    allowed = ~umask if not who else ~0
    value = mask = 0
    for letter in "ugo":
        if letter not in classes:
            continue
        shift = _SHIFTS[letter]
        value |= _rights(bits, rights, is_directory=is_directory) << shift
        mask |= 7 << shift
        if "s" in rights and letter != "o":
            value |= 0o4000 if letter == "u" else 0o2000
        mask |= {"u": 0o4000, "g": 0o2000, "o": 0}[letter]
    if "t" in rights and rights not in ("u", "g", "o"):
        value |= 0o1000
    value &= allowed
    if sign == "+":
        return bits | value
    if sign == "-":
        return bits & ~value
    if is_directory:
        mask &= ~0o6000
    return (bits & ~(mask | (0o1000 if classes == "ugo" else 0))) | value


def _rights(bits: int, rights: str, *, is_directory: bool) -> int:
    if rights in _SHIFTS:
        return bits >> _SHIFTS[rights] & 7
    found = sum(bit for letter, bit in (("r", 4), ("w", 2), ("x", 1)) if letter in rights)
    if "X" in rights and (is_directory or bits & 0o111):
        found |= 1
    return found


def parse_mode(text: str) -> Mode:
    """The change that a text describes.

    Raises:
        ModeError: It is no mode.
    """
    if re.fullmatch(r"[0-7]{1,6}", text):
        if int(text, 8) > 0o7777:
            raise ModeError(text)
        return Mode(int(text, 8), (), len(text))
    clauses = []
    for part in text.split(","):
        found = _CLAUSE.fullmatch(part)
        if found is None:
            raise ModeError(text)
        actions = tuple((sign, rights) for sign, rights in _ACTION.findall(found[2]))
        if any(rights.isdecimal() for _, rights in actions):
            raise ModeError(text)
        clauses.append((found[1], actions))
    return Mode(-1, tuple(clauses))
