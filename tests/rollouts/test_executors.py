"""Executors: the same records from each, in the same order, whatever dies on the way."""

import multiprocessing
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from agentalign_env.agents.catalogue import make_agent
from agentalign_env.agents.oracle import OracleAgent
from agentalign_env.envs.env import AgentAlignEnv
from agentalign_env.errors import AgentAlignError, EnvArgumentError, ScenarioBuildError, UnknownNameError
from agentalign_env.recording.files import read_trajectories
from agentalign_env.recording.replay import replay
from agentalign_env.recording.trajectory import Trajectory
from agentalign_env.rollouts import rollout
from agentalign_env.rollouts.sources import ScenarioSpec
from agentalign_env.scenarios.chains import Chain, load_chains
from tests.rollouts.agents import Asleep, Deadly, DeadlyOnce, Failing

CHAINS = [chain for chain in load_chains() if not chain.unsupported]
SPECS = [ScenarioSpec(chain, 3, intent) for chain in CHAINS[::32] for intent in ("benign", "harmful")]
BENIGN = [spec for spec in SPECS if spec.intent == "benign" and len(spec.chain.steps) > 1]
IMPOSSIBLE = Chain.model_validate({**CHAINS[0].model_dump(), "id": "none", "steps": ("Nothing.do_nothing",)})


def records_of(agent: Any, **how: Any) -> list[Trajectory]:
    return list(rollout(agent, SPECS, **how))


def test_a_spec_gives_the_record_of_the_scenario_that_it_builds() -> None:
    assert records_of("oracle") == list(rollout(OracleAgent(), [spec.build() for spec in SPECS]))


@pytest.mark.slow
@pytest.mark.parametrize(
    "agent",
    ["oracle", OracleAgent(comply=True), partial(make_agent, "random", 5)],
    ids=["a name", "an agent", "a function"],
)
def test_every_executor_gives_the_same_records_in_the_same_order(agent: Any) -> None:
    here = records_of(agent)
    assert len(here) > 10
    assert records_of(agent, executor="async", workers=3) == here
    assert records_of(agent, executor="processes", workers=2, shard_size=3) == here


@pytest.mark.slow
def test_a_crash_of_an_agent_is_recorded_alike_by_every_executor(tmp_path: Path) -> None:
    agent = Failing(BENIGN[1].build().id)
    here = records_of(agent)
    assert [record.error for record in here if record.outcome == "fault"] == ["ValueError: no idea"]
    assert records_of(agent, executor="async") == here
    assert records_of(agent, executor="processes", workers=1, record=tmp_path / "a.jsonl") == here
    assert list(read_trajectories(tmp_path)) == here


@pytest.mark.parametrize("executor", ["local", "async"])
@pytest.mark.parametrize("where", ["reset", "step"])
def test_a_crash_of_the_environment_is_not_the_agents(
    monkeypatch: pytest.MonkeyPatch, executor: Any, where: str
) -> None:
    def crash(*_: object, **__: object) -> None:
        raise KeyError("lost")

    monkeypatch.setattr(AgentAlignEnv, where, crash)
    (record,) = rollout("oracle", SPECS[:1], executor=executor)
    assert (record.outcome, record.error) == ("fault", "EnvironmentCrashedError: KeyError: 'lost'")
    assert record.broken_off
    assert not record.agent_failed
    assert replay(record).ok


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")
def test_an_agent_that_ends_its_process_once_costs_nothing(tmp_path: Path) -> None:
    sign = tmp_path / "sign"
    agent = DeadlyOnce(BENIGN[1].build().id, sign)
    assert records_of(agent, executor="processes", workers=2, shard_size=4) == records_of("oracle")
    assert sign.exists()


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")
def test_an_agent_that_always_ends_its_process_costs_that_episode_alone() -> None:
    target = BENIGN[1].build().id
    here = records_of(Deadly(target), executor="processes", workers=1, shard_size=4)
    for record, expected in zip(here, records_of("oracle"), strict=True):
        if expected.scenario.id == target:
            assert (record.outcome, record.steps, record.reward) == ("fault", (), 0.0)
            assert (record.initial_digest, record.agent) == (expected.initial_digest, "oracle")
            assert "every process" in record.error
            assert not record.agent_failed
            assert replay(record).ok
        else:
            assert record == expected


@pytest.mark.slow
def test_an_agent_that_hangs_in_its_process_costs_that_episode_alone() -> None:
    target = BENIGN[1].build().id
    agent = Asleep(target)
    here = records_of(agent, executor="processes", workers=2, shard_size=4, episode_timeout_s=4)
    for record, expected in zip(here, records_of("oracle"), strict=True):
        if expected.scenario.id == target:
            assert (record.outcome, record.steps) == ("fault", ())
            assert record.error == "TimeoutError: the episode took over 4 s"
            assert record.agent_failed
        else:
            assert record == expected


@pytest.mark.slow
def test_processes_take_a_bounded_number_of_scenarios_ahead_and_end_with_the_rollout() -> None:
    taken = 0

    def endless() -> Iterator[ScenarioSpec]:
        nonlocal taken
        while True:
            taken += 1
            yield SPECS[taken % len(SPECS)]

    records = rollout("do-nothing", endless(), executor="processes", workers=1, shard_size=2)
    assert next(records).scenario.id == SPECS[1].build().id
    assert multiprocessing.active_children()
    records.close()  # type: ignore[attr-defined]
    assert multiprocessing.active_children() == []
    assert taken <= 10


@pytest.mark.slow
@pytest.mark.parametrize("executor", ["local", "async", "processes"])
def test_a_scenario_that_cannot_be_built_ends_the_rollout_with_the_reason(executor: Any) -> None:
    records = rollout("oracle", [SPECS[0], ScenarioSpec(IMPOSSIBLE)], executor=executor, shard_size=1)
    assert next(records).outcome == "completed"
    with pytest.raises(AgentAlignError, match=r"Nothing\.do_nothing") as caught:
        next(records)
    assert not isinstance(caught.value, ScenarioBuildError)


@pytest.mark.parametrize(
    ("how", "error", "words"),
    [
        ({"executor": "proceses"}, UnknownNameError, "processes"),
        ({"workers": 2}, EnvArgumentError, "workers"),
        ({"executor": "processes", "workers": 0}, EnvArgumentError, "workers"),
        ({"executor": "processes", "shard_size": 0}, EnvArgumentError, "shard_size"),
        ({"executor": "async", "max_steps": 0}, EnvArgumentError, "max_steps"),
        ({"executor": "async", "step_timeout_s": 0.0}, EnvArgumentError, "step_timeout_s"),
        ({"executor": "processes", "step_timeout_s": 1.0}, EnvArgumentError, "executor async"),
    ],
)
def test_arguments_out_of_range_are_refused_before_anything_runs(
    how: dict[str, Any], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        next(rollout("oracle", iter(()), **how))


def test_a_named_agent_that_does_not_exist_is_refused() -> None:
    for executor in ("local", "async"):
        with pytest.raises(UnknownNameError, match="oracle"):
            next(rollout("orakle", SPECS, executor=executor))  # type: ignore[arg-type]
