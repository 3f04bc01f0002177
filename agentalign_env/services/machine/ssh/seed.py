"""Accounts on other machines and the files there, when a world begins."""

from __future__ import annotations

from collections.abc import Iterator

from agentalign_env.core.clock import DAY_S
from agentalign_env.core.rng import stream
from agentalign_env.core.service import SeedContext
from agentalign_env.services.machine.ssh.machines import MACHINES
from agentalign_env.services.machine.ssh.records import Account, RemoteFile

__all__ = ["seed_accounts", "seed_remote_files"]


def seed_accounts(context: SeedContext) -> Iterator[Account]:
    """The owner's own account on every machine, and those that are shared."""
    user = context.background.user
    for machine in MACHINES:
        for name in dict.fromkeys((*machine.users, user)):
            yield Account(f"{name}@{machine.name}", machine.name, name, f"/home/{name}")


def seed_remote_files(context: SeedContext) -> Iterator[RemoteFile]:
    """The files of the machines that answer."""
    user = context.background.user
    for machine in MACHINES:
        if not machine.reachable:
            continue
        short = machine.name.partition(".")[0]
        for path, content in (("/etc/hostname", f"{short}\n"), *machine.files):
            place = path.replace("{user}", user)
            owner = (
                place.split("/")[2] if place.startswith("/home/") else "root" if place.startswith("/etc/") else "deploy"
            )
            age = stream("remote-file", place, context.seed).randrange(2, 300)
            yield RemoteFile(
                f"{machine.name}:{place}", machine.name, place, content, owner, context.start_s - age * DAY_S
            )
