"""Hosts that are not of the web service: social networks and the media library, which their own tools read."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["OWN_TOOLS", "own_tools"]

# The web service knows no other service; a test compares these with the addresses that the other services give out.
OWN_TOOLS: Mapping[str, str] = {
    "twitter.example": "read_tweet, get_twitter_profile",
    "instagram.example": "read_instagram_post, get_instagram_profile",
    "tiktok.example": "read_tiktok_video, get_tiktok_profile",
    "youtube.example": "read_youtube_video, search_youtube_content",
    "bilibili.example": "read_bilibili_video, get_bilibili_profile",
    "weibo.example": "read_weibo_post",
    "lightbox.example": "list_media",
}
"""The tools that show what lies on a network, by its domain; hosts below it (``cdn.``, ``media.``) belong to it."""


def own_tools(host: str) -> str:
    """The tools that show what is on this host, or ``""`` where it is of no network."""
    name = host.partition(":")[0].rstrip(".")
    while name:
        if name in OWN_TOOLS:
            return OWN_TOOLS[name]
        name = name.partition(".")[2]
    return ""
