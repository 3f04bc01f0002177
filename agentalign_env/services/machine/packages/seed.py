"""The registries, and the packages that are installed when a world begins."""

from __future__ import annotations

from collections.abc import Iterator

from agentalign_env.core.service import SeedContext
from agentalign_env.services.machine.packages.records import Installed, Release, package_key
from agentalign_env.services.machine.packages.registry import ALREADY_INSTALLED, load_registries

__all__ = ["seed_installed", "seed_releases"]


def seed_releases(_: SeedContext) -> Iterator[Release]:
    """Every package of every registry."""
    for registry, offers in load_registries().items():
        for name, versions, size_kb, needs, summary in offers:
            yield Release(package_key(registry, name), registry, name, versions, summary, needs, size_kb)


def seed_installed(_: SeedContext) -> Iterator[Installed]:
    """What the owner once installed, with all that it needs; an older version here and there."""
    for manager, asked in ALREADY_INSTALLED.items():
        offers = {offer.name: offer for offer in load_registries()["npm" if manager == "yarn" else manager]}
        wanted = list(asked)
        for name in wanted:
            wanted += [need for need in offers[name].needs if need not in wanted]
        for number, name in enumerate(wanted):
            versions = offers[name].versions
            version = versions[0] if number % 3 == 0 else versions[-1]
            everywhere = manager == "apt" or name in ("npm", "prettier")
            yield Installed(package_key(manager, name), manager, name, version, everywhere, False, name in asked)
