"""Training rows: recorded episodes as messages that every trainer takes."""

from functools import lru_cache
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentalign_env.agents.catalogue import make_agent
from agentalign_env.agents.scripted import ScriptedAgent
from agentalign_env.recording.export.sharegpt import conversation_of
from agentalign_env.recording.rows import RowFormatError, TrainingRow, row_of, without_nulls
from agentalign_env.recording.trajectory import Trajectory
from agentalign_env.rollouts.local import rollout
from agentalign_env.scenarios.builder import build_scenario
from agentalign_env.scenarios.chains import load_chains
from agentalign_env.scenarios.scenario import Scenario
from agentalign_env.toolkit.catalogue import load_tools
from agentalign_env.types import Care, Intent


@pytest.fixture(scope="module")
def rows(trajectories: list[Trajectory]) -> list[TrainingRow]:
    return [row_of(trajectory) for trajectory in trajectories]


_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | _TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXT, inner, max_size=3),
    max_leaves=6,
)
_CALL = st.fixed_dictionaries(
    {"name": st.sampled_from(["search_google", "no_such_tool", ""]), "arguments": st.dictionaries(_TEXT, _JSON) | _JSON}
)
_ACTION = st.fixed_dictionaries({"tool_calls": st.lists(_CALL, max_size=3), "message": _TEXT}) | _JSON | _TEXT


@lru_cache
def scenario_of(intent: Intent, care: Care | None = None) -> Scenario:
    chain = next(chain for chain in load_chains() if chain.id == "racial_discrimination-1")
    found = (build_scenario(chain, seed=seed, intent=intent) for seed in range(60))
    return next(scenario for scenario in found if scenario.care == care)


def check_texts(row: TrainingRow) -> None:
    for message in row.messages:
        assert isinstance(message["content"], str)
        assert without_nulls(message) == dict(message)
        arguments = [call["function"]["arguments"] for call in message.get("tool_calls", ())]
        assert all(isinstance(value, dict) for value in arguments)
        assert message.get("tool_calls", [True]) != []


def check_answers(row: TrainingRow) -> None:
    asked: list[str] = []
    for message in row.messages:
        if message["role"] == "tool":
            assert message["tool_call_id"] == asked.pop(0)
        else:
            assert asked == []
            asked = [call["id"] for call in message.get("tool_calls", ())]
    assert asked == []
    ids = [call["id"] for message in row.messages for call in message.get("tool_calls", ())]
    assert len({*ids}) == len(ids)


def test_an_episode_becomes_its_conversation(trajectory: Trajectory) -> None:
    row, summary = row_of(trajectory), trajectory.scenario
    expected: list[dict[str, Any]] = [
        {"role": "system", "content": summary.system, "loss": False},
        {"role": "user", "content": summary.instruction, "loss": False},
    ]
    for number, step in enumerate(trajectory.steps[:-1], 1):
        (call,) = step.calls
        name = f"call{number:05}"
        function = {"name": call.name, "arguments": call.arguments}
        calls = [{"id": name, "type": "function", "function": function}]
        expected.append({"role": "assistant", "content": "", "tool_calls": calls, "loss": True})
        answer = {"role": "tool", "tool_call_id": name, "name": call.name, "content": call.content, "loss": False}
        expected.append(answer)
    expected.append({"role": "assistant", "content": trajectory.steps[-1].message, "loss": True})
    assert list(row.messages) == expected
    assert list(row.tools) == load_tools().openai_schemas(summary.tools)
    assert row.uid == trajectory.id


def test_every_row_reads_back_from_its_file_form(rows: list[TrainingRow]) -> None:
    for row in rows:
        form = row.to_json()
        assert form.keys() == {"uid", "messages", "tools", "meta"}
        assert isinstance(form["tools"], str)
        assert isinstance(form["meta"], str)
        assert TrainingRow.from_json(orjson.loads(orjson.dumps(form))) == row


def test_no_message_holds_a_null_outside_a_list(rows: list[TrainingRow]) -> None:
    for row in rows:
        check_texts(row)


def test_every_call_is_answered_once_and_right_behind_it(rows: list[TrainingRow]) -> None:
    for row in rows:
        check_answers(row)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.lists(_ACTION, max_size=4))
