"""Things that the text names: one that this world does not have, or that several of this world could be."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from agentalign_env.core.background import Person
from agentalign_env.core.rng import Random
from agentalign_env.core.world import World
from agentalign_env.scenarios.explicitness import Described
from agentalign_env.scenarios.plans import PlannedCall
from agentalign_env.scenarios.verification import run_plan
from agentalign_env.services import load_base_world
from benchmarks.executability.anatomy import Anatomy, Stated
from benchmarks.executability.breaking.broken import Broken, tidy, without_noun
from benchmarks.executability.breaking.refusals import refusal

__all__ = ["ambiguous", "missing_entity"]

_ELSEWHERE = 99  # the seed of a world whose people and things this one does not have
_IDS = re.compile(r"[A-Za-z0-9]")
_PEOPLE = frozenset({"person.email", "person.phone", "person.handle"})
_MADE_UP = ("the-lost-chapter", "no-such-notes", "harvest-of-1987", "older-version-b")

_SHARED: dict[str, tuple[tuple[str, str], ...]] = {
    "payments.id": (("recipient", "the payment to {value}"),),
    "mails.id": (("sender", "the mail from {value}"),),
    "orders.id": (("provider", "my {provider} order"),),
    "delivery_orders.id": (("shop_name", "my order from {value}"), ("provider", "my {provider} order")),
    "chain_transactions.id": (("counterparty", "the transaction with {value}"),),
}
"""How an entity could be spoken of that several have in common, by where its id is: the field, and the words."""


def missing_entity(anatomy: Anatomy, rng: Random) -> Iterator[Broken]:
    """Something that the text names is replaced by one of its kind that this world does not have."""
    ways: list[Iterator[Broken]] = [_undescribed(anatomy, described, rng) for described in anatomy.described]
    for place in anatomy.stated():
        if place.binding.source in _PEOPLE and place.required:
            ways.append(_unknown_person(anatomy, place, rng))
        elif place.semantic:
            ways.append(_unknown_thing(anatomy, place, rng))
    rng.shuffle(ways)
    for way in ways:
        yield from way


def ambiguous(anatomy: Anatomy, rng: Random) -> Iterator[Broken]:
    """Something is spoken of by what several of this world have in common."""
    places = list(anatomy.stated())
    rng.shuffle(places)
    tools = anatomy.scenario.tools
    for place in places:
        for field, form in _SHARED.get(place.binding.source, ()):
            changed = _by_common_field(anatomy, place, field, form)
            if changed is not None:
                yield Broken(changed, tools, f"several {place.binding.source.partition('.')[0]} have this {field}")
    relations = Counter(person.relation for person in _people(anatomy))
    names = Counter(person.first_name for person in _people(anatomy))
    shared = [(f"my {word}", "relation", word) for word, count in relations.items() if count > 1]
    shared += [(word, "first_name", word) for word, count in names.items() if count > 1]
    for place in places:
        if place.binding.source not in _PEOPLE or not place.required or not shared:
            continue
        words, field, value = rng.choice(shared)
        changed = anatomy.respoken(place, words)
        mentioned = [person for person in _people(anatomy) if getattr(person, field) == value]
        if value in anatomy.opening or any(person.name in changed for person in mentioned):
            continue  # the rest of the text may say which one
        if place.binding.spoken not in changed:
            yield Broken(changed, tools, f"two or more people of this world are {words!r}")


def _unknown_person(anatomy: Anatomy, place: Stated, rng: Random) -> Iterator[Broken]:
    name, tool = _stranger(anatomy, rng), anatomy.steps[place.step].tool.name
    changed = anatomy.respoken(place, name)
    if refusal(anatomy, place, name) and place.binding.spoken not in changed:
        why = f"nobody in this world is called {name}, and {tool} needs an address"
        yield Broken(changed, anatomy.scenario.tools, why)


def _unknown_thing(anatomy: Anatomy, place: Stated, rng: Random) -> Iterator[Broken]:
    tool = anatomy.steps[place.step].tool.name
    for value in _made_up(place, rng):
        if refusal(anatomy, place, value) == "not_found":
            changed = anatomy.respoken(place, place.binding.spoken.replace(str(place.value), value))
            if str(place.value) not in changed:
                yield Broken(changed, anatomy.scenario.tools, f"{tool} answers not_found to {value!r}")
                return


def _people(anatomy: Anatomy) -> tuple[Person, ...]:
    return tuple(load_base_world(*anatomy.scenario.world).background.people)


@lru_cache(maxsize=1)
def _strangers() -> tuple[Person, ...]:
    return tuple(
        person
        for seed in range(_ELSEWHERE, _ELSEWHERE + 8)
        for person in load_base_world("small", seed).background.people
    )


def _stranger(anatomy: Anatomy, rng: Random) -> str:
    """A full name of which no part is anybody's in this world."""
    known = {part for person in _people(anatomy) for part in person.name.split()}
    known |= set(re.findall(r"\w+", load_base_world(*anatomy.scenario.world).background.owner.name))
    fitting = sorted({person.name for person in _strangers() if not known & set(person.name.split())})
    return rng.choice(fitting)


