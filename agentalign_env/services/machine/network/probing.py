"""Asking the network: names, delays and ways. The same question has the same answer: both follow from the world."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import get_close_matches
from typing import NamedTuple

from agentalign_env.core.rng import Random, stream
from agentalign_env.core.world import World
from agentalign_env.errors import OperationError
from agentalign_env.services.machine.network.records import HOSTS, Host

__all__ = ["Station", "delays_ms", "find_host", "free_address", "host_by_name", "is_address", "stations"]

_ADDRESS = re.compile(r"\d{1,3}(\.\d{1,3}){3}")


class Station(NamedTuple):
    """A router on the way, or the host at its end; a silent one has no address."""

    number: int
    name: str
    address: str
    times_ms: tuple[float, ...]


def is_address(text: str) -> bool:
    """Whether this is an IPv4 address."""
    return bool(_ADDRESS.fullmatch(text)) and all(int(part) < 256 for part in text.split("."))


def host_by_name(world: World, name: str) -> Host | None:
    """A host by its name or address; an address without a name is a host that does not answer."""
    folded = name.strip().rstrip(".").lower()
    found = world.store.get(HOSTS, folded)
    if found is None and is_address(folded):
        named = world.store.where(HOSTS, "address", folded)
        return named[0] if named else Host(folded, folded, "unknown", "", False, 9, 0, ())
    return found if found is not None else _web_host(world, folded)


def _web_host(world: World, name: str) -> Host | None:
    """A host that only the web knows: it has an address like all others."""
    try:
        world.web.fetch("HEAD", f"https://{name}/", {}, "")
    except OperationError:
        return None
    draw = stream("host", name, world.base.key.seed)
    address = f"198.51.100.{draw.randrange(210, 254)}"
    return Host(
        name, address, "website", "web site", True, 7 + draw.randrange(7), draw.randrange(11_000, 95_000), (80, 443)
    )


def free_address(world: World, rng: Random) -> str:
    """An address for a new host that no other has, as long as there are any."""
    last = range(120, 254)
    addresses = [f"203.0.113.{number}" for number in rng.sample(last, len(last))]
    return next((one for one in addresses if not world.store.where(HOSTS, "address", one)), addresses[0])


def find_host(world: World, name: str, field: str) -> Host:
    """As `host_by_name`.

    Raises:
        OperationError: No host has this name.
    """
    found = host_by_name(world, name)
    if found is not None:
        return found
    near = get_close_matches(name.lower()[:100], [row.name for row in world.store.rows(HOSTS)], n=1, cutoff=0.8)
    remedy = f"did you mean {near[0]}?" if near else "give the name of a host that exists"
    raise OperationError(
        "not_found", f"Could not resolve hostname {name[:200]}: Name or service not known; {remedy}", field
    )


def delays_ms(world: World, host: Host, count: int) -> list[float]:
    """How long each of so many packets takes there and back."""
    rng = stream("delays", world.base.key.seed, host.name)
    return [round(host.delay_us * (1 + rng.random() * 0.12) / 1000, 3) for _ in range(count)]


def stations(world: World, host: Host, limit: int = 30) -> Iterator[Station]:
    """The way to a host, at most so many stations; silence from its end on where it does not answer."""
    rng = stream("stations", world.base.key.seed, host.name)
    if host.hops <= 1:
        if host.reachable:
            yield Station(1, host.name, host.address, _three(host.delay_us, rng.random()))
        return
    for number in range(1, host.hops + 1):
        if number > limit:
            return
        share = host.delay_us * number // host.hops
        if number == host.hops:
            if host.reachable:
                yield Station(number, host.name, host.address, _three(share, rng.random()))
        elif number == 1:
            yield Station(1, "router.home.test", "192.168.40.1", _three(1_800, rng.random()))
        elif rng.random() < 0.12:
            yield Station(number, "", "", ())
        else:
            name = f"core-{number}.copperline-telecom.example"
            yield Station(
                number, name, f"10.64.{rng.randrange(256)}.{rng.randrange(1, 255)}", _three(share, rng.random())
            )
    if not host.reachable:
        for number in range(host.hops, limit + 1):
            yield Station(number, "", "", ())


def _three(delay_us: int, noise: float) -> tuple[float, ...]:
    return tuple(round(delay_us * (1 + noise * step / 20) / 1000, 3) for step in (1, 2, 3))
