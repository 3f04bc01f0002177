"""Rollouts through a queue: the same bytes as in one process, whatever happens to the workers."""

import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from redis import Redis
from typer.testing import CliRunner

from agentalign_env.agents.oracle import OracleAgent
from agentalign_env.agents.protocol import Action, Observation, ToolSchema
from agentalign_env.backends.queue import WorkQueue
from agentalign_env.cli import app
from agentalign_env.errors import RemoteRolloutError, StoreContentError
from agentalign_env.recording.files import read_trajectories
from agentalign_env.rollouts.local import rollout
from agentalign_env.rollouts.remote import collect, submit_rollout, work
from agentalign_env.rollouts.sources import ScenarioSpec
from agentalign_env.scenarios.chains import load_chains
from agentalign_env.scenarios.scenario import Scenario

CHAINS = [chain for chain in load_chains() if not chain.unsupported]
SPECS = [ScenarioSpec(chain, seed, "harmful" if seed else "benign") for seed in (0, 1) for chain in CHAINS[:5]]


def local_bytes(specs: Sequence[ScenarioSpec]) -> bytes:
    scenarios = (spec.build() for spec in specs)
    return b"".join(record.to_line() for record in rollout(OracleAgent(), scenarios))


class Confused(OracleAgent):
    """Crashes at its first action."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self.name = f"confused-{seed}"

    def reset(self, scenario: Scenario, tools: Sequence[ToolSchema]) -> None:
        """Needs nothing."""

    def act(self, observation: Observation) -> Action:
        raise RuntimeError("what was I about to do?")


class Waiting(OracleAgent):
    """Waits at the first reset of all its kind until it is let go."""

    def __init__(self, begun: threading.Event, go_on: threading.Event) -> None:
        super().__init__()
        self.begun, self.go_on = begun, go_on

    def reset(self, scenario: Scenario, tools: Sequence[ToolSchema]) -> None:
        if not self.begun.is_set():
            self.begun.set()
            self.go_on.wait(20)
        super().reset(scenario, tools)


@pytest.mark.parametrize(("shard_timeout_s", "published_by_the_other"), [(60.0, 0), (0.0, 1)])
def test_a_slow_shard_is_left_to_its_worker_and_a_hung_one_is_taken_over(
    store: Redis, tmp_path: Path, shard_timeout_s: float, published_by_the_other: int
) -> None:
    remote = submit_rollout(store, SPECS[:1], agent="waiting")
    begun, go_on, stop = (threading.Event() for _ in range(3))
    agents = {"waiting": lambda seed: Waiting(begun, go_on)}
    summaries = []

    def act(timeout_s: float) -> None:
        done = work(store, agents=agents, lease_ms=600, shard_timeout_s=timeout_s, drain=True, stop=stop)
        summaries.append(done.shards)

    slow = threading.Thread(target=act, args=(shard_timeout_s,))
    slow.start()
    assert begun.wait(20)
    other = threading.Thread(target=act, args=(60.0,))
    other.start()
    other.join(2.0)  # three leases long; it has nothing to wait for once it took the shard over
    assert sum(summaries) == published_by_the_other
    go_on.set()
    slow.join()
    other.join()
    assert sum(summaries) == 1
    collect(store, remote, tmp_path / "all.jsonl")
    assert (tmp_path / "all.jsonl").read_bytes() == local_bytes(SPECS[:1])


def test_an_agent_that_hangs_costs_its_episode_and_not_its_shard(store: Redis, tmp_path: Path) -> None:
    remote = submit_rollout(store, SPECS[:3], agent="waiting", shard=3)
    begun, go_on = threading.Event(), threading.Event()
    agents = {"waiting": lambda seed: Waiting(begun, go_on)}
    try:
        assert work(store, agents=agents, drain=True, episode_timeout_s=1.0).episodes == 3
    finally:
        go_on.set()
    collect(store, remote, tmp_path / "all.jsonl")
    hung, *others = read_trajectories(tmp_path / "all.jsonl")
    assert (hung.outcome, hung.error) == ("fault", "TimeoutError: the episode took over 1.0 s")
    assert others == [next(iter(rollout(OracleAgent(), [spec.build()]))) for spec in SPECS[1:3]]


class Interrupted(OracleAgent):
    """Is interrupted as by Ctrl-C the first time that any of them acts."""

    def __init__(self, done: list[int]) -> None:
        super().__init__()
        self.done = done

    def act(self, observation: Observation) -> Action:
        if not self.done:
            self.done.append(1)
            raise KeyboardInterrupt
        return super().act(observation)


def test_an_interrupted_worker_gives_its_shard_back_at_once(any_store: Redis, tmp_path: Path) -> None:
    remote = submit_rollout(any_store, SPECS[:2], agent="interrupted", shard=2)
    done: list[int] = []
    agents = {"interrupted": lambda seed: Interrupted(done)}
    with pytest.raises(KeyboardInterrupt):
        work(any_store, agents=agents, drain=True, most_tries=1)
    assert work(any_store, agents=agents, drain=True, most_tries=1).episodes == 2
    collect(any_store, remote, tmp_path / "all.jsonl")
    assert (tmp_path / "all.jsonl").read_bytes() == local_bytes(SPECS[:2])


def test_the_file_that_is_collected_is_that_of_a_local_run(store: Redis, tmp_path: Path) -> None:
    remote = submit_rollout(store, SPECS, shard=3)
    assert remote.episodes == (3, 3, 3, 1)
    done = work(store, drain=True)
    assert (done.shards, done.episodes, done.failed) == (4, 10, 0)
    written: list[int] = []
    assert collect(store, remote, tmp_path / "deep" / "all.jsonl", progress=written.append) == 10
    assert (tmp_path / "deep" / "all.jsonl").read_bytes() == local_bytes(SPECS)
    assert written == [3, 3, 3, 1]
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["all.jsonl"]


def test_a_rollout_that_is_submitted_again_is_the_same_one(store: Redis, tmp_path: Path) -> None:
    first = submit_rollout(store, SPECS[:4], shard=2)
    work(store, drain=True)
    assert submit_rollout(store, SPECS[:4], shard=2) == first
    assert work(store, drain=True).shards == 0
    assert submit_rollout(store, SPECS[:4], shard=2, agent_seed=1).shards != first.shards


def test_workers_and_collector_go_on_side_by_side(store: Redis, tmp_path: Path) -> None:
    remote = submit_rollout(store, SPECS, shard=1)
    workers = [threading.Thread(target=work, args=(store,), kwargs={"drain": True}) for _ in range(2)]
    for worker in workers:
        worker.start()
    assert collect(store, remote, tmp_path / "all.jsonl", timeout_s=60) == 10
    for worker in workers:
        worker.join()
    assert (tmp_path / "all.jsonl").read_bytes() == local_bytes(SPECS)


def test_an_agent_that_crashes_costs_its_episodes_only(store: Redis, tmp_path: Path) -> None:
    remote = submit_rollout(store, SPECS[:2], agent="confused", agent_seed=7)
    assert work(store, drain=True, agents={"confused": Confused}).failed == 0
    collect(store, remote, tmp_path / "all.jsonl")
    records = list(read_trajectories(tmp_path / "all.jsonl"))
    assert [(one.agent, one.outcome) for one in records] == [("confused-7", "fault")] * 2


@pytest.mark.parametrize(
    ("spec", "agent", "reason"),
    [
        (ScenarioSpec(CHAINS[0].model_copy(update={"steps": ("Mail.fax",)})), "oracle", "no tool implements"),
        (ScenarioSpec(CHAINS[0], 0), "os:system", "no agent is named 'os:system'"),
        (ScenarioSpec(CHAINS[0], 0, world="tiny"), "oracle", "no world size is named 'tiny'"),
    ],
)
def test_a_shard_that_cannot_be_done_is_put_aside_with_its_reason(
    store: Redis, tmp_path: Path, spec: ScenarioSpec, agent: str, reason: str
) -> None:
    remote = submit_rollout(store, [spec], agent=agent)
    assert work(store, drain=True, most_tries=2).failed == 2
    with pytest.raises(RemoteRolloutError, match=reason):
        collect(store, remote, tmp_path / "all.jsonl")
    assert not (tmp_path / "all.jsonl").exists()


def test_a_task_of_another_version_is_not_guessed_at(store: Redis) -> None:
    queue = WorkQueue(store, "rollouts")
    (task,) = queue.put([b'{"form": "rollout", "version": 99}'])
    work(store, drain=True, most_tries=1)
    assert "Use one version on both sides" in queue.dead()[task]


def test_a_result_that_was_changed_is_refused(store: Redis, tmp_path: Path) -> None:
    remote = submit_rollout(store, SPECS[:1])
    work(store, drain=True)
    key = "agentalign:queue:{rollouts}:results"
    result = store.hget(key, remote.shards[0])
    assert isinstance(result, bytes)
    store.hset(key, remote.shards[0], result.replace(b"completed", b"refused"))
    with pytest.raises(StoreContentError, match="found something else"):
        collect(store, remote, tmp_path / "all.jsonl")


def test_collecting_without_workers_ends_with_what_to_do(store: Redis, tmp_path: Path) -> None:
    remote = submit_rollout(store, SPECS[:1])
    with pytest.raises(RemoteRolloutError, match="Start workers"):
        collect(store, remote, tmp_path / "all.jsonl", timeout_s=0)


def test_a_worker_stops_when_it_is_told_to(store: Redis) -> None:
    submit_rollout(store, SPECS, shard=1)
    stop = threading.Event()
    done = work(store, stop=stop, progress=lambda _: stop.set())
    assert done.shards == 1


def test_the_worker_command_refuses_a_store_that_nobody_can_join() -> None:
    done = CliRunner().invoke(app, ["worker", "--store", "memory://a"])
    assert done.exit_code == 2
    assert "in memory" in done.output


def test_the_worker_command_names_an_agent_that_cannot_be_imported(redis_url: str) -> None:
    done = CliRunner().invoke(app, ["worker", "--store", redis_url, "--agent", "no_such_module:Agent"])
    assert done.exit_code == 2
    assert "expected module:Class" in done.output


def test_the_worker_command_says_in_a_line_when_the_store_fails(server: Redis, redis_url: str) -> None:
    server.set("agentalign:queue:{odd}:waiting", "no stream")
    done = CliRunner().invoke(app, ["worker", "--store", redis_url, "--queue", "odd", "--drain"])
    assert done.exit_code == 2
    assert done.stderr.startswith("error: store: ")


def test_the_worker_command_drains_a_queue(server: Redis, redis_url: str, tmp_path: Path) -> None:
    remote = submit_rollout(server, SPECS, shard=4)
    done = CliRunner().invoke(app, ["worker", "--store", redis_url, "--drain"])
    assert (done.exit_code, done.output.strip()) == (0, "3 shards, 10 episodes, 0 failures")
    done = CliRunner().invoke(app, ["worker", "--store", redis_url, "--drain", "--json"])
    assert json.loads(done.stdout) == {"queue": "rollouts", "shards": 0, "episodes": 0, "failures": 0}
    collect(server, remote, tmp_path / "all.jsonl")
    assert (tmp_path / "all.jsonl").read_bytes() == local_bytes(SPECS)


@pytest.mark.slow
def test_workers_that_are_killed_lose_and_repeat_nothing(server: Redis, redis_url: str, tmp_path: Path) -> None:
    specs = [ScenarioSpec(CHAINS[number % len(CHAINS)], number // len(CHAINS)) for number in range(2_000)]
    remote = submit_rollout(server, specs, shard=10)
    queue = WorkQueue(server, remote.queue)
    command = [sys.executable, "-c", "from agentalign_env.cli import main; main()", "worker", "--store", redis_url]
    command += ["--drain", "--lease-s", "0.5", "--tries", "20"]
    workers = [subprocess.Popen(command, stdout=subprocess.DEVNULL) for _ in range(3)]
    killed = 0
    try:
        for target in (20, 60, 100, 140):
            wait_until(lambda target=target: queue.counts().done >= target)  # type: ignore[misc]
            workers[killed % 3].send_signal(signal.SIGKILL)
            workers[killed % 3].wait(10)
            workers[killed % 3] = subprocess.Popen(command, stdout=subprocess.DEVNULL)  # joins later
            killed += 1
        assert collect(server, remote, tmp_path / "all.jsonl", timeout_s=120) == 2_000
        assert [worker.wait(60) for worker in workers] == [0, 0, 0]
    finally:
        for worker in workers:
            worker.kill()
            worker.wait(10)
    assert killed == 4
    records = list(read_trajectories(tmp_path / "all.jsonl"))
    assert len({one.id for one in records}) == 2_000
    sample = slice(0, 2_000, 97)
    again = [next(iter(rollout(OracleAgent(), [spec.build()]))) for spec in specs[sample]]
    assert records[sample] == again
    assert queue.counts() == (200, 0, 200, 0)


def wait_until(is_so: object, seconds: float = 120) -> None:
    assert callable(is_so)
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.02)
