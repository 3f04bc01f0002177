"""What all services of a world agree on: its owner, the people and organisations around them, and their invoices.

Each service draws its own rows from this, so that the sender of a mail is in the contacts, and an invoice's amount is
in the mail, in the file and in the payment.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple

from agentalign_env.core.clock import DAY_S, day
from agentalign_env.core.rng import Random, stream

if TYPE_CHECKING:
    from faker import Faker

__all__ = [
    "CITIES",
    "FAMILY",
    "MAIL_HOSTS",
    "OTHERS",
    "Background",
    "Invoice",
    "Organisation",
    "Person",
    "make_background",
]

_LOCALES = ("en_GB", "en_US", "de_DE", "fr_FR", "es_ES", "it_IT", "nl_NL", "pl_PL", "sv_SE", "pt_PT")
CITIES = (
    "Alderbridge",
    "Port Mirren",
    "Lindholm",
    "Castellane Bay",
    "Norwick",
    "Veldhaven",
    "Santa Brisa",
    "Eschental",
    "Riverton",
    "Kestrel Hill",
)
FAMILY = ("sister", "brother", "mother", "father", "cousin", "aunt", "uncle", "partner")
OTHERS = (
    "colleague",
    "neighbour",
    "friend",
    "manager",
    "client",
    "former classmate",
    "flatmate",
    "running partner",
    "accountant",
    "landlord",
    "dentist",
    "teammate",
)
MAIL_HOSTS = ("postbox.example", "maple-mail.example", "inbox.test", "fernpost.example", "quickletter.test")
"""Where people have their mail."""

_ORGANISATIONS = (
    ("Bluebird Supplies", "garden and hardware shop"),
    ("Harbour Street Bakery", "bakery"),
    ("Northgate Energy", "electricity supplier"),
    ("Lindholm Waterworks", "water supplier"),
    ("Copperline Telecom", "phone and internet provider"),
    ("Kestrel Insurance", "insurer"),
    ("Alder Street Clinic", "medical practice"),
    ("Brightwell Dental", "dental practice"),
    ("Riverton Housing", "property manager"),
    ("Tandem Cycles", "bicycle workshop"),
    ("Paperlane Print", "print shop"),
    ("Quayside Gym", "fitness studio"),
    ("Oakfield Library", "public library"),
    ("Marlow & Finch", "accounting office"),
    ("Silverbirch Catering", "caterer"),
    ("Pinecrest Rentals", "equipment rental"),
    ("Lanternfish Studio", "photo studio"),
    ("Waypoint Couriers", "courier"),
    ("Hearth & Loom", "home textiles shop"),
    ("Juniper Language School", "language school"),
    ("Stonebridge Theatre", "theatre"),
    ("Cloudberry Hosting", "web hosting company"),
    ("Saltmarsh Tours", "tour operator"),
    ("Fieldnote Press", "publisher"),
)


_DRAWING = Lock()  # the name sources are shared and seeded anew for every world


class Person(NamedTuple):
    """A person of the world; the handle is the same on every network."""

    id: str
    name: str
    first_name: str
    email: str
    phone: str
    handle: str
    relation: str
    city: str
    employer: str


class Organisation(NamedTuple):
    """A company or institution with a web site of its own."""

    name: str
    kind: str
    domain: str
    email: str

    @property
    def url(self) -> str:
        """The address of its home page."""
        return f"https://www.{self.domain}/"


class Invoice(NamedTuple):
    """A bill from an organisation to the owner, as every service knows it."""

    number: str
    organisation: Organisation
    purpose: str
    amount_minor: int
    currency: str
    issued_s: int
    due_s: int
    paid: bool
    path: str


class Background(NamedTuple):
    """The facts of one world."""

    owner: Person
    people: tuple[Person, ...]
    organisations: tuple[Organisation, ...]
    invoices: tuple[Invoice, ...]

    @property
    def home(self) -> str:
        """The owner's home directory, without a trailing slash."""
        return _home(self.owner)

    @property
    def user(self) -> str:
        """The owner's user name."""
        return self.home.rpartition("/")[2]


def make_background(seed: int, *, people: int, invoices: int, start_s: int) -> Background:
    """The background of the world of this seed; each part draws from its own stream.

    Args:
        seed: The world's seed.
        people: How many people the owner knows.
        invoices: How many invoices there are, oldest first.
        start_s: When the world begins; invoices lie before it.
    """
    everyone = _people(stream("people", seed), people + 1)
    organisations = _organisations(stream("organisations", seed))
    owner = everyone[0]._replace(relation="self")
    bills = _invoices(stream("invoices", seed), organisations, invoices, start_s, _home(owner))
    return Background(owner, tuple(everyone[1:]), organisations, bills)


