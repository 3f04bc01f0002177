"""What a request says about a thing that it does not name: the words that the right row of a list must hold."""

from __future__ import annotations

import re
from calendar import month_name
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import Any

from agentalign_env.executability.fillers import Filler
from agentalign_env.executability.knowledge import load_knowledge
from agentalign_env.executability.scene import Scene
from agentalign_env.executability.texts import content_words
from agentalign_env.executability.vocabulary import CLAUSE_ENDS, RANKING
from agentalign_env.executability.words import Token, stem

__all__ = ["Wanted", "wanted_by"]

_KNOWN_WORD = 0.3  # what a word weighs that requests are made of
_NAME = 1.5
_LONGEST = 4_000  # characters of a text that are compared
_ONE_OF = re.compile(
    r"\b(?:one of|any of|either of) "
    r"|\b(?:i|we|you)(?:['\u2019]ve| have)? (?:only )?just (?!want|need|wanted|needed|would|like)",
    re.IGNORECASE,
)
"""Words that say which of several without naming it: ``any of them``, ``what I just ordered``."""
_MONTHS = {name.lower(): f"-{number:02d}-" for number, name in enumerate(month_name) if name}
_ANOTHER_PART = frozenset((",", ";", "and", "with", "then"))
"""Words behind a thing from which on something else is spoken of."""
_IN_A_MONTH = frozenset(("in", "from", "of", "since", "during", "last", "'s", "for"))
_LABELS = ("label", "name", "symbol", "title")
"""What the keys end in under which a row holds its name."""
_TOKEN = re.compile(r"[^\W_]+")


class Wanted:
    """A description of something that is not named.

    Attributes:
        phrases: What is quoted or issued: an id, a title.
        names: Names of people.
        words: Telling words.
        values: Days and amounts, as rows hold them.
        ranked: Whether it says which of several: the newest, the first.
        span: Where the description stands.
        loose: Whether it is all that was said before, of which only a part is about the thing.
        said: The description as one text.
    """

    def __init__(
        self,
        phrases: Iterable[str],
        names: Iterable[str],
        words: Iterable[str],
        values: Iterable[str],
        *,
        ranked: bool,
        span: tuple[int, int],
        loose: bool = False,
    ) -> None:
        self.phrases, self.names, self.words, self.values = tuple(phrases), tuple(names), tuple(words), tuple(values)
        self.ranked, self.span, self.loose = ranked, span, loose
        self.said = " ".join((*self.phrases, *self.names, *self.words, *self.values))

    @property
    def is_empty(self) -> bool:
        """Whether nothing is said."""
        return not self.said

    def rows_called(self, rows: Sequence[Any]) -> list[int]:
        """The rows whose name is said as a whole, the longest such name; none where a description says no name.

        A wallet is meant by its label, and a restaurant by its name, whatever else a sentence speaks of.
        """
        said = _stems(self.said)
        found: dict[int, int] = {}
        for number, row in enumerate(rows):
            for label in _labels(row):
                words = _stems(label)
                if words <= said and any(map(str.isalpha, words)):
                    found[number] = max(len(words), found.get(number, 0))
        longest = max(found.values(), default=0)
        return [number for number, length in found.items() if length == longest]

    def words_shared(self, parts: Sequence[Any], besides: Any) -> list[int]:
        """How many of the words said are in the name of each part, besides those of the whole that it is a part of."""
        said = _stems(self.said) - {word for label in _labels(besides) for word in _stems(label)}
        return [max((len(_stems(label) & said) for label in _labels(part)), default=0) for part in parts]

    @cached_property
    def _weights(self) -> dict[str, float]:
        knowledge = load_knowledge()
        return {stem(word): _KNOWN_WORD if knowledge.knows(stem(word)) else 1.0 for word in self.words}

    def likenesses(self, rows: Sequence[Any]) -> list[float]:
        """How much of the description each row fits, from 0 to 1; people whom no row names do not count."""
        texts = [" ".join(text for text in _texts(row) if len(text) < _LONGEST).lower() for row in rows]
        words = [{stem(word) for word in _TOKEN.findall(text)} for text in texts]
        names = [name for name in self.names if any(_is_named(name, text) for text in texts)]
        values = [value.lower() for value in (*self.values, *self.phrases)]
        held_by_any = set().union(*words) if words else set()
        weights = {
            word: weight
            for word, weight in self._weights.items()
            if word in held_by_any or (weight > _KNOWN_WORD and not self.loose)
        }
        total = sum(weights.values()) + _NAME * len(names) + len(values)
        if not total:
            return [0.0] * len(rows)
        return [
            (
                sum(weight for word, weight in weights.items() if word in held)
                + _NAME * sum(_is_named(name, text) for name in names)
                + sum(value in text for value in values)
            )
            / total
            for text, held in zip(texts, words, strict=True)
        ]


