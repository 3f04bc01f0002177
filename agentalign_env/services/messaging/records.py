"""Rows and results of the messaging service."""

from __future__ import annotations

from typing import Annotated, NamedTuple, NotRequired

from pydantic import WithJsonSchema
from typing_extensions import TypedDict

from agentalign_env.core.ids import DIGITS, HEX, IdStyle
from agentalign_env.core.semantics import ChatId, Handle, MediaUrl, MessageId, PhoneNumber, Semantic
from agentalign_env.core.table import Table

__all__ = [
    "CHATS",
    "MESSAGES",
    "TELEGRAM_ID",
    "Chat",
    "ChatInfo",
    "ChatTarget",
    "FoundMessage",
    "MessagePage",
    "SentChatMessage",
    "SentTextMessage",
    "TextMessage",
]

TELEGRAM_ID = IdStyle("", DIGITS, 9)

ChatTarget = Annotated[
    int | str,
    Semantic("ChatId"),
    WithJsonSchema(
        {
            "type": ["integer", "string"],
            "minLength": 1,
            "maxLength": 64,
            "minimum": -(10**15),
            "maximum": 10**15,
        }
    ),
]
"""A chat as an agent names it: its id as a number or as text, a ``@handle``, or the title of a group."""


class TextMessage(NamedTuple):
    """One text or chat message, received or sent.

    `chat` says with whom: a phone number or a sender's name for an SMS, a chat id for Telegram. It carries no semantic
    type, so that phone numbers are not taken for chats.
    """

    id: MessageId
    channel: str  # sms or telegram
    provider: str
    direction: str  # inbound or outbound
    chat: str
    name: str  # the contact's name or the group's title; empty for a stranger
    sender: str
    recipient: str
    text: str
    media_url: MediaUrl
    format: str
    silent: bool
    reference: str
    sent_s: int


MESSAGES = Table(
    "messages",
    TextMessage,
    text=("chat", "name", "text"),
    free_text=("text",),
    volatile=("name", "sent_s"),
    ids=IdStyle("SM", HEX, 32),
)


class Chat(NamedTuple):
    """A Telegram chat that the owner has: with one person, or a group.

    `names` holds what else it is called, case folded: the handle of a person, the title of a group.
    """

    id: ChatId
    kind: str  # private or supergroup
    title: str
    handle: str
    phone: str
    names: tuple[str, ...]
    members: tuple[str, ...]  # handles, for a group


CHATS = Table("chats", Chat, natural_key=True)


class SentTextMessage(TypedDict):
    """What sending an SMS answers."""

    message_id: MessageId
    status: str
    sender: str
    recipient: PhoneNumber
    text: str
    segments: int
    media_url: NotRequired[MediaUrl]
    reference: NotRequired[str]
    sent_at: str


class ChatInfo(TypedDict):
    """A chat, as messages name it."""

    id: ChatId
    type: str
    title: str
    username: NotRequired[Handle]


class SentChatMessage(TypedDict):
    """What sending to a chat answers."""

    message_id: MessageId
    chat: ChatInfo
    sender: Handle
    text: str
    silent: bool
    sent_at: str


class FoundMessage(TypedDict):
    """One line of a search result; ``phone`` for an SMS of a number, ``chat`` for Telegram."""

    message_id: MessageId
    channel: str
    direction: str
    sender: str
    recipient: str
    name: str
    phone: NotRequired[PhoneNumber]
    chat: NotRequired[ChatInfo]
    text: str
    media_url: NotRequired[MediaUrl]
    sent_at: str


class MessagePage(TypedDict):
    """A page of a search result, newest first."""

    messages: list[FoundMessage]
    more: bool
