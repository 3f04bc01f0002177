"""The machine: its tables, operations, shell commands and invariants."""

from __future__ import annotations

from agentalign_env.core.service import Service
from agentalign_env.services.machine.docker.commands import DOCKER_COMMANDS
from agentalign_env.services.machine.docker.operations import manage_docker
from agentalign_env.services.machine.docker.records import CONTAINERS, IMAGES
from agentalign_env.services.machine.docker.seed import seed_containers, seed_images
from agentalign_env.services.machine.git.commands import GIT_COMMANDS
from agentalign_env.services.machine.git.operations import manage_git
from agentalign_env.services.machine.git.records import BRANCHES, COMMITS, CONTENTS, REPOSITORIES
from agentalign_env.services.machine.git.seed import seed_branches, seed_commits, seed_contents, seed_repositories
from agentalign_env.services.machine.invariants import INVARIANTS
from agentalign_env.services.machine.network.commands import NETWORK_COMMANDS
from agentalign_env.services.machine.network.operations import diagnose_network, get_network_info
from agentalign_env.services.machine.network.records import HOSTS, INTERFACES, ROUTES
from agentalign_env.services.machine.network.seed import seed_hosts, seed_interfaces, seed_routes
from agentalign_env.services.machine.network.transfers import TRANSFER_COMMANDS
from agentalign_env.services.machine.packages.commands import PACKAGE_COMMANDS
from agentalign_env.services.machine.packages.operations import manage_packages
from agentalign_env.services.machine.packages.records import INSTALLED, RELEASES
from agentalign_env.services.machine.packages.seed import seed_installed, seed_releases
from agentalign_env.services.machine.processes.commands import PROCESS_COMMANDS
from agentalign_env.services.machine.processes.operations import manage_process
from agentalign_env.services.machine.processes.records import PROCESSES, UNITS
from agentalign_env.services.machine.processes.seed import seed_processes, seed_units
from agentalign_env.services.machine.ssh.commands import SSH_COMMANDS
from agentalign_env.services.machine.ssh.operations import manage_ssh
from agentalign_env.services.machine.ssh.records import ACCOUNTS, REMOTE_FILES
from agentalign_env.services.machine.ssh.seed import seed_accounts, seed_remote_files
from agentalign_env.services.machine.system import get_info

__all__ = ["SERVICE"]

SERVICE = Service(
    name="machine",
    module=__name__,
    tables={
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
    },
    operations=(
        manage_process,
        manage_git,
        manage_docker,
        manage_packages,
        get_info,
        diagnose_network,
        manage_ssh,
        get_network_info,
    ),
    commands={
        **GIT_COMMANDS,
        **DOCKER_COMMANDS,
        **PACKAGE_COMMANDS,
        **PROCESS_COMMANDS,
        **NETWORK_COMMANDS,
        **TRANSFER_COMMANDS,
        **SSH_COMMANDS,
    },
    invariants=INVARIANTS,
)
