"""What can be put on the machine and its network before an episode: hosts, processes, packages, containers."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256

from agentalign_env.core.clock import DAY_S, HOUR_S, iso
from agentalign_env.core.premises import (
    Hints,
    PremiseMaker,
    checked,
    choice_hint,
    number_hint,
    premise_rng,
    refuse_known,
    text_hint,
)
from agentalign_env.core.world import World
from agentalign_env.errors import PremiseError
from agentalign_env.services.machine.docker.engine import full_reference
from agentalign_env.services.machine.docker.records import (
    CONTAINERS,
    IMAGES,
    Container,
    ContainerName,
    Image,
    ImageName,
)
from agentalign_env.services.machine.git.premises import lay_checkout, lay_hosted
from agentalign_env.services.machine.network.probing import free_address, host_by_name, is_address
from agentalign_env.services.machine.network.records import HOSTS, Host, MachineName
from agentalign_env.services.machine.packages.installing import install as install_packages
from agentalign_env.services.machine.packages.installing import plan_install, read_wanted, registry_of
from agentalign_env.services.machine.packages.records import RELEASES, PackageName, Release, package_key
from agentalign_env.services.machine.processes.records import PROCESSES, Process, ProcessId, ProcessName
from agentalign_env.services.machine.ssh.records import (
    ACCOUNTS,
    REMOTE_FILES,
    Account,
    RemoteFile,
    RemotePath,
    UserName,
)

__all__ = ["PREMISES"]

_MANAGERS = ("pip", "npm", "yarn", "apt")
_DAEMONS = {"nginx": 80, "apache2": 80, "mysqld": 3306, "postgres": 5432, "redis-server": 6379, "node": 3000}
_REMARKS = ("backup finished", "restarted", "no changes", "all checks passed")
_FIRST_PID, _MOST_PID = 2_000, 4_194_304


def _lay_host(world: World, value: str, hints: Hints) -> None:
    """A machine of this name or address that answers, and lets the owner in by SSH.

    Hints: ``about``; ``username`` of an account beside the owner's; ``reachable``, false for one that is down.
    """
    name = str(checked("MachineName", MachineName, value)).strip().rstrip(".").lower()
    if any(sign.isspace() or sign in "/:@" for sign in name):
        raise PremiseError(f"expected the name or address of a machine, got {value!r:.100}")
    refuse_known(world, HOSTS, name, "MachineName")
    known = host_by_name(world, name)
    if known is not None and known.reachable:
        raise PremiseError(f"a machine answers at {name!r} already: build on it, or name another one")
    rng, reachable = premise_rng(world, "MachineName", name), hints.get("reachable") is not False
    address = name if is_address(name) else free_address(world, rng)
    about = text_hint(hints, "about", rng.choice(("application server", "file server", "test machine", "build server")))
    ports = (22, 80, 443) if reachable else ()
    hops, delay_us = rng.randrange(5, 12), rng.randrange(9_000, 40_000)
    world.store.put(HOSTS, Host(name, address, "server", about, reachable, hops, delay_us, ports))
    for user in dict.fromkeys((text_hint(hints, "username", "deploy", UserName), "deploy", world.background.user)):
        _put_account(world, name, user)
    short = name.partition(".")[0]
    files = {"/etc/hostname": f"{short}\n", "/home/deploy/README": f"This is {name}, {about}.\n"}
    for path, content in files.items():
        _put_remote(world, name, path, content, "root" if path.startswith("/etc") else "deploy")


def _lay_account(world: World, value: str, hints: Hints) -> None:
    """An account of this name that takes the owner's key. Hints: ``host``, else every machine where it is missing."""
    user = checked("UserName", UserName, value)
    given = text_hint(hints, "host").lower()
    if given and world.store.get(HOSTS, given) is None:
        _lay_host(world, given, {"username": user})
        return
    names = [given] if given else list(dict.fromkeys(row.host for row in world.store.rows(ACCOUNTS)))
    for host in names:
        if world.store.get(ACCOUNTS, f"{user}@{host}") is None:
            _put_account(world, host, user)


