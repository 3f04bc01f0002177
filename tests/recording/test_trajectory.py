"""The record of an episode: complete, and the same after writing and reading."""

import json
from dataclasses import replace
from typing import Any, get_args

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentalign_env.agents.scripted import ScriptedAgent
from agentalign_env.recording.trajectory import (
    ENVIRONMENT_CRASHED,
    WORKER_DIED,
    Execution,
    RecordedCall,
    RecordedStep,
    RowChange,
    ScenarioSummary,
    Trajectory,
    TrajectoryFormatError,
)
from agentalign_env.rollouts.local import rollout
from agentalign_env.scenarios.chains import load_chains
from agentalign_env.scenarios.scenario import Scenario
from agentalign_env.toolkit.catalogue import load_tools
from agentalign_env.types import INTENTS, Outcome

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)
OBJECT = st.dictionaries(TEXT, JSON, max_size=4)
REWARD = st.floats(-10, 10)
CHANGE = st.builds(RowChange, table=TEXT, key=TEXT, before=st.none() | OBJECT, after=st.none() | OBJECT)
CALL = st.builds(
    RecordedCall,
    id=TEXT,
    name=TEXT,
    arguments=OBJECT,
    executed=st.none() | st.builds(Execution, capability=TEXT, arguments=OBJECT),
    content=TEXT,
    code=TEXT,
    changes=st.lists(CHANGE, max_size=2).map(tuple),
)
STEP = st.builds(
    RecordedStep,
    action=JSON,
    action_repr=TEXT,
    message=TEXT,
    reasoning=TEXT,
    calls=st.lists(CALL, max_size=2).map(tuple),
    error=TEXT,
    answer=TEXT,
    digest=TEXT,
    reward=REWARD,
)
SUMMARY = st.builds(
    ScenarioSummary,
    id=TEXT,
    chain=st.sampled_from(load_chains()),
    seed=st.integers(0, 2**63),
    intent=st.sampled_from(INTENTS),
    world_size=TEXT,
    world_seed=st.integers(0, 2**63),
    tools=st.lists(TEXT, max_size=3).map(tuple),
    chosen=st.lists(TEXT, max_size=3).map(tuple),
    system=TEXT,
    instruction=TEXT,
)
TRAJECTORY = st.builds(
    Trajectory,
    id=TEXT,
    scenario=SUMMARY,
    agent=TEXT,
    max_steps=st.integers(1, 1000),
    steps=st.lists(STEP, max_size=3).map(tuple),
    outcome=st.sampled_from(get_args(Outcome)),
    reward=REWARD,
    credit=REWARD,
    initial_digest=TEXT,
    digest=TEXT,
    error=TEXT,
)


@given(TRAJECTORY)
def test_any_trajectory_is_the_same_after_writing_and_reading(trajectory: Trajectory) -> None:
    line = trajectory.to_line()
    assert line.count(b"\n") == 1
    again = Trajectory.from_line(line)
    assert again == trajectory
    assert again.to_line() == line


def test_the_trajectories_of_every_agent_are_the_same_after_writing_and_reading(trajectories: list[Trajectory]) -> None:
    assert [Trajectory.from_line(trajectory.to_line()) for trajectory in trajectories] == trajectories


def test_a_record_holds_what_was_asked_done_answered_and_changed(
    trajectory: Trajectory, scenarios: list[Scenario]
) -> None:
    scenario, tools = scenarios[0], load_tools()
    assert trajectory.scenario == ScenarioSummary.of(scenario)
    assert trajectory.id.startswith(f"{scenario.id}@oracle#")
    assert (
        trajectory.initial_digest == scenario.new_world().digest() != trajectory.digest == trajectory.steps[-1].digest
    )
    assert [step.reward for step in trajectory.steps] == [0.0] * (len(trajectory.steps) - 1) + [1.0]
    calls = [call for step in trajectory.steps for call in step.calls]
    assert [call.name for call in calls] == list(scenario.chosen)
    for call, planned in zip(calls, scenario.plan, strict=True):
        assert call.arguments.keys() == planned.arguments.keys()
        assert call.executed is not None
        assert call.executed.capability == tools[call.name].capability
        assert isinstance(json.loads(call.content), dict)
    written = [change for call in calls for change in call.changes]
    assert written
    assert all(
        change.after is not None and change.after.keys() > {"id"} for change in written if change.table == "mails"
    )


