"""What can be put among the owner's chats and messages before an episode."""

from __future__ import annotations

from agentalign_env.core.chats import chat_id_of
from agentalign_env.core.clock import DAY_S, HOUR_S
from agentalign_env.core.premises import (
    Hints,
    acquaintance,
    checked,
    plain_letters,
    premise_rng,
    refuse_known,
    text_hint,
    topic_about,
)
from agentalign_env.core.rng import Random
from agentalign_env.core.semantics import Body, ChatId, Handle, PhoneNumber
from agentalign_env.core.world import World
from agentalign_env.errors import PremiseError
from agentalign_env.services.messaging.receiving import receive_message
from agentalign_env.services.messaging.records import CHATS, MESSAGES, TELEGRAM_ID, Chat, TextMessage
from agentalign_env.services.messaging.seed import GROUP_ID

__all__ = ["lay_acquaintance", "lay_chat", "lay_message", "lay_sms_history"]

_GROUP_SIZE = 5


def lay_message(world: World, value: str, hints: Hints) -> None:
    """A text message with this text, that has just arrived.

    Hints: ``phone``, or ``sender``, the name of somebody the owner knows; ``text`` where the value is empty.
    """
    rng, people = premise_rng(world, "Message", value), world.background.people
    text = checked("Message", Body, value or text_hint(hints, "text", rng.choice(topic_about(rng, "")[0].messages)))
    name = text_hint(hints, "sender").casefold()
    known = [person for person in people if person.name.casefold() == name]
    if name and not known and "phone" not in hints:
        raise PremiseError(f"the owner knows nobody named {name!r}: give their phone number")
    phone = text_hint(hints, "phone", (known or [rng.choice(people)])[0].phone, PhoneNumber)
    receive_message(world, phone=phone, text=text)


def lay_acquaintance(world: World, value: str, hints: Hints) -> None:
    """A chat with somebody of this name, for those who message them; hints as for a contact."""
    person = acquaintance(world, value, hints)
    chat_id = chat_id_of(person.id, world.base.key.seed)
    names = (person.handle.casefold(),)
    _put_chat(world, Chat(chat_id, "private", person.name, person.handle, person.phone, names, ()))


def lay_chat(world: World, value: str, hints: Hints) -> None:
    """A chat: of this id, with somebody of this handle, or a group of this title; with a few messages in it.

    Hints: ``name`` of the person or the group, ``handle``, ``phone``, ``text`` of the newest message.
    """
    checked("ChatId", ChatId, value)
    rng, people = premise_rng(world, "ChatId", value), world.background.people
    digits = value.removeprefix("-")
    group = value.startswith("-") or not (digits.isdecimal() or value.startswith("@"))
    chat_id = value if digits.isdecimal() else (GROUP_ID if group else TELEGRAM_ID).encode(rng.randrange(10**8), 1)
    topic, _ = topic_about(rng, f"{value} {text_hint(hints, 'name')} {text_hint(hints, 'text')}")
    if group:
        title = text_hint(hints, "name", f"{topic.title[:1].upper()}{topic.title[1:]}" if digits.isdecimal() else value)
        members = tuple(person.handle for person in rng.sample(people, min(_GROUP_SIZE, len(people))))
        chat = Chat(chat_id, "supergroup", title, "", "", (title.casefold(),), members)
    else:
        handle = value if value.startswith("@") else text_hint(hints, "handle", f"guest_{rng.randrange(1000, 10_000)}")
        handle = str(checked("handle", Handle, handle)).removeprefix("@")
        name = text_hint(hints, "name", " ".join(part.capitalize() for part in handle.replace(".", "_").split("_")))
        phone = text_hint(hints, "phone", "", PhoneNumber)
        chat = Chat(chat_id, "private", name, handle, phone, (handle.casefold(),), ())
    _put_chat(world, chat)
    texts = [rng.choice(topic.messages), text_hint(hints, "text", rng.choice(topic.messages), Body)]
    for ago_s, text in zip(_ages(rng), texts, strict=True):
        sender = rng.choice(chat.members) if chat.members else chat.handle
        recipient = world.owner.handle if chat.handle else chat.title
        _put(world, "telegram", chat.id, chat.title, sender, recipient, text, ago_s)


def lay_sms_history(world: World, value: str, hints: Hints) -> None:
    """Text messages from this number. Hints: ``name`` of whoever has it, ``text`` of the newest."""
    phone = checked("PhoneNumber", PhoneNumber, value)
    if phone == world.owner.phone:
        raise PremiseError(f"{phone} is the owner's own number: name another one")
    rng = premise_rng(world, "PhoneNumber", value)
    topic, _ = topic_about(rng, text_hint(hints, "text"))
    texts = [rng.choice(topic.messages), text_hint(hints, "text", rng.choice(topic.messages), Body)]
    for ago_s, text in zip(_ages(rng), texts, strict=True):
        _put(world, "sms", phone, text_hint(hints, "name"), phone, world.owner.phone, text, ago_s)


def _put_chat(world: World, chat: Chat) -> None:
    refuse_known(world, CHATS, chat.id, "ChatId")
    if not all(plain_letters(name) for name in chat.names) or any(
        world.store.where(CHATS, "names", name) for name in chat.names
    ):
        raise PremiseError(f"another chat is called {chat.title!r} or {chat.handle!r} already, or that is no name")
    world.store.put(CHATS, chat)


def _ages(rng: Random) -> tuple[int, int]:
    """How long ago an older and a newer message came."""
    return rng.randrange(2 * DAY_S, 9 * DAY_S), rng.randrange(HOUR_S, DAY_S)


def _put(world: World, channel: str, chat: str, name: str, sender: str, recipient: str, text: str, ago_s: int) -> None:
    message_id = world.new_id(MESSAGES, TELEGRAM_ID if channel == "telegram" else None)
    message = TextMessage(
        id=message_id, channel=channel, provider="telegram" if channel == "telegram" else "twilio",
        direction="inbound", chat=chat, name=name, sender=sender, recipient=recipient, text=text, media_url="",
        format="", silent=False, reference="", sent_s=world.now_s - ago_s,
    )  # fmt: skip
    world.store.put(MESSAGES, message)
