"""Whose container one is, so that those of owners that died can be told and removed."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import TYPE_CHECKING

from agentalign_env.backends.docker.engine import engine_faults

if TYPE_CHECKING:
    from docker import APIClient

__all__ = ["LABEL", "owned", "owner_label", "remove", "sweep"]

LABEL = "agentalign.sandbox"
_OWNER = "agentalign.owner"


def owner_label(pid: int | None = None) -> dict[str, str]:
    """The labels of a container that this process starts, or that another of this machine did."""
    owner = os.getpid() if pid is None else pid
    return {LABEL: "1", _OWNER: f"{socket.gethostname()}:{owner}:{_started(owner)}"}


def owned(api: APIClient) -> frozenset[str]:
    """The containers of this process, running or not.

    Raises:
        SandboxFaultError: The engine does not answer.
    """
    (_, owner) = owner_label().values()
    with engine_faults("list containers"):
        return frozenset(item["Id"] for item in api.containers(all=True, filters={"label": f"{_OWNER}={owner}"}))


def sweep(api: APIClient) -> list[str]:
    """Removes the containers of processes of this machine that are gone; says which.

    A container ends by itself when its owner dies. This is for those of which the engine did not notice.

    Raises:
        SandboxFaultError: The engine does not answer.
    """
    with engine_faults("list containers"):
        found = api.containers(all=True, filters={"label": LABEL})
    gone = [item["Id"] for item in found if _is_orphan(item["Labels"].get(_OWNER, ""))]
    for container in gone:
        remove(api, container)
    return gone


def remove(api: APIClient, container: str) -> None:
    """Removes a container that may be gone already.

    Raises:
        SandboxFaultError: The engine does not answer.
    """
    from docker.errors import APIError

    with engine_faults("remove a container"):
        try:
            api.remove_container(container, force=True, v=True)
        except APIError as error:
            if error.status_code not in (404, 409):  # gone, or being removed
                raise


def _is_orphan(owner: str) -> bool:
    host, _, rest = owner.partition(":")
    pid, _, started = rest.partition(":")
    if host != socket.gethostname():
        return False
    now = _started(int(pid)) if pid.isdigit() else ""
    return not now or now != started


def _started(pid: int) -> str:
    """When a process of this machine was started, in the system's ticks where it tells; empty when there is none."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return "running" if _is_alive(pid) else ""
    return text.rpartition(")")[2].split()[19]


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
