"""The repositories of a world and those of a container, held together: the container's are real git's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from shlex import quote

from agentalign_env.backends.docker.container import Container
from agentalign_env.backends.docker.options import CONTROL_ROOT
from agentalign_env.backends.machine.archives import Item, contents, packed
from agentalign_env.backends.machine.git_hosting import (
    CONFIG_NAME,
    PROGRAM_NAMES,
    commit_environment,
    git_config,
    hosted_repositories,
    remote_program,
)
from agentalign_env.backends.machine.git_reading import read_back, read_hosted
from agentalign_env.backends.machine.git_repositories import checkouts, real_repository
from agentalign_env.core.text import from_bytes
from agentalign_env.core.world import World
from agentalign_env.services.files.records import FILES
from agentalign_env.services.machine.git.records import BRANCHES, GitArguments, GitVerb

__all__ = ["RepositoryMirror", "git_command"]

_HOSTS = f"{CONTROL_ROOT}/git"
_PROGRAMS = f"{CONTROL_ROOT}/git-core"
_LINK_PROGRAMS = f'mkdir -p {_PROGRAMS} {_HOSTS} && chmod 1777 {_HOSTS} && ln -sfn "$(git --exec-path)"/* {_PROGRAMS}/'
_OBJECTS = "git -c safe.directory='*' --git-dir={} cat-file --batch-all-objects --batch 2>/dev/null"
_LISTED = f"find {_HOSTS} -name objects -prune -o -type f -printf '%p\\0%C@\\0%i\\0'"
_EMPTY = "cd {} && find . -mindepth 1 -maxdepth 1 ! -name objects -exec rm -rf {{}} +"


class RepositoryMirror:
    """Two sets of repositories that say the same: checkouts, and those of the hosts that they are cloned from.

    The hosts' lie in the container where no script has a reason to look, and git finds them at their addresses.

    Args:
        container: One into which the world's other files are laid already.
        world: Whose repositories.
    """

    def __init__(self, container: Container, world: World) -> None:
        self._container = container
        self._seen: dict[str, object] = {}  # by the checkout, what its files were when they were read last
        container.as_root(_LINK_PROGRAMS)
        program = remote_program(_HOSTS).encode()
        names = [Item(f"{_PROGRAMS}/{name}", program, 0o755) for name in PROGRAM_NAMES]
        container.as_root(f"cd {_PROGRAMS} && rm -f {' '.join(PROGRAM_NAMES)}")
        container.unpack(packed(names, 0), root=True)
        container.control.run(f"find {_HOSTS} -mindepth 1 -maxdepth 1 -exec rm -rf {{}} +")
        config = Item(f"{_HOSTS}/{CONFIG_NAME}", git_config(world, _HOSTS, program=True).encode(), 0o644)
        items = [config]
        hosted = hosted_repositories(world)
        self._paths = sorted(hosted)
        self._branches = tuple(world.store.rows(BRANCHES))
        for path, files in hosted.items():
            items += _items(f"{_HOSTS}/{path}", files)
        self._rows = _pointer_rows(world)
        for top in checkouts(world):
            items += _items(f"{top}/.git", real_repository(world, top), self._rows.get(top, {}))
        container.unpack(packed(items, None), root=False)
        self._hosts_seen = self._hosts()

    def environment(self, world: World) -> dict[str, str]:
        """The variables with which a script's git works on this world, now."""
        return {**commit_environment(world, _HOSTS), "GIT_EXEC_PATH": _PROGRAMS}

    def accept(self, seen: Mapping[str, object]) -> None:
        """Takes what lies in the checkouts now as what the world has."""
        self._seen = dict(seen)

    def pull(self, world: World, seen: Mapping[str, object], *, pushed: bool) -> None:
        """Brings what changed in the container's repositories into the world.

        Args:
            world: The world.
            seen: Of every checkout in the container, by its directory, whatever changes with its files.
            pushed: Whether a script ran that may have pushed to a host.
        """
        for top in self._rows.keys() - seen.keys():
            for row in [row for row in world.store.rows(FILES) if row.path.startswith(f"{top}/.git/")]:
                world.store.delete(FILES, row.path)
        for top, state in seen.items():
            if self._seen.get(top) != state:
                files, objects = self._read(f"{top}/.git")
                read_back(world, top, files, objects)
        self._seen = dict(seen)
        if pushed and (now := self._hosts()) != self._hosts_seen:
            for path in [path for path in self._paths if _below(now, path) != _below(self._hosts_seen, path)]:
                files, objects = self._read(f"{_HOSTS}/{path}")
                read_hosted(world, path, files, objects)
            self._hosts_seen, self._branches = now, tuple(world.store.rows(BRANCHES))
        self._rows = _pointer_rows(world)

    def push(self, world: World) -> None:
        """Brings what changed in the world's repositories into the container."""
        rows = _pointer_rows(world)
        if rows != self._rows:
            for top in [top for top in rows if rows[top] != self._rows.get(top)]:
                self._lay(f"{top}/.git", real_repository(world, top), rows[top])
                self._seen.pop(top, None)
            for top in self._rows.keys() - rows.keys():
                self._container.control.run(f"rm -rf {quote(f'{top}/.git')}")
            self._rows = rows
        branches = tuple(world.store.rows(BRANCHES))
        if branches != self._branches:
            for path, files in hosted_repositories(world).items():
                self._lay(f"{_HOSTS}/{path}", files, {})
            self._branches, self._hosts_seen = branches, self._hosts()

    def _lay(self, folder: str, files: Mapping[str, bytes], modes: Mapping[str, str]) -> None:
        self._container.control.run(f"mkdir -p {quote(folder)}; ({_EMPTY.format(quote(folder))})")
        self._container.unpack(packed(_items(folder, files, modes), None), root=False)

    def _read(self, folder: str) -> tuple[dict[str, bytes], bytes]:
        """A repository's files without its objects, and all its objects."""
        control = self._container.control
        listed = control.run(f"cd {quote(folder)} && find . -path ./objects -prune -o -type f -print0").stdout
        names = [name[2:] for name in from_bytes(listed).split("\0")[:-1]]
        held = contents(self._container, [f"{folder}/{name}" for name in names])
        files = {name: held[f"{folder}/{name}"] for name in names if f"{folder}/{name}" in held}
        return files, control.run(_OBJECTS.format(quote(folder))).stdout

    def _hosts(self) -> dict[str, str]:
        fields = from_bytes(self._container.control.run(_LISTED).stdout).split("\0")
        return {fields[at]: f"{fields[at + 1]} {fields[at + 2]}" for at in range(0, len(fields) - 3, 3)}


