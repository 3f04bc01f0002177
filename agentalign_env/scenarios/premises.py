"""Premises: what a scenario's world holds beside its base, so that the instruction can build on it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from agentalign_env.core.world import World
from agentalign_env.services.files.tree import Tree
from agentalign_env.services.mail.receiving import receive_mail
from agentalign_env.services.messaging.receiving import receive_message

__all__ = ["Premise", "lay"]


@dataclass(frozen=True, slots=True)
class Premise:
    """Something that happened before the episode: the owner noted a text, or somebody sent it to them.

    Attributes:
        kind: A file with the text, a mail, or a text message.
        place: The file's absolute path, or the sender's address or phone number.
        subject: The mail's.
        text: All of it.
    """

    kind: Literal["note", "mail", "message"]
    place: str
    subject: str
    text: str


def lay(world: World, premises: Iterable[Premise]) -> None:
    """Puts the premises into a fresh world and makes that the beginning of the episode."""
    for premise in premises:
        if premise.kind == "note":
            Tree(world).write(premise.place, premise.text)
        elif premise.kind == "mail":
            receive_mail(world, sender=premise.place, subject=premise.subject, body=premise.text)
        else:
            receive_message(world, phone=premise.place, text=premise.text)
        world.store.commit(0)
    world.store.settle()
