"""Receipts for the payments that a world begins with, and which of them reached people."""

from __future__ import annotations

from collections.abc import Iterator

from agentalign_env.core.clock import DAY_S, HOUR_S, day
from agentalign_env.core.notices import Notice, Transfer
from agentalign_env.core.service import SeedContext
from agentalign_env.services.payments.currencies import spell
from agentalign_env.services.payments.providers import PROVIDERS
from agentalign_env.services.payments.records import PAYMENTS, Payment
from agentalign_env.services.payments.seed import seed_payments

__all__ = ["past_notices", "past_transfers"]

_DELAY_S = 30  # between a payment and its receipt
_REACHED = ("paid", "partially_refunded", "refunded")


def past_notices(context: SeedContext) -> Iterator[Notice]:
    """A receipt for every payment that did not fail: from the organisation where it took a card, else the provider."""
    organisations = {organisation.email: organisation.name for organisation in context.background.organisations}
    for payment in seed_payments(context.of(PAYMENTS)):
        if payment.status == "failed":
            continue
        title, amount = PROVIDERS[payment.provider].title, spell(payment.amount_minor, payment.currency)
        company = organisations[payment.recipient] if payment.merchant else title
        sender = payment.recipient if payment.merchant else f"receipts@{payment.provider.replace('_', '-')}.example"
        if payment.intent == "AUTHORIZE":
            text = f"You have authorised a payment through {title}. It is taken when the recipient asks for it."
        else:
            text = f"Thank you for paying with {title}. Please keep this receipt."
        subject = f"Receipt from {company}: {amount}"
        yield Notice(sender, company, subject, text, _facts(payment, amount), payment.created_s + _DELAY_S)


def past_transfers(context: SeedContext) -> Iterator[Transfer]:
    """The payments that people got, oldest first; every other one is answered by mail, the newest by message."""
    context = context.of(PAYMENTS)  # whoever asks is told the same
    people = {person.email: person for person in context.background.people}
    payments = [
        payment for payment in seed_payments(context) if payment.recipient in people and payment.status in _REACHED
    ]
    rng = context.rng("thanks")
    for number, payment in enumerate(payments):
        latest_s = min(2 * DAY_S, context.start_s - payment.created_s)
        yield Transfer(
            person=people[payment.recipient],
            amount=spell(payment.amount_minor, payment.currency),
            refunded=spell(payment.refunded_minor, payment.currency) if payment.refunded_minor else "",
            purpose=payment.description,
            provider=PROVIDERS[payment.provider].title,
            paid_s=payment.created_s,
            thanked_s=payment.created_s + rng.randrange(min(HOUR_S, latest_s // 2), latest_s),
            by_mail=(len(payments) - number) % 2 == 0,
        )


def _facts(payment: Payment, amount: str) -> tuple[tuple[str, str], ...]:
    return (
        ("Payment number", payment.id),
        ("Paid on", day(payment.created_s)),
        ("Paid to", payment.recipient),
        ("For", payment.description),
        ("Amount", amount),
    )
