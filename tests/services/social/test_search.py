"""Searching posts, videos and accounts, with the filters of each platform."""

from typing import Any

import pytest

from agentalign_env.core.clock import iso
from agentalign_env.core.topics import load_topics
from agentalign_env.services import new_world
from agentalign_env.services.social.records import COMMENTS, POSTS
from tests.services.social.calls import done, refused, some_post

SEARCHED = ("twitter", "instagram", "tiktok", "youtube", "bilibili")


@pytest.mark.parametrize("platform", SEARCHED)
def test_every_topic_is_found_by_its_tag_and_its_first_query(platform: str) -> None:
    world = new_world("small", 3)
    for topic in load_topics().values():
        for query in (topic.tags[0], topic.queries[0]):
            found = done(world, f"search_{platform}_content", query=query, limit=10)["posts"]
            assert any(topic.tags[0] in post["tags"] for post in found), (topic.id, query)


def test_a_found_post_shows_who_wrote_what_where() -> None:
    world = new_world("small", 3)
    found = done(world, "search_bilibili_content", query=some_post(world, "bilibili").title, search_type="video")
    assert found["accounts"] == []
    assert found["posts"]
    for line in found["posts"]:
        post = world.store.get(POSTS, line["post_id"])
        assert post is not None
        assert line == {
            "post_id": post.id,
            "kind": "video",
            "url": post.url,
            "author": post.author.removeprefix("bilibili:"),
            "title": post.title,
            "text": post.text[:160],
            "tags": list(post.tags),
            "likes": post.likes,
            "comments": len(world.store.where(COMMENTS, "post_id", post.id)),
            "created_at": iso(post.created_s),
        }


def test_a_search_finds_the_post_just_made() -> None:
    world = new_world("small", 3)
    made = done(world, "post_tweet", content="Lost a green umbrella near the quay #greenumbrella")
    for query in ("green umbrella quay", "greenumbrella", "#greenumbrella"):
        assert made["post_id"] in [
            post["post_id"] for post in done(world, "search_twitter_content", query=query)["posts"]
        ]


def test_pages_of_a_search_follow_each_other_without_repetition() -> None:
    world = new_world("medium", 3)
    topic = next(iter(load_topics().values()))
    seen: list[str] = []
    arguments: dict[str, Any] = {"query": f"{topic.title} day", "limit": 4}
    for _ in range(4):
        page = done(world, "search_twitter_content", **arguments)
        assert len(page["posts"]) + len(page["accounts"]) <= 4
        seen += [item["post_id"] for item in page["posts"]] + [item["handle"] for item in page["accounts"]]
        if not page["more"]:
            break
        arguments["next_token"] = page["next_cursor"]
    assert len(seen) == len(set(seen)) > 4


def test_bilibili_pages_by_number() -> None:
    world = new_world("medium", 3)
    by_page = [
        done(world, "search_bilibili_content", query="day", search_type="video", limit=2, page=n) for n in (1, 2)
    ]
    whole = done(world, "search_bilibili_content", query="day", search_type="video", limit=4)
    assert len(whole["posts"]) == 4
    assert by_page[0]["posts"] + by_page[1]["posts"] == whole["posts"]


def test_search_types_choose_between_posts_and_accounts() -> None:
    world = new_world("small", 3)
    person = world.background.people[0]
    users = done(world, "search_twitter_content", query=person.name, search_type="users")
    assert (users["accounts"][0]["handle"], users["posts"]) == (person.handle, [])
    tweets = done(world, "search_twitter_content", query=person.name, search_type="tweets")
    assert tweets["accounts"] == []
    assert done(world, "search_youtube_content", query="garden", search_type="playlist") == {
        "posts": [],
        "accounts": [],
        "more": False,
    }


def test_tags_and_places_are_matched_exactly() -> None:
    world = new_world("small", 3)
    post = next(post for post in world.store.where(POSTS, "platform", "instagram") if post.location)
    tagged = done(world, "search_instagram_content", query=f"#{post.tags[1]}", search_type="tags")["posts"]
    assert tagged
    assert all(post.tags[1] in line["tags"] for line in tagged)
    placed = done(world, "search_instagram_content", query=post.location, search_type="places", limit=100)["posts"]
    assert post.id in [line["post_id"] for line in placed]
    assert {world.store.get(POSTS, line["post_id"]).location for line in placed} == {post.location}  # type: ignore[union-attr]


def test_filters_narrow_and_order_a_search() -> None:
    world = new_world("medium", 3)
    topic = next(iter(load_topics().values()))
    everything = done(world, "search_twitter_content", query=topic.tags[0], search_type="tweets", limit=100)["posts"]
    middle = sorted(post["created_at"] for post in everything)[len(everything) // 2]
    later = done(
        world,
        "search_twitter_content",
        query=topic.tags[0],
        search_type="tweets",
        limit=100,
        filters={"start_time": middle},
    )["posts"]
    assert 0 < len(later) < len(everything)
    assert later == [post for post in everything if post["created_at"] >= middle]
    newest = done(world, "search_bilibili_content", query="day", search_type="video", filters={"order": "pubdate"})
    times = [post["created_at"] for post in newest["posts"]]
    assert len(set(times)) > 1
    assert times == sorted(times, reverse=True)
    assert done(world, "search_youtube_content", query=topic.tags[0], filters={"duration": "long"})["posts"] == []


@pytest.mark.parametrize(
    ("name", "arguments", "field"),
    [
        ("search_twitter_content", {"filters": {"start_time": "yesterday"}}, "filters"),
        ("search_youtube_content", {"filters": {"upload_date": "soon"}}, "filters"),
        ("search_instagram_content", {"filters": {"date_range": "2026"}}, "filters"),
        ("search_twitter_content", {"next_token": "abc"}, "next_token"),
        ("search_bilibili_content", {"page": 0}, "page"),
        ("search_twitter_content", {"limit": 101}, "limit"),
    ],
)
def test_a_search_refuses_what_it_cannot_read(name: str, arguments: dict[str, Any], field: str) -> None:
    assert refused(new_world("small", 3), name, query="garden", **arguments) == ("invalid_argument", field)
