"""How a container is made: its image, its limits, and what it may do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

__all__ = ["AGENT_ID", "CONTROL_ROOT", "DEFAULT_IMAGE", "ENGINES_OWN", "TEMPLATE", "ContainerOptions"]

AGENT_ID = 1000
"""The user and group that scripts run as; the first process of a container is root without capabilities."""
CONTROL_ROOT = "/run"
"""Where scripts and their input lie that are too long for an argument; root's, so that no script changes them."""
ENGINES_OWN = ("/etc/hostname", "/etc/hosts", "/etc/resolv.conf")
"""Files that the engine lays into every container; they cannot be removed or written."""
DEFAULT_IMAGE = "agentalign-sandbox"
TEMPLATE = "/usr/share/sandbox/etc"
"""Where an image keeps what is laid into an empty ``/etc``."""
_MIB = 1024 * 1024
_FILES = 50_000
_ROOTS = ("/data", "/etc", "/home", "/mnt", "/opt", "/proj", "/root", "/srv", "/tmp", "/var", "/work")


@dataclass(frozen=True, slots=True)
class ContainerOptions:
    """What every container of a pool has in common.

    Attributes:
        image: The image, which ``agentalign sandbox build`` makes.
        url: Where the engine listens; by default what ``DOCKER_HOST`` says, or the local socket.
        memory_mib: Memory, with everything that is in files.
        processes: How many processes there may be at once.
        cpus: Processors.
        disk_mib: Room in each of the writable directories.
        roots: The writable directories: file systems in memory, emptied at a reset. All else is read-only.
        warm: How many idle containers a pool keeps.
        output_bytes: What is kept of each output stream of a script.
        flood_bytes: A script that writes more than this is stopped.
    """

    image: str = DEFAULT_IMAGE
    url: str | None = None
    memory_mib: int = 256
    processes: int = 96
    cpus: float = 1.0
    disk_mib: int = 64
    roots: tuple[str, ...] = _ROOTS
    warm: int = 1
    output_bytes: int = 65_536
    flood_bytes: int = 16 * _MIB

    def host_config(self) -> dict[str, Any]:
        """The arguments of `docker.APIClient.create_host_config`.

        No network, no capabilities, no way to gain any, a read-only root, the engine's own filter of system calls, and
        a limit on everything that can be used up.
        """
        memory = self.memory_mib * _MIB
        limits = f"rw,exec,nosuid,nodev,size={self.disk_mib}m,nr_inodes={_FILES},mode=0755"
        tmpfs = dict.fromkeys(self.roots, f"{limits},uid=0,gid=0")
        return {
            "auto_remove": True,
            "cap_drop": ["ALL"],
            "init": True,
            "ipc_mode": "none",
            "log_config": {"type": "none", "config": {}},
            "mem_limit": memory,
            "memswap_limit": memory,
            "nano_cpus": round(self.cpus * 1e9),
            "network_mode": "none",
            "pids_limit": self.processes,
            "read_only": True,
            "security_opt": ["no-new-privileges"],
            "tmpfs": {**tmpfs, CONTROL_ROOT: f"{limits},uid=0,gid=0"},
            "ulimits": [
                {"Name": "core", "Soft": 0, "Hard": 0},
                {"Name": "nofile", "Soft": 1024, "Hard": 1024},
            ],
        }
