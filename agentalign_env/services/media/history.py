"""Looking through what was generated."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field
from typing_extensions import TypedDict

from agentalign_env.core.operation import operation
from agentalign_env.core.world import World
from agentalign_env.services.media.generations import GENERATIONS, MadeMedia, made

__all__ = ["list_generations"]


class GenerationPage(TypedDict):
    """A page of generated artefacts, newest first."""

    items: list[MadeMedia]
    more: bool


@operation(
    "Artificial_Intelligence_Machine_Learning.list_generations",
    reads=(GENERATIONS,),
    identifies="items[].generation_id",
)
def list_generations(
    world: World,
    *,
    query: Annotated[str, Field(max_length=400)] = "",
    kind: Literal["image", "video", "voice", "all"] = "all",
    provider: Literal["midjourney", "stable_diffusion", "dalle", "stability", "runway", "elevenlabs", "all"] = "all",
    limit: Annotated[int, Field(ge=1, le=50)] = 10,
    offset: Annotated[int, Field(ge=0, le=100_000)] = 0,
) -> GenerationPage:
    """Lists generated artefacts, newest first; with words, those whose prompt has all before those with some."""
    among = {name: value for name, value in (("kind", kind), ("provider", provider)) if value != "all"}
    page = world.store.search(
        GENERATIONS, query, limit=limit, offset=offset, newest_first=True, relaxed=True, among=among
    )
    return {"items": [made(world, row) for row in page.rows], "more": page.more}
