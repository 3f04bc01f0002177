"""Rows and results of the contacts service."""

from __future__ import annotations

from typing import Annotated, NamedTuple, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from agentalign_env.core.ids import DIGITS, IdStyle
from agentalign_env.core.semantics import ChatId, EmailAddress, Handle, PersonName, PhoneNumber, Place, Semantic
from agentalign_env.core.table import Table

__all__ = ["CONTACTS", "Contact", "ContactId", "ContactPage", "FoundContact"]

ContactId = Annotated[str, Semantic("ContactId"), Field(min_length=1, max_length=64)]


class Contact(NamedTuple):
    """One entry of the address book: a person, or an organisation, of which only name, kind and email are known."""

    id: ContactId
    name: PersonName
    first_name: str
    email: EmailAddress
    phone: PhoneNumber
    handle: Handle
    chat_id: ChatId
    relation: str  # what the person is to the owner, or the organisation's kind
    city: Place
    employer: str
    note: str


# Email and handle are searched too: they spell a name without its accents.
CONTACTS = Table(
    "contacts",
    Contact,
    text=("name", "email", "phone", "handle", "relation", "city", "employer", "note"),
    free_text=("note",),
    ids=IdStyle("c", DIGITS, 18),
)


class FoundContact(TypedDict):
    """One entry of a search result; what is not known is left out."""

    contact_id: ContactId
    name: PersonName
    email: EmailAddress
    phone: NotRequired[PhoneNumber]
    handle: NotRequired[Handle]
    chat_id: NotRequired[ChatId]
    relation: str
    city: NotRequired[Place]
    employer: NotRequired[str]
    note: str


class ContactPage(TypedDict):
    """A page of a search result."""

    contacts: list[FoundContact]
    more: bool
