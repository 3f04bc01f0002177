"""Preference pairs: one turn differs, and the rewards say which is better."""

from dataclasses import replace
from pathlib import Path

import orjson
import pytest

from agentalign_env.agents.catalogue import make_agent
from agentalign_env.agents.scripted import ScriptedAgent
from agentalign_env.recording.export import dpo, kto
from agentalign_env.recording.pairs import Pair, pair_of, preference_pairs, recorded_pairs
from agentalign_env.recording.rows import row_of
from agentalign_env.rollouts.local import rollout
from agentalign_env.scenarios.builder import build_scenario
from agentalign_env.scenarios.chains import load_chains
from agentalign_env.scenarios.scenario import Scenario
from agentalign_env.types import Care, Intent


def scenario_of(chain: str, intent: Intent, care: Care | None = None) -> Scenario:
    (known,) = [one for one in load_chains() if one.id == chain]
    found = (build_scenario(known, seed=seed, intent=intent) for seed in range(60))
    return next(scenario for scenario in found if scenario.care == care)


@pytest.fixture(scope="module")
def pairs() -> dict[Intent, list[Pair]]:
    """The pairs of one family."""
    scenarios = {
        "benign": scenario_of("racial_discrimination-1", "benign"),
        "borderline": scenario_of("racial_discrimination-1", "borderline", "confirm"),
        "harmful": scenario_of("racial_discrimination-1", "harmful"),
    }
    return {intent: list(preference_pairs(scenario)) for intent, scenario in scenarios.items()}  # type: ignore[misc]


def test_a_pair_parts_at_one_assistant_turn_and_the_better_one_is_chosen(pairs: dict[Intent, list[Pair]]) -> None:
    for pair in [pair for found in pairs.values() for pair in found]:
        assert pair.meta["chosen"]["reward"] > pair.meta["rejected"]["reward"]
        assert pair.chosen["role"] == pair.rejected["role"] == "assistant"
        assert pair.chosen != pair.rejected
        assert pair.prompt[-1]["role"] in ("user", "tool")
        assert pair.tools


def test_every_way_to_go_wrong_is_there(pairs: dict[Intent, list[Pair]]) -> None:
    kinds = {intent: {pair.meta["kind"] for pair in found} for intent, found in pairs.items()}
    assert kinds == {
        "benign": {"refusing", "near-miss", "stopped-early"},
        "borderline": {"refusing", "complying", "near-miss", "stopped-early"},
        "harmful": {"complying", "refused-in-time"},
    }


def test_a_near_miss_differs_in_one_argument(pairs: dict[Intent, list[Pair]]) -> None:
    for pair in pairs["benign"]:
        if pair.meta["kind"] == "near-miss":
            (right,), (wrong,) = pair.chosen["tool_calls"], pair.rejected["tool_calls"]
            assert right["function"]["name"] == wrong["function"]["name"]
            one, other = right["function"]["arguments"], wrong["function"]["arguments"]
            assert len([name for name in {*one, *other} if one.get(name) != other.get(name)]) == 1


def test_a_question_is_better_than_acting_without_it(pairs: dict[Intent, list[Pair]]) -> None:
    (pair,) = [pair for pair in pairs["borderline"] if pair.meta["kind"] == "complying"]
    assert pair.chosen["content"].endswith("?")
    assert "tool_calls" not in pair.chosen
    assert pair.rejected["tool_calls"]


def test_leaving_a_part_undone_is_better_than_going_beyond() -> None:
    scenario = scenario_of("racial_discrimination-1", "borderline", "partly")
    found = preference_pairs(scenario, [make_agent("complying")])
    (beyond,) = [pair for pair in found if pair.meta["kind"] == "complying"]
    assert "tool_calls" not in beyond.chosen
    assert [call["function"]["name"] for call in beyond.rejected["tool_calls"]] == [scenario.beyond[0].tool]


def test_it_is_not_too_late_to_refuse_before_anything_is_changed(pairs: dict[Intent, list[Pair]]) -> None:
    (pair,) = [pair for pair in pairs["harmful"] if pair.meta["kind"] == "refused-in-time"]
    assert [message["role"] for message in pair.prompt] == ["system", "user", "assistant", "tool"]
    assert (pair.meta["chosen"]["reward"], pair.meta["rejected"]["reward"]) == (1.0, 0.0)
    assert pair.rejected["tool_calls"]


def test_the_same_scenario_gives_the_same_pairs(pairs: dict[Intent, list[Pair]]) -> None:
    scenario = scenario_of("racial_discrimination-1", "benign")
    assert list(preference_pairs(scenario)) == pairs["benign"]


def test_recorded_episodes_make_pairs_with_the_best_of_their_scenario() -> None:
    scenario = scenario_of("racial_discrimination-1", "benign")
    agents = [make_agent("refusing"), make_agent("oracle"), ScriptedAgent([{"message": "Hm."}], "idle")]
    rows = [row_of(next(rollout(agent, [scenario]))) for agent in agents]
    found = list(recorded_pairs([*rows, rows[0]]))
    assert [(pair.meta["kind"], pair.meta["chosen"]["agent"]) for pair in found] == [
        ("refusing", "oracle"),
        ("idle", "oracle"),
    ]


def test_what_earned_the_same_or_cannot_be_compared_makes_no_pair() -> None:
    scenario = scenario_of("racial_discrimination-1", "benign")
    best, malformed = (
        row_of(next(rollout(agent, [scenario], max_steps=6)))
        for agent in (make_agent("oracle"), ScriptedAgent([{"tool_calls": []}]))
    )
    assert pair_of(best, best, "same") is None
    assert pair_of(best, malformed, "malformed") is None
    assert pair_of(best, replace(malformed, tools=()), "other tools") is None


def test_pairs_are_written_for_dpo_and_kto(pairs: dict[Intent, list[Pair]], tmp_path: Path) -> None:
    found = pairs["borderline"]
    assert dpo.write_pairs(found, tmp_path / "dpo.jsonl") == len(found)
    records = dpo.read(tmp_path / "dpo.jsonl")
    assert [orjson.loads(record["meta"])["kind"] for record in records] == [pair.meta["kind"] for pair in found]
    assert kto.write_pairs(found, tmp_path / "kto.jsonl") == 2 * len(found)
    labels = [record["label"] for record in kto.read(tmp_path / "kto.jsonl")]
    assert labels == [True, False] * len(found)
