"""Printing: plain lines where nobody watches, colours and tables where somebody does, blocks where it is narrow."""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["Advance", "Output", "number", "percent", "print_json"]

_PIPE_COLUMNS = 160
_GAP = 2


class Advance(Protocol):
    """Moves a progress bar on."""

    def __call__(self, text: str = "", *, by: int = 1, total: int | None = None) -> None:
        """So many more are done; `text` says which, `total` of how many where that was not known before."""
        ...


class Output:
    """Standard output as a user reads it. Texts are never taken for markup."""

    def __init__(self) -> None:
        from rich.console import Console

        class _Console(Console):
            def on_broken_pipe(self) -> None:
                raise BrokenPipeError  # the command group ends the process

        self.wraps = sys.stdout.isatty() or "COLUMNS" in os.environ
        width = None if self.wraps else _PIPE_COLUMNS
        self.console: Console = _Console(highlight=False, markup=False, emoji=False, width=width)

    def line(self, text: str = "", style: str = "", indent: int = 0) -> None:
        """Prints a text; long ones are wrapped only where the width is known."""
        from rich.padding import Padding
        from rich.text import Text

        content = Text(text, style=style)
        if self.wraps:
            padded = Padding(content, (0, 0, 0, indent), expand=False)
            self.console.print(padded if indent else content, overflow="fold")
        else:
            self.console.print(Text(" " * indent) + content, soft_wrap=True)

    def table(self, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        """Prints a table whose first column names the row; where it does not fit, one block a row."""
        cells = [list(row) for row in rows]
        widths = [max(len(text) for text in column) for column in zip(columns, *cells, strict=True)]
        if sum(widths) + _GAP * len(widths) > self.console.width:
            for row in cells:
                self.line(row[0], style="bold")
                for name, text in zip(columns[1:], row[1:], strict=True):
                    if text:
                        self.line(f"{name}: {text}", indent=2)
            return
        for at, row in enumerate([list(columns), *cells]):
            text = (" " * _GAP).join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
            self.line(text.rstrip(), style="" if at else "bold")

    @contextmanager
    def progress(self, label: str, total: int) -> Iterator[Advance]:
        """A progress bar on stderr, where somebody watches."""
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

        errors = Console(stderr=True, markup=False, emoji=False)
        parts = [TextColumn("{task.description}", markup=False), BarColumn(bar_width=None), MofNCompleteColumn()]
        with Progress(*parts, console=errors, transient=True, disable=not errors.is_terminal) as bar:
            task = bar.add_task(label, total=total)

            def advance(text: str = "", *, by: int = 1, total: int | None = None) -> None:
                bar.update(task, advance=by, total=total, description=f"{label} {text}".strip())

            yield advance


def percent(share: float) -> str:
    """A share as a percentage; ``-`` where there was nothing to count."""
    return "-" if math.isnan(share) else f"{100 * share:.0f} %"


def number(value: float) -> str:
    """A mean with two decimals; ``-`` where there was nothing to count."""
    return "-" if math.isnan(value) else f"{value:.2f}"


def print_json(value: Any) -> None:
    """Prints a value as indented JSON."""
    import orjson

    sys.stdout.write(orjson.dumps(value, option=orjson.OPT_INDENT_2).decode() + "\n")
