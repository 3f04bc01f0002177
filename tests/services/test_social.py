"""Posts, videos, comments, profiles and searches on the six platforms."""

from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from agentalign_env.core.clock import iso
from agentalign_env.core.topics import load_topics
from agentalign_env.core.world import World, WorldState
from agentalign_env.services import new_world
from agentalign_env.services.media.records import MEDIA
from agentalign_env.services.social.platforms import PLATFORMS, RULES
from agentalign_env.services.social.records import COMMENTS, POSTS, PROFILES, Post
from agentalign_env.services.social.service import SERVICE
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
SEARCHED = ("twitter", "instagram", "tiktok", "youtube", "bilibili")


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


# Publishing


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


# Comments


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


# Reading and searching


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
    assert later == [post for post in everything if post["created_at"] >= middle]
    newest = done(world, "search_bilibili_content", query="day", search_type="video", filters={"order": "pubdate"})
    times = [post["created_at"] for post in newest["posts"]]
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


# Profiles


@pytest.mark.parametrize("platform", ["twitter", "instagram", "tiktok", "bilibili"])
def test_the_owner_has_a_profile_everywhere(platform: str) -> None:
    world = new_world("small", 3)
    shown = done(world, f"get_{platform}_profile", user_id=f"@{world.owner.handle.upper()}")
    assert (shown["handle"], shown["name"], shown["contact_email"]) == (
        world.owner.handle,
        world.owner.name,
        world.owner.email,
    )


def test_everybody_has_a_profile_on_twitter_and_instagram_with_their_own_address() -> None:
    world = new_world("small", 3)
    for person in world.background.people:
        for platform in ("twitter", "instagram"):
            shown = done(world, f"get_{platform}_profile", user_id=person.handle)
            assert (shown["name"], shown["contact_email"]) == (person.name, person.email)
            assert shown.get("phone", person.phone) == person.phone


def test_an_organisation_shows_its_address_and_site() -> None:
    world = new_world("small", 3)
    organisation = world.background.organisations[0]
    handle = organisation.domain.split(".")[0].replace("-", "")
    shown = done(world, "get_tiktok_profile", user_id=handle)
    assert (shown["name"], shown["contact_email"], shown["website"]) == (
        organisation.name,
        organisation.email,
        organisation.url,
    )


def test_a_profile_names_its_latest_post() -> None:
    world = new_world("small", 3)
    made = done(world, "post_tweet", content="Fresh bread")
    shown = done(world, "get_twitter_profile", user_id=world.owner.handle)
    assert (shown["latest_post_id"], shown["latest_post_url"]) == (made["post_id"], made["url"])


def test_numbers_and_pinned_tweet_are_shown_as_asked() -> None:
    world = new_world("small", 3)
    handle = some_post(world, "twitter").author.removeprefix("twitter:")
    without = done(world, "get_twitter_profile", user_id=handle, include_metrics=False, include_pinned_tweet=True)
    assert not {"followers", "following", "posts"} & without.keys()
    assert "pinned_post_id" in without
    assert "extras" not in without
    asked = done(world, "get_bilibili_profile", user_id=world.owner.handle, include_live=True)
    assert asked["extras"] == {"live_room": {"live": False}}


def test_an_unknown_or_malformed_handle_is_refused() -> None:
    world = new_world("small", 3)
    assert refused(world, "get_twitter_profile", user_id="nobody_here") == ("not_found", "user_id")
    assert refused(world, "get_twitter_profile", user_id="no body") == ("invalid_argument", "user_id")


# The whole


@pytest.mark.parametrize("size", ["small", "medium"])
@pytest.mark.parametrize("seed", range(3))
def test_a_fresh_world_keeps_the_invariants_and_the_platforms_limits(size: str, seed: int) -> None:
    world = new_world(size, seed)
    assert violations(world) == []
    for post in world.store.rows(POSTS):
        rules = RULES[post.platform]  # type: ignore[index]
        assert len(post.text) <= rules.text_chars
        assert len(post.title) <= rules.title_chars
        assert post.created_s < world.now_s
    assert all(profile.id == f"{profile.platform}:{profile.handle}" for profile in world.store.rows(PROFILES))


def test_no_two_seeded_posts_of_a_platform_say_the_same() -> None:
    posts = list(new_world("medium", 3).store.rows(POSTS))
    assert len({(post.platform, post.title, post.text) for post in posts}) == len(posts)


def violations(world: World) -> list[str]:
    return [line for check in SERVICE.invariants for line in check(world)]


TEXTS = st.sampled_from(["Hello", "  ", "x" * 300, "Soup #lunch", ""])
URLS = st.sampled_from(["photo", "clip", "https://a.example/none.jpg"])


class SocialMachine(RuleBasedStateMachine):
    """Any calls, valid or not: the invariants hold, a failure changes nothing, a snapshot brings everything back."""

    def __init__(self) -> None:
        super().__init__()
        self.world = new_world("small", 3)
        self.kept: tuple[WorldState, str] | None = None
        self.ids = [post.id for post in self.world.store.rows(POSTS)][:12]
        self.comments = ["unknown"]

    def url(self, kind: str) -> str:
        return kind if ":" in kind else media(self.world, kind)

    def run(self, name: str, **arguments: Any) -> Any:
        before = self.world.digest()
        result = call(self.world, name, **arguments)
        if result.code:
            assert self.world.digest() == before
            return None
        return result.value

    @rule(text=TEXTS, kind=URLS, reply=st.booleans(), at=st.integers(0, 11))
    def tweets(self, text: str, kind: str, reply: bool, at: int) -> None:
        target = {"reply_to_id": self.ids[at]} if reply else {}
        made = self.run("post_tweet", content=text, media_urls=[self.url(kind)], **target)
        if made:
            self.ids.append(made["post_id"])

    @rule(kind=URLS, partition=st.sampled_from(["160", "7"]), title=TEXTS)
    def uploads(self, kind: str, partition: str, title: str) -> None:
        self.run("post_bilibili_video", video_url=self.url(kind), title=title, partition_id=partition)

    @rule(kind=URLS, allow=st.booleans())
    def clips(self, kind: str, allow: bool) -> None:
        made = self.run("post_tiktok", video_url=self.url(kind), allow_comments=allow)
        if made:
            self.ids.append(made["post_id"])

    @rule(platform=st.sampled_from(PLATFORMS), data=st.data(), text=TEXTS)
    def comments_on(self, platform: str, data: st.DataObject, text: str) -> None:
        name, target = COMMENT_TOOLS[platform]
        arguments = {target: data.draw(st.sampled_from(self.ids)), "content": text}
        if platform != "twitter" and data.draw(st.booleans()):
            arguments["reply_to_comment_id"] = data.draw(st.sampled_from(self.comments))
        made = self.run(name, **arguments)
        if made:
            self.comments.append(made["comment_id"])

    @rule()
    def keeps_a_snapshot(self) -> None:
        self.kept = (self.world.snapshot(), self.world.digest())

    @precondition(lambda self: self.kept is not None)
    @rule()
    def goes_back(self) -> None:
        assert self.kept is not None
        self.world.restore(self.kept[0])
        assert self.world.digest() == self.kept[1]

    @invariant()
    def nothing_is_violated(self) -> None:
        assert violations(self.world) == []


SocialMachine.TestCase.settings = settings(max_examples=20, stateful_step_count=20, deadline=None)
test_any_calls_keep_the_invariants = SocialMachine.TestCase
