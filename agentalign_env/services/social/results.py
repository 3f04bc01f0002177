"""What the operations of the social networks answer."""

from __future__ import annotations

from typing import Annotated, Any, Literal, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from agentalign_env.core.semantics import (
    CommentId,
    EmailAddress,
    Handle,
    PersonName,
    PhoneNumber,
    Place,
    PostId,
    Semantic,
    Url,
)

__all__ = [
    "DanmakuSettings",
    "FoundAccount",
    "FoundPost",
    "MadeComment",
    "MadePost",
    "OpenedPost",
    "PageToken",
    "SearchPage",
    "ShownComment",
    "ShownProfile",
]

PageToken = Annotated[str, Semantic("PageToken"), Field(pattern=r"^[0-9]{0,5}$")]


class DanmakuSettings(TypedDict):
    """How a comment flies over the video: ``time`` is the second of the video at which it starts."""

    position: NotRequired[Literal["scroll", "top", "bottom"]]
    color: NotRequired[Annotated[str, Field(pattern=r"^#[0-9A-Fa-f]{6}$")]]
    time: NotRequired[Annotated[float, Field(ge=0, le=86_400)]]


class MadePost(TypedDict):
    """What publishing a post or video answers."""

    post_id: PostId
    url: Url
    author: Handle
    visibility: str
    status: str
    created_at: str


class MadeComment(TypedDict):
    """What commenting answers."""

    comment_id: CommentId
    post_id: PostId
    post_url: Url
    author: Handle
    text: str
    created_at: str


class ShownProfile(TypedDict):
    """A profile. A phone, site or posts that are not there leave their fields out, as do numbers not asked for."""

    handle: Handle
    name: PersonName
    bio: str
    city: Place
    contact_email: EmailAddress
    phone: NotRequired[PhoneNumber]
    website: NotRequired[Url]
    url: Url
    verified: bool
    joined_at: str
    followers: NotRequired[int]
    following: NotRequired[int]
    posts: NotRequired[int]
    latest_post_id: NotRequired[PostId]
    latest_post_url: NotRequired[Url]
    pinned_post_id: NotRequired[PostId]
    extras: NotRequired[dict[str, Any]]


class FoundPost(TypedDict):
    """A post or video in a search result."""

    post_id: PostId
    kind: str
    url: Url
    author: Handle
    title: str
    text: str
    tags: list[str]
    likes: int
    comments: int
    created_at: str


class FoundAccount(TypedDict):
    """An account in a search result."""

    handle: Handle
    name: PersonName
    bio: str
    url: Url
    followers: int
    verified: bool


class SearchPage(TypedDict):
    """A page of a search result, best first."""

    posts: list[FoundPost]
    accounts: list[FoundAccount]
    more: bool
    next_cursor: NotRequired[PageToken]


class ShownComment(TypedDict):
    """A comment under an opened post; ``reply_to`` only when it answers another comment."""

    comment_id: CommentId
    author: Handle
    text: str
    likes: int
    created_at: str
    reply_to: NotRequired[CommentId]


class OpenedPost(TypedDict):
    """A whole post or video with a page of its comments, oldest first, and the ids of posts that reply to it."""

    post_id: PostId
    kind: str
    url: Url
    author: Handle
    author_name: PersonName
    title: str
    text: str
    tags: list[str]
    media_urls: list[str]
    location: str
    mentions: list[Handle]
    visibility: str
    sensitive: bool
    category: str
    likes: int
    created_at: str
    reply_to: NotRequired[PostId]
    replies: list[PostId]
    comment_count: int
    comments: list[ShownComment]
    more: bool
