"""Publishing videos: short clips, and uploads to a channel."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from agentalign_env.core.operation import operation
from agentalign_env.core.semantics import MediaUrl, Semantic, Title
from agentalign_env.core.world import World
from agentalign_env.errors import OperationError
from agentalign_env.services.social.checks import clean_tags, require_clip, require_length, require_picture
from agentalign_env.services.social.platforms import RULES
from agentalign_env.services.social.posts import publish
from agentalign_env.services.social.records import POSTS, PostText, Tags
from agentalign_env.services.social.results import MadePost

__all__ = ["create_video", "upload_video"]

_Id = Annotated[str, Field(max_length=64)]
_YOUTUBE_TAG_CHARS = 500


@operation("Social.create_video", reads=("generations", "media"), writes=(POSTS,), identifies="post_id")
def create_video(
    world: World,
    *,
    platform: Literal["tiktok"],
    video_url: MediaUrl,
    text: PostText = "",
    tags: Tags | None = None,
    sound_id: _Id = "",
    allow_comments: bool = True,
    allow_duet: bool = True,
    allow_stitch: bool = True,
) -> MadePost:
    """Publishes a clip of the owner's library as a short video."""
    clip = require_clip(world, video_url, "video_url")
    require_length(text, RULES[platform].text_chars, "a caption on TikTok", "text")
    settings = (f"duet={_word(allow_duet)}", f"stitch={_word(allow_stitch)}", f"sound={sound_id}")
    return publish(
        world,
        platform,
        text=text,
        media_urls=(clip,),
        tags=clean_tags(tags or (), platform, "tags"),
        visibility="public",
        allows_comments=allow_comments,
        settings=settings,
    )


@operation("Social.upload_video", reads=("generations", "media"), writes=(POSTS,), identifies="post_id")
def upload_video(
    world: World,
    *,
    platform: Literal["youtube", "bilibili"],
    video_url: MediaUrl,
    title: Title,
    category: Annotated[str, Semantic("VideoCategory"), Field(min_length=1, max_length=10)],
    text: PostText = "",
    tags: Tags | None = None,
    visibility: Literal["public", "unlisted", "private"] = "public",
    made_for_kids: bool = False,
    cover_url: Annotated[str, Semantic("MediaUrl"), Field(max_length=2048)] = "",
    copyright_type: Literal[1, 2] = 1,
    thread_id: _Id = "",
) -> MadePost:
    """Uploads a clip of the owner's library to the owner's channel. Copyright type 1 is one's own work, 2 a repost."""
    rules = RULES[platform]
    clip = require_clip(world, video_url, "video_url")
    if not title.strip():
        raise OperationError("invalid_argument", "expected a title, found only blanks: name the video", "title")
    require_length(title, rules.title_chars, f"a title on {rules.label}", "title")
    require_length(text, rules.text_chars, f"a description on {rules.label}", "text")
    if category not in rules.categories:
        known = ", ".join(f"{number} {name}" for number, name in rules.categories.items())
        raise OperationError(
            "invalid_argument", f"{rules.label} has no category {category!r}: take one of {known}", "category"
        )
    cleaned = clean_tags(tags or (), platform, "tags")
    if platform == "youtube":
        require_length("".join(cleaned), _YOUTUBE_TAG_CHARS, "all tags on YouTube together", "tags")
        settings: tuple[str, ...] = (f"made_for_kids={_word(made_for_kids)}",)
    else:
        cover = require_picture(world, cover_url, "cover_url") if cover_url else ""
        settings = (f"cover={cover}", f"copyright={copyright_type}", f"thread={thread_id}")
    return publish(
        world,
        platform,
        title=title,
        text=text,
        media_urls=(clip,),
        tags=cleaned,
        visibility=visibility,
        category=category,
        settings=settings,
    )


def _word(flag: bool) -> str:
    return "true" if flag else "false"
