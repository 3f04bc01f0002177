"""Things that a world knows by name: checkouts, hosts and group chats by what they are called, packages by a word."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple, get_type_hints

from agentalign_env.core.semantics import semantic_of
from agentalign_env.core.table import Row, Table
from agentalign_env.core.world import BaseWorld, World
from agentalign_env.executability.mentions import Mention, NameTable
from agentalign_env.executability.people import known_people
from agentalign_env.executability.words import Token
from agentalign_env.services import SERVICES
from agentalign_env.services.contacts.records import CONTACTS
from agentalign_env.services.machine.records import HOSTS, REPOSITORIES
from agentalign_env.services.messaging.records import CHATS
from agentalign_env.toolkit.tool import Tool, ToolSet

__all__ = ["Things", "has_names", "known_things", "named_by_a_word"]

_REPOSITORY_NOUNS = ("repo", "repository", "checkout", "project")
_GROUP_NOUNS = ("group", "chat", "group chat", "channel")


class Things(NamedTuple):
    """What can be named.

    Attributes:
        names: Every name in lower case, with the kind of mention that it is.
        values: The semantic type of each thing and what its name stands for.
    """

    names: Mapping[str, str]
    values: Mapping[str, tuple[str, str]]

    def meant(self, mention: Mention) -> Mention:
        """A mention with what its name stands for, where it is the name of a thing."""
        value = self.values.get(mention.value) if isinstance(mention.value, str) else None
        return mention if value is None or value[0] != mention.kind else mention._replace(value=value[1])


def known_things(world: World, tools: ToolSet) -> Things:
    """What can be named in a world: people, and things as far as the tools at hand deal with such.

    Args:
        world: The world; things are those that it was made with, people also those of its premises.
        tools: What is at hand.
    """
    at_hand = {tool.capability for tool in tools.values()}
    wanted = frozenset(_CALLED_FOR[capability] for capability in at_hand if capability in _CALLED_FOR)
    if not wanted:
        return Things(known_people(world).names, {})
    if world.store.changed(CONTACTS.name):
        return _together(known_people(world).names, world.base, wanted)
    return _known_in(world.base, wanted)


def named_by_a_word(
    world: World, tokens: Sequence[Token], semantic: str, tool: Tool
) -> tuple[str, tuple[int, int]] | None:
    """The only one of some words that is the name of such a thing in a world, with its place.

    Args:
        world: The world; things are those that it was made with.
        tokens: The words.
        semantic: The semantic type of the name.
        tool: The tool that is to have it; words that its other parameters allow are theirs.
    """
    names = _words_for(world.base, semantic)
    choices = {word for parameter in tool.parameters.values() for word in parameter.schema.get("enum", ())}
    found = {
        names[token.word]: (token.start, token.end)
        for token in tokens
        if token.mention is None and not token.provider and token.word in names and token.word not in choices
    }
    return next(iter(found.items())) if len(found) == 1 else None


def has_names(world: World, semantic: str) -> bool:
    """Whether a world as it was made holds names of such things at all."""
    return bool(_words_for(world.base, semantic))


@lru_cache(maxsize=512)
def _known_in(base: BaseWorld, semantics: frozenset[str]) -> Things:
    """What can be named in a world as it was made."""
    return _together(known_people(World(base)).names, base, semantics)


def _together(people: Mapping[str, str], base: BaseWorld, semantics: frozenset[str]) -> Things:
    """The names of people and of things; a person goes before a thing."""
    values = {
        name: (semantic, value)
        for semantic in sorted(semantics)
        for name, value in _called(base, semantic).items()
        if name not in people
    }
    return Things(NameTable({**{name: semantic for name, (semantic, _) in values.items()}, **people}), values)


@lru_cache(maxsize=512)
def _called(base: BaseWorld, semantic: str) -> Mapping[str, str]:
    """What people call things of a type in a world as it was made, in lower case, and the value of each."""
    found: dict[str, str] = {}
    for name, value in _CALLED[semantic](World(base)):
        found.setdefault(name.lower(), value)
    return found


@lru_cache(maxsize=1_024)
def _words_for(base: BaseWorld, semantic: str) -> Mapping[str, str]:
    """The values of a type in a world as it was made, by themselves in lower case."""
    world = World(base)
    return {
        value.lower(): value
        for table, column in _columns(semantic)
        for row in world.store.rows(table)
        if isinstance(value := getattr(row, column), str)
    }


@lru_cache(maxsize=64)
def _columns(semantic: str) -> tuple[tuple[Table[Row], str], ...]:
    """The tables with a column of a type."""
    return tuple(
        (table, column)
        for service in SERVICES
        for table in service.tables
        for column, hint in get_type_hints(table.row, include_extras=True).items()
        if semantic_of(hint) == semantic
    )


def _checkouts(world: World) -> Iterator[tuple[str, str]]:
    """Checkouts by the last part of their path."""
    for row in world.store.rows(REPOSITORIES):
        name = row.checkout.rpartition("/")[2]
        if name:
            yield name, row.checkout
            for noun in _REPOSITORY_NOUNS:
                yield f"{name.replace('-', ' ')} {noun}", row.checkout


def _hosts(world: World) -> Iterator[tuple[str, str]]:
    """Machines by the first part of their name, where it is not a word."""
    for row in world.store.rows(HOSTS):
        name = row.name.partition(".")[0]
        if "-" in name and row.name != name and row.kind != "website":
            yield name, row.name


def _groups(world: World) -> Iterator[tuple[str, str]]:
    """Group chats by their title, where the text says that it is a group, or where the title says so itself."""
    for row in world.store.rows(CHATS):
        if row.kind != "private":
            if " " in row.title:
                yield row.title, row.id
            for noun in _GROUP_NOUNS:
                yield f"{row.title} {noun}", row.id


_CALLED: Mapping[str, Callable[[World], Iterator[tuple[str, str]]]] = {
    "ChatId": _groups,
    "MachineName": _hosts,
    "RepositoryPath": _checkouts,
}
_CALLED_FOR = {
    "System_Tools.manage_git": "RepositoryPath",
    "System_Tools.diagnose_network": "MachineName",
    "System_Tools.manage_ssh": "MachineName",
    "Communication.send_instant_message": "ChatId",
}
