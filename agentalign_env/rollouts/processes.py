"""Rollouts by worker processes: each has an environment and an agent of its own, and takes shards of scenarios."""

from __future__ import annotations

from collections.abc import Generator, Hashable, Iterable, Iterator, Sequence
from contextlib import closing
from itertools import islice

from agentalign_env.envs.backend import Backend
from agentalign_env.errors import AgentAlignError
from agentalign_env.processes import Crew, Deadline
from agentalign_env.recording.trajectory import WORKER_DIED
from agentalign_env.rollouts.local import EpisodeHost
from agentalign_env.rollouts.sources import (
    AgentSource,
    ScenarioSource,
    ScenarioSpec,
    agent_of,
    fault_record,
    scenario_of,
    took_too_long,
)

__all__ = ["ShardWork", "process_lines", "shards_of"]

_DIED = f"{WORKER_DIED}: every process that ran this episode ended in the middle of it"


class ShardWork:
    """What a worker does: carries an agent through the scenarios of a shard.

    Args:
        agent: Who acts; picklable.
        max_steps: Steps before an episode is truncated.
        backend: Where commands run.
    """

    def __init__(self, agent: AgentSource, max_steps: int, backend: Backend = "memory") -> None:
        self._agent, self._max_steps, self._backend = agent, max_steps, backend
        self._host: EpisodeHost | None = None

    def prepare(self) -> None:
        """Makes the agent and the environment, in the process that is to work."""
        self._host = EpisodeHost(self._agent, self._max_steps, self._backend)

    def run(self, scenarios: Sequence[ScenarioSource]) -> list[bytes | AgentAlignError]:
        """The line of each record, or why there is no scenario."""
        if self._host is None:
            self.prepare()
        return [self._line(scenario) for scenario in scenarios]

    def give_up(self, scenario: ScenarioSource, error: str = _DIED) -> bytes | AgentAlignError:
        """The line for an episode that ends every process that runs it, or that a process was ended for."""
        try:
            return fault_record(scenario_of(scenario), agent_of(self._agent).name, self._max_steps, error).to_line()
        except AgentAlignError as unbuilt:
            return unbuilt

    def _line(self, scenario: ScenarioSource) -> bytes | AgentAlignError:
        assert self._host is not None
        try:
            return self._host.run(scenario).to_line()
        except AgentAlignError as error:
            return error


def process_lines(
    work: ShardWork,
    scenarios: Iterable[ScenarioSource],
    workers: int,
    shard_size: int,
    episode_timeout_s: float | None = None,
) -> Generator[bytes, None, None]:
    """The lines of the records, in the scenarios' order.

    A worker that dies is replaced and its episode done again; an episode that costs three workers, or takes longer
    than it may, gets a record of a fault. Shards of one world go to one worker where that keeps nobody waiting.

    Raises:
        AgentAlignError: Workers cannot be started, or a scenario cannot be built.
    """
    deadline: Deadline[ScenarioSource, bytes | AgentAlignError] | None = None
    if episode_timeout_s is not None:
        deadline = Deadline(episode_timeout_s, lambda late: work.give_up(late, took_too_long(episode_timeout_s)))
    crew: Crew[ScenarioSource, bytes | AgentAlignError] = Crew(
        work.run, workers, work.give_up, work.prepare, kind=_world_of, deadline=deadline
    )
    results = crew.results(shards_of(scenarios, shard_size))
    with closing(results):  # type: ignore[type-var]
        for result in results:
            if isinstance(result, AgentAlignError):
                raise result
            yield result


def _world_of(source: ScenarioSource) -> Hashable:
    return (source.world, source.seed) if isinstance(source, ScenarioSpec) else None


def shards_of(scenarios: Iterable[ScenarioSource], size: int) -> Iterator[list[ScenarioSource]]:
    """So many scenarios at a time, taken as they are asked for."""
    source = iter(scenarios)
    while shard := list(islice(source, size)):
        yield shard
