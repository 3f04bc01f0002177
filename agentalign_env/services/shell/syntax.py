"""What a script is made of, as the parser gives it and the interpreter runs it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

__all__ = [
    "AndOr",
    "ArithmeticCommand",
    "ArithmeticFor",
    "ArithmeticPart",
    "ArrayItem",
    "Assignment",
    "Case",
    "CaseItem",
    "Command",
    "CommandPart",
    "Condition",
    "ConditionNode",
    "Double",
    "For",
    "Function",
    "Group",
    "If",
    "ListItem",
    "Literal",
    "Parameter",
    "Part",
    "Pipeline",
    "ProcessPart",
    "Quoted",
    "Redirect",
    "Redirected",
    "Script",
    "Select",
    "Sequence",
    "Simple",
    "Subshell",
    "SyntaxProblem",
    "While",
    "Word",
]


class SyntaxProblem(Exception):  # noqa: N818 - a problem of the script, not of ours
    """The script cannot be understood.

    Attributes:
        message: In bash's words, such as ``syntax error near unexpected token `fi'``.
        line: The line it is found in, from 1.
        shown: The text of that line, where bash repeats it.
        status: The status that the shell ends with.
    """

    def __init__(self, message: str, line: int, shown: str | None = None, *, status: int = 2) -> None:
        self.message, self.line, self.shown, self.status = message, line, shown, status
        super().__init__(message)


# Words


class Literal(NamedTuple):
    """Text without quotes: its tildes, braces and pattern characters mean something."""

    text: str


class Quoted(NamedTuple):
    """Text that means itself."""

    text: str


class Double(NamedTuple):
    """What stands in double quotes."""

    parts: tuple[Part, ...]


@dataclass(slots=True, eq=False)
class Parameter:
    """``$name`` or ``${...}``.

    Attributes:
        name: Of a variable, or a special parameter such as ``@`` or ``1``.
        subscript: The word in brackets; ``@`` and ``*`` are literal words.
        operator: What is done with the value, such as ``:-`` or ``##``; ``#`` alone is kept as ``length``, ``!`` before
            a name with subscript ``@`` as ``keys``, and ``${!prefix*}`` as ``names``.
        word: The operator's first operand.
        second: The replacement of ``/``, the length of ``:``.
        indirect: Whether the value is the name of the variable meant.
        source: As written.
    """

    name: str
    subscript: Word | None = None
    operator: str = ""
    word: Word | None = None
    second: Word | None = None
    indirect: bool = False
    source: str = ""


class CommandPart(NamedTuple):
    """``$(...)`` or backticks."""

    script: Script


class ArithmeticPart(NamedTuple):
    """``$((...))``."""

    word: Word


class ProcessPart(NamedTuple):
    """``<(...)`` or ``>(...)``."""

    direction: str
    script: Script


Part = Literal | Quoted | Double | Parameter | CommandPart | ArithmeticPart | ProcessPart


class Word:
    """A word before its expansion.

    Attributes:
        parts: What it is made of.
        source: As written.
        fixed: What it always expands to, or ``None`` when that depends.
        braces: Whether it may hold a brace expansion.
    """

    __slots__ = ("braces", "fixed", "parts", "single", "source")

    def __init__(self, parts: tuple[Part, ...], source: str) -> None:
        self.parts, self.source = parts, source
        self.fixed: str | None = None
        self.braces = False
        self.single: Parameter | None = None
        texts: list[str] = []
        for part in parts:
            if type(part) is Quoted:
                texts.append(part.text)
            elif type(part) is Literal:
                if "{" in part.text:
                    self.braces = True
                if not _is_plain(part.text):
                    texts = []
                    break
                texts.append(part.text)
            else:
                break
        else:
            if not self.braces:
                self.fixed = "".join(texts)
        if not self.braces and any(type(part) is Literal and "{" in part.text for part in parts):
            self.braces = True
        if len(parts) == 1:
            part = parts[0]
            if type(part) is Double and len(part.parts) == 1 and type(part.parts[0]) is Parameter:
                inner = part.parts[0]
                if not inner.operator and inner.subscript is None and not inner.indirect and inner.name != "@":
                    self.single = inner

    def __repr__(self) -> str:
        return f"Word({self.source!r})"


def _is_plain(text: str) -> bool:
    return text == "[" or not any(sign in text for sign in "*?[~{(")


# Commands


class Redirect(NamedTuple):
    """A redirection; `fd` is a number, a variable's name, or -1 for the operator's own default."""

    fd: int | str
    operator: str
    target: Word


class ArrayItem(NamedTuple):
    """One element of an array as it is written."""

    subscript: Word | None
    append: bool
    value: Word


class Assignment(NamedTuple):
    """``name=value``, ``name[subscript]+=value`` or ``name=(...)``."""

    name: str
    subscript: Word | None
    append: bool
    value: Word | tuple[ArrayItem, ...]


@dataclass(slots=True, eq=False)
class Simple:
    """Assignments, words and redirections; `declares` when some of the words are assignments of ``declare``."""

    assignments: tuple[Assignment, ...]
    words: tuple[Word | Assignment, ...]
    redirects: tuple[Redirect, ...]
    line: int
    declares: bool = False

    def __post_init__(self) -> None:
        self.declares = any(type(word) is Assignment for word in self.words)


class Pipeline(NamedTuple):
    """Commands joined by pipes."""

    stages: tuple[Command, ...]
    negated: bool
    timed: str  # empty, "time" or "time -p"


class AndOr(NamedTuple):
    """Pipelines joined by ``&&`` and ``||``; the first operator is empty."""

    items: tuple[tuple[str, Command], ...]


class ListItem(NamedTuple):
    """A command of a list, and whether it runs in the background."""

    command: Command
    background: bool
    source: str


class Sequence(NamedTuple):
    """Commands one after the other."""

    items: tuple[ListItem, ...]


class Group(NamedTuple):
    """``{ ...; }``."""

    body: Sequence


class Subshell(NamedTuple):
    """``( ... )``."""

    body: Sequence


class If(NamedTuple):
    """``if``, with its conditions and bodies."""

    clauses: tuple[tuple[Sequence, Sequence], ...]
    otherwise: Sequence | None


class While(NamedTuple):
    """``while`` or ``until``."""

    condition: Sequence
    body: Sequence
    until: bool


class For(NamedTuple):
    """``for name in words``; without words the positional parameters."""

    name: str
    words: tuple[Word, ...] | None
    body: Sequence
    line: int


class Select(NamedTuple):
    """``select name in words``."""

    name: str
    words: tuple[Word, ...] | None
    body: Sequence
    line: int


class ArithmeticFor(NamedTuple):
    """``for ((first; condition; step))``."""

    first: Word
    condition: Word
    step: Word
    body: Sequence
    line: int


class CaseItem(NamedTuple):
    """Patterns, what they lead to, and how it ends: ``;;``, ``;&`` or ``;;&``."""

    patterns: tuple[Word, ...]
    body: Sequence
    end: str


class Case(NamedTuple):
    """``case word in ...``."""

    word: Word
    items: tuple[CaseItem, ...]
    line: int


class Function(NamedTuple):
    """A function's definition."""

    name: str
    body: Command
    source: str
    line: int


