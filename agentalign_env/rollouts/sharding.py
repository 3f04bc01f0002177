"""Shards: scenarios whose records stand in one file, named after all that decides its bytes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any, NamedTuple

import orjson

from agentalign_env.rollouts.sources import ScenarioSource, content_of

__all__ = ["Shard", "cut"]


class Shard(NamedTuple):
    """Scenarios, and the file of their records.

    Attributes:
        file: ``<place>-<digest>.jsonl``: files in name order hold the records in the scenarios' order.
        scenarios: Where the episodes take place.
    """

    file: str
    scenarios: tuple[ScenarioSource, ...]


def cut(scenarios: Iterable[ScenarioSource], size: int, settings: Mapping[str, Any]) -> tuple[Shard, ...]:
    """Cuts scenarios into shards of a size, the last one of what is left.

    Args:
        scenarios: In the order of their records.
        size: Of a shard.
        settings: What else decides the records; JSON-serialisable.
    """
    source = iter(scenarios)
    found: list[Shard] = []
    basis = hashlib.sha256(orjson.dumps(settings, option=orjson.OPT_SORT_KEYS))
    while some := tuple(islice(source, size)):
        digest = basis.copy()
        for scenario in some:
            digest.update(content_of(scenario))
        found.append(Shard(f"{len(found):08d}-{digest.hexdigest()[:32]}.jsonl", some))
    return tuple(found)
