"""Payments: money moves from the owner's wallets to payees and back, and none is made or lost."""

from typing import Any

import orjson
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from agentalign_env.core.world import World
from agentalign_env.services import new_world
from agentalign_env.services.payments.currencies import convert
from agentalign_env.services.payments.records import ACCOUNTS, PAYMENTS
from agentalign_env.services.payments.service import SERVICE
from agentalign_env.toolkit.catalogue import load_tools
from agentalign_env.toolkit.dispatch import execute
from agentalign_env.types import ToolCall

UNKNOWN_IDS = ("", "5O19AAAAAAAAAAAAA", "nonsense")


@pytest.fixture
def world() -> World:
    return new_world("small", 3)


def call(world: World, tool: str, **arguments: Any) -> Any:
    return orjson.loads(execute(world, load_tools(), ToolCall("1", tool, arguments)).content)


def refusal(world: World, tool: str, **arguments: Any) -> tuple[str, str | None]:
    """The code and the field of the error; the call must leave no trace."""
    before = world.digest()
    error = call(world, tool, **arguments)["error"]
    assert world.digest() == before
    return error["code"], error.get("field")


def violations(world: World) -> list[str]:
    return [sentence for check in SERVICE.invariants for sentence in check(world)]


def available(world: World, provider: str = "paypal") -> float:
    key = {"paypal": "available_balance", "stripe": "available", "alipay": "available_amount"}[provider]
    return call(world, f"get_{provider}_balance")[key]


def authorise(world: World, amount: float = 40) -> str:
    made = call(world, "create_paypal_payment", amount=amount, currency="EUR", intent="AUTHORIZE")
    return str(made["id"])


def test_a_paid_amount_leaves_the_wallet_and_the_payment_shows_what_was_asked(world: World) -> None:
    mia = world.background.people[0].email
    before = available(world)
    paid = call(
        world, "create_paypal_payment", amount=40, currency="EUR", payee_email=mia.upper(), description="Garden soil"
    )
    assert paid == {
        "id": paid["id"],
        "status": "COMPLETED",
        "intent": "CAPTURE",
        "amount": 40.0,
        "currency_code": "EUR",
        "charged_amount": 40.0,
        "charged_currency": "EUR",
        "captured_amount": 40.0,
        "refunded_amount": 0.0,
        "payee_email": mia,
        "description": "Garden soil",
        "create_time": paid["create_time"],
    }
    assert available(world) == pytest.approx(before - 40)
    assert call(world, "query_paypal_payment", payment_id=paid["id"]) == paid
    assert violations(world) == []


@pytest.mark.parametrize(
    ("tool", "arguments", "shown"),
    [
        (
            "create_alipay_payment",
            {"amount": 300, "subject": "Tea", "payment_method": "BANK_CARD", "payee_account": "tea@shop.example"},
            {"total_amount": 300.0, "currency": "CNY", "subject": "Tea", "payment_methods": ["BANK_CARD"]},
        ),
        (
            "create_wechat_pay_payment",
            {"amount": 88.5, "description": "Lunch", "trade_type": "JSAPI", "currency": "HKD"},
            {"total": 88.5, "currency": "HKD", "trade_type": "JSAPI", "trade_state": "SUCCESS"},
        ),
        (
            "create_apple_pay_payment",
            {"amount": 500, "merchant_id": "merchant.example.bakery", "payment_data": {"network": "AMEX"}},
            {"amount": 500.0, "currencyCode": "USD", "merchantIdentifier": "merchant.example.bakery"},
        ),
        (
            "stripe_create_payment",
            {"amount": 500, "currency": "GBP", "payment_method_types": ["ideal", "card"], "metadata": {"order": 7}},
            {"amount": 500.0, "currency": "GBP", "payment_method_types": ["card", "ideal"], "status": "succeeded"},
        ),
    ],
)
def test_every_provider_pays_an_ordinary_amount_in_its_own_words(
    world: World, tool: str, arguments: dict[str, Any], shown: dict[str, Any]
) -> None:
    paid = call(world, tool, **arguments)
    assert {name: paid.get(name) for name in shown} == shown
    assert violations(world) == []


