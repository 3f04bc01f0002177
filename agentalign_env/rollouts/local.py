"""Rollouts: agents through many episodes, in this process one after the other, or by another executor."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any, Literal

from agentalign_env.agents.protocol import Agent
from agentalign_env.core.limits import DEFAULT_LIMITS
from agentalign_env.envs.backend import Backend
from agentalign_env.envs.env import AgentAlignEnv
from agentalign_env.envs.episode import Setting
from agentalign_env.recording.files import TrajectoryWriter
from agentalign_env.recording.recorder import Recorder
from agentalign_env.recording.trajectory import Trajectory
from agentalign_env.rollouts.sources import (
    AgentSource,
    ScenarioSource,
    agent_of,
    described,
    environment_crashed,
    fault_record,
    scenario_of,
)
from agentalign_env.scenarios.scenario import Scenario
from agentalign_env.toolkit.catalogue import load_tools

__all__ = ["SHARD_SIZE", "EpisodeHost", "ExecutorName", "new_env", "rollout", "run_episode"]

ExecutorName = Literal["local", "processes", "async", "ray"]

SHARD_SIZE = 32
"""Scenarios that travel together: a fraction of a second of work."""

_LOG = logging.getLogger(__name__)


class _GivenScenarios:
    """A source of settings for an environment that is told its scenario at every reset."""

    def draw(self, number: int) -> Setting:
        """Refused: there is nothing to draw from."""
        raise ValueError("this environment has no scenarios of its own: reset it with options={'scenario': ...}")

    def choose(self, options: Mapping[str, Any], number: int) -> Setting:
        """The given scenario."""
        setting: Setting = options["scenario"]
        return setting


def new_env(max_steps: int = DEFAULT_LIMITS.steps, backend: Backend = "memory") -> AgentAlignEnv:
    """An environment that is told its scenario at every reset, and knows every tool.

    Raises:
        EnvArgumentError: `max_steps` is below 1, or there is no such backend.
        SandboxUnavailableError: No container engine answers, or it lacks the image.
    """
    return AgentAlignEnv(_GivenScenarios(), load_tools().names, max_steps=max_steps, backend=backend)


class EpisodeHost:
    """An agent and an environment, through one episode after the other.

    Raises:
        EnvArgumentError: `max_steps` is below 1, or there is no such backend.
        SandboxUnavailableError: No container engine answers, or it lacks the image.
        UnknownNameError: No built-in agent has the given name.
    """

    def __init__(self, agent: AgentSource, max_steps: int = DEFAULT_LIMITS.steps, backend: Backend = "memory") -> None:
        self._env = new_env(max_steps, backend)
        self._agent = agent_of(agent)

    def run(self, source: ScenarioSource) -> Trajectory:
        """The record of an episode.

        Raises:
            ScenarioBuildError: The scenario cannot be built.
        """
        return run_episode(self._agent, scenario_of(source), self._env)


def rollout(
    agent: AgentSource,
    scenarios: Iterable[ScenarioSource],
    *,
    executor: ExecutorName = "local",
    workers: int | None = None,
    shard_size: int = SHARD_SIZE,
    step_timeout_s: float | None = None,
    episode_timeout_s: float | None = None,
    record: str | Path | TrajectoryWriter | None = None,
    max_steps: int = DEFAULT_LIMITS.steps,
    backend: Backend = "memory",
    progress: Callable[[Trajectory], None] | None = None,
) -> Iterator[Trajectory]:
    """Lets an agent act in every scenario, and yields each record as its episode ends, in the scenarios' order.

    Lazy: here, a scenario is taken when the record before it was consumed; other executors take a bounded number
    ahead. An exception of the agent ends its episode with the outcome ``fault`` and is named in the record; the next
    episode goes on. Whatever ends the rollout, the file holds whole lines only.

    Args:
        agent: Who acts: an agent, the name of a built-in one, or a function that makes one. Every worker has its own.
        scenarios: Where, as scenarios or as what they are built from; may be endless.
        executor: ``local``; ``processes``: worker processes on this machine; ``async``: episodes side by side in this
            process, for agents that wait; ``ray``: tasks of Ray Core.
        workers: How many processes, tasks or episodes at once; the executor's own number where left out.
        shard_size: Scenarios that are sent to a worker together.
        step_timeout_s: The longest that an agent may take for an action; only ``async``.
        episode_timeout_s: The longest that an episode may take; only ``async`` and ``processes``. The latter end the
            process, whatever it hangs in, and keep no steps.
        record: Append every record to this file, or through this writer (which stays open).
        max_steps: Steps before an episode is truncated.
        backend: Where commands run: ``memory``, or ``docker`` for a container per episode (see `AgentAlignEnv`).
        progress: Called with each record once it is written.

    Raises:
        EnvArgumentError: An argument is out of range.
        MissingExtraError: Ray is asked for and not installed.
        SandboxUnavailableError: No container engine answers, or it lacks the image.
        AgentAlignError: Workers cannot be started.
        OSError: A record could not be written.
    """
    from agentalign_env.rollouts.executors import Execution, trajectories

    how = Execution(executor, workers, shard_size, max_steps, step_timeout_s, episode_timeout_s, backend)
    with ExitStack() as stack:
        records = stack.enter_context(closing(trajectories(agent, scenarios, how)))
        writer = (
            record
            if isinstance(record, TrajectoryWriter) or record is None
            else stack.enter_context(TrajectoryWriter(record))
        )
        for trajectory in records:
            if writer is not None:
                writer.write(trajectory)
            if progress is not None:
                progress(trajectory)
            yield trajectory


def run_episode(agent: Agent, scenario: Scenario, env: AgentAlignEnv) -> Trajectory:
    """One episode, from reset to its record. A crash, of the agent or of the environment, is in the record."""
    try:
        observation, _ = env.reset(options={"scenario": scenario})
        recorder = Recorder(scenario, agent.name, env.episode)
    except Exception as error:  # noqa: BLE001 - costs this episode, not the rollout
        _LOG.warning("the environment crashed at the start of %s", scenario.id, exc_info=True)
        return fault_record(scenario, agent.name, env.limits.steps, environment_crashed(error))
    begun, over = False, False
    while not over:
        try:
            if not begun:
                agent.reset(scenario, load_tools(scenario.faces).openai_schemas(scenario.tools))
                begun = True
            action = agent.act(observation)
        except Exception as error:  # noqa: BLE001 - the agent is foreign code: its crash costs this episode, not the rollout
            _LOG.warning("agent %r crashed in %s", agent.name, scenario.id, exc_info=True)
            return recorder.finish(error=described(error))
        try:
            observation, reward, terminated, truncated, _ = env.step(action)
            recorder.step(action, observation["messages"], reward)
        except Exception as error:  # noqa: BLE001 - as above
            _LOG.warning("the environment crashed in %s", scenario.id, exc_info=True)
            return recorder.finish(error=environment_crashed(error))
        over = terminated or truncated
    return recorder.finish()
