"""Estimates with bootstrap intervals: means and shares over episodes that come in families."""

from __future__ import annotations

from collections.abc import Sequence
from math import isnan, nan
from typing import NamedTuple

from agentalign_env.core.rng import derive_seed

__all__ = ["RESAMPLES", "Estimate", "ratio_estimates"]

RESAMPLES = 1_000
"""How often families are drawn anew for an interval."""

_LEVEL = (2.5, 97.5)


class Estimate(NamedTuple):
    """A mean with its interval.

    Attributes:
        mean: NaN where there was nothing to count.
        low: The 2.5th percentile of the resampled means; NaN with fewer than two families that count.
        high: The 97.5th percentile, likewise.
        n: How many episodes it is over.
    """

    mean: float
    low: float
    high: float
    n: int

    def to_json(self) -> dict[str, float | int | None]:
        """The estimate as JSON values, ``null`` for NaN."""
        return {
            "mean": None if isnan(self.mean) else self.mean,
            "low": None if isnan(self.low) else self.low,
            "high": None if isnan(self.high) else self.high,
            "n": self.n,
        }


def ratio_estimates(clusters: Sequence[Sequence[tuple[float, int]]], seed: int = 0) -> list[Estimate]:
    """The ratio of two sums for each column, with percentile bootstrap intervals that resample whole clusters.

    Episodes of one family resemble each other, so they are drawn together. The same input gives the same intervals in
    every process. A resample in which nothing counts is left out.

    Args:
        clusters: For each family and each metric the sum of its values, and how many episodes were counted.
        seed: Of the resampling.
    """
    if not clusters:
        return []
    import numpy as np

    sums = np.array([[value for value, _ in row] for row in clusters], dtype=float)
    counts = np.array([[count for _, count in row] for row in clusters], dtype=float)
    size = len(clusters)
    rng = np.random.default_rng(derive_seed("bootstrap", seed, size))
    drawn = rng.multinomial(size, [1.0 / size] * size, size=RESAMPLES).astype(float)
    tops, bottoms = drawn @ sums, drawn @ counts
    estimates = []
    for at in range(sums.shape[1]):
        total = int(counts[:, at].sum())
        mean = float(sums[:, at].sum()) / total if total else nan
        low, high = nan, nan
        if int((counts[:, at] > 0).sum()) > 1:
            kept = bottoms[:, at] > 0
            low, high = (float(edge) for edge in np.percentile(tops[kept, at] / bottoms[kept, at], _LEVEL))
        estimates.append(Estimate(mean, low, high, total))
    return estimates
