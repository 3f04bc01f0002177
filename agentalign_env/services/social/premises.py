"""Which accounts, posts and comments can be put on the networks before an episode."""

from __future__ import annotations

import re

from agentalign_env.core.background import Person
from agentalign_env.core.clock import DAY_S, HOUR_S
from agentalign_env.core.premises import (
    Hints,
    acquaintance,
    checked,
    choice_hint,
    plain_letters,
    premise_rng,
    recognised,
    refuse_known,
    text_hint,
    topic_about,
)
from agentalign_env.core.rng import Random
from agentalign_env.core.semantics import CommentId, EmailAddress, Handle, PersonName, PostId, Title
from agentalign_env.core.world import World
from agentalign_env.errors import PremiseError
from agentalign_env.services.social.checks import owner_key, require_post
from agentalign_env.services.social.platforms import PLATFORMS, RULES, Platform
from agentalign_env.services.social.records import (
    COMMENTS,
    POSTS,
    PROFILES,
    Comment,
    CommentText,
    Post,
    PostText,
    Profile,
    handle_of,
    profile_key,
)
from agentalign_env.services.social.seed import bio_of

__all__ = ["lay_acquaintance", "lay_comment", "lay_post", "lay_profile"]

_FORMS: tuple[tuple[Platform, str], ...] = (
    ("bilibili", r"BV\w{10}|av\d+"),
    ("instagram", r"\d{17}"),
    ("weibo", r"\d{16}"),
    ("twitter", r"\d+"),
    ("youtube", r"[\w-]{11}"),
)
"""How posts are numbered, where nobody says on which network."""
_OF_PEOPLE: tuple[Platform, ...] = ("twitter", "instagram")


def lay_profile(world: World, value: str, hints: Hints) -> None:
    """An account of this handle.

    Hints: ``platform``, else every one where it is free; ``name``, ``bio``, ``email``.
    """
    handle = str(checked("Handle", Handle, value)).removeprefix("@")
    free = [name for name in PLATFORMS if world.store.get(PROFILES, profile_key(name, handle)) is None]
    platforms = [choice_hint(hints, "platform", PLATFORMS, "twitter")] if hints.get("platform") else free
    if not platforms or not set(platforms) <= set(free):
        raise PremiseError(f"an account is named {handle!r} already: build on it, or name another one")
    rng = premise_rng(world, "Handle", handle)
    parts = [part.capitalize() for part in re.split(r"[_.\d]+", handle) if part]
    name = text_hint(hints, "name", " ".join(parts) or handle, PersonName)
    mailbox = ".".join(filter(None, map(plain_letters, name.split()))) or "guest"
    email = text_hint(hints, "email", f"{mailbox}@postbox.example", EmailAddress)
    city = rng.choice(world.background.people).city
    holder = Person("", name, name.split()[0], email, "", handle, "", city, "")
    for platform in platforms:
        _put_profile(world, platform, holder, text_hint(hints, "bio", bio_of(city, rng)), rng)


def lay_acquaintance(world: World, value: str, hints: Hints) -> None:
    """The accounts of somebody of this name; hints as for a contact."""
    person, rng = acquaintance(world, value, hints), premise_rng(world, "profile", value)
    bio = bio_of(person.city, rng)
    for platform in _OF_PEOPLE:
        refuse_known(world, PROFILES, profile_key(platform, person.handle), "Handle")
        _put_profile(world, platform, person, bio, rng)


def lay_post(world: World, value: str, hints: Hints) -> None:
    """A public post or video with this id, or the next one.

    Hints: ``platform``, ``text``, ``title`` of a video, ``author`` (a handle, whose account is made where it is
    missing; ``me`` for the owner).
    """
    platform = choice_hint(hints, "platform", PLATFORMS, recognised(value, _FORMS, "twitter"))
    _put_post(world, platform, value, hints, premise_rng(world, "PostId", value))


def lay_comment(world: World, value: str, hints: Hints) -> None:
    """A comment with this id, or the next one.

    Hints: ``platform``, ``post_id`` (a post is made where it is missing), ``text``, ``author``.
    """
    under = recognised(text_hint(hints, "post_id", value), _FORMS, "twitter")
    platform = choice_hint(hints, "platform", PLATFORMS, under)
    rng = premise_rng(world, "CommentId", value)
    comment_id = (
        checked("CommentId", CommentId, value) if value else world.new_id(COMMENTS, RULES[platform].comment_ids)
    )
    refuse_known(world, COMMENTS, comment_id, "CommentId")
    post_id = text_hint(hints, "post_id", "", PostId)
    if post_id and world.store.get(POSTS, post_id) is not None:
        post = require_post(world, platform, post_id, "post_id")
    else:
        post = _put_post(world, platform, post_id, {}, rng)
    author = _author(world, platform, text_hint(hints, "author"), rng)
    topic, _ = topic_about(rng, f"{post.title} {post.text}")
    text = text_hint(hints, "text", rng.choice(topic.comments), CommentText)
    written_s = rng.randrange(post.created_s, world.now_s)
    world.store.put(
        COMMENTS, Comment(comment_id, platform, post.id, author, text, (), "", (), rng.randrange(90), written_s)
    )  # fmt: skip


def _put_post(world: World, platform: Platform, value: str, hints: Hints, rng: Random) -> Post:
    rules = RULES[platform]
    post_id = str(checked("PostId", PostId, value)) if value else world.new_id(POSTS, rules.post_ids)
    refuse_known(world, POSTS, post_id, "PostId")
    given, named = text_hint(hints, "text", "", PostText), text_hint(hints, "title", "", Title)
    topic, fits = topic_about(rng, f"{given} {named}")
    author = _author(world, platform, text_hint(hints, "author"), rng)
    title = (named or rng.choice(topic.videos)) if rules.title_chars else ""
    text = given or named or (rng.choice(topic.posts) if rules.kind == "post" else rng.choice(topic.captions))
    own = author == owner_key(world, platform)
    ending = "jpg" if rules.kind == "post" else "mp4"
    media = f"https://cdn.{platform}.example/{topic.id}/{post_id}.{ending}"
    post = Post(
        post_id, platform, rules.kind, author, title, text, topic.tags if fits or not given else (),
        () if own or platform in ("twitter", "weibo") else (media,), "", (), "", "public", False, True,
        rng.choice(tuple(rules.categories)) if rules.categories else "", (),
        rules.post_url.format(handle=handle_of(author), id=post_id), rng.randrange(12, 4_000),
        " ".join((topic.title, *topic.queries)) if fits or not given else "",
        world.now_s - rng.randrange(3 * HOUR_S, 30 * DAY_S),
    )  # fmt: skip
    world.store.put(POSTS, post)
    return post


def _author(world: World, platform: Platform, handle: str, rng: Random) -> str:
    """The key of the author's profile."""
    if handle == "me":
        return owner_key(world, platform)
    if handle:
        key = profile_key(platform, handle)
        if world.store.get(PROFILES, key) is None:
            lay_profile(world, handle, {"platform": platform})
        return key
    known = [profile.id for profile in world.store.where(PROFILES, "platform", platform)]
    return rng.choice([key for key in known if key != owner_key(world, platform)])


def _put_profile(world: World, platform: Platform, person: Person, bio: str, rng: Random) -> None:
    key, joined_s = profile_key(platform, person.handle), world.now_s - rng.randrange(200, 3600) * DAY_S
    world.store.put(
        PROFILES,
        Profile(
            key, platform, person.handle, person.name, bio, person.email, "", "", person.city, rng.randrange(20, 4000),
            rng.randrange(20, 900), joined_s, False, person.id,
        ),
    )  # fmt: skip
