"""Commands in the background: run at once to their end, while the clock stands still."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from agentalign_env.services.shell.limits import DEFAULT_SHELL_LIMITS
from agentalign_env.services.shell.scripts import run_process
from agentalign_env.services.shell.sequences import execute
from agentalign_env.services.shell.shell import Job
from agentalign_env.services.shell.streams import TextInput

if TYPE_CHECKING:
    from agentalign_env.services.shell.shell import Shell
    from agentalign_env.services.shell.syntax import ListItem

__all__ = ["find_job", "run_background", "wait_for"]

_TERMINATED = 143


def run_background(shell: Shell, item: ListItem) -> int:
    """Runs a command in the background."""
    machine = shell.machine
    machine.complain = shell.complain
    machine.call()
    child = shell.fork()
    child.fds[0] = TextInput("")
    child.guarded = 0
    started = machine.clock
    half = (machine.fuel - machine.floor) / 2 / DEFAULT_SHELL_LIMITS.fuel_per_second
    try:
        status = machine.limited(
            min(machine.deadline - started, half), lambda: run_process(child, lambda: execute(child, item.command))
        )
    finally:
        machine.calls -= 1
    ended = math.inf if status is None else machine.clock
    machine.clock = started
    number = shell.jobs[-1].number + 1 if shell.jobs else 1
    shell.jobs.append(Job(number, child.pid, _TERMINATED if status is None else status, ended, item.source))
    shell.background = str(child.pid)
    return 0


def find_job(shell: Shell, name: str) -> Job | None:
    """The job of ``%1``, ``%%`` or a process number."""
    jobs = shell.jobs
    if name in ("%", "%%", "%+"):
        return jobs[-1] if jobs else None
    if name == "%-":
        return jobs[-2] if len(jobs) > 1 else jobs[-1] if jobs else None
    if name.startswith("%"):
        key = name[1:]
        if key.isdecimal():
            return next((job for job in jobs if str(job.number) == key), None)
        if key.startswith("?"):
            return next((job for job in jobs if key[1:] in job.source), None)
        return next((job for job in jobs if job.source.startswith(key)), None)
    return next((job for job in jobs if str(job.pid) == name), None)


def wait_for(shell: Shell, job: Job) -> int:
    """Lets the clock pass until a job has ended; its status."""
    machine = shell.machine
    if job.end_s > machine.clock:
        machine.sleep(job.end_s - machine.clock)
    return job.status
