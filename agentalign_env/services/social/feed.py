"""The plan of a seeded feed: which account, topic, id and time belongs to which number.

Tables are seeded apart; what one says about another's rows (a comment about its post) both work out from here.
"""

from __future__ import annotations

from typing import NamedTuple

from agentalign_env.core.background import Organisation, Person
from agentalign_env.core.clock import DAY_S, HOUR_S
from agentalign_env.core.ids import id_salt
from agentalign_env.core.rng import stream
from agentalign_env.core.service import SeedContext
from agentalign_env.core.topics import Topic, load_topics
from agentalign_env.services.social.platforms import PLATFORMS, RULES, Platform
from agentalign_env.services.social.records import POSTS, PROFILES, profile_key

__all__ = ["Account", "Feed", "PostPlan", "accounts", "make_feed"]

_OF_PEOPLE: tuple[Platform, ...] = ("twitter", "instagram")
_FURTHER: tuple[Platform, ...] = ("weibo", "tiktok", "youtube", "bilibili")
_OF_ORGANISATIONS: tuple[Platform, ...] = ("twitter", "instagram", "youtube", "bilibili", "tiktok")
_FEWEST = len(PLATFORMS) + len(_OF_PEOPLE) + 1 + len(_OF_ORGANISATIONS)
_PERIOD_S = 180 * DAY_S
_STRIDE = 2_654_435_761  # odd and far from the period: times of neighbours lie far apart


class Account(NamedTuple):
    """An account of a person or an organisation on one platform."""

    key: str
    platform: Platform
    handle: str
    holder: Person | Organisation


class PostPlan(NamedTuple):
    """What a seeded post is, before its words.

    Attributes:
        id: Its key.
        platform: Where it is.
        topic: What it is about.
        variant: Counts the posts of its topic among platforms of its kind; each has words of its own.
        shift: Where the topic's texts begin in this world.
        posted_s: When it was published.
    """

    id: str
    platform: Platform
    topic: Topic
    variant: int
    shift: int
    posted_s: int


class Feed(NamedTuple):
    """The plan of all posts of a world, best ranked first.

    Every topic comes once before one comes twice, and every pair of topic and platform once before a pair comes twice.
    """

    topics: tuple[Topic, ...]
    salt: int
    start_s: int

    def post(self, number: int) -> PostPlan:
        """The number-th post."""
        count = len(self.topics)
        round_, place = divmod(number, count)
        platform = PLATFORMS[(place + round_) % len(PLATFORMS)]
        age_s = HOUR_S + (number * _STRIDE + self.salt) % (_PERIOD_S - HOUR_S)
        post_id = RULES[platform].post_ids.encode(number, self.salt)
        # Three platforms have posts and three have videos; the texts of a topic go round among three.
        variant = round_ // len(PLATFORMS) * 3 + PLATFORMS.index(platform) % 3
        return PostPlan(
            post_id, platform, self.topics[place], variant, (self.salt >> place % 60) % 8, self.start_s - age_s
        )


def make_feed(context: SeedContext) -> Feed:
    """The feed of the world that is being seeded."""
    topics = list(load_topics().values())
    stream("feed", context.seed).shuffle(topics)
    return Feed(tuple(topics), id_salt(POSTS.name, context.seed), context.start_s)


def accounts(context: SeedContext) -> list[Account]:
    """All accounts: the owner's everywhere, then those of people and organisations in turn.

    As many as profiles have rows, yet at least one person and one organisation: every platform has somebody beside the
    owner.
    """
    background = context.background
    found: dict[str, Account] = {}

    def add(platform: Platform, handle: str, holder: Person | Organisation) -> None:
        key = profile_key(platform, handle)
        found.setdefault(key, Account(key, platform, handle, holder))

    for platform in PLATFORMS:
        add(platform, background.owner.handle, background.owner)
    for number in range(max(len(background.people), len(background.organisations))):
        if number < len(background.people):
            person = background.people[number]
            for platform in (*_OF_PEOPLE, _FURTHER[number % len(_FURTHER)]):
                add(platform, person.handle, person)
        if number < len(background.organisations):
            organisation = background.organisations[number]
            for platform in _OF_ORGANISATIONS:
                add(platform, _handle(organisation), organisation)
    return list(found.values())[: max(context.sizes.get(PROFILES.name, 0), _FEWEST)]


def _handle(organisation: Organisation) -> str:
    return organisation.domain.partition(".")[0].replace("-", "")
