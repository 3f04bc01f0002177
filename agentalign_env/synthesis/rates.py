"""Shares with their uncertainty, and how evenly things are spread. What has nothing to count is ``None``, never NaN."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

__all__ = ["Balance", "Rate", "balance_of"]

_Z = 1.959963984540054
"""Of a two-sided interval of 95 %."""


@dataclass(frozen=True, slots=True)
class Rate:
    """How many of how many."""

    count: int
    total: int

    @property
    def share(self) -> float | None:
        """The share, ``None`` of nothing."""
        return self.count / self.total if self.total else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Wilson's score interval of 95 %, ``None`` of nothing."""
        if not self.total:
            return None
        share, spread = self.count / self.total, _Z * _Z / self.total
        middle = (share + spread / 2) / (1 + spread)
        half = math.sqrt(share * (1 - share) * spread + spread * spread / 4) / (1 + spread)
        low = 0.0 if self.count == 0 else max(0.0, middle - half)
        high = 1.0 if self.count == self.total else min(1.0, middle + half)
        return low, high

    def to_json(self) -> dict[str, Any]:
        """As JSON-serialisable values."""
        interval = self.interval
        return {
            "count": self.count,
            "total": self.total,
            "share": _rounded(self.share),
            "interval": None if interval is None else [_rounded(end) for end in interval],
        }


class Balance(NamedTuple):
    """How evenly records are spread over kinds.

    Attributes:
        counts: How many of each kind, the most first.
        evenness: Shannon's entropy over its greatest value for that many kinds: 1 is even; ``None`` below two kinds.
    """

    counts: Mapping[str, int]
    evenness: float | None

    @property
    def commonest(self) -> str | None:
        """The kind that occurs most."""
        return next(iter(self.counts), None)

    @property
    def rarest(self) -> str | None:
        """The kind that occurs least."""
        return next(reversed(tuple(self.counts)), None)

    def share(self, kind: str) -> float | None:
        """The share of a kind in all."""
        total = sum(self.counts.values())
        return self.counts.get(kind, 0) / total if total else None

    def to_json(self) -> dict[str, Any]:
        """As JSON-serialisable values."""
        return {
            "counts": dict(self.counts),
            "kinds": len(self.counts),
            "evenness": _rounded(self.evenness),
            "commonest": self.commonest,
            "rarest": self.rarest,
        }


def balance_of(counts: Mapping[str, int]) -> Balance:
    """The balance of what was counted; kinds of equal count in the order of their names."""
    present = {kind: count for kind, count in counts.items() if count > 0}
    ordered = dict(sorted(present.items(), key=lambda item: (-item[1], item[0])))
    if len(ordered) < 2:
        return Balance(ordered, None)
    total = sum(ordered.values())
    entropy = -math.fsum(count / total * math.log(count / total) for count in ordered.values())
    return Balance(ordered, min(1.0, entropy / math.log(len(ordered))))


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 6)