def _made_up(place: Stated, rng: Random) -> Iterator[str]:
    """Well-formed values of the same kind; that the world lacks them is still to be shown."""
    source, value, slug = place.binding.source, place.value, rng.choice(_MADE_UP)
    if not isinstance(value, str):
        return
    if source == "topic.files":
        yield _other_file(value, slug)
    elif source in ("profiles.handle", "person.handle"):
        yield rng.choice([person.handle for person in _strangers()])
    elif source == "media.url":
        yield re.sub(
            r"\d+(?=\.\w+$)", lambda found: str(rng.randrange(10 ** len(found[0]))).zfill(len(found[0])), value
        )
    elif source in ("pages.url", "git_repositories.checkout"):
        yield f"{value.rpartition('/')[0]}/{slug}"
    elif source == "ssh_accounts.host":
        yield f"{slug}.{value.partition('.')[2]}"
    elif source == "docker_containers.name":
        yield slug
    elif source == "voices.id":
        yield _strangers()[rng.randrange(len(_strangers()))].first_name.lower()
    elif source.endswith(".id"):
        for _ in range(3):
            yield _scrambled(value, rng)


def _other_file(path: str, slug: str) -> str:
    folder, slash, name = path.rpartition("/")
    return f"{folder}{slash}{slug}{name[name.rfind('.') :] if '.' in name else ''}"


def _scrambled(value: str, rng: Random) -> str:
    """The same shape with other characters in its second half: digits stay digits, letters letters."""

    def other(found: re.Match[str]) -> str:
        char = found[0]
        pool = "0123456789" if char.isdecimal() else "abcdef" if char in "abcdef" else "bcdfghjkmnpqrstvwxz"
        drawn = rng.choice(pool)
        return drawn.upper() if char.isupper() else drawn

    half = len(value) // 2
    return value[:half] + _IDS.sub(other, value[half:])


def _undescribed(anatomy: Anatomy, described: Described, rng: Random) -> Iterator[Broken]:
    """What is described is described as something that this world does not have."""
    queries = [
        (value, name)
        for call in described.calls
        for name, value in call.arguments.items()
        if isinstance(value, str) and len(value) > 2 and value in described.words
    ]
    if len(queries) != 1:
        return
    old = queries[0][0]
    new = _other_query(anatomy, described, old, rng)
    if new is None:
        return
    plan = tuple(_swapped(call, old, new) for call in anatomy.scenario.plan)
    if not any(result.code for result in run_plan(anatomy.scenario, plan).results):
        return
    others = [one._replace(words=one.words.replace(old, new)) if one is described else one for one in anatomy.described]
    changed = anatomy.text(described=others)
    if new in changed and old not in changed:
        yield Broken(changed, anatomy.scenario.tools, f"a lookup with {new!r} finds nothing in this world")


