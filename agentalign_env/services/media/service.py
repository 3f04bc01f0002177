"""Looking through the owner's media, and vouching for them to services that show media."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import Field

from agentalign_env.core.clock import iso
from agentalign_env.core.operation import operation
from agentalign_env.core.service import Service
from agentalign_env.core.world import World
from agentalign_env.services.media.records import MEDIA, FoundMedia, Media, MediaPage
from agentalign_env.services.media.seed import seed_media

__all__ = ["SERVICE"]


@operation("Social.list_media", reads=(MEDIA,), identifies="items[].url")
def list_media(
    world: World,
    *,
    query: Annotated[str, Field(max_length=400)] = "",
    kind: Literal["photo", "clip", "all"] = "all",
    limit: Annotated[int, Field(ge=1, le=50)] = 10,
    offset: Annotated[int, Field(ge=0, le=100_000)] = 0,
) -> MediaPage:
    """Lists photos and clips, newest first; with words, those that have all of them before those that have some."""
    among = {} if kind == "all" else {"kind": kind}
    page = world.store.search(MEDIA, query, limit=limit, offset=offset, newest_first=True, relaxed=True, among=among)
    rows = (world.store.get(MEDIA, key) for key in page.keys)
    return {"items": [_line(media) for media in rows if media is not None], "more": page.more}


def _line(media: Media) -> FoundMedia:
    return {
        "url": media.url,
        "kind": media.kind,
        "title": media.title,
        "caption": media.caption,
        "tags": list(media.tags),
        "taken_at": iso(media.taken_s),
    }


class _MediaAccess:
    """The library as other services see it; see `core.ports.MediaPort`."""

    def __init__(self, world: World) -> None:
        self._world = world

    def exists(self, url: str) -> bool:
        return self._world.store.get(MEDIA, url) is not None


def _kinds_fit_their_files(world: World) -> Iterable[str]:
    for media in world.store.rows(MEDIA):
        if not media.url.endswith({"photo": ".jpg", "clip": ".mp4"}.get(media.kind, "?")):
            yield f"media {media.url} is a {media.kind}"


SERVICE = Service(
    name="media",
    module=__name__,
    tables={MEDIA: seed_media},
    operations=(list_media,),
    ports={"media": _MediaAccess},
    invariants=(_kinds_fit_their_files,),
)
