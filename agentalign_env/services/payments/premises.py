"""Which payments and balances can be put into the owner's accounts before an episode."""

from __future__ import annotations

from agentalign_env.core.clock import DAY_S, HOUR_S
from agentalign_env.core.premises import (
    Hints,
    checked,
    choice_hint,
    number_hint,
    premise_rng,
    recognised,
    refuse_known,
    text_hint,
    topic_about,
)
from agentalign_env.core.semantics import EmailAddress, PaymentId
from agentalign_env.core.world import World
from agentalign_env.services.payments.books import account_of, move, placed
from agentalign_env.services.payments.currencies import convert, to_minor
from agentalign_env.services.payments.providers import PROVIDERS, Provider, Status
from agentalign_env.services.payments.records import PAYMENTS, Purpose
from agentalign_env.services.payments.seed import payment_draft, settled

__all__ = ["lay_funds", "lay_payment"]

_FORMS: tuple[tuple[Provider, str], ...] = (
    ("stripe", r"(pi|ch|py|cs)_\w+"),
    ("paypal", r"PAY(ID)?-.*|[0-9A-Z]{17}"),
    ("alipay", r"20\d{26}|2100\d{24}"),
    ("wechat_pay", r"4200\d{24}|wx\w+"),
    ("apple_pay", r"[0-9a-f]{24,64}"),
)
"""How payments are numbered, here and elsewhere, where nobody says at which provider."""
_FOR: dict[str, Status] = {"capture": "authorised", "void": "authorised", "refund": "paid", "query": "paid"}
_MARGIN_MINOR = 5_000


def lay_payment(world: World, value: str, hints: Hints) -> None:
    """A payment by the owner with this number, or the next one.

    Hints: ``provider``, ``amount``, ``currency``, ``recipient``, ``description``; ``for``: capture, void, refund or
    query, which says how it stands; or ``status`` itself.
    """
    provider = choice_hint(hints, "provider", PROVIDERS, recognised(value, _FORMS, "paypal"))
    facts = PROVIDERS[provider]
    payment_id = checked("PaymentId", PaymentId, value) if value else world.new_id(PAYMENTS, facts.payment_ids)
    refuse_known(world, PAYMENTS, payment_id, "PaymentId")
    rng = premise_rng(world, "PaymentId", value)
    status = choice_hint(hints, "status", facts.words, _FOR[choice_hint(hints, "for", _FOR, "query")])
    topic, _ = topic_about(rng, text_hint(hints, "description"))
    low, high = topic.amounts
    currency = text_hint(hints, "currency", facts.currency)
    amount_minor = to_minor(number_hint(hints, "amount", rng.randrange(low, high + 1)), currency, "amount")
    recipient = text_hint(hints, "recipient", rng.choice(world.background.people).email, EmailAddress).lower()
    description = text_hint(hints, "description", rng.choice(topic.purposes), Purpose)
    drafted = payment_draft(provider, amount_minor, currency, recipient, description)
    created_s = world.now_s - rng.randrange(HOUR_S, 12 * DAY_S)
    payment = settled(drafted._replace(id=payment_id, created_s=created_s), status)
    world.store.put(PAYMENTS, payment)
    for role, minor in placed(payment).items():
        if minor:
            move(world, provider, "bank", role, minor)


def lay_funds(world: World, value: str, hints: Hints) -> None:
    """At least this much money in the owner's wallet at a provider: what is missing comes from the bank.

    Hints: ``provider``; ``currency`` of the value, by default the wallet's. With ``token`` the money is crypto's.
    """
    if hints.get("token"):
        return
    provider = choice_hint(hints, "provider", PROVIDERS, "paypal")
    wallet = account_of(world, provider, "wallet")
    currency = text_hint(hints, "currency", wallet.currency)
    amount = number_hint({"amount": value or "none"}, "amount", 0, most=10_000_000)
    needed = convert(to_minor(amount, currency, "amount"), currency, wallet.currency) + _MARGIN_MINOR
    if needed > wallet.balance_minor:
        move(world, provider, "bank", "wallet", needed - wallet.balance_minor)
