"""The mails that a world begins with: invoices, and what people wrote each other."""

from __future__ import annotations

from collections.abc import Iterator

from agentalign_env.core.background import Invoice, Person
from agentalign_env.core.clock import day
from agentalign_env.core.rng import Random
from agentalign_env.core.service import SeedContext
from agentalign_env.core.topics import Topic, load_topics
from agentalign_env.services.mail.receiving import received_mail
from agentalign_env.services.mail.records import Mail

__all__ = ["seed_mails"]

_GREETINGS = ("Hi {name},", "Hello {name},", "Hey {name},", "Dear {name},", "{name},", "Good morning {name},")
_CLOSINGS = ("Best,", "Cheers,", "Thanks,", "Talk soon,", "Warmly,", "See you,", "All the best,")
_INVOICE_TEXTS = (
    "please find attached invoice {number} for the {purpose}. The amount of {amount} {currency} is due on {due}.",
    "your invoice {number} ({purpose}) is ready: {amount} {currency}, payable by {due}. You will find it attached.",
    "thank you for your custom. We have charged {amount} {currency} for the {purpose} ({number}); please pay by {due}.",
)


def seed_mails(context: SeedContext) -> Iterator[Mail]:
    """Mails, oldest first."""
    rng, owner = context.rng(), context.background.owner
    topics, people, invoices = list(load_topics().values()), context.background.people, context.background.invoices
    dated: list[tuple[int, Invoice | None]] = [(invoice.issued_s, invoice) for invoice in invoices[: context.rows // 2]]
    dated += [(context.past(number), None) for number in range(context.rows - len(dated))]
    for number, (sent_s, invoice) in enumerate(sorted(dated, key=lambda entry: entry[0])):
        if invoice is not None:
            yield _from_organisation(context.new_id(number), invoice, owner, rng)
        else:
            yield _from_person(
                context.new_id(number),
                sent_s,
                people[rng.randrange(len(people))],
                owner,
                topics[rng.randrange(len(topics))],
                rng,
            )


def _from_organisation(mail_id: str, invoice: Invoice, owner: Person, rng: Random) -> Mail:
    amount = f"{invoice.amount_minor / 100:.2f}"
    text = rng.choice(_INVOICE_TEXTS).format(
        number=invoice.number, purpose=invoice.purpose, amount=amount, currency=invoice.currency, due=day(invoice.due_s)
    )
    body = f"Dear {owner.name},\n\n{text}\n\nKind regards\n{invoice.organisation.name}"
    subject = f"Invoice {invoice.number} from {invoice.organisation.name}"
    return received_mail(mail_id, invoice.organisation.email, owner, subject, body, (invoice.path,), invoice.issued_s)


def _from_person(mail_id: str, sent_s: int, person: Person, owner: Person, topic: Topic, rng: Random) -> Mail:
    reader = owner if (received := rng.random() < 0.7) else person
    writer = person if received else owner
    greeting = rng.choice(_GREETINGS).format(name=reader.first_name)
    subject, text = rng.choice(list(zip(topic.subjects, topic.bodies, strict=True)))
    body = f"{greeting}\n\n{text}\n\n{rng.choice(_CLOSINGS)}\n{writer.first_name}"
    if received:
        return received_mail(mail_id, person.email, owner, subject, body, (), sent_s)
    return Mail(
        mail_id, "sent", "gmail", owner.email, (person.email,), (), (), subject, body, (), False, "normal", "", sent_s
    )
