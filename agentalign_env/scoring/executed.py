"""Executed calls: what a rubric looks at, the same whether it comes from a run of a plan or from a record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

import orjson

from agentalign_env.scenarios.plans import values_at
from agentalign_env.scenarios.scenario import Scenario
from agentalign_env.scenarios.verification import Run
from agentalign_env.toolkit.catalogue import load_tools
from agentalign_env.toolkit.dispatch import ToolResult
from agentalign_env.toolkit.tool import Tool

__all__ = ["Executed", "Touched", "executed_in", "touched_rows"]


class Touched(NamedTuple):
    """A row that a call changed: whether it was there before, and whether it is there after."""

    table: str
    key: str
    before: bool
    after: bool

    @property
    def kind(self) -> str:
        """``created``, ``changed`` or ``deleted``."""
        return "created" if not self.before else "changed" if self.after else "deleted"


class _Executed(NamedTuple):
    capability: str
    arguments: Mapping[str, Any]
    content: str
    shown_path: str
    touched: tuple[Touched, ...]


class Executed(_Executed):
    """One call that succeeded.

    Attributes:
        capability: ``Category.verb_noun``.
        arguments: Those of the operation, after renames, pins and defaults.
        content: What the agent read, JSON text.
        shown_path: Where `content` names what was read or made, such as ``results[].url``.
        touched: The rows that the call changed.
    """

    @cached_property
    def answer(self) -> Any:
        """What the agent read, as JSON values."""
        return orjson.loads(self.content)

    @cached_property
    def shown(self) -> list[Any]:
        """What the answer names as read or made."""
        return values_at(self.answer, self.shown_path)


def executed_in(scenario: Scenario, run: Run) -> tuple[Executed, ...]:
    """The calls of a plan's run that succeeded, in the order in which they were carried out."""
    tools = load_tools(scenario.faces)
    return tuple(_executed(tools[result.call.name], result) for result in run.results if not result.code)


def _executed(tool: Tool, result: ToolResult) -> Executed:
    defaults = {
        name: parameter.default
        for name, parameter in tool.operation.parameters.items()
        if parameter.default is not None
    }
    arguments = {**defaults, **tool.bind(result.call.arguments)}
    return Executed(
        tool.capability,
        {name: _plain(value) for name, value in arguments.items() if value not in (None, {})},
        result.content,
        tool.result_path(tool.operation.identifies) or "",
        tuple(
            Touched(change.table, change.key, change.before is not None, change.after is not None)
            for change in result.changes
        ),
    )


def touched_rows(calls: Sequence[Executed]) -> dict[tuple[str, str], int]:
    """How many rows the calls created, changed and deleted in the end, by table and kind, less what was undone."""
    first: dict[tuple[str, str], Touched] = {}
    last: dict[tuple[str, str], Touched] = {}
    for call in calls:
        for row in call.touched:
            first.setdefault((row.table, row.key), row)
            last[row.table, row.key] = row
    counts: dict[tuple[str, str], int] = {}
    for place, row in last.items():
        if first[place].before or row.after:
            kind = row._replace(before=first[place].before).kind
            counts[row.table, kind] = counts.get((row.table, kind), 0) + 1
    return counts


def _plain(value: Any) -> Any:
    """The value with lists for tuples, as JSON gives it back."""
    if isinstance(value, Mapping):
        return {key: _plain(part) for key, part in value.items()}
    return [_plain(part) for part in value] if isinstance(value, list | tuple) else value
