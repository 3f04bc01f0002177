"""The media service: the owner's library, and the models that generate images, videos and voices for it."""

from __future__ import annotations

from collections.abc import Iterable

from agentalign_env.core.service import Service
from agentalign_env.core.world import World
from agentalign_env.services.media.generations import GENERATIONS
from agentalign_env.services.media.history import list_generations
from agentalign_env.services.media.images import create_image, edit_image
from agentalign_env.services.media.library import MediaAccess, list_media
from agentalign_env.services.media.premises import lay_media, lay_recording, lay_voice
from agentalign_env.services.media.providers import ENDINGS, PROVIDERS
from agentalign_env.services.media.records import MEDIA, kind_at
from agentalign_env.services.media.seed import seed_generations, seed_media, seed_voices
from agentalign_env.services.media.videos import create_video
from agentalign_env.services.media.voices import VOICES, generate_voice, list_voices

__all__ = ["SERVICE"]


def _kinds_fit_their_files(world: World) -> Iterable[str]:
    for media in world.store.rows(MEDIA):
        if media.kind not in ("photo", "clip") or kind_at(media.url) not in ("", media.kind):
            yield f"media {media.url} is a {media.kind}"


def _generations_are_of_their_providers(world: World) -> Iterable[str]:
    rules_by_name = {str(name): rules for name, rules in PROVIDERS.items()}
    for row in world.store.rows(GENERATIONS):
        rules, ending = rules_by_name.get(row.provider), ENDINGS.get(row.kind, "?")
        if rules is None or rules.kind != row.kind or row.model not in rules.models:
            yield f"generation {row.id} is a {row.kind} of {row.provider} by {row.model}"
        if not row.url.endswith(f"{row.id}{ending}") or not (row.path.endswith(ending) or not row.path):
            yield f"generation {row.id} lies at {row.url} and {row.path!r}"
        if (row.kind == "voice") != (row.width == 0) or (row.kind == "image") != (row.duration_ms == 0):
            yield f"generation {row.id} is a {row.kind} of {row.width}x{row.height} and {row.duration_ms} ms"


def _sources_exist(world: World) -> Iterable[str]:
    for row in world.store.rows(GENERATIONS):
        for url in (row.source_url, row.mask_url):
            if url and not world.media.exists(url):
                yield f"generation {row.id} begins with {url}, which does not exist"


SERVICE = Service(
    name="media",
    module=__name__,
    tables={MEDIA: seed_media, GENERATIONS: seed_generations, VOICES: seed_voices},
    operations=(
        list_media,
        create_image,
        edit_image,
        create_video,
        generate_voice,
        list_voices,
        list_generations,
    ),
    ports={"media": MediaAccess},
    premises={"AudioUrl": lay_recording, "MediaUrl": lay_media, "VoiceId": lay_voice},
    invariants=(_kinds_fit_their_files, _generations_are_of_their_providers, _sources_exist),
)
