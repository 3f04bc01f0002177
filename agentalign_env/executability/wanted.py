"""What a request says about a thing that it does not name: the words that the right row of a list must hold."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any

from agentalign_env.executability.binding import Scene
from agentalign_env.executability.fillers import Filler
from agentalign_env.executability.knowledge import load_knowledge
from agentalign_env.executability.texts import content_words
from agentalign_env.executability.words import Token, stem

__all__ = ["Wanted", "wanted_by"]

_RANKING = frozenset(
    "newest latest last recent first top cheapest best nearest next current upcoming oldest earliest highest lowest any"
    " whichever whatever".split()
)
_KNOWN_WORD = 0.3  # what a word weighs that requests are made of
_NAME = 1.5
_ONE_OF = re.compile(r"\b(?:one of|any of|either of) ", re.IGNORECASE)
_TOKEN = re.compile(r"[^\W_]+")


class Wanted:
    """A description.

    Attributes:
        phrases: What is quoted or issued: an id, a title.
        names: Names of people.
        words: Telling words.
        values: Days and amounts, as rows hold them.
        ranked: Whether it says which of several: the newest, the first.
        span: Where the description stands.
        said: The description as one text.
    """

    def __init__(
        self,
        phrases: Sequence[str],
        names: Sequence[str],
        words: Sequence[str],
        values: Sequence[str],
        *,
        ranked: bool,
        span: tuple[int, int],
    ) -> None:
        self.phrases, self.names, self.words, self.values = tuple(phrases), tuple(names), tuple(words), tuple(values)
        self.ranked, self.span = ranked, span
        self.said = " ".join((*phrases, *names, *words, *values))

    @property
    def is_empty(self) -> bool:
        """Whether nothing is said."""
        return not self.said

    @cached_property
    def _weights(self) -> dict[str, float]:
        knowledge = load_knowledge()
        return {stem(word): _KNOWN_WORD if knowledge.knows(stem(word)) else 1.0 for word in self.words}

    def likeness(self, row: Any) -> float:
        """How much of the description a row fits, from 0 to 1."""
        texts = [text for text in _texts(row) if len(text) < 4_000]
        whole = " ".join(texts).lower()
        held = {stem(word) for word in _TOKEN.findall(whole)}
        matched = total = 0.0
        for word, weight in self._weights.items():
            total += weight
            matched += weight * (word in held)
        for name in self.names:
            total += _NAME
            matched += _NAME * (name.lower() in whole or _plain(name) in whole)
        for value in (*self.values, *self.phrases):
            total += 1.0
            matched += value.lower() in whole
        return matched / total if total else 0.0


def wanted_by(scene: Scene, used: Sequence[Filler]) -> Wanted:
    """What a request says about what it leaves open; what was said before, where it says nothing itself."""
    taken = {at for filler in used for at in range(filler.at, filler.at + filler.width)}
    tokens = [token for at, token in enumerate(scene.request.tokens) if at not in taken and at]
    fillers = [filler for filler in scene.fillers if not any(filler is one for one in used)]
    ranked = any(token.word in _RANKING for token in scene.request.tokens) or bool(_ONE_OF.search(scene.text, *_whole(scene)))
    span = scene.request.start, scene.request.end
    wanted = _wanted(tokens, fillers, scene, ranked=ranked, span=span)
    if wanted.is_empty and scene.context:
        return _wanted(scene.context, scene.around, scene, ranked=ranked, span=span)
    return wanted


def _whole(scene: Scene) -> tuple[int, int]:
    return scene.request.start, scene.request.end


def _wanted(
    tokens: Sequence[Token], fillers: Sequence[Filler], scene: Scene, *, ranked: bool, span: tuple[int, int]
) -> Wanted:
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
    words = [
        token.word
        for token in content_words(tokens)
        if token.word not in _RANKING and not knowledge.belongs(token.stem, scene.request.of)
    ]
    return Wanted(phrases, dict.fromkeys(names), dict.fromkeys(words), values, ranked=ranked, span=span)


def _texts(row: Any) -> Iterator[str]:
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


def _plain(name: str) -> str:
    """A name as addresses spell it: ``mia.keller``."""
    return ".".join(name.lower().split())