class ConditionNode(NamedTuple):
    """A node of ``[[ ... ]]``: ``!``, ``&&``, ``||`` over nodes, or a test over words."""

    operator: str
    nodes: tuple[ConditionNode, ...] = ()
    words: tuple[Word, ...] = ()


class Condition(NamedTuple):
    """``[[ ... ]]``."""

    node: ConditionNode
    line: int


class ArithmeticCommand(NamedTuple):
    """``(( ... ))``."""

    word: Word
    line: int


class Redirected(NamedTuple):
    """A compound command with redirections."""

    command: Command
    redirects: tuple[Redirect, ...]
    line: int


Command = (
    Simple
    | Pipeline
    | AndOr
    | Sequence
    | Group
    | Subshell
    | If
    | While
    | For
    | Select
    | ArithmeticFor
    | Case
    | Function
    | Condition
    | ArithmeticCommand
    | Redirected
)


@dataclass(slots=True, eq=False)
class Script:
    """A script: what is run unit by unit (lines, in the main), and the problem that ends it.

    Attributes:
        units: The commands that could be read.
        problem: Why reading stopped before the end, or ``None``.
        warnings: What was read in spite of a mistake: lines and messages.
    """

    units: tuple[Sequence, ...]
    problem: SyntaxProblem | None = None
    warnings: tuple[tuple[int, str], ...] = ()
