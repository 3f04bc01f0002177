"""The past of a world: what mails and messages say of orders, deliveries, payments and invoices is so."""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from agentalign_env.core.clock import day
from agentalign_env.core.world import World, base_world
from agentalign_env.services import new_world
from agentalign_env.services.delivery.providers import CURRENCY
from agentalign_env.services.mail.service import SERVICE as MAIL
from agentalign_env.services.shopping.life import delivers_at, ships_at
from agentalign_env.services.shopping.providers import SHOPS

WORLDS = [(size, seed) for size in ("small", "medium") for seed in range(6)]
AMOUNT = re.compile(r"\b([\d,]+\.\d\d) ([A-Z]{3})\b")
QUOTED = re.compile(r'"([^"]+)"')


class Told(NamedTuple):
    """A mail or message about money that a person and the owner exchange, without what tells the two apart."""

    address: str
    text: str
    sent_s: int


def rows_of(world: World, table: str) -> list[Any]:
    return list(world.base.tables[table].rows.values())


def minor(text: str) -> tuple[int, str]:
    """Of ``1,234.50 EUR``, the cents and the currency."""
    found = AMOUNT.fullmatch(text)
    assert found, text
    return int(found[1].replace(",", "").replace(".", "")), found[2]


def facts_of(mail: Any) -> dict[str, str]:
    return dict(line.split(": ", 1) for line in mail.body.split("\n") if ": " in line)


def mails_with(world: World, fact: str) -> list[tuple[Any, dict[str, str]]]:
    mails = [(mail, facts_of(mail)) for mail in rows_of(world, "mails")]
    return [(mail, facts) for mail, facts in mails if fact in facts]


def told_of_money(world: World) -> Iterator[Told]:
    """What is written between the owner and people that names an amount and quotes what it was for."""
    by_name = {person.name: person.email for person in world.background.people}
    people = {*by_name.values()}
    for mail in rows_of(world, "mails"):
        if mail.sender in people and AMOUNT.search(mail.body) and QUOTED.search(mail.body):
            yield Told(mail.sender, mail.body, mail.sent_s)
    for message in rows_of(world, "messages"):
        if message.name in by_name and AMOUNT.search(message.text) and QUOTED.search(message.text):
            yield Told(by_name[message.name], message.text, message.sent_s)


def payments_told(world: World) -> dict[str, Any]:
    """The payments that people and the owner write about, by id."""
    found = {}
    payments = rows_of(world, "payments")
    for told in told_of_money(world):
        (purpose,) = QUOTED.findall(told.text)
        amounts = [minor(" ".join(amount)) for amount in AMOUNT.findall(told.text)]
        fitting = [
            payment
            for payment in payments
            if (payment.recipient, payment.description) == (told.address, purpose)
            and (payment.amount_minor, payment.currency) == amounts[0]
            and payment.captured_minor == payment.amount_minor
            and [payment.refunded_minor] * (payment.refunded_minor > 0) == [refund for refund, _ in amounts[1:]]
            and payment.created_s < told.sent_s < world.now_s
        ]
        assert fitting, told
        found.update({payment.id: payment for payment in fitting[-1:]})
    return found


@pytest.mark.parametrize(("size", "seed"), WORLDS)
def test_every_order_in_a_mail_exists_with_its_number_total_address_and_date(size: str, seed: int) -> None:
    world = new_world(size, seed)
    orders = {order.id: order for order in rows_of(world, "orders") + rows_of(world, "delivery_orders")}
    mails = mails_with(world, "Order number")
    assert {mail.sender for mail, _ in mails} <= {f"orders@{order.provider}.example" for order in orders.values()}
    for mail, facts in mails:
        order = orders[facts["Order number"]]
        shop = SHOPS.get(order.provider)
        assert mail.sender == f"orders@{order.provider}.example"
        assert order.id in mail.subject
        assert minor(facts["Total"]) == (order.total_minor, shop.currency if shop else CURRENCY)
        assert facts["Ordered on"] == day(order.placed_s)
        assert facts["Items"] == (f"{order.quantity} x {order.title}" if shop else order.summary)
        assert facts["Delivery address"] == (order.shipping_address if shop else order.address)


