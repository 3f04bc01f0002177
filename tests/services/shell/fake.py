"""A stand-in for the interpreter: one command at a time on a world's files, with texts for its streams."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from agentalign_env.core.commands import Command, Input
from agentalign_env.core.ports import FilesPort
from agentalign_env.core.world import World
from agentalign_env.errors import OperationError


class Text:
    """A text to read once."""

    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0

    def read(self, chars: int = -1) -> str:
        end = len(self.text) if chars < 0 else self.at + chars
        found = self.text[self.at : end]
        self.at += len(found)
        return found

    def readline(self) -> str:
        end = self.text.find("\n", self.at)
        return self.read(len(self.text) - self.at if end < 0 else end + 1 - self.at)

    def __iter__(self) -> Iterator[str]:
        while line := self.readline():
            yield line


class OutOfFuelError(Exception):
    """The command worked longer than it may."""


class FakeInvocation:
    """A running command that keeps what it writes."""

    def __init__(
        self,
        world: World,
        commands: Mapping[str, Command],
        argv: Sequence[str],
        *,
        stdin: str | Input = "",
        cwd: str = "",
        env: Mapping[str, str] | None = None,
        fuel: int = 200_000,
    ) -> None:
        self.world, self.commands, self.name, self.args = world, commands, argv[0], list(argv[1:])
        self.stdin: Input = Text(stdin) if isinstance(stdin, str) else stdin
        self.cwd = cwd or world.files.home
        self.env = env or {"HOME": world.files.home, "USER": world.files.user, "PATH": "/usr/bin:/bin"}
        self.fuel, self.slept = fuel, 0.0
        self.stdout: list[str] = []
        self.stderr: list[str] = []

    @property
    def files(self) -> FilesPort:
        return self.world.files

    @property
    def now_s(self) -> float:
        return self.world.now_s + self.slept

    def out(self, text: str) -> None:
        self.stdout.append(text)

    def err(self, text: str) -> None:
        self.stderr.append(text)

    def path(self, name: str) -> str:
        return self.files.resolve(name, base=self.cwd)

    def open(self, name: str) -> Input:
        if name == "-":
            return self.stdin
        if name == "/dev/null":
            return Text("")
        return Text(self.files.read(self.path(name)).content)

    def complain(self, subject: str, problem: OperationError | str = "") -> int:
        words = problem.message.split(":")[0] if isinstance(problem, OperationError) else problem
        self.err(f"{self.name}: {subject}: {words}\n" if words else f"{self.name}: {subject}\n")
        return 1

    def spend(self, steps: int = 1) -> None:
        self.fuel -= steps
        if self.fuel < 0:
            raise OutOfFuelError

    def run(self, argv: Sequence[str], *, stdin: str | None = None, env: Mapping[str, str] | None = None) -> int:
        command = self.commands.get(argv[0])
        if command is None:
            self.err(f"{self.name}: {argv[0]}: command not found\n")
            return 127
        source = self.stdin if stdin is None else stdin
        inner = FakeInvocation(self.world, self.commands, argv, stdin=source, cwd=self.cwd, env=env or self.env)
        inner.stdout, inner.stderr, inner.fuel = self.stdout, self.stderr, self.fuel
        status = command(inner)
        self.fuel, self.slept = inner.fuel, self.slept + inner.slept
        return status

    def script(self, text: str, args: Sequence[str] = ()) -> int:
        return self.run(text.split())

    def sleep(self, seconds: float) -> None:
        self.slept += seconds


def run(
    world: World, commands: Mapping[str, Command], argv: Sequence[str], *, stdin: str = "", cwd: str = ""
) -> tuple[str, str, int]:
    """The standard output, standard error and exit status of a command."""
    invocation = FakeInvocation(world, commands, argv, stdin=stdin, cwd=cwd)
    status = commands[argv[0]](invocation)
    return "".join(invocation.stdout), "".join(invocation.stderr), status
