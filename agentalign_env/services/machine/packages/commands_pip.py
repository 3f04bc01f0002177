"""The shell's ``pip``."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import orjson

from agentalign_env.core.commands import Invocation
from agentalign_env.errors import OperationError
from agentalign_env.services.machine.arguments import Given, UnknownOptionError, read_options, said
from agentalign_env.services.machine.packages.installing import (
    Plan,
    find_release,
    install,
    installed,
    installed_row,
    merged,
    plan_install,
    read_wanted,
    release_of,
    uninstall,
)

__all__ = ["run_pip"]


def run_pip(invocation: Invocation) -> int:
    """``pip``."""
    args = list(invocation.args)
    if args[:1] in (["--version"], ["-V"]):
        row = installed_row(invocation.world.store, "pip", "pip")
        version = row.version if row is not None else "24.0"
        invocation.out(f"pip {version} from /usr/lib/python3/dist-packages/pip (python 3.11)\n")
        return 0
    act = _PIP_VERBS.get(args[0]) if args else None
    if act is None:
        if args:
            invocation.err(f'ERROR: unknown command "{args[0]}"\n')
            return 1
        invocation.out(
            "\nUsage:\n  pip <command> [options]\n\nCommands:\n  install\n  uninstall\n  "
            "freeze\n  list\n  show\n  check\n  index\n"
        )
        return 0
    try:
        given = read_options(
            args[1:],
            "U upgrade q quiet user y yes no-cache-dir break-system-packages pre force-reinstall no-deps o outdated v "
            "disable-pip-version-check f files e editable no-input l local",
            "r requirement t target i index-url format c constraint",
        )
        return act(invocation, given)
    except UnknownOptionError as error:
        invocation.err(f"\nUsage:\n  pip {args[0]} [options]\n\nno such option: {error}\n")
        return 2
    except OperationError as error:
        invocation.err(f"ERROR: {said(error)}\n")
        return 1


def _pip_install(invocation: Invocation, given: Given) -> int:
    wanted = [word for word in given.rest if word != "--"]
    for place in given.values("r", "requirement"):
        for line in invocation.open(place):
            bare = line.partition("#")[0].strip()
            if bare and not bare.startswith("-"):
                wanted.append(bare)
    if not wanted:
        invocation.err('ERROR: You must give at least one requirement to install (see "pip help install")\n')
        return 1
    store = invocation.world.store
    planned = []
    for text in wanted:
        invocation.spend(10)
        if text.startswith((".", "/", "git+", "http")):
            missing = "neither 'setup.py' nor 'pyproject.toml' found"
            invocation.err(f"ERROR: {text} does not appear to be a Python project: {missing}.\n")
            return 1
        plans = _planned(invocation, text, upgrade=given.has("U", "upgrade"))
        if plans is None:
            return 1
        planned.append(plans)
        asked = read_wanted(text).name.lower()
        fresh = [plan for plan in plans if plan.before != plan.version]
        if not any(plan.requested for plan in fresh):
            row = installed_row(store, "pip", asked)
            version = f" ({row.version})" if row is not None else ""
            _say(
                invocation, given, f"Requirement already satisfied: {text} in /usr/lib/python3/dist-packages{version}\n"
            )
        for plan in fresh:
            wheel = f"{plan.release.name.replace('-', '_')}-{plan.version}-py3-none-any.whl ({plan.release.size_kb} kB)"
            _say(
                invocation,
                given,
                f"Collecting {text if plan.requested else plan.release.name}\n  Downloading {wheel}\n",
            )
    all_plans = merged(planned)
    install(store, "pip", all_plans, is_global=False, dev=False)
    done = [plan for plan in all_plans if plan.before != plan.version]
    if done:
        names = sorted(f"{plan.release.name}-{plan.version}" for plan in done)
        _say(
            invocation,
            given,
            f"Installing collected packages: {', '.join(plan.release.name for plan in reversed(done))}\n",
        )
        _say(invocation, given, f"Successfully installed {' '.join(names)}\n")
    return 0


def _planned(invocation: Invocation, text: str, *, upgrade: bool) -> list[Plan] | None:
    """What one requirement would put in place; nothing after saying why it cannot be met."""
    store = invocation.world.store
    asked = read_wanted(text)
    try:
        release = find_release(store, "pip", asked.name)
        if upgrade and not asked.relation:
            asked = asked._replace(relation="==", version=release.versions[-1])
        return plan_install(store, "pip", asked)
    except OperationError as error:
        if error.code != "not_found":
            raise
    found = release_of(store, "pip", asked.name.lower())
    known = ", ".join(found.versions) if found is not None else "none"
    invocation.err(
        f"ERROR: Could not find a version that satisfies the requirement {text} (from versions: {known})\n"
        f"ERROR: No matching distribution found for {text}\n"
    )
    return None


def _say(invocation: Invocation, given: Given, text: str) -> None:
    if not given.has("q", "quiet"):
        invocation.out(text)


def _pip_uninstall(invocation: Invocation, given: Given) -> int:
    for name in given.rest:
        try:
            row = uninstall(invocation.world.store, "pip", name)
        except OperationError as error:
            if error.code != "not_found":
                raise
            invocation.err(f"WARNING: Skipping {name} as it is not installed.\n")
            continue
        _say(
            invocation,
            given,
            (
                f"Found existing installation: {row.name} {row.version}\nUninstalling "
                f"{row.name}-{row.version}:\n  Successfully uninstalled {row.name}-{row.version}\n"
            ),
        )
    return 0


def _pip_list(invocation: Invocation, given: Given) -> int:
    rows = installed(invocation.world.store, "pip")
    if given.has("o", "outdated"):
        newer = [
            (row, release.versions[-1])
            for row in rows
            if (release := release_of(invocation.world.store, "pip", row.name)) and release.versions[-1] != row.version
        ]
        rows = [row for row, _ in newer]
    if given.value("format") == "json":
        invocation.out(orjson.dumps([{"name": row.name, "version": row.version} for row in rows]).decode() + "\n")
        return 0
    if given.value("format") == "freeze":
        return _pip_freeze(invocation, given)
    width = max([len("Package"), *(len(row.name) for row in rows)])
    invocation.out(f"{'Package':<{width}} Version\n{'-' * width} {'-' * 9}\n")
    invocation.out("".join(f"{row.name:<{width}} {row.version}\n" for row in rows))
    return 0


def _pip_freeze(invocation: Invocation, _given: Given) -> int:
    rows = [row for row in installed(invocation.world.store, "pip") if row.name not in ("pip", "setuptools", "wheel")]
    invocation.out("".join(f"{row.name}=={row.version}\n" for row in rows))
    return 0


def _pip_show(invocation: Invocation, given: Given) -> int:
    status = 1
    for name in given.rest:
        row, release = (
            installed_row(invocation.world.store, "pip", name.lower()),
            release_of(invocation.world.store, "pip", name.lower()),
        )
        if row is None or release is None:
            invocation.err(f"WARNING: Package(s) not found: {name}\n")
            continue
        users = [
            other.name
            for other in installed(invocation.world.store, "pip")
            if (need := release_of(invocation.world.store, "pip", other.name)) and row.name in need.needs
        ]
        invocation.out(
            f"Name: {row.name}\nVersion: {row.version}\nSummary: {release.summary}\n"
            "Location: /usr/lib/python3/dist-packages\n"
            f"Requires: {', '.join(release.needs)}\nRequired-by: {', '.join(users)}\n"
        )
        status = 0
    return status


def _pip_check(invocation: Invocation, _given: Given) -> int:
    invocation.out("No broken requirements found.\n")
    return 0


def _pip_index(invocation: Invocation, given: Given) -> int:
    name = given.rest[-1] if given.rest else ""
    release = find_release(invocation.world.store, "pip", name)
    invocation.out(
        f"{release.name} ({release.versions[-1]})\nAvailable versions: {', '.join(reversed(release.versions))}\n"
    )
    return 0


def _pip_search(invocation: Invocation, _given: Given) -> int:
    invocation.err("ERROR: XMLRPC request failed [code: -32500]\nRuntimeError: PyPI no longer supports 'pip search'.\n")
    return 23


_PIP_VERBS: Mapping[str, Callable[[Invocation, Given], int]] = {
    "check": _pip_check,
    "freeze": _pip_freeze,
    "index": _pip_index,
    "install": _pip_install,
    "list": _pip_list,
    "search": _pip_search,
    "show": _pip_show,
    "uninstall": _pip_uninstall,
}
