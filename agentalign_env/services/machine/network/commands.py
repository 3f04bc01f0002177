"""The shell's commands on the network: ping, traceroute, name look-ups, interfaces, open ports."""

from __future__ import annotations

from collections.abc import Mapping

from agentalign_env.core.commands import Command, Invocation
from agentalign_env.services.machine.arguments import UnknownOptionError, read_options, whole_number
from agentalign_env.services.machine.network.operations import listening_ports, netmask
from agentalign_env.services.machine.network.probing import delays_ms, host_by_name, is_address, stations
from agentalign_env.services.machine.network.records import HOSTS, INTERFACES, ROUTES, Host, Interface

__all__ = ["NETWORK_COMMANDS"]

_NAME_SERVER = "192.168.40.1"


def _ping(invocation: Invocation) -> int:
    try:
        given = read_options(invocation.args, "q n 4 6 v a", "c i W w s t I")
    except UnknownOptionError as error:
        invocation.err(f"ping: invalid option -- '{str(error).lstrip('-')}'\n")
        return 2
    if len(given.rest) != 1:
        invocation.err("ping: usage error: Destination address required\n")
        return 1
    name = given.rest[0]
    host = host_by_name(invocation.world, name)
    if host is None:
        invocation.err(f"ping: {name}: Name or service not known\n")
        return 2
    text = given.value("c", default="4")
    count = whole_number(text, 1000)
    if not count:
        invocation.err(f"ping: invalid argument: '{text}': out of range: 1 <= value <= 1000\n")
        return 1
    invocation.spend(count)
    invocation.out(f"PING {name} ({host.address}) 56(84) bytes of data.\n")
    times = delays_ms(invocation.world, host, count) if host.reachable else []
    if not given.has("q"):
        for number, time in enumerate(times, 1):
            where = host.name if host.name == host.address else f"{host.name} ({host.address})"
            invocation.out(f"64 bytes from {where}: icmp_seq={number} ttl={64 - host.hops} time={time:.3g} ms\n")
    invocation.sleep(count - 1)
    loss = 0 if times else 100
    invocation.out(f"\n--- {name} ping statistics ---\n")
    invocation.out(
        f"{count} packets transmitted, {len(times)} received, {loss}% packet loss, time {(count - 1) * 1001}ms\n"
    )
    if times:
        mean = sum(times) / len(times)
        spread = (sum((time - mean) ** 2 for time in times) / len(times)) ** 0.5
        invocation.out(f"rtt min/avg/max/mdev = {min(times):.3f}/{mean:.3f}/{max(times):.3f}/{spread:.3f} ms\n")
    return 0 if times else 1


def _traceroute(invocation: Invocation) -> int:
    try:
        given = read_options(invocation.args, "n I T 4", "m q w p")
    except UnknownOptionError as error:
        invocation.err(f"Bad option `{error}' (argc 1)\n")
        return 2
    if not given.rest:
        invocation.err('Specify "host" missing argument.\n')
        return 2
    host = host_by_name(invocation.world, given.rest[0])
    if host is None:
        invocation.err(
            f'{given.rest[0]}: Name or service not known\nCannot handle "host" cmdline arg '
            f"`{given.rest[0]}' on position 1 (argc 1)\n"
        )
        return 2
    limit = whole_number(given.value("m"), 255) or 30
    invocation.out(f"traceroute to {given.rest[0]} ({host.address}), {limit} hops max, 60 byte packets\n")
    for at in stations(invocation.world, host, limit):
        if not at.times_ms:
            invocation.out(f"{at.number:>2}  * * *\n")
        else:
            name = at.address if given.has("n") else f"{at.name} ({at.address})"
            invocation.out(f"{at.number:>2}  {name}  {'  '.join(f'{time:.3f} ms' for time in at.times_ms)}\n")
    return 0


def _lookup(invocation: Invocation, name: str) -> tuple[Host | None, str]:
    """The host, and the name that was asked for without its final dot."""
    host = host_by_name(invocation.world, name)
    known = host is not None and host.kind != "unknown"
    return (host if known else None), name.rstrip(".")


