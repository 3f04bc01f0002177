"""What can be put into the mailbox before an episode."""

from __future__ import annotations

from agentalign_env.core.background import Person
from agentalign_env.core.clock import DAY_S, HOUR_S
from agentalign_env.core.premises import Hints, checked, premise_rng, refuse_known, text_hint, topic_about
from agentalign_env.core.rng import Random
from agentalign_env.core.semantics import Body, EmailAddress, MessageId, Subject
from agentalign_env.core.world import World
from agentalign_env.services.mail.receiving import receive_mail, received_mail
from agentalign_env.services.mail.records import MAILS
from agentalign_env.services.mail.seed import letter

__all__ = ["lay_mail", "lay_numbered_mail"]


def lay_numbered_mail(world: World, value: str, hints: Hints) -> None:
    """A mail with this id in the inbox.

    Hints: ``sender`` (an address, or the name of somebody the owner knows), ``subject``, ``body``.
    """
    mail_id = checked("MessageId", MessageId, value) if value else world.new_id(MAILS)
    refuse_known(world, MAILS, mail_id, "MessageId")
    rng = premise_rng(world, "MessageId", value)
    sender, subject, body = _content(world, text_hint(hints, "subject", "", Subject), hints, rng)
    sent_s = world.now_s - rng.randrange(2 * HOUR_S, 6 * DAY_S)
    world.store.put(MAILS, received_mail(mail_id, sender, world.owner, subject, body, (), sent_s))


def lay_mail(world: World, value: str, hints: Hints) -> None:
    """A mail with this subject, that has just arrived.

    Hints: ``sender`` and ``body`` as for an id; ``subject`` where the value is empty.
    """
    subject = checked("Mail", Subject, value or text_hint(hints, "subject"))
    sender, subject, body = _content(world, subject, hints, premise_rng(world, "Mail", value))
    receive_mail(world, sender=sender, subject=subject, body=body)


def _content(world: World, subject: str, hints: Hints, rng: Random) -> tuple[str, str, str]:
    """Sender, subject and body; what is missing fits the rest."""
    writer = rng.choice(world.background.people)
    given = text_hint(hints, "sender")
    known = _known(world, given)
    if known is not None:
        writer = known
    sender = writer.email if known is not None or not given else str(checked("sender", EmailAddress, given)).lower()
    topic, _ = topic_about(rng, f"{subject} {text_hint(hints, 'body')}")
    drawn = rng.randrange(len(topic.subjects))
    body = text_hint(hints, "body", "", Body)
    if not body:
        signed = writer if sender == writer.email else writer._replace(first_name=_name_of(sender))
        body = letter(topic.bodies[drawn], signed, world.owner, rng)
    return sender, subject or topic.subjects[drawn], body


def _known(world: World, name: str) -> Person | None:
    """The person of this name or address."""
    wanted = name.casefold()
    return next((one for one in world.background.people if wanted in (one.name.casefold(), one.email)), None)


def _name_of(address: str) -> str:
    """How the holder of an address signs."""
    return address.partition("@")[0].replace("_", ".").partition(".")[0].capitalize()
