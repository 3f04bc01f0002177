"""Containers as a typed tool: run, build, ps, logs."""

from __future__ import annotations

from agentalign_env.core.clock import iso
from agentalign_env.core.operation import operation
from agentalign_env.core.world import World
from agentalign_env.errors import OperationError
from agentalign_env.services.machine.arguments import whole_number
from agentalign_env.services.machine.docker.engine import (
    all_containers,
    build_image,
    containers_of,
    find_container,
    find_image,
    run_container,
)
from agentalign_env.services.machine.docker.records import (
    CONTAINERS,
    IMAGES,
    Container,
    DockerArguments,
    DockerItem,
    DockerOutcome,
    DockerVerb,
    Image,
)
from agentalign_env.services.machine.git.records import RepositoryPath
from agentalign_env.services.machine.processes.records import PROCESSES

__all__ = ["manage_docker", "span_words", "status_words"]

_ALL = frozenset({"all", "*"})


@operation(
    "System_Tools.manage_docker",
    reads=(PROCESSES, "files"),
    writes=(IMAGES, CONTAINERS),
    identifies="items[].id",
)
def manage_docker(
    world: World, *, operation: DockerVerb, target: RepositoryPath, args: DockerArguments | None = None
) -> DockerOutcome:
    """Runs a container of an image, builds an image from a directory, lists containers, or shows what one wrote.

    To list, the target is a name, id or image, or ``all``, which shows those that have ended too.
    """
    given = args or {}
    try:
        if operation == "run":
            return _run(world, target, given)
        if operation == "build":
            return _build(world, target, given)
        if operation == "logs":
            found = find_container(world, target)
            return _outcome(operation, target, [_container_item(world, found)], found.log)
        rows = all_containers(world) if target in _ALL else containers_of(world, target)
        items = [_container_item(world, row) for row in rows]
        lines = [f"{item['id'][:12]}  {item['image']}  {item['status']}" for item in items]
        return _outcome(operation, target, items, "\n".join(lines))
    except OperationError as error:
        known = error.field is not None and error.field.split(".")[0] in ("args", "target")
        raise OperationError(error.code, error.message, error.field if known else "target") from error


def _run(world: World, target: str, args: DockerArguments) -> DockerOutcome:
    name = target
    if args.get("tag"):
        name = f"{target.partition(':')[0]}:{args['tag'].rpartition(':')[2]}"
    image = find_image(world, name)
    ports = []
    for inside, outside in args.get("ports", {}).items():
        number, _, protocol = inside.partition("/")
        port = whole_number(number, 65_535)
        if not port or protocol not in ("", "tcp", "udp"):
            message = f"expected ports of the container such as 80 or 80/tcp, got {inside[:40]!r}"
            raise OperationError("invalid_argument", message, "args.ports")
        if not 0 < int(outside) < 65536:
            raise OperationError("invalid_argument", f"expected a port from 1 to 65535, got {outside}", "args.ports")
        ports.append(f"{int(outside)}:{port}/{protocol or 'tcp'}")
    container = run_container(
        world,
        image,
        now_s=world.now_s,
        ports=ports,
        environment=args.get("environment"),
        volumes=args.get("volumes", ()),
        network=args.get("network", "bridge"),
    )
    return _outcome("run", target, [_container_item(world, container)], container.id)


def _build(world: World, target: str, args: DockerArguments) -> DockerOutcome:
    folder = world.files.resolve(target, field="target")
    given = args.get("dockerfile")
    dockerfile = world.files.resolve(given, base=folder, field="args.dockerfile") if given else f"{folder}/Dockerfile"
    if given and world.files.follow(dockerfile) is None:
        dockerfile = world.files.resolve(given, field="args.dockerfile")
    built = build_image(world, world.files, folder, dockerfile, args.get("tag", ""), world.now_s)
    return {**_outcome("build", folder, [_image_item(built.image)], "\n".join(built.lines)), "directory": folder}


def _outcome(verb: str, target: str, items: list[DockerItem], output: str) -> DockerOutcome:
    return {"operation": verb, "target": target, "items": items, "output": output}


def status_words(container: Container, now_s: int) -> str:
    """How a container stands, in the engine's words."""
    if container.state == "running":
        return f"Up {span_words(now_s - container.started_s)}"
    return f"Exited ({container.exit_code}) {span_words(now_s - container.ended_s)} ago"


def span_words(seconds: int) -> str:
    """A span of time in its largest unit."""
    for size, name in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= size:
            return f"{seconds // size} {name}{'' if seconds // size == 1 else 's'}"
    return f"{seconds} seconds"


def _container_item(world: World, row: Container) -> DockerItem:
    return {
        "id": row.id,
        "image": row.image,
        "name": row.name,
        "command": row.command,
        "status": status_words(row, world.now_s),
        "ports": list(row.ports),
        "created": iso(row.created_s),
    }


def _image_item(image: Image) -> DockerItem:
    return {
        "id": image.digest,
        "image": image.reference,
        "command": image.command,
        "status": "built",
        "ports": list(image.exposes),
        "created": iso(image.created_s),
    }
