"""Logging in to another machine, its files, and the few commands that it answers."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from typing import NamedTuple

from agentalign_env.core.clock import DAY_S, iso
from agentalign_env.core.computer import KEY_NAME, private_key
from agentalign_env.core.ports import FilesPort
from agentalign_env.core.rng import stream
from agentalign_env.core.text import to_bytes
from agentalign_env.core.world import World
from agentalign_env.errors import OperationError
from agentalign_env.services.machine.network.probing import find_host
from agentalign_env.services.machine.network.records import Host
from agentalign_env.services.machine.ssh.machines import MACHINES, Machine
from agentalign_env.services.machine.ssh.records import ACCOUNTS, REMOTE_FILES, RemoteFile

__all__ = ["Answer", "Session", "log_in"]

_SYSTEM = frozenset({"/", "/bin", "/etc", "/home", "/srv", "/tmp", "/usr", "/var", "/var/log", "/var/www"})
_MAX_BYTES = 4_000_000


class Answer(NamedTuple):
    """What a command there wrote, and its status."""

    stdout: str
    stderr: str
    status: int


class Session:
    """Logged in on another machine as one user."""

    def __init__(self, world: World, host: Host, user: str, home: str, machine: Machine, now_s: int) -> None:
        self.world, self.host, self.user, self.home, self.machine, self.now_s = world, host, user, home, machine, now_s

    def resolve(self, path: str) -> str:
        """An absolute path there; relative ones start at the user's home."""
        if path == "~" or path.startswith("~/"):
            path = f"{self.home}{path[1:]}"
        names: list[str] = []
        for name in (path if path.startswith("/") else f"{self.home}/{path}").split("/"):
            if name == "..":
                del names[-1:]
            elif name not in ("", "."):
                names.append(name)
        return "/" + "/".join(names)

    def get(self, path: str) -> RemoteFile | None:
        """The file at an absolute path."""
        return self.world.store.get(REMOTE_FILES, f"{self.host.name}:{path}")

    def files(self) -> list[RemoteFile]:
        """All files there, by path."""
        return sorted(self.world.store.where(REMOTE_FILES, "host", self.host.name), key=lambda row: row.path)

    def is_directory(self, path: str) -> bool:
        """Whether a directory is at an absolute path."""
        if path in _SYSTEM or path == self.home:
            return True
        return any(row.path.startswith(f"{path}/") for row in self.files())

    def write(self, path: str, content: str, field: str = "args.remote_path", *, makes: bool = False) -> RemoteFile:
        """Puts a file there; with `makes` also the directory that is missing.

        Raises:
            OperationError: The directory does not exist, the file belongs to somebody else, or it is too large.
        """
        folder = path.rpartition("/")[0] or "/"
        held = self.get(path)
        if self.is_directory(path):
            raise OperationError("invalid_state", f"scp: {path}: Is a directory; give the path of a file", field)
        if held is None and not makes and not self.is_directory(folder):
            raise OperationError("not_found", f"scp: {path}: No such file or directory; {folder} does not exist", field)
        owners = {row.owner for row in self.files() if row.path.rpartition("/")[0] == folder}
        allowed = f"{folder}/".startswith("/tmp/") or f"{path}/".startswith(f"{self.home}/") or self.user in owners
        if (held is not None and held.owner != self.user) or (held is None and not allowed):
            message = f"scp: {path}: Permission denied; {self.user} may write below {self.home} and in /tmp"
            raise OperationError("permission_denied", message, field)
        if len(to_bytes(content)) > _MAX_BYTES:
            raise OperationError(
                "limit_exceeded", f"scp: {path}: more than {_MAX_BYTES} bytes; copy a smaller file", field
            )
        row = RemoteFile(f"{self.host.name}:{path}", self.host.name, path, content, self.user, self.now_s)
        self.world.store.put(REMOTE_FILES, row)
        return row

    def execute(self, command: str) -> Answer:
        """Runs a command there: looking around, nothing that changes the machine."""
        try:
            parts = _split(command)
        except ValueError as error:
            return Answer("", f"bash: -c: {error}\n", 2)
        out: list[str] = []
        err: list[str] = []
        status = 0
        for joint, words in parts:
            if (joint == "&&" and status) or (joint == "||" and not status):
                continue
            act = _COMMANDS.get(words[0].rpartition("/")[2])
            if act is None:
                answer = Answer("", f"bash: line 1: {words[0]}: command not found\n", 127)
            else:
                answer = act(self, words[1:])
            out.append(answer.stdout)
            err.append(answer.stderr)
            status = answer.status
        return Answer("".join(out), "".join(err), status)


