"""Package managers as a typed tool: install, uninstall, list, search."""

from __future__ import annotations

from typing import Literal

from agentalign_env.core.operation import operation
from agentalign_env.core.world import World
from agentalign_env.services.machine.packages.installing import (
    find_release,
    install,
    installed,
    plan_install,
    read_wanted,
    registry_of,
    uninstall,
)
from agentalign_env.services.machine.packages.records import (
    INSTALLED,
    RELEASES,
    Installed,
    PackageArguments,
    PackageName,
    PackageOutcome,
    PackageVerb,
    PackageView,
    Release,
    package_key,
)

__all__ = ["manage_packages"]

_SHOWN = 50
_EVERYTHING = frozenset({"", "*", "all"})


@operation("System_Tools.manage_packages", reads=(RELEASES,), writes=(INSTALLED,), identifies="packages[].name")
def manage_packages(
    world: World,
    *,
    operation: PackageVerb,
    package_name: PackageName,
    manager: Literal["pip", "npm", "yarn"] = "pip",
    args: PackageArguments | None = None,
) -> PackageOutcome:
    """Installs a package with all that it needs, uninstalls one, lists what is installed, or searches the registry.

    To list, the name is a part of the names to show; ``*`` shows all.
    """
    given, store = args or {}, world.store
    if operation == "list":
        part = "" if package_name.strip() in _EVERYTHING else package_name.strip().lower()
        rows = [row for row in installed(store, manager) if part in row.name.lower()][:_SHOWN]
        return _outcome(operation, manager, [_installed_view(world, row) for row in rows], f"{len(rows)} installed")
    if operation == "search":
        page = store.search(
            RELEASES, package_name, limit=_SHOWN, among={"registry": registry_of(manager)}, relaxed=True
        )
        views = [_release_view(world, manager, release) for release in page.rows]
        return _outcome(operation, manager, views, f"{len(views)} found")
    if operation == "uninstall":
        row = uninstall(store, manager, package_name)
        view = {**_installed_view(world, row), "installed": False}
        return _outcome(operation, manager, [view], (f"Successfully uninstalled {row.name}-{row.version}"))  # type: ignore[list-item]
    wanted = read_wanted(package_name)
    if given.get("version"):
        wanted = read_wanted(f"{wanted.name}=={given['version']}", "args.version")
    plans = plan_install(store, manager, wanted, "args.version" if given.get("version") else "package_name")
    if not plans:
        have = store.get(INSTALLED, package_key(manager, find_release(store, manager, wanted.name).name))
        assert have is not None, "nothing to do means that it is there"
        words = f"Requirement already satisfied: {have.name} {have.version}"
        return _outcome(operation, manager, [_installed_view(world, have)], words)
    rows = install(
        store, manager, plans, is_global=given.get("global", False), dev=given.get("dev", False)
    )  # fmt: skip
    words = f"Successfully installed {' '.join(f'{row.name}-{row.version}' for row in rows)}"
    return _outcome(operation, manager, [_installed_view(world, row) for row in rows], words)


def _outcome(verb: str, manager: str, packages: list[PackageView], output: str) -> PackageOutcome:
    return {"operation": verb, "manager": manager, "packages": packages, "output": output}


def _installed_view(world: World, row: Installed) -> PackageView:
    release = world.store.get(RELEASES, package_key(registry_of(row.manager), row.name))
    return {
        "name": row.name,
        "version": row.version,
        "manager": row.manager,
        "installed": True,
        "summary": release.summary if release is not None else "",
    }


def _release_view(world: World, manager: str, release: Release) -> PackageView:
    have = world.store.get(INSTALLED, package_key(manager, release.name))
    return {
        "name": release.name,
        "version": release.versions[-1],
        "manager": manager,
        "installed": have is not None,
        "summary": release.summary,
    }
