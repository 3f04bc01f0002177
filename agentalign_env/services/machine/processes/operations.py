"""Processes as a typed tool: list, info, kill."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Annotated

from pydantic import Field

from agentalign_env.core.clock import iso
from agentalign_env.core.operation import operation
from agentalign_env.core.world import World
from agentalign_env.errors import OperationError
from agentalign_env.services.machine.processes.records import (
    PROCESSES,
    Process,
    ProcessId,
    ProcessName,
    ProcessOutcome,
    ProcessVerb,
    ProcessView,
)
from agentalign_env.services.machine.processes.signalling import all_processes, find_process, named, send_signal

__all__ = ["manage_process", "process_view"]


@operation("System_Tools.manage_process", reads=(), writes=(PROCESSES,), identifies="processes[].pid")
def manage_process(
    world: World,
    *,
    operation: ProcessVerb,
    pid: ProcessId | None = None,
    name: ProcessName | None = None,
    signal: Annotated[int, Field(ge=0, le=31)] = 15,
) -> ProcessOutcome:
    """Lists processes, tells about some, or sends them a signal.

    A list without pid and name shows all. A signal by name goes to every process of the owner's with this name.
    """
    user = world.background.user
    if operation == "list" and pid is None and name is None:
        return _outcome("list", all_processes(world), 0)
    if pid is None and name is None:
        message = f"{operation} of what? Give the pid or the name of a process"
        raise OperationError("invalid_argument", message, "pid")
    found = _chosen(world, pid, name, listing=operation == "list")
    if operation != "kill":
        return _outcome(operation, found, 0)
    own = [row for row in found if row.user == user] or found
    for row in own:
        send_signal(world, row, signal, by=user, field="name" if pid is None else "pid")
    return _outcome("kill", own, signal)


def _chosen(world: World, pid: int | None, name: str | None, *, listing: bool) -> list[Process]:
    if pid is not None:
        row = find_process(world, pid)
        if name is not None and name not in (row.name, row.command):
            message = f"process {pid} is {row.name}, not {name}; leave one of the two out"
            raise OperationError("not_found", message, "name")
        return [row]
    assert name is not None, "one of both is given"
    found = named(world, name)
    if listing and not found:
        return [row for row in all_processes(world) if name.lower() in row.command.lower()]
    if not found:
        known = sorted({row.name for row in all_processes(world)})
        near = get_close_matches(name, known, n=1)
        remedy = f"did you mean {near[0]}?" if near else "list the processes that run"
        raise OperationError("not_found", f"{name}: no process found; {remedy}", "name")
    return found


def _outcome(verb: str, rows: list[Process], signal: int) -> ProcessOutcome:
    words = f"{len(rows)} process{'' if len(rows) == 1 else 'es'}"
    if verb == "kill":
        words = f"signal {signal} sent to {', '.join(str(row.pid) for row in rows)}"
    return {"operation": verb, "processes": [process_view(row) for row in rows], "signal": signal, "output": words}


def process_view(row: Process) -> ProcessView:
    """A process as a list shows it."""
    return {
        "pid": row.pid,
        "name": row.name,
        "command": row.command,
        "user": row.user,
        "state": {"S": "sleeping", "R": "running", "T": "stopped"}[row.state],
        "parent_pid": row.parent,
        "cpu_percent": row.cpu_tenths / 10,
        "memory_mb": round(row.memory_kb / 1024, 1),
        "listens": list(row.listens),
        "started": iso(row.started_s),
    }
