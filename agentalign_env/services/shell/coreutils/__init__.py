"""Commands on files and texts, as GNU's coreutils, findutils, diffutils, tar and their neighbours have them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from agentalign_env.services.shell.coreutils import (
    byte_differences,
    characters,
    clocks,
    columns,
    comparing,
    compressing,
    copying,
    counting,
    describing,
    differences,
    digests,
    dumps,
    finding,
    identity,
    kinds,
    layout,
    listing,
    making,
    numbers,
    patching,
    paths,
    permissions,
    reading,
    running,
    sorting,
    tar,
    trees,
    viewing,
    writing,
    zipping,
)

if TYPE_CHECKING:
    from agentalign_env.core.commands import Command

__all__ = ["COMMANDS"]

_MODULES = (
    characters,
    clocks,
    columns,
    byte_differences,
    comparing,
    compressing,
    copying,
    counting,
    describing,
    differences,
    digests,
    dumps,
    finding,
    identity,
    kinds,
    layout,
    listing,
    making,
    numbers,
    patching,
    paths,
    permissions,
    reading,
    running,
    sorting,
    tar,
    trees,
    viewing,
    writing,
    zipping,
)

COMMANDS: Mapping[str, Command] = {name: run for module in _MODULES for name, run in module.COMMANDS.items()}