def test_what_a_person_asked_for_is_in_the_row(world: World) -> None:
    call(
        world,
        "create_apple_pay_payment",
        amount=7.5,
        currency="EUR",
        merchant_id="merchant.example.bakery",
        payment_data={"network": "VISA"},
        line_items=[{"label": "Bread", "amount": 8}, {"label": "Discount", "amount": -0.5}],
    )
    row = next(iter(world.store.newest(PAYMENTS)))
    assert (row.provider, row.status, row.amount_minor, row.currency) == ("apple_pay", "paid", 750, "EUR")
    assert (row.merchant, row.methods) == ("merchant.example.bakery", ("VISA",))
    assert row.items == "Bread at 8.00 EUR; Discount at -0.50 EUR"


def test_another_currency_is_charged_in_the_currency_of_the_wallet(world: World) -> None:
    before = available(world, "stripe")
    paid = call(world, "stripe_create_payment", amount=10_000, currency="JPY")
    assert (paid["amount"], paid["amount_charged"], paid["currency_charged"]) == (10_000, 61.0, "EUR")
    assert available(world, "stripe") == pytest.approx(before - 61)


def test_conversion_rounds_to_the_nearest_unit_and_is_never_free() -> None:
    assert convert(1_250, "EUR", "EUR") == 1_250
    assert convert(100_00, "EUR", "JPY") == 16_393
    assert convert(10_00, "EUR", "USD") == 10_87
    assert convert(1, "VND", "EUR") == 1
    assert convert(1_000, "KWD", "EUR") == 300


def test_a_million_is_more_than_any_wallet_holds(world: World) -> None:
    for tool, arguments in (
        ("create_paypal_payment", {}),
        ("create_alipay_payment", {"subject": "x"}),
        ("create_wechat_pay_payment", {"description": "x"}),
        ("create_apple_pay_payment", {"merchant_id": "m", "payment_data": {}}),
        ("stripe_create_payment", {"currency": "JPY"}),
    ):
        assert refusal(world, tool, amount=1_000_000, **arguments) == ("insufficient_funds", "amount")


def test_an_amount_has_no_more_decimals_than_its_currency(world: World) -> None:
    for amount, currency in ((10.5, "JPY"), (0.005, "EUR"), (0.1 + 0.2, "USD"), (1.0001, "KWD")):
        found = refusal(world, "stripe_create_payment", amount=amount, currency=currency)
        assert found == ("invalid_argument", "amount")
    assert call(world, "stripe_create_payment", amount=1.001, currency="KWD")["amount"] == 1.001


def test_a_currency_that_does_not_exist_is_refused(world: World) -> None:
    assert refusal(world, "stripe_create_payment", amount=5, currency="XYZ") == ("invalid_argument", "currency")


def test_only_the_owner_pays(world: World) -> None:
    stranger = world.background.people[0].email
    assert refusal(world, "create_paypal_payment", amount=5, payer_email=stranger) == (
        "permission_denied",
        "payer_email",
    )
    user_id = call(world, "get_alipay_balance")["user_id"]
    for payer in (world.owner.email, world.owner.phone, user_id):
        paid = call(world, "create_alipay_payment", amount=5, subject="x", buyer_id=payer)
        assert paid["trade_status"] == "TRADE_SUCCESS"


def test_nobody_pays_themselves(world: World) -> None:
    found = refusal(world, "create_paypal_payment", amount=5, payee_email=world.owner.email)
    assert found == ("invalid_argument", "payee_email")


def test_items_add_up_to_the_amount(world: World) -> None:
    items = [{"name": "Pen", "quantity": 3, "unit_amount": 1.2}, {"name": "Pad", "unit_amount": 4.4}]
    assert refusal(world, "create_paypal_payment", amount=9, items=items) == ("invalid_argument", "items")
    paid = call(world, "create_paypal_payment", amount=8, items=items)
    assert paid["items"] == "3 x Pen at 1.20 USD; 1 x Pad at 4.40 USD"


def test_an_idempotency_key_pays_once_and_only_for_the_same_arguments(world: World) -> None:
    arguments = {"amount": 25, "currency": "EUR", "idempotency_key": "rent-march"}
    first = call(world, "stripe_create_payment", **arguments)
    digest = world.digest()
    assert call(world, "stripe_create_payment", **arguments) == first
    assert world.digest() == digest
    changed = {**arguments, "amount": 26}
    assert refusal(world, "stripe_create_payment", **changed) == ("conflict", "idempotency_key")
    call(world, "refund_stripe_payment", payment_id=first["id"])
    assert call(world, "stripe_create_payment", **arguments)["status"] == "refunded"
    elsewhere = call(world, "create_paypal_payment", **arguments)
    assert elsewhere["status"] == "COMPLETED"


