"""The texts of pages, composed from a topic's facts and from what organisations say about themselves."""

from __future__ import annotations

from typing import NamedTuple

from agentalign_env.core.background import Background, Organisation, Person
from agentalign_env.core.clock import day
from agentalign_env.core.rng import Random, stream
from agentalign_env.core.topics import Topic
from agentalign_env.services.web.layout import Plot

__all__ = ["Prose", "organisation_page", "topic_page"]

_INTROS = (
    "This page gathers what people in {city} have learned about {title}.",
    "Everything here about {title} was tried out by readers in {city} before it was written down.",
    "New to {title}? Start here and take from it what fits your situation.",
    "We are asked about {title} every week, so here are the answers in one place.",
    "A short introduction to {title}, put together by volunteers from {city}.",
)
_TURNS = ("Good to know:", "In practice:", "Worth remembering:", "A second point:", "From experience:", "In short:")
_CLOSINGS = (
    "Corrections are welcome; we review this page every season.",
    "Did this help? Tell us what is missing.",
    "The links below lead further.",
    "Last checked by the editors in {month}.",
)
_STREETS = ("Mill Lane", "Harbour Street", "Alder Street", "Station Road", "Orchard Row", "Bridge Street", "Quay Side")
_HOURS = (
    "Monday to Friday 9:00 to 18:00, Saturday 10:00 to 14:00",
    "Monday to Friday 8:30 to 17:00, closed at weekends",
    "Tuesday to Saturday 10:00 to 18:30",
    "Monday to Saturday 8:00 to 19:00",
)
_OFFERS = (
    ("First consultation, 30 minutes", 1_500, 6_000), ("Hourly rate", 3_800, 9_500), ("Call-out fee", 1_900, 4_900),
    ("Annual membership", 3_000, 18_000), ("Express service, next working day", 900, 3_500),
    ("Monthly plan", 1_200, 6_500), ("Booking deposit", 1_000, 5_000), ("Gift voucher", 2_000, 5_000),
)  # fmt: skip


class Prose(NamedTuple):
    """A page's text, the line that search results show, and words under which it is found besides."""

    text: str
    summary: str
    keywords: tuple[str, ...]


def topic_page(plot: Plot, topic: Topic, background: Background, rng: Random) -> Prose:
    """The text of a page about a topic. The first of each form is found under all its queries, others under two."""
    facts = rng.sample(topic.facts, min(7, len(topic.facts)))
    match plot.form:
        case "guide":
            text = _guide(plot, topic, facts, rng)
        case "news":
            text = _news(plot, topic, facts, rng.choice(background.people), rng)
        case "forum":
            text = _thread(plot, topic, facts, rng.sample(background.people, min(5, len(background.people))), rng)
        case "video":
            text = _clip(plot, topic, facts, rng.choice(background.people), rng)
        case _:
            text = _photo(plot, topic, facts, rng.choice(background.people), rng)
    queries = topic.queries if plot.turn == 0 else rng.sample(topic.queries, min(2, len(topic.queries)))
    return Prose(text, facts[0], (topic.title, plot.site, *topic.tags, *queries))


def organisation_page(plot: Plot, organisation: Organisation, seed: int) -> Prose:
    """The text of an organisation's home, contact or price page; address and hours agree between them."""
    rng = stream("organisation-page", seed, organisation.domain)
    hours, address = rng.choice(_HOURS), f"{rng.randrange(1, 90)} {rng.choice(_STREETS)}, {plot.city}"
    name, kind = organisation.name, organisation.kind
    article = "an" if kind[0] in "aeiou" else "a"
    prices = [f"{label}: EUR {rng.randrange(low, high, 50) / 100:.2f}" for label, low, high in rng.sample(_OFFERS, 4)]
    match plot.form:
        case "home":
            summary = f"{name} is {article} {kind} in {plot.city}. Open {hours}."
            paragraphs = [
                f"Welcome to {name}.",
                f"{name} is {article} {kind} in {plot.city}. You find us at {address}.",
                f"Opening hours: {hours}.",
                f"Questions, bookings and invoices: {organisation.email}. We answer within one working day.",
            ]
        case "contact":
            summary = f"How to reach {name}: {address}; {organisation.email}."
            paragraphs = [
                f"{name}, {kind}",
                f"Address: {address}",
                f"Email: {organisation.email}",
                f"Opening hours: {hours}",
                "Please quote your invoice number when you write to us about a payment.",
            ]
        case _:
            summary = f"Current prices of {name}: {prices[0]}, {prices[1]}."
            paragraphs = [
                f"What our work costs. All prices include tax and are valid since {day(plot.published_s)}.",
                "\n".join(prices),
                f"For an individual offer write to {organisation.email}.",
            ]
    return Prose("\n\n".join(paragraphs), summary, (name, kind, plot.form, plot.city))


def _guide(plot: Plot, topic: Topic, facts: list[str], rng: Random) -> str:
    intro = rng.choice(_INTROS).format(city=plot.city, title=topic.title)
    first, second = rng.sample(_TURNS, 2)
    asked = rng.sample(topic.queries, min(3, len(topic.queries)))
    return "\n\n".join(
        (
            intro,
            " ".join(facts[:3]),
            " ".join((first, *facts[3:5])),
            " ".join((second, *facts[5:])),
            f"Readers also ask: {'; '.join(asked)}.",
            rng.choice(_CLOSINGS).format(month=day(plot.published_s)[:7]),
        )
    )


def _news(plot: Plot, topic: Topic, facts: list[str], person: Person, rng: Random) -> str:
    return "\n\n".join(
        (
            f"{plot.city}, {day(plot.published_s)}. {' '.join(facts[:2])}",
            f'"{rng.choice(topic.posts)}" That is how {person.name} of {person.employer} puts it.',
            " ".join(facts[2:4]),
            f"{plot.site} will keep following {topic.title}.",
        )
    )


def _thread(plot: Plot, topic: Topic, facts: list[str], people: list[Person], rng: Random) -> str:
    asker, *others = people
    comments = rng.sample(topic.comments, min(3, len(topic.comments)))
    replies = [text for pair in zip(comments, facts, strict=False) for text in pair]
    lines = [f"{asker.handle} asked: {plot.title} {rng.choice(topic.posts)}"]
    lines += [
        f"{(others or people)[number % max(len(others), 1)].handle}: {reply}" for number, reply in enumerate(replies)
    ]
    return "\n\n".join(lines)


def _clip(plot: Plot, topic: Topic, facts: list[str], person: Person, rng: Random) -> str:
    length = f"{rng.randrange(1, 19)}:{rng.randrange(60):02d}"
    about = f"A video about {topic.title}, {length} minutes. Filmed in {plot.city} by {person.name}."
    return "\n\n".join((about, " ".join(facts[:2]), f"Top comment: {rng.choice(topic.comments)}"))


def _photo(plot: Plot, topic: Topic, facts: list[str], person: Person, rng: Random) -> str:
    about = f"A photo about {topic.title}, taken in {plot.city} by {person.name} on {day(plot.published_s)}."
    return "\n\n".join((f"{plot.title}.", about, facts[0], f"Exposure: 1/{rng.choice((60, 125, 250, 500))} s"))
