"""Named things: what a world knows by a plain word, such as a package or a container, where a request says the word."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import get_type_hints

from agentalign_env.core.semantics import semantic_of
from agentalign_env.core.table import Row, Table
from agentalign_env.core.world import BaseWorld, World
from agentalign_env.executability.scene import Scene
from agentalign_env.services import SERVICES
from agentalign_env.toolkit.tool import Tool

__all__ = ["named_thing"]


def named_thing(scene: Scene, semantic: str, tool: Tool) -> tuple[str, tuple[int, int]] | None:
    """The only word of a request that is the name of such a thing in its world, with its place.

    Args:
        scene: The request and what stands around it.
        semantic: The semantic type of the name.
        tool: The tool that is to have it; words that its other parameters allow are theirs.
    """
    names = _names(scene.world.base, semantic)
    choices = {word for parameter in tool.parameters.values() for word in parameter.schema.get("enum", ())}
    found = {
        names[token.word]: (token.start, token.end)
        for token in scene.request.tokens
        if token.mention is None and not token.provider and token.word in names and token.word not in choices
    }
    return next(iter(found.items())) if len(found) == 1 else None


@lru_cache(maxsize=1_024)
def _names(base: BaseWorld, semantic: str) -> Mapping[str, str]:
    """The names of such things in a world as it was made, by themselves in lower case."""
    world = World(base)
    return {
        name.lower(): name
        for table, column in _columns(semantic)
        for row in world.store.rows(table)
        if isinstance(name := getattr(row, column), str)
    }


@lru_cache(maxsize=64)
def _columns(semantic: str) -> tuple[tuple[Table[Row], str], ...]:
    """The tables with such a column."""
    return tuple(
        (table, column)
        for service in SERVICES
        for table in service.tables
        for column, hint in get_type_hints(table.row, include_extras=True).items()
        if semantic_of(hint) == semantic
    )
