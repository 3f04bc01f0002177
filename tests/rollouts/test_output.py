"""Rollouts into a folder: every episode once, whatever was killed on the way."""

import multiprocessing
import subprocess
import sys
from functools import partial
from pathlib import Path

import orjson
import pytest

from agentalign_env.agents.catalogue import make_agent
from agentalign_env.errors import DataFileError
from agentalign_env.recording.files import read_trajectories
from agentalign_env.rollouts import rollout
from agentalign_env.rollouts.output import MANIFEST, PLAN, clear_rollout, publish, rollout_to
from agentalign_env.rollouts.sources import ScenarioSpec
from agentalign_env.scenarios.chains import load_chains

CHAINS = [chain for chain in load_chains() if not chain.unsupported][::25]
SPECS = [ScenarioSpec(chain, seed) for seed in range(2) for chain in CHAINS]
WHOLE = b"".join(record.to_line() for record in rollout("oracle", SPECS))

KILLED = """
import os, signal, sys
from agentalign_env.rollouts.output import rollout_to
from agentalign_env.rollouts.sources import ScenarioSpec
from agentalign_env.scenarios.chains import load_chains

def stop(done, total):
    if done == 8:
        os.kill(os.getpid(), signal.SIGKILL)

if __name__ == "__main__":
    chains = [chain for chain in load_chains() if not chain.unsupported][::25]
    specs = [ScenarioSpec(chain, seed) for seed in range(2) for chain in chains]
    rollout_to(sys.argv[1], "oracle", specs, executor=sys.argv[2], shard_size=3, progress=stop)
"""


def content(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_shards_hold_the_records_in_order_and_the_manifest_names_them(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    made = rollout_to(tmp_path, "oracle", SPECS, shard_size=4, progress=lambda *done: told.append(done))
    assert b"".join(path.read_bytes() for path in made.shards) == WHOLE
    assert b"".join(record.to_line() for record in read_trajectories(tmp_path)) == WHOLE
    assert (made.episodes, made.made) == (len(SPECS), len(SPECS))
    assert told == [(number, len(SPECS)) for number in range(len(SPECS) + 1)]
    rows = orjson.loads((tmp_path / MANIFEST).read_bytes())["shards"]
    assert [row["file"] for row in rows] == [path.name for path in made.shards]
    assert sum(row["episodes"] for row in rows) == len(SPECS)


def test_a_second_run_makes_what_is_missing_and_nothing_else(tmp_path: Path) -> None:
    made = rollout_to(tmp_path, "oracle", SPECS, shard_size=4)
    before = content(tmp_path)
    made.shards[1].unlink()
    stamps = {path: path.stat().st_mtime_ns for path in made.shards if path.exists()}
    again = rollout_to(tmp_path, "oracle", SPECS, shard_size=4)
    assert again == made._replace(made=4)
    assert {path: path.stat().st_mtime_ns for path in stamps} == stamps
    assert content(tmp_path) == before
    assert rollout_to(tmp_path, "oracle", SPECS, shard_size=4).made == 0


def test_the_same_scenario_twice_gives_two_records(tmp_path: Path) -> None:
    made = rollout_to(tmp_path, "oracle", [SPECS[0]] * 4, shard_size=2)
    assert len(list(read_trajectories(tmp_path))) == made.episodes == 4


def test_another_rollout_is_kept_out_of_the_folder(tmp_path: Path) -> None:
    rollout_to(tmp_path, "oracle", SPECS[:4])
    before = content(tmp_path)
    for agent, specs, steps in (("refusing", SPECS[:4], 40), ("oracle", SPECS[:5], 40), ("oracle", SPECS[:4], 7)):
        with pytest.raises(DataFileError, match=r"plan\.json.*another"):
            rollout_to(tmp_path, agent, specs, max_steps=steps)
    with pytest.raises(DataFileError, match="another"):
        rollout_to(tmp_path, partial(make_agent, "oracle"), SPECS[:4])
    assert content(tmp_path) == before


def test_a_shard_that_was_changed_is_found(tmp_path: Path) -> None:
    made = rollout_to(tmp_path, "oracle", SPECS[:4], shard_size=2)
    whole = made.shards[0].read_bytes()
    made.shards[0].write_bytes(whole[:-5])
    with pytest.raises(DataFileError, match="expected 2 lines, found 1"):
        rollout_to(tmp_path, "oracle", SPECS[:4], shard_size=2)
    made.shards[0].write_bytes(whole.replace(b"completed", b"truncated"))
    with pytest.raises(DataFileError, match="changed since"):
        rollout_to(tmp_path, "oracle", SPECS[:4], shard_size=2)


def test_a_file_is_published_once_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b.jsonl"
    assert publish(path, b"one\n")
    assert not publish(path, b"two\n")
    assert content(tmp_path) == {"a/b.jsonl": b"one\n"}


def test_clearing_removes_what_a_rollout_wrote_and_nothing_else(tmp_path: Path) -> None:
    rollout_to(tmp_path, "oracle", SPECS[:2])
    (tmp_path / "notes.txt").write_text("mine")
    clear_rollout(tmp_path)
    assert content(tmp_path) == {"notes.txt": b"mine"}
    clear_rollout(tmp_path)


def test_an_interrupted_run_goes_on_to_the_bytes_of_an_undisturbed_one(tmp_path: Path) -> None:
    def stop(done: int, total: int) -> None:
        if done == 9:
            raise KeyboardInterrupt

    rollout_to(tmp_path / "whole", "oracle", SPECS, shard_size=4)
    with pytest.raises(KeyboardInterrupt):
        rollout_to(tmp_path / "a", "oracle", SPECS, shard_size=4, progress=stop)
    assert len(list(read_trajectories(tmp_path / "a"))) == 8
    assert not (tmp_path / "a" / MANIFEST).exists()
    assert rollout_to(tmp_path / "a", "oracle", SPECS, shard_size=4, executor="async").made == len(SPECS) - 8
    assert content(tmp_path / "a") == content(tmp_path / "whole")


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")
@pytest.mark.parametrize("executor", ["local", "processes"])
def test_a_killed_run_goes_on_to_the_bytes_of_an_undisturbed_one(executor: str, tmp_path: Path) -> None:
    script, killed = tmp_path / "script.py", tmp_path / "killed"
    script.write_text(KILLED)
    done = subprocess.run([sys.executable, str(script), str(killed), executor], timeout=60, check=False)
    assert done.returncode == -9
    assert len(list(read_trajectories(killed))) == 6
    assert (killed / PLAN).exists()
    made = rollout_to(killed, "oracle", SPECS, shard_size=3)
    assert made.made == len(SPECS) - 6
    assert b"".join(path.read_bytes() for path in made.shards) == WHOLE


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")
def test_killed_workers_lose_and_duplicate_nothing(tmp_path: Path) -> None:
    killed = 0

    def kill(done: int, total: int) -> None:
        nonlocal killed
        if done in (3, 12):
            for worker in multiprocessing.active_children():
                worker.kill()
                killed += 1

    made = rollout_to(
        tmp_path, "oracle", SPECS, executor="processes", workers=2, shard_size=3, max_steps=40, progress=kill
    )
    assert killed >= 3
    assert b"".join(path.read_bytes() for path in made.shards) == WHOLE
    assert not list(tmp_path.rglob("*.part"))
