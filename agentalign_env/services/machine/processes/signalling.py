"""Finding processes and sending them signals."""

from __future__ import annotations

from collections.abc import Iterator

from agentalign_env.core.world import World
from agentalign_env.errors import OperationError
from agentalign_env.services.machine.processes.records import PROCESSES, UNITS, Process, Unit

__all__ = [
    "SIGNALS", "all_processes", "find_process", "find_unit", "named", "send_signal", "start_process", "unit_processes",
]  # fmt: skip

SIGNALS = {
    "HUP": 1, "INT": 2, "QUIT": 3, "ILL": 4, "TRAP": 5, "ABRT": 6, "BUS": 7, "FPE": 8, "KILL": 9, "USR1": 10,
    "SEGV": 11, "USR2": 12, "PIPE": 13, "ALRM": 14, "TERM": 15, "STKFLT": 16, "CHLD": 17, "CONT": 18, "STOP": 19,
    "TSTP": 20, "TTIN": 21, "TTOU": 22, "URG": 23, "XCPU": 24, "XFSZ": 25, "VTALRM": 26, "PROF": 27, "WINCH": 28,
    "POLL": 29, "PWR": 30, "SYS": 31,
}  # fmt: skip
_HARMLESS = frozenset({0, 17, 23, 28})
_STOPPING = frozenset({19, 20, 21, 22})
_FIRST_NEW_PID = 20_000


def all_processes(world: World) -> list[Process]:
    """Every process, by its number."""
    return sorted(world.store.rows(PROCESSES), key=lambda row: row.pid)


def find_process(world: World, pid: int, field: str = "pid") -> Process:
    """The process of this number.

    Raises:
        OperationError: There is none.
    """
    found = world.store.get(PROCESSES, str(pid))
    if found is None:
        raise OperationError("not_found", f"({pid}) - No such process; list the processes that run", field)
    return found


def named(world: World, name: str) -> list[Process]:
    """The processes of this program, by its name or with its arguments."""
    return [row for row in all_processes(world) if name in (row.name, row.command)]


def send_signal(world: World, process: Process, signal: int, *, by: str, field: str = "pid") -> None:
    """Sends a signal: most end the process, some stop it or let it go on; 0 only asks whether one may.

    What an ended process had started belongs to the first process from then on.

    Raises:
        OperationError: It belongs to somebody else, or is the first process.
    """
    if by not in ("root", process.user):
        message = (
            f"({process.pid}) - Operation not permitted; {process.name} belongs to {process.user}, choose one of {by}'s"
        )
        raise OperationError("permission_denied", message, field)
    if signal in _HARMLESS or process.pid == 1:
        return
    store = world.store
    if signal in _STOPPING:
        store.put(PROCESSES, process._replace(state="T"))
    elif signal == 18:
        store.put(PROCESSES, process._replace(state="S") if process.state == "T" else process)
    elif signal != 1 or not process.unit:  # daemons read their settings again on a hangup
        store.delete(PROCESSES, process.id)
        for child in store.where(PROCESSES, "parent", process.pid):
            store.put(PROCESSES, child._replace(parent=1))


def start_process(
    world: World,
    command: str,
    *,
    user: str,
    now_s: int,
    parent: int = 1,
    listens: tuple[int, ...] = (),
    unit: str = "",
) -> Process:
    """Starts a process."""
    pid = _FIRST_NEW_PID + world.store.issue(PROCESSES.name)
    name = command.split(maxsplit=1)[0].rpartition("/")[2].rstrip(":")
    row = Process(str(pid), pid, parent, name, command, user, "S", listens, 0, 8_000, "?", unit, now_s)
    world.store.put(PROCESSES, row)
    return row


def find_unit(world: World, name: str) -> Unit | None:
    """A unit by its name, with or without ``.service``."""
    return world.store.get(UNITS, name.removesuffix(".service"))


def unit_processes(world: World, unit: Unit) -> Iterator[Process]:
    """The processes of a unit; none when it is not active."""
    return (row for row in all_processes(world) if row.unit == unit.name)
