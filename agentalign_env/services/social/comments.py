"""Commenting under posts and videos."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from agentalign_env.core.clock import iso
from agentalign_env.core.operation import operation
from agentalign_env.core.semantics import PostId, Semantic
from agentalign_env.core.world import World
from agentalign_env.errors import OperationError
from agentalign_env.services.social.checks import owner_key, require_length, require_media, require_post
from agentalign_env.services.social.platforms import RULES, Platform
from agentalign_env.services.social.records import COMMENTS, POSTS, Comment, CommentText, MediaUrls, handle_of
from agentalign_env.services.social.results import DanmakuSettings, MadeComment

__all__ = ["create_comment"]


@operation(
    "Social.create_comment",
    reads=(POSTS, COMMENTS, "generations", "media"),
    writes=(COMMENTS,),
    identifies="comment_id",
)
def create_comment(
    world: World,
    *,
    platform: Platform,
    post_id: PostId,
    text: CommentText,
    media_urls: MediaUrls | None = None,
    reply_to: Annotated[str, Semantic("CommentId"), Field(max_length=64)] = "",
    include_danmaku: bool = False,
    danmaku_settings: DanmakuSettings | None = None,
) -> MadeComment:
    """Comments under a post or video, or answers a comment there."""
    rules = RULES[platform]
    post = require_post(world, platform, post_id, "post_id")
    if not post.allows_comments:
        raise OperationError(
            "permission_denied", f"comments are turned off for {rules.word} {post.id}: choose another one", "post_id"
        )
    if not text.strip():
        raise OperationError(
            "invalid_argument", "expected the text of the comment, found only blanks: write something", "text"
        )
    require_length(text, rules.comment_chars, f"a comment on {rules.label}", "text")
    if reply_to:
        answered = world.store.get(COMMENTS, reply_to)
        if answered is None or answered.post_id != post.id:
            raise OperationError(
                "not_found",
                f"no comment under {post.id} has the id {reply_to!r}: open the {rules.word} to see them",
                "reply_to",
            )
    media = require_media(world, media_urls or (), "media_urls")
    author = owner_key(world, platform)
    comment = Comment(
        world.new_id(COMMENTS, rules.comment_ids), platform, post.id, author, text, media, reply_to,
        _danmaku(danmaku_settings or {}) if include_danmaku else (), 0, world.now_s,
    )  # fmt: skip
    world.store.put(COMMENTS, comment)
    return {
        "comment_id": comment.id,
        "post_id": post.id,
        "post_url": post.url,
        "author": handle_of(author),
        "text": text,
        "created_at": iso(comment.created_s),
    }


def _danmaku(settings: DanmakuSettings) -> tuple[str, ...]:
    """Position, colour and second, with Bilibili's defaults filled in: leaving one out and naming it are the same."""
    return settings.get("position", "scroll"), settings.get("color", "#FFFFFF").upper(), f"{settings.get('time', 0):g}"
