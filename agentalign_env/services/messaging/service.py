"""Sending text and chat messages, and searching both."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from agentalign_env.core.clock import iso
from agentalign_env.core.operation import operation
from agentalign_env.core.semantics import Body, MediaUrl, PhoneNumber
from agentalign_env.core.service import Service
from agentalign_env.core.text import tokens
from agentalign_env.core.world import World
from agentalign_env.errors import OperationError
from agentalign_env.services.messaging.carriers import Carrier, carrier_of, is_sender_name, segments
from agentalign_env.services.messaging.invariants import (
    chat_messages_are_in_chats,
    group_members_have_chats,
    messages_lie_in_the_past,
    sent_messages_are_the_owners,
)
from agentalign_env.services.messaging.markup import ParseMode, markup_problem
from agentalign_env.services.messaging.premises import lay_acquaintance, lay_chat, lay_message, lay_sms_history
from agentalign_env.services.messaging.records import (
    CHATS,
    MESSAGES,
    TELEGRAM_ID,
    Chat,
    ChatInfo,
    ChatTarget,
    FoundMessage,
    MessagePage,
    SentChatMessage,
    SentTextMessage,
    TextMessage,
)
from agentalign_env.services.messaging.seed import seed_chats, seed_messages

__all__ = ["SERVICE"]

_TELEGRAM_CHARS = 4096


@operation("Communication.send_sms", reads=(CHATS,), writes=(MESSAGES,), identifies="message_id")
def send_sms(
    world: World,
    *,
    provider: str,
    recipient: PhoneNumber,
    text: Body,
    sender: Annotated[str, Field(max_length=40)] = "",
    media_url: MediaUrl | None = None,
    reference: Annotated[str, Field(max_length=255)] = "",
) -> SentTextMessage:
    """Sends an SMS (an MMS when it has media) from the owner's number to any number, known or not."""
    carrier = carrier_of(provider)
    origin = _origin(world, carrier, sender)
    if recipient == world.owner.phone:
        raise OperationError("invalid_argument", f"{recipient} is your own number: give another one", "recipient")
    _check_text(text, carrier.max_chars, f"a message by {carrier.name}")
    known = world.store.where(CHATS, "phone", recipient)
    message = TextMessage(
        id=world.new_id(MESSAGES, carrier.media_ids if media_url else carrier.ids),
        channel="sms",
        provider=provider,
        direction="outbound",
        chat=recipient,
        name=known[0].title if known else "",
        sender=origin,
        recipient=recipient,
        text=text,
        media_url=media_url or "",
        format="",
        silent=False,
        reference=reference,
        sent_s=world.now_s,
    )
    world.store.put(MESSAGES, message)
    sent: SentTextMessage = {
        "message_id": message.id,
        "status": "sent",
        "sender": origin,
        "recipient": recipient,
        "text": text,
        "segments": segments(text),
        "sent_at": iso(message.sent_s),
    }
    if media_url:
        sent["media_url"] = media_url
    if reference:
        sent["reference"] = reference
    return sent


@operation("Communication.send_instant_message", reads=(CHATS,), writes=(MESSAGES,), identifies="message_id")
def send_instant_message(
    world: World,
    *,
    provider: str,
    chat: ChatTarget,
    text: Body,
    format: ParseMode | None = None,
    silent: bool = False,
) -> SentChatMessage:
    """Sends a message to a person whom the owner has a chat with, or to one of the owner's groups."""
    found = _find_chat(world, chat)
    _check_text(text, _TELEGRAM_CHARS, "a chat message")
    problem = markup_problem(text, format) if format else None
    if problem:
        remedy = f"escape or close it as {format} asks, or send plain text without a parse mode"
        raise OperationError("invalid_argument", f"can't parse entities: {problem}; {remedy}", "text")
    message = TextMessage(
        id=world.new_id(MESSAGES, TELEGRAM_ID),
        channel="telegram",
        provider=provider,
        direction="outbound",
        chat=found.id,
        name=found.title,
        sender=world.owner.handle,
        recipient=found.handle or found.title,
        text=text,
        media_url="",
        format=format or "",
        silent=silent,
        reference="",
        sent_s=world.now_s,
    )
    world.store.put(MESSAGES, message)
    return {
        "message_id": message.id,
        "chat": _chat_info(found),
        "sender": message.sender,
        "text": text,
        "silent": silent,
        "sent_at": iso(message.sent_s),
    }


