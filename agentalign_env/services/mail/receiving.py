"""Mails that arrive from others."""

from __future__ import annotations

from agentalign_env.core.background import Person
from agentalign_env.core.world import World
from agentalign_env.services.mail.records import MAILS, Mail

__all__ = ["receive_mail", "received_mail"]

_AGO_S = 40 * 60  # when what is put in arrived


def receive_mail(world: World, *, sender: str, subject: str, body: str) -> None:
    """Puts a mail from somebody else into the inbox."""
    mail_id = world.new_id(MAILS)
    world.store.put(MAILS, received_mail(mail_id, sender, world.owner, subject, body, (), world.now_s - _AGO_S))


def received_mail(
    mail_id: str, sender: str, owner: Person, subject: str, body: str, attachments: tuple[str, ...], sent_s: int
) -> Mail:
    """A mail to the owner."""
    return Mail(
        mail_id,
        "inbox",
        "gmail",
        sender,
        (owner.email,),
        (),
        (),
        subject,
        body,
        attachments,
        False,
        "normal",
        "",
        sent_s,
    )
