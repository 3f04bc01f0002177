"""The words by which tools of others are recognised, from ``tools/foreign.toml``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from agentalign_env.core.data_files import DataModel, validated
from agentalign_env.errors import DataFileError
from agentalign_env.resources import data_root, read_toml
from agentalign_env.toolkit.catalogue import load_tools
from agentalign_env.toolkit.words import load_words

__all__ = ["Lexicon", "Phrase", "Rule", "Telling", "key_of", "load_lexicon", "words_of"]

Phrase = tuple[str, ...]

_PIECES = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z0-9]+|[0-9]+")
_STAY = frozenset(("news", "always", "previous", "canvas", "https", "aws", "gas", "bus", "is", "has", "this"))
_MOST_WORDS = 400


def words_of(text: str) -> list[str]:
    """The words of a name or a text, in lower case and in the singular: ``getUserOrders`` gives get, user, order."""
    return [_singular(piece.lower()) for piece in _PIECES.findall(text[:8000])[:_MOST_WORDS]]


def key_of(name: str) -> str:
    """A parameter's name in snake case and in the singular."""
    return "_".join(words_of(name))


@lru_cache(maxsize=8192)
def _singular(word: str) -> str:
    if len(word) <= 3 or word in _STAY or word.endswith(("ss", "us", "is")):
        return word
    if word.endswith("ies"):
        return f"{word[:-3]}y" if len(word) > 4 else word[:-1]
    if word.endswith(("sses", "ches", "shes", "xes", "zzes")):
        return word[:-2]
    return word.removesuffix("s")


class _RuleText(DataModel):
    capability: str
    model: str
    verbs: tuple[str, ...]
    nouns: tuple[str, ...]
    names: tuple[str, ...] = ()
    contexts: tuple[str, ...] = ()
    against: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    needs_words: tuple[str, ...] = ()
    pins: Mapping[str, Any] = {}
    defaults: Mapping[str, Any] = {}


class _LexiconText(DataModel):
    filler: tuple[str, ...]
    elsewhere: tuple[str, ...]
    harmless: tuple[str, ...]
    verbs: Mapping[str, tuple[str, ...]]
    nouns: Mapping[str, tuple[str, ...]]
    contexts: Mapping[str, tuple[str, ...]]
    providers: Mapping[str, str]
    arguments: Mapping[str, tuple[str, ...]]
    own: Mapping[str, Mapping[str, str]]
    rule: tuple[_RuleText, ...]


class Rule(NamedTuple):
    """What a tool may be.

    Attributes:
        capability: What it presents.
        model: The tool of the catalogue that it resembles.
        verbs: First words of its name; none for a rule that knows whole names alone.
        nouns: What its name is about.
        names: Phrases that are verb and noun at once.
        contexts: Words of its field, of which one must be told; empty for any field.
        against: Words that speak against it.
        needs: Arguments that a parameter must set, beside those that the operation requires.
        needs_words: Words of which one must be told, beside the field.
        pins: Arguments that are settled by what it is.
        defaults: Arguments that are settled unless a parameter sets them.
    """

    capability: str
    model: str
    verbs: tuple[Phrase, ...]
    nouns: tuple[Phrase, ...]
    names: tuple[Phrase, ...]
    contexts: tuple[Phrase, ...]
    against: tuple[Phrase, ...]
    needs: tuple[str, ...]
    needs_words: tuple[Phrase, ...]
    pins: Mapping[str, Any]
    defaults: Mapping[str, Any]


class Lexicon(NamedTuple):
    """The tables of ``tools/foreign.toml``, which says what each is for."""

    filler: frozenset[str]
    elsewhere: tuple[Phrase, ...]
    harmless: frozenset[str]
    providers: Mapping[Phrase, str]
    arguments: Mapping[str, frozenset[str]]
    own: Mapping[str, Mapping[str, str]]
    rules: tuple[Rule, ...]

    def strength(self, capability: str, argument: str, key: str) -> float:
        """How well a parameter's name fits an argument: 1 for its own name, 0 for an unrelated one."""
        if key == key_of(argument):
            return 1.0
        if key in _face_names(capability).get(argument, ()):
            return 0.95
        if key in self.arguments.get(argument, ()):
            return 0.9
        return 0.7 if key in _other_names(argument) else 0.0


