"""Facts about the owner's machine."""

from __future__ import annotations

from typing_extensions import TypedDict

from agentalign_env.core.clock import iso
from agentalign_env.core.computer import DISK_KIB, SYSTEM_KIB, hostname
from agentalign_env.core.operation import operation
from agentalign_env.core.world import World
from agentalign_env.services.machine.network.records import MachineName
from agentalign_env.services.machine.processes.records import PROCESSES
from agentalign_env.services.machine.processes.signalling import all_processes

__all__ = ["CORES", "KERNEL", "MEMORY_KB", "Memory", "boot_time_s", "get_info", "memory_of"]

KERNEL = "6.1.0-26-amd64"
CORES = 4
MEMORY_KB = 8_052_736
_SWAP_KB = 2_097_148


class Memory(TypedDict):
    """Main memory, in KiB."""

    total_kb: int
    used_kb: int
    free_kb: int
    available_kb: int
    swap_total_kb: int
    swap_used_kb: int


class OperatingSystem(TypedDict):
    """The system that runs."""

    name: str
    version: str
    kernel: str
    architecture: str


class Processor(TypedDict):
    """The processor; the load is the mean number of busy processes over 1, 5 and 15 minutes."""

    model: str
    cores: int
    load: list[float]


class Disk(TypedDict):
    """The disk, in MiB."""

    mount: str
    total_mb: int
    used_mb: int
    free_mb: int


class SystemFacts(TypedDict):
    """The machine."""

    hostname: MachineName
    user: str
    home: str
    operating_system: OperatingSystem
    processor: Processor
    memory: Memory
    disk: Disk
    processes: int
    booted: str
    uptime_s: int
    time: str


@operation("System_Tools.get_info", reads=(PROCESSES,), identifies="hostname")
def get_info(world: World) -> SystemFacts:
    """Tells about the machine: system, processor, memory, disk, and since when it has been running."""
    rows = all_processes(world)
    busy = sum(row.cpu_tenths for row in rows) / 1000
    booted_s = boot_time_s(world)
    return {
        "hostname": hostname(world.background),
        "user": world.background.user,
        "home": world.background.home,
        "operating_system": {
            "name": "Harbour Linux",
            "version": "12",
            "kernel": KERNEL,
            "architecture": "x86_64",
        },
        "processor": {
            "model": "Alder 4-Core Processor",
            "cores": CORES,
            "load": [round(busy, 2), round(busy * 0.9, 2), round(busy * 0.7, 2)],
        },
        "memory": memory_of(world),
        "disk": {
            "mount": "/",
            "total_mb": DISK_KIB // 1024,
            "used_mb": SYSTEM_KIB // 1024,
            "free_mb": (DISK_KIB - SYSTEM_KIB) // 1024,
        },
        "processes": len(rows),
        "booted": iso(booted_s),
        "uptime_s": world.now_s - booted_s,
        "time": iso(world.now_s),
    }


def boot_time_s(world: World) -> int:
    """When the machine was started."""
    first = world.store.get(PROCESSES, "1")
    return first.started_s if first is not None else world.base.start_s


def memory_of(world: World) -> Memory:
    """How much memory there is, and how much the processes use."""
    used = sum(row.memory_kb for row in world.store.rows(PROCESSES))
    cache = 1_480_000
    return {
        "total_kb": MEMORY_KB,
        "used_kb": used,
        "free_kb": MEMORY_KB - used - cache,
        "available_kb": MEMORY_KB - used - cache // 4,
        "swap_total_kb": _SWAP_KB,
        "swap_used_kb": 0,
    }
