"""Rows and results of the library: what a camera took. What was generated is in `generations`."""

from __future__ import annotations

from typing import NamedTuple

from typing_extensions import TypedDict

from agentalign_env.core.semantics import MediaUrl, Tag, Title
from agentalign_env.core.table import Table

__all__ = ["MEDIA", "FoundMedia", "Media", "MediaPage", "kind_at"]

_PHOTOS = ("jpg", "jpeg", "png", "webp", "gif", "heic", "tif", "tiff", "bmp", "svg")
_CLIPS = ("mp4", "mov", "webm", "mkv", "avi", "m4v")


class Media(NamedTuple):
    """One photo or clip of the owner's library."""

    url: MediaUrl
    kind: str  # photo or clip
    title: Title
    caption: str
    tags: tuple[Tag, ...]
    keywords: str  # further words that the library's search knows it by
    taken_s: int


MEDIA = Table(
    "media",
    Media,
    text=("title", "caption", "tags", "keywords"),
    free_text=("title", "caption"),
    volatile=("keywords", "taken_s"),
    natural_key=True,
)


def kind_at(url: str) -> str:
    """What the ending of a URL says is there: ``photo``, ``clip``, or nothing."""
    ending = url.partition("?")[0].rpartition("/")[2].rpartition(".")[2].lower()
    return "photo" if ending in _PHOTOS else "clip" if ending in _CLIPS else ""


class FoundMedia(TypedDict):
    """One item of the library, taken or generated."""

    url: MediaUrl
    kind: str
    title: Title
    caption: str
    tags: list[str]
    taken_at: str


class MediaPage(TypedDict):
    """A page of the library, newest first."""

    items: list[FoundMedia]
    more: bool
