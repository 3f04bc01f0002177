"""Publishing a post, and reading a post or video with its comments."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from agentalign_env.core.clock import iso
from agentalign_env.core.operation import operation
from agentalign_env.core.semantics import Handle, PostId, Semantic
from agentalign_env.core.world import World
from agentalign_env.errors import OperationError
from agentalign_env.services.social.checks import (
    clean_tags,
    known_handles,
    owner_key,
    require_length,
    require_media,
    require_post,
)
from agentalign_env.services.social.platforms import RULES, Platform
from agentalign_env.services.social.records import (
    COMMENTS,
    POSTS,
    PROFILES,
    Comment,
    MediaUrls,
    Post,
    PostText,
    Tags,
    handle_of,
)
from agentalign_env.services.social.results import MadePost, OpenedPost, ShownComment

__all__ = ["create_post", "get_post", "publish"]


@operation("Social.create_post", reads=(PROFILES, POSTS, "generations", "media"), writes=(POSTS,), identifies="post_id")
def create_post(
    world: World,
    *,
    platform: Literal["twitter", "instagram", "weibo"],
    text: PostText = "",
    media_urls: MediaUrls | None = None,
    tags: Tags | None = None,
    mentions: Annotated[list[Handle], Field(max_length=20)] | None = None,
    location: Annotated[str, Semantic("Place"), Field(max_length=200)] = "",
    reply_to: Annotated[str, Semantic("PostId"), Field(max_length=64)] = "",
    sensitive: bool = False,
    visibility: Literal["public", "private", "friends"] = "public",
) -> MadePost:
    """Publishes a post from the owner's account, or a reply to another post."""
    rules = RULES[platform]
    if platform == "instagram" and not media_urls:
        raise OperationError(
            "invalid_argument",
            "expected at least one photo or clip, found none: take a URL from list_media",
            "media_urls",
        )
    if platform != "instagram" and not text.strip():
        raise OperationError(
            "invalid_argument", "expected the text of the post, found only blanks: write something", "text"
        )
    require_length(text, rules.text_chars, f"the text of a {rules.word} on {rules.label}", "text")
    if reply_to:
        require_post(world, platform, reply_to, "reply_to")
    return publish(
        world,
        platform,
        text=text,
        media_urls=require_media(world, media_urls or (), "media_urls"),
        tags=clean_tags(tags or (), platform, "tags"),
        mentions=known_handles(world, platform, mentions or (), "mentions"),
        location=location.strip(),
        reply_to=reply_to,
        sensitive=sensitive,
        visibility=visibility,
    )


def publish(
    world: World,
    platform: Platform,
    *,
    text: str,
    media_urls: tuple[str, ...],
    tags: tuple[str, ...],
    visibility: str,
    title: str = "",
    mentions: tuple[str, ...] = (),
    location: str = "",
    reply_to: str = "",
    sensitive: bool = False,
    allows_comments: bool = True,
    category: str = "",
    settings: tuple[str, ...] = (),
) -> MadePost:
    """Writes a post or video whose parts have been checked."""
    rules, author = RULES[platform], owner_key(world, platform)
    handle, post_id = handle_of(author), world.new_id(POSTS, rules.post_ids)
    url = rules.post_url.format(handle=handle, id=post_id)
    post = Post(
        post_id, platform, rules.kind, author, title, text, tags, media_urls, reply_to, mentions, location, visibility,
        sensitive, allows_comments, category, settings, url, 0, "", world.now_s,
    )  # fmt: skip
    world.store.put(POSTS, post)
    return {
        "post_id": post_id,
        "url": post.url,
        "author": handle,
        "visibility": visibility,
        "status": "published",
        "created_at": iso(post.created_s),
    }


@operation("Social.get_post", reads=(POSTS, COMMENTS, PROFILES), identifies="post_id")
def get_post(
    world: World,
    *,
    platform: Platform,
    post_id: PostId,
    limit: Annotated[int, Field(ge=1, le=100)] = 20,
    offset: Annotated[int, Field(ge=0, le=100_000)] = 0,
) -> OpenedPost:
    """Opens a post or video, with a page of its comments."""
    post = require_post(world, platform, post_id, "post_id")
    comments = world.store.where(COMMENTS, "post_id", post.id)
    author = world.store.get(PROFILES, post.author)
    opened: OpenedPost = {
        "post_id": post.id,
        "kind": post.kind,
        "url": post.url,
        "author": handle_of(post.author),
        "author_name": author.name if author else "",
        "title": post.title,
        "text": post.text,
        "tags": list(post.tags),
        "media_urls": list(post.media_urls),
        "location": post.location,
        "mentions": list(post.mentions),
        "visibility": post.visibility,
        "sensitive": post.sensitive,
        "category": RULES[platform].categories.get(post.category, ""),
        "likes": post.likes,
        "created_at": iso(post.created_s),
        "replies": [reply.id for reply in world.store.where(POSTS, "reply_to", post.id)[:100]],
        "comment_count": len(comments),
        "comments": [_shown(comment) for comment in comments[offset : offset + limit]],
        "more": len(comments) > offset + limit,
    }
    if post.reply_to:
        opened["reply_to"] = post.reply_to
    return opened


def _shown(comment: Comment) -> ShownComment:
    shown: ShownComment = {
        "comment_id": comment.id,
        "author": handle_of(comment.author),
        "text": comment.text,
        "likes": comment.likes,
        "created_at": iso(comment.created_s),
    }
    if comment.reply_to:
        shown["reply_to"] = comment.reply_to
    return shown
