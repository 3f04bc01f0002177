"""Rollouts by worker processes: each has an environment and an agent of its own, and takes shards of scenarios."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import closing
from itertools import islice

from agentalign_env.errors import AgentAlignError
from agentalign_env.executability.workers import Crew
from agentalign_env.rollouts.local import EpisodeHost
from agentalign_env.rollouts.sources import AgentSource, ScenarioSource, agent_of, fault_record, scenario_of

__all__ = ["ShardWork", "process_lines", "shards_of"]

_DIED = "WorkerDiedError: every process that ran this episode ended in the middle of it"


class ShardWork:
    """What a worker does: carries an agent through the scenarios of a shard.

    Args:
        agent: Who acts; picklable.
        max_steps: Steps before an episode is truncated.
    """

    def __init__(self, agent: AgentSource, max_steps: int) -> None:
        self._agent, self._max_steps = agent, max_steps
        self._host: EpisodeHost | None = None

    def prepare(self) -> None:
        """Makes the agent and the environment, in the process that is to work."""
        self._host = EpisodeHost(self._agent, self._max_steps)

    def run(self, scenarios: Sequence[ScenarioSource]) -> list[bytes | AgentAlignError]:
        """The line of each record, or why there is no scenario."""
        if self._host is None:
            self.prepare()
        return [self._line(scenario) for scenario in scenarios]

    def give_up(self, scenario: ScenarioSource) -> bytes | AgentAlignError:
        """The line for an episode that ends every process that runs it."""
        try:
            return fault_record(scenario_of(scenario), agent_of(self._agent).name, self._max_steps, _DIED).to_line()
        except AgentAlignError as error:
            return error

    def _line(self, scenario: ScenarioSource) -> bytes | AgentAlignError:
        assert self._host is not None
        try:
            return self._host.run(scenario).to_line()
        except AgentAlignError as error:
            return error


def process_lines(
    agent: AgentSource, scenarios: Iterable[ScenarioSource], workers: int, shard_size: int, max_steps: int
) -> Generator[bytes, None, None]:
    """The lines of the records, in the scenarios' order.

    A worker that dies is replaced and its shard done again, one episode at a time; an episode that costs three workers
    gets a record of a fault.

    Raises:
        AgentAlignError: Workers cannot be started, or a scenario cannot be built.
    """
    work = ShardWork(agent, max_steps)
    crew: Crew[ScenarioSource, bytes | AgentAlignError] = Crew(work.run, workers, work.give_up, work.prepare)
    results = crew.results(shards_of(scenarios, shard_size))
    with closing(results):  # type: ignore[type-var]
        for result in results:
            if isinstance(result, AgentAlignError):
                raise result
            yield result


def shards_of(scenarios: Iterable[ScenarioSource], size: int) -> Iterator[list[ScenarioSource]]:
    """So many scenarios at a time, taken as they are asked for."""
    source = iter(scenarios)
    while shard := list(islice(source, size)):
        yield shard
