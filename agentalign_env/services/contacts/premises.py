"""Who can be put into the address book before an episode."""

from __future__ import annotations

from agentalign_env.core.chats import chat_id_of
from agentalign_env.core.premises import Hints, acquaintance, premise_rng, text_hint, topic_about
from agentalign_env.core.world import World
from agentalign_env.errors import PremiseError
from agentalign_env.services.contacts.records import CONTACTS
from agentalign_env.services.contacts.seed import note_about, person_contact

__all__ = ["lay_contact"]


def lay_contact(world: World, value: str, hints: Hints) -> None:
    """Somebody of this name.

    Hints: ``email``, ``phone``, ``handle``, ``relation``, ``city``, ``employer``, ``note``.
    """
    person, rng = acquaintance(world, value, hints), premise_rng(world, "contact", value)
    for field, known in (("name", person.name), ("email", person.email), ("phone", person.phone)):
        if world.store.where(CONTACTS, field, known):
            raise PremiseError(f"the address book has somebody with the {field} {known!r} already: build on them")
    note = text_hint(hints, "note", note_about(topic_about(rng, "")[0].title, rng))
    contact_id, chat_id = world.new_id(CONTACTS), chat_id_of(person.id, world.base.key.seed)
    world.store.put(CONTACTS, person_contact(contact_id, person, chat_id, note))
