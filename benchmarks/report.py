"""Tables of figures: rich on a terminal, plain text elsewhere, JSON to a file, Markdown into a page."""

from __future__ import annotations

import json
import os
import platform
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.measure import TOLERANCE, Figure, verdict

__all__ = [
    "README",
    "cells",
    "goals",
    "machine_in_words",
    "markdown_table",
    "replace_between",
    "show",
    "show_goals",
    "summary",
    "to_json",
]

README = Path(__file__).parent / "README.md"
"""The page that holds the tables of a release."""

_COLUMNS = ("subject", "what", "CPU us", "cal", "value", "goal", "")
_GOAL_COLUMNS = ("subject", "what", "measured", "goal", "")
_COLOURS = {"met": "green", "NOT met": "red"}
_NUMBERS = ("one", "two", "three", "four", "five", "six", "seven", "eight")

Results = dict[str, list[Figure]]
_Row = tuple[str, ...]


def cells(subject: str, figure: Figure) -> _Row:
    """A figure as the texts of a row."""
    value = "" if figure.value is None else f"{figure.value:,.{0 if figure.value >= 1000 else 2}f} {figure.unit}"
    return subject, figure.what, _number(figure.us), _number(figure.cal), value, _goal(figure), verdict(figure)


def goals(results: Results) -> list[_Row]:
    """A row of texts for each figure that has a goal."""
    return [
        (subject, figure.what, _measured(figure), _goal(figure), verdict(figure))
        for subject, figures in results.items()
        for figure in figures
        if figure.goal is not None
    ]


def show(results: Results) -> None:
    """Prints all figures to standard output."""
    rows = [cells(subject, figure) for subject, figures in results.items() for figure in figures]
    _print(_COLUMNS, rows, right=(2, 3, 4))


def show_goals(results: Results) -> None:
    """Prints the goals to standard output, with how many of them are met; nothing where there is none."""
    rows = goals(results)
    if rows:
        _print(_GOAL_COLUMNS, rows, right=(2,))
        print(summary(rows))


def summary(rows: Sequence[_Row]) -> str:
    """How many goals are met, nearly met and not met."""
    counts = Counter(row[-1] for row in rows)
    within = f"met within {TOLERANCE}x"
    return f"Goals: {counts['met']} met, {counts[within]} {within}, {counts['NOT met']} NOT met"


def markdown_table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table in Markdown."""
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def replace_between(path: Path, mark: str, text: str) -> None:
    """Puts a text between the lines ``<!-- MARK: begin -->`` and ``<!-- MARK: end -->`` of a page.

    Raises:
        ValueError: The page does not hold each of them once, in this order.
    """
    begin, end = f"<!-- {mark}: begin -->\n", f"<!-- {mark}: end -->"
    page = path.read_text(encoding="utf-8")
    head, found, rest = page.partition(begin)
    _, closed, tail = rest.partition(end)
    if not (found and closed) or page.count(begin) + page.count(end) != 2:
        raise ValueError(f"{path.name}: expected {begin.strip()} and then {end}, once each: put both lines back")
    path.write_text(f"{head}{begin}{text.strip()}\n{end}{tail}", encoding="utf-8")


def machine_in_words() -> str:
    """What the figures were measured on."""
    count = os.cpu_count() or 1
    processors = "one processor" if count == 1 else f"{_NUMBERS[count - 1] if count <= 8 else count} processors"
    return f"{platform.python_implementation()} {'.'.join(platform.python_version_tuple()[:2])}, {processors}"


def to_json(results: Results, path: Path) -> None:
    """Writes the figures, by subject, each with its verdict."""
    content = {
        subject: [{**figure._asdict(), "verdict": verdict(figure)} for figure in figures]
        for subject, figures in results.items()
    }
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def _print(columns: _Row, rows: Sequence[_Row], right: tuple[int, ...]) -> None:
    if sys.stdout.isatty():
        table = Table(*columns)
        for at in right:
            table.columns[at].justify = "right"
        for before, row in zip([None, *rows], rows, strict=False):
            if before is not None and before[0] != row[0]:
                table.add_section()
            table.add_row(*row[:-1], row[-1], style=_COLOURS.get(row[-1]))
        Console().print(table)
        return
    widths = [max(map(len, column)) for column in zip(columns, *rows, strict=True)]
    for row in (columns, *rows):
        texts = [
            text.rjust(width) if at in right else text.ljust(width)
            for at, (text, width) in enumerate(zip(row, widths, strict=True))
        ]
        print("  ".join(texts).rstrip())


def _goal(figure: Figure) -> str:
    if figure.goal is None:
        return ""
    return f"{'>=' if figure.at_least else '<='} {figure.goal:,g} {_unit(figure)}"


def _measured(figure: Figure) -> str:
    have = figure.measured
    return "" if have is None else f"{have:,.{0 if have >= 100 else 2}f} {_unit(figure)}"


def _unit(figure: Figure) -> str:
    return "cal" if figure.cal is not None else figure.unit


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:,.0f}" if value >= 1000 else f"{value:.2f}"
