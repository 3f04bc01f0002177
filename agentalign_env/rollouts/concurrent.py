"""Rollouts of agents that wait (for a model, for a network): episodes side by side in one process, by asyncio.

There is no barrier between steps: each episode goes on as soon as its own agent has answered.
"""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections import deque
from collections.abc import AsyncGenerator, Callable, Generator, Iterable
from contextlib import suppress
from contextvars import copy_context
from threading import Thread
from typing import Any, NamedTuple

from agentalign_env.agents.protocol import Action, Agent, Observation
from agentalign_env.backends.docker.options import ContainerOptions
from agentalign_env.core.limits import DEFAULT_LIMITS
from agentalign_env.envs.backend import Backend
from agentalign_env.envs.env import AgentAlignEnv
from agentalign_env.recording.recorder import Recorder
from agentalign_env.recording.trajectory import Trajectory
from agentalign_env.rollouts.local import new_env
from agentalign_env.rollouts.sources import (
    AgentSource,
    ScenarioSource,
    copied_agent_of,
    described,
    environment_crashed,
    fault_record,
    scenario_of,
    took_too_long,
)
from agentalign_env.scenarios.scenario import Scenario
from agentalign_env.toolkit.catalogue import load_tools

__all__ = ["rollout_async", "rollout_concurrently"]

_LOG = logging.getLogger(__name__)

_AHEAD = 4  # episodes for each seat that may be over before their turn to be yielded


class _Limits(NamedTuple):
    max_steps: int
    step_s: float | None
    episode_s: float | None


class _EnvironmentCrashedError(Exception):
    """Not the agent's; the text is the record's."""


class _Seat:
    """An agent with an environment of its own, in one episode at a time."""

    def __init__(self, agent: Agent, env: AgentAlignEnv) -> None:
        self.agent, self.env = agent, env
        self.lost = False  # a call that timed out still runs in its thread, so nobody may sit here again

    async def ask(self, function: Callable[..., Any], *given: object) -> Any:
        """What a function of the agent gives; one that is not asynchronous runs in a thread of its own."""
        if inspect.iscoroutinefunction(function):
            return await function(*given)
        self.lost = True
        try:
            result = await _in_thread(function, *given)
        except asyncio.CancelledError:
            raise
        except BaseException:
            self.lost = False
            raise
        self.lost = False
        return await result if inspect.isawaitable(result) else result


async def rollout_async(
    agent: AgentSource,
    scenarios: Iterable[ScenarioSource],
    *,
    concurrency: int = 16,
    max_steps: int = DEFAULT_LIMITS.steps,
    backend: Backend = "memory",
    step_timeout_s: float | None = None,
    episode_timeout_s: float | None = None,
) -> AsyncGenerator[Trajectory, None]:
    """Yields the record of every scenario, in their order, while up to `concurrency` episodes are under way.

    An agent may have ``async def reset`` and ``async def act``; a plain one runs in threads. Each episode at a time has
    an agent of its own: a given agent is copied. An agent that crashes or takes too long costs its episode a record of
    a fault. When the generator is closed or cancelled, so are the episodes under way; they leave no record.

    Args:
        agent: Who acts: an agent, the name of a built-in one, or a function that makes one.
        scenarios: Where; taken a bounded number ahead of what is yielded.
        concurrency: How many episodes at once.
        max_steps: Steps before an episode is truncated.
        backend: Where commands run. Steps that a container takes part in do not hold up the other episodes.
        step_timeout_s: The longest that the agent may take for an action.
        episode_timeout_s: The longest that an episode may take.

    Raises:
        EnvArgumentError: An argument is out of range, or a given agent cannot be copied.
        ScenarioBuildError: A scenario cannot be built.
    """
    limits = _Limits(max_steps, step_timeout_s, episode_timeout_s)
    machines = ContainerOptions(warm=concurrency) if backend == "docker" else backend
    free: deque[_Seat] = deque()
    turns = asyncio.Semaphore(concurrency)
    under_way: deque[asyncio.Task[Trajectory | BaseException]] = deque()
    source = iter(scenarios)

    async def episode(scenario: ScenarioSource) -> Trajectory | BaseException:
        async with turns:
            try:
                seat = free.popleft() if free else _Seat(copied_agent_of(agent), new_env(max_steps, machines))
                record = await _run_episode(seat, scenario_of(scenario), limits)
            except asyncio.CancelledError:
                raise
            except BaseException as error:  # noqa: BLE001 - raised again where the records are taken
                return error
            if not seat.lost:
                free.append(seat)
            return record

    try:
        more = True
        while more or under_way:
            while more and len(under_way) < concurrency * _AHEAD:
                try:
                    under_way.append(asyncio.create_task(episode(next(source))))
                except StopIteration:
                    more = False
            if under_way:
                ended = await under_way[0]
                under_way.popleft()
                if isinstance(ended, BaseException):
                    raise ended
                yield ended
    finally:
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)