@pytest.mark.parametrize(("size", "seed"), WORLDS)
def test_a_mail_about_an_order_follows_what_it_reports(size: str, seed: int) -> None:
    world = new_world(size, seed)
    orders = {order.id: order for order in rows_of(world, "orders")}
    returns = {entry.id: entry for entry in rows_of(world, "returns")}
    reported: set[str] = set()
    for mail, facts in mails_with(world, "Order number"):
        order = orders.get(facts["Order number"])
        if order is None:
            continue
        kind = mail.subject.split()[0]
        reported.add(kind)
        happened_s = {"Sent:": ships_at(order), "Delivered:": delivers_at(order)}.get(kind, order.placed_s)
        if kind == "Refund":
            entry = returns[facts["Return number"]]
            happened_s = entry.created_s
            assert (entry.order_id, minor(facts["Refund"])[0]) == (order.id, entry.refund_minor)
        assert 0 < mail.sent_s - happened_s < 600
        assert mail.sent_s < world.now_s
        assert (kind == "Cancelled:") == (order.status == "cancelled")
        assert facts.get("Tracking number", order.tracking) == order.tracking
    assert len(reported) > 1


@pytest.mark.parametrize(("size", "seed"), WORLDS)
def test_every_receipt_is_of_a_payment_with_that_amount_and_recipient(size: str, seed: int) -> None:
    world = new_world(size, seed)
    payments = {payment.id: payment for payment in rows_of(world, "payments")}
    for mail, facts in mails_with(world, "Payment number"):
        payment = payments[facts["Payment number"]]
        assert minor(facts["Amount"]) == (payment.amount_minor, payment.currency)
        assert (facts["Paid to"], facts["For"]) == (payment.recipient, payment.description)
        assert facts["Paid on"] == day(payment.created_s)
        assert 0 < mail.sent_s - payment.created_s < 600
        assert payment.status != "failed"


@pytest.mark.parametrize(("size", "seed"), WORLDS)
def test_every_payment_that_people_write_about_exists_and_came_before(size: str, seed: int) -> None:
    world = new_world(size, seed)
    told = list(told_of_money(world))
    assert payments_told(world)
    contacts = {contact.email for contact in rows_of(world, "contacts")}
    assert {one.address for one in told} <= contacts


@pytest.mark.parametrize("seed", range(6))
def test_people_and_companies_write_about_much_of_what_was_bought_and_paid(seed: int) -> None:
    world = new_world("small", seed)
    orders = {facts["Order number"] for _, facts in mails_with(world, "Order number")}
    receipts = {facts["Payment number"] for _, facts in mails_with(world, "Payment number")}
    assert len(orders) >= 8
    assert len(orders | receipts | payments_told(world).keys()) >= 12


@pytest.mark.parametrize(("size", "seed"), WORLDS)
def test_every_paid_invoice_of_a_payment_is_in_a_mail_that_came_before_it(size: str, seed: int) -> None:
    world = new_world(size, seed)
    invoices = {f"Invoice {bill.number}, {bill.purpose}": bill for bill in world.background.invoices}
    mails = {mail.subject: mail for mail in rows_of(world, "mails")}
    paid = [payment for payment in rows_of(world, "payments") if payment.description in invoices]
    assert paid
    for payment in paid:
        invoice = invoices[payment.description]
        mail = mails[f"Invoice {invoice.number} from {invoice.organisation.name}"]
        assert f"{payment.amount_minor / 100:.2f} {payment.currency}" in mail.body
        assert mail.sent_s < payment.created_s
        assert mail.sender == payment.recipient


def test_without_shops_there_are_no_mails_of_theirs() -> None:
    world = World(base_world("small", 0, (MAIL,)))
    mails = rows_of(world, "mails")
    assert len(mails) == world.base.size.rows["mails"]
    assert mails_with(world, "Order number") == mails_with(world, "Payment number") == []


def test_the_large_worlds_history_costs_no_catalogue() -> None:
    base = base_world("large", 0, new_world("small", 0).base.services)
    assert base.seed_context("mails").notices()
    assert not {"products", "menu_items", "merchants", "mails"} & base.tables.keys()
