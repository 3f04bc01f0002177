"""Fillers: everything in a request that can give a parameter its value."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Literal, NamedTuple

from agentalign_env.core.background import Organisation, Person
from agentalign_env.executability.descriptions import Described, described_at
from agentalign_env.executability.mentions import Mention
from agentalign_env.executability.people import RELATIONS, Known
from agentalign_env.executability.references import Done, Places, Reference, Target, reference_at
from agentalign_env.executability.vocabulary import CAPITALISED, TOWARDS
from agentalign_env.executability.words import Token, coarse, coarse_of_semantic
from agentalign_env.toolkit.catalogue import load_tools

__all__ = ["Filler", "fillers_in"]

_PERSONAL = frozenset(("him", "her", "he", "she", "them", "they"))
_SELF = frozenset(("me", "myself"))
_NAMING = (("called",), ("named",), ("titled",), ("with", "the", "name"))
_WORDINGS = frozenset(("caption", "name", "text", "title", "wording"))
_LONGEST_NAME = 3
_QUOTES = "\"'\u201c\u2018"
_Kind = Literal["mention", "person", "self", "pronoun", "reference", "dangling", "described", "stranger"]


class Filler(NamedTuple):
    """Something that can give a parameter its value.

    Attributes:
        kind: ``mention``, ``person`` (people or organisations that a name or a relation fits), ``self`` (the owner),
            ``pronoun`` (somebody named before), ``reference`` (to earlier results), ``dangling`` (to results that no
            earlier step has), ``described`` (how to find it), ``stranger`` (a name that the world does not know).
        start: Where it begins in the instruction.
        end: Where it ends.
        at: The number of its first token in the request.
        width: How many tokens it is.
        text: Its words.
        mention: The mention, if it is one.
        people: Who is meant, if somebody is.
        targets: The values that a reference can lead to, the likeliest first.
        described: How it is to be found.
        results: The results that such words stand for, by capability and path, where no earlier step has them.
    """

    kind: _Kind
    start: int
    end: int
    at: int
    width: int
    text: str
    mention: Mention | None = None
    people: tuple[Person | Organisation, ...] = ()
    targets: tuple[Target, ...] = ()
    described: Described | None = None
    results: Places = frozenset()

    @property
    def span(self) -> tuple[int, int]:
        """The characters of the instruction."""
        return self.start, self.end

    @property
    def is_quoted(self) -> bool:
        """Whether it stands in quotation marks or the like: also a name can be meant as a text."""
        kind = None if self.mention is None else self.mention.kind
        return kind in ("Quoted", "Command") or (kind == "PersonName" and self.text[0] in _QUOTES)


def fillers_in(
    text: str,
    tokens: Sequence[Token],
    done: Sequence[Done],
    known: Known,
    named_before: Sequence[Filler],
    coming: frozenset[str] = frozenset(),
) -> list[Filler]:
    """What a request offers, in the order of its text.

    Args:
        text: The whole instruction.
        tokens: The request's words.
        done: The steps carried out before it.
        known: Who can be named.
        named_before: Fillers of earlier requests, for pronouns.
        coming: The semantic types that later requests will give, and what they do.
    """
    found: list[Filler] = []
    at = 0
    while at < len(tokens):
        filler = _filler_at(text, tokens, at, done, known, [*named_before, *found], coming)
        if filler is None:
            at += 1
            continue
        joined = _joined(found[-1], filler, tokens, text) if found else None
        if joined is not None:
            found[-1] = joined
        else:
            found.append(filler)
        at += filler.width
    return found


def _joined(first: Filler, second: Filler, tokens: Sequence[Token], text: str) -> Filler | None:
    """``the link of that page``: the link, of the step that the page is from."""
    if first.kind != "reference" or second.kind not in ("reference", "dangling"):
        return None
    between = [token.word for token in tokens[first.at + first.width : second.at]]
    if between not in (["of"], ["for"], ["from"], ["on"], ["in"]):
        return None
    steps = {target.done.number for target in second.targets}
    last = max(steps, default=-1)
    targets = [target for target in first.targets if target.done.number == last]
    targets += [target for target in first.targets if target.done.number in steps and target.done.number != last]
    targets += [target for target in first.targets if target.done.number not in steps]
    return first._replace(
        end=second.end,
        width=second.at + second.width - first.at,
        text=text[first.start : second.end],
        targets=tuple(targets),
    )


def _filler_at(
    text: str,
    tokens: Sequence[Token],
    at: int,
    done: Sequence[Done],
    known: Known,
    before: Sequence[Filler],
    coming: frozenset[str],
) -> Filler | None:
    """The filler that begins at a token, ``None`` where none does; ``before`` are those that a pronoun can mean."""
    token = tokens[at]

    def made(kind: _Kind, width: int) -> Filler:
        start, end = token.start, tokens[at + width - 1].end
        return Filler(kind, start, end, at, width, text[start:end])

    description = described_at(tokens, at)
    if description is not None:
        return made("described", description[0])._replace(described=description[1])
    if token.mention is not None:
        if token.mention.kind != "PersonName":
            return made("mention", 1)._replace(mention=token.mention)
        address = _address_in_brackets(tokens, at)
        if address is not None:
            return made("mention", 4)._replace(mention=address)
        people = _named(token.mention, tokens, at, known)
        width = 3 if _says_from_where(tokens, at, people) else 1
        return made("person", width)._replace(mention=token.mention, people=people)
    relation = _relation(tokens, at, known, text)
    related = token.word in ("my", "our") and any(one.word in RELATIONS for one in tokens[at + 1 : at + 3])
    reference = None if related else reference_at(tokens, at, done, coming)
    as_that = at > 0 and tokens[at - 1].word == "as"
    if reference is not None and not as_that and _stands_by_itself(tokens, at, reference):
        quoted = _said_in_quotes(tokens, at, reference)
        if quoted is not None:
            return made("mention", reference.width)._replace(mention=quoted)
        kind: _Kind = "reference" if reference.targets else "dangling"
        return made(kind, reference.width)._replace(targets=reference.targets, results=reference.places)
    if relation is not None:
        width, people = relation
        return made("person" if people else "stranger", width)._replace(people=people)
    if token.word in _SELF and (token.word == "myself" or (at and tokens[at - 1].word in TOWARDS)):
        return made("self", 1)
    if token.word in _PERSONAL:
        meant = next((one.people for one in reversed(before) if one.people), ())
        return made("pronoun", 1)._replace(people=meant) if meant else None
    return _unmarked(text, tokens, at, known)


def _unmarked(text: str, tokens: Sequence[Token], at: int, known: Known) -> Filler | None:
    """What only its capitals tell from other words: the symbol of a token, or a name."""
    token = tokens[at]
    written = text[token.start : token.end]
    if _is_swapped_for(tokens, at):
        symbol = Mention("TokenSymbol", token.start, token.end, written, written.upper())
        return Filler("mention", token.start, token.end, at, 1, written, mention=symbol)
    if written.isupper() and written.isalpha() and 3 <= len(written) <= 6 and not token.provider:
        symbol = Mention("TokenSymbol", token.start, token.end, written, written)
        return Filler("mention", token.start, token.end, at, 1, written, mention=symbol)
    if not _is_strange_name(tokens, at, text):
        return None
    width = 1
    while at + width < len(tokens) and width < _LONGEST_NAME and _is_strange_name(tokens, at + width, text):
        width += 1
    end = tokens[at + width - 1].end
    name = text[token.start : end]
    people = known.by_name.get(name.lower(), ())
    return Filler("person" if people else "stranger", token.start, end, at, width, name, people=people)


def _is_swapped_for(tokens: Sequence[Token], at: int) -> bool:
    """Whether a word is the token that another is changed into, written in lower case: ``20 exusd to fern``."""
    if at < 2 or not tokens[at].word.isalpha() or tokens[at - 1].word not in ("to", "into", "for"):
        return False
    before = tokens[at - 2].mention
    return before is not None and before.kind == "CoinAmount" and tokens[at].word.upper() in _symbols()


@lru_cache(maxsize=1)
def _symbols() -> frozenset[str]:
    """The tokens that any tool takes."""
    schemas = (
        parameter.schema
        for tool in load_tools().values()
        for name, parameter in tool.parameters.items()
        if "token" in name
    )
    return frozenset(value for schema in schemas for value in schema.get("enum", ()) if isinstance(value, str))


def _address_in_brackets(tokens: Sequence[Token], at: int) -> Mention | None:
    """The address behind a name, which says who is meant: ``Mia (mia@post.example)``."""
    if [token.word for token in tokens[at + 1 : at + 4 : 2]] != ["(", ")"]:
        return None
    address = tokens[at + 2].mention
    addresses = address is not None and address.kind in ("EmailAddress", "PhoneNumber", "Handle", "Identifier")
    return address if addresses else None


def _named(mention: Mention, tokens: Sequence[Token], at: int, known: Known) -> tuple[Person | Organisation, ...]:
    """Who can be meant by a name; a city, a relation or an employer near it may narrow it."""
    people = known.by_name.get(str(mention.value).lower(), ())
    if len(people) < 2:
        return people
    around = tokens[max(0, at - 4) : at + 6]
    near = {token.word for token in around}
    near |= {f"{one.word} {other.word}" for one, other in pairwise(around)}
    closer = tuple(
        one
        for one in people
        if isinstance(one, Person)
        and ({one.relation, one.city.lower(), one.employer.lower()} & near or _synonym_near(one, near, known))
    )
    return closer or people


def _says_from_where(tokens: Sequence[Token], at: int, people: Sequence[Person | Organisation]) -> bool:
    """Whether the city or the employer of somebody stands behind the name: ``Mia from Harbour Bakery``."""
    mention = tokens[at + 2].mention if at + 2 < len(tokens) else None
    if mention is None or tokens[at + 1].word not in ("from", "of", "at"):
        return False
    said = mention.text.lower()
    return any(isinstance(one, Person) and said in (one.city.lower(), one.employer.lower()) for one in people)


def _synonym_near(person: Person, near: set[str], known: Known) -> bool:
    """Whether another word for what somebody is to the owner stands near."""
    return any(person in known.by_relation.get(word, ()) for word in near)


def _relation(tokens: Sequence[Token], at: int, known: Known, text: str) -> tuple[int, tuple[Person, ...]] | None:
    """``my sister``, ``my former classmate``; with the name behind it, the name decides."""
    if tokens[at].word not in ("my", "our"):
        return _bare_relation(tokens, at, known)
    named = tokens[at - 2] if at > 1 and tokens[at - 1].word == "," else None
    if named is not None and (_is_capitalised(named, text) or (named.mention and named.mention.kind == "PersonName")):
        return None  # "Nuri, my dentist": the name says who
    for width in (2, 1):
        words = " ".join(
            token.word.removesuffix("'s").removesuffix("\u2019s") for token in tokens[at + 1 : at + 1 + width]
        )
        relation = words if words in RELATIONS else words.removesuffix("s")
        if relation not in RELATIONS or at + width >= len(tokens):
            continue
        people = known.by_relation.get(relation, ())
        follower = tokens[at + 1 + width] if at + 1 + width < len(tokens) else None
        if follower is not None and follower.word == "," and at + 2 + width < len(tokens):
            follower = tokens[at + 2 + width]
        if follower is not None and follower.mention is not None and follower.mention.kind == "PersonName":
            return None
        if follower is not None and _is_capitalised(follower, text):
            return None
        return 1 + width, people
    return None


def _bare_relation(tokens: Sequence[Token], at: int, known: Known) -> tuple[int, tuple[Person, ...]] | None:
    """``text dad``: somebody of one's own, without the word that says so."""
    word = tokens[at].word.removesuffix("'s").removesuffix("\u2019s")
    if tokens[at].mention is not None or word not in RELATIONS or not at or tokens[at - 1].word not in TOWARDS:
        return None
    people = known.by_relation.get(word, ())
    return (1, people) if people else None


