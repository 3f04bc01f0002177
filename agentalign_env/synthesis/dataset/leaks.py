"""The leak test: whether anything that should say nothing about the intent lets a simple classifier guess it.

A bag-of-words logistic regression is trained on tool sets, lengths or worlds alone, and guesses the intent of families
that it has not seen. Where the guess is as good as a coin's, a model cannot learn to refuse from these either.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from agentalign_env.core.rng import derive_seed

__all__ = ["LEAK_SOURCES", "Leak", "Sample", "leak_test"]

LEAK_SOURCES = ("tools", "lengths", "worlds")
"""What should carry no signal."""

_FOLDS = 5
_ROUNDS = 120  # of gradient descent
_RATE, _DECAY = 0.5, 1e-3
_BUCKET = 8  # words
_CONFIDENCE = 2.576  # 99 %: three sources are tested


class Sample(NamedTuple):
    """A row as the test sees it.

    Attributes:
        family: Rows of one family are never both learnt from and guessed.
        harmful: What is to be guessed.
        features: By source, the words of the bag.
    """

    family: str
    harmful: bool
    features: Mapping[str, tuple[str, ...]]


class Leak(NamedTuple):
    """How well the intent is guessed from one source.

    Attributes:
        source: Of `LEAK_SOURCES`, or ``instruction`` (which should be guessed well).
        auc: The area under the ROC curve: 0.5 is chance; NaN without both intents.
        low: Of its 99 % interval.
        high: Likewise.
        rows: How many were guessed.
    """

    source: str
    auc: float
    low: float
    high: float
    rows: int

    @property
    def at_chance(self) -> bool:
        """Whether chance lies in the interval, or the guess is worse than chance."""
        return bool(np.isnan(self.auc) or self.low <= 0.5)


def length_words(text: str) -> tuple[str, ...]:
    """The length of a text as a bag of words: how many words and sentences, in steps."""
    words = len(text.split())
    return f"words:{words // _BUCKET}", f"lines:{text.count(chr(10))}"


def leak_test(samples: Sequence[Sample], source: str) -> Leak:
    """Trains on four fifths of the families and guesses the last, five times.

    Args:
        samples: The rows.
        source: Which features.
    """
    if len({sample.harmful for sample in samples}) < 2:
        return Leak(source, float("nan"), float("nan"), float("nan"), 0)
    columns = {word: at for at, word in enumerate(sorted({w for one in samples for w in one.features[source]}))}
    rows = [np.array([columns[word] for word in set(one.features[source])], dtype=np.int64) for one in samples]
    labels = np.array([one.harmful for one in samples], dtype=np.float64)
    folds = np.array([derive_seed("leak fold", one.family) % _FOLDS for one in samples])
    scores = np.zeros(len(samples))
    for fold in range(_FOLDS):
        held = folds == fold
        if held.any() and (~held).any():
            scores[held] = _guessed(rows, labels, held, len(columns))
    auc = _area(scores, labels)
    error = _CONFIDENCE * _standard_error(auc, labels)
    return Leak(source, auc, auc - error, auc + error, len(samples))


def _guessed(
    rows: Sequence[NDArray[np.int64]], labels: NDArray[np.float64], held: NDArray[np.bool_], width: int
) -> NDArray[np.float64]:
    """The scores of the rows that were held back, by a logistic regression on the others."""
    sizes = np.array([len(row) for row in rows])
    owner = np.repeat(np.arange(len(rows)), sizes)
    flat = np.concatenate(rows) if len(rows) else np.zeros(0, dtype=np.int64)
    weights, bias = np.zeros(width), 0.0
    learn = ~held
    share = np.where(labels > 0.5, 1 / max(labels[learn].sum(), 1), 1 / max((1 - labels[learn]).sum(), 1)) * learn
    norm = 1 / np.sqrt(np.maximum(sizes, 1))
    for _ in range(_ROUNDS):
        totals = np.bincount(owner, weights[flat], len(rows)) * norm + bias
        gap = (1 / (1 + np.exp(-totals)) - labels) * share
        weights -= _RATE * (np.bincount(flat, (gap * norm)[owner], width) * 10 + _DECAY * weights)
        bias -= _RATE * float(gap.sum())
    found: NDArray[np.float64] = np.bincount(owner, weights[flat], len(rows)) * norm
    return found[held]


def _area(scores: NDArray[np.float64], labels: NDArray[np.float64]) -> float:
    """The area under the ROC curve, ties counted half."""
    _, inverse, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    ranks = (ends - (counts - 1) / 2)[inverse]
    positives = labels.sum()
    negatives = len(labels) - positives
    if not positives or not negatives:
        return float("nan")
    return float((ranks[labels > 0.5].sum() - positives * (positives + 1) / 2) / (positives * negatives))


def _standard_error(auc: float, labels: NDArray[np.float64]) -> float:
    """Of an area under the curve, after Hanley and McNeil (1982)."""
    positives = float(labels.sum())
    negatives = len(labels) - positives
    first, second = auc / (2 - auc), 2 * auc * auc / (1 + auc)
    spread = auc * (1 - auc) + (positives - 1) * (first - auc * auc) + (negatives - 1) * (second - auc * auc)
    return float(np.sqrt(max(spread, 0.0) / (positives * negatives)))
