"""Speaking a text, and the voices to choose from."""

from __future__ import annotations

from typing import Annotated, Literal, NamedTuple

from pydantic import Field
from typing_extensions import TypedDict

from agentalign_env.core.clock import iso
from agentalign_env.core.operation import operation
from agentalign_env.core.semantics import FilePath, Semantic
from agentalign_env.core.table import Table
from agentalign_env.core.world import World
from agentalign_env.errors import OperationError
from agentalign_env.services.media.generations import (
    GENERATIONS,
    GenerationId,
    keep,
    require_model,
    require_words,
    settings_of,
)

__all__ = ["VOICES", "AudioUrl", "Voice", "VoiceId", "generate_voice", "list_voices"]

VoiceId = Annotated[str, Semantic("VoiceId"), Field(min_length=1, max_length=64, examples=["josh"])]
# A URL of its own kind, since no post or edit can show a recording.
AudioUrl = Annotated[str, Semantic("AudioUrl"), Field(pattern=r"^https?://[^\s/]+/\S+$", max_length=2048)]
SpokenText = Annotated[str, Semantic("Body"), Field(min_length=1, max_length=2500)]

_CHARS_PER_S = 15
_SHOWN_VOICES = 8


class Voice(NamedTuple):
    """A voice of a provider."""

    id: VoiceId
    provider: str
    name: str
    language: str
    gender: str
    description: str
    use_case: str


VOICES = Table("voices", Voice, text=("id", "name", "language", "gender", "description", "use_case"), natural_key=True)


class ListedVoice(TypedDict):
    """One voice."""

    voice_id: VoiceId
    name: str
    language: str
    gender: str
    description: str
    use_case: str


class VoicePage(TypedDict):
    """A page of voices."""

    voices: list[ListedVoice]
    more: bool


class MadeVoice(TypedDict):
    """What speaking a text answers; the duration in seconds."""

    generation_id: GenerationId
    voice_id: VoiceId
    model: str
    text: str
    url: AudioUrl
    path: FilePath
    duration: float
    characters: int
    bytes: int
    created_at: str


@operation(
    "Artificial_Intelligence_Machine_Learning.generate_voice",
    reads=(GENERATIONS, VOICES, "files", "disks"),
    writes=(GENERATIONS, "files"),
    identifies="generation_id",
)
def generate_voice(
    world: World,
    *,
    provider: Literal["elevenlabs"],
    text: SpokenText,
    voice_id: VoiceId = "josh",
    model: Annotated[str, Field(min_length=1, max_length=64)] = "eleven_multilingual_v2",
    stability: Annotated[float, Field(ge=0, le=1)] = 0.5,
    similarity_boost: Annotated[float, Field(ge=0, le=1)] = 0.75,
    style: Annotated[float, Field(ge=0, le=1)] = 0.0,
    use_speaker_boost: bool = True,
) -> MadeVoice:
    """Speaks a text; the recording joins the library, and its file lies below ``~/pictures/generated``."""
    words = require_words(text, "text")
    require_model(provider, model)
    voice = world.store.get(VOICES, voice_id)
    if voice is None or voice.provider != provider:
        some = ", ".join(known.id for known in world.store.where(VOICES, "provider", provider)[:_SHOWN_VOICES])
        message = f"no voice has the id {voice_id!r}: take one from the list of voices, such as {some}"
        raise OperationError("not_found", message, "voice_id")
    settings = settings_of(
        {
            "similarity_boost": float(similarity_boost),
            "speaker_boost": use_speaker_boost,
            "stability": float(stability),
            "style": float(style),
            "voice": voice.id,
        }
    )
    row = keep(
        world,
        provider,
        "voice",
        model=model,
        prompt=words,
        settings=settings,
        duration_ms=max(len(words) * 1000 // _CHARS_PER_S, 1000),
        field="text",
    )
    return {
        "generation_id": row.id,
        "voice_id": voice.id,
        "model": model,
        "text": words,
        "url": row.url,
        "path": row.path,
        "duration": row.duration_ms / 1000,
        "characters": len(words),
        "bytes": row.bytes,
        "created_at": iso(row.created_s),
    }


@operation("Artificial_Intelligence_Machine_Learning.list_voices", reads=(VOICES,), identifies="voices[].voice_id")
def list_voices(
    world: World,
    *,
    provider: Literal["elevenlabs"],
    query: Annotated[str, Field(max_length=400)] = "",
    limit: Annotated[int, Field(ge=1, le=50)] = 20,
    offset: Annotated[int, Field(ge=0, le=100_000)] = 0,
) -> VoicePage:
    """Lists the voices of a provider; with words, those that have all of them before those that have some."""
    page = world.store.search(VOICES, query, limit=limit, offset=offset, relaxed=True, among={"provider": provider})
    return {
        "voices": [
            {
                "voice_id": voice.id,
                "name": voice.name,
                "language": voice.language,
                "gender": voice.gender,
                "description": voice.description,
                "use_case": voice.use_case,
            }
            for voice in page.rows
        ],
        "more": page.more,
    }
