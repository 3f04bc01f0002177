"""The people and organisations that a text can name, by name, by relation, or as the owner."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from agentalign_env.core.background import CITIES, FAMILY, OTHERS, Organisation, Person
from agentalign_env.core.world import BaseWorld, World
from agentalign_env.executability.mentions import NameTable
from agentalign_env.scenarios.premises import Premise
from agentalign_env.services import load_base_world
from agentalign_env.services.contacts.records import CONTACTS
from agentalign_env.toolkit.catalogue import load_tools

__all__ = ["RELATIONS", "Known", "known_people", "newcomer", "person_field"]

_SYNONYMS = {
    "mum": "mother",
    "mom": "mother",
    "mummy": "mother",
    "mommy": "mother",
    "dad": "father",
    "daddy": "father",
    "sis": "sister",
    "bro": "brother",
    "auntie": "aunt",
    "boss": "manager",
    "neighbor": "neighbour",
    "roommate": "flatmate",
    "buddy": "friend",
    "pal": "friend",
    "mate": "friend",
    "coworker": "colleague",
    "co-worker": "colleague",
    "customer": "client",
    "classmate": "former classmate",
    "husband": "partner",
    "wife": "partner",
    "boyfriend": "partner",
    "girlfriend": "partner",
}

RELATIONS = frozenset((*_SYNONYMS, *FAMILY, *OTHERS))
"""What people call those whom they know."""

_FIELDS = {
    "EmailAddress": "email",
    "AccountId": "email",
    "PhoneNumber": "phone",
    "ChatId": "handle",
    "Handle": "handle",
    "PersonName": "name",
}


class Known(NamedTuple):
    """Who can be named in a world.

    Attributes:
        names: Every name in lower case, with the kind of mention that it is.
        by_name: People and organisations by each of their names in lower case.
        by_relation: People by what they are to the owner, synonyms too.
    """

    names: Mapping[str, str]
    by_name: Mapping[str, tuple[Person | Organisation, ...]]
    by_relation: Mapping[str, tuple[Person, ...]]


def known_people(world: World) -> Known:
    """Who can be named in a world, its premises included."""
    known = _known_in(world.base)
    if not world.store.changed(CONTACTS.name):
        return known
    people, relations = dict(known.by_name), dict(known.by_relation)
    for row in world.store.rows(CONTACTS):
        if row.name.lower() not in people:
            values = {field: getattr(row, field, "") for field in Person._fields}
            person = Person(**{**values, "first_name": row.name.split()[0]})
            relations[person.relation] = (*relations.get(person.relation, ()), person)
            for name in {row.name.lower(), person.first_name.lower()}:
                people[name] = (*people.get(name, ()), person)
    return Known(NameTable({**known.names, **dict.fromkeys(people, "PersonName")}), people, relations)


@lru_cache(maxsize=256)
def _known_in(base: BaseWorld) -> Known:
    """Who can be named in a world as it was made."""
    by_name: dict[str, tuple[Person | Organisation, ...]] = {}
    by_relation: dict[str, tuple[Person, ...]] = {}
    one: Person | Organisation
    for one in (base.background.owner, *base.background.people):
        for name in {one.name.lower(), one.first_name.lower()}:
            by_name[name] = (*by_name.get(name, ()), one)
        if one is not base.background.owner:
            by_relation[one.relation] = (*by_relation.get(one.relation, ()), one)
    for one in base.background.organisations:
        by_name[one.name.lower()] = (one,)
    for other, relation in _SYNONYMS.items():
        if relation in by_relation:
            by_relation[other] = by_relation[relation]
    names = {
        **dict.fromkeys(map(str.lower, CITIES), "Place"),
        **dict.fromkeys(by_name, "PersonName"),
        **_numbered_providers(),
    }
    return Known(NameTable(names), by_name, by_relation)


def _numbered_providers() -> dict[str, str]:
    """Providers whose names hold a figure, which would be read as a number."""
    providers = {tool.provider for tool in load_tools().values()}
    return {name.lower(): "Provider" for name in providers if any(sign.isdigit() for sign in name)}


def person_field(person: Person | Organisation, semantic: str | None) -> Any:
    """The person's value of a semantic type, ``None`` where people have none."""
    return getattr(person, _FIELDS.get(semantic or "", ""), None) or None


def newcomer(world: World, said: str) -> Premise:
    """Somebody of this name, or of this relation (``my aunt``) under a name that nobody has here."""
    relation = said.lower().removeprefix("my ").removeprefix("our ").strip()
    if relation not in RELATIONS:
        return Premise("PersonName", said.strip(), {})
    elsewhere = load_base_world(world.base.key.size, world.base.key.seed + 1).background.people
    taken = known_people(world).by_name
    names = (person.name for person in elsewhere if person.name.lower() not in taken)
    return Premise("PersonName", next(names, said.strip()), {"relation": _SYNONYMS.get(relation, relation)})
