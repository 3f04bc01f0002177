"""`agentalign rollout` with workers: shards, resuming, and a summary for machines."""

from pathlib import Path

import orjson
import pytest
from typer.testing import CliRunner, Result

from agentalign_env.cli import app
from agentalign_env.recording.files import read_trajectories


def run(*arguments: object, code: int = 0) -> Result:
    result = CliRunner().invoke(app, ["rollout", *(str(argument) for argument in arguments)], catch_exceptions=False)
    assert result.exit_code == code, result.output
    return result


def test_shards_hold_the_lines_of_the_single_file_and_json_tells_the_same(tmp_path: Path) -> None:
    common = ("--agent", "random", "--seed", 7, "--n", 5, "--max-steps", 4, "--json")
    one = orjson.loads(run(*common, "--out", tmp_path / "one").stdout)
    two = orjson.loads(run(*common, "--out", tmp_path / "two", "--executor", "async", "--workers", 2).stdout)
    assert list(read_trajectories(tmp_path / "one")) == list(read_trajectories(tmp_path / "two"))
    assert one == {**two, "path": str(tmp_path / "one" / "random-7.jsonl")}
    assert two["path"] == str(tmp_path / "two" / "random-7")
    assert (two["wanted"], two["episodes"]) == (5, 5)
    assert sum(two["outcomes"].values()) == 5


def test_a_run_is_resumed_or_replaced_only_where_asked(tmp_path: Path) -> None:
    arguments = ("--n", 3, "--out", tmp_path, "--executor", "local")
    run(*arguments)
    (shard,) = (tmp_path / "oracle" / "shards").iterdir()
    whole = shard.read_bytes()
    assert "--resume" in run(*arguments, code=2).output
    shard.unlink()
    assert "3 of 3 trajectories" in run(*arguments, "--resume").output
    assert shard.read_bytes() == whole
    refused = run(*arguments, "--resume", "--seed", 1, code=2).output
    assert "another" in refused
    assert "trajectories are in" not in refused
    run(*arguments, "--overwrite", "--seed", 1)
    assert not shard.exists()
    run(*arguments, "--overwrite", "--resume", code=2)


@pytest.mark.slow
def test_workers_alone_mean_processes(tmp_path: Path) -> None:
    told = orjson.loads(run("--n", 4, "--out", tmp_path, "--workers", 2, "--json").stdout)
    assert told["outcomes"] == {"completed": 4}
    assert (tmp_path / "oracle" / "manifest.json").exists()
