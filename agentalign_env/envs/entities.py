"""Drawing entities of a world by semantic type: ids, addresses and paths that exist now."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from itertools import islice
from types import MappingProxyType
from typing import Any, NamedTuple, get_type_hints

from agentalign_env.core.background import Person
from agentalign_env.core.semantics import semantic_of
from agentalign_env.core.service import Service
from agentalign_env.core.table import Row, Table
from agentalign_env.core.world import World

__all__ = ["Draw", "draw_entity"]

Draw = Callable[[], float]
"""Gives the next number in [0, 1) of the drawer's own stream."""

_OWNER_FIELDS = {"EmailAddress": "email", "PhoneNumber": "phone", "Handle": "handle", "PersonName": "name"}
_OWNER_SHARE = 0.3
_NEAR_SHARE = 0.85
_ANYWHERE: frozenset[str] = frozenset()
_UNSCOPED: Mapping[str, Any] = MappingProxyType({})
_RECENT_SHARE = 0.3
_RECENT_ROWS = 6
_TRIES = 6


class _Column(NamedTuple):
    """Where values of a semantic type are: a table and the position of the field."""

    table: Table[Any]
    at: int


def draw_entity(
    world: World, semantic: str, draw: Draw, *, near: frozenset[str] = _ANYWHERE, scope: Mapping[str, Any] = _UNSCOPED
) -> str | None:
    """A value of this semantic type that exists in the world; costs the same in every size of world.

    Args:
        world: Read only; tables that nobody has looked at yet are generated.
        semantic: The semantic type's name.
        draw: The stream to draw from.
        near: Tables to prefer, such as those that an operation reads.
        scope: Values that a row must have in the fields of these names, such as a provider; fields that it lacks do
            not matter.

    Returns:
        A non-empty text, or ``None`` where a few tries found none.
    """
    own = _OWNER_FIELDS.get(semantic)
    if own is not None and draw() < _OWNER_SHARE:
        return str(getattr(world.owner, own))
    columns = _columns(world.base.services, near if draw() < _NEAR_SHARE else _ANYWHERE).get(semantic, ())
    if not columns:
        return _person_value(world, own, draw)
    for _ in range(_TRIES):
        table, at = columns[int(draw() * len(columns))]
        row = _draw_row(world, table, draw)
        if row is None or any(
            name in table.fields and row[table.fields.index(name)] != value for name, value in scope.items()
        ):
            continue
        value = row[at]
        if type(value) is tuple:
            value = value[int(draw() * len(value))] if value else ""
        if isinstance(value, str) and value:
            return value
    return None


def _draw_row(world: World, table: Table[Any], draw: Draw) -> Row | None:
    """A row: often one of the newest, which are those that the episode made."""
    if draw() < _RECENT_SHARE:
        recent = list(islice(world.store.newest(table), _RECENT_ROWS))
        return recent[int(draw() * len(recent))] if recent else None
    keys = world.base.tables[table.name].keys
    return world.store.get(table, keys[int(draw() * len(keys))]) if keys else None


def _person_value(world: World, field: str | None, draw: Draw) -> str | None:
    if field is None:
        return None
    people: tuple[Person, ...] = world.background.people
    return str(getattr(people[int(draw() * len(people))], field)) if people else None


@lru_cache(maxsize=1_024)
def _columns(services: tuple[Service, ...], near: frozenset[str]) -> Mapping[str, tuple[_Column, ...]]:
    """The columns of each semantic type: those of the near tables where there are any, else all."""
    everything = _all_columns(services)
    kept = {
        name: tuple(column for column in columns if column.table.name in near) for name, columns in everything.items()
    }
    return {name: kept[name] or columns for name, columns in everything.items()}


@lru_cache(maxsize=8)
def _all_columns(services: tuple[Service, ...]) -> Mapping[str, tuple[_Column, ...]]:
    found: dict[str, tuple[_Column, ...]] = {}
    for service in services:
        for table in service.tables:
            hints = get_type_hints(table.row, include_extras=True)
            for at, field in enumerate(table.fields):
                semantic = semantic_of(hints[field])
                if semantic is not None:
                    found[semantic] = (*found.get(semantic, ()), _Column(table, at))
    return found
