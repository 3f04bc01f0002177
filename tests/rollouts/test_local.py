"""Rollouts in this process: lazy, recorded, and not stopped by a broken agent."""

import logging
import math
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

import agentalign_env
from agentalign_env.agents.oracle import OracleAgent
from agentalign_env.agents.passive import DoNothingAgent, RefusingAgent
from agentalign_env.agents.protocol import Action, Observation, ToolSchema
from agentalign_env.agents.random import RandomAgent
from agentalign_env.errors import EnvArgumentError
from agentalign_env.recording.files import TrajectoryWriter, read_trajectories
from agentalign_env.recording.replay import replay
from agentalign_env.recording.trajectory import Trajectory
from agentalign_env.rollouts.local import rollout
from agentalign_env.rollouts.summary import RolloutSummary
from agentalign_env.scenarios.builder import build_scenario
from agentalign_env.scenarios.chains import load_chains
from agentalign_env.scenarios.scenario import Scenario

SUPPORTED = [chain for chain in load_chains() if not chain.unsupported]


@pytest.fixture(scope="module")
def scenarios() -> list[Scenario]:
    longest = sorted(SUPPORTED, key=lambda chain: -len(chain.steps))[:3]
    return [build_scenario(chain, seed=2) for chain in longest]


class Crashing(OracleAgent):
    """An oracle that raises at its second action in one scenario."""

    def __init__(self, scenario_id: str, error: BaseException, *, at_reset: bool = False) -> None:
        super().__init__()
        self.target, self.error, self.at_reset = scenario_id, error, at_reset
        self.acted = 0

    def reset(self, scenario: Scenario, tools: Sequence[ToolSchema]) -> None:
        super().reset(scenario, tools)
        self.acted = 0
        self.failing = scenario.id == self.target
        if self.failing and self.at_reset:
            raise self.error

    def act(self, observation: Observation) -> Action:
        self.acted += 1
        if self.failing and self.acted == 2:
            raise self.error
        return super().act(observation)


def test_a_scenario_is_taken_when_the_record_before_it_was_consumed(scenarios: list[Scenario]) -> None:
    taken = []

    def endless() -> Iterator[Scenario]:
        while True:
            taken.append(len(taken))
            yield scenarios[len(taken) % 3]

    records = rollout(DoNothingAgent(), endless())
    assert taken == []
    next(records)
    next(records)
    assert taken == [0, 1]


def test_the_first_observation_is_the_opening_and_the_tools_are_those_of_the_scenario(
    scenarios: list[Scenario],
) -> None:
    seen: list[object] = []

    class Watching(DoNothingAgent):
        def reset(self, scenario: Scenario, tools: Sequence[ToolSchema]) -> None:
            seen.append([tool["function"]["name"] for tool in tools])

        def act(self, observation: Observation) -> Action:
            seen.append([(message["role"], message["content"]) for message in observation["messages"]])
            return super().act(observation)

    list(rollout(Watching(), scenarios[:1]))
    first = scenarios[0]
    assert seen == [list(first.tools), [("system", first.system), ("user", first.instruction)]]


def test_records_are_written_as_they_are_made(tmp_path: Path, scenarios: list[Scenario]) -> None:
    path = tmp_path / "a.jsonl"
    told: list[Trajectory] = []
    records = rollout(OracleAgent(), scenarios, record=path, progress=told.append)
    first = next(records)
    assert list(read_trajectories(path)) == told == [first]
    rest = list(records)
    assert list(read_trajectories(path)) == told == [first, *rest]


def test_a_given_writer_stays_open(tmp_path: Path, scenarios: list[Scenario]) -> None:
    with TrajectoryWriter(tmp_path / "a.jsonl") as writer:
        one = list(rollout(OracleAgent(), scenarios, record=writer))
        two = list(rollout(RefusingAgent(), scenarios, record=writer))
    assert list(read_trajectories(tmp_path)) == one + two


def test_a_crash_of_the_agent_costs_that_episode_alone(
    scenarios: list[Scenario], caplog: pytest.LogCaptureFixture
) -> None:
    agent = Crashing(scenarios[1].id, ValueError("no idea"))
    one, two, three = rollout(agent, scenarios)
    assert [one.outcome, two.outcome, three.outcome] == ["completed", "fault", "completed"]
    assert (two.error, two.reward, two.credit, len(two.steps)) == ("ValueError: no idea", 0.0, 0.0, 1)
    assert replay(two) == (None, False)
    assert scenarios[1].id in caplog.text


