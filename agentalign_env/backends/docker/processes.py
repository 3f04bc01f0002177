"""The processes of a container, as its root sees them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

__all__ = ["LIST_PROCESSES", "Process", "read_processes"]

LIST_PROCESSES = 'for f in /proc/[0-9]*/stat; do IFS= read -r l <"$f" && printf "%s\\n" "$l"; done 2>/dev/null'
"""A command that needs no new process: one line for each, of which nobody can choose the beginning."""


class Process(NamedTuple):
    """One process. Its number may be given again; number and start together are unique.

    Attributes:
        pid: Its number.
        started: When it began, in ticks since the system did.
        parent: The number of the process that made it.
    """

    pid: int
    started: int
    parent: int

    @property
    def identity(self) -> tuple[int, int]:
        """What no other process of the container ever has."""
        return self.pid, self.started


def read_processes(text: bytes) -> list[Process]:
    """What `LIST_PROCESSES` printed, without those that are dead and not yet collected."""
    return list(_read(text))


def _read(text: bytes) -> Iterator[Process]:
    for line in text.splitlines():
        pid, _, rest = line.partition(b" ")
        fields = rest.rpartition(b")")[2].split()
        if len(fields) < 20:
            yield Process(int(pid), 0, 0)  # its name holds a line break: a stranger in any case
        elif fields[0] not in (b"Z", b"X"):
            yield Process(int(pid), int(fields[19]), int(fields[1]))
