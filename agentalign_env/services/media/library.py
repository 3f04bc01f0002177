"""The library of photos, clips and generated artefacts: listing it, and vouching for what is in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal, TypeVar

from pydantic import Field

from agentalign_env.core.clock import iso
from agentalign_env.core.operation import operation
from agentalign_env.core.table import Table
from agentalign_env.core.world import World
from agentalign_env.errors import OperationError
from agentalign_env.services.media.generations import GENERATIONS, Generation
from agentalign_env.services.media.records import MEDIA, FoundMedia, Media, MediaPage

__all__ = ["MediaAccess", "list_media", "require_kind", "size_of_media"]

R = TypeVar("R", bound=tuple[Any, ...])

_PHOTO_SIZE, _CLIP_SIZE = (1600, 1200), (1920, 1080)
_TITLE_CHARS = 200
_TAKEN = ("photo", "clip")


@operation("Social.list_media", reads=(MEDIA, GENERATIONS), identifies="items[].url")
def list_media(
    world: World,
    *,
    query: Annotated[str, Field(max_length=400)] = "",
    kind: Literal["photo", "clip", "image", "video", "voice", "all"] = "all",
    limit: Annotated[int, Field(ge=1, le=50)] = 10,
    offset: Annotated[int, Field(ge=0, le=100_000)] = 0,
) -> MediaPage:
    """Lists the library, newest first; with words, what has all of them comes first."""
    wanted = offset + limit + 1
    among = {} if kind == "all" else {"kind": kind}
    whole: list[FoundMedia] = []
    partial: list[FoundMedia] = []
    for media, has_all in _found(world, MEDIA, query, among, wanted) if kind in (*_TAKEN, "all") else ():
        (whole if has_all else partial).append(_taken(media))
    for generation, has_all in _found(world, GENERATIONS, query, among, wanted) if kind not in _TAKEN else ():
        (whole if has_all else partial).append(_generated(generation))
    whole.sort(key=lambda found: found["taken_at"], reverse=True)
    items = whole + partial
    return {"items": items[offset : offset + limit], "more": len(items) >= wanted}


def _found(
    world: World, table: Table[R], query: str, among: Mapping[str, object], wanted: int
) -> Iterator[tuple[R, bool]]:
    """The first rows of a search, newest first, each with whether it has all of the words."""
    store = world.store
    rows = store.search(table, query, limit=wanted, newest_first=True, among=among).rows
    whole = {row[0] for row in rows}
    if len(rows) < wanted:
        rows = store.search(table, query, limit=wanted, newest_first=True, relaxed=True, among=among).rows
    for row in rows:
        yield row, row[0] in whole


def _taken(media: Media) -> FoundMedia:
    return {
        "url": media.url,
        "kind": media.kind,
        "title": media.title,
        "caption": media.caption,
        "tags": list(media.tags),
        "taken_at": iso(media.taken_s),
    }


def _generated(row: Generation) -> FoundMedia:
    return {
        "url": row.url,
        "kind": row.kind,
        "title": row.prompt[:_TITLE_CHARS],
        "caption": row.prompt,
        "tags": [],
        "taken_at": iso(row.created_s),
    }


class MediaAccess:
    """The library as other services see it; see `core.ports.MediaPort`."""

    def __init__(self, world: World) -> None:
        self._world = world

    def exists(self, url: str) -> bool:
        """Whether an artefact has this URL."""
        return self.kind(url) is not None

    def kind(self, url: str) -> str | None:
        """What is at this URL: ``photo``, ``clip``, ``image``, ``video`` or ``voice``; ``None`` for nothing."""
        taken = self._world.store.get(MEDIA, url)
        if taken is not None:
            return taken.kind
        generated = _generation_at(self._world, url)
        return generated.kind if generated else None


def require_kind(world: World, url: str, kinds: Sequence[str], field: str) -> str:
    """The URL, when something of these kinds is there.

    Raises:
        OperationError: ``not_found``, or ``invalid_argument`` when it is something else.
    """
    kind = MediaAccess(world).kind(url)
    wanted = " or ".join(kinds)
    if kind is None:
        message = f"no {wanted} has the URL {url[:200]!r}: take one from list_media, or one that was generated"
        raise OperationError("not_found", message, field)
    if kind not in kinds:
        raise OperationError("invalid_argument", f"expected a {wanted}, {url!r} is a {kind}: take another URL", field)
    return url


def size_of_media(world: World, url: str) -> tuple[int, int]:
    """Width and height in pixels; the camera's for what it took."""
    generated = _generation_at(world, url)
    if generated is not None:
        return generated.width, generated.height
    taken = world.store.get(MEDIA, url)
    return _CLIP_SIZE if taken is not None and taken.kind == "clip" else _PHOTO_SIZE


def _generation_at(world: World, url: str) -> Generation | None:
    return next(iter(world.store.where(GENERATIONS, "url", url)), None)
