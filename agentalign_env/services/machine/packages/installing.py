"""Installing and removing packages: what the typed tool and the shell's package managers share."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from typing import NamedTuple

from agentalign_env.core.store import Store
from agentalign_env.errors import OperationError
from agentalign_env.services.machine.packages.records import INSTALLED, RELEASES, Installed, Release, package_key

__all__ = [
    "Plan", "Wanted", "find_release", "install", "installed", "installed_row", "merged", "plan_install", "read_wanted",
    "registry_of", "release_of", "uninstall", "version_key",
]  # fmt: skip

_WANTED = re.compile(r"(@?[A-Za-z0-9][\w.@/+-]*?)(?:\[[\w,-]*\])?\s*(?:(==|>=|<=|~=|!=|>|<|@|=)\s*([\w.^~*-]+).*)?")


class Wanted(NamedTuple):
    """A package asked for, with a condition on its version: ``requests==2.32.3``, ``express@^4``."""

    name: str
    relation: str
    version: str


class Plan(NamedTuple):
    """A package that an installation would put in place; `before` is the version that is there."""

    release: Release
    version: str
    before: str
    requested: bool


def registry_of(manager: str) -> str:
    """Where a manager takes its packages from."""
    return "npm" if manager == "yarn" else manager


def read_wanted(text: str, field: str = "package_name") -> Wanted:
    """What a person writes to ask for a package.

    Raises:
        OperationError: It is no name of a package.
    """
    found = _WANTED.fullmatch(text.strip())
    if found is None:
        message = f"Invalid requirement: {text[:120]!r}; give a name such as requests or requests==2.32.3"
        raise OperationError("invalid_argument", message, field)
    return Wanted(found[1], found[2] or "", found[3] or "")


def find_release(store: Store, manager: str, name: str, field: str = "package_name") -> Release:
    """A package of the manager's registry.

    Raises:
        OperationError: It has none of this name; the message offers a similar one.
    """
    registry = registry_of(manager)
    folded = name.lower().replace("_", "-") if registry == "pip" else name
    release = store.get(RELEASES, package_key(registry, folded))
    if release is not None:
        return release
    near = get_close_matches(folded[:100], [row.name for row in store.where(RELEASES, "registry", registry)], n=1)
    remedy = f"did you mean {near[0]}?" if near else "search for it with the operation search"
    message = f"No package named {name[:120]!r} in the {registry} registry; {remedy}"
    raise OperationError("not_found", message, field)


def release_of(store: Store, manager: str, name: str) -> Release | None:
    """A package of the manager's registry, or ``None``."""
    return store.get(RELEASES, package_key(registry_of(manager), name))


def installed_row(store: Store, manager: str, name: str) -> Installed | None:
    """A package that is installed, or ``None``."""
    return store.get(INSTALLED, package_key(manager, name))


def installed(store: Store, manager: str) -> list[Installed]:
    """The packages of a manager, by name."""
    return sorted(store.where(INSTALLED, "manager", manager), key=lambda row: row.name)


def plan_install(store: Store, manager: str, wanted: Wanted, field: str = "package_name") -> list[Plan]:
    """What installing would put in place: the package asked for, then what it needs and is missing.

    Empty when a fitting version is there and no newer one was asked for.

    Raises:
        OperationError: The registry has no such package, or no fitting version.
    """
    release = find_release(store, manager, wanted.name, field)
    have = store.get(INSTALLED, package_key(manager, release.name))
    version = _chosen(release, wanted, have, field)
    plans: list[Plan] = []
    if have is None or have.version != version or not have.requested:
        plans.append(Plan(release, version, have.version if have is not None else "", True))
    names = {release.name}
    for need in _needs(store, release):
        if need.name not in names:
            names.add(need.name)
            if store.get(INSTALLED, package_key(manager, need.name)) is None:
                plans.append(Plan(need, need.versions[-1], "", False))
    return plans


def merged(several: Iterable[list[Plan]]) -> list[Plan]:
    """Plans that were made side by side as one: each package once, as requested where any of them asks for it."""
    found: dict[str, Plan] = {}
    for plan in (plan for plans in several for plan in plans):
        if plan.requested or plan.release.name not in found:
            found[plan.release.name] = plan
    return list(found.values())


def install(store: Store, manager: str, plans: list[Plan], *, is_global: bool, dev: bool) -> list[Installed]:
    """Puts packages in place."""
    rows = []
    for plan in plans:
        name = plan.release.name
        row = Installed(
            package_key(manager, name), manager, name, plan.version, is_global, dev, plan.requested
        )  # fmt: skip
        store.put(INSTALLED, row)
        rows.append(row)
    return rows


def uninstall(store: Store, manager: str, name: str, field: str = "package_name") -> Installed:
    """Removes a package.

    Raises:
        OperationError: It is not installed, or another package needs it.
    """
    folded = name.strip().lower().replace("_", "-") if manager == "pip" else name.strip()
    row = store.get(INSTALLED, package_key(manager, folded))
    have = installed(store, manager)
    if row is None:
        near = get_close_matches(folded[:100], [other.name for other in have], n=1)
        remedy = f"did you mean {near[0]}?" if near else "list what is installed"
        message = f"{name[:120]} is not installed with {manager}; {remedy}"
        raise OperationError("not_found", message, field)
    for other in have:
        release = store.get(RELEASES, package_key(registry_of(manager), other.name))
        if release is not None and row.name in release.needs:
            message = f"{row.name} is needed by {other.name}; uninstall that first"
            raise OperationError("conflict", message, field)
    store.delete(INSTALLED, row.id)
    return row


def version_key(version: str) -> tuple[int, ...]:
    """What versions sort by."""
    return tuple(int(part) for part in re.findall(r"[0-9]{1,18}", version))


def _chosen(release: Release, wanted: Wanted, have: Installed | None, field: str) -> str:
    fitting = [version for version in release.versions if _fits(version, wanted)]
    if not fitting:
        message = (
            f"No matching version of {release.name}: wanted {wanted.relation}{wanted.version}; "
            f"there are {', '.join(release.versions)}"
        )
        raise OperationError("not_found", message, field)
    return have.version if have is not None and have.version in fitting else fitting[-1]


def _fits(version: str, wanted: Wanted) -> bool:
    asked, relation = wanted.version, wanted.relation
    if not relation or asked in ("latest", "*", ""):
        return True
    have, limit = version_key(version), version_key(asked)
    if asked[:1] in "^~" and asked[:1]:
        keep = 1 if asked[0] == "^" else 2
        return have[:keep] == limit[:keep] and have >= limit
    if relation == "@":  # ``4`` stands for any 4.x
        return version == asked or (bool(limit) and have[: len(limit)] == limit)
    same = (have + (0,) * 3)[:3] == (limit + (0,) * 3)[:3]
    if relation == "~=":
        return have[: max(len(limit) - 1, 1)] == limit[: max(len(limit) - 1, 1)] and have >= limit
    return {
        "==": version == asked or same or (asked.endswith("*") and have[: len(limit)] == limit),
        "=": version == asked or same,
        "!=": not same,
        ">=": have >= limit or same,
        "<=": have <= limit or same,
        ">": have > limit and not same,
        "<": have < limit and not same,
    }[relation]


def _needs(store: Store, release: Release) -> Iterator[Release]:
    """What a package needs, and what that needs."""
    ahead, seen = list(release.needs), set(release.needs)
    for name in ahead:
        need = store.get(RELEASES, package_key(release.registry, name))
        if need is not None:
            yield need
            ahead += [other for other in need.needs if other not in seen]
            seen.update(need.needs)