def _machine(world: World, host: Host) -> Machine | None:
    """What is known of a host that can be logged in to; one that a premise laid is like many others."""
    for machine in MACHINES:
        if machine.name == host.name:
            return machine
    if not world.store.where(ACCOUNTS, "host", host.name):
        return None
    rng = stream("machine", host.name, world.base.key.seed)
    units = (("cron", True), ("ssh", True))
    return Machine(host.name, host.about, (), host.ports, True, rng.randrange(3, 300), rng.randrange(12, 80), units, ())


def log_in(
    world: World, files: FilesPort, host: str, user: str, *, key_file: str = "", port: int = 22, now_s: int
) -> Session:
    """Opens a session with the owner's key.

    Raises:
        OperationError: The host is not known or does not answer, the user has no account there, or the key is wrong.
    """
    found = find_host(world, host, "host")
    if not found.reachable:
        message = (
            f"connect to host {found.name} port {port}: Connection timed out; it does not answer, take another host"
        )
        raise OperationError("invalid_state", message, "host")
    machine = _machine(world, found)
    if machine is None or port != 22:
        field = "host" if port == 22 else "args.port"
        message = f"connect to host {found.name} port {port}: Connection refused; no SSH server answers there"
        raise OperationError("invalid_state", message, field)
    account = world.store.get(ACCOUNTS, f"{user}@{found.name}")
    if account is None:
        known = ", ".join(row.user for row in world.store.where(ACCOUNTS, "host", found.name))
        message = f"{user[:64]}@{found.name}: Permission denied (publickey); the key opens the accounts {known}"
        raise OperationError("permission_denied", message, "username")
    path = files.resolve(key_file or f"~/.ssh/{KEY_NAME}", field="args.key_file")
    entry = files.follow(path)
    if entry is None or entry.kind != "file":
        message = f"no such identity: {path}: No such file or directory; give the path of your private key"
        raise OperationError("not_found", message, "args.key_file")
    if files.read(path, "args.key_file").content != private_key(world.base.key.seed):
        message = f"{user[:64]}@{found.name}: Permission denied (publickey); {path} is not the key that it knows"
        raise OperationError("permission_denied", message, "args.key_file")
    return Session(world, found, user, account.home, machine, now_s)


def _split(command: str) -> list[tuple[str, list[str]]]:
    """The simple commands of a line, each with the sign before it.

    Raises:
        ValueError: Quotes are open, or it uses what is not offered there.
    """
    lexer = shlex.shlex(command.replace("\n", " ; "), posix=True, punctuation_chars="|&;<>()")
    lexer.whitespace_split = True
    found: list[tuple[str, list[str]]] = []
    joint = ";"
    words: list[str] = []
    for token in lexer:
        if token in (";", "&&", "||"):
            if words:
                found.append((joint, words))
            joint, words = token, []
        elif token and not set(token) - set("|&<>()"):
            raise ValueError(f"restricted: '{token}' is not available in this account")
        else:
            words.append(token)
    if words:
        found.append((joint, words))
    return found[:50]


def _missing(command: str, path: str) -> str:
    return f"{command}: {path}: No such file or directory\n"


def _ls(session: Session, args: list[str]) -> Answer:
    flags = "".join(arg[1:] for arg in args if arg.startswith("-"))
    names = [arg for arg in args if not arg.startswith("-")] or ["."]
    out, err = [], []
    for name in names:
        path = session.resolve(session.home if name == "." else name)
        file = session.get(path)
        if file is not None:
            out.append(_ls_line(session, name, file, "l" in flags))
        elif session.is_directory(path):
            base = "" if path == "/" else path
            inside: dict[str, RemoteFile | None] = {}
            for row in session.files():
                if row.path.startswith(f"{base}/"):
                    head, slash, _ = row.path[len(base) + 1 :].partition("/")
                    inside[head] = None if slash else row
            out += [_ls_line(session, child, inside[child], "l" in flags) for child in sorted(inside)]
        else:
            err.append(f"ls: cannot access '{name}': No such file or directory\n")
    return Answer("".join(out), "".join(err), 2 if err else 0)


