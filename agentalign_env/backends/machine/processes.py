"""The processes that an agent's scripts leave running, among those of the world."""

from __future__ import annotations

from agentalign_env.backends.docker.container import Container
from agentalign_env.core.text import from_bytes
from agentalign_env.core.world import World
from agentalign_env.services.machine.processes.records import PROCESSES, Process

__all__ = ["ProcessMirror"]

_FIRST_FREE = 30_000  # above the numbers that a world gives to its own
_DESCRIBE = (  # all of one that is still there, or nothing
    'for p in {}; do read -r l </proc/$p/stat && c=$(tr "\\0" " " </proc/$p/cmdline) && printf "%s\\0" $p "$l" "$c"; '
    "done 2>/dev/null"
)
_FIELDS = 3
_MEMORY_KB = 2_048
_STATES = {"R": "R", "T": "T", "t": "T"}


class ProcessMirror:
    """The agent's real processes as rows of the world.

    The processes that a world begins with are its own and not in the container. What a script starts is, has its real
    number (another one where the world's own have it), and gets the signals that the world's tools send.
    """

    def __init__(self, container: Container) -> None:
        self._container = container
        self._rows: dict[int, Process] = {}  # by the real number

    def pull(self, world: World) -> None:
        """Brings those that began or ended into the world."""
        found = self._living(world)
        store = world.store
        for number in self._rows.keys() - found.keys():
            store.delete(PROCESSES, self._rows.pop(number).id)
        for number, row in found.items():
            if self._rows.get(number) != row:
                self._rows[number] = row
                store.put(PROCESSES, row)

    def push(self, world: World, signal: int) -> None:
        """Sends what was signalled in the world to the real ones: to those that ended there, this signal.

        One that survives it is found again at the next look.
        """
        for number, row in list(self._rows.items()):
            now = world.store.get(PROCESSES, row.id)
            if now is None:
                self._container.control.run(f"kill -{signal} {number}")
                del self._rows[number]
            elif now.state != row.state:
                self._container.control.run(f"kill -{'STOP' if now.state == 'T' else 'CONT'} {number}")
                self._rows[number] = now

    def _living(self, world: World) -> dict[int, Process]:
        running = [process.pid for process in self._container.strangers()]
        if not running:
            return {}
        told = self._container.control.run(_DESCRIBE.format(" ".join(map(str, running)))).stdout
        fields = from_bytes(told).split("\0")
        found = {}
        for at in range(0, len(fields) - _FIELDS + 1, _FIELDS):
            number, stat, command = fields[at : at + _FIELDS]
            head, _, rest = stat.rpartition(")")
            found[int(number)] = self._row(world, int(number), head.partition("(")[2], command.strip(), rest.split()[0])
        return found

    def _row(self, world: World, number: int, name: str, command: str, state: str) -> Process:
        held, shown = self._rows.get(number), _STATES.get(state, "S")
        if held is not None and held.name == name:
            return held if (held.state == "T") == (shown == "T") else held._replace(state=shown)
        if held is not None:
            pid = held.pid
        else:
            pid = number if world.store.get(PROCESSES, str(number)) is None else _FIRST_FREE + number
        return Process(
            str(pid),
            pid,
            1,
            name,
            command or name,
            world.background.user,
            shown,
            (),
            0,
            _MEMORY_KB,
            "?",
            "",
            world.now_s,
        )
