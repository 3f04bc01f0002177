"""The shell's ``docker``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

import orjson

from agentalign_env.core.clock import iso
from agentalign_env.core.commands import Command, Invocation
from agentalign_env.errors import OperationError
from agentalign_env.services.machine.arguments import UnknownOptionError, read_options, said, whole_number
from agentalign_env.services.machine.docker.engine import (
    all_containers,
    build_image,
    find_container,
    find_image,
    pull_image,
    remove_container,
    remove_image,
    run_container,
    start_container,
    stop_container,
)
from agentalign_env.services.machine.docker.operations import span_words, status_words
from agentalign_env.services.machine.docker.records import CONTAINERS, IMAGES, NETWORKS, Container

__all__ = ["DOCKER_COMMANDS"]


def _docker(invocation: Invocation) -> int:
    args = list(invocation.args)
    if args[:1] in (["--version"], ["-v"]):
        invocation.out("Docker version 26.1.5, build a72d7cd\n")
        return 0
    verb = args.pop(0) if args else ""
    if verb in ("container", "image") and args:
        inner = args.pop(0)
        verb = {"image ls": "images", "image rm": "rmi", "container ls": "ps"}.get(f"{verb} {inner}", inner)
    act = _VERBS.get(verb)
    if act is None:
        words = (
            f"docker: '{verb}' is not a docker command.\nSee 'docker --help'\n"
            if verb
            else "Usage:  docker [OPTIONS] COMMAND\n"
        )
        invocation.err(words)
        return 1
    try:
        return act(invocation, args)
    except UnknownOptionError as error:
        invocation.err(
            f"unknown {'flag: ' if str(error).startswith('--') else 'shorthand flag: '}{error}\n"
            f"See 'docker {verb} --help'.\n"
        )
        return 125
    except OperationError as error:
        words = said(error)
        if verb in ("run", "create"):
            invocation.err(f"docker: Error response from daemon: {words}.\nSee 'docker run --help'.\n")
            return 125
        invocation.err(f"ERROR: {words}\n" if verb == "build" else f"Error response from daemon: {words}\n")
        return 1


def _run(invocation: Invocation, args: list[str]) -> int:
    given = read_options(
        args, "d detach i interactive t tty rm init P publish-all privileged q quiet read-only",
        "p publish e env v volume name network net w workdir u user restart memory m cpus entrypoint h hostname l "
        "label env-file pull",
        in_order=True,
    )  # fmt: skip
    words = given.rest[1:] if given.rest[:1] == ["--"] else given.rest
    if not words:
        invocation.err('"docker run" requires at least 1 argument.\n')
        return 1
    image = find_image(invocation.world, words[0])
    if image.held != "local":
        invocation.err(
            f"Unable to find image '{image.reference}' locally\n{image.tag}: Pulling from "
            f"{image.repository}\nStatus: Downloaded newer image for {image.reference}\n"
        )
    ports = [_port(text) for text in given.values("p", "publish")]
    environment = dict(text.partition("=")[::2] for text in given.values("e", "env"))
    container = run_container(
        invocation.world,
        image,
        now_s=int(invocation.now_s),
        command=" ".join(words[1:]),
        name=given.value("name"),
        ports=ports,
        environment=environment,
        volumes=[
            f"{invocation.files.resolve(text.partition(':')[0], base=invocation.cwd)}:{text.partition(':')[2]}"
            for text in given.values("v", "volume")
        ],
        network=given.value("network", "net", default="bridge"),
    )
    if given.has("d", "detach"):
        invocation.out(f"{container.id}\n")
    else:
        invocation.out(_output(container, words[1:]))
    if given.has("rm") and container.state != "running":
        remove_container(invocation.world, container)
    return 0


def _port(text: str) -> str:
    """``8080:80`` (or with an address before it) as the engine keeps it."""
    bare, _, protocol = text.partition("/")
    parts = bare.split(":")
    outside, inside = (parts[-2], parts[-1]) if len(parts) > 1 else (parts[0], parts[0])
    numbers = whole_number(outside, 65_535), whole_number(inside, 65_535)
    if not all(numbers):
        raise OperationError(
            "invalid_argument", f"invalid publish opts format: {text}; give HOST:CONTAINER", "args.ports"
        )
    return f"{numbers[0]}:{numbers[1]}/{protocol or 'tcp'}"


def _output(container: Container, words: list[str]) -> str:
    """What a command in a container writes: the few that say something by themselves."""
    if container.image.startswith("hello-world"):
        return "\nHello from Docker!\nThis message shows that your installation appears to be working correctly.\n\n"
    if words[:1] == ["echo"]:
        return f"{' '.join(words[1:])}\n"
    if words[:1] == ["hostname"]:
        return f"{container.id[:12]}\n"
    if words[:1] in (["env"], ["printenv"]):
        return "".join(f"{variable}\n" for variable in (f"HOSTNAME={container.id[:12]}", *container.environment))
    return "" if words else container.log if container.state == "running" else ""


def _build(invocation: Invocation, args: list[str]) -> int:
    given = read_options(
        args, "q quiet no-cache pull rm force-rm load", "t tag f file build-arg target platform progress label network"
    )
    if len(given.rest) != 1:
        invocation.err('ERROR: "docker build" requires exactly 1 argument.\n')
        return 1
    folder = invocation.files.resolve(given.rest[0], base=invocation.cwd)
    place = given.value("f", "file")
    dockerfile = invocation.files.resolve(place, base=invocation.cwd) if place else f"{folder}/Dockerfile"
    built = build_image(
        invocation.world, invocation.files, folder, dockerfile, given.value("t", "tag"), int(invocation.now_s)
    )
    if given.has("q", "quiet"):
        invocation.out(f"sha256:{built.image.digest}\n")
    else:
        invocation.err("".join(f"{line}\n" for line in built.lines))
    return 0


def _ps(invocation: Invocation, args: list[str]) -> int:
    given = read_options(args, "a all q quiet no-trunc l latest s", "f filter n last format")
    rows = [
        row
        for row in all_containers(invocation.world)
        if row.state == "running" or given.has("a", "all", "l", "latest", "n", "last")
    ]
    for text in given.values("f", "filter"):
        key, _, value = text.partition("=")
        rows = [
            row
            for row in rows
            if (key == "name" and value in row.name) or (key == "status" and value == row.state)
            or (key == "ancestor" and value in (row.image, row.image.partition(":")[0]))
            or (key == "id" and row.id.startswith(value))
        ]  # fmt: skip
    if given.has("l", "latest"):
        rows = rows[:1]
    if given.has("q", "quiet"):
        invocation.out("".join(f"{row.id if given.has('no-trunc') else row.id[:12]}\n" for row in rows))
        return 0
    table = [
        {
            "ID": row.id if given.has("no-trunc") else row.id[:12],
            "Image": row.image,
            "Command": f'"{row.command}"',
            "CreatedAt": iso(row.created_s),
            "RunningFor": f"{span_words(max(int(invocation.now_s) - row.created_s, 0))} ago",
            "Status": status_words(row, int(invocation.now_s)),
            "State": row.state,
            "Ports": ", ".join(f"0.0.0.0:{port.replace(':', '->', 1)}" for port in row.ports)
            if row.state == "running"
            else "",
            "Names": row.name,
        }
        for row in rows
    ]
    return _table(
        invocation,
        table,
        given.value("format"),
        {
            "ID": "CONTAINER ID",
            "Image": "IMAGE",
            "Command": "COMMAND",
            "RunningFor": "CREATED",
            "Status": "STATUS",
            "Ports": "PORTS",
            "Names": "NAMES",
        },
    )


def _table(invocation: Invocation, rows: list[dict[str, str]], template: str, columns: Mapping[str, str]) -> int:
    if template == "json":
        invocation.out("".join(orjson.dumps(row).decode() + "\n" for row in rows))
        return 0
    if template and not template.startswith("table"):
        for row in rows:
            line = template
            for key, value in row.items():
                line = line.replace(f"{{{{.{key}}}}}", value)
            invocation.out(line.replace("\\t", "\t") + "\n")
        return 0
    if template:
        columns = {key: head for key, head in columns.items() if f"{{{{.{key}}}}}" in template}
    widths = {key: max([len(head), *(len(row[key]) for row in rows)]) for key, head in columns.items()}
    for row in (dict(columns), *rows):
        invocation.out("   ".join(f"{row[key]:<{widths[key]}}" for key in columns).rstrip() + "\n")
    return 0


def _images(invocation: Invocation, args: list[str]) -> int:
    given = read_options(args, "a all q quiet no-trunc", "f filter format")
    rows = [
        row
        for row in invocation.world.store.where(IMAGES, "held", "local")
        if not given.rest or given.rest[0] in (row.repository, row.reference)
    ]
    rows.sort(key=lambda row: -row.created_s)
    if given.has("q", "quiet"):
        invocation.out("".join(f"{row.digest[:12]}\n" for row in rows))
        return 0
    table = [
        {
            "Repository": row.repository,
            "Tag": row.tag,
            "ID": row.digest[:12],
            "CreatedSince": f"{span_words(max(int(invocation.now_s) - row.created_s, 0))} ago",
            "Size": f"{row.size_mb}MB",
        }
        for row in rows
    ]
    return _table(
        invocation,
        table,
        given.value("format"),
        {"Repository": "REPOSITORY", "Tag": "TAG", "ID": "IMAGE ID", "CreatedSince": "CREATED", "Size": "SIZE"},
    )


def _pull(invocation: Invocation, args: list[str]) -> int:
    given = read_options(args, "q quiet a", "platform")
    for name in given.rest:
        image = find_image(invocation.world, name)
        words = "Image is up to date" if image.held == "local" else "Downloaded newer image"
        pull_image(invocation.world, image)
        invocation.out(
            f"{image.tag}: Pulling from {image.repository}\nDigest: sha256:{image.digest}\nStatus: "
            f"{words} for {image.reference}\n{image.reference}\n"
        )
    return 0


def _each(change: Callable[[Invocation, Container], object]) -> Callable[[Invocation, list[str]], int]:
    def act(invocation: Invocation, args: list[str]) -> int:
        given = read_options(args, "f force v a attach i", "t time s signal")
        status = 0
        for name in given.rest:
            try:
                change(invocation, find_container(invocation.world, name))
                invocation.out(f"{name}\n")
            except OperationError as error:
                invocation.err(f"Error response from daemon: {said(error)}\n")
                status = 1
        return status

    return act


def _rm(invocation: Invocation, args: list[str]) -> int:
    given = read_options(args, "f force v volumes", "")
    status = 0
    for name in given.rest:
        try:
            remove_container(invocation.world, find_container(invocation.world, name), force=given.has("f", "force"))
            invocation.out(f"{name}\n")
        except OperationError as error:
            invocation.err(f"Error response from daemon: {said(error)}\n")
            status = 1
    return status


def _rmi(invocation: Invocation, args: list[str]) -> int:
    given = read_options(args, "f force", "")
    for name in given.rest:
        image = find_image(invocation.world, name)
        remove_image(invocation.world, image)
        invocation.out(f"Untagged: {image.reference}\nDeleted: sha256:{image.digest}\n")
    return 0


def _logs(invocation: Invocation, args: list[str]) -> int:
    given = read_options(args, "f follow t timestamps details", "n tail since until")
    if not given.rest:
        invocation.err('"docker logs" requires exactly 1 argument.\n')
        return 1
    lines = find_container(invocation.world, given.rest[0]).log.splitlines(keepends=True)
    tail = whole_number(given.value("n", "tail"))
    invocation.out("".join(lines if tail is None else lines[-tail:] if tail else ()))
    return 0


def _exec(invocation: Invocation, args: list[str]) -> int:
    given = read_options(args, "i interactive t tty d detach privileged", "e env u user w workdir", in_order=True)
    if len(given.rest) < 2:
        invocation.err('"docker exec" requires at least 2 arguments.\n')
        return 1
    container = find_container(invocation.world, given.rest[0])
    if container.state != "running":
        invocation.err(f"Error response from daemon: container {container.id} is not running\n")
        return 1
    words = given.rest[1:]
    known = _output(container, words)
    if known or words[0] in ("true", "sh", "bash"):
        invocation.out(known)
        return 0
    if words[0] == "ls":
        invocation.out("bin\netc\nhome\nsrv\ntmp\nusr\nvar\n")
        return 0
    invocation.err(
        f'OCI runtime exec failed: exec failed: exec: "{words[0]}": executable file not found in $PATH: unknown\n'
    )
    return 126


def _inspect(invocation: Invocation, args: list[str]) -> int:
    given = read_options(args, "s size", "f format type")
    found = []
    for name in given.rest:
        try:
            row = find_container(invocation.world, name)
            state = {
                "Status": row.state,
                "Running": row.state == "running",
                "ExitCode": row.exit_code,
                "StartedAt": iso(row.started_s),
            }
            found.append(
                {
                    "Id": row.id,
                    "Name": f"/{row.name}",
                    "Created": iso(row.created_s),
                    "State": state,
                    "Config": {"Image": row.image, "Env": list(row.environment), "Cmd": row.command.split()},
                    "HostConfig": {"NetworkMode": row.network, "Binds": list(row.volumes)},
                    "NetworkSettings": {"Ports": list(row.ports)},
                }
            )
        except OperationError:
            image = find_image(invocation.world, name)
            found.append(
                {
                    "Id": f"sha256:{image.digest}",
                    "RepoTags": [image.reference],
                    "Created": iso(image.created_s),
                    "Config": {"Cmd": image.command.split(), "ExposedPorts": list(image.exposes)},
                }
            )
    if given.value("f", "format"):
        for item in found:
            invocation.out(f"{_template(item, given.value('f', 'format'))}\n")
        return 0
    invocation.out(orjson.dumps(found, option=orjson.OPT_INDENT_2).decode() + "\n")
    return 0


def _template(item: Mapping[str, object], template: str) -> str:
    path = template.strip("{} ").lstrip(".").split(".")
    value: object = item
    for part in path:
        value = value.get(part, "<no value>") if isinstance(value, Mapping) else "<no value>"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _tag(invocation: Invocation, args: list[str]) -> int:
    given = read_options(args, "", "")
    if len(given.rest) != 2:
        invocation.err('"docker tag" requires exactly 2 arguments.\n')
        return 1
    image = find_image(invocation.world, given.rest[0])
    new = given.rest[1] if ":" in given.rest[1] else f"{given.rest[1]}:latest"
    held = invocation.world.store.get(IMAGES, new)
    if image.held != "local" or (held is not None and held.origin == "registry"):
        invocation.err(
            f"Error response from daemon: No such image: {given.rest[0]}\n"
            if image.held != "local"
            else f"Error response from daemon: {new} belongs to the registry\n"
        )
        return 1
    repository, _, tag = new.rpartition(":")
    invocation.world.store.put(
        IMAGES,
        image._replace(
            reference=new,
            repository=repository,
            tag=tag,
            origin=image.origin if image.origin != "registry" else f"tag of {image.reference}",
        ),
    )
    return 0


def _network(invocation: Invocation, args: list[str]) -> int:
    if args[:1] == ["ls"]:
        invocation.out(
            "NAME      DRIVER    SCOPE\n"
            + "".join(f"{name:<9} {name if name != 'none' else 'null':<9} local\n" for name in NETWORKS)
        )
        return 0
    invocation.err("Error response from daemon: only the networks bridge, host and none exist here\n")
    return 1


def _info(invocation: Invocation, _args: list[str]) -> int:
    rows = all_containers(invocation.world)
    running = sum(row.state == "running" for row in rows)
    local = len(invocation.world.store.where(IMAGES, "held", "local"))
    when = datetime.fromtimestamp(int(invocation.now_s), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    invocation.out(
        f"Containers: {len(rows)}\n Running: {running}\n Stopped: {len(rows) - running}\nImages: "
        f"{local}\nServer Version: 26.1.5\nSystem Time: {when}\n"
    )
    return 0


def _prune(invocation: Invocation, _args: list[str]) -> int:
    for row in invocation.world.store.where(CONTAINERS, "state", "exited"):
        remove_container(invocation.world, row)
        invocation.out(f"{row.id}\n")
    return 0


_VERBS: Mapping[str, Callable[[Invocation, list[str]], int]] = {
    "build": _build,
    "exec": _exec,
    "images": _images,
    "info": _info,
    "inspect": _inspect,
    "kill": _each(lambda invocation, row: stop_container(invocation.world, row, int(invocation.now_s), 137)),
    "logs": _logs,
    "network": _network,
    "prune": _prune,
    "ps": _ps,
    "pull": _pull,
    "restart": _each(
        lambda invocation, row: start_container(
            invocation.world, stop_container(invocation.world, row, int(invocation.now_s)), int(invocation.now_s)
        )
    ),
    "rm": _rm,
    "rmi": _rmi,
    "run": _run,
    "start": _each(lambda invocation, row: start_container(invocation.world, row, int(invocation.now_s))),
    "stop": _each(lambda invocation, row: stop_container(invocation.world, row, int(invocation.now_s))),
    "tag": _tag,
}
DOCKER_COMMANDS: Mapping[str, Command] = {"docker": _docker}
