"""One hardened container: its shells, its files, and the ways back to how it began."""

from __future__ import annotations

import time
import weakref
from collections.abc import Mapping
from shlex import quote
from typing import TYPE_CHECKING, NamedTuple

from agentalign_env.backends.docker.engine import engine_faults
from agentalign_env.backends.docker.options import AGENT_ID, CONTROL_ROOT, ENGINES_OWN, TEMPLATE, ContainerOptions
from agentalign_env.backends.docker.ownership import owner_label, remove
from agentalign_env.backends.docker.session import Output, Session, SessionEndedError
from agentalign_env.errors import SandboxFaultError

if TYPE_CHECKING:
    from docker import APIClient

__all__ = ["Container", "Script"]

_ROOT = 0
_STOP_S = 1.0  # how long a script may take to end that was killed
_WIPE_S = 20.0
_ENV_LIMIT = 100_000  # bytes of a script that still fit in one argument
_WIPE = "find {roots} -xdev -mindepth 1 -maxdepth 1 -exec rm -rf {{}} + 2>/dev/null"


class Script(NamedTuple):
    """A script to run.

    Attributes:
        text: In the language of bash.
        cwd: Where it starts: absolute.
        env: All variables that it has.
        stdin: What it reads.
    """

    text: str
    cwd: str
    env: Mapping[str, str]
    stdin: bytes = b""


class Container:
    """A running container. Made by a pool; used by one thread at a time.

    Attributes:
        id: The engine's name for it.
        options: How it was made.
        control: The shell through which its owner reads and writes files, as the agent's user.
    """

    def __init__(self, api: APIClient, options: ContainerOptions) -> None:
        self.options = options
        self._api = api
        with engine_faults("start a container"):
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
            self._removal = weakref.finalize(self, _remove_quietly, api, self.id)
            self._lifeline = api.attach_socket(self.id, params={"stdin": 1, "stream": 1})
            api.start(self.id)
        self._root = Session(api, self.id, _ROOT)
        self._open()

    def _open(self) -> None:
        self.control = Session(self._api, self.id, AGENT_ID)
        self._shell = Session(self._api, self.id, AGENT_ID)
        self.own = int(self.control.run("echo $$").stdout), int(self._shell.run("echo $$").stdout)

    def as_root(self, command: str) -> Output:
        """Runs a command as root, which has no capabilities: it may write what it owns, nothing else."""
        return self._root.run(command)

    def run(self, script: Script, *, timeout_s: float) -> tuple[Output, bool]:
        """Runs a script in a new bash; what it wrote, and whether it was stopped.

        Raises:
            SandboxFaultError: Its processes could not be stopped alone, or the container is gone.
        """
        options = self.options
        self._shell.begin(self._command(script), most=options.output_bytes)
        until_s = time.monotonic() + timeout_s
        try:
            found = self._shell.wait(until_s, flood=options.flood_bytes)
            if found.rc is not None:
                self._require_room(found.processes)
                return found, False
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
        return found, True

    def _command(self, script: Script) -> str:
        text = script.text.replace("\0", "")
        if len(text.encode()) > _ENV_LIMIT:
            self.put(f"{CONTROL_ROOT}/script", text.encode())
            run = f"bash {CONTROL_ROOT}/script"
        else:
            run = f"bash -c {quote(text)} bash"
        given = "/dev/null"
        if script.stdin:
            given = f"{CONTROL_ROOT}/stdin"
            self.put(given, script.stdin)
        variables = " ".join(f"{name}={quote(value)}" for name, value in script.env.items())
        launch = (
            f'echo $$ >{CONTROL_ROOT}/group; cd "$1" 2>&3 || exit 1; exec env -i {variables} {run} <{given} 2>&3 3>&-'
        )
        # The shell's own word about how the script died goes nowhere; the script's errors pass beside it.
        return f"{{ setsid sh -c {quote(launch)} sh {quote(script.cwd)}; }} 3>&2 2>/dev/null"

    def _stop(self) -> None:
        """Kills the script's group of processes; a shell can do so without a new process."""
        self.control.run(f"read g <{CONTROL_ROOT}/group && kill -9 -$g")

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
        self._reopen()
        total = len(error.stdout) + len(error.stderr)
        return Output(error.stdout, error.stderr, 137, 0, total, cut=False)

    def kill_all(self) -> None:
        """Kills every process of the agent's user; the files stay."""
        try:
            self.control.run("kill -9 -1", timeout_s=_STOP_S)
        except SandboxFaultError:
            with engine_faults("kill the processes"):
                made = self._api.exec_create(
                    self.id, ["/bin/sh", "-c", "kill -9 -1"], user=f"{AGENT_ID}:{AGENT_ID}", workdir="/"
                )
                self._api.exec_start(made["Id"])
        self._reopen()

    def _reopen(self) -> None:
        for session in (self.control, self._shell):
            session.close()
        self._open()

    def furnish(self) -> None:
        """Lays the image's system files into the empty ``/etc``."""
        self._root.run(f"cp -r {TEMPLATE}/. /etc")

    def put(self, path: str, content: bytes) -> Output:
        """Writes a file as the agent's user, in a directory that exists."""
        return self.control.run(f"base64 -d >{quote(path)} <<'.'\n{_base64(content)}\n.")

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
        wipe = _WIPE.format(roots=roots)
        if not self._runs_nothing():
            self.kill_all()
        self.control.run(wipe, timeout_s=_WIPE_S)
        left = self._root.run(f"{wipe}; find {roots} -mindepth 1 {_ENGINES_OWN} | head -n 3", timeout_s=_WIPE_S)
        if left.stdout or not self._runs_nothing():
            raise SandboxFaultError(f"the container could not be emptied, there is still {left.stdout.decode()!r}")

    def _runs_nothing(self) -> bool:
        """Whether no process of the agent's is left but our own shells."""
        return self.control.run(":").processes <= _OWN_PROCESSES

    def remove(self) -> None:
        """Ends it. Twice is fine."""
        for session in (self.control, self._shell, self._root):
            session.close()
        self._lifeline.close()
        self._removal.detach()
        remove(self._api, self.id)


_OWN_PROCESSES = 5  # init, cat, and three shells
_ENGINES_OWN = " ".join(f"! -path {path}" for path in ENGINES_OWN)


def _base64(content: bytes) -> str:
    from base64 import encodebytes

    return encodebytes(content).decode()


def _remove_quietly(api: APIClient, container: str) -> None:
    from contextlib import suppress

    with suppress(SandboxFaultError):
        remove(api, container)
