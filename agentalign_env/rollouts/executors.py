"""Executors by name: each turns scenarios into records, in the same order and with the same bytes."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterable
from contextlib import closing
from typing import NamedTuple, get_args

from agentalign_env.core.limits import DEFAULT_LIMITS
from agentalign_env.envs.backend import Backend
from agentalign_env.errors import EnvArgumentError, UnknownNameError
from agentalign_env.recording.trajectory import Trajectory
from agentalign_env.rollouts.local import SHARD_SIZE, EpisodeHost, ExecutorName
from agentalign_env.rollouts.sources import AgentSource, ScenarioSource

__all__ = ["Execution", "lines", "trajectories"]

_EPISODES_AT_ONCE = 16
_MAY_LIMIT = {"step_timeout_s": ("async",), "episode_timeout_s": ("async", "processes")}


class Execution(NamedTuple):
    """How a rollout runs; see `rollout` for the fields."""

    executor: ExecutorName = "local"
    workers: int | None = None
    shard_size: int = SHARD_SIZE
    max_steps: int = DEFAULT_LIMITS.steps
    step_timeout_s: float | None = None
    episode_timeout_s: float | None = None
    backend: Backend = "memory"

    @property
    def size(self) -> int:
        """How many workers there are to be."""
        if self.workers is not None:
            return self.workers
        return _EPISODES_AT_ONCE if self.executor == "async" else os.cpu_count() or 1

    def require_valid(self) -> None:
        """Checks what can be checked before anything runs.

        Raises:
            EnvArgumentError: A field is out of range, or of no use with the others.
            UnknownNameError: There is no such executor.
        """
        if self.executor not in get_args(ExecutorName):
            raise UnknownNameError("executor", self.executor, get_args(ExecutorName))
        if self.executor == "local" and self.workers not in (None, 1):
            remedy = "Choose the executor processes, async or ray."
            raise EnvArgumentError("workers", "1 or nothing with the executor local", self.workers, remedy)
        for name, number in (("workers", self.size), ("shard_size", self.shard_size), ("max_steps", self.max_steps)):
            if type(number) is not int or number < 1:
                raise EnvArgumentError(name, "an integer of 1 or more", number, "Leave it out for the default.")
        for name, limit in (("step_timeout_s", self.step_timeout_s), ("episode_timeout_s", self.episode_timeout_s)):
            if limit is not None and self.executor not in _MAY_LIMIT[name]:
                remedy = f"Choose the executor {' or '.join(_MAY_LIMIT[name])}, or limit the steps with max_steps."
                raise EnvArgumentError(name, f"nothing with the executor {self.executor}", limit, remedy)
            if limit is not None and not limit > 0:
                raise EnvArgumentError(name, "a number of seconds above 0", limit, "Leave it out for no limit.")


def trajectories(
    agent: AgentSource, scenarios: Iterable[ScenarioSource], how: Execution
) -> Generator[Trajectory, None, None]:
    """The records of the scenarios, in order.

    Raises:
        EnvArgumentError: A field of `how` is out of range.
        MissingExtraError: Ray is asked for and not installed.
        AgentAlignError: Workers cannot be started, or a scenario cannot be built.
    """
    how.require_valid()
    if how.executor == "local":
        host = EpisodeHost(agent, how.max_steps, how.backend)
        for scenario in scenarios:
            yield host.run(scenario)
    elif how.executor == "async":
        from agentalign_env.rollouts.concurrent import rollout_concurrently

        with closing(
            rollout_concurrently(
                agent,
                scenarios,
                concurrency=how.size,
                max_steps=how.max_steps,
                backend=how.backend,
                step_timeout_s=how.step_timeout_s,
                episode_timeout_s=how.episode_timeout_s,
            )
        ) as records:
            yield from records
    else:
        with closing(lines(agent, scenarios, how)) as written:
            for line in written:
                yield Trajectory.from_line(line)


def lines(agent: AgentSource, scenarios: Iterable[ScenarioSource], how: Execution) -> Generator[bytes, None, None]:
    """The same records as lines of JSON; what came from another process is not read in between.

    Raises:
        EnvArgumentError: A field of `how` is out of range.
        MissingExtraError: Ray is asked for and not installed.
        AgentAlignError: Workers cannot be started, or a scenario cannot be built.
    """
    how.require_valid()
    if how.executor == "processes":
        from agentalign_env.rollouts.processes import ShardWork, process_lines

        work = ShardWork(agent, how.max_steps, how.backend)
        with closing(process_lines(work, scenarios, how.size, how.shard_size, how.episode_timeout_s)) as written:
            yield from written
    elif how.executor == "ray":
        from agentalign_env.rollouts.processes import ShardWork
        from agentalign_env.rollouts.ray_executor import ray_lines

        work = ShardWork(agent, how.max_steps, how.backend)
        with closing(ray_lines(work, scenarios, how.size, how.shard_size)) as written:
            yield from written
    else:
        with closing(trajectories(agent, scenarios, how)) as records:
            for record in records:
                yield record.to_line()
