"""What all processes of one script share: the world, the files being written, the fuel and the clock."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from agentalign_env.core.rng import Random, stream
from agentalign_env.errors import OperationError
from agentalign_env.services.shell.counting import counted
from agentalign_env.services.shell.limits import DEFAULT_SHELL_LIMITS
from agentalign_env.services.shell.signals import BrokenPipeSignal, DiscardSignal, StopSignal

if TYPE_CHECKING:
    from agentalign_env.core.commands import Command
    from agentalign_env.core.ports import FilesPort
    from agentalign_env.core.world import World
    from agentalign_env.services.shell.shell import Runtime

__all__ = ["Machine"]

_FIRST_PID = 4201
_MADE_STEPS = 8  # making a file costs the world more than a command
_MAX_FRAMES = 1_600  # compound commands that are being run at a time


class _Pending:
    """A file's content in the pieces that were written."""

    __slots__ = ("chunks", "mode")

    def __init__(self, chunks: list[str], mode: str | None) -> None:
        self.chunks, self.mode = chunks, mode


class Machine:
    """One run of a script on a world.

    Attributes:
        world: The world.
        commands: The commands that the shell brings.
        runtime: How commands are run.
        fuel: Steps that are left.
        floor: The fuel at which the innermost time limit ends.
        clock: Seconds since the script began, slept that is.
        deadline: The clock at which the innermost time limit ends.
        calls: How many functions, substitutions and subshells are inside each other.
        frames: Likewise for all compound commands.
        written: How many files were put away.
    """

    __slots__ = (
        "_files",
        "_pending",
        "_pending_size",
        "calls",
        "clock",
        "commands",
        "complain",
        "deadline",
        "floor",
        "frames",
        "fuel",
        "names",
        "next_descriptor",
        "next_pid",
        "process_texts",
        "runtime",
        "trial",
        "world",
        "written",
    )

    def __init__(self, world: World, commands: Mapping[str, Command], runtime: Runtime, timeout_s: float) -> None:
        self.world, self.commands, self.runtime = world, commands, runtime
        self.fuel = DEFAULT_SHELL_LIMITS.fuel
        self.floor = max(0, int(self.fuel - timeout_s * DEFAULT_SHELL_LIMITS.fuel_per_second))
        self.clock, self.deadline = 0.0, timeout_s
        self.calls = self.frames = 0
        self.next_pid, self.next_descriptor, self.names = _FIRST_PID, 63, 0
        self.process_texts: dict[int, str] = {}
        self.trial = False
        self.written = 0
        self.complain: Callable[[str], int] = _silent
        self._files: FilesPort | None = None
        self._pending: dict[str, _Pending] = {}
        self._pending_size = 0

    def rehearsal(self) -> Machine:
        """A machine on a copy of the world, for trying out what would happen; the caller hands back the fuel used."""
        self.flush()
        twin = Machine(self.world.fork(), self.commands, self.runtime, 0.0)
        twin.fuel, twin.floor, twin.clock, twin.deadline = self.fuel, self.floor, self.clock, self.deadline
        twin.calls, twin.frames = self.calls, self.frames
        twin.next_pid, twin.next_descriptor, twin.names = self.next_pid, self.next_descriptor, self.names
        twin.process_texts = self.process_texts
        twin.trial, twin.written = True, self.written
        return twin

    # Work and time

    def spend(self, steps: int = 1) -> None:
        """Counts work.

        Raises:
            StopSignal: There is no fuel left.
        """
        self.fuel -= steps
        if self.fuel < self.floor:
            raise StopSignal

    def sleep(self, seconds: float) -> None:
        """Lets the clock pass.

        Raises:
            StopSignal: A time limit is reached.
        """
        self.clock += max(seconds, 0.0)
        if self.clock > self.deadline:
            self.clock = self.deadline
            raise StopSignal

    def limited(self, seconds: float, run: Callable[[], int]) -> int | None:
        """Runs something that may take so many seconds; ``None`` when that was not enough.

        Raises:
            StopSignal: A limit further out is reached.
        """
        outer_deadline, outer_floor = self.deadline, self.floor
        deadline = self.clock + seconds
        floor = int(max(self.fuel - seconds * DEFAULT_SHELL_LIMITS.fuel_per_second, -1.0))
        self.deadline, self.floor = min(outer_deadline, deadline), max(outer_floor, floor)
        try:
            return run()
        except StopSignal:
            if self.clock >= outer_deadline or self.fuel < outer_floor:
                raise
            self.clock = max(self.clock, min(deadline, outer_deadline))
            return None
        finally:
            self.deadline, self.floor = outer_deadline, outer_floor

    def call(self) -> None:
        """Goes one call deeper.

        Raises:
            DiscardSignal: That is too deep.
        """
        self.calls += 1
        self.fuel -= 1
        if self.calls > DEFAULT_SHELL_LIMITS.exec_depth:
            self.calls -= 1
            self.too_deep()

    def too_deep(self) -> None:
        """Ends what is nested too deeply.

        Raises:
            DiscardSignal: Always.
        """
        self.spend(100)
        self.complain(f"maximum nesting level exceeded ({DEFAULT_SHELL_LIMITS.exec_depth})")
        raise DiscardSignal(1)

    def frame(self) -> None:
        """Goes one compound command deeper, likewise."""
        self.frames += 1
        if self.frames > _MAX_FRAMES:
            self.frames -= 1
            self.too_deep()

    def command(self, name: str) -> Command | None:
        """The command that is found by a name: a service's, or one that the shell brings."""
        return self.world.base.commands.get(name) or self.commands.get(name)

    def new_pid(self) -> int:
        """The number of a new process."""
        self.next_pid += 1
        return self.next_pid

    # Devices

    def random_text(self, chars: int) -> str:
        """Signs of ``/dev/urandom``: seven bits each, so that a sign is a byte."""
        rng = self.random("urandom")
        return rng.randbytes(chars).translate(_SEVEN_BITS).decode("ascii")

    def random(self, name: str) -> Random:
        """A random stream of this moment of the world."""
        self.names += 1
        return stream("shell", self.world.base.key.seed, self.world.store.elapsed_s, name, self.names)

    # Files

    @property
    def pending(self) -> bool:
        """Whether something written is not put away yet."""
        return bool(self._pending)

    @property
    def files(self) -> FilesPort:
        """The files, with everything put away that was written so far."""
        if self._pending:
            self.flush()
        if self._files is None:
            self._files = counted(self.world, self.spend)
        return self._files

    @property
    def now_s(self) -> float:
        """The virtual time."""
        return self.world.now_s + self.clock

    def world_path(self, name: str, cwd: str) -> str:
        """The absolute canonical path of a name; no tilde means anything here.

        Raises:
            OperationError: There is no such path.
        """
        if name.startswith("~"):
            name = f"./{name}"
        if self._files is None:
            self._files = counted(self.world, self.spend)
        return self._files.resolve(name, base=cwd)

    def renew_files(self) -> None:
        """Counts the files anew: another service may have written some."""
        self._files = None

    def start(self, path: str, *, append: bool, mode: str | None) -> str:
        """Opens a file for writing; where it is kept, links followed.

        Raises:
            OperationError: It cannot be written.
        """
        held = self._pending.get(path)
        if held is not None:
            if not append:
                held.chunks.clear()
            return path
        files = self.files
        entry = files.follow(path)
        if entry is None:
            self.spend(_MADE_STEPS)
            path, content = files.write(path, "", mode=mode, parents=False).path, ""
        else:
            path = entry.path
            if append and entry.kind == "file" and _writable(entry.mode, entry.owner, files.user):
                content = entry.content
            else:
                content = ""
                if entry.kind != "file" or entry.content or not _writable(entry.mode, entry.owner, files.user):
                    files.write(path, content, parents=False)
        if len(self._pending) >= DEFAULT_SHELL_LIMITS.pending_files:
            self.flush()
        self._pending[path] = _Pending([content] if content else [], mode)
        return path

    def append(self, path: str, text: str) -> None:
        """Adds to a file that was opened."""
        held = self._pending.get(path)
        if held is None:
            try:
                entry = self.files.follow(path)
            except OperationError:
                return
            if entry is None or entry.kind != "file":
                return
            if entry.path != path:
                self.append(entry.path, text)
                return
            self.spend(len(entry.content) >> 10)
            held = self._pending[path] = _Pending([entry.content] if entry.content else [], None)
        held.chunks.append(text)
        self._pending_size += len(text)
        if self._pending_size > DEFAULT_SHELL_LIMITS.flow_chars:
            self.flush()

    def flush(self) -> None:
        """Puts away what was written."""
        pending, self._pending = self._pending, {}
        self._pending_size = 0
        if self._files is None:
            self._files = counted(self.world, self.spend)
        self.written += len(pending)
        for path, held in pending.items():
            try:
                self._files.write(path, "".join(held.chunks), parents=False)
            except OperationError as error:
                self.complain(f"write error: {error.message.partition(':')[0]}")

    def close(self) -> None:
        """Ends the run: puts away what was written, and lets go of what leads back here, so that no cycle is left."""
        if self._pending:
            self.flush()
        self.complain, self._files = _silent, None

    def overflow(self) -> None:
        """Ends a command that writes without end.

        Raises:
            BrokenPipeSignal: Always.
        """
        self.complain("write error: No space left on device")
        raise BrokenPipeSignal


def _silent(_: str) -> int:
    return 1


def _writable(mode: str, owner: str, user: str) -> bool:
    bits = int(mode, 8)
    return user == "root" or bool((bits >> 6 if owner == user else bits) & 2)


_SEVEN_BITS = bytes(byte & 0x7F for byte in range(256))
