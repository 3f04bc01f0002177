"""A shell that stays open in a container: a command costs a millisecond instead of a new exec's sixty.

Commands are written to the shell's standard input. Its outputs come back over one socket, in frames of an eight-byte
header that says which stream and how much. The end of a command is a line that nobody can guess, on both streams.
"""

from __future__ import annotations

import secrets
import select
import socket
import time
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from agentalign_env.backends.docker.engine import engine_faults, own_socket
from agentalign_env.core.text import to_bytes
from agentalign_env.errors import SandboxFaultError

if TYPE_CHECKING:
    from docker import APIClient

__all__ = ["Output", "Session", "SessionEndedError", "SteadySession"]

_HEADER = 8
_CHUNK = 1 << 18
_STDOUT, _STDERR = 1, 2
_MARK = "\x01"
_SHELL = ["env", "-i", "PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", "/bin/sh"]
_CLOSING = 24  # bytes of a status, a count and the mark


class SessionEndedError(SandboxFaultError):
    """The shell ended while a command ran: it was killed, or the container or the engine is gone.

    Attributes:
        stdout: What the command had written.
        stderr: What it had written to standard error.
    """

    def __init__(self, stdout: bytes = b"", stderr: bytes = b"") -> None:
        self.stdout, self.stderr = stdout, stderr
        super().__init__("the shell in the container ended while a command ran")


class Output(NamedTuple):
    """What a command wrote and how it ended.

    Attributes:
        stdout: Cut at the limit.
        stderr: Cut at the limit.
        rc: Its exit status; ``None`` when it has not ended yet.
        processes: How many processes the container had when it ended.
        total: Bytes that it wrote, kept or not.
        cut: Whether more was written than kept.
    """

    stdout: bytes
    stderr: bytes
    rc: int | None
    processes: int
    total: int
    cut: bool


class _Stream:
    """One output of a command: the first bytes, and the last few, in which its end is looked for."""

    __slots__ = ("_end", "_tail", "head", "most", "processes", "rc", "total")

    def __init__(self, end: bytes, most: int) -> None:
        self._end, self.most = end, most
        self.head = bytearray()
        self._tail = b""
        self.total = 0
        self.rc: int | None = None
        self.processes = 0

    def feed(self, data: bytes) -> None:
        """Takes what arrived; what comes after the end belongs to nobody."""
        if self.rc is not None:
            return
        window = self._tail + data
        before = self.total - len(self._tail)
        room = self.most + len(self._end) + _CLOSING - len(self.head)
        if room > 0:
            self.head += data[:room]
        self.total += len(data)
        at = window.find(self._end)
        stop = window.find(_MARK.encode(), at + len(self._end)) if at >= 0 else -1
        if stop >= 0:
            self.rc, self.processes = map(int, window[at + len(self._end) : stop].split())
            self.total = before + at
        self._tail = window[-len(self._end) - _CLOSING :]

    @property
    def kept(self) -> bytes:
        """What is handed out."""
        return bytes(self.head[: min(self.total, self.most)])


