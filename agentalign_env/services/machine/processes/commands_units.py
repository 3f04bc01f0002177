"""Commands on what the system starts: ``systemctl``, ``crontab``."""

from __future__ import annotations

from datetime import UTC, datetime

from agentalign_env.core.commands import Invocation
from agentalign_env.errors import OperationError
from agentalign_env.services.machine.arguments import UnknownOptionError, acting_user, read_options
from agentalign_env.services.machine.processes.records import UNITS, Unit
from agentalign_env.services.machine.processes.signalling import (
    find_unit,
    send_signal,
    start_process,
    unit_processes,
)

__all__ = ["run_crontab", "run_systemctl"]


def run_systemctl(invocation: Invocation) -> int:
    """``systemctl``."""
    try:
        given = read_options(invocation.args, "user now no-pager all l full q quiet", "type t state n lines")
    except UnknownOptionError as error:
        invocation.err(f"systemctl: unrecognized option '{error}'\n")
        return 1
    verb, *names = given.rest or ["list-units"]
    if verb in ("list-units", "list-unit-files"):
        for unit in invocation.world.store.rows(UNITS):
            active = any(True for _ in unit_processes(invocation.world, unit))
            if active or verb == "list-unit-files" or given.has("all"):
                words = "active   running" if active else "inactive dead   "
                last = (
                    ("enabled" if unit.enabled else "disabled")
                    if verb == "list-unit-files"
                    else f"{words} {unit.about}"
                )
                invocation.out(f"  {unit.name + '.service':<28} loaded {last}\n")
        return 0
    if not names:
        invocation.err("Too few arguments.\n")
        return 1
    status = 0
    for name in names:
        found = find_unit(invocation.world, name)
        if found is None:
            service = f"{name.removesuffix('.service')}.service"
            if verb in ("status", "is-active"):
                invocation.err(f"Unit {service} could not be found.\n") if verb == "status" else invocation.out(
                    "inactive\n"
                )
                status = 4
            else:
                invocation.err(f"Failed to {verb} {service}: Unit {service} not found.\n")
                status = 5
        else:
            status = _unit_verb(invocation, verb, found) or status
    return status


def _unit_verb(invocation: Invocation, verb: str, unit: Unit) -> int:
    world = invocation.world
    rows = list(unit_processes(world, unit))
    if verb == "is-active":
        invocation.out("active\n" if rows else "inactive\n")
        return 0 if rows else 3
    if verb == "is-enabled":
        invocation.out("enabled\n" if unit.enabled else "disabled\n")
        return 0 if unit.enabled else 1
    if verb in ("status", "show"):
        since = datetime.fromtimestamp(rows[0].started_s, UTC).strftime("%a %Y-%m-%d %H:%M:%S UTC") if rows else ""
        state = "enabled" if unit.enabled else "disabled"
        invocation.out(
            f"{'●' if rows else '○'} {unit.name}.service - {unit.about}\n"
            f"     Loaded: loaded (/lib/systemd/system/{unit.name}.service; {state}; preset: enabled)\n"
            + (
                f"     Active: active (running) since {since}\n   Main PID: {rows[0].pid} ({rows[0].name})\n"
                if rows
                else "     Active: inactive (dead)\n"
            )
        )
        return 0 if rows else 3
    if verb not in ("start", "stop", "restart", "reload", "enable", "disable"):
        invocation.err(f"Unknown command verb '{verb}'.\n")
        return 1
    if acting_user(invocation) != "root":
        invocation.err(f"Failed to {verb} {unit.name}.service: Interactive authentication required.\n")
        return 1
    if verb in ("enable", "disable"):
        world.store.put(UNITS, unit._replace(enabled=verb == "enable"))
        return 0
    if verb in ("stop", "restart"):
        for row in rows:
            if row.pid != 1:
                send_signal(world, row, 9, by="root")
    if verb in ("start", "restart") and (verb == "restart" or not rows):
        start_process(
            world, unit.command, user=unit.user, now_s=int(invocation.now_s), listens=unit.listens, unit=unit.name
        )  # fmt: skip
    return 0


def run_crontab(invocation: Invocation) -> int:
    """``crontab``."""
    user = invocation.files.user
    place = f"{invocation.files.home}/.crontab"
    args = list(invocation.args)
    entry = invocation.files.follow(place)
    if args == ["-l"]:
        if entry is None:
            invocation.err(f"no crontab for {user}\n")
            return 1
        invocation.out(entry.content)
        return 0
    if args == ["-r"]:
        if entry is None:
            invocation.err(f"no crontab for {user}\n")
            return 1
        invocation.files.remove(place)
        return 0
    if len(args) == 1 and (args[0] == "-" or not args[0].startswith("-")):
        try:
            invocation.files.write(place, invocation.open(args[0]).read())
        except OperationError as error:
            return invocation.complain(args[0], error)
        return 0
    invocation.err("crontab: usage error: file name, -l or -r must be specified\n")
    return 1
