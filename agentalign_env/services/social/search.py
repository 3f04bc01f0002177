"""Searching posts, videos and accounts of one platform."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import Field

from agentalign_env.core.clock import iso
from agentalign_env.core.operation import operation
from agentalign_env.core.semantics import Query
from agentalign_env.core.store import Page
from agentalign_env.core.world import World
from agentalign_env.services.social.filters import post_filter
from agentalign_env.services.social.platforms import RULES, Platform
from agentalign_env.services.social.records import COMMENTS, POSTS, PROFILES, Post, Profile, handle_of
from agentalign_env.services.social.results import FoundAccount, FoundPost, PageToken, SearchPage

__all__ = ["search_content"]

_SNIPPET_CHARS = 160
_LEADING_ACCOUNTS = 3
_SORTED_MATCHES = 200

_SearchType = Literal[
    "mixed", "top", "general", "all",
    "tweets", "video",
    "users", "user", "channel",
    "tags", "hashtag", "places",
    "music", "playlist", "live", "article", "bangumi",
]  # fmt: skip
_BOTH = {"mixed", "top", "general", "all"}
_ACCOUNTS = {"users", "user", "channel"}
_ABSENT = {"music", "playlist", "live", "article", "bangumi"}  # kinds of content that nobody here has made


class _Wanted(NamedTuple):
    """The slice of a search that a page shows."""

    query: str
    limit: int
    offset: int


@operation("Social.search_content", reads=(POSTS, PROFILES, COMMENTS), identifies="posts[].post_id")
def search_content(
    world: World,
    *,
    platform: Platform,
    query: Query,
    search_type: _SearchType = "mixed",
    limit: Annotated[int, Field(ge=1, le=100)] = 20,
    cursor: PageToken = "",
    page: Annotated[int, Field(ge=1, le=1000)] = 1,
    options: Mapping[str, Any],
) -> SearchPage:
    """Finds posts or videos and accounts: those with all words before those with some, the most liked first.

    A page holds at most `limit` items. A search for both shows up to three accounts that match fully, then posts.
    """
    wanted = _Wanted(query, limit, int(cursor) if cursor else (page - 1) * limit)
    filters: Mapping[str, Any] = options.get("filters") or {}
    keep = post_filter(platform, filters, world.now_s)
    accounts, posts = Page[Profile]([], False), Page[Post]([], False)
    if search_type in _ACCOUNTS:
        accounts = _accounts(world, platform, wanted, relaxed=True)
    elif search_type in _BOTH:
        leading = (
            _accounts(world, platform, _Wanted(query, _LEADING_ACCOUNTS, 0), relaxed=False)
            if limit > _LEADING_ACCOUNTS
            else accounts
        )
        accounts = Page(leading.rows[wanted.offset :], False)
        rest = _Wanted(query, limit - len(accounts.rows), max(wanted.offset - len(leading.rows), 0))
        posts = _posts(world, platform, rest, keep, str(filters.get("order", "")))
    elif search_type in ("tags", "hashtag"):
        posts = _posts(world, platform, wanted, lambda post: keep(post) and _is_tagged(post, query), "", relaxed=False)
    elif search_type == "places":
        posts = _posts(
            world,
            platform,
            wanted,
            lambda post: keep(post) and query.strip().casefold() in post.location.casefold(),
            "",
            relaxed=False,
        )
    elif search_type not in _ABSENT:
        posts = _posts(world, platform, wanted, keep, str(filters.get("order", "")))
    more = posts.more or accounts.more
    found: SearchPage = {
        "posts": [_found_post(world, post) for post in posts.rows],
        "accounts": [_found_account(platform, profile) for profile in accounts.rows],
        "more": more,
    }
    if more:
        found["next_cursor"] = str(wanted.offset + limit)
    return found


def _accounts(world: World, platform: str, wanted: _Wanted, *, relaxed: bool) -> Page[Profile]:
    return world.store.search(
        PROFILES,
        wanted.query,
        limit=wanted.limit,
        offset=wanted.offset,
        relaxed=relaxed,
        among={"platform": platform},
    )


def _posts(
    world: World, platform: str, wanted: _Wanted, keep: Callable[[Post], bool], order: str, *, relaxed: bool = True
) -> Page[Post]:
    among = {"platform": platform}
    if order not in ("pubdate", "reply"):
        return world.store.search(
            POSTS, wanted.query, limit=wanted.limit, offset=wanted.offset, relaxed=relaxed, among=among, keep=keep
        )
    best = world.store.search(POSTS, wanted.query, limit=_SORTED_MATCHES, relaxed=relaxed, among=among, keep=keep)
    by_time = order == "pubdate"
    rows = sorted(best.rows, key=lambda post: -(post.created_s if by_time else _comment_count(world, post)))
    end = wanted.offset + wanted.limit
    return Page(rows[wanted.offset : end], len(rows) > end)


def _is_tagged(post: Post, query: str) -> bool:
    words = {word.strip("#") for word in query.casefold().split()}
    return not words.isdisjoint(post.tags) or any(f"#{word}" in post.text.casefold() for word in words)


def _comment_count(world: World, post: Post) -> int:
    return len(world.store.where(COMMENTS, "post_id", post.id))


def _found_post(world: World, post: Post) -> FoundPost:
    return {
        "post_id": post.id,
        "kind": post.kind,
        "url": post.url,
        "author": handle_of(post.author),
        "title": post.title,
        "text": " ".join(post.text[: _SNIPPET_CHARS * 2].split())[:_SNIPPET_CHARS],
        "tags": list(post.tags),
        "likes": post.likes,
        "comments": _comment_count(world, post),
        "created_at": iso(post.created_s),
    }


def _found_account(platform: Platform, profile: Profile) -> FoundAccount:
    return {
        "handle": profile.handle,
        "name": profile.name,
        "bio": profile.bio,
        "url": RULES[platform].profile_url.format(handle=profile.handle),
        "followers": profile.followers,
        "verified": profile.verified,
    }
