"""What the container engine does: images are found, pulled and built, containers run, end and go."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from hashlib import sha256
from typing import NamedTuple

from agentalign_env.core.clock import iso
from agentalign_env.core.ports import FileEntry, FilesPort
from agentalign_env.core.rng import stream
from agentalign_env.core.world import World
from agentalign_env.errors import OperationError
from agentalign_env.services.machine.docker.records import CONTAINERS, IMAGES, NETWORKS, Container, Image
from agentalign_env.services.machine.processes.records import PROCESSES

__all__ = [
    "Built", "all_containers", "build_image", "containers_of", "find_container", "find_image", "full_reference",
    "pull_image", "remove_container", "remove_image", "run_container", "start_container", "stop_container",
]  # fmt: skip

_REFERENCE = re.compile(r"[a-z0-9]+([._/-][a-z0-9]+)*(:[A-Za-z0-9_][\w.-]{0,127})?")
_SENTENCE = re.compile(r"\s*([A-Za-z]+)\s+(.*\S)\s*", re.DOTALL)
_KNOWN = frozenset({
    "FROM", "RUN", "CMD", "LABEL", "EXPOSE", "ENV", "ADD", "COPY", "ENTRYPOINT", "VOLUME", "USER", "WORKDIR", "ARG",
    "ONBUILD", "STOPSIGNAL", "HEALTHCHECK", "SHELL", "MAINTAINER",
})  # fmt: skip
_MOODS = ("brisk", "calm", "eager", "gentle", "jolly", "keen", "mellow", "nimble", "quiet", "sunny", "vivid", "witty")
_THINGS = (
    "badger",
    "beech",
    "comet",
    "finch",
    "harbour",
    "lantern",
    "maple",
    "otter",
    "pebble",
    "quill",
    "river",
    "wren",
)
_MAX_STEPS = 200


class Built(NamedTuple):
    """An image that was built, and what the builder wrote."""

    image: Image
    lines: tuple[str, ...]


def full_reference(name: str, field: str = "target") -> str:
    """A reference with its tag.

    Raises:
        OperationError: It is no reference.
    """
    if len(name) > 255 or not _REFERENCE.fullmatch(name):
        message = f"invalid reference format: {name[:120]!r}; give a name in lower case such as nginx:1.27"
        raise OperationError("invalid_argument", message, field)
    return name if ":" in name.rpartition("/")[2] else f"{name}:latest"


def find_image(world: World, name: str, field: str = "target") -> Image:
    """An image on the machine or in the registry, by reference or by the start of its digest.

    Raises:
        OperationError: There is none.
    """
    store = world.store
    if re.fullmatch(r"(sha256:)?[0-9a-f]{6,64}", name):
        digest = name.removeprefix("sha256:")
        found = next((row for row in store.where(IMAGES, "held", "local") if row.digest.startswith(digest)), None)
        if found is not None:
            return found
    reference = full_reference(name, field)
    image = store.get(IMAGES, reference)
    if image is not None:
        return image
    known = [row.reference for row in store.rows(IMAGES)]
    near = get_close_matches(reference, known, n=1)
    remedy = (
        f"did you mean {near[0]}?"
        if near
        else "known repositories are " + ", ".join(sorted({other.partition(":")[0] for other in known})[:12])
    )
    raise OperationError("not_found", f"Unable to find image '{reference}' locally or in the registry; {remedy}", field)


def pull_image(world: World, image: Image) -> Image:
    """Puts an image of the registry on the machine."""
    if image.held == "local":
        return image
    pulled = image._replace(held="local")
    world.store.put(IMAGES, pulled)
    return pulled


def remove_image(world: World, image: Image) -> None:
    """Takes an image off the machine.

    Raises:
        OperationError: It is not there, or a container is of it.
    """
    if image.held != "local":
        raise OperationError("not_found", f"No such image: {image.reference}; list the images of the machine", "target")
    user = next(iter(world.store.where(CONTAINERS, "image", image.reference)), None)
    if user is not None:
        message = (
            f"conflict: unable to remove {image.reference}: container {user.id[:12]} is using it; remove that first"
        )
        raise OperationError("conflict", message, "target")
    if image.origin == "registry":
        world.store.put(IMAGES, image._replace(held="registry"))
    else:
        world.store.delete(IMAGES, image.reference)


def all_containers(world: World) -> list[Container]:
    """Containers, the newest first."""
    return list(world.store.newest(CONTAINERS))


def containers_of(world: World, name: str) -> list[Container]:
    """The containers that a name, the start of an id, or an image means."""
    return [
        row
        for row in all_containers(world)
        if name in (row.name, row.image, row.image.rpartition(":")[0]) or (len(name) >= 3 and row.id.startswith(name))
    ]


def find_container(world: World, name: str, field: str = "target") -> Container:
    """A container by its name or the start of its id.

    Raises:
        OperationError: There is none.
    """
    rows = all_containers(world)
    for row in rows:
        if name == row.name or (len(name) >= 3 and row.id.startswith(name)):
            return row
    names = [row.name for row in rows]
    near = get_close_matches(name[:100], names, n=1)
    remedy = f"did you mean {near[0]}?" if near else f"containers are {', '.join(names) or 'none'}"
    raise OperationError("not_found", f"No such container: {name[:120]}; {remedy}", field)


def run_container(
    world: World,
    image: Image,
    *,
    now_s: int,
    command: str = "",
    name: str = "",
    ports: Iterable[str] = (),
    environment: Mapping[str, str] | None = None,
    volumes: Iterable[str] = (),
    network: str = "bridge",
) -> Container:
    """Makes a container of an image, pulled where needed, and starts it.

    A command of its own, and an image that serves no port, end at once.

    Raises:
        OperationError: A port or the name is taken, or the network is not known.
    """
    taken = {row.name for row in all_containers(world)}
    if name and name in taken:
        message = (
            f'Conflict. The container name "/{name}" is already in use; remove that container or give another name'
        )
        raise OperationError("conflict", message, "target")
    if network not in NETWORKS:
        raise OperationError(
            "not_found", f"network {network} not found; take one of {', '.join(NETWORKS)}", "args.network"
        )
    bound = tuple(sorted(ports))
    _refuse_taken_ports(world, bound)
    pull_image(world, image)
    key = world.new_id(CONTAINERS)
    serves = bool(image.exposes) and not command
    what = command or image.command
    log = f"{iso(now_s)} starting {what}\n" + (f"{iso(now_s)} ready\n" if serves else "")
    variables = tuple(f"{variable}={value}" for variable, value in sorted((environment or {}).items()))
    container = Container(
        key, name or _made_up(key, taken), image.reference, what, bound, variables, tuple(sorted(volumes)), network,
        "running" if serves else "exited", 0, log, now_s, now_s, 0 if serves else now_s,
    )  # fmt: skip
    world.store.put(CONTAINERS, container)
    return container


def start_container(world: World, container: Container, now_s: int) -> Container:
    """Starts a container that has ended.

    Raises:
        OperationError: One of its ports is taken by now.
    """
    if container.state == "running":
        return container
    _refuse_taken_ports(world, container.ports)
    image = world.store.get(IMAGES, container.image)
    serves = image is not None and bool(image.exposes) and container.command == image.command
    started = container._replace(
        state="running" if serves else "exited", exit_code=0, started_s=now_s, ended_s=0 if serves else now_s,
        log=f"{container.log}{iso(now_s)} starting {container.command}\n",
    )  # fmt: skip
    world.store.put(CONTAINERS, started)
    return started


def stop_container(world: World, container: Container, now_s: int, exit_code: int = 0) -> Container:
    """Ends a container; one that has ended stays as it is."""
    if container.state != "running":
        return container
    log = f"{container.log}{iso(now_s)} signal received, exiting\n"
    stopped = container._replace(state="exited", exit_code=exit_code, ended_s=now_s, log=log)
    world.store.put(CONTAINERS, stopped)
    return stopped


def remove_container(world: World, container: Container, *, force: bool = False) -> None:
    """Removes a container.

    Raises:
        OperationError: It runs, and nobody insists.
    """
    if container.state == "running" and not force:
        message = f'cannot remove container "/{container.name}": container is running; stop it first, or insist with -f'
        raise OperationError("conflict", message, "target")
    world.store.delete(CONTAINERS, container.id)


def build_image(
    world: World, files: FilesPort, folder: str, dockerfile: str, tag: str, now_s: int, field: str = "target"
) -> Built:
    """Builds an image from a directory.

    Args:
        world: Where.
        files: Through which its files are read.
        folder: The context: an absolute path.
        dockerfile: An absolute path.
        tag: The image's reference; without one the image has no name.
        now_s: The time.
        field: The argument that names the directory.

    Raises:
        OperationError: Something in the Dockerfile is wrong or missing.
    """
    top = files.require(folder, field)
    if top.kind != "dir":
        raise OperationError("invalid_state", f"unable to prepare context: {folder!r} is no directory; give one", field)
    held = files.follow(dockerfile)
    if held is None or held.kind != "file":
        at = "args.dockerfile" if dockerfile != f"{folder}/Dockerfile" else field
        message = (
            f"failed to read dockerfile: open {dockerfile}: no such file or directory; write one, or give its path"
        )
        raise OperationError("not_found", message, at)
    text = files.read(dockerfile, field).content
    sentences = _sentences(text, field)
    base = _base(world, sentences, field)
    command, exposes = (base.command, list(base.exposes)) if base is not None else ("", [])
    entry = ""
    lines = [f"#{number} [{number}/{len(sentences)}] {word} {rest}" for number, (word, rest) in enumerate(sentences, 1)]
    for word, rest in sentences:
        if word in ("COPY", "ADD"):
            _check_copy(files, top, rest, field)
        elif word == "EXPOSE":
            exposes += [port if "/" in port else f"{port}/tcp" for port in rest.split()]
        elif word == "CMD":
            command = _plain_command(rest)
        elif word == "ENTRYPOINT":
            entry = _plain_command(rest)
    digest = sha256("\0".join((text, *_context(files, top))).encode(errors="surrogateescape")).hexdigest()
    reference = full_reference(tag, "args.tag") if tag else f"<none>@{digest[:12]}"
    repository, _, label = reference.rpartition(":") if tag else ("<none>", "", "<none>")
    before = world.store.get(IMAGES, reference)
    if before is not None and before.origin == "registry":
        message = f"{reference} is an image of the registry; give the new one another name"
        raise OperationError("conflict", message, "args.tag")
    image = Image(
        reference, repository, label, digest, "local", folder, base.reference if base is not None else "",
        f"{entry} {command}".strip() if entry else command, tuple(dict.fromkeys(exposes)),
        (base.size_mb if base is not None else 0) + 1 + len(text) // 100, now_s,
    )  # fmt: skip
    if before is not None and before._replace(created_s=0, size_mb=0) == image._replace(created_s=0, size_mb=0):
        image = before  # everything came from the cache
    world.store.put(IMAGES, image)
    return Built(image, (*lines, f"#{len(lines) + 1} naming to {reference}"))


def _refuse_taken_ports(world: World, ports: Iterable[str]) -> None:
    used = {port.partition(":")[0] for row in all_containers(world) if row.state == "running" for port in row.ports}
    used |= {str(port) for row in world.store.rows(PROCESSES) for port in row.listens}
    seen: set[str] = set()
    for port in ports:
        number = port.partition(":")[0]
        if number in used or number in seen:
            message = f"Bind for 0.0.0.0:{number} failed: port is already allocated; take another port of the machine"
            raise OperationError("conflict", message, "args.ports")
        seen.add(number)


def _made_up(key: str, taken: set[str]) -> str:
    """A name as the engine makes them up; when that is taken, with a number behind it."""
    rng = stream("container-name", key)
    name = f"{rng.choice(_MOODS)}_{rng.choice(_THINGS)}"
    numbered = (f"{name}{number}" for number in range(1, len(taken) + 2))
    return name if name not in taken else next(other for other in numbered if other not in taken)


def _sentences(text: str, field: str) -> list[tuple[str, str]]:
    found = []
    joined = re.sub(r"\\[ \t]*\n", " ", text)
    for line in joined.split("\n"):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        match = _SENTENCE.fullmatch(line)
        word = match[1].upper() if match else line.split()[0].upper()
        if match is None or word not in _KNOWN:
            raise OperationError(
                "invalid_state",
                f"dockerfile parse error: unknown instruction: {word[:40]}; correct the Dockerfile",
                field,
            )
        found.append((word, match[2]))
    if not found or len(found) > _MAX_STEPS:
        message = f"the Dockerfile has {len(found)} instructions, expected 1 to {_MAX_STEPS}; correct it"
        raise OperationError("invalid_state", message, field)
    return found


def _base(world: World, sentences: list[tuple[str, str]], field: str) -> Image | None:
    """The image of the last FROM; all of them must exist."""
    base: Image | None = None
    stages: dict[str, Image | None] = {}
    if next((word for word, _ in sentences if word != "ARG"), "") != "FROM":
        raise OperationError(
            "invalid_state", "no build stage in current context; begin the Dockerfile with FROM", field
        )
    for word, rest in sentences:
        if word == "FROM":
            name, _, alias = (part.strip() for part in re.sub(r"\s+[aA][sS]\s+", " as ", rest).partition(" as "))
            base = None if name == "scratch" else stages[name] if name in stages else find_image(world, name, field)
            if alias:
                stages[alias] = base
    return base


def _check_copy(files: FilesPort, top: FileEntry, rest: str, field: str) -> None:
    words = rest.replace("[", " ").replace("]", " ").replace(",", " ").replace('"', "").split()
    if any(word.startswith("--from=") for word in words):
        return
    for source in [word for word in words if not word.startswith("--")][:-1]:
        if "*" in source or "?" in source or "://" in source or "$" in source:
            continue
        place = files.resolve(source.lstrip("/") or ".", base=top.path, field=field)
        if not f"{place}/".startswith(f"{top.path}/") or files.follow(place) is None:
            message = (
                f'failed to compute cache key: "/{source}": not found; add it to the '
                "directory, or correct the Dockerfile"
            )
            raise OperationError("not_found", message, field)


def _context(files: FilesPort, top: FileEntry) -> list[str]:
    return [f"{entry.path}\0{entry.content}" for entry in files.walk(top) if "/.git/" not in f"{entry.path}/"]


def _plain_command(rest: str) -> str:
    if rest.startswith("["):
        return " ".join(re.findall(r'"((?:[^"\\]|\\.)*)"', rest))
    return rest
