"""Things that the owner calls by their names: checkouts, hosts, group chats."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

from agentalign_env.core.world import BaseWorld, World
from agentalign_env.executability.mentions import Mention, NameTable
from agentalign_env.executability.people import known_people
from agentalign_env.services.contacts.records import CONTACTS
from agentalign_env.services.machine.records import HOSTS, REPOSITORIES
from agentalign_env.services.messaging.records import CHATS
from agentalign_env.toolkit.tool import ToolSet

__all__ = ["Things", "known_things"]

_CALLED = {
    "RepositoryPath": ("repo", "repository", "checkout", "project"),
    "ChatId": ("group", "chat", "group chat", "channel"),
}


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
    people = known_people(world).names
    wanted = frozenset(tool.capability for tool in tools.values() if tool.capability in _NAMED)
    if not wanted:
        return Things(people, {})
    if world.store.changed(CONTACTS.name):
        return _together(people, _things_in(world.base, wanted))
    return _known_in(world.base, wanted)


@lru_cache(maxsize=512)
def _known_in(base: BaseWorld, capabilities: frozenset[str]) -> Things:
    """What can be named in a world as it was made."""
    return _together(known_people(World(base)).names, _things_in(base, capabilities))


def _together(people: Mapping[str, str], things: Mapping[str, tuple[str, str]]) -> Things:
    """The names of people and of things; a person goes before a thing."""
    free = {name: one for name, one in things.items() if name not in people}
    return Things(NameTable({**{name: semantic for name, (semantic, _) in free.items()}, **people}), free)


@lru_cache(maxsize=512)
def _things_in(base: BaseWorld, capabilities: frozenset[str]) -> dict[str, tuple[str, str]]:
    """The names of things in a world as it was made: the semantic type of each, and its value."""
    found: dict[str, tuple[str, str]] = {}
    world = World(base)
    for capability in sorted(capabilities):
        for named in _NAMED[capability]:
            for name, semantic, value in named(world):
                found.setdefault(name.lower(), (semantic, value))
    return found


_Named = Iterator[tuple[str, str, str]]  # name, semantic type and value


def _checkouts(world: World) -> _Named:
    for row in world.store.rows(REPOSITORIES):
        name = row.checkout.rpartition("/")[2]
        if name:
            yield name, "RepositoryPath", row.checkout
            for noun in _CALLED["RepositoryPath"]:
                yield f"{name.replace('-', ' ')} {noun}", "RepositoryPath", row.checkout


def _hosts(world: World) -> _Named:
    """Machines by the first part of their name, where it is not a word."""
    for row in world.store.rows(HOSTS):
        name = row.name.partition(".")[0]
        if "-" in name and row.name != name and row.kind != "website":
            yield name, "MachineName", row.name


def _groups(world: World) -> _Named:
    """Group chats by their title, where the text says that it is a group, or where the title says so itself."""
    for row in world.store.rows(CHATS):
        if row.kind != "private":
            if " " in row.title:
                yield row.title, "ChatId", row.id
            for noun in _CALLED["ChatId"]:
                yield f"{row.title} {noun}", "ChatId", row.id


_NAMED: Mapping[str, tuple[Callable[[World], _Named], ...]] = {
    "System_Tools.manage_git": (_checkouts,),
    "System_Tools.diagnose_network": (_hosts,),
    "System_Tools.manage_ssh": (_hosts,),
    "Communication.send_instant_message": (_groups,),
}
