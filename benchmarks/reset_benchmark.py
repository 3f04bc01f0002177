"""A reset, with and without a seed, in worlds of three sizes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import gymnasium as gym

from benchmarks.fixtures import SMALLEST_ROWS, email_scenario, make, rows_of, sandbox, world_of
from benchmarks.measure import Figure, Settings, Work, measure, ratio

__all__ = ["run"]

_FLAT_GOAL = 1.2


def run(settings: Settings) -> Iterator[Figure]:
    """All sizes side by side; the worlds are generated beforehand, as they are once per process."""
    names = [world_of(rows) for rows in (SMALLEST_ROWS, settings.large_rows // 10, settings.large_rows)]
    rows = [rows_of(name) for name in names]
    envs = [sandbox(name) for name in names]
    works = [Work(env.reset) for env in envs] + [Work(_seeded(env)) for env in envs]
    timings = measure(works, settings)
    for kind, group in (("unseeded", timings[:3]), ("seeded", timings[3:])):
        for have, timing in zip(rows, group, strict=True):
            yield Figure.of(f"{kind}, {have:,} rows", timing)
        yield Figure(
            f"{kind}, {rows[2]:,} / {rows[0]:,} rows", value=ratio(group[2], group[0]), unit="x", goal=_FLAT_GOAL
        )
        yield Figure(
            f"{kind}, {rows[1]:,} / {rows[0]:,} rows", value=ratio(group[1], group[0]), unit="x", goal=_FLAT_GOAL
        )
    chain, options = make("agentalign_env:AgentAlign/Chain-v0"), {"scenario": email_scenario()}
    [timing] = measure([Work(lambda: chain.reset(options=options))], settings)
    yield Figure.of("Chain, a given scenario", timing)


def _seeded(env: gym.Env[Any, Any]) -> Callable[[], Any]:
    seeds = count()
    return lambda: env.reset(seed=next(seeds))
