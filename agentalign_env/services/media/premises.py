"""What can be put into the library before an episode, and which voices there can be."""

from __future__ import annotations

from agentalign_env.core.clock import DAY_S, HOUR_S
from agentalign_env.core.premises import Hints, checked, premise_rng, refuse_known, text_hint, topic_about
from agentalign_env.core.semantics import MediaUrl, Title
from agentalign_env.core.world import World
from agentalign_env.errors import PremiseError
from agentalign_env.services.media.generations import GENERATIONS, Generation, settings_of
from agentalign_env.services.media.library import MediaAccess
from agentalign_env.services.media.providers import PROVIDERS
from agentalign_env.services.media.records import MEDIA, Media, kind_at
from agentalign_env.services.media.voices import VOICES, AudioUrl, Voice, VoiceId

__all__ = ["lay_media", "lay_recording", "lay_voice"]

_LANGUAGES = ("English", "German", "Spanish", "French", "Italian", "Dutch")
_MANNERS = ("warm and clear", "bright and quick", "soft and slow", "firm and precise", "young and relaxed")
_USES = ("narration", "audiobooks", "announcements", "podcasts", "advertising")
_CHARS_PER_S = 15


def lay_media(world: World, value: str, hints: Hints) -> None:
    """A photo or clip at this URL. Hints: ``kind`` where the ending does not tell, ``title``, ``caption``."""
    url = checked("MediaUrl", MediaUrl, value)
    _refuse_taken(world, url)
    told = kind_at(url)
    kind = text_hint(hints, "kind", told or "photo")
    if kind not in ("photo", "clip") or told not in ("", kind):
        raise PremiseError(f"{url!r:.200} cannot be a {kind}: give a kind of photo or clip that fits the ending")
    rng = premise_rng(world, "MediaUrl", value)
    name = url.partition("?")[0].rpartition("/")[2].rpartition(".")[0]
    topic, fits = topic_about(rng, f"{name} {text_hint(hints, 'title')} {text_hint(hints, 'caption')}")
    taken_s = world.now_s - rng.randrange(HOUR_S, 60 * DAY_S)
    words = " ".join(name.replace("-", " ").replace("_", " ").split())
    title = text_hint(hints, "title", topic.title if fits else words or topic.title, Title)
    caption = text_hint(hints, "caption", rng.choice(topic.captions))
    keywords = " ".join((words, *((topic.title, *topic.queries) if fits else ())))
    world.store.put(
        MEDIA, Media(url, kind, f"{title[:1].upper()}{title[1:]}", caption, topic.tags, keywords, taken_s)
    )  # fmt: skip


def lay_recording(world: World, value: str, hints: Hints) -> None:
    """A spoken text at this URL, which ends in ``.mp3``. Hints: ``text``, ``voice_id``."""
    url = checked("AudioUrl", AudioUrl, value)
    _refuse_taken(world, url)
    rng = premise_rng(world, "AudioUrl", value)
    key = url.rpartition("/")[2].removesuffix(".mp3")
    if not url.endswith(".mp3") or not key:
        raise PremiseError(f"expected the URL of a recording, which ends in .mp3, got {url!r:.200}")
    refuse_known(world, GENERATIONS, key, "AudioUrl")
    text = text_hint(hints, "text", rng.choice(topic_about(rng, key)[0].bodies))
    rules, duration_ms = PROVIDERS["elevenlabs"], max(len(text) * 1000 // _CHARS_PER_S, 1000)
    row = Generation(
        key, "voice", "elevenlabs", rules.models[0], text, "", "",
        settings_of({"voice": text_hint(hints, "voice_id", "josh")}), 0, 0, duration_ms, duration_ms * 16, url, "",
        world.now_s - rng.randrange(HOUR_S, 60 * DAY_S),
    )  # fmt: skip
    world.store.put(GENERATIONS, row)


def lay_voice(world: World, value: str, hints: Hints) -> None:
    """A voice of this id. Hints: ``name``, ``language``, ``gender``, ``description``."""
    voice_id = checked("VoiceId", VoiceId, value)
    refuse_known(world, VOICES, voice_id, "VoiceId")
    rng = premise_rng(world, "VoiceId", value)
    language, gender = rng.choice(_LANGUAGES), rng.choice(("female", "male", "neutral"))
    voice = Voice(
        voice_id, "elevenlabs", text_hint(hints, "name", voice_id[:1].upper() + voice_id[1:]),
        text_hint(hints, "language", language), text_hint(hints, "gender", gender),
        text_hint(hints, "description", rng.choice(_MANNERS)), rng.choice(_USES),
    )  # fmt: skip
    world.store.put(VOICES, voice)


def _refuse_taken(world: World, url: str) -> None:
    if MediaAccess(world).exists(url):
        raise PremiseError(f"the library has {url!r:.200} already: build on it, or name another URL")
