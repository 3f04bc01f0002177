"""What models generated: rows, results, and how an artefact is kept, with its file on the owner's computer."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, Any, NamedTuple, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from agentalign_env.core.clock import iso
from agentalign_env.core.rng import derive_seed
from agentalign_env.core.semantics import FilePath, MediaUrl, Semantic
from agentalign_env.core.table import Table
from agentalign_env.core.text import from_bytes
from agentalign_env.core.world import World
from agentalign_env.errors import OperationError
from agentalign_env.services.media.placeholders import placeholder
from agentalign_env.services.media.providers import ENDINGS, PROVIDERS, Kind, Provider

__all__ = [
    "GENERATIONS", "Generation", "GenerationId", "MadeMedia", "Prompt", "Seed", "generated_url", "keep", "made",
    "require_model", "require_words", "settings_of",
]  # fmt: skip

GenerationId = Annotated[str, Semantic("GenerationId"), Field(min_length=1, max_length=64)]
Prompt = Annotated[str, Semantic("Prompt"), Field(min_length=1, max_length=4000)]
Seed = Annotated[int, Field(ge=0, le=4_294_967_295)]

_SHOWN_CHARS = 60
_SETTING_CHARS = 200


class Generation(NamedTuple):
    """One generated artefact."""

    id: GenerationId
    kind: str  # image, video or voice
    provider: str
    model: str
    prompt: Prompt  # of a voice: what it says
    source_url: str  # what an edit or a video began with, else empty
    mask_url: str
    settings: tuple[str, ...]  # the parameters that matter, as name=value, sorted
    width: int  # in pixels; 0 for a voice
    height: int
    duration_ms: int  # 0 for an image
    bytes: int
    url: MediaUrl
    path: FilePath  # where the file was put; empty for what was made before and is kept online only
    created_s: int


GENERATIONS = Table(
    "generations",
    Generation,
    text=("prompt", "provider", "model", "kind"),
    free_text=("prompt",),
    volatile=("duration_ms", "bytes", "url", "path", "created_s"),
)


class MadeMedia(TypedDict):
    """What a generation answers; sizes in pixels and bytes, the duration in seconds."""

    generation_id: GenerationId
    kind: str
    provider: str
    model: str
    prompt: str
    url: MediaUrl
    path: NotRequired[FilePath]
    source_url: NotRequired[str]
    width: NotRequired[int]
    height: NotRequired[int]
    duration: NotRequired[float]
    seed: NotRequired[int]
    bytes: int
    status: str
    created_at: str


def keep(
    world: World,
    provider: Provider,
    kind: Kind,
    *,
    model: str,
    prompt: str,
    settings: tuple[str, ...],
    size: tuple[int, int] = (0, 0),
    duration_ms: int = 0,
    source_url: str = "",
    mask_url: str = "",
    field: str = "prompt",
) -> Generation:
    """Writes an artefact that has been checked: its file below ``~/pictures/generated``, then its row.

    The file's name counts what the provider made, and its content follows from name and size, so neither depends on
    what else was generated in between.

    Raises:
        OperationError: The file cannot be written.
    """
    files = world.files
    number = len(world.store.where(GENERATIONS, "provider", provider)) + 1
    name = f"{provider}-{number:04d}{ENDINGS[kind]}"
    while files.get(files.resolve(f"~/pictures/generated/{name}")) is not None:
        number += 1
        name = f"{provider}-{number:04d}{ENDINGS[kind]}"
    data = placeholder(kind, name, *size)
    path = files.write(files.resolve(f"~/pictures/generated/{name}"), from_bytes(data), field=field).path
    generation_id = world.new_id(GENERATIONS, PROVIDERS[provider].ids)
    row = Generation(
        generation_id, kind, provider, model, prompt, source_url, mask_url, settings, *size, duration_ms, len(data),
        generated_url(world.owner.handle, provider, generation_id, kind), path, world.now_s,
    )  # fmt: skip
    world.store.put(GENERATIONS, row)
    return row


def generated_url(handle: str, provider: str, generation_id: str, kind: str) -> str:
    """The address of an artefact in the owner's library."""
    return f"https://media.lightbox.example/{handle}/generated/{provider}-{generation_id}{ENDINGS[kind]}"


def made(world: World, row: Generation, status: str = "completed") -> MadeMedia:
    """An artefact as its provider answers it."""
    shown: MadeMedia = {
        "generation_id": row.id,
        "kind": row.kind,
        "provider": row.provider,
        "model": row.model,
        "prompt": row.prompt,
        "url": row.url,
        "bytes": row.bytes,
        "status": status,
        "created_at": iso(row.created_s),
    }
    if row.path:
        shown["path"] = row.path
    if row.source_url:
        shown["source_url"] = row.source_url
    if row.width:
        shown["width"], shown["height"] = row.width, row.height
    if row.duration_ms:
        shown["duration"] = row.duration_ms / 1000
    if row.kind != "voice":
        shown["seed"] = _seed_of(world, row)
    return shown


def _seed_of(world: World, row: Generation) -> int:
    """The seed that was asked for, or the one that the model drew by itself."""
    for setting in row.settings:
        name, _, value = setting.partition("=")
        if name == "seed":
            return int(value)
    return derive_seed("generation", world.base.key.seed, row.id) % 2**32


def require_words(text: str, field: str = "prompt") -> str:
    """The text without blanks around it.

    Raises:
        OperationError: It holds nothing else.
    """
    if not text.strip():
        raise OperationError("invalid_argument", f"expected a {field}, found only blanks: say what to make", field)
    return text.strip()


def require_model(provider: Provider, model: str, field: str = "model") -> str:
    """The model's name, when the provider has it."""
    known = PROVIDERS[provider].models
    if model not in known:
        label = PROVIDERS[provider].label
        message = f"{label} has no model {model[:_SHOWN_CHARS]!r}: take one of {', '.join(known)}"
        raise OperationError("not_found", message, field)
    return model


def settings_of(values: Mapping[str, Any], field: str | None = None) -> tuple[str, ...]:
    """Parameters as ``name=value``, sorted by name; those that were not given (``None`` or empty) are left out."""
    return tuple(
        f"{name}={_word(name, values[name], field)}" for name in sorted(values) if values[name] not in (None, "")
    )


def _word(name: str, value: Any, field: str | None) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        if not math.isfinite(value):
            raise OperationError("invalid_argument", f"{name}: expected a finite number, got {value}", field or name)
        return str(int(value)) if value.is_integer() else repr(value)
    if len(word := str(value)) > _SETTING_CHARS and field is not None:
        message = f"{name}: at most {_SETTING_CHARS} characters, this has {len(word)}: shorten it"
        raise OperationError("limit_exceeded", message, field)
    return word
