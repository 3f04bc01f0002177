"""What a running command is given: `core.commands.Invocation` over a shell's process."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from agentalign_env.core.ports import FilesPort
from agentalign_env.errors import OperationError
from agentalign_env.services.shell.masking import masked
from agentalign_env.services.shell.redirects import device_number, open_input, own_words
from agentalign_env.services.shell.scripts import run_process
from agentalign_env.services.shell.streams import Capture, TextInput

if TYPE_CHECKING:
    from agentalign_env.core.commands import Input
    from agentalign_env.core.world import World
    from agentalign_env.services.shell.shell import Shell

__all__ = ["Call"]

_FAILED = "{name}: failed to run command \u2018{command}\u2019: {problem}"
_NOT_RUN = {
    "env": "env: \u2018{command}\u2019: {problem}",
    "find": "find: \u2018{command}\u2019: {problem}",
    "xargs": "xargs: {command}: {problem}",
    "sudo": "sudo: {command}: command not found",
    "watch": "sh: 1: {command}: not found",
}
_SHARED_DEVICES = ("/dev/null", "/dev/stdout", "/dev/stderr", "/dev/tty")


class Call:
    """One running command."""

    __slots__ = ("_devices", "_shell", "args", "name")

    def __init__(self, shell: Shell, argv: Sequence[str]) -> None:
        self._shell = shell
        self.name, self.args = argv[0], argv[1:]
        self._devices: dict[str, str] = {}  # places in the tree that stand for devices, by path

    @property
    def world(self) -> World:
        """The world."""
        if self._shell.machine.pending:
            self._shell.machine.flush()
        return self._shell.machine.world

    @property
    def files(self) -> FilesPort:
        """The files."""
        shell = self._shell
        return shell.machine.files if shell.umask == 0o022 else masked(shell.machine.files, shell.umask)

    @property
    def cwd(self) -> str:
        """The working directory."""
        return self._shell.cwd

    @property
    def env(self) -> Mapping[str, str]:
        """The exported variables."""
        return self._shell.variables.exported()

    @property
    def stdin(self) -> Input:
        """Standard input."""
        return self._shell.stdin

    def out(self, text: str) -> None:
        """Writes to standard output."""
        shell = self._shell
        shell.machine.spend(len(text) >> 10)
        sink = shell.fds.get(1)
        if sink is not None and text:
            sink.write(text)

    def err(self, text: str) -> None:
        """Writes to standard error."""
        self._shell.sink(2).write(text)

    def path(self, name: str) -> str:
        """The absolute canonical path of a name; for a device, a place whose content goes there afterwards."""
        if name.startswith("/dev/") and (name in _SHARED_DEVICES or device_number(name) >= 0):
            return self._device(name)
        return self._shell.path(name)

    def _device(self, name: str) -> str:
        files = self.files
        if name == "/dev/null" and files.get(name) is not None:
            place = name
        else:
            place = f"/tmp/.{name[1:].replace('/', '-')}"
            if files.get(place) is None:
                text = self._shell.machine.process_texts.get(device_number(name), "")
                files.write(place, text, mode="0666")
        self._devices[place] = name
        return place

    def finish(self) -> None:
        """Passes on what the command left for devices."""
        shell, files = self._shell, self.files
        for place, name in self._devices.items():
            entry = files.get(place)
            if entry is None:
                continue
            content = entry.content
            if place == "/dev/null":
                if content:
                    files.write(place, "")
                continue
            files.remove(place)
            if name == "/dev/stdout":
                self.out(content)
            elif name == "/dev/stderr":
                self.err(content)
            for number, sink, _ in shell.process_files:
                if number == device_number(name) and isinstance(sink, Capture):
                    sink.write(content)

    @property
    def has_devices(self) -> bool:
        """Whether `finish` has anything to do."""
        return bool(self._devices)

    def open(self, name: str) -> Input:
        """A file to read.

        Raises:
            OperationError: It cannot be read.
        """
        return self._shell.stdin if name == "-" else open_input(self._shell, name)

    def complain(self, subject: str, problem: OperationError | str = "") -> int:
        """Writes what is wrong with what."""
        words = own_words(problem) if isinstance(problem, OperationError) else problem
        self.err(f"{self.name}: {subject}: {words}\n" if words else f"{self.name}: {subject}\n")
        return 1

    def spend(self, steps: int = 1) -> None:
        """Counts work."""
        self._shell.machine.spend(steps)

    def run(self, argv: Sequence[str], *, stdin: str | None = None, env: Mapping[str, str] | None = None) -> int:
        """Runs another command by name."""
        from agentalign_env.services.shell.commands import run_found

        child = self._child(stdin)
        if env is not None:
            variables = child.variables
            for name in variables.exported():
                child.unset(name)
            for name, value in env.items():
                variables.values[name] = value
                variables.mark(name, "x")
        machine = child.machine
        machine.complain = self._shell.complain
        machine.call()
        try:
            return run_process(child, lambda: run_found(child, list(argv), self._not_run))
        finally:
            machine.calls -= 1

    def _not_run(self, shell: Shell, command: str, problem: str) -> None:
        shell.sink(2).write(
            _NOT_RUN.get(self.name, _FAILED).format(name=self.name, command=command, problem=problem) + "\n"
        )

    def _child(self, stdin: str | None) -> Shell:
        child = self._shell.fork()
        if stdin is not None:
            child.fds[0] = TextInput(stdin)
        return child

    def script(self, text: str, args: Sequence[str] = ()) -> int:
        """Runs a script in a new shell."""
        from agentalign_env.services.shell.commands import run_in_new_shell

        return run_in_new_shell(self._shell, text, args[0] if args else "sh", list(args[1:]), style="sh")

    def sleep(self, seconds: float) -> None:
        """Lets the virtual clock pass."""
        self._shell.machine.sleep(seconds)

    def limited(self, seconds: float, argv: Sequence[str]) -> int | None:
        """Runs a command that may take so long; ``None`` when that was not enough."""
        return self._shell.machine.limited(seconds, lambda: self.run(argv))

    @property
    def now_s(self) -> float:
        """The virtual time."""
        return self._shell.machine.now_s
