"""Publishing posts and videos, and reading them with their comments."""

from typing import Any

import pytest

from agentalign_env.core.clock import iso
from agentalign_env.services import new_world
from agentalign_env.services.social.platforms import PLATFORMS, RULES
from agentalign_env.services.social.records import POSTS
from agentalign_env.toolkit.catalogue import load_tools
from tests.services.social.calls import READ_TOOLS, call, done, media, refused, some_post


def test_a_tweet_is_published_from_the_owners_account() -> None:
    world = new_world("small", 3)
    photo, handle, now = media(world, "photo"), world.owner.handle, iso(world.now_s)
    result = call(world, "post_tweet", content="Soup for everyone", media_urls=[photo], is_sensitive=True)
    post_id = result.value["post_id"]
    assert result.value == {
        "post_id": post_id,
        "url": f"https://twitter.example/{handle}/status/{post_id}",
        "author": handle,
        "visibility": "public",
        "status": "published",
        "created_at": now,
    }
    row = world.store.get(POSTS, post_id)
    assert row is not None
    assert row._asdict() == {
        "id": post_id, "platform": "twitter", "kind": "post", "author": f"twitter:{handle}", "title": "",
        "text": "Soup for everyone", "tags": (), "media_urls": (photo,), "reply_to": "", "mentions": (), "location": "",
        "visibility": "public", "sensitive": True, "allows_comments": True, "category": "", "settings": (),
        "url": result.value["url"], "likes": 0, "keywords": "", "created_s": row.created_s,
    }  # fmt: skip
    assert [change.key for change in result.changes] == [post_id]


def test_a_tweet_may_answer_a_tweet_and_is_listed_under_it() -> None:
    world = new_world("small", 3)
    target = some_post(world, "twitter")
    reply = done(world, "post_tweet", content="Well said", reply_to_id=target.id)
    assert done(world, "read_tweet", tweet_id=target.id)["replies"] == [reply["post_id"]]
    assert done(world, "read_tweet", tweet_id=reply["post_id"])["reply_to"] == target.id


def test_a_tweet_answers_tweets_only() -> None:
    world = new_world("small", 3)
    other = some_post(world, "weibo")
    assert refused(world, "post_tweet", content="Well said", reply_to_id=other.id) == ("not_found", "reply_to_id")


def test_an_instagram_post_tags_known_accounts_and_a_place() -> None:
    world = new_world("small", 3)
    friend = world.background.people[0].handle
    post = done(
        world,
        "post_instagram",
        media_urls=[media(world, "photo")],
        user_tags=[f"@{friend.upper()}"],
        location="Norwick",
    )
    opened = done(world, "read_instagram_post", post_id=post["post_id"])
    assert (opened["mentions"], opened["location"], opened["text"]) == ([friend], "Norwick", "")


def test_an_instagram_post_needs_media_and_known_accounts() -> None:
    world = new_world("small", 3)
    photo = media(world, "photo")
    assert refused(world, "post_instagram", media_urls=[]) == ("invalid_argument", "media_urls")
    assert refused(world, "post_instagram", media_urls=[photo], user_tags=["nobody_here"]) == ("not_found", "user_tags")


def test_topics_of_a_weibo_post_lose_hash_signs_case_and_order() -> None:
    world = new_world("small", 3)
    first = done(world, "post_weibo", content="Rain", topics=["#Weather#", "umbrella"], visible_to="friends")
    second = done(world, "post_weibo", content="Rain", topics=["umbrella", "weather", "weather"])
    opened = [done(world, "read_weibo_post", post_id=post["post_id"]) for post in (first, second)]
    assert [post["tags"] for post in opened] == [["umbrella", "weather"]] * 2
    assert [post["visibility"] for post in opened] == ["friends", "public"]


@pytest.mark.parametrize(
    ("name", "arguments", "error"),
    [
        ("post_tweet", {"content": "x" * 281}, ("limit_exceeded", "content")),
        ("post_tweet", {"content": "  "}, ("invalid_argument", "content")),
        ("post_tweet", {"content": ""}, ("invalid_argument", "content")),
        ("post_tweet", {}, ("missing_argument", "content")),
        ("post_tweet", {"content": "x", "media_urls": ["https://a.example/b.jpg"]}, ("not_found", "media_urls")),
        ("post_weibo", {"content": "x" * 2001}, ("limit_exceeded", "content")),
        ("post_weibo", {"content": "x", "topics": ["#"]}, ("invalid_argument", "topics")),
        ("post_weibo", {"content": "x", "topics": list("abcdefghijk")}, ("limit_exceeded", "topics")),
        ("post_tiktok", {"video_url": "https://a.example/b.mp4"}, ("not_found", "video_url")),
    ],
)
def test_what_a_platform_does_not_take_is_refused(
    name: str, arguments: dict[str, Any], error: tuple[str, str | None]
) -> None:
    assert refused(new_world("small", 3), name, **arguments) == error


