"""Where people live and work: the street addresses of a person, the same in every service of a world."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from agentalign_env.core.background import Person
from agentalign_env.core.rng import stream
from agentalign_env.core.semantics import Semantic

__all__ = ["STREETS", "PostalAddress", "office_address", "street_address"]

PostalAddress = Annotated[
    str,
    Semantic("PostalAddress"),
    Field(min_length=1, max_length=300, examples=["12 Alder Street, Norwick"]),
]
"""Where something is delivered, in a person's words."""

STREETS = (
    "Abbot Row",
    "Alder Street",
    "Anchor Lane",
    "Bakehouse Road",
    "Barley Walk",
    "Beacon Hill Road",
    "Birch Avenue",
    "Bramble Way",
    "Bridge Terrace",
    "Canal Street",
    "Cedar Close",
    "Chapel Gardens",
    "Clover Street",
    "Cooper Lane",
    "Dovecote Road",
    "Elm Crescent",
    "Fern Hill",
    "Foundry Street",
    "Garden Mews",
    "Granary Lane",
    "Harbour Street",
    "Hazel Grove",
    "Ivy Street",
    "Juniper Road",
    "Kiln Lane",
    "Lantern Street",
    "Larch Avenue",
    "Linden Square",
    "Maple Terrace",
    "Market Row",
    "Meadow Lane",
    "Millpond Road",
    "Orchard Street",
    "Poplar Way",
    "Quay Road",
    "Rowan Street",
    "Station Road",
    "Thistle Lane",
    "Weaver Street",
    "Willow Court",
)


def street_address(seed: int, person: Person) -> str:
    """Where this person of the world of this seed lives, such as ``12 Alder Street, Norwick``."""
    rng = stream("street", seed, person.id)
    number = rng.randrange(1, 190)
    return f"{number} {rng.choice(STREETS)}, {person.city}"


def office_address(seed: int, person: Person) -> str:
    """Where this person works; the office of their employer in their city, the same for all who work there."""
    rng = stream("office", seed, person.employer, person.city)
    number = rng.randrange(1, 190)
    return f"{number} {rng.choice(STREETS)}, {person.city}"
