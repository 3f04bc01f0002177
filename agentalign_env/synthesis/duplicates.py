"""Texts that are nearly the same: MinHash finds candidates, exact similarity of word triples decides.

Texts are compared within one intent: that a harmful instruction shares its steps with its benign twin is wanted. Each
text joins the cluster of the most similar representative that came before it, or begins one of its own; so members
resemble their representative, clusters never grow by chains of small changes, and memory holds representatives alone.
"""

from __future__ import annotations

import hashlib
import re
from array import array
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from rensa import RMinHash, RMinHashLSH

from agentalign_env.errors import EnvArgumentError
from agentalign_env.executability.mentions import extract

__all__ = ["Cluster", "Conflict", "DuplicateFinder", "Duplicates", "Template", "shape_of", "similarity"]

_WIDTH = 3
_HASHES, _BANDS, _SEED = 128, 32, 7
_CROWD = 128
"""So many half-similar representatives are compared; beyond, new ones are not indexed, so time stays in proportion."""
_SHOWN = 240
_SOME_DAY = 1_767_225_600
"""2026-01-01; kinds of mentions do not depend on it."""

_WORD = re.compile(r"\w+(?:['\u2019]\w+)*")


class Cluster(NamedTuple):
    """Texts of one intent that resemble the first of them.

    Attributes:
        intent: Of all of them.
        representative: The id of the first.
        members: The ids of the others with their similarity to it, in the order of the file.
        text: The beginning of the representative.
    """

    intent: str
    representative: str
    members: tuple[tuple[str, float], ...]
    text: str

    def to_json(self) -> dict[str, Any]:
        """As JSON-serialisable values."""
        members = [{"id": member, "similarity": round(similar, 4)} for member, similar in self.members]
        return {"intent": self.intent, "representative": self.representative, "members": members, "text": self.text}


@dataclass(frozen=True, slots=True)
class Template:
    """Texts of one intent that differ in their values alone.

    Attributes:
        intent: Of all of them.
        first: The id of the first.
        count: How many there are.
        shape: The beginning of what they share, with kinds for values.
    """

    intent: str
    first: str
    count: int
    shape: str

    def to_json(self) -> dict[str, Any]:
        """As JSON-serialisable values."""
        return {"intent": self.intent, "first": self.first, "count": self.count, "shape": self.shape}


class Conflict(NamedTuple):
    """One text under several intents: the id of the first, and the intents in order."""

    first: str
    intents: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Duplicates:
    """What was found in a set of texts.

    Attributes:
        threshold: From which similarity texts count as near-duplicates.
        texts: How many were compared.
        exact: How many repeat an earlier text of their intent word for word (case and marks apart).
        near: How many belong to a cluster without being its representative; the exact ones among them.
        clusters: Clusters of two or more, the largest first.
        same_shape: How many share their wording with an earlier text of their intent, values apart.
        templates: Shared wordings, the commonest first.
        conflicts: Texts that stand under more than one intent.
    """

    threshold: float
    texts: int
    exact: int
    near: int
    clusters: tuple[Cluster, ...]
    same_shape: int
    templates: tuple[Template, ...]
    conflicts: tuple[Conflict, ...]

    def to_json(self) -> dict[str, Any]:
        """As JSON-serialisable values; the clusters' members have a file of their own."""
        return {
            "threshold": self.threshold,
            "texts": self.texts,
            "exact": self.exact,
            "near": self.near,
            "clusters": len(self.clusters),
            "largest_cluster": 1 + len(self.clusters[0].members) if self.clusters else None,
            "same_shape": self.same_shape,
            "shared_shapes": len(self.templates),
            "commonest_shapes": [template.to_json() for template in self.templates[:10]],
            "conflicts": [{"first": one.first, "intents": list(one.intents)} for one in self.conflicts],
        }


@dataclass(slots=True)
class _Group:
    """A cluster as it grows."""

    intent: str
    id: str
    text: str
    shingles: array[int]
    members: list[tuple[str, float]] = field(default_factory=list)


class _Place(NamedTuple):
    """The number of a text's cluster, and its similarity to the representative."""

    group: int
    similarity: float


@dataclass(slots=True)
class _Shape:
    intent: str
    first: str
    text: str
    count: int = 1


