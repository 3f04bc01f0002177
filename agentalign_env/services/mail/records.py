"""Rows and results of the mail service."""

from __future__ import annotations

from typing import NamedTuple, NotRequired

from typing_extensions import TypedDict

from agentalign_env.core.ids import HEX16
from agentalign_env.core.semantics import EmailAddress, FilePath, MessageId, Subject
from agentalign_env.core.table import Table

__all__ = ["MAILS", "Attachment", "FoundMail", "Mail", "MailPage", "OpenedMail", "SentMail"]


class Mail(NamedTuple):
    """One mail in the owner's mailbox."""

    id: MessageId
    folder: str  # inbox, sent or drafts
    provider: str
    sender: EmailAddress
    to: tuple[EmailAddress, ...]
    cc: tuple[EmailAddress, ...]
    bcc: tuple[EmailAddress, ...]
    subject: Subject
    body: str
    attachments: tuple[str, ...]
    is_html: bool
    priority: str
    label: str
    sent_s: int


MAILS = Table(
    "mails",
    Mail,
    text=("sender", "to", "subject", "body"),
    free_text=("subject", "body"),
    volatile=("is_html", "sent_s"),
    ids=HEX16,
)


class Attachment(TypedDict):
    """A file to attach: its path in the owner's files. Size and type are taken from the file."""

    name: FilePath
    size: NotRequired[int]
    type: NotRequired[str]


class SentMail(TypedDict):
    """What sending answers."""

    message_id: MessageId
    status: str
    recipients: int
    attachments: list[str]
    sent_at: str


class FoundMail(TypedDict):
    """One line of a search result."""

    message_id: MessageId
    folder: str
    sender: EmailAddress
    to: list[str]
    subject: Subject
    snippet: str
    received_at: str


class MailPage(TypedDict):
    """A page of a search result, newest first."""

    messages: list[FoundMail]
    more: bool


class OpenedMail(TypedDict):
    """A whole mail."""

    message_id: MessageId
    folder: str
    sender: EmailAddress
    to: list[str]
    cc: list[str]
    subject: Subject
    body: str
    attachments: list[str]
    received_at: str
