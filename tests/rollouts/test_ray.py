"""Rollouts by Ray Core, in a process of their own: Ray starts threads and warns."""

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from agentalign_env.errors import MissingExtraError
from agentalign_env.rollouts import rollout

SCRIPT = """
import os
import sys
from agentalign_env.agents.oracle import OracleAgent
from agentalign_env.rollouts.local import rollout
from agentalign_env.rollouts.sources import ScenarioSpec
from agentalign_env.scenarios.chains import load_chains

class Deadly(OracleAgent):
    def act(self, observation):
        if self.here == TARGET:
            os._exit(1)
        return super().act(observation)

    def reset(self, scenario, tools):
        super().reset(scenario, tools)
        self.here = scenario.id

import ray

ray.init(address="local", num_cpus=2, include_dashboard=False, log_to_driver=False)
chains = [chain for chain in load_chains() if not chain.unsupported][::25]
specs = [ScenarioSpec(chain) for chain in chains]
TARGET = specs[2].build().id
expected = list(rollout("oracle", specs))
assert list(rollout("oracle", specs, executor="ray", workers=2, shard_size=3)) == expected
records = list(rollout(Deadly, specs[1:4], executor="ray", workers=1, shard_size=3))
assert [record.outcome for record in records] == ["completed", "fault", "completed"]
assert records[2] == expected[3]
sys.stdout.write("same\\n")
"""


@pytest.mark.slow
@pytest.mark.skipif(find_spec("ray") is None, reason="Ray is not installed: pip install 'agentalign-env[ray]'")
def test_ray_gives_the_same_records_and_survives_an_agent_that_ends_its_process(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, "same" in done.stdout.splitlines()) == (0, True), done.stderr[-3_000:]


def test_ray_is_asked_for_by_name_where_it_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(MissingExtraError, match=r"agentalign-env\[ray\]"):
        next(rollout("oracle", [], executor="ray"))
