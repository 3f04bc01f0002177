"""What services ask of each other: `Service.ports` names what one provides, `World` hands it out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, Protocol

__all__ = ["FileEntry", "FileInfo", "FilesPort", "MediaPort", "WebPort", "WebResponse"]


class FileInfo(NamedTuple):
    """A regular file: its absolute path and its size in bytes."""

    path: str
    size: int


class FileEntry(Protocol):
    """A file, directory or symbolic link."""

    @property
    def path(self) -> str:
        """Absolute and canonical."""
        ...

    @property
    def kind(self) -> str:
        """``file``, ``dir`` or ``link``."""
        ...

    @property
    def content(self) -> str:
        """A file's text (bytes that are no UTF-8 as `core.text.from_bytes` keeps them), a link's target."""
        ...

    @property
    def mode(self) -> str:
        """Permissions: four octal digits."""
        ...

    @property
    def owner(self) -> str:
        """The user it belongs to."""
        ...

    @property
    def modified_s(self) -> int:
        """When it was last changed."""
        ...


class FilesPort(Protocol):
    """The files of the world's machine, as one user may use them.

    Paths are absolute and canonical (see `resolve`), except for `info`. Symbolic links on the way are followed; the
    last name only where it says so. Whatever cannot be done raises `OperationError`, whose message begins with the
    system's own words (``No such file or directory: ...``). Ask the world anew for every call of an operation.
    """

    @property
    def home(self) -> str:
        """The owner's home directory."""
        ...

    @property
    def user(self) -> str:
        """The owner's user name."""
        ...

    def resolve(self, path: str, *, base: str | None = None, field: str = "path") -> str:
        """The absolute canonical path: ``~`` is home, a relative path starts at `base`, by default home."""
        ...

    def info(self, path: str) -> FileInfo | None:
        """The readable file at this path (relative to home, or absolute), or ``None``."""
        ...

    def get(self, path: str) -> FileEntry | None:
        """What is at this path, a link itself; ``None`` for nothing."""
        ...

    def follow(self, path: str) -> FileEntry | None:
        """What is at this path, or where the link there leads; ``None`` for nothing or a dangling link."""
        ...

    def require(self, path: str, field: str = "path") -> FileEntry:
        """As `follow`, raising where nothing is."""
        ...

    def read(self, path: str, field: str = "path") -> FileEntry:
        """The regular file at this path, following a link."""
        ...

    def children(self, path: str, field: str = "path") -> Sequence[FileEntry]:
        """What a directory holds, by name; a file holds itself."""
        ...

    def walk(self, top: FileEntry) -> Iterator[FileEntry]:
        """An entry and everything below it, parents first; links are not followed."""
        ...

    def write(
        self, path: str, content: str, *, mode: str | None = None, parents: bool = True, field: str = "path"
    ) -> FileEntry:
        """Puts a file here, or replaces the content of the one here; makes missing directories unless not `parents`."""
        ...

    def make_directory(self, path: str, *, mode: str = "0755", parents: bool = True, field: str = "path") -> FileEntry:
        """Makes a directory; conflict where something is."""
        ...

    def make_link(self, path: str, target: str, *, field: str = "path") -> FileEntry:
        """Makes a symbolic link here; the target is kept as it is."""
        ...

    def set_mode(self, path: str, mode: str, field: str = "path") -> FileEntry:
        """Changes permissions, following a link."""
        ...

    def set_modified(self, path: str, modified_s: int, field: str = "path") -> FileEntry:
        """Changes the time of last change, following a link."""
        ...

    def remove(self, path: str, *, recursive: bool = False, field: str = "path") -> int:
        """Removes an entry (a link itself); how many files and directories that were."""
        ...

    def copy(self, source: str, destination: str, *, mode: str | None = None, overwrite: bool = True) -> FileEntry:
        """Copies a file, or a directory with everything in it; into the destination where that is a directory."""
        ...

    def move(self, source: str, destination: str, *, mode: str | None = None, overwrite: bool = True) -> FileEntry:
        """Moves likewise."""
        ...


class MediaPort(Protocol):
    """Access to media that posts can show."""

    def exists(self, url: str) -> bool:
        """Whether an artefact has this URL."""
        ...

    def kind(self, url: str) -> str | None:
        """``photo`` or ``clip`` (taken), ``image``, ``video`` or ``voice`` (generated); ``None`` for nothing."""
        ...


class WebResponse(NamedTuple):
    """What a server answers to one request, before any redirect is followed."""

    url: str
    status: int
    reason: str
    headers: Mapping[str, str]
    body: str


class WebPort(Protocol):
    """Access to the pages of the web."""

    def title(self, url: str) -> str | None:
        """The title of the page at this URL, or ``None`` when there is no page."""
        ...

    def fetch(self, method: str, url: str, headers: Mapping[str, str], body: str) -> WebResponse:
        """Sends one request, as `System_Tools.make_request` does without following redirects.

        Raises:
            OperationError: The method or URL is malformed, or no server has this host name.
        """
        ...
