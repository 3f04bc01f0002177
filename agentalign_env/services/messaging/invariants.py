"""What always holds of messages and chats."""

from __future__ import annotations

from collections.abc import Iterable

from agentalign_env.core.clock import iso
from agentalign_env.core.world import World
from agentalign_env.services.messaging.carriers import carrier_of, is_sender_name
from agentalign_env.services.messaging.records import CHATS, MESSAGES

__all__ = [
    "chat_messages_are_in_chats",
    "group_members_have_chats",
    "messages_lie_in_the_past",
    "sent_messages_are_the_owners",
]


def sent_messages_are_the_owners(world: World) -> Iterable[str]:
    """Sent messages come from the owner's number, handle or chosen sender's name; received ones do not."""
    own = {"sms": world.owner.phone, "telegram": world.owner.handle}
    for message in world.store.rows(MESSAGES):
        sender = message.sender
        if (
            message.direction == "outbound"
            and sender != own[message.channel]
            and not (carrier_of(message.provider).named_senders and is_sender_name(sender))
        ):
            yield f"message {message.id} was sent from {sender}"
        if message.direction == "inbound" and sender in own.values():
            yield f"message {message.id} was received from its owner"


def chat_messages_are_in_chats(world: World) -> Iterable[str]:
    """Every Telegram message is in a chat that exists."""
    for message in world.store.rows(MESSAGES):
        if message.channel == "telegram" and world.store.get(CHATS, message.chat) is None:
            yield f"message {message.id} is in chat {message.chat}, which does not exist"


def messages_lie_in_the_past(world: World) -> Iterable[str]:
    """No message is from the future."""
    for message in world.store.rows(MESSAGES):
        if message.sent_s > world.now_s:
            yield f"message {message.id} was sent at {iso(message.sent_s)}, after now"


def group_members_have_chats(world: World) -> Iterable[str]:
    """Every member of a group is somebody the owner has a chat with, under one handle."""
    for chat in world.store.rows(CHATS):
        for handle in chat.members:
            if len(world.store.where(CHATS, "names", handle.casefold())) != 1:
                yield f"member {handle} of group {chat.id} is not one chat's handle"