def test_an_authorised_amount_is_held_until_it_is_captured(world: World) -> None:
    before = call(world, "get_paypal_balance")
    payment_id = authorise(world)
    held = call(world, "get_paypal_balance")
    assert held["available_balance"] == pytest.approx(before["available_balance"] - 40)
    assert held["withheld_balance"] == pytest.approx(before["withheld_balance"] + 40)
    captured = call(world, "capture_paypal_payment", payment_id=payment_id, amount=30)
    assert (captured["status"], captured["amount"], captured["captured_amount"]) == ("COMPLETED", 40.0, 30.0)
    after = call(world, "get_paypal_balance")
    assert after["available_balance"] == pytest.approx(before["available_balance"] - 30)
    assert after["withheld_balance"] == before["withheld_balance"]
    assert refusal(world, "capture_paypal_payment", payment_id=payment_id) == ("invalid_state", "payment_id")
    assert violations(world) == []


def test_no_more_than_what_is_authorised_can_be_captured(world: World) -> None:
    payment_id = authorise(world)
    found = refusal(world, "capture_paypal_payment", payment_id=payment_id, amount=40.01)
    assert found == ("invalid_argument", "amount")


def test_a_voided_authorisation_gives_the_money_back_and_is_final(world: World) -> None:
    before = call(world, "get_paypal_balance")
    payment_id = authorise(world)
    assert refusal(world, "refund_paypal_payment", payment_id=payment_id) == ("invalid_state", "payment_id")
    assert call(world, "void_paypal_payment", payment_id=payment_id)["status"] == "VOIDED"
    assert call(world, "get_paypal_balance") == before
    for tool in ("capture_paypal_payment", "void_paypal_payment", "refund_paypal_payment"):
        assert refusal(world, tool, payment_id=payment_id) == ("invalid_state", "payment_id")


def test_refunds_give_back_parts_and_then_the_rest_to_the_cent(world: World) -> None:
    before = available(world)
    payment_id = call(world, "create_paypal_payment", amount=10, currency="USD")["id"]
    part = call(world, "refund_paypal_payment", payment_id=payment_id, amount=3.33, reason="one was broken")
    assert (part["status"], part["refunded_amount"], part["note"]) == ("PARTIALLY_REFUNDED", 3.33, "one was broken")
    too_much = refusal(world, "refund_paypal_payment", payment_id=payment_id, amount=6.68)
    assert too_much == ("invalid_argument", "amount")
    rest = call(world, "refund_paypal_payment", payment_id=payment_id)
    assert (rest["status"], rest["refunded_amount"]) == ("REFUNDED", 10.0)
    assert available(world) == before
    assert refusal(world, "refund_paypal_payment", payment_id=payment_id) == ("invalid_state", "payment_id")
    assert violations(world) == []


def test_a_provider_knows_its_own_payments_only(world: World) -> None:
    payment_id = call(world, "create_paypal_payment", amount=5)["id"]
    for tool in ("query_alipay_payment", "query_apple_pay_payment", "query_wechat_pay_payment"):
        assert refusal(world, tool, payment_id=payment_id) == ("not_found", "payment_id")
    assert refusal(world, "query_paypal_payment", payment_id="5O19AAAAAAAAAAAAA") == ("not_found", "payment_id")


def test_the_list_shows_the_newest_first_by_words_and_status(world: World) -> None:
    for amount, description in ((3, "Blue paint"), (4, "Blue brushes"), (5, "Ladder")):
        call(world, "create_paypal_payment", amount=amount, description=description)
    found = call(world, "list_paypal_payments", query="blue", limit=1)
    assert ([payment["amount"] for payment in found["payments"]], found["has_more"]) == ([4.0], True)
    rest = call(world, "list_paypal_payments", query="blue", limit=1, offset=1)
    assert ([payment["amount"] for payment in rest["payments"]], rest["has_more"]) == ([3.0], False)
    held = call(world, "list_paypal_payments", status="AUTHORIZED", limit=50)["payments"]
    assert held
    assert {payment["status"] for payment in held} == {"AUTHORIZED"}
    assert refusal(world, "list_paypal_payments", status="paid") == ("invalid_argument", "status")


