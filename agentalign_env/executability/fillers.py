"""Fillers: everything in a request that can give a parameter its value."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any, Literal, NamedTuple

from agentalign_env.core.background import Organisation, Person
from agentalign_env.executability.descriptions import Described, described_at
from agentalign_env.executability.knowledge import load_knowledge
from agentalign_env.executability.mentions import Mention
from agentalign_env.executability.people import RELATIONS, Known
from agentalign_env.executability.vocabulary import CAPITALISED, DEMONSTRATIVE, NOUN_PHRASE_ENDS, TOWARDS
from agentalign_env.executability.words import Token, stem
from agentalign_env.scenarios.plans import Ref, json_path
from agentalign_env.toolkit.dispatch import ToolResult
from agentalign_env.toolkit.tool import Tool

__all__ = ["IDENTIFYING", "Done", "Filler", "Target", "fillers_in"]

_DETERMINERS = DEMONSTRATIVE | frozenset(("the", "each", "every", "both"))
_PERSONAL = frozenset(("him", "her", "he", "she", "them", "they"))
_SELF = frozenset(("me", "myself"))
IDENTIFYING = frozenset(
    stem(word) for word in ["id", "ids", "number", "link", "url", "hash", "code", "reference", "receipt"]
)
_LONGEST_NOUN = 3


@dataclass(frozen=True)
class Done:
    """A step that was carried out.

    Attributes:
        number: Its number in the plan.
        tool: The tool.
        result: What it answered.
        lookup: Whether it only served another step.
    """

    number: int
    tool: Tool
    result: ToolResult
    lookup: bool = False

    @cached_property
    def targets(self) -> tuple[Target, ...]:
        """The typed values that it found, the first of each."""
        return tuple(_targets(self))


class Target(NamedTuple):
    """A value in an earlier result."""

    semantic: str
    done: Done
    path: str  # in the operation's result
    ref: Ref
    value: Any


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

    kind: Literal["mention", "person", "self", "pronoun", "reference", "dangling", "described", "stranger"]
    start: int
    end: int
    at: int
    width: int
    text: str
    mention: Mention | None = None
    people: tuple[Person | Organisation, ...] = ()
    targets: tuple[Target, ...] = ()
    described: Described | None = None
    results: frozenset[tuple[str, str]] = frozenset()

    @property
    def span(self) -> tuple[int, int]:
        """The characters of the instruction."""
        return self.start, self.end


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
    token = tokens[at]

    def made(kind: Any, width: int, **fields: Any) -> Filler:
        start, end = token.start, tokens[at + width - 1].end
        return Filler(kind, start, end, at, width, text[start:end], **fields)

    description = described_at(tokens, at)
    if description is not None:
        return made("described", description[0], described=description[1])
    if token.mention is not None:
        if token.mention.kind == "PersonName":
            return _named(made, tokens, at, known)
        return made("mention", 1, mention=token.mention)
    reference = _reference(tokens, at, done, coming)
    if (
        reference is not None
        and not _is_said_next(tokens, at + reference[0])
        and not (at and tokens[at - 1].word == "as")
    ):
        width, targets, places = reference
        return made("reference" if targets else "dangling", width, targets=targets, results=places)
    relation = _relation(tokens, at, known, text)
    if relation is not None:
        width, people = relation
        return made("person" if people else "stranger", width, people=people)
    if token.word in _SELF and (token.word == "myself" or (at and tokens[at - 1].word in TOWARDS)):
        return made("self", 1)
    if token.word in _PERSONAL:
        people = next((one.people for one in reversed(before) if one.people), ())
        return made("pronoun", 1, people=people) if people else None
    written = text[token.start : token.end]
    if written.isupper() and written.isalpha() and 3 <= len(written) <= 6 and not token.provider:
        return made("mention", 1, mention=Mention("TokenSymbol", token.start, token.end, written, written))
    if _is_strange_name(tokens, at, text):
        width = 1
        while at + width < len(tokens) and width < 3 and _is_strange_name(tokens, at + width, text):
            width += 1
        people = known.by_name.get(text[token.start : tokens[at + width - 1].end].lower(), ())
        return made("person" if people else "stranger", width, people=people)
    return None


def _named(made: Any, tokens: Sequence[Token], at: int, known: Known) -> Filler:
    """A name; an address in brackets behind it says which one is meant, and a city or relation may narrow it."""
    mention = tokens[at].mention
    assert mention is not None
    if [token.word for token in tokens[at + 1 : at + 4 : 2]] == ["(", ")"]:
        address = tokens[at + 2].mention
        if address is not None and address.kind in ("EmailAddress", "PhoneNumber", "Handle", "Identifier"):
            return made("mention", 4, mention=address, people=())
    people = known.by_name.get(str(mention.value).lower(), ())
    if len(people) > 1:
        near = {token.word for token in tokens[max(0, at - 4) : at + 6]}
        near |= {f"{one.word} {other.word}" for one, other in pairwise(tokens[max(0, at - 4) : at + 6])}
        closer = tuple(
            one
            for one in people
            if isinstance(one, Person)
            and ({one.relation, one.city.lower(), one.employer.lower()} & near or _synonym_near(one, near, known))
        )
        people = closer or people
    return made("person", 1, mention=mention, people=people)


def _synonym_near(person: Person, near: set[str], known: Known) -> bool:
    return any(person in known.by_relation.get(word, ()) for word in near)


def _relation(tokens: Sequence[Token], at: int, known: Known, text: str) -> tuple[int, tuple[Person, ...]] | None:
    """``my sister``, ``my former classmate``; with the name behind it, the name decides."""
    if tokens[at].word not in ("my", "our"):
        return None
    named = tokens[at - 2] if at > 1 and tokens[at - 1].word == "," else None
    if named is not None and (_is_capitalised(named, text) or (named.mention and named.mention.kind == "PersonName")):
        return None  # "Nuri, my dentist": the name says who
    for width in (2, 1):
        words = " ".join(token.word.removesuffix("'s").removesuffix("’s") for token in tokens[at + 1 : at + 1 + width])
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


def _is_capitalised(token: Token, text: str) -> bool:
    written = text[token.start : token.end]
    return token.mention is None and not token.provider and written[:1].isupper() and written[1:].islower()


def _is_strange_name(tokens: Sequence[Token], at: int, text: str) -> bool:
    token = tokens[at]
    if token.mention is not None or not token.word.isalpha() or len(token.word) < 3 or token.provider:
        return False
    written = text[token.start : token.end]
    if not written[0].isupper() or written.isupper() or not any(mark.islower() for mark in written):
        return False
    before = text[: token.start].rstrip()
    return bool(before) and before[-1] not in ".!?:\n*•-" and token.word not in CAPITALISED


def _reference(
    tokens: Sequence[Token], at: int, done: Sequence[Done], coming: frozenset[str]
) -> tuple[int, tuple[Target, ...], frozenset[tuple[str, str]]] | None:
    """A noun phrase that stands for an earlier result: how many words, and what it can lead to."""
    knowledge = load_knowledge()
    widths = knowledge.reference_widths.get(tokens[at].stem)
    if widths is None and tokens[at].word not in _DETERMINERS:
        return None
    stems = tuple(token.stem for token in tokens[at : at + widths[0]]) if widths else ()
    unmet: tuple[int, tuple[Target, ...], frozenset[tuple[str, str]]] | None = None
    for width in widths or ():
        places = knowledge.references.get(stems[:width]) if width <= len(stems) else None
        if places:
            targets = tuple(
                target
                for step in reversed(done)
                for target in step.targets
                if (step.tool.capability, target.path) in places
            )
            if targets:
                return width, targets, frozenset()
            if width > 2 and unmet is None:
                unmet = width, (), frozenset(places)
    if unmet is not None and _holds_a_reference(tokens, at, unmet[0], done):
        return None  # "the page of the item found first": the item is what was found
    if tokens[at].word not in _DETERMINERS or (unmet and any(capability in coming for capability, _ in unmet[2])):
        return unmet
    longest = min(_LONGEST_NOUN + 2, len(tokens) - at - 1)
    for width in range(longest, 0, -1):
        for noun in range(1, min(width, _LONGEST_NOUN) + 1):
            stems = [token.stem for token in tokens[at + 1 + width - noun : at + 1 + width]]
            semantics = knowledge.nouns.get(" ".join(stems))
            modifiers = {token.word for token in tokens[at + 1 : at + 1 + width - noun]}
            if (
                not semantics
                or modifiers & NOUN_PHRASE_ENDS
                or any(token.mention for token in tokens[at + 1 : at + 1 + width])
            ):
                continue
            targets = tuple(
                target for step in reversed(done) for target in step.targets if target.semantic in semantics
            )
            if targets:
                return max(1 + width, unmet[0] if unmet else 0), targets, frozenset()
            if (tokens[at].word in DEMONSTRATIVE and width == noun) or (
                semantics & coming and stems[-1] in IDENTIFYING
            ):
                return unmet or (1 + width, (), frozenset())
    return unmet


def _holds_a_reference(tokens: Sequence[Token], at: int, width: int, done: Sequence[Done]) -> bool:
    knowledge = load_knowledge()
    for start in range(at + 1, at + width):
        stems = tuple(token.stem for token in tokens[start : start + 8])
        for longest in knowledge.reference_widths.get(stems[0], ()):
            places = knowledge.references.get(stems[:longest])
            if places and any((step.tool.capability, one.path) in places for step in done for one in step.targets):
                return True
    return False


def _is_said_next(tokens: Sequence[Token], at: int) -> bool:
    """Whether what a noun stands for is stated right behind it: ``the text "..."``, ``the subject is "..."``."""
    if at < len(tokens) and tokens[at].word in ("is", "reads", "should", "be", ":", "says"):
        at += 1
    if at < len(tokens) and tokens[at].word in ("read", "be", "say"):
        at += 1
    mention = tokens[at].mention if at < len(tokens) else None
    return mention is not None and mention.kind != "PersonName"


def _targets(step: Done) -> Iterator[Target]:
    for path, semantic in step.tool.operation.outputs.items():
        shaped = step.tool.result_path(path)
        value = _first_at(step.result.value, json_path(path))
        if shaped is not None and value not in ("", None):
            yield Target(semantic, step, path, Ref(step.number, json_path(shaped)), value)


def _first_at(result: Any, path: Sequence[str | int]) -> Any:
    for part in path:
        try:
            result = result[part]
        except (LookupError, TypeError):
            return None
    return result
