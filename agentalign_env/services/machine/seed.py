"""What the machine begins with: every table and the function that fills it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agentalign_env.core.service import Seed
from agentalign_env.core.table import Table
from agentalign_env.services.machine.docker.seed import seed_containers, seed_images
from agentalign_env.services.machine.git.seed import seed_branches, seed_commits, seed_contents, seed_repositories
from agentalign_env.services.machine.network.seed import seed_hosts, seed_interfaces, seed_routes
from agentalign_env.services.machine.packages.seed import seed_installed, seed_releases
from agentalign_env.services.machine.processes.seed import seed_processes, seed_units
from agentalign_env.services.machine.records import (
    ACCOUNTS,
    BRANCHES,
    COMMITS,
    CONTAINERS,
    CONTENTS,
    HOSTS,
    IMAGES,
    INSTALLED,
    INTERFACES,
    PROCESSES,
    RELEASES,
    REMOTE_FILES,
    REPOSITORIES,
    ROUTES,
    UNITS,
)
from agentalign_env.services.machine.ssh.seed import seed_accounts, seed_remote_files

__all__ = ["SEEDS"]

SEEDS: Mapping[Table[Any], Seed] = {
    COMMITS: seed_commits,
    CONTENTS: seed_contents,
    REPOSITORIES: seed_repositories,
    BRANCHES: seed_branches,
    IMAGES: seed_images,
    CONTAINERS: seed_containers,
    RELEASES: seed_releases,
    INSTALLED: seed_installed,
    PROCESSES: seed_processes,
    UNITS: seed_units,
    ACCOUNTS: seed_accounts,
    REMOTE_FILES: seed_remote_files,
    HOSTS: seed_hosts,
    INTERFACES: seed_interfaces,
    ROUTES: seed_routes,
}
