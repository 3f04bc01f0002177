"""A real machine behind the protocol of the machine in memory."""

from __future__ import annotations

import io
import os
import posixpath
import tarfile
from collections.abc import Mapping
from pathlib import PurePosixPath
from shlex import quote

from agentalign_env.backends.docker.container import NO_PLACE, Container, Script
from agentalign_env.backends.docker.options import AGENT_ID, ContainerOptions
from agentalign_env.backends.docker.pool import ContainerPool, shared_pool
from agentalign_env.backends.docker.session import Output
from agentalign_env.core.sandbox import ExecResult
from agentalign_env.core.text import from_bytes, to_bytes
from agentalign_env.errors import ErrorCode, OperationError, SandboxFaultError

__all__ = ["DockerSandbox", "docker_sandbox", "exec_result"]

_TIMED_OUT = 124
_SCRIPT_CHARS = 1 << 20
_MADE_S = 1_704_067_200  # when the files of an episode were last written: 2024, which every archive can hold
_READ_BYTES = 64 << 20
_CODES: tuple[tuple[str, ErrorCode, str], ...] = (
    ("no such file", "not_found", "No such file or directory"),
    ("nonexistent directory", "not_found", "No such file or directory"),
    ("permission denied", "permission_denied", "Permission denied"),
    ("read-only", "permission_denied", "Read-only file system"),
    ("no space left", "limit_exceeded", "No space left on device"),
    ("too large", "limit_exceeded", f"File too large: expected at most {_READ_BYTES >> 20} MiB"),
    ("too long", "limit_exceeded", "File name too long"),
    ("is a directory", "invalid_state", "Is a directory"),
    ("not a directory", "invalid_state", "Not a directory"),
    ("file exists", "invalid_state", "Not a directory"),  # what mkdir says of a file
    ("too many levels", "invalid_state", "Too many levels of symbolic links"),
    ("no regular file", "invalid_state", "Not a regular file"),
)
_ENV = {
    "HOME": "/home/user",
    "USER": "user",
    "LOGNAME": "user",
    "PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin",
    "SHELL": "/bin/bash",
    "LANG": "C.UTF-8",
    "TERM": "dumb",
    "SHLVL": "0",
}


class DockerSandbox:
    """A machine in a container; see `core.sandbox.Sandbox`. It cannot be copied or pickled: a container is one.

    Args:
        pool: Where its container comes from, and goes back to.
        files: What it begins with: contents by absolute path.
        cwd: Where scripts start.

    Raises:
        OperationError: A path lies in no writable directory.
        SandboxFaultError: The engine failed.
    """

    def __init__(self, pool: ContainerPool, files: Mapping[str, str], cwd: str) -> None:
        self.cwd = cwd
        self._pool = pool
        self._archive = _archive(files, cwd, pool.options.roots)
        self._container: Container | None = None
        self._fill()

    def exec(self, script: str, *, stdin: str = "", cwd: str | None = None, timeout_s: float = 30.0) -> ExecResult:
        """Runs a bash script; see `core.sandbox.Sandbox`. Time is real time.

        Raises:
            SandboxFaultError: The container or its engine failed; `reset` begins anew.
        """
        if len(script) > _SCRIPT_CHARS:
            return ExecResult("", "bash: Argument list too long\n", 126)
        place = posixpath.normpath(self._absolute(cwd or ".", "cwd"))
        given = Script(script, place, {**_ENV, "PWD": place}, to_bytes(stdin))
        try:
            output, stopped = self._live.run(given, timeout_s=timeout_s)
        except SandboxFaultError:
            self._lose()
            raise
        if output.rc == NO_PLACE:
            raise OperationError(
                "not_found", f"No such file or directory: {place!r} is no directory to start in", "cwd"
            )
        return exec_result(output.stdout, output.stderr, output.rc or 0, cut=output.cut, stopped=stopped)

    def read_file(self, path: str) -> str:
        """The content of a file; a relative path starts at the sandbox's directory.

        Raises:
            OperationError: It cannot be read.
            SandboxFaultError: The container or its engine failed.
        """
        place = self._absolute(path, "path")
        found = self._ask(f"{_regular(place)} && head -c {_READ_BYTES + 1} -- {quote(place)}")
        if not found.rc and found.total > _READ_BYTES:
            raise _refusal(b"too large", place)
        if found.rc:
            raise _refusal(found.stderr, place)
        return from_bytes(found.stdout)

    def write_file(self, path: str, content: str) -> None:
        """Puts a file; makes missing directories.

        Raises:
            OperationError: It cannot be written.
            SandboxFaultError: The container or its engine failed.
        """
        place = self._absolute(path, "path")
        data = to_bytes(content)
        folder = quote(posixpath.dirname(place))
        made = self._ask(f"{_regular(place)} && {{ [ -d {folder} ] || mkdir -p -- {folder}; }}")
        if not made.rc:
            try:
                made = self._live.put(place, data)
            except SandboxFaultError:
                self._lose()
                raise
        if made.rc:
            raise _refusal(made.stderr, place)

    def reset(self) -> None:
        """Back to how it began: wiped in milliseconds, in a new container where that fails."""
        self._give_back()
        self._fill()

    def close(self) -> None:
        """Gives the container back; nothing can be run afterwards. Closing twice is fine."""
        self._give_back()

    def _absolute(self, path: str, field: str) -> str:
        if "\0" in path:
            raise OperationError("invalid_argument", f"expected a path without NUL, got {path!r}", field)
        if not path:
            raise OperationError("not_found", "No such file or directory: the path is empty", field)
        return posixpath.join(self.cwd, path)

    def _ask(self, command: str) -> Output:
        try:
            return self._live.control.run(command)
        except SandboxFaultError:
            self._lose()
            raise

    @property
    def _live(self) -> Container:
        if self._container is not None and self._container.owner != os.getpid():
            raise SandboxFaultError("the sandbox belongs to the process that made it; make another one in this process")
        if self._container is None:
            raise OperationError("invalid_state", "the sandbox is closed, or was lost; reset it or make a new one")
        return self._container

    def _fill(self) -> None:
        self._container = container = self._pool.take()
        try:
            container.furnish()
            container.as_root(f"chmod 0777 {' '.join(self._pool.options.roots)}; chmod 1777 /tmp")
            container.unpack(self._archive, root=False)
        except SandboxFaultError:
            self._lose()
            raise

    def _give_back(self) -> None:
        container, self._container = self._container, None
        if container is not None:
            self._pool.give(container)

    def _lose(self) -> None:
        container, self._container = self._container, None
        if container is not None:
            self._pool.drop(container)


