"""Looking payments and balances up, collecting what was authorised, and giving back."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from agentalign_env.core.operation import operation
from agentalign_env.core.semantics import Amount, PaymentId
from agentalign_env.core.service import Service
from agentalign_env.core.world import World
from agentalign_env.errors import OperationError
from agentalign_env.services.payments.books import INVARIANTS, account_of, move, share
from agentalign_env.services.payments.currencies import spell, to_amount, to_minor
from agentalign_env.services.payments.notices import past_notices, past_transfers
from agentalign_env.services.payments.paying import create_payment
from agentalign_env.services.payments.premises import lay_funds, lay_payment
from agentalign_env.services.payments.providers import PROVIDERS, Provider, Status
from agentalign_env.services.payments.records import ACCOUNTS, PAYMENTS, Balance, Payment, PaymentPage, PaymentView
from agentalign_env.services.payments.seed import seed_accounts, seed_payments
from agentalign_env.services.payments.views import view

__all__ = ["SERVICE"]


@operation("Payments.query_payment", reads=(PAYMENTS,), identifies="payment_id")
def query_payment(world: World, *, provider: Provider, payment_id: PaymentId) -> PaymentView:
    """Looks up one payment of this provider."""
    return view(_payment(world, provider, payment_id))


@operation("Payments.list_payments", reads=(PAYMENTS,), identifies="payments[].payment_id")
def list_payments(
    world: World,
    *,
    provider: Provider,
    query: Annotated[str, Field(max_length=400)] = "",
    status: Annotated[str, Field(max_length=40)] = "",
    limit: Annotated[int, Field(ge=1, le=50)] = 10,
    offset: Annotated[int, Field(ge=0, le=100_000)] = 0,
) -> PaymentPage:
    """Lists payments that hold every word of the query in recipient, merchant, description or items, newest first."""
    words = PROVIDERS[provider].words
    if status and status not in words.values():
        raise OperationError(
            "invalid_argument",
            f"no payment has the status {status!r}: use one of {', '.join(words.values())}",
            "status",
        )
    page = world.store.search(
        PAYMENTS,
        query,
        limit=limit,
        offset=offset,
        newest_first=True,
        among={"provider": provider},
        keep=lambda payment: not status or words[payment.status] == status,
    )
    return {"payments": [view(payment) for payment in page.rows], "more": page.more}


@operation("Payments.get_balance", reads=(ACCOUNTS,), identifies="account_id")
def get_balance(world: World, *, provider: Provider) -> Balance:
    """Reads the owner's balance at this provider."""
    wallet, held = account_of(world, provider, "wallet"), account_of(world, provider, "held")
    return {
        "account_id": wallet.account_id,
        "holder": world.owner.name,
        "email": world.owner.email,
        "available": to_amount(wallet.balance_minor, wallet.currency),
        "held": to_amount(held.balance_minor, held.currency),
        "currency": wallet.currency,
    }


@operation("Payments.capture_payment", reads=(ACCOUNTS, PAYMENTS), writes=(ACCOUNTS, PAYMENTS), identifies="payment_id")
def capture_payment(
    world: World, *, provider: Provider, payment_id: PaymentId, amount: Amount | None = None
) -> PaymentView:
    """Hands an authorised amount, or a part of it, to the payee; the rest goes back to the owner."""
    payment = _in_state(world, provider, payment_id, ("authorised",), "captured")
    minor = payment.amount_minor if amount is None else to_minor(amount, payment.currency, "amount")
    if minor > payment.amount_minor:
        have, asked = spell(payment.amount_minor, payment.currency), spell(minor, payment.currency)
        message = f"{have} are authorised, {asked} cannot be captured: capture at most what is authorised"
        raise OperationError("invalid_argument", message, "amount")
    captured = payment._replace(status="paid", captured_minor=minor)
    world.store.put(PAYMENTS, captured)
    collected = share(payment, minor)
    move(world, provider, "held", "payees", collected)
    move(world, provider, "held", "wallet", payment.charged_minor - collected)
    return view(captured)


@operation("Payments.refund_payment", reads=(ACCOUNTS, PAYMENTS), writes=(ACCOUNTS, PAYMENTS), identifies="payment_id")
def refund_payment(
    world: World,
    *,
    provider: Provider,
    payment_id: PaymentId,
    amount: Amount | None = None,
    reason: Annotated[str, Field(max_length=500)] = "",
    void: bool = False,
) -> PaymentView:
    """Takes back what was paid, or a part of it; with `void`, what was only authorised."""
    if void:
        payment = _in_state(world, provider, payment_id, ("authorised",), "voided")
        voided = payment._replace(status="voided", refund_reason=reason)
        world.store.put(PAYMENTS, voided)
        move(world, provider, "held", "wallet", payment.charged_minor)
        return view(voided)
    payment = _in_state(world, provider, payment_id, ("paid", "partially_refunded"), "refunded")
    left = payment.captured_minor - payment.refunded_minor
    minor = left if amount is None else to_minor(amount, payment.currency, "amount")
    if minor > left:
        message = (
            f"{spell(left, payment.currency)} of this payment can be refunded, not {spell(minor, payment.currency)}"
        )
        raise OperationError("invalid_argument", f"{message}: refund at most what is left", "amount")
    total = payment.refunded_minor + minor
    refunded = payment._replace(
        status="refunded" if minor == left else "partially_refunded",
        refunded_minor=total,
        refund_reason=reason or payment.refund_reason,
    )
    world.store.put(PAYMENTS, refunded)
    move(world, provider, "payees", "wallet", share(payment, total) - share(payment, payment.refunded_minor))
    return view(refunded)


def _payment(world: World, provider: Provider, payment_id: str) -> Payment:
    payment = world.store.get(PAYMENTS, payment_id)
    if payment is None or payment.provider != provider:
        message = f"{PROVIDERS[provider].title} knows no payment {payment_id!r}: take the id of a payment made there"
        raise OperationError("not_found", message, "payment_id")
    return payment


def _in_state(world: World, provider: Provider, payment_id: str, expected: tuple[Status, ...], verb: str) -> Payment:
    payment = _payment(world, provider, payment_id)
    if payment.status not in expected:
        words = PROVIDERS[provider].words
        wanted = " or ".join(words[status] for status in expected)
        message = f"payment {payment_id} is {words[payment.status]}; only one that is {wanted} can be {verb}"
        raise OperationError("invalid_state", message, "payment_id")
    return payment


SERVICE = Service(
    name="payments",
    module=__name__,
    tables={ACCOUNTS: seed_accounts, PAYMENTS: seed_payments},
    operations=(create_payment, query_payment, list_payments, get_balance, capture_payment, refund_payment),
    notices=past_notices,
    transfers=past_transfers,
    premises={"Funds": lay_funds, "PaymentId": lay_payment},
    invariants=INVARIANTS,
)
