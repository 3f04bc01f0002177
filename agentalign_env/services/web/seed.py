"""The web that a world begins with."""

from __future__ import annotations

from collections.abc import Iterator

from agentalign_env.core.rng import Random
from agentalign_env.core.service import SeedContext
from agentalign_env.services.web.layout import Form, Plot, lay_out
from agentalign_env.services.web.prose import organisation_page, topic_page
from agentalign_env.services.web.records import Page, PageKind, Redirect, Request, Site

__all__ = ["seed_pages", "seed_redirects", "seed_requests", "seed_sites"]

_KINDS: dict[Form, PageKind] = {"news": "news", "video": "videos", "photo": "images"}
_LINKS = 4


def seed_pages(context: SeedContext) -> Iterator[Page]:
    """Pages, best ranked first."""
    rng, plots = context.rng(), lay_out(context)
    by_subject: dict[str, list[str]] = {}
    for plot in plots:
        by_subject.setdefault(_subject(plot), []).append(plot.url)
    leads = [urls[0] for urls in by_subject.values()]
    for plot in plots:
        if plot.topic is not None:
            prose = topic_page(plot, plot.topic, context.background, rng)
        else:
            assert plot.organisation is not None
            prose = organisation_page(plot, plot.organisation, context.seed)
        links = _links(plot, by_subject[_subject(plot)], leads, rng)
        yield Page(
            plot.url, plot.host, _KINDS.get(plot.form, "web"), plot.title, prose.summary, prose.text, prose.keywords,
            "en", links, plot.published_s,
        )  # fmt: skip


def seed_sites(context: SeedContext) -> Iterator[Site]:
    """The hosts of the pages; an organisation's bare domain forwards to its site."""
    seen: set[str] = set()
    for plot in lay_out(context):
        if plot.host not in seen:
            seen.add(plot.host)
            yield Site(plot.host, plot.site, "")
            if plot.organisation is not None:
                yield Site(plot.organisation.domain, plot.site, plot.host)


def seed_redirects(context: SeedContext) -> Iterator[Redirect]:
    """The addresses that pages of organisations had before."""
    old_paths: dict[Form, str] = {"home": "index.html", "contact": "contact.html", "prices": "price-list.html"}
    for plot in lay_out(context):
        if plot.organisation is not None:
            yield Redirect(f"https://{plot.host}/{old_paths[plot.form]}", plot.url)


def seed_requests(_: SeedContext) -> Iterator[Request]:
    """None: nothing has been sent yet."""
    return iter(())


def _subject(plot: Plot) -> str:
    return plot.topic.id if plot.topic is not None else plot.host


def _links(plot: Plot, same_subject: list[str], leads: list[str], rng: Random) -> tuple[str, ...]:
    """The subject's first page, others of it at random, and the first page of another subject."""
    drawn = [
        same_subject[0],
        *(rng.choice(same_subject) for _ in range(_LINKS - 2)),
        rng.choice(leads),
        rng.choice(leads),
    ]
    return tuple(url for url in dict.fromkeys(drawn) if url != plot.url)
