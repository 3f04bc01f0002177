"""Searching the web, reading its pages, and sending HTTP requests to its servers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Annotated, Any, Literal, get_args

import orjson
from pydantic import Field, WithJsonSchema

from agentalign_env.core.clock import DAY_S, iso
from agentalign_env.core.operation import operation
from agentalign_env.core.ports import WebResponse
from agentalign_env.core.semantics import Query, Url
from agentalign_env.core.service import Service
from agentalign_env.core.world import World
from agentalign_env.errors import OperationError
from agentalign_env.services.web.addresses import Address, parse_address
from agentalign_env.services.web.browsing import Answer, answer, page_html, status_html, visit
from agentalign_env.services.web.premises import lay_page
from agentalign_env.services.web.records import (
    PAGES,
    REDIRECTS,
    REQUESTS,
    SITES,
    Found,
    OpenedPage,
    Page,
    PageKind,
    Request,
    Response,
    SearchPage,
)
from agentalign_env.services.web.seed import seed_pages, seed_redirects, seed_requests, seed_sites

__all__ = ["SERVICE"]

_PERIODS_S = {"day": DAY_S, "week": 7 * DAY_S, "month": 31 * DAY_S, "year": 366 * DAY_S}
_MAX_BODY_BYTES = 1_000_000
_WRITE_STATUS = {"POST": (201, "Created"), "PUT": (202, "Accepted"), "DELETE": (204, "No Content")}
_ALLOW = "GET, HEAD, OPTIONS, POST, PUT, DELETE"
# Every client adds these by itself or adds them freely: they say nothing about what is asked for.
_CLIENT_HEADERS = frozenset((
    "accept", "accept-encoding", "accept-language", "connection", "content-length", "content-type", "host",
    "user-agent",
))  # fmt: skip

_Method = Literal["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS"]
_METHODS: tuple[_Method, ...] = get_args(_Method)
_Headers = Annotated[dict[str, Annotated[str, Field(max_length=8_192)]], Field(max_length=100)]
_Data = Annotated[str | dict[str, Any], WithJsonSchema({"type": ["string", "object"]})]


@operation("Search.web_search", reads=(PAGES, SITES), identifies="results[].url")
def web_search(
    world: World,
    *,
    query: Query,
    count: Annotated[int, Field(ge=1, le=50)] = 10,
    search_type: PageKind = "web",
    period: Literal["day", "week", "month", "year"] | None = None,
    offset: Annotated[int, Field(ge=0, le=10_000)] = 0,
) -> SearchPage:
    """Finds pages that hold every word of the query, best ranked first, then those that hold some of the words.

    A search of type ``web`` finds pages of every kind; the other types find their own.
    """
    # Providers spell the periods in their own case.
    since_s = world.now_s - _PERIODS_S[period.lower()] if period is not None else None

    def keep(page: Page) -> bool:
        return since_s is None or page.published_s >= since_s

    among = {} if search_type == "web" else {"kind": search_type}
    found = world.store.search(PAGES, query, limit=count, offset=offset, relaxed=True, among=among, keep=keep)
    return {"query": query, "results": [_line(world, page) for page in found.rows], "more": found.more}


@operation("Search.open_page", reads=(PAGES, SITES, REDIRECTS), identifies="url")
def open_page(world: World, *, url: Url) -> OpenedPage:
    """Reads the page at a URL, following redirects."""
    address, found = visit(world, parse_address(url))
    page = found.page
    if page is None:
        message = (
            f"404: {address.host} is there, but has no page at {address.path[:200]!r}; take a URL from a search result"
        )
        raise OperationError("not_found", message, "url")
    linked = (world.store.get(PAGES, link) for link in page.links)
    return {
        "url": page.url,
        "title": page.title,
        "site": found.site.name,
        "text": page.text,
        "links": [{"text": link.title, "url": link.url} for link in linked if link is not None],
        "published": iso(page.published_s),
    }


@operation("System_Tools.make_request", reads=(PAGES, SITES, REDIRECTS), writes=(REQUESTS,), identifies="url")
def make_request(
    world: World,
    *,
    url: Url,
    method: _Method = "GET",
    headers: _Headers | None = None,
    data: _Data | None = None,
    follow_redirects: bool = True,
) -> Response:
    """Sends a request. Servers answer GET with the page; they keep what POST, PUT and DELETE send.

    A path that the server does not know is answered with status 404, as a normal result.
    """
    sent_headers, body = _canonical_headers(headers or {}), _canonical_body(data)
    address = parse_address(url)
    address, found = visit(world, address) if follow_redirects else (address, answer(world, address))
    if found.location:
        return _redirected(world, address, found.location, method)
    if method in _WRITE_STATUS:
        return _write(world, method, address, sent_headers, body)
    if method == "OPTIONS":
        return _response(world, address, 204, "No Content", "", {"allow": _ALLOW})
    response = _read(world, address, found)
    return {**response, "body": ""} if method == "HEAD" else response


def _read(world: World, address: Address, found: Answer) -> Response:
    page = found.page
    if page is None:
        return _response(world, address, 404, "Not Found", status_html(404, "Not Found"))
    extra = {"content-language": page.language, "last-modified": iso(page.published_s)}
    return _response(world, parse_address(page.url), 200, "OK", page_html(world, page), extra)


def _write(world: World, method: str, address: Address, headers: str, body: str) -> Response:
    request = Request(world.new_id(REQUESTS), method, str(address), headers, body, world.now_s)
    world.store.put(REQUESTS, request)
    status, reason = _WRITE_STATUS[method]
    receipt = "" if status == 204 else orjson.dumps({"id": request.id, "status": reason.lower()}).decode()
    response = _response(
        world, address, status, reason, receipt, {"content-type": "application/json"} if receipt else {}
    )
    return {**response, "request_id": request.id}


def _redirected(world: World, address: Address, location: str, method: str) -> Response:
    # 308 keeps the method, which 301 does not promise for anything but GET and HEAD.
    status, reason = (308, "Permanent Redirect") if method in _WRITE_STATUS else (301, "Moved Permanently")
    return _response(world, address, status, reason, "", {"location": location})


def _response(
    world: World, address: Address, status: int, reason: str, body: str, extra: Mapping[str, str] | None = None
) -> Response:
    headers = {"date": iso(world.now_s), "content-length": str(len(body.encode()))}
    if body:
        headers["content-type"] = "text/html; charset=utf-8"
    return {
        "url": str(address),
        "status": status,
        "reason": reason,
        "headers": {**headers, **(extra or {})},
        "body": body,
    }


def _canonical_headers(headers: Mapping[str, str]) -> str:
    for name, value in headers.items():
        if (
            not name
            or not name.isascii()
            or any(ord(sign) <= 32 or sign == ":" for sign in name)
            or {*"\r\n\0"} & {*value}
        ):
            message = f"expected header names without spaces and values on one line, got {name[:80]!r}: {value[:80]!r}"
            raise OperationError("invalid_argument", message, "headers")
    kept = {name.lower(): value for name, value in headers.items() if name.lower() not in _CLIENT_HEADERS}
    return _sorted_json(kept)


def _canonical_body(data: str | dict[str, Any] | None) -> str:
    """The body as it is kept: an object and its JSON text are the same."""
    text = _sorted_json(data) if isinstance(data, dict) else data or ""
    if isinstance(data, str) and text.lstrip()[:1] in ("{", "["):
        with suppress(orjson.JSONDecodeError, orjson.JSONEncodeError):  # text that only looks like JSON stays as it is
            text = _sorted_json(orjson.loads(text))
    size = len(text.encode())
    if size > _MAX_BODY_BYTES:
        message = f"a body holds at most {_MAX_BODY_BYTES} bytes, this one has {size}: send less"
        raise OperationError("limit_exceeded", message, "data")
    return text


def _sorted_json(value: object) -> str:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()


def _line(world: World, page: Page) -> Found:
    site = world.store.get(SITES, page.host)
    return {
        "url": page.url,
        "title": page.title,
        "snippet": page.summary,
        "site": site.name if site else page.host,
        "host": page.host,
        "kind": page.kind,
        "language": page.language,
        "published": iso(page.published_s),
    }


class _WebAccess:
    """The web as other services see it; see `core.ports.WebPort`."""

    def __init__(self, world: World) -> None:
        self._world = world

    def title(self, url: str) -> str | None:
        try:
            _, found = visit(self._world, parse_address(url))
        except OperationError:
            return None
        return found.page.title if found.page else None

    def fetch(self, method: str, url: str, headers: Mapping[str, str], body: str) -> WebResponse:
        verb = next((known for known in _METHODS if known == method), None)
        if verb is None:
            message = f"expected a method of {', '.join(_METHODS)}; got {method[:40]!r}"
            raise OperationError("invalid_argument", message, "method")
        response = make_request(
            self._world, url=url, method=verb, headers=dict(headers), data=body or None, follow_redirects=False
        )
        return WebResponse(
            response["url"], response["status"], response["reason"], response["headers"], response["body"]
        )


def _links_lead_to_pages(world: World) -> Iterable[str]:
    for page in world.store.rows(PAGES):
        for url in page.links:
            if world.store.get(PAGES, url) is None:
                yield f"page {page.url} links to {url}, which does not exist"


def _addresses_are_canonical(world: World) -> Iterable[str]:
    for url in (*(page.url for page in world.store.rows(PAGES)), *(row.url for row in world.store.rows(REQUESTS))):
        if str(parse_address(url)) != url:
            yield f"address {url} is not canonical"


def _hosts_are_known(world: World) -> Iterable[str]:
    for page in world.store.rows(PAGES):
        if world.store.get(SITES, page.host) is None:
            yield f"page {page.url} is on a host without a site"
    for request in world.store.rows(REQUESTS):
        if world.store.get(SITES, parse_address(request.url).host) is None:
            yield f"request {request.id} was sent to {request.url}, which has no server"


def _redirects_lead_to_pages(world: World) -> Iterable[str]:
    for redirect in world.store.rows(REDIRECTS):
        if world.store.get(PAGES, redirect.location) is None or world.store.get(PAGES, redirect.url) is not None:
            yield f"redirect {redirect.url} leads to {redirect.location}, which is no page, or hides a page"


SERVICE = Service(
    name="web",
    module=__name__,
    tables={PAGES: seed_pages, SITES: seed_sites, REDIRECTS: seed_redirects, REQUESTS: seed_requests},
    operations=(web_search, open_page, make_request),
    ports={"web": _WebAccess},
    premises={"Url": lay_page},
    invariants=(_links_lead_to_pages, _addresses_are_canonical, _hosts_are_known, _redirects_lead_to_pages),
)
