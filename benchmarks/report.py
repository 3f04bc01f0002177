"""The table of all figures: rich on a terminal, plain text elsewhere, JSON to a file."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.measure import Figure, verdict

__all__ = ["cells", "show", "to_json"]

_COLUMNS = ("subject", "what", "CPU us", "cal", "value", "goal", "")
_COLOURS = {"met": "green", "NOT met": "red"}

Results = dict[str, list[Figure]]


def cells(subject: str, figure: Figure) -> tuple[str, ...]:
    """A figure as the texts of a row."""
    goal = "" if figure.goal is None else f"<= {figure.goal:g} {'cal' if figure.cal is not None else figure.unit}"
    value = "" if figure.value is None else f"{figure.value:,.{0 if figure.value >= 1000 else 2}f} {figure.unit}"
    return subject, figure.what, _number(figure.us), _number(figure.cal), value, goal, verdict(figure)


def show(results: Results) -> None:
    """Prints the table to standard output."""
    rows = [cells(subject, figure) for subject, figures in results.items() for figure in figures]
    if sys.stdout.isatty():
        table = Table(*_COLUMNS)
        for at in (2, 3, 4):
            table.columns[at].justify = "right"
        for before, row in zip([None, *rows], rows, strict=False):
            if before is not None and before[0] != row[0]:
                table.add_section()
            table.add_row(*row[:-1], row[-1], style=_COLOURS.get(row[-1]))
        Console().print(table)
        return
    widths = [max(map(len, column)) for column in zip(_COLUMNS, *rows, strict=True)]
    for row in (_COLUMNS, *rows):
        texts = [
            text.rjust(width) if at in (2, 3, 4) else text.ljust(width)
            for at, (text, width) in enumerate(zip(row, widths, strict=True))
        ]
        print("  ".join(texts).rstrip())


def to_json(results: Results, path: Path) -> None:
    """Writes the figures, by subject, each with its verdict."""
    content = {
        subject: [{**figure._asdict(), "verdict": verdict(figure)} for figure in figures]
        for subject, figures in results.items()
    }
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:,.0f}" if value >= 1000 else f"{value:.2f}"
