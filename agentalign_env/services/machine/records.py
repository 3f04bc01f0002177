"""The tables of the machine, by noun: each folder declares its own rows."""

from __future__ import annotations

from agentalign_env.services.machine.docker.records import CONTAINERS, IMAGES
from agentalign_env.services.machine.git.records import BRANCHES, COMMITS, CONTENTS, REPOSITORIES
from agentalign_env.services.machine.network.records import HOSTS, INTERFACES, ROUTES
from agentalign_env.services.machine.packages.records import INSTALLED, RELEASES
from agentalign_env.services.machine.processes.records import PROCESSES, UNITS
from agentalign_env.services.machine.ssh.records import ACCOUNTS, REMOTE_FILES

__all__ = [
    "ACCOUNTS",
    "BRANCHES",
    "COMMITS",
    "CONTAINERS",
    "CONTENTS",
    "HOSTS",
    "IMAGES",
    "INSTALLED",
    "INTERFACES",
    "PROCESSES",
    "RELEASES",
    "REMOTE_FILES",
    "REPOSITORIES",
    "ROUTES",
    "UNITS",
]
