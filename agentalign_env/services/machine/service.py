"""The machine: its tables, operations, shell commands and invariants."""

from __future__ import annotations

from agentalign_env.core.service import Service
from agentalign_env.services.machine.docker.commands import DOCKER_COMMANDS
from agentalign_env.services.machine.docker.operations import manage_docker
from agentalign_env.services.machine.git.commands import GIT_COMMANDS
from agentalign_env.services.machine.git.operations import manage_git
from agentalign_env.services.machine.invariants import INVARIANTS
from agentalign_env.services.machine.network.commands import NETWORK_COMMANDS
from agentalign_env.services.machine.network.operations import diagnose_network, get_network_info
from agentalign_env.services.machine.network.transfers import TRANSFER_COMMANDS
from agentalign_env.services.machine.packages.commands import PACKAGE_COMMANDS
from agentalign_env.services.machine.packages.operations import manage_packages
from agentalign_env.services.machine.premises import PREMISES
from agentalign_env.services.machine.processes.commands import PROCESS_COMMANDS
from agentalign_env.services.machine.processes.operations import manage_process
from agentalign_env.services.machine.seed import SEEDS
from agentalign_env.services.machine.ssh.commands import SSH_COMMANDS
from agentalign_env.services.machine.ssh.operations import manage_ssh
from agentalign_env.services.machine.system import get_info

__all__ = ["SERVICE"]

SERVICE = Service(
    name="machine",
    module=__name__,
    tables=SEEDS,
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
    premises=PREMISES,
    invariants=INVARIANTS,
)
