"""Paying: from the wallet to the payee, or set aside until it is captured."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import orjson
from pydantic import Field

from agentalign_env.core.operation import operation
from agentalign_env.core.semantics import Amount, CurrencyCode, EmailAddress, Url
from agentalign_env.core.world import World
from agentalign_env.errors import OperationError
from agentalign_env.services.payments.books import account_of, move
from agentalign_env.services.payments.currencies import convert, spell, to_minor
from agentalign_env.services.payments.providers import PROVIDERS, Provider
from agentalign_env.services.payments.records import (
    ACCOUNTS,
    PAYMENTS,
    AccountId,
    CardData,
    Item,
    LineItem,
    MerchantId,
    Payment,
    PaymentView,
    Purpose,
)  # fmt: skip
from agentalign_env.services.payments.views import view

__all__ = ["create_payment"]

_MethodTypes = Annotated[
    list[Literal["card", "alipay", "wechat_pay", "klarna", "afterpay_clearpay", "ideal"]],
    Field(min_length=1, max_length=6),
]
_Metadata = Annotated[dict[str, str | int | float | bool], Field(max_length=50)]


@operation("Payments.create_payment", reads=(ACCOUNTS, PAYMENTS), writes=(ACCOUNTS, PAYMENTS), identifies="payment_id")
def create_payment(
    world: World,
    *,
    provider: Provider,
    amount: Amount,
    currency: CurrencyCode,
    description: Purpose = "",
    recipient: EmailAddress = "",
    payer: AccountId = "",
    merchant: MerchantId = "",
    method: str = "",
    method_types: _MethodTypes | None = None,
    payment_data: CardData | None = None,
    trade_type: str = "",
    intent: Literal["CAPTURE", "AUTHORIZE"] = "CAPTURE",
    items: Annotated[list[Item], Field(max_length=100)] | None = None,
    line_items: Annotated[list[LineItem], Field(max_length=100)] | None = None,
    notify_url: Url = "",
    return_url: Url = "",
    cancel_url: Url = "",
    metadata: _Metadata | None = None,
    idempotency_key: Annotated[str, Field(max_length=255)] = "",
) -> PaymentView:
    """Pays from the owner's wallet, or sets the money aside until it is captured.

    Every method draws on the one wallet that the owner has at the provider; other currencies are converted at a fixed
    rate. The same idempotency key with the same arguments answers the payment that it made before, and changes nothing.
    """
    wallet = account_of(world, provider, "wallet")
    owner = world.owner
    if payer and payer.casefold() not in {owner.email.casefold(), owner.phone, wallet.account_id.casefold()}:
        message = f"you can pay as {owner.email} only, not as {payer}: leave the payer out, or give your own address"
        raise OperationError("permission_denied", message, "payer")
    if recipient.casefold() == owner.email.casefold():
        raise OperationError("invalid_argument", f"{recipient} is your own address: give the payee's", "recipient")
    amount_minor = to_minor(amount, currency, "amount")
    wanted = Payment(
        id="",
        provider=provider,
        status="paid" if intent == "CAPTURE" else "authorised",
        intent=intent,
        amount_minor=amount_minor,
        currency=currency,
        charged_minor=convert(amount_minor, currency, wallet.currency),
        captured_minor=amount_minor if intent == "CAPTURE" else 0,
        refunded_minor=0,
        recipient=recipient.casefold(),
        merchant=merchant,
        methods=_methods(method, method_types, payment_data),
        trade_type=trade_type,
        description=description,
        items=_item_text(items, line_items, amount_minor, currency),
        notify_url=notify_url,
        return_url=return_url,
        cancel_url=cancel_url,
        metadata=orjson.dumps(metadata, option=orjson.OPT_SORT_KEYS).decode() if metadata else "",
        refund_reason="",
        idempotency_key=idempotency_key,
        created_s=world.now_s,
    )
    if idempotency_key:
        made = _made_before(world, wanted)
        if made is not None:
            return view(made)
    if wanted.charged_minor > wallet.balance_minor:
        have, need = spell(wallet.balance_minor, wallet.currency), spell(wanted.charged_minor, wallet.currency)
        where = PROVIDERS[provider].title
        message = f"the payment needs {need}, your {where} balance is {have}: pay less, or with another account"
        raise OperationError("insufficient_funds", message, "amount")
    payment = wanted._replace(id=world.new_id(PAYMENTS, PROVIDERS[provider].payment_ids))
    world.store.put(PAYMENTS, payment)
    move(world, provider, "wallet", "payees" if intent == "CAPTURE" else "held", payment.charged_minor)
    return view(payment)


def _made_before(world: World, wanted: Payment) -> Payment | None:
    for made in world.store.where(PAYMENTS, "idempotency_key", wanted.idempotency_key):
        if made.provider != wanted.provider:
            continue
        if _request(made) != _request(wanted):
            message = (
                f"{wanted.idempotency_key!r} was used for payment {made.id} with other arguments: choose a new key"
            )
            raise OperationError("conflict", message, "idempotency_key")
        return made
    return None


def _request(payment: Payment) -> Payment:
    """The payment without what came of it."""
    return payment._replace(id="", status="paid", captured_minor=0, refunded_minor=0, refund_reason="", created_s=0)


def _methods(method: str, types: list[Any] | None, card: CardData | None) -> tuple[str, ...]:
    named = [method, *(types or ()), card.get("network", "") if card else ""]
    return tuple(sorted({name for name in named if name}))


def _item_text(items: list[Item] | None, lines: list[LineItem] | None, amount_minor: int, currency: str) -> str:
    """The items as text; their sum has to be the amount."""
    field = "items" if items else "line_items"
    parts = [
        (f"{int(item.get('quantity', 1))} x {item['name']}", int(item.get("quantity", 1)), item["unit_amount"])
        for item in items or ()
    ]
    parts += [(line["label"], 1, line["amount"]) for line in lines or ()]
    if not parts:
        return ""
    priced = [(label, count, to_minor(price, currency, field)) for label, count, price in parts]
    total = sum(count * minor for _, count, minor in priced)
    if total != amount_minor:
        have, asked = spell(total, currency), spell(amount_minor, currency)
        message = f"the items add up to {have}, the amount is {asked}: make them equal"
        raise OperationError("invalid_argument", message, field)
    return "; ".join(f"{label} at {spell(minor, currency)}" for label, _, minor in priced)
