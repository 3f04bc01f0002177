"""Which pages can be put on the web before an episode."""

from __future__ import annotations

import re

from agentalign_env.core.clock import DAY_S, day
from agentalign_env.core.premises import Hints, checked, premise_rng, text_hint, topic_about
from agentalign_env.core.rng import Random
from agentalign_env.core.semantics import Body, Title, Url
from agentalign_env.core.topics import Topic
from agentalign_env.core.world import World
from agentalign_env.errors import PremiseError
from agentalign_env.services.web.addresses import Address, parse_address
from agentalign_env.services.web.layout import Plot
from agentalign_env.services.web.networks import own_tools
from agentalign_env.services.web.prose import Prose, topic_page
from agentalign_env.services.web.records import PAGES, REDIRECTS, SITES, Page, Site

__all__ = ["lay_page"]

_NO_SUBJECT = re.compile(r".?|[0-9a-f]{8,}|v?\d+|api|index|page|article|html?|php|www|com|org|net|example|test|en")
_SENTENCES = (
    "This page of {site} is kept by its editors and was last looked through on {when}.",
    "Here is what {site} has on {title}, in short.",
    "What you find below was gathered by {site} and is checked every season.",
)
_DETAILS = (
    "Questions and corrections reach the editors by the contact page.",
    "All times are local; all figures are the latest that were available on {when}.",
    "A longer version can be had from the editors on request.",
    "Earlier versions of this page are kept in the archive of {site}.",
)


def lay_page(world: World, value: str, hints: Hints) -> None:
    """A page at this URL, and its host where there is none. Hints: ``title``, ``body``."""
    address = parse_address(checked("Url", Url, value))
    tools = own_tools(address.host)
    if tools:
        raise PremiseError(f"{address.host} is a network, which is not open to the web: {tools} show what is there")
    site = world.store.get(SITES, address.host)
    forwarded = site.forwards_to if site is not None else ""
    address = address._replace(scheme="https", host=forwarded or address.host)
    if world.store.get(PAGES, str(address)) is not None or world.store.get(REDIRECTS, str(address)) is not None:
        raise PremiseError(f"there is a page at {value!r:.200} already: build on it, or name another URL")
    rng = premise_rng(world, "Url", value)
    words = _words(address)
    title = text_hint(hints, "title", _sentence(words) or _site_name(address.host), Title)
    name = site.name if site is not None else _site_name(address.host)
    topic, fits = topic_about(rng, f"{title} {' '.join(words)}")
    published_s = world.now_s - rng.randrange(DAY_S, 200 * DAY_S)
    city = rng.choice(world.background.people).city
    plot = Plot("guide", str(address), address.host, name, title, city, 1, published_s, topic)
    body = text_hint(hints, "body", "", Body)
    prose = Prose(body, body.split("\n")[0][:200], tuple(words)) if body else _prose(world, plot, topic, fits, rng)
    keywords = (*prose.keywords, *words)
    page = Page(
        str(address), address.host, "web", title, prose.summary, prose.text, keywords, "en", (), published_s
    )  # fmt: skip
    world.store.put(PAGES, page)
    if site is None:
        world.store.put(SITES, Site(address.host, name, ""))


def _prose(world: World, plot: Plot, topic: Topic, fits: bool, rng: Random) -> Prose:
    if fits:
        return topic_page(plot, topic, world.background, rng)
    facts = {"site": plot.site, "title": plot.title, "when": day(plot.published_s)}
    paragraphs = [plot.title, rng.choice(_SENTENCES), *rng.sample(_DETAILS, 2)]
    text = "\n\n".join(paragraph.format(**facts) for paragraph in paragraphs[1:])
    return Prose(f"{plot.title}.\n\n{text}", text.partition("\n")[0], (plot.title, plot.site))


def _words(address: Address) -> list[str]:
    """The words of the last part of a path that says something."""
    for part in (*reversed(address.path.split("/")), address.query):
        words = [word for word in re.split(r"[^a-z0-9]+", part.lower()) if not _NO_SUBJECT.fullmatch(word)]
        if words:
            return words
    return []


def _sentence(words: list[str]) -> str:
    text = " ".join(words)
    return (text[:1].upper() + text[1:])[:200]


def _site_name(host: str) -> str:
    names = [part for part in host.partition(":")[0].split(".")[:-1] if part != "www"] or [host]
    return " ".join(word.capitalize() for word in names[-1].split("-"))[:200]
