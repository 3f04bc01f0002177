"""The shell's package managers: pip, npm, yarn, apt and dpkg."""

from __future__ import annotations

from collections.abc import Mapping

from agentalign_env.core.commands import Command
from agentalign_env.services.machine.packages.commands_apt import run_apt, run_dpkg
from agentalign_env.services.machine.packages.commands_node import run_node
from agentalign_env.services.machine.packages.commands_pip import run_pip

__all__ = ["PACKAGE_COMMANDS"]


PACKAGE_COMMANDS: Mapping[str, Command] = {
    "apt": run_apt,
    "apt-cache": run_apt,
    "apt-get": run_apt,
    "dpkg": run_dpkg,
    "npm": run_node,
    "pip": run_pip,
    "pip3": run_pip,
    "yarn": run_node,
}