@operation("Communication.search_messages", reads=(CHATS, MESSAGES), identifies="messages[].message_id")
def search_messages(
    world: World,
    *,
    query: Annotated[str, Field(max_length=400)] = "",
    channel: Literal["sms", "telegram", "all"] = "all",
    direction: Literal["inbound", "outbound", "all"] = "all",
    phone: PhoneNumber | None = None,
    chat: ChatTarget | None = None,
    limit: Annotated[int, Field(ge=1, le=50)] = 10,
    offset: Annotated[int, Field(ge=0, le=100_000)] = 0,
) -> MessagePage:
    """Finds messages that hold every word of the query in their text or in the other side's name, newest first."""
    if phone is not None and chat is not None:
        raise OperationError("invalid_argument", "a message has a phone number or a chat: give one of them", "chat")

    def keep(message: TextMessage) -> bool:
        return channel in ("all", message.channel) and direction in ("all", message.direction)

    wanted = phone if chat is None else _find_chat(world, chat).id
    if wanted is None:
        among = {field: value for field, value in (("channel", channel), ("direction", direction)) if value != "all"}
        page = world.store.search(MESSAGES, query, limit=limit, offset=offset, newest_first=True, among=among)
        return {"messages": [_line(world, message) for message in page.rows], "more": page.more}
    words = frozenset(tokens(query))
    talk = [message for message in reversed(world.store.where(MESSAGES, "chat", wanted)) if keep(message)]
    if words:
        talk = [message for message in talk if words.issubset(tokens(f"{message.chat} {message.name} {message.text}"))]
    shown = talk[offset : offset + limit]
    return {"messages": [_line(world, message) for message in shown], "more": len(talk) > offset + limit}


def _origin(world: World, carrier: Carrier, sender: str) -> str:
    own = world.owner.phone
    if sender in ("", own):
        return own
    if sender.removeprefix("+").isdigit():
        raise OperationError("permission_denied", f"you can send from your number {own} only, not {sender}", "sender")
    if not carrier.named_senders:
        raise OperationError(
            "invalid_argument",
            f"{carrier.name} sends from your number {own} only, not from {sender!r}: omit it",
            "sender",
        )
    if not is_sender_name(sender):
        raise OperationError(
            "invalid_argument",
            f"a sender is your number {own} or a name of at most 11 letters and digits, not {sender!r}",
            "sender",
        )
    return sender


def _check_text(text: str, max_chars: int, what: str) -> None:
    if not text.strip():
        raise OperationError("invalid_argument", f"{what} needs a text; this one is blank", "text")
    if len(text) > max_chars:
        raise OperationError(
            "limit_exceeded",
            f"{what} holds at most {max_chars} characters, this text has {len(text)}: shorten or split it",
            "text",
        )


def _find_chat(world: World, target: int | str) -> Chat:
    # A whole number may also come as 123.0, which JSON Schema counts as an integer.
    name = target.strip() if isinstance(target, str) else str(int(target))
    chat = world.store.get(CHATS, name)
    if chat is None:
        named = world.store.where(CHATS, "names", name.removeprefix("@").casefold())
        if len(named) != 1:
            raise OperationError(
                "not_found",
                f"no chat is {name!r}; messages reach people you know and your groups only: give the chat id or "
                "the @handle of a contact (search_contacts finds them), or the name of a group",
                "chat",
            )
        chat = named[0]
    return chat


def _chat_info(chat: Chat) -> ChatInfo:
    info: ChatInfo = {"id": chat.id, "type": chat.kind, "title": chat.title}
    if chat.handle:
        info["username"] = chat.handle
    return info


def _line(world: World, message: TextMessage) -> FoundMessage:
    line: FoundMessage = {
        "message_id": message.id,
        "channel": message.channel,
        "direction": message.direction,
        "sender": message.sender,
        "recipient": message.recipient,
        "name": message.name,
        "text": message.text,
        "sent_at": iso(message.sent_s),
    }
    chat = world.store.get(CHATS, message.chat)
    if chat is not None:
        line["chat"] = _chat_info(chat)
    elif message.chat.startswith("+"):
        line["phone"] = message.chat
    if message.media_url:
        line["media_url"] = message.media_url
    return line


SERVICE = Service(
    name="messaging",
    module=__name__,
    tables={MESSAGES: seed_messages, CHATS: seed_chats},
    operations=(send_sms, send_instant_message, search_messages),
    premises={
        "ChatId": lay_chat,
        "Message": lay_message,
        "PersonName": lay_acquaintance,
        "PhoneNumber": lay_sms_history,
    },
    invariants=(
        sent_messages_are_the_owners,
        chat_messages_are_in_chats,
        messages_lie_in_the_past,
        group_members_have_chats,
    ),
)