@pytest.mark.parametrize(("size", "seed"), [("small", 0), ("small", 7), ("medium", 1)])
def test_a_world_begins_with_paid_invoices_and_balanced_books(size: str, seed: int) -> None:
    world = new_world(size, seed)
    payments = list(world.store.rows(PAYMENTS))
    assert len(payments) == world.base.size.rows["payments"]
    assert {payment.provider for payment in payments} == {"alipay", "apple_pay", "paypal", "stripe", "wechat_pay"}
    assert all(payment.created_s < world.base.start_s for payment in payments)
    assert violations(world) == []
    invoices = {f"Invoice {bill.number}, {bill.purpose}": bill for bill in world.background.invoices}
    for payment in payments:
        invoice = invoices.get(payment.description)
        if invoice is not None:
            assert invoice.paid
            assert (payment.recipient, payment.amount_minor) == (invoice.organisation.email, invoice.amount_minor)


def test_a_wallet_that_does_not_match_its_payments_is_a_violation(world: World) -> None:
    held = world.store.get(ACCOUNTS, "paypal:held")
    assert held is not None
    world.store.put(ACCOUNTS, held._replace(balance_minor=held.balance_minor - 1))
    assert len(violations(world)) == 2


PAYING = st.one_of(
    st.tuples(
        st.sampled_from(("create_paypal_payment", "stripe_create_payment")),
        st.fixed_dictionaries(
            {"currency": st.sampled_from(("USD", "EUR", "GBP", "JPY"))},
            optional={"idempotency_key": st.sampled_from(("", "a", "b")), "intent": st.just("AUTHORIZE")},
        ),
    ),
    st.tuples(st.just("create_alipay_payment"), st.fixed_dictionaries({"subject": st.text(max_size=3)})),
    st.tuples(st.just("create_wechat_pay_payment"), st.just({"description": "x"})),
    st.tuples(st.just("create_apple_pay_payment"), st.just({"merchant_id": "m", "payment_data": {}})),
)
AMOUNTS = st.one_of(st.sampled_from((0.01, 1, 33.33, 500, 2_000, 1_000_000)), st.floats(allow_nan=False), st.integers())
CHANGES = st.sampled_from(("capture_paypal", "refund_paypal", "void_paypal", "refund_stripe", "refund_alipay"))


class PaymentLife(RuleBasedStateMachine):
    """Any sequence of calls, valid or not, keeps the books; what fails changes nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.world = new_world("small", 3)
        self.ids = [*UNKNOWN_IDS, *(payment.id for payment in self.world.store.rows(PAYMENTS))]
        self.saved = (self.world.snapshot(), self.world.digest())

    def attempt(self, tool: str, arguments: dict[str, Any]) -> Any:
        before = self.world.digest()
        result = execute(self.world, load_tools(), ToolCall("1", tool, arguments))
        if result.code or not result.changes:
            assert self.world.digest() == before
        else:
            assert self.world.digest() != before
        return result

    @rule(paying=PAYING, amount=AMOUNTS)
    def pay(self, paying: tuple[str, dict[str, Any]], amount: float) -> None:
        tool, arguments = paying
        result = self.attempt(tool, {**arguments, "amount": amount})
        if not result.code:
            self.ids.append(result.value["payment_id"])

    @rule(change=CHANGES, amount=st.one_of(st.none(), AMOUNTS), data=st.data())
    def change(self, change: str, amount: float | None, data: st.DataObject) -> None:
        arguments: dict[str, Any] = {"payment_id": data.draw(st.sampled_from(self.ids))}
        if amount is not None and not change.startswith("void"):
            arguments["amount"] = amount
        self.attempt(f"{change}_payment", arguments)

    @rule(data=st.data(), provider=st.sampled_from(("paypal", "alipay", "wechat_pay", "apple_pay")))
    def query(self, data: st.DataObject, provider: str) -> None:
        payment_id = data.draw(st.sampled_from(self.ids))
        result = self.attempt(f"query_{provider}_payment", {"payment_id": payment_id})
        row = self.world.store.get(PAYMENTS, payment_id)
        assert bool(result.code) == (row is None or row.provider != provider)

    @rule()
    def save(self) -> None:
        self.saved = (self.world.snapshot(), self.world.digest())

    @rule()
    def go_back(self) -> None:
        state, digest = self.saved
        self.world.restore(state)
        assert self.world.digest() == digest

    @invariant()
    def the_books_are_in_order(self) -> None:
        assert violations(self.world) == []


PaymentLife.TestCase.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
test_payments_keep_the_books_in_any_sequence = PaymentLife.TestCase
