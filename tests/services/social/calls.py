"""What the tests of the social networks share: tools by platform, and calls that must succeed or fail."""

from typing import Any

from agentalign_env.core.world import World
from agentalign_env.services.media.records import MEDIA
from agentalign_env.services.social.records import POSTS, Post
from agentalign_env.toolkit.catalogue import load_tools
from agentalign_env.toolkit.dispatch import ToolResult, execute
from agentalign_env.types import ToolCall

COMMENT_TOOLS = {
    "twitter": ("post_tweet_comment", "tweet_id"),
    "instagram": ("post_instagram_comment", "post_id"),
    "weibo": ("post_weibo_comment", "post_id"),
    "tiktok": ("post_tiktok_comment", "video_id"),
    "youtube": ("post_youtube_comment", "video_id"),
    "bilibili": ("post_bilibili_comment", "video_id"),
}
READ_TOOLS = {
    "twitter": ("read_tweet", "tweet_id"),
    "instagram": ("read_instagram_post", "post_id"),
    "weibo": ("read_weibo_post", "post_id"),
    "tiktok": ("read_tiktok_video", "video_id"),
    "youtube": ("read_youtube_video", "video_id"),
    "bilibili": ("read_bilibili_video", "video_id"),
}


def call(world: World, name: str, **arguments: Any) -> ToolResult:
    return execute(world, load_tools(), ToolCall("1", name, arguments))


def done(world: World, name: str, **arguments: Any) -> Any:
    """The operation's result of a call that succeeds."""
    result = call(world, name, **arguments)
    assert result.code == "", result.content
    return result.value


def refused(world: World, name: str, **arguments: Any) -> tuple[str, str | None]:
    """The error's code and field; the state is as before."""
    before = world.digest()
    result = call(world, name, **arguments)
    assert result.changes == ()
    assert world.digest() == before
    assert result.code != "", result.content
    return result.code, result.value.get("field")


def media(world: World, kind: str) -> str:
    return next(item.url for item in world.store.newest(MEDIA) if item.kind == kind)


def some_post(world: World, platform: str) -> Post:
    return world.store.where(POSTS, "platform", platform)[0]