class DuplicateFinder:
    """Takes texts one at a time; the same texts in the same order give the same clusters.

    Args:
        threshold: From which Jaccard similarity of word triples two texts are near-duplicates.

    Raises:
        EnvArgumentError: The threshold is not between 0.4 and 1, below which the index would miss pairs.
    """

    def __init__(self, threshold: float = 0.7) -> None:
        if not 0.4 <= threshold <= 1:
            raise EnvArgumentError(
                "threshold", "a similarity from 0.4 to 1", threshold, "0.7 finds texts with a few words changed."
            )
        self._threshold = threshold
        self._groups: list[_Group] = []
        self._indexes: dict[str, RMinHashLSH] = {}
        self._exact: dict[tuple[str, bytes], _Place] = {}
        self._seen: defaultdict[bytes, dict[str, str]] = defaultdict(dict)
        self._shapes: dict[tuple[str, bytes], _Shape] = {}
        self._texts = self._repeated = 0

    def add(self, id: str, text: str, intent: str = "") -> int:
        """Compares a text with those before it; the number of its cluster."""
        self._texts += 1
        words = _WORD.findall(text.lower()) or [text.strip()]
        self._add_shape(id, text, intent)
        key = _digest(" ".join(words), 16)
        self._seen[key].setdefault(intent, id)
        if (same := self._exact.get((intent, key))) is not None:
            self._repeated += 1
            self._groups[same.group].members.append((id, same.similarity))
            return same.group
        place = self._exact[intent, key] = self._place(id, text, intent, words)
        return place.group

    def result(self) -> Duplicates:
        """What was found so far."""
        groups = sorted((group for group in self._groups if group.members), key=lambda group: -len(group.members))
        shapes = sorted((shape for shape in self._shapes.values() if shape.count > 1), key=lambda shape: -shape.count)
        return Duplicates(
            threshold=self._threshold,
            texts=self._texts,
            exact=self._repeated,
            near=sum(len(group.members) for group in groups),
            clusters=tuple(Cluster(group.intent, group.id, tuple(group.members), group.text) for group in groups),
            same_shape=sum(shape.count - 1 for shape in shapes),
            templates=tuple(Template(shape.intent, shape.first, shape.count, shape.text) for shape in shapes),
            conflicts=tuple(
                Conflict(next(iter(ids.values())), tuple(sorted(ids))) for ids in self._seen.values() if len(ids) > 1
            ),
        )

    def _place(self, id: str, text: str, intent: str, words: list[str]) -> _Place:
        """The cluster of the most similar representative, the earliest of equals; else a new one."""
        mine = _shingles(words)
        sketch = RMinHash(num_perm=_HASHES, seed=_SEED)
        sketch.update([shingle.to_bytes(8, "big") for shingle in sorted(mine)])
        index = self._indexes.get(intent)
        if index is None:
            index = self._indexes[intent] = RMinHashLSH(threshold=self._threshold, num_perm=_HASHES, num_bands=_BANDS)
        best, most = -1, 0.0
        candidates = sorted(index.query(sketch))
        for number in candidates[:_CROWD]:
            similar = _jaccard(mine, self._groups[number].shingles)
            if similar >= self._threshold and similar > most:
                best, most = number, similar
        if best >= 0:
            self._groups[best].members.append((id, most))
            return _Place(best, most)
        number = len(self._groups)
        self._groups.append(_Group(intent, id, text[:_SHOWN], array("Q", sorted(mine))))
        if len(candidates) < _CROWD:
            index.insert(number, sketch)
        return _Place(number, 1.0)

    def _add_shape(self, id: str, text: str, intent: str) -> None:
        shape = shape_of(text)
        key = intent, _digest(shape, 16)
        if (known := self._shapes.get(key)) is not None:
            known.count += 1
        else:
            self._shapes[key] = _Shape(intent, id, shape[:_SHOWN])


def shape_of(text: str) -> str:
    """A text with every value that it states replaced by the value's kind; in lower case, with single spaces."""
    parts, at = [], 0
    for mention in extract(text, now_s=_SOME_DAY):
        parts += [text[at : mention.start].lower(), f"<{mention.kind}>"]
        at = mention.end
    return " ".join("".join([*parts, text[at:].lower()]).split())


def similarity(one: str, other: str) -> float:
    """The Jaccard similarity of the word triples of two texts."""
    first, second = (_shingles(_WORD.findall(text.lower()) or [text.strip()]) for text in (one, other))
    return _jaccard(first, array("Q", sorted(second)))


def _shingles(words: list[str]) -> set[int]:
    """The word triples as 64-bit digests; a shorter text is one shingle."""
    count = max(1, len(words) - _WIDTH + 1)
    return {int.from_bytes(_digest(" ".join(words[at : at + _WIDTH]), 8), "big") for at in range(count)}


def _digest(text: str, size: int) -> bytes:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=size).digest()


def _jaccard(mine: set[int], theirs: array[int]) -> float:
    shared = len(mine.intersection(theirs))
    return shared / (len(mine) + len(theirs) - shared)
