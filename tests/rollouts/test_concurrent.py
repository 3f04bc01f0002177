"""Rollouts by asyncio: episodes side by side, limits in time, and an end that leaves whole records."""

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from agentalign_env.agents.oracle import OracleAgent
from agentalign_env.agents.protocol import Action, Observation
from agentalign_env.errors import EnvArgumentError
from agentalign_env.recording.files import read_trajectories
from agentalign_env.recording.replay import replay
from agentalign_env.recording.trajectory import Trajectory
from agentalign_env.rollouts import rollout
from agentalign_env.rollouts.concurrent import rollout_async
from agentalign_env.scenarios.builder import build_scenario
from agentalign_env.scenarios.chains import load_chains
from agentalign_env.scenarios.scenario import Scenario
from tests.rollouts.agents import AsyncOracle, Hanging, Interrupted, Unanswered

LONGEST = sorted((chain for chain in load_chains() if not chain.unsupported), key=lambda chain: -len(chain.steps))


@pytest.fixture(scope="module")
def scenarios() -> list[Scenario]:
    return [build_scenario(chain, seed=2) for chain in LONGEST[:6]]


@pytest.fixture(scope="module")
def expected(scenarios: list[Scenario]) -> list[Trajectory]:
    return list(rollout(OracleAgent(), scenarios))


@pytest.mark.parametrize("concurrency", [1, 3, 20])
async def test_awaited_agents_make_the_records_of_plain_ones_with_bounded_concurrency(
    concurrency: int, scenarios: list[Scenario], expected: list[Trajectory]
) -> None:
    AsyncOracle.most = 0
    records = [record async for record in rollout_async(AsyncOracle, scenarios, concurrency=concurrency)]
    assert records == expected
    assert min(concurrency, 2) <= AsyncOracle.most <= concurrency


def test_a_plain_agent_may_block_while_others_go_on(scenarios: list[Scenario], expected: list[Trajectory]) -> None:
    met = threading.Barrier(3)  # broken unless three agents wait at it at once

    class Meeting(OracleAgent):
        def act(self, observation: Observation) -> Action:
            if len(observation["messages"]) > 1:
                met.wait(timeout=20)
            return super().act(observation)

    assert list(rollout(Meeting, scenarios[:3], executor="async", workers=3)) == expected[:3]


def test_there_is_no_barrier_between_steps(scenarios: list[Scenario], expected: list[Trajectory]) -> None:
    ended: list[str] = []
    first, others_over = scenarios[0].id, asyncio.Event()

    class Patient(AsyncOracle):
        """Acts in the first scenario only when all others are over."""

        async def act(self, observation: Observation) -> Action:
            if self.here == first:
                await others_over.wait()
            action = await super().act(observation)
            if isinstance(action, dict) and "message" in action:
                ended.append(self.here)
                if len(ended) == len(scenarios) - 1:
                    others_over.set()
            return action

    assert list(rollout(Patient, scenarios, executor="async", workers=2)) == expected
    assert ended[-1] == first


def test_a_step_that_takes_too_long_costs_its_episode_alone(
    scenarios: list[Scenario], expected: list[Trajectory]
) -> None:
    target = scenarios[1].id
    records = list(rollout(lambda: AsyncOracle(target), scenarios, executor="async", workers=2, step_timeout_s=0.5))
    assert [record.outcome for record in records].count("fault") == 1
    assert records[1].error == "TimeoutError: no action within 0.5 s"
    assert (records[1].steps, records[1].reward) == ((), 0.0)
    assert records[0] == expected[0]
    assert records[2:] == expected[2:]


def test_an_episode_that_takes_too_long_keeps_its_steps(scenarios: list[Scenario], expected: list[Trajectory]) -> None:
    class Slowing(AsyncOracle):
        async def act(self, observation: Observation) -> Action:
            if self.here == self.target and len(observation["messages"]) == 1:
                await asyncio.Event().wait()
            return self.oracle.act(observation)

    target = scenarios[0].id
    late, fine = rollout(lambda: Slowing(target), scenarios[:2], executor="async", episode_timeout_s=0.7)
    assert (late.outcome, late.error) == ("fault", "TimeoutError: the episode took over 0.7 s")
    assert late.steps == expected[0].steps[: len(late.steps)]
    assert len(late.steps) == 1
    assert replay(late).divergence is None
    assert fine == expected[1]


def test_an_agent_that_hangs_in_its_thread_is_left_there_and_another_takes_its_seat(
    scenarios: list[Scenario], expected: list[Trajectory]
) -> None:
    try:
        agent = Hanging(scenarios[0].id)
        records = list(rollout(agent, scenarios[:3], executor="async", workers=1, step_timeout_s=0.5))
    finally:
        Hanging.let_go.set()
    assert [record.error for record in records] == ["TimeoutError: no action within 0.5 s", "", ""]
    assert records[1:] == expected[1:3]


def test_what_an_agent_waits_for_may_be_cancelled(scenarios: list[Scenario]) -> None:
    target = scenarios[0].id
    first, second = rollout(lambda: Unanswered(target), scenarios[:2], executor="async")
    assert (first.outcome, first.error) == ("fault", "CancelledError: ")
    assert second.outcome == "completed"


async def test_a_cancelled_rollout_ends_its_episodes_and_leaves_those_that_were_over(
    scenarios: list[Scenario], expected: list[Trajectory]
) -> None:
    done: list[Trajectory] = []
    ready = asyncio.Event()
    target = scenarios[2].id  # hangs for good

    async def roll() -> None:
        async for record in rollout_async(lambda: AsyncOracle(target), scenarios, concurrency=2):
            done.append(record)
            if len(done) == 2:
                ready.set()

    task = asyncio.create_task(roll())
    await ready.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert done == expected[:2]
    await asyncio.sleep(0)
    assert [other for other in asyncio.all_tasks() if other is not asyncio.current_task()] == []
    assert AsyncOracle.acting == 0


def test_an_interrupt_ends_the_rollout_and_leaves_whole_lines(
    tmp_path: Path, scenarios: list[Scenario], expected: list[Trajectory]
) -> None:
    agent = Interrupted(scenarios[2].id)
    with pytest.raises(KeyboardInterrupt):
        list(rollout(agent, scenarios, executor="async", workers=2, record=tmp_path / "a.jsonl"))
    assert list(read_trajectories(tmp_path)) == expected[:2]


def test_scenarios_are_taken_a_bounded_number_ahead_and_no_thread_is_left(scenarios: list[Scenario]) -> None:
    taken = 0

    def endless() -> Iterator[Scenario]:
        nonlocal taken
        while True:
            taken += 1
            yield scenarios[taken % 6]

    before = threading.active_count()
    records = rollout(AsyncOracle, endless(), executor="async", workers=2)
    next(records)
    next(records)
    records.close()  # type: ignore[attr-defined]
    assert taken <= 2 + 2 * 4
    assert threading.active_count() == before


def test_an_agent_that_cannot_be_copied_is_refused_with_the_way_out(scenarios: list[Scenario]) -> None:
    class Locked(OracleAgent):
        def __init__(self) -> None:
            super().__init__()
            self.lock = threading.Lock()

    with pytest.raises(EnvArgumentError, match="Pass a function"):
        next(rollout(Locked(), scenarios, executor="async"))
