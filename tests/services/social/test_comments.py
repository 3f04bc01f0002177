"""Comments under posts and videos, and answers to them."""

from typing import Any

import pytest

from agentalign_env.core.clock import iso
from agentalign_env.services import new_world
from agentalign_env.services.social.platforms import PLATFORMS, RULES
from agentalign_env.services.social.records import COMMENTS, POSTS
from tests.services.social.calls import COMMENT_TOOLS, READ_TOOLS, done, refused, some_post


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_comment_appears_under_its_post_and_can_be_answered(platform: str) -> None:
    world = new_world("small", 3)
    (name, target), (reader, of), post = COMMENT_TOOLS[platform], READ_TOOLS[platform], some_post(world, platform)
    before = done(world, reader, **{of: post.id})["comment_count"]
    made = done(world, name, **{target: post.id}, content="Thank you for this")
    comment = world.store.get(COMMENTS, made["comment_id"])
    assert comment is not None
    assert made == {
        "comment_id": comment.id,
        "post_id": post.id,
        "post_url": post.url,
        "author": world.owner.handle,
        "text": "Thank you for this",
        "created_at": iso(comment.created_s),
    }
    shown = done(world, reader, **{of: post.id}, comment_limit=100)
    assert shown["comment_count"] == before + 1
    assert shown["comments"][-1]["comment_id"] == comment.id
    if platform != "twitter":
        answer = done(world, name, **{target: post.id}, content="And again", reply_to_comment_id=comment.id)
        last = done(world, reader, **{of: post.id}, comment_limit=100)["comments"][-1]
        assert (last["comment_id"], last["reply_to"]) == (answer["comment_id"], comment.id)


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_comment_needs_a_post_of_its_platform_and_a_text_that_fits(platform: str) -> None:
    world = new_world("small", 3)
    (name, target), post = COMMENT_TOOLS[platform], some_post(world, platform)
    elsewhere = some_post(world, PLATFORMS[PLATFORMS.index(platform) - 1])
    limit = RULES[post.platform].comment_chars  # type: ignore[index]
    assert refused(world, name, **{target: elsewhere.id}, content="Hi") == ("not_found", target)
    assert refused(world, name, **{target: "unknown"}, content="Hi") == ("not_found", target)
    assert refused(world, name, **{target: post.id}, content=" ") == ("invalid_argument", "content")
    if limit < 10_000:
        assert refused(world, name, **{target: post.id}, content="x" * (limit + 1)) == ("limit_exceeded", "content")


def test_an_answer_stays_under_the_post_of_the_comment() -> None:
    world = new_world("small", 3)
    first, second = world.store.where(POSTS, "platform", "weibo")[:2]
    comment = done(world, "post_weibo_comment", post_id=first.id, content="Here")
    error = refused(
        world, "post_weibo_comment", post_id=second.id, content="There", reply_to_comment_id=comment["comment_id"]
    )
    assert error == ("not_found", "reply_to_comment_id")


def test_danmaku_is_kept_with_its_defaults_and_only_when_asked_for() -> None:
    world = new_world("small", 3)
    post = some_post(world, "bilibili")

    def danmaku(**arguments: Any) -> tuple[str, ...]:
        made = done(world, "post_bilibili_comment", video_id=post.id, content="Wow", **arguments)
        row = world.store.get(COMMENTS, made["comment_id"])
        assert row is not None
        return row.danmaku

    assert danmaku(danmaku_settings={"position": "top"}) == ()
    assert danmaku(include_danmaku=True) == ("scroll", "#FFFFFF", "0")
    given = {"position": "top", "color": "#ff8800", "time": 12.5}
    assert danmaku(include_danmaku=True, danmaku_settings=given) == ("top", "#FF8800", "12.5")
