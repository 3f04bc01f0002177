"""What must hold before something is published: texts fit, media exist, the target is there."""

from __future__ import annotations

from collections.abc import Sequence

from agentalign_env.core.world import World
from agentalign_env.errors import OperationError
from agentalign_env.services.social.platforms import RULES, Platform
from agentalign_env.services.social.records import POSTS, PROFILES, Post, profile_key

__all__ = [
    "clean_tags",
    "known_handles",
    "owner_key",
    "require_clip",
    "require_length",
    "require_media",
    "require_picture",
    "require_post",
]

_STILL, _MOVING = ("photo", "image"), ("clip", "video")  # taken, generated


def owner_key(world: World, platform: str) -> str:
    """The key of the owner's profile, which everything is published from."""
    return profile_key(platform, world.owner.handle)


def require_post(world: World, platform: Platform, post_id: str, field: str) -> Post:
    """The post or video of this id on this platform.

    Raises:
        OperationError: ``not_found``, also when it is on another platform.
    """
    post = world.store.get(POSTS, post_id)
    if post is None or post.platform != platform:
        rules = RULES[platform]
        message = (
            f"no {rules.word} on {rules.label} has the id {post_id!r}: take an id from a search or from publishing one"
        )
        raise OperationError("not_found", message, field)
    return post


def require_length(text: str, limit: int, what: str, field: str) -> None:
    """Refuses a text that is too long for the platform."""
    if len(text) > limit:
        raise OperationError(
            "limit_exceeded", f"{what} may have {limit} characters, this has {len(text)}: shorten it", field
        )


def require_media(world: World, urls: Sequence[str], field: str) -> tuple[str, ...]:
    """The URLs, when all are pictures or videos of the owner's library."""
    for url in urls:
        _require_kind(world, url, (*_STILL, *_MOVING), "photo or clip", field)
    return tuple(urls)


def require_clip(world: World, url: str, field: str) -> str:
    """The URL, when it is a clip or a generated video of the owner's library."""
    return _require_kind(world, url, _MOVING, "clip", field)


def require_picture(world: World, url: str, field: str) -> str:
    """The URL, when it is a photo or a generated image of the owner's library."""
    return _require_kind(world, url, _STILL, "photo", field)


def _require_kind(world: World, url: str, kinds: Sequence[str], wanted: str, field: str) -> str:
    kind = world.media.kind(url)
    if kind is None:
        raise OperationError("not_found", f"no {wanted} has the URL {url!r}: take one from list_media", field)
    if kind not in kinds:
        message = f"expected a {wanted}, {url!r} is a {kind}: take a {wanted} from list_media"
        raise OperationError("invalid_argument", message, field)
    return url


def clean_tags(tags: Sequence[str], platform: Platform, field: str) -> tuple[str, ...]:
    """Tags without ``#``, in lower case, each once; sorted, since neither case nor order says anything."""
    cleaned = tuple(sorted({tag.strip().strip("#").casefold() for tag in tags}))
    if "" in cleaned:
        raise OperationError("invalid_argument", "expected words as tags, found an empty one: leave it out", field)
    limit = RULES[platform].tags
    if len(cleaned) > limit:
        raise OperationError(
            "limit_exceeded", f"{RULES[platform].label} allows {limit} tags, these are {len(cleaned)}: drop some", field
        )
    return cleaned


def known_handles(world: World, platform: Platform, handles: Sequence[str], field: str) -> tuple[str, ...]:
    """The handles as the platform writes them, sorted, when all are accounts there."""
    found = set()
    for handle in handles:
        profile = world.store.get(PROFILES, profile_key(platform, handle))
        if profile is None:
            raise OperationError(
                "not_found", f"no account on {RULES[platform].label} is named {handle!r}: search for it first", field
            )
        found.add(profile.handle)
    return tuple(sorted(found))
