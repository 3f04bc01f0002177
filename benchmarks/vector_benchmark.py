"""512 environments stepped as one, against a bare loop over as many; branches of an episode."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import gymnasium as gym

from agentalign_env.rollouts.branching import branch
from benchmarks.fixtures import SANDBOX, action, reading, sandbox, sending
from benchmarks.measure import Figure, Settings, Work, measure, ratio

__all__ = ["run"]

_ENVS = 512
_BRANCHES, _WRITES_BEFORE = 64, 5
_LOOP_GOAL = 1.5
_MOST = 20  # batches between resets, so that neither overlay nor history outgrows those of an episode
_ENDLESS = 1_000_000_000


def run(settings: Settings) -> Iterator[Figure]:
    """Batches of steps that read, write, or are refused; then branches, plain and with wrappers."""
    kinds: dict[str, dict[str, Any]] = {"infos as arrays": {}, "infos as a list": {"infos": "list"}}
    arguments: dict[str, Any] = {"world": "small", "variants": 1, "max_steps": _ENDLESS}
    own = {name: gym.make_vec(SANDBOX, _ENVS, **kind, **arguments) for name, kind in kinds.items()}
    envs = [gym.make(SANDBOX, **arguments).unwrapped for _ in range(_ENVS)]
    sync = gym.make_vec(SANDBOX, _ENVS, vectorization_mode="sync", **arguments)
    envs[0].reset(seed=0)
    world = envs[0].episode.world  # type: ignore[attr-defined]
    actions = {
        "open a mail": reading(world),
        "send a mail": sending(world),
        "unknown tool": action("send_gmial", to=["a@b.example"]),
    }
    for what, act in actions.items():
        batch = (act,) * _ENVS
        works = [_loop(envs, batch), *(_batch(env, batch) for env in own.values()), _batch(sync, batch)]
        bare, *timings, theirs = measure(works, settings)
        yield Figure.of(f"{what}, bare loop, per environment", bare)
        for name, timing in zip(own, timings, strict=True):
            yield Figure(f"{what}, {name} / bare loop", value=ratio(timing, bare), unit="x", goal=_LOOP_GOAL)
        yield Figure(f"{what}, Gymnasium's SyncVectorEnv / bare loop", value=ratio(theirs, bare), unit="x")
    yield from _branching(settings)


def _loop(envs: Sequence[Any], batch: tuple[Any, ...]) -> Work:
    def begin() -> None:
        for env in envs:
            env.reset(seed=0)

    def step() -> None:
        for env, act in zip(envs, batch, strict=True):
            env.step(act)

    return _checked(step, begin)


def _batch(env: gym.vector.VectorEnv[Any, Any, Any], batch: tuple[Any, ...]) -> Work:
    def begin() -> None:
        env.reset(seed=[0] * _ENVS)  # type: ignore[arg-type]

    return _checked(lambda: env.step(batch), begin)


def _checked(step: Callable[[], Any], begin: Callable[[], None]) -> Work:
    begin()
    result = step()
    if result is not None and (result[2].any() or result[3].any()):
        raise RuntimeError("expected every episode to go on after the first step, one ended: choose another action")
    return Work(step, begin, _MOST, share=_ENVS)


def _branching(settings: Settings) -> Iterator[Figure]:
    wrapped = sandbox()
    env = wrapped.unwrapped
    act = sending(env.episode.world)  # type: ignore[attr-defined]
    for _ in range(_WRITES_BEFORE):
        wrapped.step(act)
    works = [
        Work(lambda: branch(env, _BRANCHES), share=_BRANCHES),
        Work(lambda: branch(wrapped, _BRANCHES), share=_BRANCHES),
    ]
    plain, with_wrappers = measure(works, settings)
    yield Figure.of(f"branch of {_BRANCHES} after {_WRITES_BEFORE} writes, each", plain)
    yield Figure.of(f"branch of {_BRANCHES}, with gym.make's wrappers, each", with_wrappers)
