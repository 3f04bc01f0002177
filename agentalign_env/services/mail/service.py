"""Sending, searching and reading mail."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import Field

from agentalign_env.core.clock import iso
from agentalign_env.core.operation import operation
from agentalign_env.core.semantics import Body, EmailAddress, MessageId, Subject
from agentalign_env.core.service import Service
from agentalign_env.core.world import World
from agentalign_env.errors import OperationError
from agentalign_env.services.mail.premises import lay_mail, lay_numbered_mail
from agentalign_env.services.mail.records import MAILS, Attachment, FoundMail, Mail, MailPage, OpenedMail, SentMail
from agentalign_env.services.mail.seed import seed_mails

__all__ = ["SERVICE"]

_Addresses = Annotated[list[EmailAddress], Field(max_length=100)]
_SNIPPET_CHARS = 120


@operation("Communication.send_email", reads=("files",), writes=(MAILS,), identifies="message_id")
def send_email(
    world: World,
    *,
    provider: str,
    sender: EmailAddress,
    to: Annotated[list[EmailAddress], Field(min_length=1, max_length=100)],
    subject: Subject,
    body: Body,
    cc: _Addresses | None = None,
    bcc: _Addresses | None = None,
    attachments: Annotated[list[Attachment], Field(max_length=25)] | None = None,
    is_html: bool = False,
    priority: Literal["low", "normal", "high"] = "normal",
    label: str = "",
    draft: bool = False,
) -> SentMail:
    """Sends a mail from the owner's address, or keeps it as a draft. A mail to oneself also arrives in the inbox."""
    owner = world.owner.email
    if sender != owner and sender.casefold() != owner.casefold():
        raise OperationError("permission_denied", f"you can send as {owner} only, not as {sender}", "sender")
    paths = []
    for attachment in attachments or ():
        found = world.files.info(attachment["name"])
        if found is None:
            raise OperationError(
                "not_found",
                f"no file at {attachment['name']!r} to attach: give the path of an existing file",
                "attachments",
            )
        paths.append(found.path)
    mail = Mail(
        world.new_id(MAILS),
        "drafts" if draft else "sent",
        provider,
        owner,
        _addresses(to),
        _addresses(cc),
        _addresses(bcc),
        subject,
        body,
        tuple(paths),
        is_html,
        priority,
        label,
        world.now_s,
    )
    world.store.put(MAILS, mail)
    recipients = (*mail.to, *mail.cc, *mail.bcc)
    if not draft and owner.lower() in recipients:
        world.store.put(MAILS, mail._replace(id=world.new_id(MAILS), folder="inbox", bcc=()))
    return {
        "message_id": mail.id,
        "status": "draft" if draft else "sent",
        "recipients": len(recipients),
        "attachments": paths,
        "sent_at": iso(mail.sent_s),
    }


@operation("Communication.search_emails", reads=(MAILS,), identifies="messages[].message_id")
def search_emails(
    world: World,
    *,
    query: Annotated[str, Field(max_length=400)] = "",
    folder: Literal["inbox", "sent", "drafts", "all"] = "all",
    sender: str = "",
    limit: Annotated[int, Field(ge=1, le=50)] = 10,
    offset: Annotated[int, Field(ge=0, le=100_000)] = 0,
) -> MailPage:
    """Finds mails that hold every word of the query in sender, recipients, subject or body, newest first."""
    wanted = sender.casefold()
    among = {} if folder == "all" else {"folder": folder}
    page = world.store.search(
        MAILS,
        f"{query} {sender}",  # the sender is among the words of a mail: so few rows are left to look at
        limit=limit,
        offset=offset,
        newest_first=True,
        among=among,
        keep=lambda mail: wanted in mail.sender.casefold(),
    )
    return {"messages": [_line(mail) for mail in page.rows], "more": page.more}


@operation("Communication.read_email", reads=(MAILS,), identifies="message_id")
def read_email(world: World, *, message_id: MessageId) -> OpenedMail:
    """Opens one mail."""
    mail = world.store.get(MAILS, message_id)
    if mail is None:
        raise OperationError(
            "not_found", f"no mail has the id {message_id!r}: take an id from a search result", "message_id"
        )
    return {
        "message_id": mail.id,
        "folder": mail.folder,
        "sender": mail.sender,
        "to": list(mail.to),
        "cc": list(mail.cc),
        "subject": mail.subject,
        "body": mail.body,
        "attachments": list(mail.attachments),
        "received_at": iso(mail.sent_s),
    }


def _addresses(given: list[EmailAddress] | None) -> tuple[EmailAddress, ...]:
    """Addresses as the mailbox keeps them: lower case, since nobody tells them apart by it."""
    return tuple([address.lower() for address in given]) if given else ()


def _line(mail: Mail) -> FoundMail:
    return {
        "message_id": mail.id,
        "folder": mail.folder,
        "sender": mail.sender,
        "to": list(mail.to),
        "subject": mail.subject,
        "snippet": " ".join(mail.body[: _SNIPPET_CHARS * 2].split())[:_SNIPPET_CHARS],
        "received_at": iso(mail.sent_s),
    }


def _sent_mails_are_the_owners(world: World) -> Iterable[str]:
    for mail in world.store.rows(MAILS):
        if mail.folder != "inbox" and mail.sender != world.owner.email:
            yield f"mail {mail.id} in {mail.folder} is from {mail.sender}"


SERVICE = Service(
    name="mail",
    module=__name__,
    tables={MAILS: seed_mails},
    operations=(send_email, search_emails, read_email),
    premises={"Mail": lay_mail, "MessageId": lay_numbered_mail},
    invariants=(_sent_mails_are_the_owners,),
)
