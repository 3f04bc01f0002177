"""The owner's library of photos and clips."""

from typing import Any

import pytest

from agentalign_env.core.topics import load_topics
from agentalign_env.core.world import World
from agentalign_env.services import new_world
from agentalign_env.services.media.records import MEDIA
from agentalign_env.services.media.service import SERVICE
from agentalign_env.toolkit.catalogue import load_tools
from agentalign_env.toolkit.dispatch import execute
from agentalign_env.types import ToolCall


def list_media(world: World, **arguments: Any) -> Any:
    result = execute(world, load_tools(), ToolCall("1", "list_media", arguments))
    assert result.code == "", result.content
    return result.value


def test_an_item_shows_its_url_kind_words_and_time_newest_first() -> None:
    world = new_world("small", 3)
    newest = next(world.store.newest(MEDIA))
    page = list_media(world, limit=2)
    assert page["more"] is True
    assert page["items"][0] == {
        "url": newest.url,
        "kind": newest.kind,
        "title": newest.title,
        "caption": newest.caption,
        "tags": list(newest.tags),
        "taken_at": page["items"][0]["taken_at"],
    }
    assert page["items"][0]["taken_at"] > page["items"][1]["taken_at"]


def test_kind_narrows_the_list() -> None:
    world = new_world("small", 3)
    photos, clips = (list_media(world, kind=kind, limit=50)["items"] for kind in ("photo", "clip"))
    assert {item["kind"] for item in photos} == {"photo"}
    assert {item["kind"] for item in clips} == {"clip"}
    assert len(photos) >= 8
    assert len(clips) >= 6


def test_pages_follow_each_other_without_gap_or_repetition() -> None:
    world = new_world("medium", 3)
    whole = [item["url"] for item in list_media(world, limit=30)["items"]]
    parts = [item["url"] for offset in (0, 10, 20) for item in list_media(world, limit=10, offset=offset)["items"]]
    assert parts == whole


@pytest.mark.parametrize("topic", load_topics().values(), ids=lambda topic: topic.id)
def test_every_topic_has_a_photo_and_a_clip_that_its_words_find(topic: Any) -> None:
    world = new_world("small", 3)
    for words in (topic.tags[0], topic.title, topic.queries[0]):
        for kind in ("photo", "clip"):
            found = list_media(world, query=words, kind=kind, limit=50)["items"]
            assert any(topic.tags[0] in item["tags"] for item in found), (words, kind)


def test_words_that_nothing_holds_find_nothing() -> None:
    assert list_media(new_world("small", 3), query="zeppelinquark") == {"items": [], "more": False}


def test_the_port_knows_what_is_in_the_library() -> None:
    world = new_world("small", 3)
    url = list_media(world, limit=1)["items"][0]["url"]
    assert world.media.exists(url) is True
    assert world.media.exists(url.replace("/20", "/19")) is False


@pytest.mark.parametrize("size", ["small", "medium"])
def test_a_fresh_library_keeps_the_invariants(size: str) -> None:
    world = new_world(size, 5)
    assert [line for invariant in SERVICE.invariants for line in invariant(world)] == []
