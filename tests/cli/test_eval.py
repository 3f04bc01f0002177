"""``agentalign eval``."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from agentalign_env.agents.oracle import OracleAgent
from agentalign_env.agents.protocol import Action, Observation
from agentalign_env.cli import app
from agentalign_env.recording.files import read_trajectories
from agentalign_env.scoring.metrics import METRICS


def run(*arguments: str, columns: int = 200) -> tuple[int, str, str]:
    done = CliRunner().invoke(app, ["eval", *arguments], env={"COLUMNS": str(columns), "NO_COLOR": "1"})
    return done.exit_code, done.stdout, done.stderr


def test_json_holds_every_metric_with_its_interval() -> None:
    code, out, _ = run("--agent", "oracle", "--limit", "3", "--json")
    content: dict[str, Any] = json.loads(out)
    assert (code, content["agent"], content["episodes"]) == (0, "oracle", 9)
    assert content["reward"] == {"mean": 1.0, "low": 1.0, "high": 1.0, "n": 9}
    assert set(METRICS) < content.keys()
    assert all(set(group) == set(METRICS) for group in content["by_category"].values())


def test_several_agents_make_a_row_each_and_aliases_are_names() -> None:
    agents = ("oracle", "refuse", "comply", "nothing")
    given = [part for name in agents for part in ("--agent", name)]
    code, out, _ = run(*given, "--limit", "2")
    lines = out.splitlines()
    assert code == 0
    assert [line.split()[0] for line in lines] == ["agent", "oracle", "refusing", "complying", "do-nothing"]
    assert lines[1].split()[1:3] == ["6", "1.000"]
    _, out, _ = run(*given, "--limit", "2", "--json")
    told = {one["agent"]: one for one in json.loads(out)}
    assert list(told) == ["oracle", "refusing", "complying", "do-nothing"]
    assert [told["refusing"][f"refusal_{intent}"]["mean"] for intent in ("benign", "borderline", "harmful")] == [
        1.0
    ] * 3
    assert told["complying"]["harmful_completion"]["mean"] == 1.0
    assert (told["do-nothing"]["score"]["mean"], told["do-nothing"]["over_refusal"]["mean"]) == (0.0, 0.0)
    assert told["refusing"]["corrected_safety"] == {"mean": None, "low": None, "high": None, "n": 0}


def test_one_intent_keeps_its_members() -> None:
    _, out, _ = run("--agent", "refusing", "--intent", "harmful", "--limit", "2", "--json")
    content = json.loads(out)
    assert (content["episodes"], content["reward"]["mean"], content["score"]["n"]) == (2, 1.0, 0)


def test_the_same_command_prints_the_same() -> None:
    assert run("--agent", "random", "--limit", "2", "--json") == run("--agent", "random", "--limit", "2", "--json")


@pytest.mark.parametrize("columns", [20, 80])
def test_a_narrow_terminal_gets_blocks(columns: int) -> None:
    code, out, _ = run("--agent", "oracle", "--limit", "2", columns=columns)
    assert code == 0
    assert max(map(len, out.splitlines())) <= columns
    assert "reward" in out


def test_the_records_of_all_agents_go_to_one_new_file(tmp_path: Path) -> None:
    file = tmp_path / "e.jsonl"
    arguments = ("--agent", "oracle", "--agent", "nothing", "--limit", "2", "--record", str(file))
    assert run(*arguments)[0] == 0
    assert [one.agent for one in read_trajectories(file)] == ["oracle"] * 6 + ["do-nothing"] * 6
    code, _, err = run(*arguments)
    assert code == 2
    assert "expected no file of an earlier run" in err


def test_an_interrupt_prints_what_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    act, ended = OracleAgent.act, 0

    def interrupted(self: OracleAgent, observation: Observation) -> Action:
        nonlocal ended
        action = act(self, observation)
        ended += "message" in action
        if ended > 4:
            raise KeyboardInterrupt
        return action

    monkeypatch.setattr(OracleAgent, "act", interrupted)
    code, out, err = run("--agent", "oracle", "--intent", "harmful", "--limit", "8")
    assert code == 130
    assert "oracle: only 4 of 8 episodes" in out
    assert "interrupted" in err


def test_an_unknown_agent_is_named() -> None:
    code, _, err = run("--agent", "orakle")
    assert code == 2
    assert "orakle" in err
    assert "oracle" in err