def test_a_clip_is_published_on_tiktok_with_its_settings() -> None:
    world = new_world("small", 3)
    clip = media(world, "clip")
    video = done(world, "post_tiktok", video_url=clip, caption="Look", tags=["Fun"], allow_duet=False, sound_id="s1")
    row = world.store.get(POSTS, video["post_id"])
    assert row is not None
    assert (row.kind, row.text, row.tags, row.media_urls) == ("video", "Look", ("fun",), (clip,))
    assert row.settings == ("duet=false", "stitch=true", "sound=s1")


def test_comments_can_be_turned_off() -> None:
    world = new_world("small", 3)
    video = done(world, "post_tiktok", video_url=media(world, "clip"), allow_comments=False)
    error = refused(world, "post_tiktok_comment", video_id=video["post_id"], content="First")
    assert error == ("permission_denied", "video_id")


def test_a_photo_is_no_video_and_a_clip_no_cover() -> None:
    world = new_world("small", 3)
    photo, clip = media(world, "photo"), media(world, "clip")
    assert refused(world, "post_tiktok", video_url=photo) == ("invalid_argument", "video_url")
    assert refused(world, "post_youtube_video", video_url=photo, title="T") == ("invalid_argument", "video_url")
    error = refused(world, "post_bilibili_video", video_url=clip, title="T", partition_id="160", cover_url=clip)
    assert error == ("invalid_argument", "cover_url")


def test_a_youtube_video_has_the_default_category_and_can_be_unlisted() -> None:
    world = new_world("small", 3)
    video = done(
        world, "post_youtube_video", video_url=media(world, "clip"), title="Tideline", privacy_status="unlisted"
    )
    opened = done(world, "read_youtube_video", video_id=video["post_id"])
    assert (opened["title"], opened["category"], opened["visibility"]) == ("Tideline", "People & Blogs", "unlisted")
    assert done(world, "search_youtube_content", query="tideline")["posts"] == []


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"title": "T", "category_id": "999"}, ("invalid_argument", "category_id")),
        ({"title": "T" * 101}, ("limit_exceeded", "title")),
        ({"title": " "}, ("invalid_argument", "title")),
        ({"title": "T", "description": "x" * 5001}, ("limit_exceeded", "description")),
        ({"title": "T", "tags": [letter * 90 for letter in "abcdef"]}, ("limit_exceeded", "tags")),
    ],
)
def test_youtube_refuses_what_it_does_not_know(arguments: dict[str, Any], error: tuple[str, str | None]) -> None:
    world = new_world("small", 3)
    assert refused(world, "post_youtube_video", video_url=media(world, "clip"), **arguments) == error


def test_bilibili_names_its_partitions_in_description_and_error() -> None:
    world = new_world("small", 3)
    arguments = {"video_url": media(world, "clip"), "title": "T"}
    description = load_tools()["post_bilibili_video"].schema["properties"]["partition_id"]["description"]
    result = call(world, "post_bilibili_video", **arguments, partition_id="9999")
    assert (result.code, result.value["field"]) == ("invalid_argument", "partition_id")
    for number, name in RULES["bilibili"].categories.items():
        assert f"{number} {name}" in description
        assert f"{number} {name}" in result.value["message"]
        done(world, "post_bilibili_video", **arguments, partition_id=number)


def test_comments_come_in_pages_oldest_first() -> None:
    world = new_world("small", 3)
    post = some_post(world, "twitter")
    for number in range(7):
        done(world, "post_tweet_comment", tweet_id=post.id, content=f"Comment {number}")
    whole = done(world, "read_tweet", tweet_id=post.id, comment_limit=100)
    parts = [
        done(world, "read_tweet", tweet_id=post.id, comment_limit=3, comment_offset=offset)
        for offset in range(0, whole["comment_count"], 3)
    ]
    assert [comment for part in parts for comment in part["comments"]] == whole["comments"]
    assert [part["more"] for part in parts] == [True] * (len(parts) - 1) + [False]


@pytest.mark.parametrize("platform", PLATFORMS)
def test_only_posts_of_the_platform_can_be_read(platform: str) -> None:
    world = new_world("small", 3)
    name, target = READ_TOOLS[platform]
    other = some_post(world, PLATFORMS[PLATFORMS.index(platform) - 1])
    assert refused(world, name, **{target: other.id}) == ("not_found", target)