def _lay_remote_file(world: World, value: str, hints: Hints) -> None:
    """A file at this path of another machine. Hints: ``host``, ``username`` it belongs to, ``content``."""
    path = checked("RemotePath", RemotePath, value)
    user = text_hint(hints, "username", "deploy", UserName)
    first = next(row.host for row in world.store.rows(ACCOUNTS) if row.user == "deploy")
    host = text_hint(hints, "host", first).lower()
    if world.store.get(HOSTS, host) is None:
        _lay_host(world, host, {"username": user})
    if not path.startswith("/"):
        path = f"/home/{user}/{path.removeprefix('~/')}"
    refuse_known(world, REMOTE_FILES, f"{host}:{path}", "RemotePath")
    rng = premise_rng(world, "RemotePath", path)
    default = f"{iso(world.now_s - HOUR_S)} {rng.choice(_REMARKS)}\n"
    _put_remote(world, host, path, text_hint(hints, "content", default), user)


def _lay_process(world: World, value: str, hints: Hints) -> None:
    """A process of the owner's that runs this program. Hints: ``pid``, ``command``, ``user``."""
    name = str(checked("ProcessName", ProcessName, value))
    if any(name in (row.name, row.command) for row in world.store.rows(PROCESSES)):
        raise PremiseError(f"a process is named {name!r:.100} already: build on it, or name another one")
    drawn = _FIRST_PID + premise_rng(world, "ProcessName", name).randrange(15_000)
    pid = int(number_hint(hints, "pid", drawn, most=_MOST_PID))
    command = text_hint(hints, "command", name if " " in name else f"/usr/bin/{name}")
    _put_process(world, pid, name.split(maxsplit=1)[0].rpartition("/")[2], name if " " in name else command, hints)


def _lay_pid(world: World, value: str, hints: Hints) -> None:
    """A process of the owner's with this number. Hints: ``name``, ``command``, ``user``."""
    if not (value.isascii() and value.isdecimal()):
        raise PremiseError(f"expected the number of a process, got {value!r:.40}")
    rng = premise_rng(world, "ProcessId", value)
    name = text_hint(hints, "name", rng.choice(("thumbnailer", "indexer", "sync-agent", "report-builder")), ProcessName)
    command = text_hint(hints, "command", f"/usr/bin/{name}")
    _put_process(world, int(value), name, command, hints)


def _lay_package(world: World, value: str, hints: Hints) -> None:
    """A package of this name in a registry.

    Hints: ``manager``, ``version``, ``summary``; ``installed``, true for one that is on the machine too.
    """
    manager = choice_hint(hints, "manager", _MANAGERS, "npm" if value.startswith("@") else "pip")
    wanted = read_wanted(checked("PackageName", PackageName, value))
    registry = registry_of(manager)
    name = wanted.name.lower().replace("_", "-") if registry == "pip" else wanted.name
    known = world.store.get(RELEASES, package_key(registry, name))
    installed = bool(hints.get("installed"))
    if known is not None and not installed:
        raise PremiseError(f"the {registry} registry has {name!r} already: build on it, or name another one")
    if known is None:
        rng = premise_rng(world, "PackageName", f"{registry}:{name}")
        newest = wanted.version.lstrip("^~") or text_hint(
            hints, "version", f"{rng.randrange(1, 6)}.{rng.randrange(9)}.0"
        )
        summary = text_hint(
            hints, "summary", f"{name.lstrip('@').replace('-', ' ').capitalize()}, kept by its community."
        )
        versions = tuple(dict.fromkeys(("0.9.0", newest)))
        key, size_kb = package_key(registry, name), rng.randrange(20, 900)
        world.store.put(RELEASES, Release(key, registry, name, versions, summary, (), size_kb))
    if installed:
        plans = plan_install(world.store, manager, read_wanted(name))
        install_packages(world.store, manager, plans, is_global=manager == "apt", dev=False)


def _lay_target(world: World, value: str, hints: Hints) -> None:
    """What the tools of git and containers work on: a checkout, or as the hint ``for`` says.

    Hints: ``for``: ``run`` for an image, ``logs`` or ``ps`` for a container; and those of what is laid.
    """
    wanted = text_hint(hints, "for")
    if wanted == "run":
        _lay_image(world, value, hints)
    elif wanted in ("logs", "ps"):
        _lay_container(world, value, hints)
    else:
        lay_checkout(world, value, hints)


