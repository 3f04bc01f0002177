"""What a service tells the rest of the world about its past: the notices it mailed, and the money that reached people.

The seeds of mails and messages ask for these, so that an order, a delivery or a payment that somebody writes about is
in its service's tables, with the same number, amount, address and date.
"""

from __future__ import annotations

from typing import NamedTuple

from agentalign_env.core.background import Person

__all__ = ["Notice", "Transfer"]


class Notice(NamedTuple):
    """A mail that a company sends the owner about an order or a payment.

    Attributes:
        sender: Its address.
        company: Its name.
        subject: Of the mail.
        text: What has happened, in a sentence or two.
        facts: Pairs of what and which, such as ``("Total", "12.50 EUR")``.
        sent_s: When it was sent, just after what it reports.
    """

    sender: str
    company: str
    subject: str
    text: str
    facts: tuple[tuple[str, str], ...]
    sent_s: int


class Transfer(NamedTuple):
    """Money that the owner paid to a person, who writes about it.

    Attributes:
        person: Who got it.
        amount: With its currency, such as ``12.50 EUR``.
        refunded: What the person sent back, likewise; empty for nothing.
        purpose: What it was for, in a person's words.
        provider: Through which it was paid, as people call it.
        paid_s: When it was paid.
        thanked_s: When the person writes about it.
        by_mail: Whether they do by mail; else by text or chat message.
    """

    person: Person
    amount: str
    refunded: str
    purpose: str
    provider: str
    paid_s: int
    thanked_s: int
    by_mail: bool
