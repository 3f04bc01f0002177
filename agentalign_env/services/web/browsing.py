"""How servers answer: which page an address leads to, where it moved, and what its HTML is."""

from __future__ import annotations

from html import escape
from typing import NamedTuple

from agentalign_env.core.world import World
from agentalign_env.errors import OperationError
from agentalign_env.services.web.addresses import Address, parse_address
from agentalign_env.services.web.networks import own_tools
from agentalign_env.services.web.records import PAGES, REDIRECTS, SITES, Page, Site

__all__ = ["Answer", "answer", "page_html", "status_html", "visit"]

_MAX_REDIRECTS = 5


class Answer(NamedTuple):
    """What the server says to a request for an address: a page, another location, or (with neither) nothing there."""

    site: Site
    page: Page | None
    location: str


def answer(world: World, address: Address) -> Answer:
    """Asks the server of this address.

    Raises:
        OperationError: No server has this host name.
    """
    site = world.store.get(SITES, address.host)
    if site is None:
        raise OperationError("not_found", _unresolved(address.host), "url")
    if site.forwards_to or address.scheme == "http":
        return Answer(site, None, str(address._replace(scheme="https", host=site.forwards_to or address.host)))
    page = _page(world, address)
    if page is not None:
        return Answer(site, page, "")
    moved = world.store.get(REDIRECTS, str(address._replace(query="")))
    return Answer(site, None, moved.location if moved else "")


def visit(world: World, address: Address) -> tuple[Address, Answer]:
    """Asks, and follows redirects; where they end and what is there.

    Raises:
        OperationError: No server has this host name, or the redirects do not end.
    """
    for _ in range(_MAX_REDIRECTS):
        found = answer(world, address)
        if not found.location:
            return address, found
        address = parse_address(found.location)
    raise OperationError(
        "limit_exceeded", f"more than {_MAX_REDIRECTS} redirects, the last to {address}: give another URL", "url"
    )


def page_html(world: World, page: Page) -> str:
    """The page as HTML."""
    title = escape(page.title, quote=False)
    paragraphs = "\n".join(f"<p>{escape(text, quote=False)}</p>" for text in page.text.split("\n\n"))
    links = "\n".join(
        f'<li><a href="{escape(link.url)}">{escape(link.title, quote=False)}</a></li>'
        for link in (world.store.get(PAGES, url) for url in page.links)
        if link is not None
    )
    head = f'<meta charset="utf-8">\n<title>{title}</title>\n<meta name="description" content="{escape(page.summary)}">'
    return _document(page.language, head, f"<h1>{title}</h1>\n{paragraphs}\n<ul>\n{links}\n</ul>")


def status_html(status: int, reason: str) -> str:
    """The page that a server shows instead of content."""
    return _document("en", f"<title>{status} {reason}</title>", f"<h1>{status} {reason}</h1>")


def _unresolved(host: str) -> str:
    tools = own_tools(host)
    if tools:
        return (
            f"{host[:200]!r} is not open to the web: posts, profiles and media are read with their network's own "
            f"tools, here {tools}"
        )
    return f"could not resolve host {host[:200]!r}: no server has this name; take a URL from a search result"


def _document(language: str, head: str, body: str) -> str:
    return f'<!DOCTYPE html>\n<html lang="{language}">\n<head>\n{head}\n</head>\n<body>\n{body}\n</body>\n</html>\n'


def _page(world: World, address: Address) -> Page | None:
    """The page of this address; like most servers ignores a query that it does not know and a slash too many."""
    bare = address._replace(query="")
    paths = (bare.path, bare.path.rstrip("/") or "/")
    for url in dict.fromkeys((str(address), *(str(bare._replace(path=path)) for path in paths))):
        page = world.store.get(PAGES, url)
        if page is not None:
            return page
    return None