def test_the_executed_arguments_are_those_of_the_operation_with_its_defaults(scenarios: list[Scenario]) -> None:
    scenario = next(scenario for scenario in scenarios if "search_gmail" in scenario.tools)
    script = ScriptedAgent([{"tool_calls": [{"name": "search_gmail", "arguments": {"q": "tea"}}]}])
    (trajectory,) = rollout(script, [scenario])
    (call,) = trajectory.steps[0].calls
    assert (call.id, call.arguments) == ("call_1", {"q": "tea"})
    assert call.executed is not None
    assert call.executed.capability == "Communication.search_emails"
    assert call.executed.arguments.items() >= {"query": "tea", "folder": "all", "limit": 10}.items()


def odd_steps(trajectories: list[Trajectory]) -> tuple[RecordedStep, ...]:
    return next(trajectory for trajectory in trajectories if trajectory.agent == "odd").steps


def test_a_malformed_action_is_recorded_with_its_answer(trajectories: list[Trajectory]) -> None:
    empty, in_bytes, nan, surrogate = odd_steps(trajectories)[:4]
    assert (empty.action, empty.action_repr) == ({"tool_calls": []}, "")
    assert (in_bytes.action, in_bytes.action_repr) == (None, "b'bytes'")
    assert (nan.action, nan.action_repr) == (None, "nan")
    assert (surrogate.action, surrogate.action_repr) == (None, r"{'message': '\ud800'}")
    for step in (empty, in_bytes, nan, surrogate):
        assert (step.error, step.calls) == ("malformed_action", ())
        assert json.loads(step.answer)["error"]["code"] == "malformed_action"


def test_a_refused_call_is_recorded_as_asked_and_not_as_executed(trajectories: list[Trajectory]) -> None:
    step = odd_steps(trajectories)[4]
    (call,) = step.calls
    assert (call.code, call.executed, call.changes, step.error) == ("unknown_tool", None, (), "unknown_tool")
    assert call.arguments == {"n": 2**63, "text": "café", "deep": {"list": [1.5, None]}}


def test_words_and_thoughts_are_recorded_apart(trajectories: list[Trajectory]) -> None:
    assert odd_steps(trajectories)[5].reasoning == "the mails first"
    late = next(trajectory for trajectory in trajectories if trajectory.agent == "late").steps[0]
    assert (late.message, late.reasoning) == ("Let me look.", "hm")


def test_the_same_episode_has_the_same_id_and_another_one_has_another(scenarios: list[Scenario]) -> None:
    def recorded(message: str) -> str:
        (trajectory,) = rollout(ScriptedAgent([{"message": message}]), scenarios[:1])
        return trajectory.id

    assert recorded("a") == recorded("a") != recorded("b")


def changed(trajectory: Trajectory, **fields: Any) -> bytes:
    return orjson.dumps({**orjson.loads(trajectory.to_line()), **fields})


@pytest.mark.parametrize(
    ("fields", "key"),
    [
        ({"schema_version": 2}, "schema_version"),
        ({"schema_version": "1"}, "schema_version"),
        ({"reward": "1.0"}, "reward"),
        ({"outcome": "won"}, "outcome"),
        ({"steps": [{}]}, "steps.0.action"),
        ({"extra": 1}, "extra"),
    ],
)
def test_a_record_in_another_form_is_refused_with_its_key(
    trajectory: Trajectory, fields: dict[str, Any], key: str
) -> None:
    with pytest.raises(TrajectoryFormatError) as caught:
        Trajectory.from_line(changed(trajectory, **fields))
    assert caught.value.key == key


@pytest.mark.parametrize(
    ("line", "key"), [(b"{", "JSON"), (b"[]", "record"), (b"7", "record"), (b"{}", "schema_version")]
)
def test_what_is_no_record_is_refused(line: bytes, key: str) -> None:
    with pytest.raises(TrajectoryFormatError) as caught:
        Trajectory.from_line(line)
    assert caught.value.key == key


def test_the_agents_own_crash_is_told_apart_from_a_tools(trajectory: Trajectory) -> None:
    assert not trajectory.agent_failed
    assert replace(trajectory, error="ValueError: x").agent_failed
    assert replace(trajectory, error="TimeoutError: the episode took over 3 s").agent_failed
    assert not replace(trajectory, error=f"{ENVIRONMENT_CRASHED}: ValueError: x").agent_failed
    assert not replace(trajectory, error=f"{WORKER_DIED}: in the middle of it").agent_failed
