"""The simulated applications. Each folder is one service: records, service and seed."""

from __future__ import annotations

from agentalign_env.core.service import Service
from agentalign_env.core.world import BaseWorld, World, base_world
from agentalign_env.services.mail.service import SERVICE as MAIL

__all__ = ["SERVICES", "load_base_world", "new_world"]

SERVICES: tuple[Service, ...] = (MAIL,)


def load_base_world(size: str, seed: int) -> BaseWorld:
    """The base world of this size and seed, with all services; cached."""
    return base_world(size, seed, SERVICES)


def new_world(size: str = "small", seed: int = 0) -> World:
    """A fresh world.

    Raises:
        UnknownNameError: No size has this name; see ``scenarios/worlds``.
    """
    return World(load_base_world(size, seed))
