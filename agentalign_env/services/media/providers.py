"""The providers of models: what each makes, with which models, and how its ids look."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

from agentalign_env.core.ids import BASE62, HEX, IdStyle

__all__ = ["ENDINGS", "PROVIDERS", "SAMPLERS", "STYLE_PRESETS", "Kind", "Provider", "ProviderRules"]

Kind = Literal["image", "video", "voice"]
Provider = Literal["midjourney", "stable_diffusion", "dalle", "stability", "runway", "elevenlabs"]

ENDINGS: Mapping[str, str] = {"image": ".png", "video": ".mp4", "voice": ".mp3"}

SAMPLERS = (
    "DPM++ 2M Karras", "DPM++ SDE Karras", "DPM++ 2M", "Euler a", "Euler", "Heun", "LMS", "DDIM", "PLMS", "UniPC",
)  # fmt: skip
STYLE_PRESETS = (
    "cinematic", "documentary", "animation", "watercolor", "black_and_white", "vintage", "claymation", "anime",
    "sketch", "none",
)  # fmt: skip


class ProviderRules(NamedTuple):
    """The rules of one provider.

    Attributes:
        label: Its name as people say it.
        kind: What it makes.
        models: Its models, the default first.
        ids: How ids of its artefacts look.
    """

    label: str
    kind: Kind
    models: tuple[str, ...]
    ids: IdStyle


PROVIDERS: Mapping[Provider, ProviderRules] = {
    "midjourney": ProviderRules("Midjourney", "image", ("V6", "V5", "niji"), IdStyle("", HEX, 32)),
    "stable_diffusion": ProviderRules(
        "Stable Diffusion",
        "image",
        ("sd_xl_base_1.0", "sd_xl_turbo_1.0", "sd_3_medium", "sd_2.1", "sd_1.5"),
        IdStyle("sd-", HEX, 24),
    ),
    "dalle": ProviderRules("DALL-E", "image", ("dall-e-3", "dall-e-2"), IdStyle("img-", BASE62, 24)),
    "stability": ProviderRules("Stability AI", "image", ("stable-image-edit",), IdStyle("", HEX, 40)),
    "runway": ProviderRules("Runway", "video", ("gen-2",), IdStyle("rw_", BASE62, 22)),
    "elevenlabs": ProviderRules(
        "ElevenLabs",
        "voice",
        ("eleven_multilingual_v2", "eleven_monolingual_v1", "eleven_turbo_v2"),
        IdStyle("", BASE62, 20),
    ),
}
