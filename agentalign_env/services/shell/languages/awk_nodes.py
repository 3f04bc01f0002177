"""The parts of an awk program."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

__all__ = [
    "Assign", "Binary", "Block", "Builtin", "Call", "Conditional", "Constant", "Control", "Delete", "Expr", "Field",
    "For", "ForIn", "Function", "Getline", "Grouping", "If", "In", "Index", "Name", "Output", "Pattern_", "Program",
    "Rule", "Simple", "Step", "Stmt", "Switch", "Unary", "While",
]  # fmt: skip


class Constant(NamedTuple):
    """A number or string."""

    value: float | str


class Pattern_(NamedTuple):  # noqa: N801 - a compiled Pattern is used beside it
    """A regular expression between slashes."""

    text: str


class Name(NamedTuple):
    """A variable or array; ``local`` is its place in the function's frame, -1 outside."""

    text: str
    local: int


class Index(NamedTuple):
    """An element."""

    array: Name
    keys: tuple[Expr, ...]


class Field(NamedTuple):
    """A field of the record."""

    number: Expr


class Unary(NamedTuple):
    """``-``, ``+`` or ``!``."""

    operator: str
    part: Expr


class Binary(NamedTuple):
    """An operator between two values; ``" "`` joins strings."""

    operator: str
    left: Expr
    right: Expr


class Conditional(NamedTuple):
    """``test ? yes : no``."""

    test: Expr
    yes: Expr
    no: Expr


class Assign(NamedTuple):
    """An assignment, plain (``=``) or with an operator."""

    operator: str
    target: Name | Index | Field
    value: Expr


class Step(NamedTuple):
    """``++`` or ``--``, before or behind."""

    amount: int
    before: bool
    target: Name | Index | Field


class In(NamedTuple):
    """Whether an array has a key."""

    keys: tuple[Expr, ...]
    array: Name


class Grouping(NamedTuple):
    """An expression in parentheses, which is no operand of what stands around it."""

    part: Expr


class Call(NamedTuple):
    """A call of a function of the program."""

    name: str
    args: tuple[Expr, ...]
    line: int


class Builtin(NamedTuple):
    """A call of a function of awk."""

    name: str
    args: tuple[Expr, ...]


class Getline(NamedTuple):
    """``getline``: from the input, from a file (``<``) or from a command (``|``)."""

    kind: str
    source: Expr | None
    target: Name | Index | Field | None


Expr: TypeAlias = (
    Constant | Pattern_ | Name | Index | Field | Unary | Binary | Conditional | Assign | Step | In | Grouping | Call
    | Builtin | Getline
)  # fmt: skip


class Simple(NamedTuple):
    """An expression as a statement."""

    part: Expr
    line: int


class Output(NamedTuple):
    """``print`` or ``printf``, to a file (``>`` ``>>``) or a command (``|``) maybe."""

    formatted: bool
    args: tuple[Expr, ...]
    kind: str
    target: Expr | None
    line: int


class Block(NamedTuple):
    """Statements in order."""

    parts: tuple[Stmt, ...]


class If(NamedTuple):
    """A choice."""

    test: Expr
    yes: Stmt
    no: Stmt | None


class While(NamedTuple):
    """A loop; `first` whether it is run before it is tested."""

    test: Expr
    body: Stmt
    first: bool


class For(NamedTuple):
    """A loop with a start, a test and a step."""

    start: Stmt | None
    test: Expr | None
    step: Stmt | None
    body: Stmt


class ForIn(NamedTuple):
    """A loop over the keys of an array."""

    target: Name
    array: Name
    body: Stmt


class Switch(NamedTuple):
    """A choice by value; a case without a value is the default."""

    value: Expr
    cases: tuple[tuple[Expr | None, Block], ...]


class Control(NamedTuple):
    """``break continue next nextfile exit return``."""

    kind: str
    value: Expr | None


class Delete(NamedTuple):
    """Removes an element, or all."""

    array: Name
    keys: tuple[Expr, ...] | None


Stmt: TypeAlias = Simple | Output | Block | If | While | For | ForIn | Switch | Control | Delete


class Rule(NamedTuple):
    """What is done for which records; with two tests, from the one to the other."""

    tests: tuple[Expr, ...]
    body: Block | None


class Function(NamedTuple):
    """A function of the program."""

    name: str
    parameters: tuple[str, ...]
    body: Block


class Program(NamedTuple):
    """All of it."""

    begin: tuple[Block, ...]
    rules: tuple[Rule, ...]
    end: tuple[Block, ...]
    functions: dict[str, Function]
