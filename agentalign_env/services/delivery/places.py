"""Where things are: the city that a text names, the spot of a street in its city, and the way between two spots."""

from __future__ import annotations

import re

from agentalign_env.core.rng import stream
from agentalign_env.core.world import World
from agentalign_env.services.delivery.records import COURIERS, Merchant

__all__ = ["EXTENT_M", "Spot", "city_in", "distance_m", "ride_minutes", "spot_in"]

Spot = tuple[int, int]
EXTENT_M = 2400
"""How far a city reaches, north to south and west to east."""

_WORD = re.compile(r"[^\W\d_]+")
_LONGEST_CITY = 3  # words


def city_in(world: World, text: str) -> str:
    """The city with couriers that a text names last, in any case; empty when it names none."""
    words = [word.capitalize() for word in _WORD.findall(text)]
    for end in range(len(words), 0, -1):
        for start in range(max(end - _LONGEST_CITY, 0), end):
            city = " ".join(words[start:end])
            if world.store.where(COURIERS, "city", city):
                return city
    return ""


def spot_in(seed: int, city: str, text: str) -> Spot:
    """Where a street of a city lies, whatever the house number; the centre when the text names the city alone."""
    words = [word for word in _WORD.findall(text.casefold()) if word not in city.casefold().split()]
    if not words:
        return EXTENT_M // 2, EXTENT_M // 2
    rng = stream("spot", seed, city, *words)
    return rng.randrange(EXTENT_M), rng.randrange(EXTENT_M)


def distance_m(merchant: Merchant, spot: Spot) -> int:
    """The way along the streets, which all run north to south or west to east."""
    return abs(merchant.x_m - spot[0]) + abs(merchant.y_m - spot[1])


def ride_minutes(merchant: Merchant, spot: Spot) -> int:
    """How long a courier takes."""
    return 4 + distance_m(merchant, spot) // 240
