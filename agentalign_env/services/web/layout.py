"""Which pages a web has: their addresses, titles and subjects, before their texts are written.

Every page is laid out first, so that links, sites and redirects can refer to pages that exist.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from itertools import count, islice
from typing import Literal, NamedTuple

from agentalign_env.core.background import Organisation
from agentalign_env.core.clock import DAY_S, HOUR_S, day
from agentalign_env.core.rng import Random, stream
from agentalign_env.core.service import SeedContext
from agentalign_env.core.topics import Topic, load_topics
from agentalign_env.services.web.records import PAGES

__all__ = ["Form", "Plot", "cities", "lay_out"]

Form = Literal["guide", "news", "forum", "video", "photo", "home", "contact", "prices"]

_NEWS_DAYS = 120
_OTHER_DAYS = 1_000
_SLUG_CHARS = 60
_FORUM = ("community.plain-answers.example", "Plain Answers")
_VIDEOS = ("www.viewstream.example", "Viewstream")
_PHOTOS = ("www.lightshare.example", "Lightshare")
# Headlines come as guide, checklist, local story, question, portrait, prices.
_GUIDE_HEADLINES = (0, 1, 3, 5)
_NEWS_HEADLINES = (2, 4)


class Plot(NamedTuple):
    """A page to be written: of a topic or of an organisation."""

    form: Form
    url: str
    host: str
    site: str
    title: str
    city: str
    turn: int
    published_s: int
    topic: Topic | None = None
    organisation: Organisation | None = None


def lay_out(context: SeedContext) -> list[Plot]:
    """The pages of this world, best ranked first: one guide to every topic, then organisations, then the rest."""
    taken: set[str] = set()
    found = []
    for number, plot in enumerate(islice(_plots(context), context.sizes.get(PAGES.name, 0))):
        url = f"{plot.url}-{number}" if plot.url in taken else plot.url
        taken.add(url)
        found.append(plot._replace(url=url))
    return found


def cities(context: SeedContext) -> tuple[str, ...]:
    """The cities that people of this world live in."""
    return tuple(dict.fromkeys(person.city for person in (context.background.owner, *context.background.people)))


def _plots(context: SeedContext) -> Iterator[Plot]:
    rng, places = stream("web-layout", context.seed), cities(context)
    topics, organisations = load_topics().values(), context.background.organisations

    def about_topics(form: Form, turn: int) -> Iterator[Plot]:
        return (_of_topic(form, turn, topic, places, context.start_s, rng) for topic in topics)

    def about_organisations(form: Form) -> Iterator[Plot]:
        return (_of_organisation(form, entry, places, context, rng) for entry in organisations)

    yield from about_topics("guide", 0)
    yield from about_organisations("home")
    yield from about_topics("news", 0)
    yield from about_organisations("contact")
    yield from about_topics("video", 0)
    yield from about_topics("photo", 0)
    yield from about_organisations("prices")
    yield from about_topics("forum", 0)
    for turn in count(1):
        yield from about_topics("guide", turn)
        yield from about_topics("news", turn)
        yield from about_topics("forum", turn)
        yield from about_topics("video", turn)
        yield from about_topics("photo", turn)


def _of_topic(form: Form, turn: int, topic: Topic, places: tuple[str, ...], start_s: int, rng: Random) -> Plot:
    # Squares and cubes of a uniform draw: most pages are recent, a few are old.
    age_s = int((_NEWS_DAYS * rng.random() ** 3 if form == "news" else _OTHER_DAYS * rng.random() ** 2) * DAY_S)
    published_s = start_s - HOUR_S - age_s
    title, city = _title(form, turn, topic, places)
    city = city or rng.choice(places)
    slug = _slug(title)
    match form:
        case "guide":
            host, site, path = f"www.{topic.id}.example", f"{_name(topic)} Handbook", f"/guides/{slug}"
        case "news":
            year, month, _ = day(published_s).split("-")
            host, site, path = f"www.{_slug(city)}-courier.example", f"{city} Courier", f"/{year}/{month}/{slug}"
        case "forum":
            (host, site), path = _FORUM, f"/t/{slug}"
        case "video":
            (host, site), path = _VIDEOS, f"/watch/{slug}"
        case _:
            (host, site), path = _PHOTOS, f"/photos/{slug}"
    return Plot(form, f"https://{host}{path}", host, site, title, city, turn, published_s, topic)


def _title(form: Form, turn: int, topic: Topic, places: tuple[str, ...]) -> tuple[str, str]:
    """A title, and the city that it names; the topic's own titles first, then local variations on them."""
    match form:
        case "guide":
            own = [topic.headlines[number % len(topic.headlines)] for number in _GUIDE_HEADLINES]
            varied, frame = topic.queries, "{text}: a local guide for {city}"
        case "news":
            own = [topic.headlines[number % len(topic.headlines)] for number in _NEWS_HEADLINES]
            varied, frame = topic.headlines, "{city}: {text}"
        case "forum":
            own = [f"{_capital(query)}: what worked for you?" for query in topic.queries]
            varied, frame = topic.queries, "{text} in {city}, any advice?"
        case "video":
            own, varied, frame = list(topic.videos), topic.videos, "{text}, filmed in {city}"
        case _:
            own, varied, frame = [text.rstrip(".") for text in topic.captions], topic.captions, "{text} ({city})"
    if turn < len(own):
        return own[turn], ""
    number = turn - len(own)
    text, city = varied[number % len(varied)], places[number // len(varied) % len(places)]
    series = number // (len(varied) * len(places))
    title = frame.format(text=_capital(text.rstrip(".")), city=city)
    return (f"{title}, part {series + 1}" if series else title), city


def _of_organisation(
    form: Form, organisation: Organisation, places: tuple[str, ...], context: SeedContext, rng: Random
) -> Plot:
    host = f"www.{organisation.domain}"
    path, title = {
        "home": ("/", f"{organisation.name}, your {organisation.kind}"),
        "contact": ("/contact", f"Contact and opening hours - {organisation.name}"),
        "prices": ("/prices", f"Prices - {organisation.name}"),
    }[form]
    city = stream("organisation-city", context.seed, organisation.domain).choice(places)
    published_s = context.start_s - DAY_S - int(_OTHER_DAYS * rng.random() * DAY_S)
    return Plot(
        form, f"https://{host}{path}", host, organisation.name, title, city, 0, published_s, organisation=organisation
    )


def _name(topic: Topic) -> str:
    words = topic.title.removeprefix("the ").removeprefix("a ").split()
    return " ".join(_capital(word) for word in words)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _slug(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.lower()).encode("ascii", "ignore").decode()
    words = re.sub(r"[^a-z0-9]+", "-", plain.replace("'", "")).strip("-")
    return words if len(words) <= _SLUG_CHARS else words[:_SLUG_CHARS].rpartition("-")[0]
