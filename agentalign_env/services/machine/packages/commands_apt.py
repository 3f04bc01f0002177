"""The shell's ``apt`` and ``dpkg``."""

from __future__ import annotations

from agentalign_env.core.commands import Invocation
from agentalign_env.errors import OperationError
from agentalign_env.services.machine.arguments import Given, UnknownOptionError, acting_user, read_options, said
from agentalign_env.services.machine.packages.installing import (
    install,
    installed,
    installed_row,
    merged,
    plan_install,
    read_wanted,
    release_of,
    uninstall,
)
from agentalign_env.services.machine.packages.records import RELEASES, Installed

__all__ = ["run_apt", "run_dpkg"]


def run_apt(invocation: Invocation) -> int:
    """``apt``, ``apt-get`` and ``apt-cache``."""
    name = invocation.name
    try:
        given = read_options(
            invocation.args,
            "y yes q qq quiet no-install-recommends fix-broken f purge installed upgradable s simulate a",
            "o t",
        )
    except UnknownOptionError as error:
        invocation.err(f"E: Command line option {error} is not understood in combination with the other options\n")
        return 100
    verb, *names = given.rest or [""]
    if name == "apt-cache" or verb in ("search", "show", "list", "policy"):
        return _apt_look(invocation, verb, names, given)
    if verb not in (
        "install",
        "remove",
        "purge",
        "update",
        "upgrade",
        "autoremove",
        "clean",
        "full-upgrade",
        "dist-upgrade",
    ):
        invocation.err(
            f"E: Invalid operation {verb}\n" if verb else "apt 2.6.1 (amd64)\nUsage: apt [options] command\n"
        )
        return 100 if verb else 1
    if acting_user(invocation) != "root":
        lock = "/var/lib/apt/lists/lock" if verb == "update" else "/var/lib/dpkg/lock-frontend"
        invocation.err(
            f"E: Could not open lock file {lock} - open (13: Permission denied)\nE: Unable to acquire "
            f"the dpkg frontend lock ({lock}), are you root?\n"
        )
        return 100
    if verb == "update":
        invocation.out(
            "Hit:1 http://deb.harbour-linux.example stable InRelease\nReading package lists... "
            "Done\nBuilding dependency tree... Done\n"
        )
        return 0
    if verb in ("install", "remove", "purge"):
        return _apt_change(invocation, verb, names)
    invocation.out(
        "Reading package lists... Done\nBuilding dependency tree... Done\n0 upgraded, 0 newly "
        "installed, 0 to remove and 0 not upgraded.\n"
    )
    return 0


def _apt_change(invocation: Invocation, verb: str, names: list[str]) -> int:
    store = invocation.world.store
    invocation.out(
        "Reading package lists... Done\nBuilding dependency tree... Done\nReading state information... Done\n"
    )
    rows: list[Installed] = []
    planned = []
    for text in names:
        try:
            if verb == "install":
                plans = plan_install(store, "apt", read_wanted(text))
                if not plans:
                    row = installed_row(invocation.world.store, "apt", read_wanted(text).name)
                    invocation.out(f"{text} is already the newest version ({row.version if row else ''}).\n")
                planned.append(plans)
            else:
                rows.append(uninstall(store, "apt", text))
        except OperationError as error:
            if verb != "install" and error.code == "not_found":
                invocation.out(f"Package '{text}' is not installed, so not removed\n")
                continue
            words = f"Unable to locate package {text}" if error.code == "not_found" else said(error)
            invocation.err(f"E: {words}\n")
            return 100
    rows += install(store, "apt", merged(planned), is_global=True, dev=False)
    listed = " ".join(sorted(row.name for row in rows))
    if verb == "install":
        if rows:
            invocation.out(f"The following NEW packages will be installed:\n  {listed}\n")
        invocation.out(f"0 upgraded, {len(rows)} newly installed, 0 to remove and 0 not upgraded.\n")
        invocation.out("".join(f"Setting up {row.name} ({row.version}) ...\n" for row in rows))
    else:
        if rows:
            invocation.out(f"The following packages will be REMOVED:\n  {listed}\n")
        invocation.out(f"0 upgraded, 0 newly installed, {len(rows)} to remove and 0 not upgraded.\n")
        invocation.out("".join(f"Removing {row.name} ({row.version}) ...\n" for row in rows))
    return 0


def _apt_look(invocation: Invocation, verb: str, names: list[str], given: Given) -> int:
    store = invocation.world.store
    if verb == "search":
        page = store.search(RELEASES, " ".join(names), limit=40, among={"registry": "apt"})
        invocation.out(
            "".join(
                f"{row.name} - {row.summary}\n"
                if invocation.name == "apt-cache"
                else f"{row.name}/stable {row.versions[-1]} amd64\n  {row.summary}\n\n"
                for row in page.rows
            )
        )
        return 0
    if verb == "list":
        invocation.out("Listing... Done\n")
        rows = installed(store, "apt")
        for own in () if given.has("upgradable") else rows:
            if not names or own.name in names:
                invocation.out(f"{own.name}/stable,now {own.version} amd64 [installed]\n")
        return 0
    status = 0
    for name in names:
        release, have = (
            release_of(invocation.world.store, "apt", name),
            installed_row(invocation.world.store, "apt", name),
        )
        if release is None:
            invocation.err(f"N: Unable to locate package {name}\n")
            status = 100
        elif verb == "policy":
            invocation.out(
                f"{name}:\n  Installed: {have.version if have else '(none)'}\n  Candidate: {release.versions[-1]}\n"
            )
        else:
            invocation.out(
                f"Package: {name}\nVersion: {release.versions[-1]}\nDepends: "
                f"{', '.join(release.needs)}\nDescription: {release.summary}\n\n"
            )
    return status


def run_dpkg(invocation: Invocation) -> int:
    """``dpkg``."""
    args = list(invocation.args)
    rows = installed(invocation.world.store, "apt")
    if args[:1] in (["-l"], ["--list"]):
        rows = [row for row in rows if not args[1:] or row.name in args[1:]]
        invocation.out(
            "Desired=Unknown/Install/Remove/Purge/Hold\n||/ Name           Version      Architecture "
            "Description\n+++-==============-============-============-=================================\n"
        )
        for row in rows:
            release = release_of(invocation.world.store, "apt", row.name)
            invocation.out(f"ii  {row.name:<14} {row.version:<12} amd64        {release.summary if release else ''}\n")
        return 0 if rows else 1
    if args[:1] in (["-s"], ["--status"]) and len(args) > 1:
        have = next((row for row in rows if row.name == args[1]), None)
        if have is None:
            invocation.err(f"dpkg-query: package '{args[1]}' is not installed and no information is available\n")
            return 1
        invocation.out(f"Package: {have.name}\nStatus: install ok installed\nVersion: {have.version}\n")
        return 0
    invocation.err("dpkg: error: need an action option\n")
    return 2