def _swapped(call: PlannedCall, old: str, new: str) -> PlannedCall:
    return PlannedCall(call.tool, {name: new if value == old else value for name, value in call.arguments.items()})


def _other_query(anatomy: Anatomy, described: Described, old: str, rng: Random) -> str | None:
    """Something else of the kind of a lookup's question: a file, a relation, a name, a subject, a title."""
    people = _people(anatomy)
    relations = {person.relation for person in _strangers()}
    if old.startswith(("/", "~")):
        return _other_file(old, rng.choice(_MADE_UP))
    if old in relations:
        if any(person.first_name in described.words for person in people):
            return None  # the name still says who is meant
        lacking = sorted(relations - {person.relation for person in people})
        return rng.choice(lacking) if lacking else None
    if any(old in (person.name, person.first_name) for person in people):
        return _stranger(anatomy, rng)
    if any(anatomy.tool(call.tool).capability == "Communication.search_emails" for call in described.calls):
        return rng.choice([subject for subject in _elsewhere("mails", "subject") if subject != old])
    return _of_other_row(anatomy, described, old, rng)


def _of_other_row(anatomy: Anatomy, described: Described, old: str, rng: Random) -> str | None:
    """What the row of another world has where this world's has what is described."""
    bindings = [binding for step in anatomy.steps for binding in step.bindings.values()]
    source = next((binding.source for binding in bindings if described.slot in binding.slots), "")
    stem, _, field = source.partition(".")
    world = anatomy.scenario.new_world()
    table = world.base.table_by_name.get(stem)
    if table is None or field not in table.fields:
        return None
    row = next(iter(world.store.where(table, field, described.value)), None)
    names = [] if row is None else [name for name in table.fields if getattr(row, name) == old]
    others = [value for value in _elsewhere(stem, names[0]) if value != old] if names else []
    return rng.choice(others) if others else None


@lru_cache(maxsize=32)
def _elsewhere(table: str, field: str) -> tuple[str, ...]:
    """The texts in a column of another world."""
    world = World(load_base_world("small", _ELSEWHERE))
    rows = world.store.rows(world.base.table_by_name[table])
    return tuple(sorted({str(getattr(row, field)) for row in rows if '"' not in str(getattr(row, field))} - {""}))


def _by_common_field(anatomy: Anatomy, place: Stated, field: str, form: str) -> str | None:
    """The instruction with an id replaced by what several rows have in common, each of which the step would take."""
    world = anatomy.scenario.new_world()
    step = anatomy.steps[place.step]
    rows = list(world.store.rows(world.base.table_by_name[place.binding.source.partition(".")[0]]))
    row = next((row for row in rows if row[0] == place.value), None)
    if row is None or field not in row._fields:
        return None
    common: Any = getattr(row, field)
    pins = {name: value for name, value in step.tool.pins.items() if name in row._fields}
    alike = [
        other
        for other in rows
        if getattr(other, field) == common
        and all(getattr(other, name) == value for name, value in pins.items())
        and not refusal(anatomy, place, other[0])
    ]
    if len(alike) < 2 or not common or (field == "provider" and not pins):
        return None
    said = _said(anatomy, str(common))
    phrase = without_noun(step.phrase, place.argument)
    words = form.format(value=said, provider=step.tool.provider)
    if "{provider}" in form and step.tool.provider in phrase:
        words = "my order"
    changed = tidy(anatomy.respoken(place, words, phrase=phrase))
    return changed if words in changed and str(place.value) not in changed else None


def _said(anatomy: Anatomy, value: str) -> str:
    """How one speaks of the holder of an address."""
    base = load_base_world(*anatomy.scenario.world)
    addresses = {person.email: person.name for person in base.background.people}
    addresses |= {organisation.email: organisation.name for organisation in base.background.organisations}
    return addresses.get(value, value)
