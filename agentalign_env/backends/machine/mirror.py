"""The files of a world and those of a container, held together: what changes on one side is brought to the other."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from shlex import quote
from typing import NamedTuple

from agentalign_env.backends.docker.container import Container
from agentalign_env.backends.docker.options import AGENT_ID, ENGINES_OWN
from agentalign_env.backends.machine.archives import Item, contents, packed
from agentalign_env.core.text import from_bytes, to_bytes
from agentalign_env.core.world import World
from agentalign_env.services.files.records import FILES, File

__all__ = ["FileMirror"]

_FORM = r"%p\0%y\0%#m\0%U\0%T@\0%C@\0%i\0%s\0%l\0"
_FIELDS = 9
_KINDS = {"f": "file", "d": "dir", "l": "link"}
_ROOT = "root"
_CLOCK_S = 12 * 3600  # a time nearer than this to the container's clock was not set by anybody: it is now
_OPEN = 0o1777


class Stat(NamedTuple):
    """What tells of an entry of the container whether it changed."""

    kind: str
    mode: str
    owner: int
    modified: str
    changed: str
    inode: str
    size: str
    target: str


class _Listing(NamedTuple):
    """The entries of a container by path, and those of each repository by its directory and the path from ``.git``."""

    files: dict[str, Stat]
    repositories: dict[str, dict[str, Stat]]


class FileMirror:
    """Two trees of files that say the same.

    Of a repository only the working files are mirrored here; what is below its ``.git`` is left to `RepositoryMirror`.

    Args:
        container: An empty one.
        world: Whose files are laid into it.

    Attributes:
        repositories: What was last seen of the files below every ``.git``, by the directory that holds it.
    """

    def __init__(self, container: Container, world: World) -> None:
        self._container = container
        self._roots = container.options.roots
        self._user = world.background.user
        self._rows: dict[str, File] = {}
        self._stats: dict[str, Stat] = {}
        self.repositories: dict[str, dict[str, Stat]] = {}
        self._lay(self._wanted(world), fresh=True)
        self._rows = self._wanted(world)

    def accept(self) -> None:
        """Takes what lies in the container now as what the world has."""
        self._stats, self.repositories = self._look()

    def pull(self, world: World) -> None:
        """Brings what changed in the container into the world.

        Raises:
            SandboxFaultError: The container failed.
        """
        before, store = self._stats, world.store
        now, self.repositories = self._look()
        self._stats = now
        for path in sorted(before.keys() - now.keys(), reverse=True):
            if self._rows.pop(path, None) is not None:
                store.delete(FILES, path)
        changed = [path for path in sorted(now) if before.get(path) != now[path]]
        held_now = contents(self._container, [path for path in changed if now[path].kind == "f"])
        for path in changed:
            row = self._row(world, path, now[path], before.get(path), held_now)
            held = self._rows.get(path)
            if row is None:
                if self._rows.pop(path, None) is not None:
                    store.delete(FILES, path)
            elif held is None or row._replace(modified_s=held.modified_s) != held or row.kind == "file":
                self._rows[path] = row
                if row != held:
                    store.put(FILES, row)

    def push(self, world: World) -> None:
        """Brings what changed in the world into the container.

        Raises:
            SandboxFaultError: There is no room for it, or the container failed.
        """
        wanted = self._wanted(world)
        gone = self._rows.keys() - wanted.keys()
        changed = {path: row for path, row in wanted.items() if self._rows.get(path) != row}
        if not gone and not changed:
            return
        replaced = [path for path, row in changed.items() if path in self._rows and self._rows[path].kind != row.kind]
        self._remove([*gone, *replaced])
        self._lay(changed, fresh=False)
        self._rows = wanted
        before, touched = dict(self._stats), {*gone, *changed}
        now = self._look().files
        # What a process of the agent's changed meanwhile is still to be pulled.
        self._stats = {
            **{path: stat for path, stat in before.items() if path not in touched},
            **{path: now[path] for path in changed if path in now},
        }

    def _look(self) -> _Listing:
        """The container's files as they are now."""
        found = self._container.control.run(
            f"find {' '.join(map(quote, self._roots))} -xdev -mindepth 1 -printf '{_FORM}' 2>/dev/null"
        )
        fields = from_bytes(found.stdout).split("\0")
        files: dict[str, Stat] = {}
        repositories: dict[str, dict[str, Stat]] = {}
        for at in range(0, len(fields) - _FIELDS + 1, _FIELDS):
            path, kind, mode, owner, *rest = fields[at : at + _FIELDS]
            top, inside = _split(path)
            stat = Stat(kind, mode, int(owner), *rest)
            if top is None:
                if path not in ENGINES_OWN:
                    files[path] = stat
            else:
                repositories.setdefault(top, {})[inside] = stat
        return _Listing(files, repositories)

    def _wanted(self, world: World) -> dict[str, File]:
        """The rows that a container can hold: below a writable directory, outside of repositories' own."""
        return {
            row.path: row
            for row in world.store.rows(FILES)
            if self._holds(row.path) and row.path not in ENGINES_OWN and _split(row.path)[0] is None
        }

    def _holds(self, path: str) -> bool:
        return any(path.startswith(f"{root}/") for root in self._roots)

    def _row(self, world: World, path: str, stat: Stat, before: Stat | None, read: Mapping[str, bytes]) -> File | None:
        kind = _KINDS.get(stat.kind)
        if kind is None or (kind == "file" and path not in read):  # a pipe, a socket; or gone since
            return None
        held = self._rows.get(path)
        if held is not None and before is not None and stat.modified == before.modified:
            modified_s = held.modified_s
        else:
            moment = float(stat.modified)
            modified_s = world.now_s if abs(moment - time.time()) < _CLOCK_S else int(moment)
        content = stat.target if kind == "link" else from_bytes(read[path]) if kind == "file" else ""
        owner = _ROOT if stat.owner != AGENT_ID else self._user
        mode = "0777" if kind == "link" else f"{int(stat.mode, 8):04o}"
        return File(path, path.rpartition("/")[0] or "/", kind, content, mode, owner, modified_s)

    def _remove(self, paths: Iterable[str]) -> None:
        for path in sorted(paths, reverse=True):
            command = f"rm -rf -- {quote(path)}"
            if self._container.control.run(command).rc:
                self._container.as_root(command)

    def _lay(self, rows: Mapping[str, File], *, fresh: bool) -> None:
        """Puts rows into the container: the system's as root, then the user's, then the system's permissions."""
        ours = [row for row in rows.values() if row.owner == self._user]
        system = [row for row in rows.values() if row.owner != self._user]
        folders = [row for row in system if row.kind == "dir"]
        if fresh:
            self._container.furnish()
            group = f"root:x:0:\n{self._user}:x:{AGENT_ID}:\n"
            root = " ".join(map(quote, self._roots))
            self._container.as_root(f"chmod 1777 {root}; printf %s {quote(group)} >/etc/group")
        if system:
            self._container.unpack(packed([_item(row, system=True) for row in system], 0), root=True)
        if ours:
            self._container.unpack(packed([_item(row, system=False) for row in ours], None), root=False)
        modes = [f"chmod {row.mode} {quote(row.path)}" for row in folders]
        if fresh:
            closed = " ".join(root for root in self._roots if root != "/tmp")
            modes.append(f"chmod 0755 {closed}; chmod 0700 /root")
        if modes:
            self._container.as_root("; ".join(modes))


def _split(path: str) -> tuple[str | None, str]:
    """The repository to whose own files a path belongs, and where in them; ``None`` for other files."""
    top, found, inside = f"{path}/".partition("/.git/")
    return (top, inside.rstrip("/")) if found else (None, "")


def _item(row: File, *, system: bool) -> Item:
    """A row as an entry; directories of the system are open until what belongs to others is in them."""
    if row.kind == "dir":
        return Item(row.path, None, _OPEN if system else int(row.mode, 8), modified_s=row.modified_s)
    if row.kind == "link":
        return Item(row.path, None, 0o777, row.content, row.modified_s)
    return Item(row.path, to_bytes(row.content), int(row.mode, 8), modified_s=row.modified_s)