def _nslookup(invocation: Invocation) -> int:
    names = [arg for arg in invocation.args if not arg.startswith("-")]
    if not names:
        return 0
    host, name = _lookup(invocation, names[0])
    invocation.out(f"Server:\t\t{_NAME_SERVER}\nAddress:\t{_NAME_SERVER}#53\n\n")
    if host is None:
        invocation.out(f"** server can't find {name}: NXDOMAIN\n\n")
        return 1
    if is_address(name):
        invocation.out(f"{'.'.join(reversed(name.split('.')))}.in-addr.arpa\tname = {host.name}.\n\n")
    else:
        invocation.out(f"Non-authoritative answer:\nName:\t{host.name}\nAddress: {host.address}\n\n")
    return 0


def _host(invocation: Invocation) -> int:
    names = [arg for arg in invocation.args if not arg.startswith("-")]
    if not names:
        invocation.err("Usage: host [-aCdilrTvVw] hostname [server]\n")
        return 1
    host, name = _lookup(invocation, names[0])
    if host is None:
        invocation.out(f"Host {name} not found: 3(NXDOMAIN)\n")
        return 1
    if is_address(name):
        invocation.out(f"{'.'.join(reversed(name.split('.')))}.in-addr.arpa domain name pointer {host.name}.\n")
    else:
        invocation.out(f"{host.name} has address {host.address}\n")
    return 0


def _dig(invocation: Invocation) -> int:
    words = [arg for arg in invocation.args if not arg.startswith(("@", "-"))]
    brief = "+short" in words
    names = [
        word
        for word in words
        if not word.startswith("+") and word.upper() not in ("A", "AAAA", "MX", "TXT", "NS", "ANY", "CNAME", "IN")
    ]
    kinds = [word.upper() for word in words if word.upper() in ("A", "AAAA", "MX", "TXT", "NS", "ANY", "CNAME")]
    kind = kinds[0] if kinds else "A"
    if not names:
        return 0
    host, name = _lookup(invocation, names[0])
    answer = f"{name}.\t\t300\tIN\tA\t{host.address}\n" if host is not None and kind in ("A", "ANY") else ""
    if brief:
        invocation.out(f"{host.address}\n" if host is not None and answer else "")
        return 0
    status = "NOERROR" if host is not None else "NXDOMAIN"
    invocation.out(
        f"\n; <<>> DiG 9.18.28 <<>> {' '.join(invocation.args)}\n;; global options: +cmd\n;; Got answer:\n"
        f";; ->>HEADER<<- opcode: QUERY, status: {status}, id: 4711\n"
        f";; flags: qr rd ra; QUERY: 1, ANSWER: {1 if answer else 0}, AUTHORITY: 0, ADDITIONAL: 1\n\n"
        f";; QUESTION SECTION:\n;{name}.\t\t\tIN\t{kind}\n\n"
        + (f";; ANSWER SECTION:\n{answer}\n" if answer else "")
        + f";; SERVER: {_NAME_SERVER}#53({_NAME_SERVER}) (UDP)\n\n"
    )
    return 0


def _interfaces(invocation: Invocation) -> list[Interface]:
    return list(invocation.world.store.rows(INTERFACES))


