"""One hardened container: its shells, its files, and the ways back to how it began."""

from __future__ import annotations

import os
import socket
import time
import weakref
from collections.abc import Callable
from shlex import quote
from typing import TYPE_CHECKING

from agentalign_env.backends.docker.engine import engine_faults, own_socket
from agentalign_env.backends.docker.options import AGENT_ID, ENGINES_OWN, TEMPLATE, ContainerOptions
from agentalign_env.backends.docker.ownership import owner_label, remove
from agentalign_env.backends.docker.processes import LIST_PROCESSES, Process, read_processes
from agentalign_env.backends.docker.scripts import (
    NO_PLACE,
    SCRIPT_FILE,
    STDIN_FILE,
    Script,
    launch,
    long_text,
)
from agentalign_env.backends.docker.session import Output, Session, SessionEndedError, SteadySession
from agentalign_env.core.text import to_bytes
from agentalign_env.errors import SandboxFaultError

if TYPE_CHECKING:
    from docker import APIClient

__all__ = ["NO_PLACE", "Container", "Script"]

_ROOT = 0
_STOP_S = 2.0  # how long a script may take to end that was killed
_WIPE_S = 20.0
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.003, 0.05
_WIPE = "find {roots} -xdev -mindepth 1 -delete 2>/dev/null"
_OPEN = "find {roots} -xdev -mindepth 1 -maxdepth 1 -exec chmod -R u+rwx {{}} + 2>/dev/null"
_ENGINES_OWN = " ".join(f"! -path {path}" for path in ENGINES_OWN)
_LEFT = f"find {{roots}} -xdev -mindepth 1 {_ENGINES_OWN} ! -delete -print 2>/dev/null"


