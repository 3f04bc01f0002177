"""Text messages that arrive from others."""

from __future__ import annotations

from agentalign_env.core.world import World
from agentalign_env.services.messaging.records import MESSAGES, TextMessage

__all__ = ["receive_message"]

_AGO_S = 40 * 60  # when what is put in arrived


def receive_message(world: World, *, phone: str, text: str) -> None:
    """Puts a text message from this number among the owner's messages."""
    known = next((person.name for person in world.background.people if person.phone == phone), "")
    message = TextMessage(
        id=world.new_id(MESSAGES),
        channel="sms",
        provider="twilio",
        direction="inbound",
        chat=phone,
        name=known,
        sender=phone,
        recipient=world.owner.phone,
        text=text,
        media_url="",
        format="",
        silent=False,
        reference="",
        sent_s=world.now_s - _AGO_S,
    )
    world.store.put(MESSAGES, message)
