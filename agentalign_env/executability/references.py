"""References: words for what an earlier step gave: ``the link of that page``, ``its price``."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from agentalign_env.executability.knowledge import load_knowledge
from agentalign_env.executability.vocabulary import DEMONSTRATIVE, NOUN_PHRASE_ENDS
from agentalign_env.executability.words import Token, stem
from agentalign_env.scenarios.plans import Ref, json_path
from agentalign_env.toolkit.dispatch import ToolResult
from agentalign_env.toolkit.tool import Tool

__all__ = ["IDENTIFYING", "Done", "Places", "Reference", "Run", "Target", "reference_at"]

_DETERMINERS = DEMONSTRATIVE | frozenset(("the", "each", "every", "both"))
_LONGEST_NOUN = 3  # words
IDENTIFYING = frozenset(
    stem(word) for word in ["id", "ids", "number", "link", "url", "hash", "code", "reference", "receipt"]
)
"""Stems of what things are told apart by."""
Places = frozenset[tuple[str, str]]
"""Results, by capability and path."""


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


Run = Callable[[Tool, Mapping[str, Any]], Done]
"""Carries a reading call out, and gives back its record; its number is where it would stand in the plan."""


class Target(NamedTuple):
    """A value in an earlier result.

    Attributes:
        semantic: What it is.
        done: The step.
        path: Where it is in the operation's result.
        ref: Where it is in the tool's.
        value: The value itself.
    """

    semantic: str
    done: Done
    path: str
    ref: Ref
    value: Any


class Reference(NamedTuple):
    """A noun phrase that stands for an earlier result.

    Attributes:
        width: How many words it is.
        targets: What it can lead to, the likeliest first; none where no earlier step gives such a thing.
        places: The results that its words stand for, where nothing is there.
    """

    width: int
    targets: tuple[Target, ...] = ()
    places: Places = frozenset()


def reference_at(tokens: Sequence[Token], at: int, done: Sequence[Done], coming: frozenset[str]) -> Reference | None:
    """The reference that begins at a token: in words that the data gives a result, else by a noun for its type."""
    by_words = _by_words(tokens, at, done)
    if by_words is not None and by_words.targets:
        return by_words
    if by_words is not None and _holds_a_reference(tokens, at, by_words.width, done):
        return None  # "the page of the item found first": the item is what was found
    if tokens[at].word not in _DETERMINERS:
        return by_words
    if by_words is not None and any(capability in coming for capability, _ in by_words.places):
        return by_words
    return _by_noun(tokens, at, done, coming, by_words)


def _by_words(tokens: Sequence[Token], at: int, done: Sequence[Done]) -> Reference | None:
    """The longest words that stand for results that are there, else the longest for results that are not."""
    knowledge = load_knowledge()
    widths = knowledge.reference_widths.get(tokens[at].stem, ())
    stems = tuple(token.stem for token in tokens[at : at + max(widths, default=0)])
    unmet: Reference | None = None
    for width in widths:
        places = knowledge.references.get(stems[:width]) if width <= len(stems) else None
        if not places:
            continue
        targets = tuple(
            target
            for step in reversed(done)
            for target in step.targets
            if (step.tool.capability, target.path) in places
        )
        if targets:
            return Reference(width, targets)
        if width > 2 and unmet is None:
            unmet = Reference(width, (), frozenset(places))
    return unmet


def _by_noun(
    tokens: Sequence[Token], at: int, done: Sequence[Done], coming: frozenset[str], unmet: Reference | None
) -> Reference | None:
    """The longest phrase behind a determiner whose noun names a type that an earlier step gives.

    Args:
        tokens: The words of the request.
        at: The number of the determiner.
        done: The earlier steps.
        coming: The types that later steps will give.
        unmet: A reference to results that are not there, which begins at the determiner too.
    """
    nouns = load_knowledge().nouns
    longest = min(_LONGEST_NOUN + 2, len(tokens) - at - 1)
    for width in range(longest, 0, -1):
        phrase = tokens[at + 1 : at + 1 + width]
        if any(token.mention for token in phrase):
            continue
        for noun in range(1, min(width, _LONGEST_NOUN) + 1):
            stems = [token.stem for token in phrase[width - noun :]]
            semantics = nouns.get(" ".join(stems))
            if not semantics or {token.word for token in phrase[: width - noun]} & NOUN_PHRASE_ENDS:
                continue
            targets = tuple(
                target for step in reversed(done) for target in step.targets if target.semantic in semantics
            )
            if targets:
                return Reference(max(1 + width, unmet.width if unmet else 0), targets)
            points_back = tokens[at].word in DEMONSTRATIVE and width == noun
            if points_back or (semantics & coming and stems[-1] in IDENTIFYING):
                return unmet or Reference(1 + width)
    return unmet


def _holds_a_reference(tokens: Sequence[Token], at: int, width: int, done: Sequence[Done]) -> bool:
    """Whether a phrase speaks, behind its first word, of a result that is there."""
    knowledge = load_knowledge()
    for start in range(at + 1, at + width):
        stems = tuple(token.stem for token in tokens[start : start + 8])
        for longest in knowledge.reference_widths.get(stems[0], ()):
            places = knowledge.references.get(stems[:longest])
            if places and any((step.tool.capability, one.path) in places for step in done for one in step.targets):
                return True
    return False


def _targets(step: Done) -> Iterator[Target]:
    """The first value of each type that a step gave."""
    for path, semantic in step.tool.operation.outputs.items():
        shaped = step.tool.result_path(path)
        value = _first_at(step.result.value, json_path(path))
        if shaped is not None and value not in ("", None):
            yield Target(semantic, step, path, Ref(step.number, json_path(shaped)), value)


def _first_at(result: Any, path: Sequence[str | int]) -> Any:
    """What a path leads to, ``None`` where it leads nowhere."""
    for part in path:
        try:
            result = result[part]
        except (LookupError, TypeError):
            return None
    return result