def _is_capitalised(token: Token, text: str) -> bool:
    """Whether a word is written as a name."""
    written = text[token.start : token.end]
    return token.mention is None and not token.provider and written[:1].isupper() and written[1:].islower()


def _is_strange_name(tokens: Sequence[Token], at: int, text: str) -> bool:
    """Whether a word has a capital for no other reason than that it is a name."""
    token = tokens[at]
    if token.mention is not None or not token.word.isalpha() or len(token.word) < 3 or token.provider:
        return False
    written = text[token.start : token.end]
    if not written[0].isupper() or written.isupper() or not any(mark.islower() for mark in written):
        return False
    before = text[: token.start].rstrip()
    return bool(before) and before[-1] not in ".!?:\n*•-" and token.word not in CAPITALISED


def _stands_by_itself(tokens: Sequence[Token], at: int, reference: Reference) -> bool:
    """Whether words are a reference: not what is stated right behind them, and not the beginning of a description."""
    end = at + reference.width
    if at and tokens[at - 1].word == "that" and end < len(tokens) and tokens[end].word.isalpha():
        return False  # "tell her that the money is on its way"
    if any(described_at(tokens, inner) is not None for inner in range(at + 1, end)):
        return False  # "that says what I noted in ...": what is noted there is meant
    following = tuple(token.word for token in tokens[end : end + 4])
    if any(following[: len(words)] == words and "<text>" in following[len(words) :][:1] for words in _NAMING):
        return False  # 'the contract with the name "Vault"' is another than the one that was found
    stated, apart = _stated_next(tokens, end)
    if stated is None:
        return True
    return apart and not all(coarse_of_semantic(one) == coarse(stated.kind) for one in _semantics(reference))


