"""Rollouts by Ray Core: shards of scenarios travel to where there is room, lines of records come back."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterable
from typing import Any

from agentalign_env.errors import AgentAlignError, MissingExtraError
from agentalign_env.rollouts.processes import ShardWork, shards_of
from agentalign_env.rollouts.sources import ScenarioSource

__all__ = ["ray_lines", "require_ray"]

_AHEAD = 2  # shards for each worker that are under way or over before their turn
_SHARD_RETRIES = 1  # then its episodes one at a time ...
_EPISODE_RETRIES = 2  # ... each so often


def require_ray() -> Any:
    """The library.

    Raises:
        MissingExtraError: Ray is not installed.
    """
    try:
        import ray
    except ImportError as error:
        raise MissingExtraError(
            "executor ray: expected Ray, which is not installed. Run `pip install 'agentalign-env[ray]'`, or choose "
            "the executor processes."
        ) from error
    return ray


def ray_lines(
    work: ShardWork, scenarios: Iterable[ScenarioSource], workers: int, shard_size: int
) -> Generator[bytes, None, None]:
    """The lines of the records, in the scenarios' order.

    Runs on the cluster that the caller is connected to (``ray.init(address=...)``), else on one of this machine with
    `workers` processors, which ends with the rollout.

    Raises:
        MissingExtraError: Ray is not installed.
        AgentAlignError: A scenario cannot be built.
    """
    ray = require_ray()
    own = not ray.is_initialized()
    if own:
        ray.init(
            address="local", num_cpus=workers, include_dashboard=False, log_to_driver=False, logging_level="warning"
        )
    try:
        task = ray.remote(num_cpus=1, max_retries=_SHARD_RETRIES)(_run_shard)
        shards = shards_of(scenarios, shard_size)
        under_way: deque[tuple[list[ScenarioSource], Any]] = deque()
        while True:
            while len(under_way) < workers * _AHEAD and (shard := next(shards, None)) is not None:
                under_way.append((shard, task.remote(work, shard)))
            if not under_way:
                return
            shard, promise = under_way.popleft()
            for result in _results(ray, task, work, shard, promise):
                if isinstance(result, AgentAlignError):
                    raise result
                yield result
    finally:
        if own:
            ray.shutdown()


def _run_shard(work: ShardWork, shard: list[ScenarioSource]) -> list[bytes | AgentAlignError]:
    return work.run(shard)


def _results(
    ray: Any, task: Any, work: ShardWork, shard: list[ScenarioSource], promise: Any
) -> list[bytes | AgentAlignError]:
    """What came of a shard; where it ended every process that took it, one episode at a time."""
    errors = ray.exceptions
    crashes = (errors.WorkerCrashedError, errors.NodeDiedError, errors.OutOfMemoryError)
    try:
        whole: list[bytes | AgentAlignError] = ray.get(promise)
        return whole
    except crashes:
        if len(shard) == 1:
            return [work.give_up(shard[0])]
    return [
        result for scenario in shard for result in _results(ray, task, work, [scenario], task.remote(work, [scenario]))
    ]
