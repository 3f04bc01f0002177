"""The simulated applications. Each folder is one service: records, service and seed."""

from __future__ import annotations

from operator import index

from agentalign_env.core.service import Service
from agentalign_env.core.world import BaseWorld, World, base_world
from agentalign_env.services.contacts.service import SERVICE as CONTACTS
from agentalign_env.services.crypto.service import SERVICE as CRYPTO
from agentalign_env.services.delivery.service import SERVICE as DELIVERY
from agentalign_env.services.files.service import SERVICE as FILES
from agentalign_env.services.machine.service import SERVICE as MACHINE
from agentalign_env.services.mail.service import SERVICE as MAIL
from agentalign_env.services.media.service import SERVICE as MEDIA
from agentalign_env.services.messaging.service import SERVICE as MESSAGING
from agentalign_env.services.payments.service import SERVICE as PAYMENTS
from agentalign_env.services.shell.service import SERVICE as SHELL
from agentalign_env.services.shopping.service import SERVICE as SHOPPING
from agentalign_env.services.social.service import SERVICE as SOCIAL
from agentalign_env.services.web.service import SERVICE as WEB

__all__ = ["SERVICES", "load_base_world", "new_world"]

SERVICES: tuple[Service, ...] = (
    CONTACTS,
    CRYPTO,
    DELIVERY,
    FILES,
    MACHINE,
    MAIL,
    MEDIA,
    MESSAGING,
    PAYMENTS,
    SHELL,
    SHOPPING,
    SOCIAL,
    WEB,
)


def load_base_world(size: str, seed: int) -> BaseWorld:
    """The base world of this size and seed, with all services; cached. The seed may be any integer, also NumPy's."""
    return base_world(size, index(seed), SERVICES)


def new_world(size: str = "small", seed: int = 0) -> World:
    """A fresh world.

    Raises:
        UnknownNameError: No size has this name; see ``scenarios/worlds``.
    """
    return World(load_base_world(size, seed))
