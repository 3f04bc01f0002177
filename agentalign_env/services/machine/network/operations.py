"""The network as typed tools: tests of hosts, and facts about the machine's own network."""

from __future__ import annotations

from agentalign_env.core.computer import hostname
from agentalign_env.core.operation import operation
from agentalign_env.core.world import World
from agentalign_env.errors import OperationError
from agentalign_env.services.machine.docker.records import CONTAINERS
from agentalign_env.services.machine.network.probing import delays_ms, find_host, stations
from agentalign_env.services.machine.network.records import (
    HOSTS,
    INTERFACES,
    ROUTES,
    DiagnoseArguments,
    Diagnosis,
    DiagnosisVerb,
    Host,
    Interface,
    ListeningPort,
    MachineName,
    NetworkFacts,
)
from agentalign_env.services.machine.processes.records import PROCESSES

__all__ = ["diagnose_network", "get_network_info", "listening_ports", "netmask"]

_NAME_SERVER = "192.168.40.1"


@operation("System_Tools.diagnose_network", reads=(HOSTS, "pages", "sites", "redirects"), identifies="test")
def diagnose_network(
    world: World, *, target: MachineName, operation: DiagnosisVerb, args: DiagnoseArguments | None = None
) -> Diagnosis:
    """Tests a host: whether it answers (ping), the way to it (traceroute), or its address (nslookup).

    A host that is known but does not answer is a result, not an error.
    """
    given = args or {}
    host = find_host(world, target, "target")
    if operation == "ping":
        return _ping(world, host, given.get("count", 4))
    if operation == "traceroute":
        return _traceroute(world, host)
    server = given.get("dns_server", "") or _NAME_SERVER
    if given.get("dns_server"):
        asked = find_host(world, server, "args.dns_server")
        if 53 not in asked.ports:
            message = f"connection timed out; no servers could be reached: {server} is no name server, leave it out"
            raise OperationError("invalid_state", message, "args.dns_server")
        server = asked.address
    words = f"Server: {server}\nName: {host.name}\nAddress: {host.address}"
    return {**_diagnosis("nslookup", host, words), "server": server}


def _ping(world: World, host: Host, count: int) -> Diagnosis:
    times = delays_ms(world, host, count) if host.reachable else []
    average = round(sum(times) / len(times), 3) if times else 0.0
    loss = 0.0 if times else 100.0
    words = f"{count} packets transmitted, {len(times)} received, {loss:.0f}% packet loss"
    diagnosis = _diagnosis("ping", host, words)
    diagnosis.update({"sent": count, "received": len(times), "loss_percent": loss})
    if times:
        diagnosis["average_ms"] = average
    return diagnosis


def _traceroute(world: World, host: Host) -> Diagnosis:
    way = list(stations(world, host))
    lines = [f"{at.number}  {at.name or '*'} {f'({at.address})' if at.address else ''}".rstrip() for at in way]
    diagnosis = _diagnosis("traceroute", host, "\n".join(lines))
    diagnosis["hops"] = [
        {"hop": at.number, "address": at.address, "time_ms": at.times_ms[0] if at.times_ms else 0.0} for at in way
    ]
    return diagnosis


def _diagnosis(verb: str, host: Host, words: str) -> Diagnosis:
    return {
        "test": f"{verb} {host.name}",
        "operation": verb,
        "host": host.name,
        "address": host.address,
        "reachable": host.reachable,
        "output": words,
    }


@operation(
    "System_Tools.get_network_info",
    reads=(HOSTS, INTERFACES, ROUTES, PROCESSES, CONTAINERS),
    identifies="hostname",
)
def get_network_info(world: World) -> NetworkFacts:
    """Tells about the machine's network: interfaces, gateway, name servers, open ports, and the other machines."""
    gateway = next((route.gateway for route in world.store.rows(ROUTES) if route.network == "default"), "0.0.0.0")
    servers = world.store.where(HOSTS, "kind", "server")
    return {
        "hostname": hostname(world.background),
        "interfaces": [
            {
                "name": row.name,
                "address": row.address,
                "netmask": netmask(row),
                "mac": row.mac,
                "state": row.state,
                "mtu": row.mtu,
                "received_bytes": row.received_bytes,
                "sent_bytes": row.sent_bytes,
            }
            for row in world.store.rows(INTERFACES)
        ],
        "gateway": gateway,
        "dns_servers": [_NAME_SERVER],
        "listening": listening_ports(world),
        "known_hosts": [{"host": row.name, "address": row.address, "about": row.about} for row in servers],
    }


def listening_ports(world: World) -> list[ListeningPort]:
    """The ports on which the machine answers, with the program that does."""
    found: list[ListeningPort] = [
        {"port": port, "protocol": "tcp", "program": row.name}
        for row in world.store.rows(PROCESSES)
        for port in row.listens
    ]
    for container in world.store.where(CONTAINERS, "state", "running"):
        for port in container.ports:
            outside, _, inside = port.partition(":")
            found.append({"port": int(outside), "protocol": inside.rpartition("/")[2], "program": "docker-proxy"})
    return sorted(found, key=lambda port: (port["port"], port["program"]))


def netmask(interface: Interface) -> str:
    """The mask of an interface's network, such as ``255.255.255.0``."""
    bits = (0xFFFFFFFF << (32 - interface.prefix)) & 0xFFFFFFFF
    return ".".join(str(bits >> shift & 255) for shift in (24, 16, 8, 0))