def _ip(invocation: Invocation) -> int:
    words = [arg for arg in invocation.args if not arg.startswith("-")]
    flags = "".join(arg.lstrip("-") for arg in invocation.args if arg.startswith("-"))
    what = words[0] if words else ""
    rows = _interfaces(invocation)
    wanted = next((word for word in words[1:] if word not in ("show", "list", "dev", "ls")), "")
    if what and ("address".startswith(what) or "link".startswith(what)):
        if wanted and all(row.name != wanted for row in rows):
            invocation.err(f'Device "{wanted}" does not exist.\n')
            return 1
        for number, row in enumerate(rows, 1):
            if wanted not in ("", row.name):
                continue
            state = "UNKNOWN" if row.name == "lo" else row.state.upper()
            flag = "LOOPBACK,UP,LOWER_UP" if row.name == "lo" else "BROADCAST,MULTICAST,UP,LOWER_UP"
            if "br" in flags:
                invocation.out(f"{row.name:<16} {state:<14} {row.address}/{row.prefix}\n")
                continue
            kind = "loopback" if row.name == "lo" else "ether"
            invocation.out(f"{number}: {row.name}: <{flag}> mtu {row.mtu} state {state}\n    link/{kind} {row.mac}\n")
            if "address".startswith(what):
                scope = "host" if row.name == "lo" else "global"
                invocation.out(f"    inet {row.address}/{row.prefix} scope {scope} {row.name}\n")
        return 0
    if what and "route".startswith(what):
        return _routes(invocation)
    if what and "neighbour".startswith(what):
        for host in invocation.world.store.where(HOSTS, "kind", "device"):
            invocation.out(f"{host.address} dev wlan0 {'REACHABLE' if host.reachable else 'FAILED'}\n")
        return 0
    invocation.err(
        f'Object "{what}" is unknown, try "ip help".\n' if what else "Usage: ip [ OPTIONS ] OBJECT { COMMAND | help }\n"
    )
    return 1


def _routes(invocation: Invocation) -> int:
    for route in invocation.world.store.rows(ROUTES):
        via = f" via {route.gateway}" if route.gateway else ""
        metric = f" metric {route.metric}" if route.metric else ""
        invocation.out(f"{route.network}{via} dev {route.interface}{metric}\n")
    return 0


def _ifconfig(invocation: Invocation) -> int:
    wanted = [arg for arg in invocation.args if not arg.startswith("-")]
    rows = [row for row in _interfaces(invocation) if not wanted or row.name in wanted]
    if not rows:
        invocation.err(f"{wanted[0]}: error fetching interface information: Device not found\n")
        return 1
    for row in rows:
        flags = "73<UP,LOOPBACK,RUNNING>" if row.name == "lo" else "4163<UP,BROADCAST,RUNNING,MULTICAST>"
        invocation.out(
            f"{row.name}: flags={flags}  mtu {row.mtu}\n        inet {row.address}  netmask {netmask(row)}\n"
            + (f"        ether {row.mac}\n" if row.name != "lo" else "")
            + f"        RX bytes {row.received_bytes}\n        TX bytes {row.sent_bytes}\n\n"
        )
    return 0


def _sockets(invocation: Invocation) -> int:
    flags = "".join(arg.lstrip("-") for arg in invocation.args if arg.startswith("-"))
    ports = listening_ports(invocation.world)
    if invocation.name == "netstat" and "r" in flags:
        return _routes(invocation)
    named = "p" in flags
    if invocation.name == "netstat":
        invocation.out("Active Internet connections (only servers)\n")
        invocation.out(
            "Proto Recv-Q Send-Q Local Address           Foreign Address         "
            f"State{'       PID/Program name' if named else ''}\n"
        )
        for port in ports:
            local = f"0.0.0.0:{port['port']}"
            invocation.out(
                f"{port['protocol']:<5}      0      0 {local:<23} 0.0.0.0:*               "
                f"LISTEN{'      -/' + port['program'] if named else ''}\n"
            )
        return 0
    invocation.out(
        f"{'Netid ' if 't' not in flags else ''}State  Recv-Q Send-Q Local Address:Port  Peer "
        f"Address:Port{' Process' if named else ''}\n"
    )
    for port in ports:
        program = f' users:(("{port["program"]}"))' if named else ""
        netid = f"{port['protocol']:<6}" if "t" not in flags else ""
        local = f"0.0.0.0:{port['port']}"
        invocation.out(f"{netid}LISTEN 0      128    {local:>18}       0.0.0.0:*    {program}".rstrip() + "\n")
    return 0


NETWORK_COMMANDS: Mapping[str, Command] = {
    "dig": _dig,
    "host": _host,
    "ifconfig": _ifconfig,
    "ip": _ip,
    "netstat": _sockets,
    "nslookup": _nslookup,
    "ping": _ping,
    "ss": _sockets,
    "traceroute": _traceroute,
    "tracepath": _traceroute,
}
