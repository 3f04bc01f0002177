"""Reading, writing, copying, moving, deleting and listing files."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import Field

from agentalign_env.core.clock import iso
from agentalign_env.core.operation import operation
from agentalign_env.core.semantics import FileContent, FilePath
from agentalign_env.core.service import Service
from agentalign_env.core.world import World
from agentalign_env.errors import OperationError
from agentalign_env.services.files.paths import absolute, base_name, parent_of
from agentalign_env.services.files.premises import lay_file, lay_folder
from agentalign_env.services.files.records import DISKS, FILES, Entry, File, Listing, Outcome
from agentalign_env.services.files.seed import seed_disks, seed_files
from agentalign_env.services.files.tree import Tree, size_of

__all__ = ["SERVICE"]

_Verb = Literal["read", "write", "copy", "move", "delete"]

_OCTAL = re.compile(r"(0o?)?[0-7]{3}|(0o)?[0-7]{4}")
# What people and libraries say, and what it means here.
_WORDS: dict[_Verb, dict[str, str]] = {
    "read": dict.fromkeys(("r", "rt", "rb", "read", "text", "binary"), "read"),
    "write": {
        **dict.fromkeys(("w", "wt", "wb", "write", "overwrite"), "replace"),
        **dict.fromkeys(("a", "at", "ab", "append"), "append"),
        **dict.fromkeys(("x", "xt", "xb", "create"), "create"),
    },
    "copy": {"w": "replace", "overwrite": "replace", "x": "create", "create": "create"},
    "move": {"w": "replace", "overwrite": "replace", "x": "create", "create": "create"},
    "delete": {"recursive": "recursive"},
}
_TAKES_PERMISSIONS = ("write", "copy", "move")


@operation("System_Tools.manage_files", reads=(FILES, DISKS), writes=(FILES,), identifies="path")
def manage_files(
    world: World,
    *,
    operation: _Verb,
    path: FilePath,
    destination: FilePath | None = None,
    content: FileContent | None = None,
    mode: Annotated[str, Field(max_length=16)] = "",
) -> Outcome:
    """Reads, writes, copies, moves or deletes a file. Writing makes missing directories.

    A relative path starts at the owner's home. Copying or moving into an existing directory keeps the name.
    Directories are copied and moved whole; one that is not empty is deleted only with the mode ``recursive``.
    """
    tree = Tree(world)
    place = tree.resolve(path)
    how, permissions = _parse_mode(operation, mode)
    if operation == "read":
        found = tree.read(place)
        return {**_outcome(operation, found), "content": found.content}
    if operation == "write":
        return _outcome(operation, _write(tree, place, content, how, permissions))
    if operation == "delete":
        gone = tree.get(place) or tree.require(place)
        items = tree.remove(place, recursive=how == "recursive")
        return {**_outcome(operation, gone), "items": items}
    if destination is None:
        raise OperationError(
            "invalid_argument", f"to {operation} a file, give the destination: a path, or a directory", "destination"
        )
    target = tree.resolve(destination, field="destination")
    act = tree.copy if operation == "copy" else tree.move
    found = act(place, target, mode=permissions, overwrite=how != "create")
    return {**_outcome(operation, found), "source": place}


@operation("System_Tools.list_files", reads=(FILES,), identifies="entries[].path")
def list_files(
    world: World,
    *,
    path: FilePath = "~",
    limit: Annotated[int, Field(ge=1, le=200)] = 50,
    offset: Annotated[int, Field(ge=0, le=100_000)] = 0,
) -> Listing:
    """Lists what a directory holds, in name order; of a file, the file itself."""
    tree = Tree(world)
    place = tree.resolve(path)
    children = tree.children(place)
    shown = children[offset : offset + limit]
    return {
        "path": place,
        "entries": [_entry(child) for child in shown],
        "total": len(children),
        "more": offset + limit < len(children),
    }


def _write(tree: Tree, place: str, content: str | None, how: str, permissions: str | None) -> File:
    if content is None:
        raise OperationError(
            "invalid_argument", "to write a file, give its content; an empty text makes an empty file", "content"
        )
    if how == "create" and tree.get(place) is not None:
        raise OperationError(
            "conflict", f"File exists: {place!r}; give another path, or write with the mode overwrite", "path"
        )
    if how == "append" and tree.get(place) is not None:
        content = tree.read(place).content + content
    return tree.write(place, content, mode=permissions)


def _parse_mode(verb: _Verb, mode: str) -> tuple[str, str | None]:
    """How to do it, and the permissions to set."""
    words = _WORDS[verb]
    word = mode.strip().lower()
    if not word:
        return "", None
    if word in words:
        return words[word], None
    if verb in _TAKES_PERMISSIONS and _OCTAL.fullmatch(word):
        return "", f"{int(word.removeprefix('0o'), 8):04o}"
    octal = " or permissions in octal, such as 0644" if verb in _TAKES_PERMISSIONS else ""
    raise OperationError(
        "invalid_argument", f"expected for {verb} one of {', '.join(words)}{octal}; got {mode!r}", "mode"
    )


def _outcome(verb: str, entry: File) -> Outcome:
    return {
        "operation": verb,
        "path": entry.path,
        "kind": entry.kind,
        "size": size_of(entry),
        "mode": entry.mode,
        "modified": iso(entry.modified_s),
    }


def _entry(entry: File) -> Entry:
    return {
        "name": base_name(entry.path) or "/",
        "path": entry.path,
        "kind": entry.kind,
        "size": size_of(entry),
        "mode": entry.mode,
        "owner": entry.owner,
        "modified": iso(entry.modified_s),
    }


def _parents_are_directories(world: World) -> Iterable[str]:
    for entry in world.store.rows(FILES):
        parent = world.store.get(FILES, entry.parent) if entry.parent else None
        if entry.path != "/" and (parent is None or parent.kind != "dir"):
            yield f"{entry.path} lies in {entry.parent!r}, which is no directory"


def _rows_are_well_formed(world: World) -> Iterable[str]:
    for entry in world.store.rows(FILES):
        if absolute(entry.path, home="/") != entry.path or entry.parent != parent_of(entry.path):
            yield f"{entry.path} is not canonical, or not in {entry.parent!r}"
        if entry.kind not in ("file", "dir", "link") or bool(entry.content) < (entry.kind == "link"):
            yield f"{entry.path} is a {entry.kind} that leads nowhere"
        if entry.kind == "dir" and entry.content:
            yield f"{entry.path} is a {entry.kind} of {size_of(entry)} bytes"
        if not re.fullmatch(r"[0-7]{4}", entry.mode):
            yield f"{entry.path} has the mode {entry.mode!r}"


def _the_disk_is_not_overfull(world: World) -> Iterable[str]:
    disk = world.store.get(DISKS, "/")
    files, size = world.store.count(FILES), sum(size_of(entry) for entry in world.store.rows(FILES))
    if disk is None or files > disk.max_files or size > disk.max_bytes:
        yield f"{files} files of {size} bytes are more than {disk} holds"


SERVICE = Service(
    name="files",
    module=__name__,
    tables={FILES: seed_files, DISKS: seed_disks},
    operations=(manage_files, list_files),
    ports={"files": Tree},
    premises={"FilePath": lay_file, "RepositoryPath": lay_folder},
    invariants=(_parents_are_directories, _rows_are_well_formed, _the_disk_is_not_overfull),
)
