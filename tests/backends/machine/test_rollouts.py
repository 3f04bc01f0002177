"""Rollouts whose episodes have a container each: the same records, whoever runs them."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pytest
from docker import APIClient
from typer.testing import CliRunner

import agentalign_env as aa
from agentalign_env.backends.docker.options import ContainerOptions
from agentalign_env.backends.docker.ownership import owned
from agentalign_env.backends.docker.pool import ContainerPool
from agentalign_env.cli import app
from agentalign_env.rollouts.sources import ScenarioSpec

MACHINE = ("System_Tools.execute_command", "System_Tools.manage_files", "System_Tools.manage_git")


def specs(count: int) -> list[ScenarioSpec]:
    chains = [chain for chain in aa.load_chains() if any(step in MACHINE for step in chain.steps)]
    return [ScenarioSpec(chain, seed=number) for number, chain in enumerate(chains[:count])]


@pytest.mark.slow
@pytest.mark.parametrize(("executor", "workers"), [("local", None), ("processes", 2), ("async", 3)])
def test_every_executor_records_in_containers_what_it_records_in_memory(
    executor: Literal["local", "processes", "async"],
    workers: int | None,
    options: ContainerOptions,
    shared: ContainerPool,
) -> None:
    memory = list(aa.rollout("oracle", specs(8)))
    container = list(aa.rollout("oracle", specs(8), executor=executor, workers=workers, backend=options))
    assert container == memory
    assert all(aa.replay(record).ok for record in container)


@pytest.mark.slow
def test_a_container_that_cannot_be_started_costs_its_episode_alone(
    options: ContainerOptions, engine: APIClient, shared: ContainerPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    took, real = 0, ContainerPool.take

    def take(pool: ContainerPool) -> object:
        nonlocal took
        took += 1
        if took == 2:
            raise aa.SandboxFaultError("docker could not start a container: the disk is full")
        return real(pool)

    monkeypatch.setattr(ContainerPool, "take", take)
    before = owned(engine)
    outcomes = [record.outcome for record in aa.rollout("oracle", specs(4), backend=options)]
    assert outcomes.count("fault") == 1
    assert outcomes.count("completed") == 3
    assert len(owned(engine) - before) <= options.warm


@pytest.mark.slow
def test_the_command_records_in_containers(usual_image: str, tmp_path: Path) -> None:
    arguments = ["rollout", "--backend", "docker", "--n", "3", "--out", str(tmp_path / "runs")]
    done = CliRunner().invoke(app, arguments, env={"COLUMNS": "100"})
    assert done.exit_code == 0, done.output
    assert len(list(aa.read_trajectories(tmp_path / "runs" / "oracle.jsonl"))) == 3
