"""The address book: who is in it, and how people are found."""

import dataclasses
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentalign_env.core.chats import chat_id_of
from agentalign_env.core.text import tokens
from agentalign_env.core.world import World
from agentalign_env.services import new_world
from agentalign_env.services.contacts.records import Contact
from agentalign_env.services.contacts.seed import seed_contacts
from agentalign_env.services.contacts.service import SERVICE
from agentalign_env.toolkit.catalogue import load_tools
from agentalign_env.toolkit.dispatch import ToolResult, execute
from agentalign_env.types import ToolCall

SEED = 3


def search(world: World, **arguments: Any) -> ToolResult:
    return execute(world, load_tools(), ToolCall("1", "search_contacts", arguments))


def found(world: World, **arguments: Any) -> list[dict[str, Any]]:
    result = search(world, **arguments)
    assert result.code == ""
    contacts: list[dict[str, Any]] = orjson.loads(result.content)["contacts"]
    return contacts


def test_a_person_is_found_with_every_address() -> None:
    world = new_world("small", SEED)
    person = world.background.people[0]
    (contact,) = found(world, query=f"{person.relation} {person.first_name}")
    assert contact.pop("id").startswith("c")
    assert contact.pop("note")
    assert contact == {
        "name": person.name,
        "email": person.email,
        "phone": person.phone,
        "handle": person.handle,
        "telegramChatId": chat_id_of(person.id, SEED),
        "relation": person.relation,
        "city": person.city,
        "employer": person.employer,
    }


@pytest.mark.parametrize("field", ["name", "email", "phone", "handle", "relation", "employer", "city"])
def test_people_are_found_by(field: str) -> None:
    world = new_world("small", SEED)
    person = world.background.people[0]
    assert person.email in [contact["email"] for contact in found(world, query=getattr(person, field), limit=50)]


def test_a_name_with_accents_is_found_without_them() -> None:
    world = new_world("small", SEED)
    person = next(person for person in world.background.people if not person.name.isascii())
    plain = person.email.partition("@")[0].replace(".", " ")
    assert person.name in [contact["name"] for contact in found(world, query=plain)]


def test_everybody_is_a_contact_people_first_and_the_owner_is_not() -> None:
    world = new_world("small", SEED)
    names = [contact["name"] for contact in found(world, limit=50)]
    people = [person.name for person in world.background.people]
    organisations = [organisation.name for organisation in world.background.organisations]
    assert names == [*people, *organisations][: len(names)]
    assert len(names) >= len(people)
    assert world.owner.name not in names


def test_organisations_follow_as_far_as_rows_allow_with_an_email_but_no_phone_nor_chat() -> None:
    context = new_world("small", SEED).base.seed_context("contacts")
    people, organisations = context.background.people, context.background.organisations
    roomy = list(seed_contacts(dataclasses.replace(context, rows=len(people) + 5)))
    assert [row.name for row in roomy[: len(people)]] == [person.name for person in people]
    assert roomy[len(people) :] == [
        Contact(
            id=context.new_id(len(people) + number),
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
        for number, organisation in enumerate(organisations[:5])
    ]


def test_pages_follow_each_other() -> None:
    world = new_world("small", SEED)
    everybody = found(world, limit=50)
    first = orjson.loads(search(world, limit=6).content)
    assert first == {"hasMore": True, "contacts": everybody[:6]}
    assert found(world, limit=6, offset=6) == everybody[6:12]
    assert orjson.loads(search(world, limit=50).content)["hasMore"] is False


def test_nobody_is_found_by_words_that_no_contact_holds() -> None:
    result = search(new_world("small", SEED), query="zeppelin captain")
    assert orjson.loads(result.content) == {"hasMore": False, "contacts": []}


@pytest.mark.parametrize("arguments", [{"limit": 0}, {"limit": 51}, {"offset": -1}, {"query": "x" * 401}, {"query": 7}])
def test_arguments_out_of_range_are_refused(arguments: dict[str, Any]) -> None:
    result = search(new_world("small", SEED), **arguments)
    assert (result.code, result.value["field"]) == ("invalid_argument", next(iter(arguments)))


def test_chat_ids_are_distinct_numbers_that_differ_between_worlds() -> None:
    ids = {chat_id_of(f"person-{number:05d}", SEED) for number in range(5000)}
    assert len(ids) == 5000
    assert all(len(chat_id) == 10 and chat_id.isdigit() for chat_id in ids)
    assert chat_id_of("person-00001", SEED) != chat_id_of("person-00001", SEED + 1)


@given(query=st.text(st.characters(exclude_categories=["Cs"]), max_size=30), offset=st.integers(0, 40))
def test_any_search_changes_nothing_and_finds_only_what_holds_every_word(query: str, offset: int) -> None:
    world = new_world("small", SEED)
    before = world.digest()
    for contact in found(world, query=query, offset=offset):
        held = tokens(" ".join(str(value) for value in contact.values()))
        assert set(tokens(query)) <= set(held)
    assert world.digest() == before
    assert [sentence for check in SERVICE.invariants for sentence in check(world)] == []