def docker_sandbox(files: Mapping[str, str], cwd: str, options: ContainerOptions | None = None) -> DockerSandbox:
    """A fresh machine that holds these files, in a container of this process's pool.

    Its user may write in the directories that `ContainerOptions.roots` names, and nowhere else.

    Args:
        files: Contents by absolute path; directories are made.
        cwd: Where scripts start; made when missing.
        options: How its container is made.

    Raises:
        SandboxUnavailableError: No engine answers, or it lacks the image.
        OperationError: A path lies in no writable directory.
        SandboxFaultError: The engine failed.
    """
    return DockerSandbox(shared_pool(options or ContainerOptions()), files, cwd)


def exec_result(stdout: bytes, stderr: bytes, rc: int, *, cut: bool, stopped: bool) -> ExecResult:
    """What a script did, in the words of the protocol."""
    status = _TIMED_OUT if stopped else rc
    return ExecResult(from_bytes(stdout), from_bytes(stderr), status, cut, stopped)


def _archive(files: Mapping[str, str], cwd: str, roots: tuple[str, ...]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        held: set[str] = set(roots)
        for path, content in {posixpath.join(cwd, "."): None, "/home/user/.": None, **files}.items():
            place = posixpath.normpath(posixpath.join(cwd, path))
            if not any(place == root or place.startswith(f"{root}/") for root in roots):
                raise OperationError(
                    "invalid_argument", f"expected a path below one of {', '.join(roots)}, got {place!r}", "path"
                )
            above = [place] if content is None else []
            above += [str(folder) for folder in PurePosixPath(place).parents]
            for folder in reversed(above):
                if folder not in held and folder != "/":
                    held.add(folder)
                    archive.addfile(_entry(folder, tarfile.DIRTYPE, 0o755))
            if content is not None:
                data = to_bytes(content)
                entry = _entry(place, tarfile.REGTYPE, 0o644)
                entry.size = len(data)
                archive.addfile(entry, io.BytesIO(data))
    return buffer.getvalue()


def _entry(path: str, kind: bytes, mode: int) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(path.lstrip("/"))
    entry.type, entry.mode, entry.uid, entry.gid, entry.mtime = kind, mode, AGENT_ID, AGENT_ID, _MADE_S
    return entry


def _regular(place: str) -> str:
    """A command that fails for what would block whoever opens it: a pipe, a device."""
    path = quote(place)
    return f"{{ [ -f {path} ] || [ -d {path} ] || [ ! -e {path} ] || {{ echo 'no regular file' >&2; false; }}; }}"


def _refusal(stderr: bytes, place: str) -> OperationError:
    """What the system said, as the error that the machine in memory would raise."""
    said = from_bytes(stderr).replace(place, "").lower()
    code, words = next(((code, words) for part, code, words in _CODES if part in said), ("invalid_state", said.strip()))
    return OperationError(code, f"{place}: {words}", "path")