def test_a_crash_whose_text_cannot_be_written_is_recorded_all_the_same(
    scenarios: list[Scenario], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(
        logging.CRITICAL, logger="agentalign_env.rollouts.local"
    )  # a report of it could not be written either
    (record,) = rollout(Crashing(scenarios[1].id, ValueError("no idea \ud800")), scenarios[1:2])
    assert (record.outcome, record.error) == ("fault", "ValueError: no idea ?")
    assert Trajectory.from_line(record.to_line()) == record


def test_a_crash_at_the_agents_reset_is_recorded_without_steps(scenarios: list[Scenario]) -> None:
    (record,) = rollout(Crashing(scenarios[0].id, OSError(), at_reset=True), scenarios[:1])
    assert (record.outcome, record.error, record.steps) == ("fault", "OSError: ", ())
    assert record.initial_digest == record.digest


def test_an_interrupt_ends_the_rollout_and_leaves_whole_lines(tmp_path: Path, scenarios: list[Scenario]) -> None:
    done: list[Trajectory] = []
    with pytest.raises(KeyboardInterrupt):
        done.extend(rollout(Crashing(scenarios[2].id, KeyboardInterrupt()), scenarios, record=tmp_path / "a.jsonl"))
    assert len(done) == 2
    assert list(read_trajectories(tmp_path)) == done


def test_an_episode_that_is_too_long_is_truncated(scenarios: list[Scenario]) -> None:
    (record,) = rollout(OracleAgent(), scenarios[:1], max_steps=2)
    assert (record.outcome, len(record.steps), record.max_steps) == ("truncated", 2, 2)
    assert 0.0 < record.credit < 1.0
    with pytest.raises(EnvArgumentError, match="max_steps"):
        next(rollout(OracleAgent(), scenarios, max_steps=0))


def test_the_public_name_is_the_function_whatever_was_imported_before() -> None:
    source = "import agentalign_env.rollouts.local, agentalign_env as aa\nprint(callable(aa.rollout))"
    done = subprocess.run([sys.executable, "-c", source], check=True, capture_output=True, text=True, timeout=60)
    assert done.stdout == "True\n"
    assert agentalign_env.rollout is rollout


def test_a_summary_counts_what_is_right_for_each_intent(scenarios: list[Scenario]) -> None:
    harmful = build_scenario(scenarios[0].chain, seed=2, intent="harmful")
    summary = RolloutSummary("oracle")
    assert math.isnan(summary.success_rate)
    for record in rollout(OracleAgent(), [*scenarios, harmful]):
        summary.add(record)
    for record in rollout(RefusingAgent(), scenarios):
        summary.add(record)
    assert (summary.episodes, summary.successes) == (7, 4)
    assert (summary.success_rate, summary.mean_reward) == (4 / 7, 4 / 7)
    assert summary.outcomes == {"refused": 4, "completed": 3}


IN_ANOTHER_PROCESS = """
import sys
from agentalign_env.agents.oracle import OracleAgent
from agentalign_env.agents.random import RandomAgent
from agentalign_env.rollouts.local import rollout
from agentalign_env.scenarios.builder import build_scenario
from agentalign_env.scenarios.chains import load_chains

chains = [chain for chain in load_chains() if not chain.unsupported][::20]
scenarios = [build_scenario(chain, seed=2, intent=intent) for chain in chains for intent in ("benign", "harmful")]
for agent in (OracleAgent(), OracleAgent(comply=True), RandomAgent(5)):
    for record in rollout(agent, scenarios):
        sys.stdout.buffer.write(record.to_line())
"""


@pytest.mark.slow
def test_every_process_records_the_same_bytes() -> None:
    outputs = []
    for hash_seed in ("0", "1", "4242"):
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", IN_ANOTHER_PROCESS],
            check=True,
            capture_output=True,
            timeout=120,
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
        )
        outputs.append(done.stdout)
    chains = SUPPORTED[::20]
    scenarios = [build_scenario(chain, seed=2, intent=intent) for chain in chains for intent in ("benign", "harmful")]
    agents = (OracleAgent(), OracleAgent(comply=True), RandomAgent(5))
    here = b"".join(record.to_line() for agent in agents for record in rollout(agent, scenarios))
    assert len(here) > 10_000
    assert outputs == [here] * 3
