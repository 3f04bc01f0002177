"""A machine in memory that holds given files and nothing else: the default `core.sandbox.Sandbox`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from importlib import import_module
from typing import Any

from agentalign_env.core.background import Background, Organisation, Person
from agentalign_env.core.clock import DAY_S
from agentalign_env.core.sandbox import ExecResult
from agentalign_env.core.service import SeedContext, Service
from agentalign_env.core.table import Row
from agentalign_env.core.world import BaseWorld, World, WorldKey, WorldSize, WorldState
from agentalign_env.errors import OperationError
from agentalign_env.services.shell.running import run_on_world

__all__ = ["MemorySandbox", "memory_sandbox"]

# A machine is put together from services by name, as a pickled world is: the shell itself knows none of them.
_SERVICES = ("files", "machine", "web")
_DIRECTORIES = (
    "/", "/bin", "/dev", "/dev/fd", "/etc", "/home", "/home/user", "/opt", "/proc", "/root", "/run", "/sbin", "/srv",
    "/tmp", "/usr", "/usr/bin", "/usr/lib", "/usr/local", "/usr/local/bin", "/usr/sbin", "/usr/share", "/var",
    "/var/log", "/var/tmp",
)  # fmt: skip
_MODES = {"/tmp": "1777", "/var/tmp": "1777", "/root": "0700"}
_FILES = {
    "/etc/group": "root:x:0:\nuser:x:1000:\n",
    "/etc/hostname": "sandbox\n",
    "/etc/hosts": "127.0.0.1\tlocalhost\n127.0.1.1\tsandbox\n",
    "/etc/os-release": 'NAME="Harbour Linux"\nID=harbour\nVERSION_ID="12"\nPRETTY_NAME="Harbour Linux 12"\n',
    "/etc/passwd": "root:x:0:0:root:/root:/bin/bash\nuser:x:1000:1000:user:/home/user:/bin/bash\n",
}
_DEVICES = ("/dev/full", "/dev/null", "/dev/random", "/dev/tty", "/dev/urandom", "/dev/zero")
_SIZE = WorldSize(name="machine", about="One machine, nobody's.", people=0, invoices=0, rows={})
_MAX_FILES, _MAX_BYTES = 50_000, 64 * 1024 * 1024


class _RootBackground(Background):
    """The background of a machine that root uses."""

    __slots__ = ()

    @property
    def home(self) -> str:
        """Root's home directory."""
        return "/root"


class _Machine(BaseWorld):
    """The base of a world that is one machine: a small Unix, without people."""

    def __init__(self, services: tuple[Service, ...]) -> None:
        super().__init__(WorldKey("small", 0), services)
        self.key, self.size = WorldKey(_SIZE.name, 0), _SIZE
        here = Organisation("Sandbox", "machine", "sandbox.example", "root@sandbox.example")
        root = Person("root", "root", "root", here.email, "+12125550100", "root", "self", "Riverton", here.name)
        self._background = _RootBackground(root, (), (here,), ())
        self._seeds.update(files=_seed_files, disks=_seed_disks)

    def __reduce__(self) -> Any:
        return _machine, ()


def _seed_files(context: SeedContext) -> Iterator[Row]:
    """The system's directories, files and devices; nothing else."""
    made_s = context.start_s - 400 * DAY_S
    row = context.table.row
    for path in _DIRECTORIES:
        yield row(path, _parent(path), "dir", "", _MODES.get(path, "0755"), "root", made_s)
    for path, content in _FILES.items():
        yield row(path, _parent(path), "file", content, "0644", "root", made_s)
    for path in _DEVICES:
        yield row(path, _parent(path), "file", "", "0666", "root", made_s)


def _seed_disks(context: SeedContext) -> Iterable[Row]:
    entries = len(_DIRECTORIES) + len(_FILES) + len(_DEVICES)
    size = sum(len(content) for content in _FILES.values())
    yield context.table.row("/", entries, size, _MAX_FILES, _MAX_BYTES)


def _parent(path: str) -> str:
    return "" if path == "/" else path.rpartition("/")[0] or "/"


@lru_cache(maxsize=1)
def _machine() -> _Machine:
    """The base that all sandboxes share."""
    return _Machine(tuple(import_module(f"agentalign_env.services.{name}.service").SERVICE for name in _SERVICES))


class MemorySandbox:
    """A machine in memory. It pickles, and `fork` gives an independent one in the same state.

    Args:
        world: The world whose files and clock it has.
        cwd: Where scripts start.
    """

    def __init__(self, world: World, cwd: str) -> None:
        self.world, self.cwd = world, cwd
        self._start: WorldState = world.snapshot()
        self._closed = False

    def exec(self, script: str, *, stdin: str = "", cwd: str | None = None, timeout_s: float = 30.0) -> ExecResult:
        """Runs a bash script; see `core.sandbox.Sandbox`."""
        if self._closed:
            raise OperationError("invalid_state", "the sandbox is closed; make a new one")
        files = self.world.files
        place = files.resolve(cwd or ".", base=self.cwd, field="cwd")
        entry = files.follow(place)
        if entry is None or entry.kind != "dir":
            raise OperationError(
                "not_found", f"No such file or directory: {place!r} is no directory to start in", "cwd"
            )
        run = run_on_world(self.world, script, stdin=stdin, cwd=place, timeout_s=timeout_s)
        self.world.store.commit(0)
        self.world.store.elapsed_s += int(run.clock_s)
        return run.result

    def read_file(self, path: str) -> str:
        """The content of a file; a relative path starts at the sandbox's directory.

        Raises:
            OperationError: It cannot be read.
        """
        files = self.world.files
        return files.read(files.resolve(path, base=self.cwd)).content

    def write_file(self, path: str, content: str) -> None:
        """Puts a file; makes missing directories.

        Raises:
            OperationError: It cannot be written.
        """
        files = self.world.files
        files.write(files.resolve(path, base=self.cwd), content)
        self.world.store.commit(0)

    def reset(self) -> None:
        """Back to how it began."""
        self.world.restore(self._start)

    def fork(self) -> MemorySandbox:
        """An independent sandbox in the same state."""
        twin = MemorySandbox(self.world.fork(), self.cwd)
        twin._start = self._start
        return twin

    def close(self) -> None:
        """Nothing can be run afterwards."""
        self._closed = True


def memory_sandbox(files: Mapping[str, str], cwd: str) -> MemorySandbox:
    """A fresh machine that holds exactly these files and a few that every Unix has; root uses it.

    Args:
        files: Contents by absolute path; directories are made.
        cwd: Where scripts start; made when missing.

    Raises:
        OperationError: A path is none, or there is no room.
    """
    world = World(_machine())
    tree = world.files
    place = tree.resolve(cwd)
    if tree.get(place) is None:
        tree.make_directory(place)
    for path, content in files.items():
        tree.write(tree.resolve(path, base=place), content)
    world.store.commit(0)
    return MemorySandbox(world, place)
