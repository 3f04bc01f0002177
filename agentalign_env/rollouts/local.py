"""Rollouts in this process, one episode after the other."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from agentalign_env.agents.protocol import Agent
from agentalign_env.core.limits import DEFAULT_LIMITS
from agentalign_env.envs.env import AgentAlignEnv
from agentalign_env.envs.episode import Setting
from agentalign_env.recording.files import TrajectoryWriter
from agentalign_env.recording.recorder import Recorder
from agentalign_env.recording.trajectory import Trajectory
from agentalign_env.scenarios.scenario import Scenario
from agentalign_env.toolkit.catalogue import load_tools

__all__ = ["rollout"]

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


def rollout(
    agent: Agent,
    scenarios: Iterable[Scenario],
    *,
    record: str | Path | TrajectoryWriter | None = None,
    max_steps: int = DEFAULT_LIMITS.steps,
    progress: Callable[[Trajectory], None] | None = None,
) -> Iterator[Trajectory]:
    """Lets an agent act in every scenario, and yields each record as its episode ends.

    Lazy: a scenario is taken when the record before it was consumed. An exception of the agent ends its episode with
    the outcome ``fault`` and is named in the record; the next episode goes on. Whatever ends the rollout, the file
    holds whole lines only.

    Args:
        agent: Who acts.
        scenarios: Where; may be endless.
        record: Append every record to this file, or through this writer (which stays open).
        max_steps: Steps before an episode is truncated.
        progress: Called with each record once it is written.

    Raises:
        EnvArgumentError: `max_steps` is below 1.
        OSError: A record could not be written.
    """
    env = AgentAlignEnv(_GivenScenarios(), load_tools().names, max_steps=max_steps)
    with ExitStack() as stack:
        writer = (
            record
            if isinstance(record, TrajectoryWriter) or record is None
            else stack.enter_context(TrajectoryWriter(record))
        )
        for scenario in scenarios:
            trajectory = run_episode(agent, scenario, env)
            if writer is not None:
                writer.write(trajectory)
            if progress is not None:
                progress(trajectory)
            yield trajectory


def run_episode(agent: Agent, scenario: Scenario, env: AgentAlignEnv) -> Trajectory:
    """One episode, from reset to its record."""
    observation, _ = env.reset(options={"scenario": scenario})
    recorder = Recorder(scenario, agent.name, env.episode)
    begun, over = False, False
    while not over:
        try:
            if not begun:
                agent.reset(scenario, load_tools(scenario.faces).openai_schemas(scenario.tools))
                begun = True
            action = agent.act(observation)
        except Exception as error:  # noqa: BLE001 - the agent is foreign code: its crash costs this episode, not the rollout
            _LOG.warning("agent %r crashed in %s", agent.name, scenario.id, exc_info=True)
            return recorder.finish(error=_described(error))
        observation, reward, terminated, truncated, _ = env.step(action)
        recorder.step(action, observation["messages"], reward)
        over = terminated or truncated
    return recorder.finish()


def _described(error: Exception) -> str:
    try:
        return f"{type(error).__name__}: {error}"[:2_000]
    except Exception:  # noqa: BLE001 - even its text may crash
        return type(error).__name__