class Session:
    """A shell in a container.

    Args:
        api: The engine.
        container: The container's id.
        user: Whom it runs as.

    Attributes:
        pid: The number of its process in the container.

    Raises:
        SandboxFaultError: The engine could not open it.
    """

    def __init__(self, api: APIClient, container: str, user: int) -> None:
        self._api, self._container, self._user = api, container, user
        self._open()

    def _open(self) -> None:
        with engine_faults("open a shell"):
            made = self._api.exec_create(
                self._container, _SHELL, stdin=True, user=f"{self._user}:{self._user}", workdir="/"
            )
            self._socket = own_socket(self._api.exec_start(made["Id"], socket=True))
        self._socket.setblocking(False)
        self._left = b""
        self._streams: dict[int, _Stream] = {}
        try:
            self.pid = int(Session.run(self, "echo $$").stdout)
        except SandboxFaultError:
            self.close()
            raise

    def run(self, command: str, *, timeout_s: float = 30.0, most: int = 1 << 27) -> Output:
        """Runs a command to its end and gives what it wrote.

        Raises:
            SessionEndedError: The shell is gone.
            SandboxFaultError: The command did not end in time.
        """
        self.begin(command, most=most)
        found = self.wait(time.monotonic() + timeout_s)
        if found.rc is None:
            raise SandboxFaultError(f"a command of the sandbox itself did not end within {timeout_s:g} s")
        return found

    def begin(self, command: str, *, most: int) -> None:
        """Sends a command; `wait` gives what it wrote."""
        end = f"{_MARK}{secrets.token_hex(8)} "
        self._streams = {number: _Stream(end.encode(), most) for number in (_STDOUT, _STDERR)}
        told = f"printf '%s' \"{end}$1 $(($# - 1)){_MARK}\""
        # Without a new process, which may be refused. A command can say its status by $r.
        tail = f'set -- "${{r-$?}}" /proc/[0-9]*; unset r; {told}; {told} >&2\n'
        try:
            data = to_bytes(f"{command}\n{tail}")
        except UnicodeEncodeError:  # halves of characters, which are no text
            whole = f"{command}\n{tail}".encode("utf-16", "surrogatepass").decode("utf-16", "replace")
            data = whole.encode()
        self._send(data)

    def wait(self, until_s: float, *, flood: int | None = None) -> Output:
        """Reads until the command ends, the moment is there, or it has written more than `flood` bytes.

        Raises:
            SessionEndedError: The shell is gone.
        """
        out, err = self._streams[_STDOUT], self._streams[_STDERR]
        while out.rc is None or err.rc is None:
            if flood is not None and out.total + err.total > flood:
                break
            left_s = until_s - time.monotonic()
            if left_s <= 0 or not select.select([self._socket], [], [], left_s)[0]:
                break
            self._receive()
        ended = out.rc is not None and err.rc is not None
        total = out.total + err.total
        cut = out.total > out.most or err.total > err.most
        return Output(out.kept, err.kept, out.rc if ended else None, out.processes, total, cut)

    def reopen(self) -> None:
        """Hangs up and begins a new shell.

        Raises:
            SandboxFaultError: The engine could not open it.
        """
        self.close()
        self._open()

    def close(self) -> None:
        """Hangs up; the shell ends."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def forget(self) -> None:
        """Lets go of a shell that another process uses."""
        self._socket.close()

    def _send(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            readable, writable, _ = select.select([self._socket], [self._socket], [], 30.0)
            if not readable and not writable:
                raise SandboxFaultError("the shell in the container takes no input any more")
            if readable:
                self._receive()
            if writable:
                try:
                    view = view[self._socket.send(view[:_CHUNK]) :]
                except BlockingIOError:
                    continue
                except OSError as error:
                    raise SessionEndedError from error

    def _receive(self) -> None:
        try:
            data = self._socket.recv(_CHUNK)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            kept = {number: stream.kept for number, stream in self._streams.items()}
            raise SessionEndedError(kept.get(_STDOUT, b""), kept.get(_STDERR, b""))
        self._left += data
        at, held = 0, self._left
        while len(held) - at >= _HEADER:
            size = int.from_bytes(held[at + 4 : at + _HEADER], "big")
            if len(held) - at - _HEADER < size:
                break
            stream = self._streams.get(held[at])
            if stream is not None:
                stream.feed(held[at + _HEADER : at + _HEADER + size])
            at += _HEADER + size
        self._left = held[at:]


class SteadySession(Session):
    """A shell for commands that may be given twice: killed, it comes back and does it again."""

    def run(self, command: str, *, timeout_s: float = 30.0, most: int = 1 << 27) -> Output:
        """Runs a command to its end and gives what it wrote.

        Raises:
            SandboxFaultError: The command did not end in time, or the container is gone.
        """
        try:
            return super().run(command, timeout_s=timeout_s, most=most)
        except SessionEndedError:
            self.reopen()
            return super().run(command, timeout_s=timeout_s, most=most)
