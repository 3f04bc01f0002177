"""Patterns of file names as find and tar take them: ``*``, ``?``, ``[a-z]``, matched without backtracking."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

__all__ = ["matches"]

_CLASSES: dict[str, Callable[[str], bool]] = {
    "alnum": str.isalnum,
    "alpha": str.isalpha,
    "blank": lambda char: char in " \t",
    "digit": str.isdigit,
    "lower": str.islower,
    "punct": lambda char: char.isprintable() and not char.isalnum() and not char.isspace(),
    "space": str.isspace,
    "upper": str.isupper,
    "xdigit": lambda char: char in "0123456789abcdefABCDEF",
}
_Item = str | tuple[bool, tuple[str, ...]] | None  # a character, a set, or None for any character


def matches(pattern: str, name: str, *, ignore_case: bool = False, slashes: bool = True) -> bool:
    """Whether the whole name matches; with `slashes`, wildcards match ``/`` too."""
    if ignore_case:
        pattern, name = pattern.lower(), name.lower()
    items = _items(pattern)
    at = place = 0
    star, resume = -1, 0
    while place < len(name):
        if at < len(items) and items[at] == "**":
            star, resume = at, place
            at += 1
        elif at < len(items) and _one(items[at], name[place], slashes=slashes):
            at, place = at + 1, place + 1
        elif star >= 0 and (slashes or name[resume] != "/"):
            resume += 1
            at, place = star + 1, resume
        else:
            return False
    return all(item == "**" for item in items[at:])


def _one(item: _Item, char: str, *, slashes: bool) -> bool:
    if item is None:
        return slashes or char != "/"
    if isinstance(item, str):
        return item == char
    negated, members = item
    return (slashes or char != "/") and any(_member(member, char) for member in members) != negated


def _member(member: str, char: str) -> bool:
    if len(member) == 1:
        return member == char
    if member.startswith(":"):
        test = _CLASSES.get(member[1:])
        return test is not None and bool(test(char))
    return member[0] <= char <= member[1]


@lru_cache(maxsize=256)
def _items(pattern: str) -> tuple[_Item, ...]:
    items: list[_Item] = []
    at = 0
    while at < len(pattern):
        char = pattern[at]
        at += 1
        if char == "*":
            if not items or items[-1] != "**":
                items.append("**")  # two characters: no literal can be that
        elif char == "?":
            items.append(None)
        elif char == "[":
            found = _set(pattern, at)
            if found is None:
                items.append("[")
            else:
                item, at = found
                items.append(item)
        elif char == "\\" and at < len(pattern):
            items.append(pattern[at])
            at += 1
        else:
            items.append(char)
    return tuple(items)


def _set(pattern: str, at: int) -> tuple[_Item, int] | None:
    """The set that begins after a bracket, and where it ends; ``None`` where it does not."""
    negated = pattern[at : at + 1] in ("!", "^")
    at += negated
    members: list[str] = []
    first = True
    while at < len(pattern):
        char = pattern[at]
        if char == "]" and not first:
            return (negated, tuple(members)), at + 1
        first = False
        if pattern.startswith("[:", at) and (end := pattern.find(":]", at)) > 0:
            members.append(":" + pattern[at + 2 : end])
            at = end + 2
            continue
        if char == "\\" and at + 1 < len(pattern):
            at += 1
            char = pattern[at]
        if pattern[at + 1 : at + 2] == "-" and pattern[at + 2 : at + 3] not in ("", "]"):
            members.append(char + pattern[at + 2])
            at += 3
        else:
            members.append(char)
            at += 1
    return None
