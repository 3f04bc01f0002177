"""Looking at profiles."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agentalign_env.core.clock import iso
from agentalign_env.core.operation import operation
from agentalign_env.core.semantics import Handle
from agentalign_env.core.world import World
from agentalign_env.errors import OperationError
from agentalign_env.services.social.platforms import RULES, Platform
from agentalign_env.services.social.records import POSTS, PROFILES, Post, Profile, profile_key
from agentalign_env.services.social.results import ShownProfile

__all__ = ["get_profile"]


@operation("Social.get_profile", reads=(PROFILES, POSTS), identifies="handle")
def get_profile(
    world: World,
    *,
    platform: Platform,
    handle: Handle,
    include_metrics: bool = True,
    include_pinned: bool = False,
    options: Mapping[str, Any],
) -> ShownProfile:
    """Shows an account: who it belongs to, how to reach them, and their latest post."""
    rules = RULES[platform]
    profile = world.store.get(PROFILES, profile_key(platform, handle))
    if profile is None:
        raise OperationError(
            "not_found",
            f"no account on {rules.label} is named {handle!r}: search for the person to learn the handle",
            "handle",
        )
    posts = [post for post in world.store.where(POSTS, "author", profile.id) if post.visibility == "public"]
    shown: ShownProfile = {
        "handle": profile.handle,
        "name": profile.name,
        "bio": profile.bio,
        "city": profile.city,
        "contact_email": profile.contact_email,
        "url": rules.profile_url.format(handle=profile.handle),
        "verified": profile.verified,
        "joined_at": iso(profile.joined_s),
    }
    if profile.phone:
        shown["phone"] = profile.phone
    if profile.website:
        shown["website"] = profile.website
    if include_metrics:
        shown.update({"followers": profile.followers, "following": profile.following, "posts": len(posts)})
    if posts:
        latest = max(posts, key=lambda post: post.created_s)
        shown.update({"latest_post_id": latest.id, "latest_post_url": latest.url})
        if include_pinned:
            shown["pinned_post_id"] = posts[0].id
    extras = _extras(profile, posts, options)
    if extras:
        shown["extras"] = extras
    return shown


def _extras(profile: Profile, posts: list[Post], options: Mapping[str, Any]) -> dict[str, Any]:
    """What a provider adds when asked. Nobody here goes live, keeps stories or follows series."""
    known: dict[str, tuple[str, Any]] = {
        "include_stories": ("stories", []),
        "include_business_metrics": ("business", {"posts": len(posts), "likes": sum(post.likes for post in posts)}),
        "include_live_status": ("is_live", False),
        "include_commerce_info": ("shop_url", profile.website),
        "include_live": ("live_room", {"live": False}),
        "include_bangumi": ("bangumi", []),
    }
    return dict(known[name] for name, wanted in options.items() if wanted and name in known)
