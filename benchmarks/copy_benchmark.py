"""Copies of an environment in the middle of an episode, after five writes."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Iterator

from benchmarks.fixtures import rows_of, sandbox, sending, world_of
from benchmarks.measure import Figure, Settings, Work, measure, ratio

__all__ = ["run"]

_WRITES = 5
_FLAT_GOAL = 1.2


def run(settings: Settings) -> Iterator[Figure]:
    """Snapshot, restore, fork, deep copy and pickle, in a small and in a large world."""
    large = world_of(settings.large_rows)
    rows = [rows_of("small"), rows_of(large)]
    names = (
        "get_state",
        "set_state",
        "fork",
        "copy.deepcopy",
        "copy.deepcopy, with gym.make's wrappers",
        "pickle and back",
    )
    works = [work for size in ("small", large) for work in _works(size)]
    timings = measure(works, settings)
    for at, what in enumerate(names):
        own, other = timings[at], timings[at + len(names)]
        yield Figure.of(f"{what}, {rows[0]:,} rows", own)
        yield Figure(f"{what}, {rows[1]:,} / {rows[0]:,} rows", value=ratio(other, own), unit="x", goal=_FLAT_GOAL)


def _works(size: str) -> list[Work]:
    wrapped = sandbox(size)
    env = wrapped.unwrapped
    action = sending(env.episode.world)  # type: ignore[attr-defined]
    for _ in range(_WRITES):
        wrapped.step(action)
    state = env.get_state()  # type: ignore[attr-defined]
    return [
        Work(env.get_state),  # type: ignore[attr-defined]
        Work(lambda: env.set_state(state)),  # type: ignore[attr-defined]
        Work(env.fork),  # type: ignore[attr-defined]
        Work(lambda: copy.deepcopy(env)),
        Work(lambda: copy.deepcopy(wrapped)),
        Work(lambda: pickle.loads(pickle.dumps(env))),
    ]
