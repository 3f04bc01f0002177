"""Other machines as a typed tool: connect, execute, copy there and back."""

from __future__ import annotations

from agentalign_env.core.operation import operation
from agentalign_env.core.text import to_bytes
from agentalign_env.core.world import World
from agentalign_env.errors import OperationError
from agentalign_env.services.machine.network.records import HOSTS, MachineName
from agentalign_env.services.machine.ssh.records import (
    ACCOUNTS,
    REMOTE_FILES,
    SshArguments,
    SshOutcome,
    SshVerb,
    UserName,
)
from agentalign_env.services.machine.ssh.remote import Session, log_in

__all__ = ["manage_ssh"]


@operation(
    "System_Tools.manage_ssh",
    reads=(HOSTS, ACCOUNTS, "disks", "pages", "sites", "redirects"),
    writes=(REMOTE_FILES, "files"),
    identifies="request",
)
def manage_ssh(
    world: World, *, operation: SshVerb, host: MachineName, username: UserName, args: SshArguments | None = None
) -> SshOutcome:
    """Logs in to another machine with the owner's key: to see that it works, to run a command, or to copy a file.

    Commands there only look around.
    """
    given = args or {}
    try:
        session = log_in(
            world,
            world.files,
            host,
            username,
            key_file=given.get("key_file", ""),
            port=given.get("port", 22),
            now_s=world.now_s,
        )
        if operation == "connect":
            return _outcome(
                session, operation, f"ssh {session.user}@{session.host.name}", f"connected to {session.machine.about}"
            )
        if operation == "execute":
            return _execute(session, given)
        local, remote = given.get("local_path"), given.get("remote_path")
        if operation == "scp_upload":
            return _upload(session, local, remote)
        return _download(session, local, remote)
    except OperationError as error:
        known = error.field is not None and error.field.split(".")[0] in ("args", "host", "username")
        raise OperationError(error.code, error.message, error.field if known else "args.local_path") from error


def _execute(session: Session, args: SshArguments) -> SshOutcome:
    command = args.get("command", "").strip()
    if not command:
        raise OperationError("invalid_argument", "to execute, give the command as args.command", "args.command")
    answer = session.execute(command)
    request = f"ssh {session.user}@{session.host.name} {' '.join(command.split())}"
    return {
        **_outcome(session, "execute", request, f"{answer.stdout}{answer.stderr}"),
        "exit_status": answer.status,
    }


def _upload(session: Session, local: str | None, remote: str | None) -> SshOutcome:
    if local is None:
        raise OperationError("invalid_argument", "to copy a file there, give args.local_path", "args.local_path")
    source = session.world.files.read(session.world.files.resolve(local, field="args.local_path"), "args.local_path")
    name = source.path.rpartition("/")[2]
    target = session.resolve(remote or name)
    if session.is_directory(target):
        target = f"{'' if target == '/' else target}/{name}"
    session.write(target, source.content)
    return _copied(session, "scp_upload", source.path, target, source.content)


def _download(session: Session, local: str | None, remote: str | None) -> SshOutcome:
    if remote is None:
        raise OperationError("invalid_argument", "to copy a file from there, give args.remote_path", "args.remote_path")
    source = session.resolve(remote)
    row = session.get(source)
    if row is None:
        kind = "not a regular file" if session.is_directory(source) else "No such file or directory"
        raise OperationError(
            "not_found", f"scp: {source}: {kind}; list the directory there with ls", "args.remote_path"
        )
    files, name = session.world.files, source.rpartition("/")[2]
    target = files.resolve(local or name, field="args.local_path")
    held = files.follow(target)
    if held is not None and held.kind == "dir":
        target = f"{'' if held.path == '/' else held.path}/{name}"
    files.write(target, row.content, field="args.local_path")
    return _copied(session, "scp_download", target, source, row.content)


def _copied(session: Session, verb: str, local: str, remote: str, content: str) -> SshOutcome:
    place = f"{session.user}@{session.host.name}:{remote}"
    request = f"scp {local} {place}" if verb == "scp_upload" else f"scp {place} {local}"
    return {
        **_outcome(session, verb, request, f"{remote.rpartition('/')[2]} 100%"),
        "local_path": local,
        "remote_path": remote,
        "size": len(to_bytes(content)),
    }


def _outcome(session: Session, verb: str, request: str, output: str) -> SshOutcome:
    return {
        "request": request,
        "operation": verb,
        "host": session.host.name,
        "username": session.user,
        "output": output,
        "exit_status": 0,
    }
