"""The network when a world begins: the owner's interfaces, and a host for every name that the world knows."""

from __future__ import annotations

from collections.abc import Iterator

from agentalign_env.core.computer import hostname
from agentalign_env.core.projects import load_projects
from agentalign_env.core.rng import stream
from agentalign_env.core.service import SeedContext
from agentalign_env.services.machine.network.records import Host, Interface, Route
from agentalign_env.services.machine.ssh.machines import MACHINES

__all__ = ["seed_hosts", "seed_interfaces", "seed_routes"]

_LAN = "192.168.40"
_NETWORKS = (
    "twitter.example", "instagram.example", "tiktok.example", "youtube.example", "bilibili.example", "weibo.example",
    "lightbox.example",
)  # fmt: skip
_DEVICES = (
    ("router.home.test", f"{_LAN}.1", "router and access point", (53, 80)),
    ("printer.home.test", f"{_LAN}.31", "printer in the hall", (631,)),
    ("speaker.home.test", f"{_LAN}.52", "kitchen speaker, switched off", ()),
)
_BLOCKS = ("203.0.113", "198.51.100", "192.0.2")


def seed_hosts(context: SeedContext) -> Iterator[Host]:
    """Other machines of the owner's first, then devices at home, git hosts, organisations and networks."""
    background, rng = context.background, context.rng()
    yield Host(hostname(background), f"{_LAN}.20", "self", "this computer", True, 0, 45, (22, 80, 8000))
    yield Host("localhost", "127.0.0.1", "self", "this computer", True, 0, 38, (22, 80, 8000))
    for number, machine in enumerate(MACHINES):
        ports = tuple(sorted({22, *machine.ports})) if machine.reachable else ()
        near = machine.name.endswith(".home.test")
        address = f"{_LAN if near else _BLOCKS[0]}.{60 + number * 7}"
        hops, delay_us = (1, rng.randrange(700, 4_000)) if near else (6 + number % 5, rng.randrange(9_000, 38_000))
        yield Host(machine.name, address, "server", machine.about, machine.reachable, hops, delay_us, ports)
    for name, address, about, ports in _DEVICES:
        reachable = bool(ports)
        yield Host(name, address, "device", about, reachable, 1, rng.randrange(700, 4_000), ports)
    names = [(project.host, "git host") for project in load_projects().values()]
    for organisation in background.organisations:
        names += [
            (organisation.domain, organisation.kind),
            (f"www.{organisation.domain}", f"{organisation.kind}, web site"),
        ]
    names += [(name, "social network") for name in _NETWORKS]
    for number, (name, about) in enumerate(dict(names).items()):
        kind = "network" if name in _NETWORKS else "server" if about == "git host" else "website"
        # One site is down for everybody, another drops pings; the web service answers for pages all the same.
        address = f"{_BLOCKS[1 + number // 200 % 2]}.{2 + number % 200}"
        draw = stream("host", name, context.seed)
        yield Host(
            name, address, kind, about, draw.random() > 0.06, 7 + draw.randrange(7), draw.randrange(11_000, 95_000),
            (80, 443) if about != "git host" else (22, 443),
        )  # fmt: skip


def seed_interfaces(context: SeedContext) -> Iterator[Interface]:
    """Loopback, wireless, and the containers' bridge."""
    rng = context.rng()

    def mac() -> str:
        return ":".join(("02", *(f"{rng.randrange(256):02x}" for _ in range(5))))

    traffic = [rng.randrange(10_000_000, 4_000_000_000) for _ in range(6)]
    yield Interface("lo", "127.0.0.1", 8, "00:00:00:00:00:00", "up", 65_536, traffic[0] // 90, traffic[0] // 90)
    yield Interface("wlan0", f"{_LAN}.20", 24, mac(), "up", 1_500, traffic[1], traffic[2] // 9)
    yield Interface("docker0", "10.17.0.1", 16, mac(), "up", 1_500, traffic[3] // 50, traffic[4] // 50)


def seed_routes(_: SeedContext) -> Iterator[Route]:
    """Home directly, containers by their bridge, everything else through the router."""
    yield Route("default", f"{_LAN}.1", "wlan0", 600)
    yield Route("10.17.0.0/16", "", "docker0", 0)
    yield Route(f"{_LAN}.0/24", "", "wlan0", 600)
