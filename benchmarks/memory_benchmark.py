"""Memory of live environments over one world, after five writes each."""

from __future__ import annotations

import gc
import json
import tracemalloc
from collections.abc import Callable, Iterator
from typing import Any

import gymnasium as gym

from benchmarks.fixtures import SANDBOX, sandbox, sending
from benchmarks.measure import Figure, Settings

__all__ = ["run"]

_GOAL_KIB = 12.0
_WRITES = 5


def run(settings: Settings) -> Iterator[Figure]:
    """Made by `gym.make` with its wrappers, and forked from one that has begun."""
    first = sandbox()
    action = json.dumps(sending(first.unwrapped.episode.world))  # type: ignore[attr-defined]

    def made() -> gym.Env[Any, Any]:
        env: gym.Env[Any, Any] = gym.make(SANDBOX, variants=1)
        env.reset(seed=0)
        return env

    def forked() -> gym.Env[Any, Any]:
        twin: gym.Env[Any, Any] = first.unwrapped.fork()  # type: ignore[attr-defined]
        return twin

    for what, new in (("gym.make", made), ("fork", forked)):
        first.reset(seed=0)
        kib = _kib_each(new, action, settings.envs)
        yield Figure(f"{what}, per env of {settings.envs}", value=kib, unit="KiB", goal=_GOAL_KIB)


def _kib_each(new: Callable[[], gym.Env[Any, Any]], action: str, count: int) -> float:
    for _ in range(_WRITES):
        new().step(json.loads(action))  # whatever is made once is made now
    gc.collect()
    tracemalloc.start()
    envs = []
    for _ in range(count):
        env = new()
        for _ in range(_WRITES):
            env.step(json.loads(action))  # every environment holds texts of its own, as it does with real agents
        envs.append(env)
    gc.collect()
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return held / count / 1024
