"""The chats and messages that a world begins with: what people wrote each other, also of money, and reminders."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from agentalign_env.core.background import Background, Invoice, Person
from agentalign_env.core.chats import chat_id_of
from agentalign_env.core.clock import day
from agentalign_env.core.ids import DIGITS, IdStyle, id_salt
from agentalign_env.core.notices import Transfer
from agentalign_env.core.rng import Random, derive_seed, stream
from agentalign_env.core.service import SeedContext
from agentalign_env.core.topics import Topic, load_topics
from agentalign_env.services.messaging.records import MESSAGES, TELEGRAM_ID, Chat, TextMessage

__all__ = ["GROUP_ID", "seed_chats", "seed_messages"]

_FAMILY = frozenset(("sister", "brother", "mother", "father", "cousin", "aunt", "uncle", "partner"))
GROUP_ID = IdStyle("-100", DIGITS, 10)
_TOPIC_GROUPS = 2
_GROUP_SHARE = 0.25
_NOTED_S = 90  # from a payment to the message about it
_REMINDER = "{name}: invoice {number} over {amount} {currency} is due on {due}. Details are in your mail."
_PAID = (
    'Just sent you {amount} for "{purpose}" by {provider}.',
    'I have paid you the {amount} for "{purpose}" now, look in {provider}.',
)
_THANKS = (
    'Got your {amount} for "{purpose}", thank you!',
    'The {amount} arrived by {provider}, thanks. "{purpose}" is settled.',
)
_SENT_BACK = 'Change of plan with "{purpose}": of the {amount} I have sent {refunded} back to you by {provider}.'


class _Written(NamedTuple):
    """What the owner and a person write each other."""

    person: Person
    text: str
    received: bool


def seed_chats(context: SeedContext) -> Iterator[Chat]:
    """Chats: groups first, then one with each person; the number of rows follows from the people."""
    yield from (chat for chat, _ in _groups(context.background, context.seed))
    yield from (_private(person, context.seed) for person in context.background.people)


def seed_messages(context: SeedContext) -> Iterator[TextMessage]:
    """Messages, oldest first. Topics take turns, and change channel each round, so that few rows hold many of them."""
    rng, invoices = context.rng(), context.background.invoices
    groups = _groups(context.background, context.seed)
    topics = list(load_topics().values())
    rng.shuffle(topics)
    transfers = [transfer for transfer in reversed(context.transfers()) if not transfer.by_mail]
    dated: list[tuple[int, Invoice | _Written | None]] = [
        (invoice.issued_s, invoice) for invoice in invoices[: context.rows // 8]
    ]
    dated += [_about_money(transfer, rng) for transfer in transfers[: context.rows // 12]]
    rest = replace(context, rows=context.rows - len(dated))
    dated += [(rest.past(number), None) for number in range(rest.rows)]
    written = 0
    for number, (sent_s, fact) in enumerate(sorted(dated, key=lambda entry: entry[0])):
        if isinstance(fact, Invoice):
            yield _reminder(context, number, fact)
            continue
        if fact is not None:
            yield _between(context, number, sent_s, fact, by_sms=rng.random() < 0.5)
            continue
        turn, at = divmod(written, len(topics))
        written += 1
        person = context.background.people[rng.randrange(len(context.background.people))]
        by_sms = bool((turn + at) % 2)
        if not by_sms and turn and rng.random() < _GROUP_SHARE:
            yield _group_message(context, number, sent_s, groups, rng)
        else:
            spoken = _Written(person, rng.choice(topics[at].messages), rng.random() < 0.6)
            yield _between(context, number, sent_s, spoken, by_sms=by_sms)


def _private(person: Person, seed: int) -> Chat:
    chat_id = chat_id_of(person.id, seed)
    return Chat(chat_id, "private", person.name, person.handle, person.phone, (person.handle.casefold(),), ())


def _groups(background: Background, seed: int) -> list[tuple[Chat, Topic | None]]:
    """The owner's groups, each with the topic that it is about; the family's and the neighbours' are about anything."""
    rng, salt, people = stream("groups", seed), derive_seed("groups", seed), background.people
    family = [person for person in people if person.relation in _FAMILY]
    neighbours = [person for person in people if person.relation in ("neighbour", "flatmate")]
    found: list[tuple[str, list[Person], Topic | None]] = [("Family", family, None), ("Neighbours", neighbours, None)]
    for topic in rng.sample(list(load_topics().values()), _TOPIC_GROUPS):
        subject = topic.title.removeprefix("the ").removeprefix("a ")
        found.append((f"{subject[:1].upper()}{subject[1:]} chat", [], topic))
    groups = []
    for number, (title, members, about) in enumerate(found):
        joined = members[:12] if len(members) > 1 else [*members, *rng.sample(people, min(5, len(people)))]
        handles = tuple(dict.fromkeys(person.handle for person in joined))
        chat_id = GROUP_ID.encode(number, salt)
        groups.append((Chat(chat_id, "supergroup", title, "", "", (title.casefold(),), handles), about))
    return groups


