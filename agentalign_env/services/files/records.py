"""Rows and results of the files service."""

from __future__ import annotations

from typing import NamedTuple, NotRequired

from typing_extensions import TypedDict

from agentalign_env.core.semantics import FileContent, FilePath
from agentalign_env.core.table import Table

__all__ = ["DISKS", "FILES", "Disk", "Entry", "File", "Listing", "Outcome"]


class File(NamedTuple):
    """A file, a directory, or a symbolic link, whose content is where it leads. The root's parent is empty."""

    path: FilePath
    parent: str
    kind: str  # file, dir or link
    content: FileContent
    mode: str  # four octal digits
    owner: str
    modified_s: int


class Disk(NamedTuple):
    """What the files of a new world take up, and what there is room for. Later changes are counted from it."""

    mount: str
    seeded_files: int
    seeded_bytes: int
    max_files: int
    max_bytes: int


FILES = Table("files", File, free_text=("content",), volatile=("modified_s",), natural_key=True)
DISKS = Table("disks", Disk, natural_key=True)


class Outcome(TypedDict):
    """What an operation on a file answers; the path is where the file is now, or was when it is gone."""

    operation: str
    path: FilePath
    kind: str
    size: int
    mode: str
    modified: str
    content: NotRequired[str]
    source: NotRequired[FilePath]
    items: NotRequired[int]


class Entry(TypedDict):
    """One line of a directory listing; the size is in bytes, 0 for a directory."""

    name: str
    path: FilePath
    kind: str
    size: int
    mode: str
    owner: str
    modified: str


class Listing(TypedDict):
    """A page of a directory listing, in name order."""

    path: FilePath
    entries: list[Entry]
    total: int
    more: bool
