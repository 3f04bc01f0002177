"""What worlds hold: reserved addresses only, and services that agree with each other."""

import ipaddress
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from agentalign_env.core.world import World
from agentalign_env.services import new_world

WORLDS = [("small", 0), ("small", 1), ("small", 2), ("medium", 0)]
ORDERS = ("orders", "delivery_orders")
EMAIL = re.compile(r"[\w.+%-]+@([\w-]+(?:\.[\w-]+)+)")
URL = re.compile(r"\b[a-z][a-z0-9+.-]*://[^\s\"'<>)]+", re.IGNORECASE)
DOMAIN = re.compile(
    r"\b(?:[a-z0-9-]+\.)+(?:com|org|net|io|co|edu|gov|info|biz|app|dev|cn|de|fr|es|it|nl|pl|se|pt|eu|uk|us|me|tv|be)\b",
    re.IGNORECASE,
)
PHONE = re.compile(r"\+\d[\d\s().-]{6,}\d|\b\d{3}[-. ]\d{3}[-. ]\d{4}\b")
RESERVED_PHONE = re.compile(r"\+1\d{3}55501\d{2}")
ADDRESS = re.compile(r"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])")
NETWORKS = [
    ipaddress.ip_network(net)
    for net in (
        "192.0.2.0/24",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "10.0.0.0/8",
        "192.168.0.0/16",
        "127.0.0.0/8",
        "0.0.0.0/32",
    )
]


def texts_in(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, (tuple, list)):
        for part in value:
            yield from texts_in(part)


def texts_of(world: World) -> Iterator[tuple[str, str]]:
    for name, table in world.base.table_by_name.items():
        for row in world.store.rows(table):
            for text in texts_in(row):
                yield name, text


def is_reserved(host: str) -> bool:
    return host.casefold().endswith((".example", ".test")) or host == "localhost" or is_test_address(host)


def is_test_address(host: str) -> bool:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return any(address in network for network in NETWORKS)


@pytest.mark.parametrize(("size", "seed"), WORLDS)
def test_every_mail_address_and_url_is_of_a_reserved_domain(size: str, seed: int) -> None:
    wrong: set[tuple[str, str]] = set()
    hosts: set[str] = set()
    for table, text in texts_of(new_world(size, seed)):
        found = EMAIL.findall(text) + [urlsplit(url).hostname or "" for url in URL.findall(text)]
        hosts.update(found)
        wrong.update((table, host) for host in found if not is_reserved(host))
    assert wrong == set()
    assert len(hosts) > 5


@pytest.mark.parametrize(("size", "seed"), WORLDS)
def test_no_text_names_a_domain_that_could_exist(size: str, seed: int) -> None:
    assert {
        (table, found) for table, text in texts_of(new_world(size, seed)) for found in DOMAIN.findall(text)
    } == set()


@pytest.mark.parametrize(("size", "seed"), WORLDS)
def test_every_phone_number_is_fictitious(size: str, seed: int) -> None:
    found = {(table, number) for table, text in texts_of(new_world(size, seed)) for number in PHONE.findall(text)}
    assert {number for _, number in found}
    assert {(table, number) for table, number in found if not RESERVED_PHONE.fullmatch(number)} == set()


@pytest.mark.parametrize(("size", "seed"), WORLDS)
def test_every_ip_address_is_of_a_test_or_private_network(size: str, seed: int) -> None:
    found = {(table, address) for table, text in texts_of(new_world(size, seed)) for address in ADDRESS.findall(text)}
    assert {(table, address) for table, address in found if not is_test_address(address)} == set()


@pytest.mark.parametrize(("size", "seed"), WORLDS)
def test_people_are_told_apart_by_every_address(size: str, seed: int) -> None:
    background = new_world(size, seed).background
    everyone = (background.owner, *background.people)
    for field in ("id", "email", "phone", "handle"):
        values = [getattr(person, field) for person in everyone]
        assert len({*values}) == len(values), field


@pytest.mark.parametrize(("size", "seed"), WORLDS)
def test_every_sender_of_a_mail_is_the_owner_a_contact_an_organisation_or_a_provider(size: str, seed: int) -> None:
    world = new_world(size, seed)
    tables = world.base.table_by_name
    known = {row.email for row in world.store.rows(tables["contacts"])} | {world.owner.email}
    known |= {organisation.email for organisation in world.background.organisations}
    known |= {f"orders@{row.provider}.example" for name in ORDERS for row in world.store.rows(tables[name])}
    known |= {f"receipts@{row.provider.replace('_', '-')}.example" for row in world.store.rows(tables["payments"])}
    senders = {row.sender for row in world.store.rows(tables["mails"])}
    assert senders <= known
    assert len(senders & {person.email for person in world.background.people}) > 3


@pytest.mark.parametrize(("size", "seed"), WORLDS)
def test_the_people_of_the_background_are_the_contacts(size: str, seed: int) -> None:
    world = new_world(size, seed)
    rows = world.store.rows(world.base.table_by_name["contacts"])
    people = {(person.name, person.email, person.phone, person.handle) for person in world.background.people}
    assert {(row.name, row.email, row.phone, row.handle) for row in rows} >= people


@pytest.mark.parametrize(("size", "seed"), WORLDS)
def test_every_invoice_is_in_a_mail_with_its_number_amount_and_file(size: str, seed: int) -> None:
    world = new_world(size, seed)
    mails = list(world.store.rows(world.base.table_by_name["mails"]))
    assert world.background.invoices
    for invoice in world.background.invoices:
        (mail,) = [mail for mail in mails if invoice.number in mail.subject]
        assert f"{invoice.amount_minor / 100:.2f} {invoice.currency}" in mail.body
        assert mail.sender == invoice.organisation.email
        assert mail.attachments == (invoice.path,)
        assert mail.sent_s == invoice.issued_s < world.now_s


@pytest.mark.parametrize(("size", "seed"), WORLDS)
def test_every_invoice_is_a_file_with_its_number_and_amount(size: str, seed: int) -> None:
    world = new_world(size, seed)
    if "files" not in world.base.ports:
        pytest.skip("no service provides files")
    files = world.base.tables["files"].rows
    for invoice in world.background.invoices:
        text = " ".join(texts_in(files[invoice.path]))
        assert invoice.number in text
        assert f"{invoice.amount_minor / 100:.2f}" in text
        found = world.files.info(invoice.path)
        assert found is not None
        assert found.size > 0


@pytest.mark.parametrize(("size", "seed"), WORLDS)
def test_invoice_numbers_are_unique(size: str, seed: int) -> None:
    numbers = [invoice.number for invoice in new_world(size, seed).background.invoices]
    assert len({*numbers}) == len(numbers)


@pytest.mark.parametrize(("size", "seed"), WORLDS)
def test_everything_seeded_happened_before_the_world_begins(size: str, seed: int) -> None:
    world = new_world(size, seed)
    late = []
    for name, table in world.base.table_by_name.items():
        for field in (field for field in table.fields if field.endswith("_s")):
            at = table.fields.index(field)
            late += [(name, field, row[0]) for row in world.store.rows(table) if row[at] > world.now_s]
    assert late == []
