"""Looking people up in the address book."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from pydantic import Field

from agentalign_env.core.operation import operation
from agentalign_env.core.service import Service
from agentalign_env.core.world import World
from agentalign_env.services.contacts.premises import lay_contact
from agentalign_env.services.contacts.records import CONTACTS, Contact, ContactPage, FoundContact
from agentalign_env.services.contacts.seed import seed_contacts

__all__ = ["SERVICE"]


@operation("Communication.search_contacts", reads=(CONTACTS,), identifies="contacts[].contact_id")
def search_contacts(
    world: World,
    *,
    query: Annotated[str, Field(max_length=400)] = "",
    limit: Annotated[int, Field(ge=1, le=50)] = 10,
    offset: Annotated[int, Field(ge=0, le=100_000)] = 0,
) -> ContactPage:
    """Finds the contacts that hold every word of the query, people before organisations."""
    page = world.store.search(CONTACTS, query, limit=limit, offset=offset)
    return {"contacts": [_entry(contact) for contact in page.rows], "more": page.more}


def _entry(contact: Contact) -> FoundContact:
    entry: FoundContact = {
        "contact_id": contact.id,
        "name": contact.name,
        "email": contact.email,
        "relation": contact.relation,
        "note": contact.note,
    }
    if contact.phone:
        entry["phone"] = contact.phone
    if contact.handle:
        entry["handle"] = contact.handle
    if contact.chat_id:
        entry["chat_id"] = contact.chat_id
    if contact.city:
        entry["city"] = contact.city
    if contact.employer:
        entry["employer"] = contact.employer
    return entry


def _addresses_belong_to_one_contact(world: World) -> Iterable[str]:
    for field in ("email", "phone", "handle", "chat_id"):
        owners: dict[str, str] = {}
        for contact in world.store.rows(CONTACTS):
            address = getattr(contact, field)
            if address and owners.setdefault(address, contact.id) != contact.id:
                yield f"contacts {owners[address]} and {contact.id} share the {field} {address}"


def _the_owner_is_no_contact(world: World) -> Iterable[str]:
    for contact in world.store.where(CONTACTS, "email", world.owner.email):
        yield f"contact {contact.id} is the owner"


SERVICE = Service(
    name="contacts",
    module=__name__,
    tables={CONTACTS: seed_contacts},
    operations=(search_contacts,),
    premises={"PersonName": lay_contact},
    invariants=(_addresses_belong_to_one_contact, _the_owner_is_no_contact),
)