class Telling:
    """What a text tells, for questions about phrases.

    Args:
        texts: Names and sentences.
    """

    def __init__(self, texts: Iterable[str]) -> None:
        self.words = [word for text in texts for word in (*words_of(text), "|")]
        self._line = f" {' '.join(self.words)} "

    def first(self, phrases: Iterable[Phrase]) -> Phrase | None:
        """The first of the phrases that it tells."""
        return next((phrase for phrase in phrases if f" {' '.join(phrase)} " in self._line), None)

    def position(self, phrase: Phrase) -> int | None:
        """Where a phrase begins, counted in words."""
        before, found, _ = self._line.partition(f" {' '.join(phrase)} ")
        return len(before.split()) if found else None


@lru_cache(maxsize=1)
def load_lexicon() -> Lexicon:
    """The tables, in normal form.

    Raises:
        DataFileError: The file is invalid.
    """
    path = data_root("tools").joinpath("foreign.toml")
    remedy = "The comments of the file say what each table is for."
    text = validated(_LexiconText, read_toml(path), path.name, remedy)
    catalogue = load_tools()
    for number, rule in enumerate(text.rule):
        unknown = [
            *(f"verbs {name!r}" for name in rule.verbs if name not in text.verbs),
            *(f"nouns {name!r}" for name in rule.nouns if name not in text.nouns),
            *(f"contexts {name!r}" for name in rule.contexts if name not in text.contexts),
            *(f"model {rule.model!r}" for tool in (rule.model,) if tool not in catalogue),
        ]
        if unknown or catalogue[rule.model].capability != rule.capability:
            problem = f"unknown {unknown[0]}" if unknown else f"{rule.model} is no tool of {rule.capability}"
            raise DataFileError(path.name, f"rule.{number}", problem, remedy)
    return Lexicon(
        filler=frozenset(word for phrase in text.filler for word in words_of(phrase)),
        elsewhere=_phrases(text.elsewhere),
        harmless=frozenset(map(key_of, text.harmless)),
        providers={tuple(words_of(name)): pin for name, pin in text.providers.items()},
        arguments={name: frozenset(map(key_of, others)) for name, others in text.arguments.items()},
        own=text.own,
        rules=tuple(_rule(rule, text) for rule in text.rule),
    )


def _rule(rule: _RuleText, text: _LexiconText) -> Rule:
    return Rule(
        capability=rule.capability,
        model=rule.model,
        verbs=_phrases(word for name in rule.verbs for word in text.verbs[name]),
        nouns=_phrases(word for name in rule.nouns for word in text.nouns[name]),
        names=_phrases(rule.names),
        contexts=_phrases(word for name in rule.contexts for word in text.contexts[name]),
        against=_phrases(rule.against),
        needs=rule.needs,
        needs_words=_phrases(rule.needs_words),
        pins=rule.pins,
        defaults=rule.defaults,
    )


def _phrases(texts: Iterable[str]) -> tuple[Phrase, ...]:
    """In normal form, the longest first."""
    found: Sequence[Phrase] = [tuple(words_of(text)) for text in texts]
    return tuple(sorted(dict.fromkeys(found), key=lambda phrase: -len(phrase)))


@lru_cache(maxsize=256)
def _face_names(capability: str) -> Mapping[str, frozenset[str]]:
    """What the catalogue's own tools call the arguments of a capability."""
    found: dict[str, set[str]] = {}
    for tool in load_tools().of(capability):
        for argument, name in tool.names.items():
            found.setdefault(argument, set()).add(key_of(name))
    return {argument: frozenset(names) for argument, names in found.items()}


@lru_cache(maxsize=1024)
def _other_names(argument: str) -> frozenset[str]:
    """What generated tools call an argument."""
    return frozenset(map(key_of, load_words().parameters.get(argument, ())))
