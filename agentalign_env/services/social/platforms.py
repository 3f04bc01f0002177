"""What differs between the platforms: how ids and addresses look, how long texts may be, which categories exist."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

from agentalign_env.core.ids import BASE58, BASE64URL, DIGITS, IdStyle

__all__ = ["PLATFORMS", "RULES", "Platform", "Rules"]

Platform = Literal["twitter", "instagram", "weibo", "tiktok", "youtube", "bilibili"]
PLATFORMS: tuple[Platform, ...] = ("twitter", "instagram", "weibo", "tiktok", "youtube", "bilibili")


class Rules(NamedTuple):
    """The rules of one platform.

    Attributes:
        label: The platform's name as people say it.
        word: What people call a contribution there.
        kind: ``post`` or ``video``: what its accounts publish.
        post_ids: How ids of posts and videos look.
        comment_ids: How ids of comments look.
        post_url: Address of a post, from ``handle`` and ``id``.
        profile_url: Address of a profile, from ``handle``.
        text_chars: Longest text of a post, or description of a video.
        comment_chars: Longest text of a comment.
        tags: How many tags a post may have.
        title_chars: Longest title, 0 where there are no titles.
        categories: Names of the categories by id, empty where there are none.
    """

    label: str
    word: str
    kind: Literal["post", "video"]
    post_ids: IdStyle
    comment_ids: IdStyle
    post_url: str
    profile_url: str
    text_chars: int
    comment_chars: int
    tags: int
    title_chars: int = 0
    categories: Mapping[str, str] = {}


_SNOWFLAKE = IdStyle("", DIGITS, 19)
_YOUTUBE_CATEGORIES = {
    "1": "Film & Animation", "2": "Autos & Vehicles", "10": "Music", "15": "Pets & Animals", "17": "Sports",
    "19": "Travel & Events", "20": "Gaming", "22": "People & Blogs", "23": "Comedy", "24": "Entertainment",
    "25": "News & Politics", "26": "Howto & Style", "27": "Education", "28": "Science & Technology",
    "29": "Nonprofits & Activism",
}  # fmt: skip
_BILIBILI_PARTITIONS = {
    "1": "Animation", "3": "Music", "4": "Gaming", "5": "Entertainment", "36": "Knowledge", "129": "Dance",
    "155": "Fashion", "160": "Life", "188": "Technology", "202": "News", "211": "Food", "217": "Animals",
    "223": "Cars", "234": "Sports",
}  # fmt: skip

RULES: Mapping[Platform, Rules] = {
    "twitter": Rules(
        "Twitter", "tweet", "post", _SNOWFLAKE, _SNOWFLAKE,
        "https://twitter.example/{handle}/status/{id}", "https://twitter.example/{handle}", 280, 280, 10,
    ),
    "instagram": Rules(
        "Instagram", "post", "post", IdStyle("", DIGITS, 17), IdStyle("", DIGITS, 17),
        "https://instagram.example/p/{id}/", "https://instagram.example/{handle}/", 2200, 2200, 30,
    ),
    "weibo": Rules(
        "Weibo", "post", "post", IdStyle("", DIGITS, 16), IdStyle("", DIGITS, 16),
        "https://weibo.example/{handle}/{id}", "https://weibo.example/{handle}", 2000, 140, 10,
    ),
    "tiktok": Rules(
        "TikTok", "video", "video", _SNOWFLAKE, _SNOWFLAKE,
        "https://tiktok.example/@{handle}/video/{id}", "https://tiktok.example/@{handle}", 2200, 150, 30,
    ),
    "youtube": Rules(
        "YouTube", "video", "video", IdStyle("", BASE64URL, 11), IdStyle("Ug", BASE64URL, 24),
        "https://youtube.example/watch?v={id}", "https://youtube.example/@{handle}", 5000, 10_000,
        30, 100, _YOUTUBE_CATEGORIES,
    ),
    "bilibili": Rules(
        "Bilibili", "video", "video", IdStyle("BV1", BASE58, 9), IdStyle("", DIGITS, 12),
        "https://bilibili.example/video/{id}", "https://space.bilibili.example/{handle}", 2000, 1000,
        10, 80, _BILIBILI_PARTITIONS,
    ),
}  # fmt: skip
