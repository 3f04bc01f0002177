"""Goals: what an episode must have changed and seen, and that nothing else changed.

Goals are derived from the state change that a plan makes, so they say nothing about how it is reached: any order of
calls, any tool, any extra look around passes, as long as the world ends up as asked.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal, NamedTuple

from agentalign_env.core.store import Change
from agentalign_env.core.table import Table
from agentalign_env.scenarios.plans import values_at
from agentalign_env.toolkit.dispatch import ToolResult
from agentalign_env.toolkit.tool import Tool

_QUOTES = {
    **dict.fromkeys(map(ord, "\u201c\u201d\u201e\u00ab\u00bb"), '"'),
    **dict.fromkeys(map(ord, "\u2018\u2019\u201a"), "'"),
}

__all__ = ["Effect", "GoalReport", "Goals", "Observation", "derive_goals", "essence", "normalised"]

_LABEL = re.compile("\x00row:(\\d+)\x00")
_EXTRA_CHARS = 200  # what an agent may add to a text that the instruction words
_TRIES = 500  # placements that a check considers when rows of a run resemble each other


class Effect(NamedTuple):
    """A milestone: one row that must have been created, changed or deleted.

    Attributes:
        table: The table's name.
        kind: What must have happened to the row.
        key: The row's key where it is known beforehand (it may hold labels of other effects: the path of a file that
            is named after one), else ``None``: any new row may match.
        label: Stands for the row's key in the expectations of later goals, which may refer to an id that is only
            issued then.
        exact: Field positions and the values they must equal.
        contains: Field positions and the texts that they must contain, compared as `normalised`. Around them there is
            room for a greeting and the like, but not for further links, nor for much more text.
        refers: Whether any of these holds the label of another effect.
    """

    table: str
    kind: Literal["created", "changed", "deleted"]
    key: str | None
    label: str
    exact: tuple[tuple[int, Any], ...]
    contains: tuple[tuple[int, tuple[str, ...]], ...]
    refers: bool = True


class Observation(NamedTuple):
    """A milestone: a successful call of this capability must have shown the agent this value."""

    capability: str
    path: str
    value: Any


class GoalReport(NamedTuple):
    """How far a state meets the goals.

    Attributes:
        effects: For each effect whether it is there.
        observations: For each observation whether it was made.
        unexpected: Changes that no effect asks for.
    """

    effects: tuple[bool, ...]
    observations: tuple[bool, ...]
    unexpected: tuple[Change, ...]

    @property
    def satisfied(self) -> bool:
        """All milestones are met and nothing else changed; never without any milestone."""
        milestones = (*self.effects, *self.observations)
        return bool(milestones) and all(milestones) and not self.unexpected

    @property
    def credit(self) -> float:
        """The share of milestones met, in [0, 1]."""
        milestones = (*self.effects, *self.observations)
        return sum(milestones) / max(len(milestones), 1)


class Goals(NamedTuple):
    """Milestones, and the guard that nothing else changed."""

    effects: tuple[Effect, ...]
    observations: tuple[Observation, ...]

    def check(self, diff: Sequence[Change], results: Sequence[ToolResult], tools: Callable[[str], Tool]) -> GoalReport:
        """Compares a state change and what was seen with the goals; the cost does not depend on the size of the world.

        Args:
            diff: Every row that differs from the start.
            results: The answers to all calls, in order.
            tools: Gives the tool of a name.
        """
        effects, observations = self
        pairs = _first_fit(effects, diff)
        if len(pairs) < len(effects) <= len(diff):
            pairs = _best_fit(effects, diff) or pairs
        names = {effects[number].label: diff[at].key for number, at in pairs.items()}
        taken = set(pairs.values())
        return GoalReport(
            tuple([number in pairs for number in range(len(effects))]),
            tuple([_was_seen(goal, _fill(goal.value, names), results, tools) for goal in observations]),
            tuple([change for at, change in enumerate(diff) if at not in taken]),
        )

    def to_json(self) -> dict[str, Any]:
        """The goals as JSON-serialisable values; ids that are only issued in the episode read ``<new id 0>``."""
        return {
            "effects": [_shown(effect._asdict()) for effect in self.effects],
            "observations": [_shown(observation._asdict()) for observation in self.observations],
        }


def _shown(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _shown(part) for key, part in value.items()}
    if isinstance(value, tuple | list):
        return [_shown(part) for part in value]
    return _LABEL.sub(r"<new id \1>", value) if isinstance(value, str) else value


def normalised(text: str) -> str:
    """A text as goals compare it: case folded, white space and quotation marks made one."""
    if text.isascii():  # has no such marks, and lower case is all that folding does
        folded = text.lower()
        if "  " not in folded and folded.isprintable():  # nearly always: all white space is single spaces
            return folded.strip()
        return " ".join(folded.split())
    return " ".join(text.translate(_QUOTES).casefold().split())


def essence(changes: Iterable[Change], tables: Mapping[str, Table[Any]]) -> list[tuple[Any, ...]]:
    """What changes come to, without ids, times and whatever else no instruction fixes."""
    return sorted(
        (
            change.table,
            change.after is None,
            *(
                repr(value)
                for field, value in zip(tables[change.table].fields, change.after or (), strict=False)
                if field not in tables[change.table].volatile
            ),
        )
        for change in changes
    )


def derive_goals(
    tables: dict[str, Table[Any]],
    diff: Sequence[Change],
    results: Sequence[ToolResult],
    tools: Callable[[str], Tool],
    texts: Iterable[str],
) -> Goals:
    """The goals that a plan's run implies.

    Args:
        tables: Declarations by name: they say which fields an instruction fixes exactly, in free words, or not at all.
        diff: What the run changed.
        results: Its answers, all successful.
        tools: Gives the tool of a name.
        texts: The texts that the instruction fixes; a free-text field must contain those of them that the run put
            there.
    """
    issued = {
        change.key: f"\x00row:{number}\x00"
        for number, change in enumerate(diff)
        if change.before is None and not tables[change.table].natural_key
    }
    fixed = sorted(set(texts), key=len, reverse=True)
    effects = []
    for number, change in enumerate(diff):
        effects.append(
            _effect(tables[change.table], change, issued.get(change.key, f"\x00row:{number}\x00"), issued, fixed)
        )
    observations = []
    for result in results:
        operation = tools(result.call.name).operation
        if not result.changes:
            value = values_at(result.value, operation.identifies)[0]
            observation = Observation(operation.capability, operation.identifies, _label(value, issued))
            if observation not in observations:
                observations.append(observation)
    return Goals(_in_order(effects), tuple(observations))


def _effect(table: Table[Any], change: Change, label: str, issued: dict[str, str], fixed: list[str]) -> Effect:
    kind: Literal["created", "changed", "deleted"]
    kind = "deleted" if change.after is None else "created" if change.before is None else "changed"
    known = table.natural_key or kind != "created"
    exact: list[tuple[int, Any]] = []
    contains: list[tuple[int, tuple[str, ...]]] = []
    for at, field in enumerate(table.fields):
        if change.after is None or field in table.volatile or (at == 0 and not known):
            continue
        value = change.after[at]
        if field in table.free_text and isinstance(value, str) and value:
            contains.append((at, tuple(_label(part, issued) for part in _fixed_parts(value, fixed))))
        elif kind == "created" or change.before is None or value != change.before[at]:
            exact.append((at, _label(value, issued)))
    key = _label(change.key, issued) if known else None
    refers = "\\x00" in repr((key, exact, contains))
    return Effect(table.name, kind, key, label, tuple(exact), tuple(contains), refers)


def _fixed_parts(value: str, fixed: list[str]) -> list[str]:
    """The fixed texts inside a value, normalised; all of the value when there is none."""
    rest, parts = normalised(value), []
    for text in fixed:
        part = normalised(text)
        if part and part in rest:
            parts.append(part)
            rest = rest.replace(part, "\x01")
    return parts if parts and len(rest) - len(parts) <= _EXTRA_CHARS else [normalised(value)]


def _in_order(effects: list[Effect]) -> tuple[Effect, ...]:
    """Effects that others refer to come first, so that a check resolves labels in one pass."""
    ordered: list[Effect] = []
    waiting = list(effects)
    while waiting:
        labels = [effect.label for effect in waiting]
        ready = [
            effect
            for effect in waiting
            if not any(label != effect.label and _mentions(effect, label) for label in labels)
        ]
        chosen = ready or waiting[:1]
        ordered += chosen
        waiting = [effect for effect in waiting if effect not in chosen]
    return tuple(ordered)


def _mentions(effect: Effect, label: str) -> bool:
    values = [effect.key or ""] + [value for _, value in effect.exact]
    values += [part for _, parts in effect.contains for part in parts]
    return any(
        label in element
        for value in values
        for element in (value if isinstance(value, tuple) else (value,))
        if isinstance(element, str)
    )


def _label(value: Any, issued: dict[str, str]) -> Any:
    """A value with ids that the run issued replaced by their labels."""
    if isinstance(value, tuple):
        return tuple(_label(element, issued) for element in value)
    if isinstance(value, str):
        for key, label in issued.items():
            for spelling in (key, normalised(key)):
                if spelling in value:
                    value = value.replace(spelling, label)
    return value


def _fill(value: Any, names: dict[str, str], fold: bool = False) -> Any:
    """A value with labels replaced by the keys of the rows that matched."""
    if isinstance(value, tuple):
        return tuple(_fill(element, names) for element in value)
    if isinstance(value, str) and "\x00" in value:
        for label, key in names.items():
            value = value.replace(label, normalised(key) if fold else key)
    return value


def _was_seen(goal: Observation, value: Any, results: Sequence[ToolResult], tools: Callable[[str], Tool]) -> bool:
    """Whether a successful call of the capability showed the value."""
    capability, path, _ = goal
    for result in results:
        fits = not result.code and tools(result.call.name).operation.capability == capability
        if fits and value in values_at(result.value, path):
            return True
    return False


def _first_fit(effects: Sequence[Effect], diff: Sequence[Change]) -> dict[int, int]:
    """For each effect, in order, the first change that fits; both by position."""
    pairs: dict[int, int] = {}
    names: dict[str, str] = {}
    free = list(range(len(diff)))
    for number, effect in enumerate(effects):
        for at in free:
            if _matches(effect, diff[at], names):
                names[effect.label] = diff[at].key
                pairs[number] = at
                free.remove(at)
                break
    return pairs


def _best_fit(effects: Sequence[Effect], diff: Sequence[Change]) -> dict[int, int] | None:
    """A change for every effect, where the first fit took a row that another needs; ``None`` when there is none."""
    bare = [
        effect._replace(
            key=None if effect.key and "\x00" in effect.key else effect.key,
            exact=_plain(effect.exact),
            contains=_plain(effect.contains),
        )
        for effect in effects
    ]
    options = [[at for at, change in enumerate(diff) if _matches(effect, change, {})] for effect in bare]
    order = sorted(range(len(effects)), key=lambda number: len(options[number]))
    budget = iter(range(_TRIES))

    def place(pairs: dict[int, int]) -> dict[int, int] | None:
        if len(pairs) == len(order):
            names = {effects[number].label: diff[at].key for number, at in pairs.items()}
            return pairs if all(_matches(effects[number], diff[at], names) for number, at in pairs.items()) else None
        number = order[len(pairs)]
        for at in options[number]:
            if at not in pairs.values() and next(budget, None) is not None:
                found = place({**pairs, number: at})
                if found:
                    return found
        return None

    return place({})


def _plain(expected: tuple[tuple[int, Any], ...]) -> tuple[tuple[int, Any], ...]:
    """The expectations that name no other row of the run."""
    return tuple(pair for pair in expected if "\\x00" not in repr(pair))


def _matches(effect: Effect, change: Change, names: dict[str, str]) -> bool:
    table, kind, key, _, exact, contains, refers = effect
    changed, changed_key, before, after = change
    if changed != table:
        return False
    if key is not None and changed_key != (_fill(key, names) if refers else key):
        return False
    if after is None:
        return kind == "deleted"
    if kind == "deleted" or (before is None) != (kind == "created"):
        return False
    if refers:
        exact = tuple((at, _fill(value, names)) for at, value in exact)
        contains = tuple((at, tuple(_fill(part, names, fold=True) for part in parts)) for at, parts in contains)
    for at, value in exact:
        if after[at] != value:
            return False
    for at, parts in contains:
        have = normalised(str(after[at]))
        if parts != (have,) and not _holds(have, parts):
            return False
    return True


def _holds(have: str, parts: tuple[str, ...]) -> bool:
    """Whether a text has all the parts, and not much beside them."""
    for part in parts:
        if part not in have:
            return False
    return len(have) <= sum(map(len, parts)) + _EXTRA_CHARS and have.count("://") <= "".join(parts).count("://")
