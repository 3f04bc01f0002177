"""Rows of the social networks, and the semantic types of their texts."""

from __future__ import annotations

from typing import Annotated, NamedTuple

from pydantic import Field

from agentalign_env.core.ids import DIGITS, IdStyle
from agentalign_env.core.semantics import (
    CommentId,
    EmailAddress,
    Handle,
    MediaUrl,
    PersonName,
    PhoneNumber,
    Place,
    PostId,
    Semantic,
    Tag,
    Title,
    Url,
)
from agentalign_env.core.table import Table

__all__ = [
    "COMMENTS", "POSTS", "PROFILES", "Comment", "CommentText", "MediaUrls", "Post", "PostText", "Profile", "Tags",
    "handle_of", "profile_key",
]  # fmt: skip

PostText = Annotated[str, Semantic("PostText"), Field(max_length=10_000)]
CommentText = Annotated[str, Semantic("CommentText"), Field(min_length=1, max_length=10_000)]
MediaUrls = Annotated[list[MediaUrl], Field(max_length=10)]
Tags = Annotated[list[Tag], Field(max_length=50)]


class Profile(NamedTuple):
    """An account on one platform; a person has the same handle on all."""

    id: str  # platform:handle
    platform: str
    handle: Handle
    name: PersonName
    bio: str
    contact_email: EmailAddress
    phone: PhoneNumber  # empty unless it is public
    website: Url  # empty for most people
    city: Place
    followers: int
    following: int
    joined_s: int
    verified: bool
    holder: str  # the person's id, or the organisation's name


class Post(NamedTuple):
    """A post or a video."""

    id: PostId
    platform: str
    kind: str  # post or video
    author: str  # a profile's id
    title: Title
    text: str
    tags: tuple[Tag, ...]
    media_urls: tuple[str, ...]  # those of others lie on the platform's own servers, not in the owner's library
    reply_to: PostId
    mentions: tuple[Handle, ...]
    location: str
    visibility: str
    sensitive: bool
    allows_comments: bool
    category: str
    settings: tuple[str, ...]  # the platform's further settings, as name=value
    url: Url
    likes: int
    keywords: str  # further words that the platform's search knows it by
    created_s: int


class Comment(NamedTuple):
    """A comment under a post or a video."""

    id: CommentId
    platform: str
    post_id: PostId
    author: str  # a profile's id
    text: str
    media_urls: tuple[str, ...]
    reply_to: CommentId
    danmaku: tuple[str, ...]  # position, colour and second at which it flies over the video; empty when it does not
    likes: int
    created_s: int


PROFILES = Table(
    "profiles",
    Profile,
    text=("handle", "name", "bio", "city"),
    free_text=("bio",),
    volatile=("followers", "following", "joined_s"),
    natural_key=True,
)
POSTS = Table(
    "posts",
    Post,
    text=("author", "title", "text", "tags", "location", "keywords"),
    free_text=("title", "text"),
    volatile=("url", "likes", "keywords", "created_s"),
    ids=IdStyle("", DIGITS, 19),
)
COMMENTS = Table("comments", Comment, free_text=("text",), volatile=("likes", "created_s"), ids=IdStyle("", DIGITS, 19))


def profile_key(platform: str, handle: str) -> str:
    """The key of a profile; the handle may begin with ``@`` and be in any case."""
    return f"{platform}:{handle.removeprefix('@').casefold()}"


def handle_of(key: str) -> str:
    """The handle in a profile's key."""
    return key.partition(":")[2]