def _ls_line(session: Session, name: str, row: RemoteFile | None, long: bool) -> str:
    if not long:
        return f"{name}\n"
    if row is None:
        return f"drwxr-xr-x 2 root root 4096 {iso(session.now_s - session.machine.up_days * DAY_S)[:10]} {name}\n"
    return f"-rw-r--r-- 1 {row.owner} {row.owner} {len(to_bytes(row.content))} {iso(row.modified_s)[:10]} {name}\n"


def _each_file(command: str, take: Callable[[str], str]) -> Callable[[Session, list[str]], Answer]:
    def act(session: Session, args: list[str]) -> Answer:
        out, err = [], []
        for name in (arg for arg in args if not arg.startswith("-") and not arg.isdecimal()):
            path = session.resolve(name)
            row = session.get(path)
            if row is not None:
                out.append(take(row.content))
            elif session.is_directory(path):
                err.append(f"{command}: {name}: Is a directory\n")
            else:
                err.append(_missing(command, name))
        return Answer("".join(out), "".join(err), 1 if err else 0)

    return act


def _uptime(session: Session, _args: list[str]) -> Answer:
    clock = iso(session.now_s)[11:19]
    return Answer(
        f" {clock} up {session.machine.up_days} days,  3:12,  1 user,  load average: 0.08, 0.05, 0.01\n", "", 0
    )


def _df(session: Session, _args: list[str]) -> Answer:
    used = session.machine.disk_percent
    lines = (
        "Filesystem      Size  Used Avail Use% Mounted on\n/dev/vda1        40G  "
        f"{used * 40 // 100}G   {40 - used * 40 // 100}G  {used}% /\n"
    )
    return Answer(lines, "", 0)


def _free(_session: Session, _args: list[str]) -> Answer:
    return Answer(
        "               total        used        free      shared  buff/cache   available\n"
        "Mem:         2027520      412880      702144        6120      912496     1453120\n"
        "Swap:              0           0           0\n",
        "",
        0,
    )


def _systemctl(session: Session, args: list[str]) -> Answer:
    verb, units = (args[0] if args else "status"), dict(session.machine.units)
    if verb in ("start", "stop", "restart", "reload", "enable", "disable"):
        return Answer("", f"Failed to {verb} {' '.join(args[1:])}: Interactive authentication required.\n", 1)
    if len(args) < 2:
        lines = "".join(
            f"  {name}.service loaded {'active running' if on else 'inactive dead'}\n" for name, on in units.items()
        )
        return Answer(lines, "", 0)
    name = args[1].removesuffix(".service")
    if name not in units:
        return Answer("", f"Unit {name}.service could not be found.\n", 4)
    active = units[name]
    if verb == "is-active":
        return Answer("active\n" if active else "inactive\n", "", 0 if active else 3)
    since = iso(session.now_s - session.machine.up_days * DAY_S)
    words = f"active (running) since {since}" if active else "inactive (dead)"
    return Answer(
        f"● {name}.service\n     Loaded: loaded (/lib/systemd/system/{name}.service; enabled)\n     Active: {words}\n",
        "",
        0 if active else 3,
    )


def _says(text: Callable[[Session], str]) -> Callable[[Session, list[str]], Answer]:
    return lambda session, _args: Answer(f"{text(session)}\n", "", 0)


_COMMANDS: dict[str, Callable[[Session, list[str]], Answer]] = {
    "cat": _each_file("cat", lambda text: text),
    "df": _df,
    "echo": lambda _session, args: Answer(f"{' '.join(args)}\n", "", 0),
    "free": _free,
    "head": _each_file("head", lambda text: "".join(text.splitlines(keepends=True)[:10])),
    "hostname": _says(lambda session: session.host.name.partition(".")[0]),
    "id": _says(lambda session: f"uid=1000({session.user}) gid=1000({session.user}) groups=1000({session.user})"),
    "ls": _ls,
    "pwd": _says(lambda session: session.home),
    "systemctl": _systemctl,
    "tail": _each_file("tail", lambda text: "".join(text.splitlines(keepends=True)[-10:])),
    "true": lambda _session, _args: Answer("", "", 0),
    "uname": _says(lambda _session: "Linux"),
    "uptime": _uptime,
    "whoami": _says(lambda session: session.user),
}