def _lay_image(world: World, value: str, hints: Hints) -> None:
    """An image of this name. Hints: ``held``: local (the default) or registry; ``command``."""
    reference = full_reference(checked("ImageName", ImageName, value), "target")
    refuse_known(world, IMAGES, reference, "ImageName")
    held = choice_hint(hints, "held", ("local", "registry"), "local")
    _put_image(world, reference, held, text_hint(hints, "command", "/entrypoint.sh"))


def _lay_container(world: World, value: str, hints: Hints) -> None:
    """A container of this name. Hints: ``image``; ``state``: running (the default) or exited; ``log``."""
    name = str(checked("ContainerName", ContainerName, value))
    if any(row.name == name for row in world.store.rows(CONTAINERS)):
        raise PremiseError(f"a container is named {name!r} already: build on it, or name another one")
    reference = full_reference(text_hint(hints, "image", name.lower().replace(" ", "-"), ImageName), "target")
    image = world.store.get(IMAGES, reference)
    if image is None:
        image = _put_image(world, reference, "local", "/entrypoint.sh")
    elif image.held != "local":
        image = image._replace(held="local")
        world.store.put(IMAGES, image)
    rng = premise_rng(world, "ContainerName", name)
    runs = choice_hint(hints, "state", ("running", "exited"), "running") == "running"
    started_s = world.now_s - rng.randrange(HOUR_S, 5 * DAY_S)
    written = f"{iso(started_s)} starting {image.command}\n{iso(started_s + 3)} ready\n"
    container = Container(
        world.new_id(CONTAINERS), name, reference, image.command, (), (), (), "bridge",
        "running" if runs else "exited", 0, text_hint(hints, "log", written), started_s, started_s,
        0 if runs else started_s + HOUR_S // 2,
    )  # fmt: skip
    world.store.put(CONTAINERS, container)


def _put_account(world: World, host: str, user: str) -> None:
    world.store.put(ACCOUNTS, Account(f"{user}@{host}", host, user, "/root" if user == "root" else f"/home/{user}"))


def _put_remote(world: World, host: str, path: str, content: str, owner: str) -> None:
    modified_s = world.now_s - premise_rng(world, "remote", f"{host}:{path}").randrange(2, 200) * DAY_S
    world.store.put(REMOTE_FILES, RemoteFile(f"{host}:{path}", host, path, content, owner, modified_s))


def _put_process(world: World, pid: int, name: str, command: str, hints: Hints) -> None:
    checked("ProcessId", ProcessId, pid)
    refuse_known(world, PROCESSES, str(pid), "ProcessId")
    rng = premise_rng(world, "process", f"{pid}/{name}")
    listens = (_DAEMONS[name],) if name in _DAEMONS else ()
    taken = {port for row in world.store.rows(PROCESSES) for port in row.listens}
    row = Process(
        str(pid), pid, 1, name, command, text_hint(hints, "user", world.background.user, UserName), "S",
        tuple(port for port in listens if port not in taken), rng.randrange(1, 90), rng.randrange(6_000, 180_000), "?",
        "", world.now_s - rng.randrange(600, 6_000),
    )  # fmt: skip
    world.store.put(PROCESSES, row)


def _put_image(world: World, reference: str, held: str, command: str) -> Image:
    repository, _, tag = reference.rpartition(":")
    rng = premise_rng(world, "ImageName", reference)
    image = Image(
        reference, repository, tag, sha256(f"image {reference}".encode()).hexdigest(), held, "registry", "", command,
        ("8080/tcp",), rng.randrange(40, 900), world.now_s - rng.randrange(3, 200) * DAY_S,
    )  # fmt: skip
    world.store.put(IMAGES, image)
    return image


PREMISES: Mapping[str, PremiseMaker] = {
    "ContainerName": _lay_container,
    "ImageName": _lay_image,
    "MachineName": _lay_host,
    "PackageName": _lay_package,
    "ProcessId": _lay_pid,
    "ProcessName": _lay_process,
    "RemotePath": _lay_remote_file,
    "RepositoryPath": _lay_target,
    "RepositoryUrl": lay_hosted,
    "UserName": _lay_account,
}
