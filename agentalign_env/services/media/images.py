"""Making and editing images."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field
from typing_extensions import TypedDict

from agentalign_env.core.operation import operation
from agentalign_env.core.semantics import MediaUrl
from agentalign_env.core.world import World
from agentalign_env.errors import OperationError
from agentalign_env.services.media.generations import (
    GENERATIONS,
    MadeMedia,
    Prompt,
    Seed,
    keep,
    made,
    require_model,
    require_words,
    settings_of,
)
from agentalign_env.services.media.library import require_kind, size_of_media
from agentalign_env.services.media.providers import SAMPLERS
from agentalign_env.services.media.records import MEDIA

__all__ = ["EditedImages", "create_image", "edit_image"]

_LARGE = 1_000_000_000
_Scalars = Annotated[
    Mapping[
        Annotated[str, Field(max_length=40)],
        Annotated[str, Field(max_length=200)]
        | Annotated[int, Field(ge=-_LARGE, le=_LARGE)]
        | Annotated[float, Field(ge=-_LARGE, le=_LARGE)]
        | bool,
    ],
    Field(max_length=20),
]
_ControlMode = Literal["canny", "depth", "pose", "seg", "hed", "scribble", "normal"]
_PIXELS = 1024  # along the side of a square
_STEP, _SMALLEST, _LARGEST = 8, 256, 2048
_LONGEST_RATIO = 4


class EditedImages(TypedDict):
    """What an edit answers: one or several artefacts."""

    source_url: str
    prompt: str
    model: str
    images: list[MadeMedia]


@operation(
    "Artificial_Intelligence_Machine_Learning.create_image",
    reads=(GENERATIONS, "files", "disks"),
    writes=(GENERATIONS, "files"),
    identifies="generation_id",
)
def create_image(
    world: World,
    *,
    provider: Literal["midjourney", "stable_diffusion"],
    prompt: Prompt,
    model: Annotated[str, Field(min_length=1, max_length=64)],
    aspect_ratio: Annotated[str, Field(pattern=r"^[1-9][0-9]{0,3}:[1-9][0-9]{0,3}$", examples=["16:9"])] = "1:1",
    width: int = _PIXELS,
    height: int = _PIXELS,
    quality: Annotated[float, Field(ge=0.25, le=2.0)] | None = None,
    style_params: _Scalars | None = None,
    negative_prompt: Annotated[str, Field(max_length=2000)] = "",
    steps: Annotated[int, Field(ge=1, le=150)] | None = None,
    cfg_scale: Annotated[float, Field(ge=1, le=30)] | None = None,
    sampler: Annotated[str, Field(max_length=64)] = "",
    seed: Seed | None = None,
) -> MadeMedia:
    """Makes an image after a text; it joins the library, and its file lies below ``~/pictures/generated``."""
    words = require_words(prompt)
    require_model(provider, model)
    if provider == "midjourney":
        size = _size_of_ratio(aspect_ratio)
        extras = settings_of({f"style.{name}": value for name, value in (style_params or {}).items()}, "style_params")
        settings = tuple(sorted((*settings_of({"quality": quality}), *extras)))
    else:
        size = (_checked_side(width, "width"), _checked_side(height, "height"))
        if sampler and sampler not in SAMPLERS:
            known = ", ".join(SAMPLERS)
            raise OperationError("not_found", f"no sampler is named {sampler!r}: take one of {known}", "sampler")
        settings = settings_of(
            {
                "cfg_scale": cfg_scale,
                "negative_prompt": negative_prompt.strip(),
                "sampler": sampler,
                "seed": seed,
                "steps": steps,
            }
        )
    return made(world, keep(world, provider, "image", model=model, prompt=words, settings=settings, size=size))


@operation(
    "Artificial_Intelligence_Machine_Learning.edit_image",
    reads=(GENERATIONS, MEDIA, "files", "disks"),
    writes=(GENERATIONS, "files"),
    identifies="images[].generation_id",
)
def edit_image(
    world: World,
    *,
    provider: Literal["dalle", "stability"],
    image_url: MediaUrl,
    prompt: Prompt,
    model: Annotated[str, Field(min_length=1, max_length=64)],
    mask_url: Annotated[str, Field(max_length=2048)] = "",
    size: Literal["", "1024x1024", "1024x1792", "1792x1024"] = "",
    quality: Literal["", "standard", "hd"] = "",
    n: Annotated[int, Field(ge=1, le=4)] = 1,
    edit_mode: Literal["img2img", "inpaint", "controlnet"] | None = None,
    control_mode: _ControlMode | None = None,
    strength: Annotated[float, Field(ge=0, le=1)] | None = None,
    guidance_scale: Annotated[float, Field(ge=1, le=20)] | None = None,
    control_guidance: Annotated[float, Field(ge=0, le=2)] | None = None,
    steps: Annotated[int, Field(ge=10, le=150)] | None = None,
    seed: Seed | None = None,
) -> EditedImages:
    """Edits an image of the library after a text; the original stays, each result is a new artefact."""
    words = require_words(prompt)
    require_model(provider, model)
    require_kind(world, image_url, ("photo", "image"), "image_url")
    if mask_url:
        require_kind(world, mask_url, ("photo", "image"), "mask_url")
    if model == "dall-e-2" and (size not in ("", "1024x1024") or quality == "hd"):
        raise OperationError(
            "invalid_argument",
            f"dall-e-2 makes 1024x1024 in standard quality only, not {size} in {quality}: take dall-e-3",
            "model",
        )
    _check_modes(edit_mode, control_mode, mask_url)
    pixels = _parsed_size(size) if size else size_of_media(world, image_url)
    controlled = edit_mode == "controlnet"
    settings = settings_of(
        {
            "control_guidance": control_guidance if controlled else None,
            "control_mode": control_mode,
            "edit_mode": edit_mode,
            "guidance_scale": guidance_scale,
            "quality": quality,
            "seed": seed,
            "steps": steps,
            "strength": strength,
        }
    )
    rows = [
        keep(
            world,
            provider,
            "image",
            model=model,
            prompt=words,
            settings=settings,
            size=pixels,
            source_url=image_url,
            mask_url=mask_url,
        )
        for _ in range(n)
    ]
    return {
        "source_url": image_url,
        "prompt": words,
        "model": model,
        "images": [made(world, row) for row in rows],
    }


def _check_modes(edit_mode: str | None, control_mode: str | None, mask_url: str) -> None:
    if edit_mode == "controlnet" and control_mode is None:
        raise OperationError(
            "invalid_argument",
            "edit_mode controlnet needs a control_mode, found none: choose one, or another edit_mode",
            "control_mode",
        )
    if edit_mode != "controlnet" and control_mode is not None:
        raise OperationError(
            "invalid_argument",
            f"control_mode {control_mode!r} goes with edit_mode controlnet only, found {edit_mode!r}: "
            "set edit_mode to controlnet, or leave control_mode out",
            "control_mode",
        )
    if mask_url and edit_mode not in (None, "inpaint"):
        raise OperationError(
            "invalid_argument",
            f"a mask goes with edit_mode inpaint only, found {edit_mode!r}: change it, or leave the mask out",
            "mask_url",
        )


def _checked_side(pixels: int, field: str) -> int:
    if not _SMALLEST <= pixels <= _LARGEST or pixels % _STEP:
        raise OperationError(
            "invalid_argument",
            f"expected a multiple of {_STEP} from {_SMALLEST} to {_LARGEST} pixels, got {pixels}: try {_near(pixels)}",
            field,
        )
    return pixels


def _near(pixels: float) -> int:
    """The nearest allowed number of pixels."""
    return min(max(round(pixels / _STEP) * _STEP, _SMALLEST), _LARGEST)


def _size_of_ratio(ratio: str) -> tuple[int, int]:
    """About as many pixels as the square has, in these proportions."""
    across, _, down = ratio.partition(":")
    proportion = int(across) / int(down)
    if not 1 / _LONGEST_RATIO <= proportion <= _LONGEST_RATIO:
        raise OperationError(
            "invalid_argument",
            f"expected an aspect ratio from 1:{_LONGEST_RATIO} to {_LONGEST_RATIO}:1, got {ratio}: take a squarer one",
            "aspect_ratio",
        )
    return _near(_PIXELS * math.sqrt(proportion)), _near(_PIXELS / math.sqrt(proportion))


def _parsed_size(size: str) -> tuple[int, int]:
    across, _, down = size.partition("x")
    return int(across), int(down)