def git_command(verb: GitVerb, path: str, args: GitArguments) -> str | None:
    """The command line with which git itself does what the typed tool is asked for; ``None`` where it only looks."""
    branch, here = args.get("branch", ""), f"git -C {quote(path)}"
    if verb == "clone":
        chosen = f"-b {quote(branch)} " if branch else ""
        return f"git clone -q {chosen}-- {quote(args.get('url', '').strip())} {quote(path)}"
    if verb == "commit":
        return f"{here} add -A && {here} commit -q -m {quote(args.get('message', '').strip())}"
    if verb == "pull":
        return f"{here} pull -q origin {quote(branch)}" if branch else f"{here} pull -q"
    if verb == "push":
        return f"{here} push -q origin {quote(branch) if branch else 'HEAD'}"
    return None


def _below(listed: Mapping[str, str], path: str) -> dict[str, str]:
    return {name: state for name, state in listed.items() if name.startswith(f"{_HOSTS}/{path}/")}


def _items(folder: str, files: Mapping[str, bytes], modes: Mapping[str, str] | None = None) -> Iterable[Item]:
    for name, content in files.items():
        if name.endswith("/"):
            yield Item(f"{folder}/{name[:-1]}", None, 0o755)
        else:
            mode = (modes or {}).get(name, "0644").rpartition("\0")[2]
            yield Item(f"{folder}/{name}", content, 0o755 if name.startswith("hooks/") else int(mode, 8))


def _pointer_rows(world: World) -> dict[str, dict[str, str]]:
    """The rows below every ``.git`` of the world, by the checkout and the path from there."""
    found: dict[str, dict[str, str]] = {}
    for row in world.store.rows(FILES):
        top, inside, name = row.path.partition("/.git/")
        if inside:
            found.setdefault(top, {})[name] = f"{row.content}\0{row.mode}"
    return found
