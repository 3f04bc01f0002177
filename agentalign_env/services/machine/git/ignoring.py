"""Which files ``.gitignore`` leaves out."""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["Ignoring", "glob_matches"]


class Ignoring:
    """The patterns that hold in one directory: its own after those of the directories above it."""

    def __init__(self, patterns: Iterable[tuple[str, str]] = ()) -> None:
        self._patterns = tuple(patterns)  # (the directory that says it, the pattern)

    def below(self, folder: str, text: str) -> Ignoring:
        """With the patterns of the ``.gitignore`` in this directory."""
        lines = (line.rstrip() for line in text.splitlines())
        own = ((folder, line) for line in lines if line and not line.startswith("#"))
        return Ignoring((*self._patterns, *own))

    def ignores(self, path: str, *, is_directory: bool) -> bool:
        """Whether a path (from the repository's top) is left out; the last pattern that fits decides."""
        for folder, line in reversed(self._patterns):
            pattern = line.removeprefix("!")
            if pattern.endswith("/"):
                if not is_directory:
                    continue
                pattern = pattern.rstrip("/")
            inside = path[len(folder) :].lstrip("/")
            anchored = "/" in pattern
            subject = inside if anchored else inside.rpartition("/")[2]
            if glob_matches(pattern.removeprefix("/"), subject, across=False):
                return not line.startswith("!")
        return False


def glob_matches(pattern: str, text: str, *, across: bool = True) -> bool:
    """Whether a pattern with ``*``, ``?`` and ``[...]`` fits the whole text, in time linear in their product.

    Args:
        pattern: ``**`` fits slashes too.
        text: What it must fit.
        across: Whether a single ``*`` fits slashes.
    """
    reachable = {0}
    tokens = _tokens(pattern)
    for number, token in enumerate(tokens):
        if token in ("*", "**"):
            reachable = _spread(reachable, text, slashes=across or token == "**")
            if token == "**" and tokens[number + 1 : number + 2] == ["/"]:
                reachable |= {at - 1 for at in reachable if at and text[at - 1] == "/"}
                if 0 in reachable:
                    reachable.add(-1)  # ``**/x`` fits ``x`` too
        else:
            reachable = {at + 1 for at in reachable if _fits(token, text, at)}
        if not reachable:
            return False
    return len(text) in reachable


def _spread(starts: set[int], text: str, *, slashes: bool) -> set[int]:
    found: set[int] = set()
    for start in sorted(starts):
        at = start
        while at not in found:
            found.add(at)
            if at >= len(text) or (text[at] == "/" and not slashes):
                break
            at += 1
    return found


def _fits(token: str, text: str, at: int) -> bool:
    if at < 0:
        return token == "/"
    if at >= len(text):
        return False
    sign = text[at]
    if token == "?":
        return sign != "/"
    if len(token) > 1 and token[0] == "[":
        body = token[1:-1]
        negated = body[:1] in ("!", "^")
        body = body[negated:]
        inside, place = False, 0
        while place < len(body):
            if body[place + 1 : place + 2] == "-" and place + 2 < len(body):
                inside = inside or body[place] <= sign <= body[place + 2]
                place += 3
            else:
                inside = inside or body[place] == sign
                place += 1
        return inside != negated
    return sign == (token[1] if len(token) == 2 and token[0] == "\\" else token)


def _tokens(pattern: str) -> list[str]:
    found, at = [], 0
    while at < len(pattern):
        sign = pattern[at]
        length = 1
        if pattern[at : at + 2] == "**" or (sign == "\\" and at + 1 < len(pattern)):
            length = 2
        elif sign == "[":
            end = pattern.find("]", at + 2)
            length = end - at + 1 if end > 0 else 1
        found.append(pattern[at : at + length])
        at += length
    return found
