"""The parts of a regular expression, whatever dialect it was written in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple, TypeAlias

__all__ = [
    "Alternatives", "Assertion", "Atomic", "Backreference", "Chars", "Group", "Keep", "Look", "Node", "PatternError",
    "Repeat", "Sequence_", "renumber", "walk",
]  # fmt: skip


class PatternError(Exception):
    """A regular expression is invalid; the message has the words of the GNU tools."""


class Chars(NamedTuple):
    """One character out of ranges and named classes (``alpha``; ``!digit`` for its opposite)."""

    ranges: tuple[tuple[int, int], ...] = ()
    classes: tuple[str, ...] = ()
    negated: bool = False
    fold: bool = False


class Assertion(NamedTuple):
    """A place: of the text, of a line, or of a word."""

    kind: Literal["text_start", "text_end", "last_end", "line_start", "line_end", "word", "not_word", "begin", "end"]


class Sequence_(NamedTuple):  # noqa: N801 - typing's Sequence is used beside it
    """One after the other."""

    parts: tuple[Node, ...]


class Alternatives(NamedTuple):
    """One of several."""

    parts: tuple[Node, ...]


class Group(NamedTuple):
    """A numbered group."""

    number: int
    part: Node


class Repeat(NamedTuple):
    """So many times; no `high` is without end."""

    part: Node
    low: int
    high: int | None
    mode: Literal["greedy", "lazy", "possessive"] = "greedy"


class Backreference(NamedTuple):
    """What a group matched."""

    number: int
    fold: bool = False


class Look(NamedTuple):
    """Whether something stands ahead of or behind this place."""

    part: Node
    ahead: bool
    negated: bool


class Atomic(NamedTuple):
    """A part that is never tried again once it has matched."""

    part: Node


class Keep(NamedTuple):
    r"""``\K``: the match is said to begin here."""


Node: TypeAlias = Chars | Assertion | Sequence_ | Alternatives | Group | Repeat | Backreference | Look | Atomic | Keep


def children(node: Node) -> Sequence[Node]:
    """The nodes right below."""
    if isinstance(node, Sequence_ | Alternatives):
        return node.parts
    if isinstance(node, Group | Repeat | Look | Atomic):
        return (node.part,)
    return ()


def walk(node: Node) -> Iterator[Node]:
    """A node and everything below it."""
    ahead = [node]
    while ahead:
        found = ahead.pop()
        yield found
        ahead.extend(children(found))


def renumber(node: Node, by: int) -> Node:
    """The same with all group numbers moved up."""
    if isinstance(node, Group):
        return Group(node.number + by, renumber(node.part, by))
    if isinstance(node, Backreference):
        return node._replace(number=node.number + by)
    if isinstance(node, Sequence_ | Alternatives):
        return type(node)(tuple(renumber(part, by) for part in node.parts))
    if isinstance(node, Repeat | Look | Atomic):
        return node._replace(part=renumber(node.part, by))
    return node