@lru_cache(maxsize=1)
def _fakers() -> dict[str, Faker]:
    """A name source per locale; seeded anew for every world."""
    from faker import Faker

    return {locale: Faker(locale, use_weighting=False) for locale in _LOCALES}


def _people(rng: Random, count: int) -> list[Person]:
    with _DRAWING:
        return _draw_people(rng, count, _fakers())


def _draw_people(rng: Random, count: int, fakers: dict[str, Faker]) -> list[Person]:
    for locale, faker in fakers.items():
        faker.seed_instance(f"{rng.getrandbits(64)}{locale}")
    area = rng.randrange(212, 700)
    people: list[Person] = []
    used: set[str] = set()
    relations = list(FAMILY)
    rng.shuffle(relations)
    while len(people) < count:
        faker = fakers[rng.choice(_LOCALES)]
        first, last = str(faker.first_name()).split()[0], str(faker.last_name()).split()[-1]
        if not _ascii(first) or not _ascii(last):
            continue
        number = len(people)
        stem = f"{_ascii(first)}.{_ascii(last)}"
        if stem in used:
            stem = f"{stem}{number}"
        used.add(stem)
        if number <= len(relations) // 2:
            relation = relations[number]
        else:
            relation = OTHERS[(number + rng.randrange(3)) % len(OTHERS)]
        host = rng.choice(MAIL_HOSTS)
        handle = rng.choice(
            (stem.replace(".", "_"), stem.replace(".", ""), f"{stem.split('.')[0]}_{rng.randrange(10, 99)}{number}")
        )
        people.append(
            Person(
                f"person-{number:05d}",
                f"{_plain(first)} {_plain(last)}",
                _plain(first),
                f"{stem}@{host}",
                f"+1{area + number // 100}55501{(number * 37) % 100:02d}",
                handle,
                relation,
                rng.choice(CITIES),
                _ORGANISATIONS[rng.randrange(len(_ORGANISATIONS))][0],
            )
        )
    return people


def _organisations(rng: Random) -> tuple[Organisation, ...]:
    chosen = rng.sample(_ORGANISATIONS, len(_ORGANISATIONS))
    found = []
    for name, kind in chosen:
        domain = (
            "".join(
                sign for sign in name.lower().replace("&", "and").replace(" ", "-") if sign.isalnum() or sign == "-"
            )
            + ".example"
        )
        found.append(
            Organisation(name, kind, domain, f"{rng.choice(('hello', 'office', 'contact', 'billing'))}@{domain}")
        )
    return tuple(found)


def _invoices(
    rng: Random, organisations: tuple[Organisation, ...], count: int, start_s: int, home: str
) -> tuple[Invoice, ...]:
    purposes = (
        "quarterly statement",
        "service in the past month",
        "annual membership",
        "materials as ordered",
        "consultation",
        "repair and parts",
        "booking deposit",
    )
    found = []
    for number in range(count):
        organisation = organisations[rng.randrange(len(organisations))]
        issued = start_s - (count - number) * (120 * DAY_S // max(count, 1)) - rng.randrange(DAY_S)
        label = f"{day(issued)[:4]}-{1000 + number * 7 + rng.randrange(7)}"
        found.append(
            Invoice(
                f"INV-{label}",
                organisation,
                rng.choice(purposes),
                rng.randrange(900, 48_000),
                "EUR",
                issued,
                issued + 14 * DAY_S,
                issued + 14 * DAY_S < start_s and rng.random() < 0.8,
                f"{home}/documents/invoices/{label}-{organisation.domain.split('.')[0]}.txt",
            )
        )
    return tuple(found)


@lru_cache(maxsize=1024)
def _home(owner: Person) -> str:
    return f"/home/{_ascii(owner.first_name)}"


def _ascii(name: str) -> str:
    folded = unicodedata.normalize(
        "NFKD", name.replace("ł", "l").replace("Ł", "L").replace("ß", "ss").replace("ø", "o")
    )
    return "".join(sign for sign in folded.lower() if sign.isascii() and sign.isalpha())


def _plain(name: str) -> str:
    return name[:1].upper() + name[1:]
