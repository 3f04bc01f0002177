"""Rows and results of the web service."""

from __future__ import annotations

from typing import Annotated, Literal, NamedTuple, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from agentalign_env.core.ids import HEX16
from agentalign_env.core.semantics import Semantic, Title, Url
from agentalign_env.core.table import Table

__all__ = [
    "PAGES",
    "REDIRECTS",
    "REQUESTS",
    "SITES",
    "Found",
    "Hostname",
    "Link",
    "OpenedPage",
    "Page",
    "PageKind",
    "Redirect",
    "Request",
    "Response",
    "SearchPage",
    "Site",
]

Hostname = Annotated[str, Semantic("Hostname"), Field(min_length=1, max_length=253)]
PageKind = Literal["web", "images", "news", "videos"]


class Page(NamedTuple):
    """One page; the best ranked come first in the table."""

    url: Url
    host: Hostname
    kind: str  # one of PageKind
    title: Title
    summary: str
    text: str
    keywords: tuple[str, ...]  # searched, never shown
    language: str
    links: tuple[Url, ...]
    published_s: int


class Site(NamedTuple):
    """A host that answers. One that forwards sends every request to the same path of another host."""

    host: Hostname
    name: str
    forwards_to: str


class Redirect(NamedTuple):
    """A page that has moved."""

    url: Url
    location: Url


class Request(NamedTuple):
    """A request that changes something on its server."""

    id: str
    method: str
    url: Url
    headers: str  # canonical JSON, without those that every client adds
    body: str  # canonical JSON where it is JSON
    sent_s: int


PAGES = Table("pages", Page, text=("title", "text", "keywords"), volatile=("published_s",), natural_key=True)
SITES = Table("sites", Site, natural_key=True)
REDIRECTS = Table("redirects", Redirect, natural_key=True)
REQUESTS = Table("requests", Request, text=("url", "body"), free_text=("body",), volatile=("sent_s",), ids=HEX16)


class Found(TypedDict):
    """One line of a search result."""

    url: Url
    title: Title
    snippet: str
    site: str
    host: Hostname
    kind: str
    language: str
    published: str


class SearchPage(TypedDict):
    """A page of a search result, best first."""

    query: str
    results: list[Found]
    more: bool


class Link(TypedDict):
    """A link on a page: what it says and where it leads."""

    text: str
    url: Url


class OpenedPage(TypedDict):
    """A page as a reader sees it."""

    url: Url
    title: Title
    site: str
    text: str
    links: list[Link]
    published: str


class Response(TypedDict):
    """What a server answers; the URL is the one that answered, after redirects."""

    url: Url
    status: int
    reason: str
    headers: dict[str, str]
    body: str
    request_id: NotRequired[str]