def _reminder(context: SeedContext, number: int, invoice: Invoice) -> TextMessage:
    """A reminder by SMS, from the organisation's name instead of a number, as companies send them."""
    organisation, owner = invoice.organisation.name, context.background.owner
    sender = "".join(sign for sign in organisation if sign.isalnum())[:11]
    text = _REMINDER.format(
        name=organisation,
        number=invoice.number,
        amount=f"{invoice.amount_minor / 100:.2f}",
        currency=invoice.currency,
        due=day(invoice.due_s),
    )
    sms = _blank_sms(context, number, invoice.issued_s)
    return sms._replace(chat=sender, name=organisation, sender=sender, recipient=owner.phone, text=text)


def _about_money(transfer: Transfer, rng: Random) -> tuple[int, _Written]:
    """The owner says that it is paid, or the person that it arrived."""
    received = bool(transfer.refunded) or rng.random() < 0.6
    text = _SENT_BACK if transfer.refunded else rng.choice(_THANKS if received else _PAID)
    sent_s = transfer.thanked_s if received else transfer.paid_s + _NOTED_S
    return sent_s, _Written(transfer.person, text.format(**transfer._asdict()), received)


def _between(context: SeedContext, number: int, sent_s: int, written: _Written, *, by_sms: bool) -> TextMessage:
    person, text, received = written
    if not by_sms:
        return _chat_message(context, number, sent_s, _private(person, context.seed), person.handle, text, received)
    own, other = context.background.owner.phone, person.phone
    sms = _blank_sms(context, number, sent_s)._replace(chat=other, name=person.name, text=text)
    if received:
        return sms._replace(direction="inbound", sender=other, recipient=own)
    return sms._replace(direction="outbound", sender=own, recipient=other)


def _blank_sms(context: SeedContext, number: int, sent_s: int) -> TextMessage:
    message_id = context.new_id(number)
    return TextMessage(message_id, "sms", "twilio", "inbound", "", "", "", "", "", "", "", False, "", sent_s)


def _group_message(
    context: SeedContext, number: int, sent_s: int, groups: list[tuple[Chat, Topic | None]], rng: Random
) -> TextMessage:
    chat, about = groups[rng.randrange(len(groups))]
    topic = about or rng.choice(list(load_topics().values()))
    member = chat.members[rng.randrange(len(chat.members))]
    return _chat_message(context, number, sent_s, chat, member, rng.choice(topic.messages), rng.random() < 0.6)


def _chat_message(
    context: SeedContext, number: int, sent_s: int, chat: Chat, other: str, text: str, received: bool
) -> TextMessage:
    owner = context.background.owner.handle
    return TextMessage(
        id=TELEGRAM_ID.encode(number, id_salt(MESSAGES.name, context.seed)),
        channel="telegram",
        provider="telegram",
        direction="inbound" if received else "outbound",
        chat=chat.id,
        name=chat.title,
        sender=other if received else owner,
        recipient=chat.handle if chat.handle and not received else (owner if chat.handle else chat.title),
        text=text,
        media_url="",
        format="",
        silent=False,
        reference="",
        sent_s=sent_s,
    )
