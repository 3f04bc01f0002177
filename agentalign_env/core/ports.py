"""What services ask of each other: `Service.ports` names what one provides, `World` hands it out."""

from __future__ import annotations

from typing import NamedTuple, Protocol

__all__ = ["FileInfo", "FilesPort", "MediaPort", "WebPort"]


class FileInfo(NamedTuple):
    """A regular file: its absolute path and its size in bytes."""

    path: str
    size: int


class FilesPort(Protocol):
    """Access to the owner's files."""

    def info(self, path: str) -> FileInfo | None:
        """The file at this path (relative to home, or absolute), or ``None`` when there is no regular file."""
        ...


class MediaPort(Protocol):
    """Access to media that posts can show."""

    def exists(self, url: str) -> bool:
        """Whether an artefact has this URL."""
        ...


class WebPort(Protocol):
    """Access to the pages of the web."""

    def title(self, url: str) -> str | None:
        """The title of the page at this URL, or ``None`` when there is no page."""
        ...
