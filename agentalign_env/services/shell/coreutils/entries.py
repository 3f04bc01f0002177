"""Files as the commands show them: names, modes, sizes, groups, inode numbers."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

from agentalign_env.core.text import to_bytes
from agentalign_env.errors import OperationError
from agentalign_env.services.shell.coreutils.inputs import byte_size

if TYPE_CHECKING:
    from agentalign_env.core.commands import Invocation
    from agentalign_env.core.ports import FileEntry

__all__ = [
    "base_name",
    "blocks",
    "group_of",
    "inode",
    "joined",
    "link_count",
    "mode_text",
    "parent_name",
    "size",
    "user_id",
]

_DIRECTORY_SIZE = 4096
_FIRST_USER = 1000


def base_name(name: str) -> str:
    """The last part of a name; ``/`` for the root."""
    return name.rstrip("/").rpartition("/")[2] or ("/" if name.startswith("/") else name)


def parent_name(name: str) -> str:
    """A name without its last part; ``.`` where that is all."""
    head, slash, _ = name.rstrip("/").rpartition("/")
    if not slash:
        return "/" if name.startswith("/") and not name.rstrip("/") else "."
    return head.rstrip("/") or "/"


def joined(folder: str, name: str) -> str:
    """The name of what lies in a folder."""
    return f"{folder}{name}" if folder.endswith("/") else f"{folder}/{name}"


def size(entry: FileEntry) -> int:
    """Its size in bytes; a directory has one block."""
    return _DIRECTORY_SIZE if entry.kind == "dir" else byte_size(entry.content)


def blocks(entry: FileEntry) -> int:
    """How many blocks of 1024 bytes it takes on the disk."""
    if entry.kind == "link":
        return 0
    return -(-size(entry) // 4096) * 4


def mode_text(entry: FileEntry) -> str:
    """Its kind and permissions, such as ``drwxr-xr-x``."""
    bits = int(entry.mode, 8)
    shown = list({"dir": "d", "link": "l"}.get(entry.kind, "-"))
    for shift in (6, 3, 0):
        shown.extend(letter if bits >> shift & bit else "-" for letter, bit in (("r", 4), ("w", 2), ("x", 1)))
    for at, special, letter in ((3, 0o4000, "s"), (6, 0o2000, "s"), (9, 0o1000, "t")):
        if bits & special:
            shown[at] = letter if shown[at] == "x" else letter.upper()
    return "".join(shown)


def group_of(entry: FileEntry) -> str:
    """Its group: every user has one of the same name."""
    return entry.owner


def user_id(name: str) -> int:
    """The number of a user or group."""
    return 0 if name == "root" else _FIRST_USER


def inode(entry: FileEntry) -> int:
    """A number of its own: the tree keeps paths, so this is taken from the path."""
    return 131_072 + zlib.crc32(to_bytes(entry.path)) % 8_000_000


def link_count(invocation: Invocation, entry: FileEntry) -> int:
    """How many names it has: a directory one for itself, one in its parent and one in each folder in it."""
    if entry.kind != "dir":
        return 1
    try:
        return 2 + sum(child.kind == "dir" for child in invocation.files.children(entry.path))
    except OperationError:
        return 2
