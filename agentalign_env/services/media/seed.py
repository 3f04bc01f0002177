"""The library that a world begins with: photos and clips of every topic, as far as the rows reach."""

from __future__ import annotations

from collections.abc import Iterator

from agentalign_env.core.clock import day
from agentalign_env.core.service import SeedContext
from agentalign_env.core.topics import load_topics
from agentalign_env.services.media.records import Media

__all__ = ["seed_media"]

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
