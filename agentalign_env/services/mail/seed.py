"""The mails that a world begins with: invoices, notices of orders and payments, and what people wrote each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TypeVar

from agentalign_env.core.background import Invoice, Person
from agentalign_env.core.clock import day
from agentalign_env.core.notices import Notice, Transfer
from agentalign_env.core.rng import Random
from agentalign_env.core.service import SeedContext
from agentalign_env.core.topics import Topic, load_topics
from agentalign_env.services.mail.receiving import received_mail
from agentalign_env.services.mail.records import Mail

__all__ = ["letter", "seed_mails"]

_GREETINGS = ("Hi {name},", "Hello {name},", "Hey {name},", "Dear {name},", "{name},", "Good morning {name},")
_CLOSINGS = ("Best,", "Cheers,", "Thanks,", "Talk soon,", "Warmly,", "See you,", "All the best,")
_INVOICE_TEXTS = (
    "please find attached invoice {number} for the {purpose}. The amount of {amount} {currency} is due on {due}.",
    "your invoice {number} ({purpose}) is ready: {amount} {currency}, payable by {due}. You will find it attached.",
    "thank you for your custom. We have charged {amount} {currency} for the {purpose} ({number}); please pay by {due}.",
)
_THANKS = (
    ("Your payment arrived", 'Thank you, the {amount} arrived by {provider}. I put it down as "{purpose}".'),
    ("Thanks, it is here", 'Just to let you know: your {amount} came in by {provider} ("{purpose}"). That was quick!'),
    ("The money arrived", 'Thanks for the {amount} for "{purpose}", it arrived. We are square now.'),
)
_SENT_BACK = (
    "Some money comes back to you",
    'Thank you for the {amount} for "{purpose}". There was a change of plan, so I have sent {refunded} back to you.',
)
_T = TypeVar("_T")


def seed_mails(context: SeedContext) -> Iterator[Mail]:
    """Mails, oldest first."""
    rng, background = context.rng(), context.background
    topics = list(load_topics().values())
    transfers = [transfer for transfer in context.transfers() if transfer.by_mail]
    drafts = [_of_invoice(invoice, background.owner, rng) for invoice in background.invoices[: context.rows // 2]]
    notices = _some(context.notices(), context.rows * 2 // 5, rng)
    drafts += [_of_notice(notice, background.owner) for notice in notices]
    drafts += [_of_transfer(transfer, background.owner, rng) for transfer in _some(transfers, context.rows // 10, rng)]
    rest = replace(context, rows=context.rows - len(drafts))
    for number in range(rest.rows):
        person, topic = rng.choice(background.people), rng.choice(topics)
        drafts.append(_from_person(rest.past(number), person, background.owner, topic, rng))
    for number, draft in enumerate(sorted(drafts, key=lambda mail: mail.sent_s)):
        yield draft._replace(id=context.new_id(number))


def _some(found: Sequence[_T], most: int, rng: Random) -> Sequence[_T]:
    """As many as there may be, from the whole time."""
    return found if len(found) <= most else rng.sample(found, most)


def _of_invoice(invoice: Invoice, owner: Person, rng: Random) -> Mail:
    amount = f"{invoice.amount_minor / 100:.2f}"
    text = rng.choice(_INVOICE_TEXTS).format(
        number=invoice.number, purpose=invoice.purpose, amount=amount, currency=invoice.currency, due=day(invoice.due_s)
    )
    body = f"Dear {owner.name},\n\n{text}\n\nKind regards\n{invoice.organisation.name}"
    subject = f"Invoice {invoice.number} from {invoice.organisation.name}"
    return received_mail("", invoice.organisation.email, owner, subject, body, (invoice.path,), invoice.issued_s)


def _of_notice(notice: Notice, owner: Person) -> Mail:
    facts = "\n".join(f"{what}: {which}" for what, which in notice.facts)
    body = f"Hello {owner.first_name},\n\n{notice.text}\n\n{facts}\n\n{notice.company}"
    return received_mail("", notice.sender, owner, notice.subject, body, (), notice.sent_s)


def _of_transfer(transfer: Transfer, owner: Person, rng: Random) -> Mail:
    subject, text = _SENT_BACK if transfer.refunded else rng.choice(_THANKS)
    body = letter(text.format(**transfer._asdict()), transfer.person, owner, rng)
    return received_mail("", transfer.person.email, owner, subject, body, (), transfer.thanked_s)


def _from_person(sent_s: int, person: Person, owner: Person, topic: Topic, rng: Random) -> Mail:
    received = rng.random() < 0.7
    subject, text = rng.choice(list(zip(topic.subjects, topic.bodies, strict=True)))
    if received:
        return received_mail("", person.email, owner, subject, letter(text, person, owner, rng), (), sent_s)
    body = letter(text, owner, person, rng)
    return Mail(
        "", "sent", "gmail", owner.email, (person.email,), (), (), subject, body, (), False, "normal", "", sent_s
    )


def letter(text: str, writer: Person, reader: Person, rng: Random) -> str:
    """A text as one person writes it to another."""
    greeting = rng.choice(_GREETINGS).format(name=reader.first_name)
    return f"{greeting}\n\n{text}\n\n{rng.choice(_CLOSINGS)}\n{writer.first_name}"
