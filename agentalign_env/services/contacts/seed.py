"""The contacts that a world begins with: everybody the owner knows, then the organisations."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from agentalign_env.core.background import Organisation, Person
from agentalign_env.core.chats import chat_id_of
from agentalign_env.core.rng import Random
from agentalign_env.core.service import SeedContext
from agentalign_env.core.topics import load_topics
from agentalign_env.services.contacts.records import Contact

__all__ = ["note_about", "person_contact", "seed_contacts"]

_NOTES = (
    "Last talked about {topic}.",
    "Keeps asking about {topic}.",
    "Wants to hear more about {topic}.",
    "Sent me something about {topic}.",
    "Knows people who know about {topic}.",
)


def seed_contacts(context: SeedContext) -> Iterator[Contact]:
    """Contacts: people first, in the background's order, then organisations."""
    yield from islice(_contacts(context), context.rows)


def _contacts(context: SeedContext) -> Iterator[Contact]:
    rng, background = context.rng(), context.background
    topics = [topic.title for topic in load_topics().values()]
    for number, person in enumerate(background.people):
        note = rng.choice(_NOTES).format(topic=topics[rng.randrange(len(topics))])
        yield person_contact(context.new_id(number), person, chat_id_of(person.id, context.seed), note)
    for number, organisation in enumerate(background.organisations, start=len(background.people)):
        yield _organisation(context.new_id(number), organisation)


def note_about(topic: str, rng: Random) -> str:
    """What the owner noted of somebody who cares for a topic."""
    return rng.choice(_NOTES).format(topic=topic)


def person_contact(contact_id: str, person: Person, chat_id: str, note: str) -> Contact:
    """The entry of a person."""
    return Contact(
        id=contact_id,
        name=person.name,
        first_name=person.first_name,
        email=person.email,
        phone=person.phone,
        handle=person.handle,
        chat_id=chat_id,
        relation=person.relation,
        city=person.city,
        employer=person.employer,
        note=note,
    )


def _organisation(contact_id: str, organisation: Organisation) -> Contact:
    return Contact(
        id=contact_id,
        name=organisation.name,
        first_name="",
        email=organisation.email,
        phone="",
        handle="",
        chat_id="",
        relation=organisation.kind,
        city="",
        employer="",
        note=f"Website: {organisation.url}",
    )
