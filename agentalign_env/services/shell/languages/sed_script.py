"""The parts of a sed script."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

from agentalign_env.services.shell.languages.patterns import Pattern

__all__ = ["Address", "Edit", "Piece", "SedError", "Substitution"]


class SedError(Exception):
    """A script is invalid or cannot go on.

    Attributes:
        status: sed's exit status.
    """

    def __init__(self, problem: str, status: int = 1) -> None:
        super().__init__(problem)
        self.status = status


class Address(NamedTuple):
    """Which lines.

    Attributes:
        kind: A line's number, the last line, a pattern, every so many lines (``first~step``); as a second address also
            so many lines more, or up to a multiple.
        number: The number, or the first of the steps.
        step: The step.
        pattern: The pattern; ``None`` is the one used last.
    """

    kind: Literal["line", "last", "pattern", "step", "more", "multiple"]
    number: int = 0
    step: int = 0
    pattern: Pattern | None = None


class Piece(NamedTuple):
    r"""A part of a replacement: plain text, a group (``group`` at least 0), or a change of case (``\U`` ...)."""

    text: str = ""
    group: int = -1
    case: str = ""


class Substitution(NamedTuple):
    """The ``s`` command.

    Attributes:
        pattern: What to replace; ``None`` is the pattern used last.
        pieces: By what.
        first: From which match on.
        every: Whether all further matches too.
        printed: Whether a changed line is printed.
        run: Whether a changed line is run as a command.
        file: Where a changed line is written; empty for nowhere.
    """

    pattern: Pattern | None
    pieces: tuple[Piece, ...]
    first: int
    every: bool
    printed: bool
    run: bool
    file: str


class Edit(NamedTuple):
    """One command.

    Attributes:
        name: Its letter.
        first: From which line on; ``None`` is every line.
        second: Up to which line.
        negated: Whether it is for the other lines.
        text: A text, label, or file.
        number: An exit status or a width; -1 for none. For a block: where it ends.
        substitution: What ``s`` does.
        table: What ``y`` does.
    """

    name: str
    first: Address | None = None
    second: Address | None = None
    negated: bool = False
    text: str = ""
    number: int = -1
    substitution: Substitution | None = None
    table: Mapping[int, str] | None = None