class Container:
    """A running container. Made by a pool; used by one thread at a time, of the process that made it.

    Attributes:
        id: The engine's name for it.
        options: How it was made.
        owner: The process that made it.
        control: The shell through which its owner reads and writes files, as the agent's user.
    """

    def __init__(self, api: APIClient, options: ContainerOptions) -> None:
        self.options = options
        self.owner = os.getpid()
        self._api = api
        with engine_faults("make a container"):
            made = api.create_container(
                options.image,
                ["cat"],  # reads what never comes, and ends with the owner, whose socket the engine sees closed
                stdin_open=True,
                network_disabled=True,
                labels=owner_label(),
                working_dir="/",
                hostname="sandbox",
                host_config=api.create_host_config(**options.host_config()),
            )
        self.id: str = made["Id"]
        self._removal = weakref.finalize(self, _remove_quietly, api, self.id, self.owner)
        self._sessions: list[Session] = []
        self._lifeline: socket.socket | None = None
        try:
            self._start()
        except BaseException:
            self._hang_up(Session.close)
            self._removal()
            raise

    def _start(self) -> None:
        api, opened = self._api, self._sessions
        with engine_faults("start a container"):
            self._lifeline = own_socket(api.attach_socket(self.id, params={"stdin": 1, "stream": 1}))
            api.start(self.id)
        self._root = Session(api, self.id, _ROOT)
        opened.append(self._root)
        self._first = frozenset(process.identity for process in self.processes())
        self.control = SteadySession(api, self.id, AGENT_ID)
        opened.append(self.control)
        self._shell = Session(api, self.id, AGENT_ID)
        opened.append(self._shell)
        self._own = self._shells()

    def as_root(self, command: str) -> Output:
        """Runs a command as root, which has no capabilities: it may write what it owns, nothing else."""
        return self._root.run(command)

    def processes(self) -> list[Process]:
        """What runs in it, our own shells included."""
        return read_processes(self._root.run(LIST_PROCESSES).stdout)

    def run(
        self, script: Script, *, timeout_s: float, meanwhile: Callable[[], None] | None = None
    ) -> tuple[Output, bool]:
        """Runs a script in a new bash; what it wrote, and whether it was stopped.

        While it runs, `meanwhile` is called every few milliseconds. Its status is `NO_PLACE` when there is no directory
        to start in.

        Raises:
            SandboxFaultError: Its processes could not be stopped alone, or the container is gone.
        """
        options = self.options
        text = long_text(script)
        for path, content in ((SCRIPT_FILE, None if text is None else to_bytes(text)), (STDIN_FILE, script.stdin)):
            if content:
                self._put_as_root(path, content)
        try:
            self._shell.begin(launch(script), most=options.output_bytes)
            found = self._wait(time.monotonic() + timeout_s, meanwhile)
            stopped = found.rc is None
            if stopped:
                self._stop()
                found = self._shell.wait(time.monotonic() + _STOP_S)
        except SessionEndedError as error:
            return self._after_suicide(error), False
        if found.rc is None:
            self.kill_all()
            raise SandboxFaultError(
                "a script that had to be stopped left processes that could not be told from others; all were killed"
            )
        self._require_room(found.processes)
        return found, stopped

    def _wait(self, until_s: float, meanwhile: Callable[[], None] | None) -> Output:
        flood, pause_s = self.options.flood_bytes, _FIRST_PAUSE_S
        while True:
            moment_s = until_s if meanwhile is None else min(until_s, time.monotonic() + pause_s)
            found = self._shell.wait(moment_s, flood=flood)
            if found.rc is not None or meanwhile is None or found.total > flood or time.monotonic() >= until_s:
                return found
            meanwhile()
            pause_s = min(pause_s * 1.5, _LONGEST_PAUSE_S)

    def _stop(self) -> None:
        """Kills the script's group of processes; a shell can do so without a new process."""
        groups = [process.pid for process in self.processes() if process.parent == self._shell.pid]
        for group in groups:
            self.control.run(f"kill -9 -{group} || kill -9 {group}", timeout_s=_STOP_S)

    def _require_room(self, count: int) -> None:
        """Kills all processes when a script left so many that none can be started any more.

        Raises:
            SandboxFaultError: It was so.
        """
        if count > self.options.processes * 3 // 4:
            self.kill_all()
            raise SandboxFaultError(
                f"a script left {count} processes of at most {self.options.processes}; all were killed"
            )

    def _after_suicide(self, error: SessionEndedError) -> Output:
        """What a script left that killed the shell it ran in, as ``kill -9 -1`` does."""
        self._shell.reopen()
        self._own = self._shells()
        total = len(error.stdout) + len(error.stderr)
        return Output(error.stdout, error.stderr, 137, 0, total, cut=False)

    def kill_all(self) -> None:
        """Kills every process of the agent's user; the files stay.

        Raises:
            SandboxFaultError: The container or its engine is gone.
        """
        try:
            self.control.run("kill -9 -1", timeout_s=_STOP_S)  # spares the shell that says it
        except SandboxFaultError:
            with engine_faults("kill the processes"):
                made = self._api.exec_create(
                    self.id, ["/bin/sh", "-c", "kill -9 -1"], user=f"{AGENT_ID}:{AGENT_ID}", workdir="/"
                )
                self._api.exec_start(made["Id"])
            self.control.reopen()
        self._shell.reopen()
        self._own = self._shells()

    def _shells(self) -> frozenset[tuple[int, int]]:
        """What runs when nothing of the agent's does."""
        ours = (self.control.pid, self._shell.pid)
        return self._first | {process.identity for process in self.processes() if process.pid in ours}

    def furnish(self) -> None:
        """Lays the image's system files into the empty ``/etc``."""
        self._root.run(f"cp -r {TEMPLATE}/. /etc")

    def put(self, path: str, content: bytes) -> Output:
        """Writes a file as the agent's user, in a directory that exists."""
        return self.control.run(f"base64 -d >{quote(path)} <<'.'\n{_base64(content)}\n.")

    def _put_as_root(self, path: str, content: bytes) -> None:
        written = self._root.run(f"base64 -d >{path} <<'.'\n{_base64(content)}\n.")
        if written.rc:
            raise SandboxFaultError(f"{path} could not be written: {written.stderr.decode(errors='replace')[:300]}")

    def unpack(self, archive: bytes, *, root: bool) -> None:
        """Unpacks a tar archive at the root directory, as root or as the agent's user.

        Raises:
            SandboxFaultError: Something of it could not be written.
        """
        session = self._root if root else self.control
        found = session.run(f"base64 -d <<'.' | tar -xpf - -C /\n{_base64(archive)}\n.")
        if found.rc:
            raise SandboxFaultError(f"files could not be laid into the container: {found.stderr.decode()[:300]}")

    def wipe(self) -> None:
        """Kills what runs, and empties every writable directory.

        Raises:
            SandboxFaultError: Something is left; the container is of no further use.
        """
        roots = " ".join(map(quote, self.options.roots))
        if self.strangers():
            self.kill_all()
        self.control.run(_WIPE.format(roots=roots), timeout_s=_WIPE_S)
        left = self._left(roots)
        if left:
            self.control.run(f"{_OPEN.format(roots=roots)}; {_WIPE.format(roots=roots)}", timeout_s=_WIPE_S)
            left = self._left(roots)
        until_s = time.monotonic() + _STOP_S
        while not left and self.strangers():
            if time.monotonic() > until_s:
                raise SandboxFaultError("the container could not be emptied, processes of its scripts still run")
            time.sleep(0.005)
        if left:
            raise SandboxFaultError(f"the container could not be emptied, there is still {left!r}")

    def _left(self, roots: str) -> str:
        """The first files that are still there, when root has removed its own."""
        found = self._root.run(_LEFT.format(roots=roots), timeout_s=_WIPE_S, most=200)
        return found.stdout.decode(errors="replace")

    def strangers(self) -> list[Process]:
        """What runs that its owner did not begin: the agent's processes."""
        return [process for process in self.processes() if process.identity not in self._own]

    def remove(self) -> None:
        """Ends it. Twice is fine, and in a process that did not make it nothing happens."""
        if self.owner != os.getpid():
            self.forget()
            return
        self._hang_up(Session.close)
        self._removal.detach()
        remove(self._api, self.id)

    def forget(self) -> None:
        """Lets go of it in a process that was forked from its owner's: nothing is closed that the owner uses."""
        self._hang_up(Session.forget)
        self._removal.detach()

    def _hang_up(self, end: Callable[[Session], None]) -> None:
        for session in self._sessions:
            end(session)
        if self._lifeline is not None:
            self._lifeline.close()


def _base64(content: bytes) -> str:
    from base64 import encodebytes

    return encodebytes(content).decode()


def _remove_quietly(api: APIClient, container: str, owner: int) -> None:
    from contextlib import suppress

    if owner == os.getpid():
        with suppress(SandboxFaultError):
            remove(api, container)
