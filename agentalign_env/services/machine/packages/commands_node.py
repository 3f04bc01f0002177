"""The shell's ``npm`` and ``yarn``."""

from __future__ import annotations

import orjson

from agentalign_env.core.commands import Invocation
from agentalign_env.errors import OperationError
from agentalign_env.services.machine.arguments import Given, UnknownOptionError, read_options, said
from agentalign_env.services.machine.packages.installing import (
    find_release,
    install,
    installed,
    merged,
    plan_install,
    read_wanted,
    uninstall,
)
from agentalign_env.services.machine.packages.records import RELEASES, Installed

__all__ = ["run_node"]


def run_node(invocation: Invocation) -> int:
    """``npm`` and ``yarn``."""
    manager = invocation.name
    args = list(invocation.args)
    if args[:1] in (["--version"], ["-v"]):
        invocation.out("10.8.1\n" if manager == "npm" else "1.22.22\n")
        return 0
    verb = args.pop(0) if args and not args[0].startswith("-") else ("install" if manager == "yarn" else "help")
    everywhere = False
    if manager == "yarn" and verb == "global" and args:
        verb, everywhere = args.pop(0), True
    try:
        given = read_options(
            args,
            "g global D save-dev dev save S E save-exact P save-prod y yes silent s no-audit no-fund force "
            "legacy-peer-deps json all",
            "depth loglevel prefix",
        )
        names = given.rest
        if verb in ("install", "i", "add", "ci"):
            return _node_install(invocation, manager, names, given, everywhere=everywhere or given.has("g", "global"))
        if verb in ("uninstall", "remove", "rm", "un", "r"):
            removed = [uninstall(invocation.world.store, manager, name) for name in names]
            invocation.out(
                f"\nremoved {len(removed)} package{'' if len(removed) == 1 else 's'} in 1s\n"
                if manager == "npm"
                else "success Uninstalled packages.\n"
            )
            return 0
        if verb in ("list", "ls", "ll"):
            return _node_list(invocation, manager, given, everywhere=everywhere or given.has("g", "global"))
        if verb in ("view", "info", "show", "v") and names:
            return _node_view(invocation, manager, names)
        if verb in ("search", "find", "s") and names:
            return _node_search(invocation, names)
        if verb == "outdated":
            return 0
        if verb == "init":
            return _node_init(invocation)
    except UnknownOptionError as error:
        invocation.err(f"{manager} error unknown option {error}\n")
        return 1
    except OperationError as error:
        code = "E404" if error.code == "not_found" else "ERESOLVE"
        invocation.err(
            f"npm error code {code}\nnpm error {said(error)}\n" if manager == "npm" else f"error {said(error)}\n"
        )
        return 1
    invocation.err(
        f'Unknown command: "{verb}"\n\nTo see a list of supported {manager} commands, run:\n  {manager} help\n'
    )
    return 1


def _node_view(invocation: Invocation, manager: str, names: list[str]) -> int:
    release = find_release(invocation.world.store, manager, names[0].partition("@")[0])
    what = names[1] if len(names) > 1 else ""
    if what == "version":
        invocation.out(f"{release.versions[-1]}\n")
    elif what == "versions":
        invocation.out(f"[ {', '.join(repr(version) for version in release.versions)} ]\n")
    else:
        facts = (
            f"{release.name}@{release.versions[-1]} | deps: {len(release.needs)} | versions: {len(release.versions)}"
        )
        invocation.out(f"\n{facts}\n{release.summary}\n")
    return 0


def _node_search(invocation: Invocation, words: list[str]) -> int:
    store = invocation.world.store
    page = store.search(RELEASES, " ".join(words), limit=20, among={"registry": "npm"}, relaxed=True)
    invocation.out("NAME | DESCRIPTION | VERSION\n")
    for found in page.rows:
        invocation.out(f"{found.name} | {found.summary} | {found.versions[-1]}\n")
    return 0


def _node_install(invocation: Invocation, manager: str, names: list[str], given: Given, *, everywhere: bool) -> int:
    wanted = [(name, given.has("D", "save-dev", "dev")) for name in names]
    if not names:
        place = f"{invocation.cwd}/package.json"
        entry = invocation.files.follow(place)
        if entry is None:
            invocation.err(
                f"npm error code ENOENT\nnpm error path {place}\nnpm error enoent Could not read package.json\n"
                if manager == "npm"
                else "info No lockfile found.\n"
            )
            return 254 if manager == "npm" else 0
        try:
            content = orjson.loads(entry.content)
        except orjson.JSONDecodeError as error:
            invocation.err(f"npm error code EJSONPARSE\nnpm error JSON.parse {error}\n")
            return 1
        for key, dev in (("dependencies", False), ("devDependencies", True)):
            listed = content.get(key, {}) if isinstance(content, dict) else {}
            wanted += (
                [(f"{name}@{version}", dev) for name, version in listed.items()] if isinstance(listed, dict) else []
            )
    store = invocation.world.store
    invocation.spend(10 * len(wanted))
    planned = {
        flag: [plan_install(store, manager, read_wanted(text)) for text, dev in wanted if dev == flag]
        for flag in (True, False)
    }
    rows: list[Installed] = []
    for flag, plans in planned.items():
        rows += install(store, manager, merged(plans), is_global=everywhere, dev=flag)
    count = len(rows)
    if manager == "yarn":
        invocation.out(
            "yarn v1.22.22\n"
            + (
                f"success Saved {count} new dependenc{'y' if count == 1 else 'ies'}.\n"
                if count
                else "success Already up-to-date.\n"
            )
        )
        invocation.out("".join(f"├─ {row.name}@{row.version}\n" for row in rows) + "Done in 1.04s.\n")
    else:
        words = f"added {count} package{'' if count == 1 else 's'}" if count else "up to date"
        invocation.out(
            f"\n{words}, and audited {len(installed(invocation.world.store, 'npm')) + 1} "
            "packages in 1s\n\nfound 0 vulnerabilities\n"
        )
    return 0


def _node_list(invocation: Invocation, manager: str, given: Given, *, everywhere: bool) -> int:
    rows = [row for row in installed(invocation.world.store, manager) if row.is_global == everywhere]
    rows = [row for row in rows if (row.requested or given.has("all")) and (not given.rest or row.name in given.rest)]
    place = "/usr/local/lib" if everywhere else invocation.cwd
    if given.has("json"):
        invocation.out(
            orjson.dumps({"dependencies": {row.name: {"version": row.version} for row in rows}}).decode() + "\n"
        )
        return 0
    invocation.out(f"{place}\n")
    for number, row in enumerate(rows, 1):
        invocation.out(f"{'└──' if number == len(rows) else '├──'} {row.name}@{row.version}\n")
    if not rows:
        invocation.out("└── (empty)\n")
    return 1 if given.rest and not rows else 0


def _node_init(invocation: Invocation) -> int:
    name = invocation.cwd.rpartition("/")[2] or "project"
    place = f"{invocation.cwd}/package.json"
    content = orjson.dumps(
        {"name": name, "version": "1.0.0", "main": "index.js", "license": "ISC"}, option=orjson.OPT_INDENT_2
    ).decode()
    if invocation.files.get(place) is None:
        invocation.files.write(place, f"{content}\n")
    invocation.out(f"Wrote to {place}:\n\n{content}\n")
    return 0
