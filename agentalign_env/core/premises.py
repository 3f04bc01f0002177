"""What the makers of premises share: streams, the rules of names and hints, and somebody the owner has come to know.

A maker puts one thing into a world's tables, so that an instruction can name it. What the hints leave open is drawn
from the thing's own stream, and follows the seeds of its service.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from agentalign_env.core.addresses import PostalAddress
from agentalign_env.core.background import MAIL_HOSTS, Person
from agentalign_env.core.rng import Random, derive_seed, stream
from agentalign_env.core.semantics import EmailAddress, Handle, PersonName, PhoneNumber, Place
from agentalign_env.core.table import Row, Table
from agentalign_env.core.text import tokens
from agentalign_env.core.topics import Topic, load_topics
from agentalign_env.core.world import World
from agentalign_env.errors import PremiseError

__all__ = [
    "Hints",
    "PremiseMaker",
    "acquaintance",
    "address_label",
    "checked",
    "choice_hint",
    "number_hint",
    "one_line_address",
    "plain_letters",
    "premise_rng",
    "recognised",
    "refuse_known",
    "text_hint",
    "texts_hint",
    "topic_about",
]

Hints = Mapping[str, Any]
"""What is known of a thing beside its name: JSON values by name. A maker ignores names that it does not know."""

PremiseMaker = Callable[[World, str, Hints], None]
"""Puts a thing of this name into the tables of a world, uncommitted; raises `PremiseError` where it cannot be."""

T = TypeVar("T", bound=str)

_OTHERS = ("colleague", "friend", "neighbour", "teammate", "former classmate")
_FIRST_STRANGER = 1_000_000_000  # numbers of people that no background reaches
_SHOWN_CHARS = 80


def premise_rng(world: World, kind: str, value: str) -> Random:
    """The stream that everything about one thing is drawn from."""
    return stream("premise", kind, value, world.base.key.seed)


def checked(kind: str, form: Any, value: Any) -> Any:
    """The value, when the annotation's constraints take it.

    Raises:
        PremiseError: They do not.
    """
    try:
        return _adapter(form).validate_python(value)
    except ValidationError as error:
        problem = error.errors(include_url=False, include_input=False)[0]["msg"]
        message = f"{value!r:.80} cannot be a {kind}: {problem}. Name it as its service would"
        raise PremiseError(message) from error


def refuse_known(world: World, table: Table[Any], key: str, kind: str) -> None:
    """Refuses a thing that is there already.

    Raises:
        PremiseError: The table has a row of this key.
    """
    found: Row | None = world.store.get(table, key)
    if found is not None:
        raise PremiseError(f"the world has a {kind} {key[:_SHOWN_CHARS]!r} already: build on it, or name another one")


def text_hint(hints: Hints, name: str, default: str = "", form: Any = str) -> str:
    """A text among the hints, or the default where it is missing or blank."""
    given = hints.get(name)
    if given is None or (isinstance(given, str) and not given.strip()):
        return default
    return str(checked(f"hint {name}", form, given))


def number_hint(hints: Hints, name: str, default: float, most: float = 1_000_000) -> float:
    """A number above zero and up to the most among the hints; decimal text counts as one."""
    given = hints.get(name)
    if given is None or given == "":
        return default
    try:
        number = float(given)
    except (TypeError, ValueError):
        number = 0.0
    if not 0 < number <= most:
        raise PremiseError(f"hint {name}: expected a number above 0 and up to {most:.12g}, got {given!r:.80}")
    return number


def texts_hint(hints: Hints, name: str, default: tuple[str, ...] = ()) -> tuple[str, ...]:
    """A list of texts among the hints, or the default where it is missing or empty."""
    given = hints.get(name)
    return tuple(checked(f"hint {name}", list[str], given)) if given else default


def choice_hint(hints: Hints, name: str, known: Iterable[T], default: T) -> T:
    """One of the known words among the hints."""
    given = hints.get(name)
    if given is None or given == "":
        return default
    words = tuple(known)
    for word in words:
        if word == given:
            return word
    raise PremiseError(f"hint {name}: expected one of {', '.join(words)}, got {given!r:.80}")


def topic_about(rng: Random, text: str) -> tuple[Topic, bool]:
    """The topic that a text is about, and whether its words say so; else one drawn from the stream."""
    words = set(tokens(text.replace("_", " ").replace("-", " ")))
    scores = {name: len(words & _topic_words(name)) for name in load_topics()}
    best = max(scores.values())
    names = [name for name, score in scores.items() if score == best]
    return load_topics()[names[0] if best else rng.choice(names)], best > 0


def acquaintance(world: World, name: str, hints: Hints) -> Person:
    """Somebody of this name whom the background does not know; every service gets the same person.

    Args:
        world: Whose owner knows them.
        name: Their full name, or the one that they go by.
        hints: ``email``, ``phone``, ``handle``, ``relation``, ``city`` and ``employer``, where they are known.

    Raises:
        PremiseError: The background knows somebody of this name or with one of these addresses, or one is malformed.
    """
    checked("PersonName", PersonName, name)
    background, rng = world.background, premise_rng(world, "PersonName", name)
    known = (background.owner, *background.people)
    if any(person.name.casefold() == name.casefold() for person in known):
        raise PremiseError(f"the owner knows {name!r} already: build on them, or name somebody else")
    letters = [plain for part in name.split() if (plain := plain_letters(part))] or ["guest"]
    stem = ".".join(dict.fromkeys((letters[0], letters[-1])))
    number = rng.randrange(10, 100)
    taken = {address.casefold() for person in known for address in (person.email, person.phone, person.handle)}
    email, handle = f"{stem}@{rng.choice(MAIL_HOSTS)}", stem.replace(".", "_")
    phone = f"+1{rng.randrange(701, 990)}55501{rng.randrange(100):02d}"
    email = f"{stem}{number}@{email.partition('@')[2]}" if email in taken else email
    handle = f"{handle}{number}" if handle in taken else handle
    person = Person(
        id=f"person-{_FIRST_STRANGER + derive_seed('acquaintance', name, world.base.key.seed) % _FIRST_STRANGER}",
        name=name,
        first_name=name.split(maxsplit=1)[0] if name.strip() else name,
        email=text_hint(hints, "email", email, EmailAddress).lower(),
        phone=text_hint(hints, "phone", phone, PhoneNumber),
        handle=text_hint(hints, "handle", handle[:40], Handle).removeprefix("@"),
        relation=text_hint(hints, "relation", rng.choice(_OTHERS)),
        city=text_hint(hints, "city", rng.choice(known).city, Place),
        employer=text_hint(hints, "employer", rng.choice(background.organisations).name),
    )
    for address in (person.email, person.phone, person.handle):
        if address.casefold() in taken:
            raise PremiseError(f"{address!r} belongs to somebody else: give {name} an address of their own")
    return person


def plain_letters(text: str) -> str:
    """The text's letters and digits in lower-case ASCII."""
    folded = unicodedata.normalize("NFKD", text.translate(_PLAIN)).lower()
    return "".join(sign for sign in folded if sign.isascii() and sign.isalnum())


