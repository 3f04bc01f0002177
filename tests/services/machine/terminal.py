"""Calling tools, and running the machine's commands without a shell around them."""

import shlex
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import orjson

from agentalign_env.core.ports import FilesPort
from agentalign_env.core.world import World
from agentalign_env.errors import OperationError
from agentalign_env.services.machine.service import SERVICE
from agentalign_env.toolkit.catalogue import load_tools
from agentalign_env.toolkit.dispatch import execute
from agentalign_env.types import ToolCall


class Done(NamedTuple):
    """What a command did."""

    status: int
    out: str
    err: str


class Text:
    """An input that holds a text."""

    def __init__(self, text: str) -> None:
        self.text = text

    def read(self, chars: int = -1) -> str:
        end = len(self.text) if chars < 0 else chars
        part, self.text = self.text[:end], self.text[end:]
        return part

    def readline(self) -> str:
        line, newline, self.text = self.text.partition("\n")
        return line + newline

    def __iter__(self) -> Iterator[str]:
        return iter(self.readline, "")


class Terminal:
    """One running command: the least that an `Invocation` must be."""

    def __init__(self, world: World, argv: Sequence[str], cwd: str, env: Mapping[str, str], stdin: str) -> None:
        self.name, self.args, self.world, self.cwd, self.env = argv[0], list(argv[1:]), world, cwd, env
        self.files: FilesPort = world.files
        self.stdin = Text(stdin)
        self.written: tuple[list[str], list[str]] = ([], [])
        self.slept = 0.0

    @property
    def now_s(self) -> float:
        return self.world.now_s + self.slept

    def out(self, text: str) -> None:
        self.written[0].append(text)

    def err(self, text: str) -> None:
        self.written[1].append(text)

    def path(self, name: str) -> str:
        return self.files.resolve(name, base=self.cwd)

    def open(self, name: str) -> Text:
        return self.stdin if name == "-" else Text(self.files.read(self.path(name)).content)

    def complain(self, subject: str, problem: OperationError | str = "") -> int:
        words = problem.message.partition(":")[0] if isinstance(problem, OperationError) else problem
        self.err(": ".join(part for part in (self.name, subject, words) if part) + "\n")
        return 1

    def spend(self, steps: int = 1) -> None:
        assert steps >= 0

    def sleep(self, seconds: float) -> None:
        self.slept += seconds

    def run(self, argv: Sequence[str], *, stdin: str | None = None, env: Mapping[str, str] | None = None) -> int:
        raise AssertionError(f"no command of the machine runs another: {argv}")

    def script(self, text: str, args: Sequence[str] = ()) -> int:
        raise AssertionError(f"no command of the machine runs a script: {text}")


def run(world: World, line: str, cwd: str = "", env: Mapping[str, str] | None = None, stdin: str = "") -> Done:
    """Runs one command line without expansions, and commits what it changed."""
    argv = shlex.split(line)
    home = world.background.home
    place = f"{home}/{cwd}".rstrip("/") if not cwd.startswith("/") else cwd
    terminal = Terminal(world, argv, place, env or {}, stdin)
    status = SERVICE.commands[argv[0]](terminal)
    world.store.commit(41)
    return Done(status, "".join(terminal.written[0]), "".join(terminal.written[1]))


def root(world: World, line: str) -> Done:
    """Runs one command line as below ``sudo``."""
    return run(world, line, env={"SUDO_USER": world.files.user})


def call(world: World, tool: str, **arguments: Any) -> Any:
    """A tool's answer."""
    return orjson.loads(execute(world, load_tools(), ToolCall("1", tool, arguments)).content)


def refusal(world: World, tool: str, **arguments: Any) -> tuple[str, str | None]:
    """The code and the field of the error; the call must leave no trace."""
    before = world.digest()
    error = call(world, tool, **arguments)["error"]
    assert world.digest() == before
    return error["code"], error.get("field")


def write(world: World, path: str, content: str) -> None:
    """Puts a file, as another tool would."""
    world.files.write(world.files.resolve(path), content)
    world.store.commit(41)


def violations(world: World) -> list[str]:
    return [sentence for check in SERVICE.invariants for sentence in check(world)]
