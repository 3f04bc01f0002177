"""Descriptions: phrases that say how to find a value ("whoever sent me the mail ..."), from the lookups' data."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple, get_type_hints

from agentalign_env.core.semantics import semantic_of
from agentalign_env.executability.mentions import Mention
from agentalign_env.executability.vocabulary import NOUN_PHRASE_ENDS
from agentalign_env.executability.words import Providers, Token, stem, tokens_of
from agentalign_env.scenarios.lookups import Lookup, load_lookups
from agentalign_env.services import SERVICES

__all__ = ["Described", "described_at", "meaning_of", "semantic_of_column"]

_LEAST_WORDS = 3  # a phrase with fewer says too little to be told from others
_PERSON_FIELDS = {"EmailAddress": "email", "PhoneNumber": "phone", "ChatId": "handle", "Handle": "handle"}
# What the world keeps under names that only a description tells from other words.
_SAVED = ("media.", "wallets.", "saved_addresses.", "shipping_addresses.", "delivery_addresses.")
_LONGEST_FIELD = 5  # more words than a field can have


class Described(NamedTuple):
    """A description that was recognised.

    Attributes:
        lookups: The ways to find the value, the preferred first.
        fields: What the description says: the subject of a mail, a name.
    """

    lookups: tuple[Lookup, ...]
    fields: Mapping[str, str]


class _Part(NamedTuple):
    """A word of a phrase, or a field in it.

    Attributes:
        field: The field's name, empty for a word.
        quoted: Whether the field stands in quotation marks.
        stem: The word's stem, empty for a field.
    """

    field: str
    quoted: bool
    stem: str


def described_at(tokens: Sequence[Token], at: int) -> tuple[int, Described] | None:
    """The longest description that begins at a token: how many tokens, and what it describes."""
    best: tuple[int, Described] | None = None
    candidates = _patterns().get(tokens[at].stem, ())
    if tokens[at].mention is not None:
        candidates = (*candidates, *_patterns().get("", ()))
    following = tokens[at + 1].stem if at + 1 < len(tokens) else ""
    for parts, lookups in candidates:
        if parts[1].stem and parts[1].stem != following:
            continue
        found = _match(parts, tokens, at)
        if found is not None and (best is None or found[0] > best[0]):
            best = found[0], Described(lookups, found[1])
    return best


def meaning_of(lookup: Lookup, semantic: str | None) -> str | None:
    """The field that a lookup is to find for a slot; ``None`` where it finds nothing of the kind."""
    if lookup.gives == "text":
        return ""
    table, _, column = lookup.gives.partition(".")
    if table == "person":
        field = _PERSON_FIELDS.get(semantic or "")
        return field if column in ("*", field) else None
    return "" if semantic_of_column(table, column) == semantic else None


@lru_cache(maxsize=256)
def semantic_of_column(table: str, column: str) -> str | None:
    """The semantic type of a table's column, if it has one."""
    for service in SERVICES:
        for known in service.tables:
            if known.name == table:
                return semantic_of(get_type_hints(known.row, include_extras=True).get(column))
    return None


@lru_cache(maxsize=1)
def _patterns() -> Mapping[str, tuple[tuple[tuple[_Part, ...], tuple[Lookup, ...]], ...]]:
    """The phrases by the stem that they begin with; those that begin with a name under an empty text."""
    lookups: dict[tuple[_Part, ...], list[Lookup]] = defaultdict(list)
    for lookup in (*load_lookups("referential"), *load_lookups("discoverable")):
        if lookup.level == "referential" and lookup.gives != "text" and not lookup.gives.startswith(_SAVED):
            continue  # names, relations and quoted titles are recognised as such
        for phrase in (*lookup.phrases, *lookup.named):
            parts = tuple(_parts(phrase))
            if sum(part.stem.isalnum() for part in parts) >= (2 if lookup.gives == "media.url" else _LEAST_WORDS):
                lookups[parts].append(lookup)
    found: dict[str, list[tuple[tuple[_Part, ...], tuple[Lookup, ...]]]] = defaultdict(list)
    for parts, several in lookups.items():
        found[parts[0].stem].append((parts, tuple(several)))
    return {first: tuple(several) for first, several in found.items()}


def _parts(phrase: str) -> Iterator[_Part]:
    """A phrase of the data as parts."""
    tokens = tokens_of(phrase, (), Providers.named(()))
    at = 0
    while at < len(tokens):
        word = tokens[at].word
        if word == '"' and at + 2 < len(tokens) and tokens[at + 1].word.startswith("{"):
            yield _Part(tokens[at + 1].word[1:-1], True, "")
            at += 3
        elif word.startswith("{"):
            yield _Part(word[1:-1], False, "")
            at += 1
        else:
            yield _Part("", False, stem(word))
            at += 1


def _match(parts: Sequence[_Part], tokens: Sequence[Token], at: int) -> tuple[int, dict[str, str]] | None:
    """How many tokens a phrase takes that begins here, and what its fields say; ``None`` where it does not."""
    place, fields = at, {}
    for number, part in enumerate(parts):
        if place >= len(tokens):
            return None
        if part.stem:
            if tokens[place].stem != part.stem:
                return None
            place += 1
            continue
        token = tokens[place]
        if part.quoted:
            if token.mention is None or token.mention.kind not in ("Quoted", "Url", "FilePath"):
                return None
            fields[part.field] = _value(token.mention)
            place += 1
        elif token.mention is not None:
            fields[part.field] = _value(token.mention)
            place += 1
        else:
            following = parts[number + 1].stem if number + 1 < len(parts) else ""
            width = _width(tokens, place, following)
            if width is None or any(token.word in NOUN_PHRASE_ENDS for token in tokens[place : place + width]):
                return None
            fields[part.field] = " ".join(token.word for token in tokens[place : place + width])
            place += width
    return place - at, fields


def _width(tokens: Sequence[Token], at: int, following: str) -> int | None:
    """How many words a field takes: up to the word that has to follow, one where none does."""
    if not following:
        return 1
    for width in range(1, _LONGEST_FIELD):
        if at + width < len(tokens) and tokens[at + width].stem == following:
            return width
    return None


def _value(mention: Mention) -> str:
    value: Any = mention.value
    return mention.text if mention.kind == "PersonName" else str(value)