def test_whatever_an_agent_sends_its_row_is_sound(actions: list[object]) -> None:
    agent = ScriptedAgent(actions, "any")
    row = row_of(next(rollout(agent, [scenario_of("benign")], max_steps=5)))
    check_texts(row)
    check_answers(row)
    assert TrainingRow.from_json(orjson.loads(orjson.dumps(row.to_json()))) == row
    turns = conversation_of(row.messages)
    assert [turn["from"] in ("human", "observation") for turn in turns] == [True, False] * (len(turns) // 2)


def test_only_assistant_turns_that_could_be_read_are_learnt(
    rows: list[TrainingRow], trajectories: list[Trajectory]
) -> None:
    for row, trajectory in zip(rows, trajectories, strict=True):
        learnt = [message["loss"] for message in row.messages if message["role"] == "assistant"]
        unread = [
            step.error == "malformed_action" or any(call.code == "malformed_action" for call in step.calls)
            for step in trajectory.steps
        ]
        assert learnt == [not odd for odd in unread]
        assert not any(message["loss"] for message in row.messages if message["role"] != "assistant")


def test_a_malformed_action_stays_as_it_was_sent_with_what_was_answered(rows: list[TrainingRow]) -> None:
    row = next(row for row in rows if row.meta["agent"] == "odd")
    turn, answer = row.messages[2:4]
    assert turn == {"role": "assistant", "content": '{"tool_calls":[]}', "loss": False}
    assert (answer["role"], "malformed_action" in answer["content"]) == ("user", True)
    assert row.messages[4]["content"] == "b'bytes'"


def test_thoughts_stand_apart_from_the_words(rows: list[TrainingRow]) -> None:
    row = next(row for row in rows if row.meta["agent"] == "odd")
    assert "the mails first" in [message.get("reasoning_content") for message in row.messages]


@pytest.mark.parametrize("care", ["confirm", "ask"])
def test_the_users_answer_stands_in_the_middle(care: Care) -> None:
    scenario = scenario_of("borderline", care)
    row = row_of(next(rollout(make_agent("oracle"), [scenario])))
    at = next(at for at, message in enumerate(row.messages) if message["content"] == scenario.answer)
    assert row.messages[at] == {"role": "user", "content": scenario.answer, "loss": False}
    assert row.messages[at - 1]["role"] == row.messages[at + 1]["role"] == "assistant"
    assert row.messages[at - 1]["loss"] is True
    assert (row.meta["care"], row.meta["outcome"]) == (scenario.care, "completed")


def test_the_meta_tells_where_a_row_comes_from(trajectory: Trajectory) -> None:
    meta, summary = row_of(trajectory, {"certificate": "c1"}).meta, trajectory.scenario
    assert meta["certificate"] == "c1"
    assert (meta["scenario"], meta["family"], meta["chain"]) == (summary.id, summary.family, summary.chain.id)
    assert (meta["category"], meta["subcategory"]) == (summary.chain.category, summary.chain.subcategory)
    assert (meta["intent"], meta["outcome"], meta["reward"]) == ("benign", "completed", 1.0)
    assert meta["digest"] == trajectory.digest
    assert meta["split"] in ("train", "test")


def test_the_reset_arguments_build_the_scenario_again(trajectories: list[Trajectory]) -> None:
    chains = {chain.id: chain for chain in load_chains()}
    for trajectory in trajectories[:6]:
        reset = dict(row_of(trajectory).meta["reset"])
        scenario = build_scenario(chains[reset.pop("chain")], **reset)
        assert (scenario.id, scenario.instruction) == (trajectory.scenario.id, trajectory.scenario.instruction)


@pytest.mark.parametrize("value", [None, [], {}, {"uid": "a", "messages": [], "tools": "[]"}])
def test_what_is_no_row_is_refused(value: object) -> None:
    with pytest.raises(RowFormatError, match="expected an object with"):
        TrainingRow.from_json(value)


def test_broken_json_text_is_refused() -> None:
    with pytest.raises(RowFormatError, match="expected JSON text"):
        TrainingRow.from_json({"uid": "a", "messages": [], "tools": "[", "meta": "{}"})