def _stems(text: str) -> set[str]:
    return {stem(word) for word in _TOKEN.findall(text.lower())}


def _labels(row: Any) -> Iterator[str]:
    """What a row calls the thing that it is about."""
    if isinstance(row, dict):
        for key, label in row.items():
            if key.lower().endswith(_LABELS) and isinstance(label, str) and _TOKEN.search(label):
                yield label


def wanted_by(scene: Scene, used: Sequence[Filler], semantic: str | None = None) -> Wanted:
    """What a request says about what it leaves open; what was said before, where it says nothing itself.

    Args:
        scene: The request and what stands around it.
        used: What serves other parameters.
        semantic: The semantic type of what is open: the words around its noun tell most.
    """
    taken = {at for filler in used for at in range(filler.at, filler.at + filler.width)}
    tokens = [token for at, token in enumerate(scene.request.tokens) if at not in taken and at]
    fillers = [filler for filler in scene.fillers if not any(filler is one for one in used)]
    span = scene.request.start, scene.request.end
    ranks = any(token.word in RANKING for token in scene.request.tokens)
    ranked = ranks or _ONE_OF.search(scene.text, *span) is not None
    around = _around_noun(tokens, semantic)
    wanted = _wanted(around or tokens, fillers, scene, ranked=ranked, span=span)
    if around and wanted.is_empty:  # "It was an order on Meituan."
        wanted = _wanted(tokens, fillers, scene, ranked=ranked, span=span)
    speaks_of_it = any(token.word in ("it", "them", "one") for token in scene.request.tokens[:4])
    if (wanted.is_empty or (speaks_of_it and not wanted.phrases)) and scene.context:
        ranked = ranked or any(token.word in RANKING for token in scene.context)
        return _wanted(scene.context, scene.around, scene, ranked=ranked, span=span, loose=True)
    return wanted


def _wanted(
    tokens: Sequence[Token],
    fillers: Sequence[Filler],
    scene: Scene,
    *,
    ranked: bool,
    span: tuple[int, int],
    loose: bool = False,
) -> Wanted:
    """The description that such words and fillers give."""
    phrases, names, values = [], [], []
    for filler in fillers:
        if filler.people and filler.kind in ("person", "pronoun"):
            names.append(filler.people[0].name)
        elif filler.mention is not None:
            kind, value = filler.mention.kind, filler.mention.value
            if kind in ("Quoted", "ShopName", "FilePath", "Identifier"):
                phrases.append(str(value))
            elif kind == "Date":
                values.append(str(value))
            elif kind in ("Amount", "CoinAmount") and isinstance(value, dict):
                values.append(f"{value['amount']:g}")
    knowledge = load_knowledge()
    months = [at for at, token in enumerate(tokens) if _is_month(tokens, at)]
    values += [_MONTHS[tokens[at].word] for at in months]
    words = [
        token.word
        for token in (content_words if loose else _first_clause)(
            [token for at, token in enumerate(tokens) if at not in months]
        )
        if token.word not in RANKING and not knowledge.belongs(token.stem, scene.request.of)
    ]
    return Wanted(phrases, dict.fromkeys(names), dict.fromkeys(words), values, ranked=ranked, span=span, loose=loose)


def _is_month(tokens: Sequence[Token], at: int) -> bool:
    """Whether a word says in which month something was."""
    return tokens[at].word in _MONTHS and at > 0 and tokens[at - 1].word in _IN_A_MONTH


def _first_clause(tokens: Sequence[Token]) -> list[Token]:
    """The content words up to where something else begins to be said."""
    found: list[Token] = []
    for token in tokens:
        if token.word in CLAUSE_ENDS and found:
            break
        found += content_words([token])
    return found


def _around_noun(tokens: Sequence[Token], semantic: str | None) -> list[Token]:
    """The words near a noun that names such a thing: ``my Everyday wallet``; empty without one."""
    nouns = load_knowledge().nouns
    for at, token in enumerate(tokens):
        if token.mention is None and semantic in nouns.get(token.stem, ()):
            behind = tokens[at + 1 : at + 7]
            until = next((number for number, one in enumerate(behind) if one.word in _ANOTHER_PART), len(behind))
            return list(tokens[max(0, at - 4) : at + 1 + until])
    return []


def _texts(row: Any) -> Iterator[str]:
    """The texts and figures that a row holds, at any depth."""
    match row:
        case str():
            yield row
        case bool() | None:
            return
        case int() | float():
            yield f"{row:g}"
        case dict():
            for part in row.values():
                yield from _texts(part)
        case list() | tuple():
            for part in row:
                yield from _texts(part)


def _is_named(name: str, text: str) -> bool:
    """Whether a row names somebody, also as addresses do: ``mia.keller``."""
    return name.lower() in text or ".".join(name.lower().split()) in text