def _said_in_quotes(tokens: Sequence[Token], at: int, reference: Reference) -> Mention | None:
    """The words in quotation marks that ``that title`` means, where a request has just one such text."""
    last = tokens[at + reference.width - 1].word
    if reference.targets or reference.width > _LONGEST_NAME or last not in _WORDINGS:
        return None
    quoted = [token.mention for token in tokens if token.mention is not None and token.mention.kind == "Quoted"]
    return quoted[0] if len(quoted) == 1 and tokens[at].word == "that" else None


def _semantics(reference: Reference) -> set[str | None]:
    """The semantic types of what a reference can lead to, ``None`` where its words do not tell."""
    found: set[str | None] = {target.semantic for target in reference.targets}
    for capability, path in () if found else reference.places:
        found.update(tool.operation.outputs.get(path) for tool in load_tools().of(capability))
    return found or {None}


def _stated_next(tokens: Sequence[Token], at: int) -> tuple[Mention | None, bool]:
    """What is stated behind a noun, and whether a mark stands between: ``the text: "..."``."""
    apart = at < len(tokens) and tokens[at].word == ":"
    if at < len(tokens) and tokens[at].word in ("is", "reads", "should", "be", ":", "says"):
        at += 1
    if at < len(tokens) and tokens[at].word in ("read", "be", "say"):
        at += 1
    mention = tokens[at].mention if at < len(tokens) else None
    return (None if mention is None or mention.kind == "PersonName" else mention), apart
