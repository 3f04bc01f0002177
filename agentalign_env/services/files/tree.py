"""The tree of files in a world's store, with the rules of a Unix file system: parents, permissions, quotas.

Messages begin with the system's own words (``No such file or directory: ...``), so a shell can show those alone.
"""

from __future__ import annotations

from collections.abc import Iterator

from agentalign_env.core.ports import FileEntry, FileInfo
from agentalign_env.core.text import to_bytes
from agentalign_env.core.world import World
from agentalign_env.errors import OperationError
from agentalign_env.services.files.paths import absolute, base_name, join, parent_of
from agentalign_env.services.files.records import DISKS, FILES, File

__all__ = ["DIRECTORY_MODE", "FILE_MODE", "Tree", "size_of"]

FILE_MODE = "0644"
DIRECTORY_MODE = "0755"
_READ, _WRITE = 4, 2
LINK_MODE = "0777"
_STICKY = 0o1000
_SUPERUSER = "root"
_MAX_LINKS = 40


class Tree:
    """The files of one world, as its owner may use them: the port ``files`` (see `core.ports.FilesPort`).

    Cheap to make. What the episode added is counted on the first write and kept up from there, so use one tree for the
    writes of one call, and no tree across calls. Rows are kept by the path without any link on the way, so a path that
    has a row needs no look at the links above it.
    """

    def __init__(self, world: World) -> None:
        self._world, self._store = world, world.store
        self.home, self.user = world.background.home, world.background.user
        self._used: list[int] | None = None  # files and bytes

    # Looking

    def resolve(self, path: str, *, base: str | None = None, field: str = "path") -> str:
        """The canonical absolute path; see `paths.absolute`."""
        return absolute(path, home=self.home, base=base, field=field)

    def info(self, path: str) -> FileInfo | None:
        """The readable file at this path (relative to home, or absolute), or ``None``."""
        try:
            found = self.read(self.resolve(path))
        except OperationError:
            return None
        return FileInfo(found.path, size_of(found))

    def get(self, path: str) -> File | None:
        """What is at this absolute path, a link itself; ``None`` for nothing."""
        found = self._store.get(FILES, path)
        if found is None and path != "/":
            place = self._physical(path)
            if place is not None and place != path:
                return self._store.get(FILES, place)
        return found

    def follow(self, path: str) -> File | None:
        """What is at this absolute path, or where the link there leads; ``None`` for nothing, or links that lead on."""
        found = self.get(path)
        if found is None or found.kind != "link":
            return found
        place = self._destination(found)
        return None if place is None else self._store.get(FILES, place)

    def require(self, path: str, field: str = "path") -> File:
        """As `follow`.

        Raises:
            OperationError: There is nothing; the message names the nearest directory that exists.
        """
        found = self.follow(path)
        if found is not None:
            return found
        link = self.get(path)
        if link is not None and self._destination(link) is None:
            raise OperationError(
                "invalid_state", f"Too many levels of symbolic links: {path!r} leads to itself; remove the link", field
            )
        nearest = parent_of(path)
        while (held := self.follow(nearest)) is None:
            nearest = parent_of(nearest)
        if held.kind == "file":
            raise OperationError(
                "invalid_state", f"Not a directory: {nearest!r} is a file, so {path!r} cannot exist", field
            )
        message = f"No such file or directory: {path!r}; the nearest directory that exists is {nearest!r}, list it"
        raise OperationError("not_found", message, field)

    def read(self, path: str, field: str = "path") -> File:
        """The regular file at this absolute path, following a link.

        Raises:
            OperationError: There is none, it is a directory, or its mode forbids reading.
        """
        found = self.require(path, field)
        if found.kind == "dir":
            raise OperationError(
                "invalid_state", f"Is a directory: {path!r}; list it, or give the path of a file", field
            )
        self._allow(found, _READ, "read", field)
        return found

    def children(self, path: str, field: str = "path") -> list[File]:
        """What the directory at this absolute path holds, by name; a file holds itself.

        Raises:
            OperationError: There is nothing at the path, or its mode forbids listing.
        """
        found = self.require(path, field)
        if found.kind == "file":
            return [found]
        self._allow(found, _READ, "list", field)
        return sorted(self._store.where(FILES, "parent", found.path))

    def walk(self, top: FileEntry) -> Iterator[File]:
        """An entry and everything below it, parents first; links are not followed."""
        ahead = [held] if (held := self.get(top.path)) is not None else []
        while ahead:
            found = ahead.pop()
            yield found
            if found.kind == "dir":
                ahead.extend(sorted(self._store.where(FILES, "parent", found.path), reverse=True))

    # Changing

    def write(
        self, path: str, content: str, *, mode: str | None = None, parents: bool = True, field: str = "path"
    ) -> File:
        """Puts a regular file at this absolute path, or replaces the content of the one there, following a link.

        Args:
            path: Where.
            content: All of the file's content.
            mode: Its permissions; by default those that it has, or `FILE_MODE`.
            parents: Whether missing directories are made.
            field: The argument that an error is about.

        Raises:
            OperationError: A directory is there, a permission is missing, or the disk is full.
        """
        before = self._store.get(FILES, path)
        if before is None or before.kind == "link":
            path = self._place(path, field, follow=True)
            before = self._store.get(FILES, path)
        if before is not None:
            if before.kind == "dir":
                raise OperationError("invalid_state", f"Is a directory: {path!r}; give the path of a file in it", field)
            self._allow(before, _WRITE, "write to", field)
            after = before._replace(content=content, mode=mode or before.mode, modified_s=self._world.now_s)
            self._claim(0, size_of(after) - size_of(before), field)
            self._store.put(FILES, after)
            return after
        new = self._new_directories(parent_of(path), field, parents=parents)
        after = File(path, parent_of(path), "file", content, mode or FILE_MODE, self.user, self._world.now_s)
        self._create([*new, after], field)
        return after

    def make_directory(
        self, path: str, *, mode: str = DIRECTORY_MODE, parents: bool = True, field: str = "path"
    ) -> File:
        """Makes a directory at this absolute path, and the missing ones above it where `parents` are made too.

        Raises:
            OperationError: Something is there already, a permission is missing, or the disk is full.
        """
        if self.get(path) is not None:
            raise OperationError("conflict", f"File exists: {path!r}; give a new name", field)
        path = self._place(path, field)
        above = self._new_directories(parent_of(path), field, parents=parents)
        made = File(path, parent_of(path), "dir", "", mode, self.user, self._world.now_s)
        self._create([*above, made], field)
        return made

    def make_link(self, path: str, target: str, *, field: str = "path") -> File:
        """Makes a symbolic link at this absolute path; what it leads to is kept as given, and need not exist.

        Raises:
            OperationError: Something is there already, a permission is missing, or the disk is full.
        """
        if self.get(path) is not None:
            raise OperationError("conflict", f"File exists: {path!r}; give a new name", field)
        if not target or "\0" in target:
            raise OperationError("not_found", "No such file or directory: a link needs a path to lead to", field)
        path = self._place(path, field)
        self._new_directories(parent_of(path), field, parents=False)
        made = File(path, parent_of(path), "link", target, LINK_MODE, self.user, self._world.now_s)
        self._create([made], field)
        return made

    def set_mode(self, path: str, mode: str, field: str = "path") -> File:
        """Changes the permissions of the owner's file or directory, following a link.

        Raises:
            OperationError: There is nothing at the path, or it is not the owner's.
        """
        return self._alter(self._own(path, field)._replace(mode=mode))

    def set_modified(self, path: str, modified_s: int, field: str = "path") -> File:
        """Changes when the owner's file or directory was last changed, following a link.

        Raises:
            OperationError: There is nothing at the path, or it is not the owner's.
        """
        return self._alter(self._own(path, field)._replace(modified_s=modified_s))

    def _own(self, path: str, field: str) -> File:
        found = self.require(path, field)
        if found.owner != self.user != _SUPERUSER:
            raise OperationError(
                "permission_denied", f"Operation not permitted: {path!r} belongs to {found.owner}", field
            )
        return found

    def _alter(self, after: File) -> File:
        self._store.put(FILES, after)
        return after

    def remove(self, path: str, *, recursive: bool = False, field: str = "path") -> int:
        """Removes what is at this absolute path, a link itself; how many files and directories that were.

        Raises:
            OperationError: There is none, a permission is missing, or (unless `recursive`) a directory is not empty.
        """
        top = self.get(path) or self.require(path, field)
        if top.kind == "dir" and not recursive and self._store.where(FILES, "parent", top.path):
            raise OperationError(
                "conflict", f"Directory not empty: {path!r}; remove what it holds first, or ask for recursive", field
            )
        gone = list(self.walk(top))
        for folder in {entry.parent for entry in gone}:
            self._allow_removal(folder, gone, field)
        self._claim(-len(gone), -sum(map(size_of, gone)), field)
        for entry in reversed(gone):
            self._store.delete(FILES, entry.path)
        return len(gone)

    def copy(self, source: str, destination: str, *, mode: str | None = None, overwrite: bool = True) -> File:
        """Copies a file, or a directory with everything in it; into `destination` where that is a directory.

        Raises:
            OperationError: The source cannot be read, or the destination cannot be written.
        """
        top = self.require(source, "path")
        target = self._target(top, base_name(source), destination, overwrite=overwrite)
        if top.kind == "file":
            kept = None if self.follow(target) else top.mode  # a file that is overwritten keeps its own permissions
            return self.write(target, self.read(top.path).content, mode=mode or kept, field="destination")
        entries = list(self.walk(top))
        for entry in entries:
            self._allow(entry, _READ, "copy", "path")
        self._create(
            [*self._new_directories(parent_of(target), "destination"), *self._moved(entries, top.path, target, mode)],
            "destination",
        )
        return self.require(target)

    def move(self, source: str, destination: str, *, mode: str | None = None, overwrite: bool = True) -> File:
        """Moves a file, or a directory with everything in it; into `destination` where that is a directory.

        Raises:
            OperationError: The source cannot be removed, or the destination cannot be written.
        """
        top = self.get(source) or self.require(source, "path")
        self._allow_removal(top.parent, [top], "path")
        target = self._target(top, base_name(source), destination, overwrite=overwrite)
        entries = list(self.walk(top))
        moved = [
            new._replace(owner=old.owner, modified_s=old.modified_s)
            for old, new in zip(entries, self._moved(entries, top.path, target, mode), strict=True)
        ]
        replaced = self._store.get(FILES, target)
        if replaced is not None:
            self._allow_removal(replaced.parent, [replaced], "destination")
            self._claim(-1, -size_of(replaced), "destination")
        self._claim(-len(entries), -sum(map(size_of, entries)), "path")
        new_directories = self._new_directories(parent_of(target), "destination")
        for entry in reversed(entries):
            self._store.delete(FILES, entry.path)
        self._create([*new_directories, *moved], "destination")
        return moved[0]

    def _target(self, source: File, name: str, destination: str, *, overwrite: bool) -> str:
        """Where a copied or moved file ends up."""
        held = self.follow(destination)
        inside = held is not None and held.kind == "dir"
        target = self._place(join(destination, name) if inside else destination, "destination")
        replaced = self.get(target)
        if target == source.path:
            raise OperationError(
                "conflict", f"{target!r} and the source are the same file; give another destination", "destination"
            )
        if source.kind == "dir" and target.startswith(join(source.path, "")):
            message = f"Invalid argument: {target!r} lies inside {source.path!r}; give a destination outside of it"
            raise OperationError("conflict", message, "destination")
        if replaced is not None and (replaced.kind == "dir" or source.kind == "dir" or not overwrite):
            raise OperationError(
                "conflict", f"File exists: {target!r}; remove it first or give another destination", "destination"
            )
        return absolute(target, home=self.home, field="destination")

    def _moved(self, entries: list[File], source: str, target: str, mode: str | None) -> list[File]:
        """The same entries below another path, now the user's."""
        found = []
        for entry in entries:
            path = absolute(f"{target}{entry.path[len(source) :]}", home=self.home, field="destination")
            found.append(
                entry._replace(path=path, parent=parent_of(path), owner=self.user, modified_s=self._world.now_s)
            )
        if mode is not None:
            found[0] = found[0]._replace(mode=mode)
        return found

    def _new_directories(self, path: str, field: str, *, parents: bool = True) -> list[File]:
        """The directories that are missing down to this one, which an existing one must be writable for."""
        missing = []
        while (held := self._store.get(FILES, path)) is None:
            missing.append(File(path, parent_of(path), "dir", "", DIRECTORY_MODE, self.user, self._world.now_s))
            path = parent_of(path)
        if missing and not parents and held.kind == "dir":
            self.require(missing[0].path, field)
        if held.kind != "dir":
            raise OperationError(
                "invalid_state", f"Not a directory: {path!r} is a {held.kind}; give a path below a directory", field
            )
        self._allow(held, _WRITE, "write in", field)
        return missing[::-1]

    def _create(self, entries: list[File], field: str) -> None:
        self._claim(len(entries), sum(map(size_of, entries)), field)
        for entry in entries:
            self._store.put(FILES, entry)

    def _claim(self, files: int, size: int, field: str) -> None:
        """Counts what a change adds.

        Raises:
            OperationError: The disk has no room for it.
        """
        disk = self._store.get(DISKS, "/")
        assert disk is not None, "every world has a disk"
        if self._used is None:
            self._used = [disk.seeded_files, disk.seeded_bytes]
            for change in self._store.diff():
                if change.table == FILES.name:
                    self._used[0] += (change.after is not None) - (change.before is not None)
                    self._used[1] += sum(
                        size_of(File(*row)) * sign for row, sign in ((change.after, 1), (change.before, -1)) if row
                    )
        self._used[0] += files
        self._used[1] += size
        if (files > 0 and self._used[0] > disk.max_files) or (size > 0 and self._used[1] > disk.max_bytes):
            message = (
                f"No space left on device: it holds at most {disk.max_files} files and {disk.max_bytes} bytes, "
                f"this would make {self._used[0]} files and {self._used[1]} bytes; remove something first"
            )
            raise OperationError("limit_exceeded", message, field)

    # Links

    def _physical(self, path: str, links: int = 0) -> str | None:
        """The path without links in the directories on the way; ``None`` where they lead in a circle."""
        name, above = base_name(path), parent_of(path)
        held = self._store.get(FILES, above)
        if held is not None and held.kind == "dir":
            return path
        if held is None:
            if above == "/":
                return path
            place = self._physical(above, links)
            if place is None or place == above:
                return None if place is None else path
            held = self._store.get(FILES, place)
            if held is None or held.kind != "link":
                return join(place, name)
        if held.kind == "link":
            place = self._destination(held, links)
            return None if place is None else join(place, name)
        return path

    def _destination(self, entry: File, links: int = 0) -> str | None:
        """Where a link leads in the end, whether something is there or not; ``None`` for a circle."""
        while entry.kind == "link":
            links += 1
            if links > _MAX_LINKS:
                return None
            place = self._physical(absolute(entry.content, home=self.home, base=entry.parent), links)
            if place is None:
                return None
            held = self._store.get(FILES, place)
            if held is None:
                return place
            entry = held
        return entry.path

    def _place(self, path: str, field: str, *, follow: bool = False) -> str:
        """Where a row of this path is kept, or would be; with `follow`, where a link there leads."""
        place = self._physical(path)
        held = None if place is None else self._store.get(FILES, place)
        if follow and held is not None and held.kind == "link":
            place = self._destination(held)
        if place is None:
            raise OperationError(
                "invalid_state", f"Too many levels of symbolic links: {path!r} leads to itself; remove the link", field
            )
        return place

    def _allow(self, entry: File, right: int, verb: str, field: str) -> None:
        if self.user == _SUPERUSER:
            return
        bits = int(entry.mode, 8)
        if not (bits >> 6 if entry.owner == self.user else bits) & right:
            message = (
                f"Permission denied: {self.user} may not {verb} {entry.path!r} (owner {entry.owner}, mode {entry.mode})"
            )
            raise OperationError("permission_denied", f"{message}; choose a path below {self.home}", field)

    def _allow_removal(self, folder: str, entries: list[File], field: str) -> None:
        held = self.get(folder)
        if held is None:
            raise OperationError(
                "permission_denied", "Permission denied: the root directory cannot be removed or moved", field
            )
        self._allow(held, _WRITE, "remove or move what is in", field)
        if int(held.mode, 8) & _STICKY and held.owner != self.user != _SUPERUSER:
            for entry in entries:
                if entry.parent == folder and entry.owner != self.user:
                    message = f"Operation not permitted: {entry.path!r} belongs to {entry.owner}; leave it"
                    raise OperationError("permission_denied", message, field)


def size_of(entry: File) -> int:
    """The size in bytes; 0 for a directory."""
    content = entry.content
    return len(content) if content.isascii() else len(to_bytes(content))
