"""The shell's ``ssh``, ``scp`` and ``ssh-keygen``."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from typing import NamedTuple

from agentalign_env.core.commands import Command, Invocation
from agentalign_env.core.computer import hostname
from agentalign_env.core.rng import stream
from agentalign_env.errors import OperationError
from agentalign_env.services.machine.arguments import Given, UnknownOptionError, read_options, said, whole_number
from agentalign_env.services.machine.ssh.remote import Session, log_in

__all__ = ["SSH_COMMANDS"]


class _Place(NamedTuple):
    """A file of ``scp``: here (the host is empty) or on another machine."""

    user: str
    host: str
    path: str


def _session(invocation: Invocation, given: Given, user: str, host: str, port: str) -> Session | None:
    """A session, or nothing after saying why."""
    key, number = given.value("i"), whole_number(port, 65_535)
    if not number:
        invocation.err(f"Bad port '{port}'\n")
        return None
    try:
        return log_in(
            invocation.world,
            invocation.files,
            host,
            user or given.value("l") or invocation.files.user,
            key_file=invocation.path(key) if key else "",
            port=number,
            now_s=int(invocation.now_s),
        )
    except OperationError as error:
        words = said(error)
        prefix = "" if "Permission denied" in words else f"{'ssh' if invocation.name == 'scp' else invocation.name}: "
        invocation.err(f"{prefix}{words}{'.' if 'publickey' in words else ''}\n")
        return None


def _ssh(invocation: Invocation) -> int:
    try:
        given = read_options(
            invocation.args, "4 6 A a C f g K k M N n q s T t V v X x Y y", "i l p o F E L R D J b c m W", in_order=True
        )
    except UnknownOptionError as error:
        invocation.err(
            f"unknown option -- {str(error).lstrip('-')}\nusage: ssh [-i identity_file] [-l "
            "login_name] [-p port] destination [command]\n"
        )
        return 255
    if given.has("V"):
        invocation.err("OpenSSH_9.2p1 Harbour-2, OpenSSL 3.0.14\n")
        return 0
    if not given.rest:
        invocation.err("usage: ssh [-i identity_file] [-l login_name] [-p port] destination [command]\n")
        return 255
    user, at, host = given.rest[0].rpartition("@")
    session = _session(invocation, given, user if at else "", host, given.value("p", default="22"))
    if session is None:
        return 255
    words = given.rest[1:]
    if not words:
        text = invocation.stdin.read()
        if not text.strip():
            invocation.out(
                f"Welcome to {session.host.name}: {session.machine.about}\nConnection to {session.host.name} closed.\n"
            )
            return 0
        words = [text]
    answer = session.execute(" ".join(words))
    invocation.out(answer.stdout)
    invocation.err(answer.stderr)
    return answer.status


def _place(text: str) -> _Place:
    head, colon, path = text.partition(":")
    if not colon or "/" in head:
        return _Place("", "", text)
    user, _, host = head.rpartition("@")
    return _Place(user, host, path)


def _scp(invocation: Invocation) -> int:
    try:
        given = read_options(invocation.args, "r p q C v B 3 4 6 O T", "i P o F l S c")
    except UnknownOptionError as error:
        invocation.err(f"unknown option -- {str(error).lstrip('-')}\n")
        return 1
    if len(given.rest) < 2:
        invocation.err("usage: scp [-pqr] [-i identity_file] [-P port] source ... target\n")
        return 1
    *sources, target = (_place(text) for text in given.rest)
    status = 0
    for source in sources:
        if bool(source.host) == bool(target.host):
            invocation.err("scp: copy between this machine and one other\n")
            return 1
        other = source if source.host else target
        session = _session(invocation, given, other.user, other.host, given.value("P", default="22"))
        if session is None:
            invocation.err("scp: Connection closed\n")
            return 255
        try:
            if source.host:
                _bring(invocation, session, source.path, target.path)
            else:
                _send(invocation, session, source.path, target.path, recursive=given.has("r"))
        except OperationError as error:
            words = said(error)
            invocation.err(f"{words if words.startswith('scp: ') else f'scp: {words}'}\n")
            status = 1
    return status


def _send(invocation: Invocation, session: Session, source: str, target: str, *, recursive: bool) -> None:
    entry = invocation.files.require(invocation.path(source))
    name = entry.path.rpartition("/")[2]
    place = session.resolve(target or ".") if target not in ("", ".") else session.home
    if session.is_directory(place):
        place = f"{'' if place == '/' else place}/{name}"
    if entry.kind == "dir" and not recursive:
        raise OperationError("invalid_state", f"scp: local {source!r} is not a regular file; give -r", "path")
    for child in invocation.files.walk(entry) if entry.kind == "dir" else (entry,):
        if child.kind != "dir":
            invocation.spend(1 + len(child.content) // 1024)
            path = f"{place}{child.path[len(entry.path) :]}"
            session.write(path, invocation.files.read(child.path).content, makes=entry.kind == "dir")


def _bring(invocation: Invocation, session: Session, source: str, target: str) -> None:
    place = session.resolve(source)
    row = session.get(place)
    if row is None:
        kind = "not a regular file" if session.is_directory(place) else "No such file or directory"
        raise OperationError("not_found", f"scp: {source}: {kind}; list the directory there", "path")
    path = invocation.path(target or ".")
    held = invocation.files.follow(path)
    if held is not None and held.kind == "dir":
        path = f"{'' if held.path == '/' else held.path}/{place.rpartition('/')[2]}"
    invocation.files.write(path, row.content, parents=False)


def _keygen(invocation: Invocation) -> int:
    try:
        given = read_options(invocation.args, "q l y", "t b f N C m R F")
    except UnknownOptionError as error:
        invocation.err(f"unknown option -- {str(error).lstrip('-')}\n")
        return 1
    kind = given.value("t", default="ed25519")
    path = invocation.path(given.value("f")) if given.has("f") else f"{invocation.files.home}/.ssh/id_{kind}"
    if given.has("l"):
        entry = invocation.files.follow(path if path.endswith(".pub") else f"{path}.pub")
        words = entry.content.split() if entry is not None else []
        if len(words) < 2:
            invocation.err(f"{path} is not a public key file.\n")
            return 255
        invocation.out(f"256 {_fingerprint(words[1])} {' '.join(words[2:])} (ED25519)\n")
        return 0
    if invocation.files.get(path) is not None:
        invocation.out(f"{path} already exists.\nOverwrite (y/n)? ")
        return 1
    rng = stream("ssh-keygen", invocation.world.base.key.seed, int(invocation.now_s), path)
    body = base64.b64encode(b"agentalign-env simulated key, opens nothing. " + rng.randbytes(90)).decode()
    lines = "\n".join(body[at : at + 70] for at in range(0, len(body), 70))
    public = base64.b64encode(rng.randbytes(33)).decode()
    comment = given.value("C") or f"{invocation.files.user}@{hostname(invocation.world.background)}"
    try:
        invocation.files.write(
            path, f"-----BEGIN OPENSSH PRIVATE KEY-----\n{lines}\n-----END OPENSSH PRIVATE KEY-----\n", mode="0600"
        )
        invocation.files.write(f"{path}.pub", f"ssh-{kind} {public} {comment}\n")
    except OperationError as error:
        return invocation.complain(path, error)
    if not given.has("q"):
        invocation.out(
            f"Generating public/private {kind} key pair.\nYour identification has been saved in {path}\n"
            f"Your public key has been saved in {path}.pub\nThe key fingerprint is:\n{_fingerprint(public)} {comment}\n"
        )
    return 0


def _fingerprint(public: str) -> str:
    return "SHA256:" + base64.b64encode(hashlib.sha256(public.encode()).digest()).decode().rstrip("=")


SSH_COMMANDS: Mapping[str, Command] = {"scp": _scp, "ssh": _ssh, "ssh-keygen": _keygen}