async def _run_episode(seat: _Seat, scenario: Scenario, limits: _Limits) -> Trajectory:
    agent, env = seat.agent, seat.env
    try:
        observation, _ = env.reset(options={"scenario": scenario})
        recorder = Recorder(scenario, agent.name, env.episode)
    except Exception as error:  # noqa: BLE001 - costs this episode, not the rollout
        _LOG.warning("the environment crashed at the start of %s", scenario.id, exc_info=True)
        return fault_record(scenario, agent.name, limits.max_steps, environment_crashed(error))
    whole = asyncio.timeout(limits.episode_s)
    try:
        async with whole:
            await _play(seat, scenario, observation, recorder, limits)
    except asyncio.CancelledError as error:
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise
        return recorder.finish(error=described(error))  # something that the agent waited for was cancelled
    except _EnvironmentCrashedError as crash:
        _LOG.warning("the environment crashed in %s", scenario.id, exc_info=True)
        return recorder.finish(error=str(crash))
    except Exception as error:  # noqa: BLE001 - the agent is foreign code: its crash costs this episode, not the rollout
        _LOG.warning("agent %r crashed in %s", agent.name, scenario.id, exc_info=True)
        late = whole.expired()
        return recorder.finish(error=took_too_long(limits.episode_s) if late else described(error))
    return recorder.finish()


async def _play(seat: _Seat, scenario: Scenario, observation: Observation, recorder: Recorder, limits: _Limits) -> None:
    begun, over = False, False
    while not over:
        step = asyncio.timeout(limits.step_s)
        try:
            async with step:
                if not begun:
                    schemas = load_tools(scenario.faces).openai_schemas(scenario.tools)
                    await seat.ask(seat.agent.reset, scenario, schemas)
                    begun = True
                action: Action = await seat.ask(seat.agent.act, observation)
        except TimeoutError as error:
            if not step.expired():
                raise
            raise TimeoutError(f"no action within {limits.step_s} s") from error
        try:
            machine = seat.env.episode.machine
            step_ended = seat.env.step(action) if machine is None else await _in_thread(seat.env.step, action)
            observation, reward, terminated, truncated, _ = step_ended
            recorder.step(action, observation["messages"], reward)
        except Exception as error:
            raise _EnvironmentCrashedError(environment_crashed(error)) from error
        over = terminated or truncated


async def _in_thread(function: Callable[..., Any], *given: object) -> Any:
    """What a function gives that may block. Unlike with `asyncio.to_thread`, one that hangs holds up no exit."""
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[tuple[Any, BaseException | None]] = loop.create_future()

    def settle(result: Any, error: BaseException | None) -> None:
        if not answer.done():
            answer.set_result((result, error))

    def work() -> None:
        result, failure = None, None
        try:
            result = function(*given)
        except BaseException as error:  # noqa: BLE001 - raised again by whoever waits
            failure = error
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(settle, result, failure)

    Thread(target=copy_context().run, args=(work,), daemon=True, name="agent").start()
    result, failure = await answer
    if failure is not None:
        raise failure
    return result


def rollout_concurrently(
    agent: AgentSource, scenarios: Iterable[ScenarioSource], **how: Any
) -> Generator[Trajectory, None, None]:
    """The records of `rollout_async`, for code that is not asynchronous; its loop runs in a thread of its own.

    Raises:
        EnvArgumentError: An argument is out of range, or a given agent cannot be copied.
        ScenarioBuildError: A scenario cannot be built.
    """
    loop = asyncio.new_event_loop()
    thread = Thread(target=loop.run_forever, daemon=True, name="rollouts")
    thread.start()
    records = rollout_async(agent, scenarios, **how)

    async def following() -> Trajectory | BaseException | None:
        try:
            return await anext(records, None)
        except asyncio.CancelledError:
            raise
        except BaseException as error:  # noqa: BLE001 - raised again in the caller's thread
            return error

    try:
        while (ended := asyncio.run_coroutine_threadsafe(following(), loop).result()) is not None:
            if isinstance(ended, BaseException):
                raise ended
            yield ended
    finally:
        asyncio.run_coroutine_threadsafe(_end_all(records), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _end_all(records: AsyncGenerator[Trajectory, None]) -> None:
    others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    await records.aclose()
