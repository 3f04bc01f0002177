"""The library that a world begins with: photos and clips of every topic, what was generated, and the voices."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from agentalign_env.core.clock import day
from agentalign_env.core.ids import id_salt
from agentalign_env.core.service import SeedContext
from agentalign_env.core.topics import load_topics
from agentalign_env.services.media.generations import Generation, generated_url, settings_of
from agentalign_env.services.media.providers import PROVIDERS, Provider
from agentalign_env.services.media.records import Media
from agentalign_env.services.media.voices import Voice

__all__ = ["seed_generations", "seed_media", "seed_voices"]

_HOST = "https://media.lightbox.example"


def seed_media(context: SeedContext) -> Iterator[Media]:
    """Media, oldest first: a round through all topics, then one in which photos and clips change places, and so on."""
    topics = list(load_topics().values())
    context.rng("topics").shuffle(topics)
    handle = context.background.owner.handle
    for number in range(context.rows):
        turn, place = divmod(number, len(topics))
        topic = topics[place]
        # Four photos to three clips, also where the rows do not suffice for a whole round.
        is_photo = (place % 7 % 2 == 0) is (turn % 2 == 0)
        taken_s = context.past(number, days=120)
        suffix = f", part {turn // 10 + 1}" if turn >= 10 else ""
        title = (
            f"{topic.title[:1].upper()}{topic.title[1:]}, {day(taken_s)}"
            if is_photo
            else topic.videos[turn % len(topic.videos)]
        )
        name = f"{day(taken_s)}-{topic.id}-{number:04d}.{'jpg' if is_photo else 'mp4'}"
        yield Media(
            url=f"{_HOST}/{handle}/{name}",
            kind="photo" if is_photo else "clip",
            title=title + suffix,
            caption=topic.captions[turn % len(topic.captions)],
            tags=topic.tags,
            keywords=" ".join((topic.title, *topic.queries)),
            taken_s=taken_s,
        )


_ORDER: tuple[Provider, ...] = ("midjourney", "stable_diffusion", "dalle", "stability", "runway", "elevenlabs")
_EDITS = ("dalle", "stability")  # each edits the image two rows before it

_VOICES = (
    Voice("josh", "elevenlabs", "Josh", "English", "male", "young, deep and calm", "narration"),
    Voice("marlene", "elevenlabs", "Marlene", "German", "female", "warm and clear", "audiobooks"),
    Voice("tomas", "elevenlabs", "Tomas", "Spanish", "male", "lively and friendly", "announcements"),
    Voice("ines", "elevenlabs", "Ines", "Portuguese", "female", "soft and slow", "meditation"),
    Voice("callum", "elevenlabs", "Callum", "English", "male", "dry, with a Scottish accent", "news"),
    Voice("noor", "elevenlabs", "Noor", "Dutch", "female", "bright and quick", "advertising"),
    Voice("giulia", "elevenlabs", "Giulia", "Italian", "female", "cheerful and round", "children's stories"),
    Voice("henrik", "elevenlabs", "Henrik", "Swedish", "male", "old and gravelly", "audiobooks"),
    Voice("apolline", "elevenlabs", "Apolline", "French", "female", "elegant and even", "museum guides"),
    Voice("wiktor", "elevenlabs", "Wiktor", "Polish", "male", "firm and precise", "instructions"),
    Voice("esme", "elevenlabs", "Esme", "English", "female", "middle-aged and kind", "podcasts"),
    Voice("robin", "elevenlabs", "Robin", "English", "neutral", "young and relaxed", "conversation"),
)


def seed_generations(context: SeedContext) -> Iterator[Generation]:
    """Generated artefacts, oldest first: one of each provider in turn, on one topic after the other."""
    topics = list(load_topics().values())
    context.rng("topics").shuffle(topics)
    for number in range(context.rows):
        turn, place = divmod(number, len(_ORDER))
        provider = _ORDER[place]
        rules, topic = PROVIDERS[provider], topics[turn % len(topics)]
        lap = turn // len(topics) + place
        prompt = topic.prompts[lap % len(topic.prompts)]
        size, duration_ms, source_url = (1024, 1024), 0, ""
        settings: tuple[str, ...] = ()
        if rules.kind == "voice":
            prompt = topic.bodies[lap % len(topic.bodies)]
            size, duration_ms = (0, 0), max(len(prompt) * 1000 // 15, 1000)
            settings = settings_of({"voice": _VOICES[turn % len(_VOICES)].id})
        elif rules.kind == "video":
            size, duration_ms, settings = (1280, 768), 4000, settings_of({"duration": 4, "mode": "text_to_video"})
        elif provider in _EDITS:
            source_url = _url(context, number - 2)
        generation_id = _id(context, number)
        yield Generation(
            generation_id, rules.kind, provider, rules.models[0], prompt, source_url, "", settings, *size, duration_ms,
            180_000 + context.rng("bytes", number).randrange(2_000_000), _url(context, number), "",
            context.past(number, days=150),
        )  # fmt: skip


def seed_voices(context: SeedContext) -> Iterator[Voice]:
    """The voices, the default first."""
    yield from islice(_VOICES, context.rows)


def _id(context: SeedContext, number: int) -> str:
    return PROVIDERS[_ORDER[number % len(_ORDER)]].ids.encode(number, id_salt(context.table.name, context.seed))


def _url(context: SeedContext, number: int) -> str:
    provider = _ORDER[number % len(_ORDER)]
    return generated_url(context.background.owner.handle, provider, _id(context, number), PROVIDERS[provider].kind)
