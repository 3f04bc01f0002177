"""The parts of a jq program."""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias

__all__ = [
    "Array", "Binary", "Bind", "Break", "Call", "Define", "Each", "Foreach", "Format", "FuncDef", "Identity", "If",
    "Index", "Label", "Literal", "Negate", "Node", "Object", "Optional_", "PatternNode", "Reduce", "Slice", "Text",
    "Try", "Variable",
]  # fmt: skip


class Identity(NamedTuple):
    """``.``."""


class Literal(NamedTuple):
    """A constant."""

    value: Any


class Text(NamedTuple):
    """A string with values in it, each written in a format."""

    parts: tuple[str | Node, ...]
    format: str


class Format(NamedTuple):
    """``@base64`` and the like on its own."""

    name: str


class Index(NamedTuple):
    """``.a`` or ``.[key]`` of a term."""

    term: Node
    key: Node


class Slice(NamedTuple):
    """``.[low:high]``."""

    term: Node
    low: Node | None
    high: Node | None


class Each(NamedTuple):
    """``.[]``."""

    term: Node


class Optional_(NamedTuple):  # noqa: N801 - typing's Optional means something else
    """``term?``."""

    term: Node


class Array(NamedTuple):
    """``[...]``."""

    part: Node | None


class Object(NamedTuple):
    """``{...}``: keys and values."""

    entries: tuple[tuple[Node, Node], ...]


class Negate(NamedTuple):
    """``-term``."""

    part: Node


class Binary(NamedTuple):
    """Any operator between two parts, the pipe and the comma too."""

    operator: str
    left: Node
    right: Node


class If(NamedTuple):
    """``if``; no `no` is ``.``."""

    test: Node
    yes: Node
    no: Node


class Try(NamedTuple):
    """``try``."""

    part: Node
    catch: Node | None


class Reduce(NamedTuple):
    """``reduce``."""

    source: Node
    pattern: PatternNode
    start: Node
    update: Node


class Foreach(NamedTuple):
    """``foreach``."""

    source: Node
    pattern: PatternNode
    start: Node
    update: Node
    extract: Node | None


class FuncDef(NamedTuple):
    """A function: its parameters (``$x`` or ``f``) and body."""

    name: str
    parameters: tuple[str, ...]
    body: Node
    at: int


class Define(NamedTuple):
    """A function and what follows it."""

    function: FuncDef
    rest: Node


class Call(NamedTuple):
    """A call."""

    name: str
    args: tuple[Node, ...]
    at: int


class Variable(NamedTuple):
    """``$x``."""

    name: str
    at: int


class Bind(NamedTuple):
    """``source as pattern | rest``."""

    source: Node
    pattern: PatternNode
    rest: Node


class Label(NamedTuple):
    """``label $x | rest``."""

    name: str
    rest: Node


class Break(NamedTuple):
    """``break $x``."""

    name: str
    at: int


class PatternNode(NamedTuple):
    """What is taken apart: a variable, or an array's or object's parts.

    Attributes:
        name: The variable, if it is one (an object's key may be one and have parts too).
        array: The patterns of an array's elements.
        entries: Keys (and the variables that take their values) and the patterns of an object's values.
    """

    name: str = ""
    array: tuple[PatternNode, ...] | None = None
    entries: tuple[tuple[Node, str, PatternNode | None], ...] | None = None


Node: TypeAlias = (
    Identity | Literal | Text | Format | Index | Slice | Each | Optional_ | Array | Object | Negate | Binary | If | Try
    | Reduce | Foreach | Define | Call | Variable | Bind | Label | Break
)  # fmt: skip