_PLAIN = str.maketrans({"ł": "l", "Ł": "L", "ß": "ss", "ø": "o", "Ø": "O", "æ": "ae", "đ": "d"})


@lru_cache(maxsize=256)
def _topic_words(name: str) -> frozenset[str]:
    topic = load_topics()[name]
    return frozenset(tokens(" ".join((topic.title, *topic.tags)))) - {"home", "new", "local", "day"}


@lru_cache(maxsize=256)
def _adapter(form: Any) -> TypeAdapter[Any]:
    return TypeAdapter(form)


def recognised(value: str, forms: Iterable[tuple[T, str]], default: T) -> T:
    """Whose form an id has: the first whose regular expression it is, else the default."""
    return next((owner for owner, form in forms if re.fullmatch(form, value)), default)


def one_line_address(value: str) -> str:
    """An address with single spaces.

    Raises:
        PremiseError: It cannot be one.
    """
    return " ".join(str(checked("PostalAddress", PostalAddress, value)).split())


def address_label(world: World, value: str, hints: Hints) -> str:
    """What an address is called, the same in every address book. Hint: ``label``."""
    rng = premise_rng(world, "PostalAddress", value)
    return text_hint(hints, "label", rng.choice(("Studio", "Workshop", "Holiday flat", "Storage unit")))
