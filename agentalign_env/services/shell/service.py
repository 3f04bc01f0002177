"""Running commands on the owner's computer."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field

from agentalign_env.core.operation import operation
from agentalign_env.core.sandbox import ExecResult
from agentalign_env.core.service import Service
from agentalign_env.core.world import World
from agentalign_env.errors import OperationError
from agentalign_env.services.shell.records import Execution, ShellCommand, WorkingDirectory
from agentalign_env.services.shell.running import run_on_world

__all__ = ["SERVICE", "execute_command", "start_of", "told"]

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")
_MAX_VALUE_CHARS = 10_000
# What commands of the machine and of the web look at and change.
_READS = (
    "disks", "network_hosts", "network_interfaces", "network_routes", "package_releases", "pages", "redirects",
    "sites", "ssh_accounts",
)  # fmt: skip
_WRITES = (
    "docker_containers", "docker_images", "files", "git_branches", "git_commits", "git_contents", "git_repositories",
    "installed_packages", "processes", "remote_files", "requests", "system_units",
)  # fmt: skip


@operation("System_Tools.execute_command", reads=_READS, writes=_WRITES, identifies="stdout")
def execute_command(
    world: World,
    *,
    command: ShellCommand,
    timeout_s: Annotated[int, Field(ge=1, le=3600)] = 30,
    working_dir: WorkingDirectory = "~",
    env_vars: Mapping[str, Any] | None = None,
) -> Execution:
    """Runs a command line in bash on the owner's computer.

    Files and other state last from one call to the next; the working directory and variables do not. A command that
    fails is a result like any other, told by its return code.
    """
    place, variables = start_of(world, working_dir, env_vars)
    return told(run_on_world(world, command, cwd=place, timeout_s=float(timeout_s), env=variables).result)


def start_of(world: World, working_dir: str, env_vars: Mapping[str, Any] | None) -> tuple[str, dict[str, str]]:
    """Where a command line starts, and its further variables.

    Raises:
        OperationError: The one is no directory, or the others are malformed.
    """
    files = world.files
    place = files.home if working_dir == "~" else files.resolve(working_dir, field="working_dir")
    entry = files.require(place, "working_dir")
    if entry.kind != "dir":
        raise OperationError(
            "invalid_state", f"Not a directory: {place!r} is a {entry.kind}; give a directory to run in", "working_dir"
        )
    return place, _variables(env_vars or {})


def told(done: ExecResult) -> Execution:
    """What a command line did, as the tool tells it."""
    return {
        "stdout": done.stdout,
        "stderr": done.stderr,
        "return_code": done.rc,
        "truncated": done.truncated,
        "timed_out": done.timed_out,
    }


def _variables(given: Mapping[str, Any]) -> dict[str, str]:
    """Environment variables as text.

    Raises:
        OperationError: A name is none, or a value is neither text nor a number.
    """
    found = {}
    for name, value in given.items():
        if not _NAME.fullmatch(name):
            message = f"expected names of letters, digits and underscores such as LANG, got {name[:80]!r}; rename it"
            raise OperationError("invalid_argument", message, "env_vars")
        if not isinstance(value, str | int | float):
            message = f"expected text or a number as the value of {name}, got {type(value).__name__}; write it as text"
            raise OperationError("invalid_argument", message, "env_vars")
        text = str(value).lower() if isinstance(value, bool) else str(value)
        if len(text) > _MAX_VALUE_CHARS or "\0" in text:
            message = f"expected at most {_MAX_VALUE_CHARS} characters without NUL as the value of {name}; shorten it"
            raise OperationError("invalid_argument", message, "env_vars")
        found[name] = text
    return found


SERVICE = Service(name="shell", module=__name__, tables={}, operations=(execute_command,))
