"""Making videos."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from agentalign_env.core.operation import operation
from agentalign_env.core.semantics import Semantic
from agentalign_env.core.world import World
from agentalign_env.errors import OperationError
from agentalign_env.services.media.generations import (
    GENERATIONS,
    MadeMedia,
    Prompt,
    Seed,
    keep,
    made,
    require_words,
    settings_of,
)
from agentalign_env.services.media.library import require_kind
from agentalign_env.services.media.providers import PROVIDERS, STYLE_PRESETS
from agentalign_env.services.media.records import MEDIA

__all__ = ["create_video"]

_Mode = Literal["text_to_video", "image_to_video", "video_to_video"]
_SIZE = (1280, 768)
_SOURCES: dict[str, tuple[str, ...]] = {"image_to_video": ("photo", "image"), "video_to_video": ("clip", "video")}


@operation(
    "Artificial_Intelligence_Machine_Learning.create_video",
    reads=(GENERATIONS, MEDIA, "files", "disks"),
    writes=(GENERATIONS, "files"),
    identifies="generation_id",
)
def create_video(
    world: World,
    *,
    provider: Literal["runway"],
    prompt: Prompt,
    mode: _Mode = "text_to_video",
    source_url: Annotated[str, Semantic("MediaUrl"), Field(max_length=2048)] = "",
    duration: Annotated[float, Field(ge=1, le=18)] = 4.0,
    fps: Literal[24, 30] = 24,
    style_preset: Annotated[str, Field(max_length=64)] = "cinematic",
    num_frames: Annotated[int, Field(ge=1)] | None = None,
    motion_bucket_id: Annotated[int, Field(ge=1, le=255)] = 127,
    seed: Seed | None = None,
) -> MadeMedia:
    """Makes a video after a text, from nothing, from a picture or from another video of the library."""
    words = require_words(prompt)
    _check_source(world, mode, source_url)
    frames = round(duration * fps)
    if num_frames is not None and num_frames != frames:
        raise OperationError(
            "invalid_argument",
            f"{duration:g} seconds at {fps} frames a second are {frames} frames, not {num_frames}: "
            "leave num_frames out, or change the duration",
            "num_frames",
        )
    if style_preset not in STYLE_PRESETS:
        known = ", ".join(STYLE_PRESETS)
        raise OperationError("not_found", f"no preset is named {style_preset!r}: take one of {known}", "style_preset")
    settings = settings_of(
        {
            "duration": float(duration),
            "fps": fps,
            "mode": mode,
            "motion": motion_bucket_id,
            "preset": style_preset,
            "seed": seed,
        }
    )
    model = PROVIDERS[provider].models[0]
    row = keep(
        world,
        provider,
        "video",
        model=model,
        prompt=words,
        settings=settings,
        size=_SIZE,
        duration_ms=round(duration * 1000),
        source_url=source_url,
    )
    return made(world, row)


def _check_source(world: World, mode: _Mode, source_url: str) -> None:
    kinds = _SOURCES.get(mode)
    if kinds is None:
        if source_url:
            raise OperationError(
                "invalid_argument",
                "text_to_video begins with nothing, found a source: leave it out, or take image_to_video or "
                "video_to_video",
                "source_url",
            )
    elif not source_url:
        raise OperationError(
            "invalid_argument",
            f"{mode} needs the URL of a {' or '.join(kinds)}, found none: give one, or take text_to_video",
            "source_url",
        )
    else:
        require_kind(world, source_url, kinds, "source_url")
