"""Replay: every honest record passes, and every tampered one is found where it was tampered with."""

from dataclasses import replace
from typing import Any

import pytest

from agentalign_env.agents.oracle import OracleAgent
from agentalign_env.errors import ReplayError
from agentalign_env.recording.replay import Divergence, rebuild_scenario, replay
from agentalign_env.recording.trajectory import RecordedCall, Trajectory
from agentalign_env.rollouts.local import rollout
from agentalign_env.scenarios.builder import build_scenario
from agentalign_env.scenarios.scenario import Scenario
from agentalign_env.toolkit.catalogue import load_tools


def with_step(trajectory: Trajectory, number: int, **fields: Any) -> Trajectory:
    steps = list(trajectory.steps)
    steps[number] = replace(steps[number], **fields)
    return replace(trajectory, steps=tuple(steps))


def with_call(trajectory: Trajectory, number: int, **fields: Any) -> Trajectory:
    return with_step(trajectory, number, calls=(replace(trajectory.steps[number].calls[0], **fields),))


def writing_step(trajectory: Trajectory) -> tuple[int, RecordedCall]:
    return next((at, call) for at, step in enumerate(trajectory.steps) for call in step.calls if call.changes)


def diverges(trajectory: Trajectory) -> Divergence:
    report = replay(trajectory)
    assert not report.ok
    assert report.divergence is not None
    return report.divergence


def test_the_records_of_every_agent_replay(trajectories: list[Trajectory]) -> None:
    assert {trajectory.agent for trajectory in trajectories} > {"oracle", "random", "odd"}
    assert [report.divergence for report in map(replay, trajectories) if not report.ok or not report.scored] == []


def test_a_record_replays_after_writing_and_reading(trajectory: Trajectory) -> None:
    report = replay(Trajectory.from_line(trajectory.to_line()))
    assert (report.ok, report.scored) == (True, True)


def test_a_tampered_result_is_found_at_its_step(trajectory: Trajectory) -> None:
    found = diverges(with_call(trajectory, 1, content='{"forged": true}'))
    assert (found.step, found.call, found.field, found.expected) == (1, 0, "content", '{"forged": true}')
    assert found.actual == trajectory.steps[1].calls[0].content
    assert str(found).startswith("step 1, call 0, content: recorded '{\"forged\": true}', replayed ")


def test_a_tampered_code_is_found_at_its_step(trajectory: Trajectory) -> None:
    found = diverges(with_call(trajectory, 0, code="not_found"))
    assert found[:4] == (0, 0, "code", "not_found")


def test_a_tampered_change_is_found_with_its_field(trajectory: Trajectory) -> None:
    at, call = writing_step(trajectory)
    row = call.changes[0]
    assert row.after is not None
    name = list(row.after)[1]
    forged = replace(row, after={**row.after, name: "forged"})
    found = diverges(with_call(trajectory, at, changes=(forged, *call.changes[1:])))
    assert found[:4] == (at, 0, f"changes.0.after.{name}", "forged")


def test_a_dropped_change_is_found(trajectory: Trajectory) -> None:
    at, _ = writing_step(trajectory)
    found = diverges(with_call(trajectory, at, changes=()))
    assert found[:4] == (at, 0, "changes", [])


def test_tampered_arguments_are_found_in_what_they_did(trajectory: Trajectory) -> None:
    at, _ = writing_step(trajectory)
    assert diverges(with_call(trajectory, at, arguments={})).step == at


def test_a_tampered_action_is_found_in_what_it_asks_for(trajectory: Trajectory) -> None:
    step = trajectory.steps[1]
    words = diverges(with_step(trajectory, 1, action={"message": "Done."}))
    assert words == (1, None, "calls", len(step.calls), 0)
    call = step.calls[0]
    other = {"tool_calls": [{"id": call.id, "name": "no_such_tool", "arguments": dict(call.arguments)}]}
    assert diverges(with_step(trajectory, 1, action=other)) == (1, 0, "name", call.name, "no_such_tool")
    assert diverges(with_step(trajectory, 1, action=7)).step == 1


def test_an_action_that_is_tampered_with_and_asks_for_the_same_is_found_in_the_id(trajectory: Trajectory) -> None:
    action = {**trajectory.steps[0].action, "note": "forged"}
    found = diverges(with_step(trajectory, 0, action=action))
    assert found[:4] == (None, None, "id", trajectory.id)


def test_a_tampered_message_or_reasoning_is_found_at_its_step(trajectory: Trajectory) -> None:
    last = len(trajectory.steps) - 1
    for field in ("message", "reasoning"):
        found = diverges(with_step(trajectory, last, **{field: "forged"}))
        assert found == (last, None, field, "forged", getattr(trajectory.steps[last], field))


def test_a_tampered_id_of_a_call_is_found(trajectory: Trajectory) -> None:
    found = diverges(with_call(trajectory, 1, id="forged"))
    assert found == (1, 0, "id", "forged", trajectory.steps[1].calls[0].id)


def test_tampered_tools_of_the_scenario_are_found(trajectory: Trajectory) -> None:
    tools = trajectory.scenario.tools
    for forged in (tools[1:], ("aaa_forged", *tools[1:])):
        found = diverges(replace(trajectory, scenario=replace(trajectory.scenario, tools=forged)))
        assert (found.step, found.field.startswith("scenario.tools")) == (None, True)


@pytest.mark.parametrize("field", ["id", "system"])
def test_a_tampered_scenario_is_found(trajectory: Trajectory, field: str) -> None:
    forged: dict[str, Any] = {field: "forged"}
    found = diverges(replace(trajectory, scenario=replace(trajectory.scenario, **forged)))
    assert found[:4] == (None, None, f"scenario.{field}", "forged")


def test_a_tampered_id_is_found(trajectory: Trajectory) -> None:
    assert diverges(replace(trajectory, id="forged")) == (None, None, "id", "forged", trajectory.id)


def test_a_tampered_execution_is_found(trajectory: Trajectory) -> None:
    call = trajectory.steps[0].calls[0]
    assert call.executed is not None
    found = diverges(with_call(trajectory, 0, executed=replace(call.executed, arguments={})))
    assert found[:3] == (0, 0, "executed.arguments")


@pytest.mark.parametrize(("field", "value"), [("digest", "0" * 32), ("error", "conflict"), ("reward", 0.25)])
def test_a_tampered_step_is_found(trajectory: Trajectory, field: str, value: object) -> None:
    found = diverges(with_step(trajectory, 1, **{field: value}))
    assert found[:4] == (1, None, field, value)


@pytest.mark.parametrize(
    ("field", "value"),
    [("digest", "0" * 32), ("initial_digest", "0" * 32), ("outcome", "refused"), ("credit", 0.5), ("reward", 0.5)],
)
def test_a_tampered_whole_is_found(trajectory: Trajectory, field: str, value: Any) -> None:
    found = diverges(replace(trajectory, **{field: value}))
    assert found[:4] == (None, None, field, value)


def test_a_step_after_the_end_is_found(trajectory: Trajectory) -> None:
    found = diverges(replace(trajectory, steps=(*trajectory.steps, trajectory.steps[-1])))
    assert (found.step, found.field) == (len(trajectory.steps), "steps")


def test_a_missing_last_step_is_found(trajectory: Trajectory) -> None:
    assert diverges(replace(trajectory, steps=trajectory.steps[:-1])).field == "outcome"


def test_a_tampered_answer_to_a_malformed_action_is_found(trajectories: list[Trajectory]) -> None:
    odd = next(trajectory for trajectory in trajectories if trajectory.agent == "odd")
    assert diverges(with_step(odd, 0, answer="You are great.")).field == "answer"


def test_a_record_whose_scenario_is_not_known_here_replays_without_scores(trajectory: Trajectory) -> None:
    renamed = replace(trajectory, scenario=replace(trajectory.scenario, instruction="Something else."))
    report = replay(replace(renamed, outcome="partial", credit=0.1))
    assert (report.ok, report.scored) == (True, False)
    assert diverges(with_call(renamed, 1, content="{}")).step == 1


def test_a_record_of_a_world_that_does_not_exist_here_cannot_be_replayed(trajectory: Trajectory) -> None:
    with pytest.raises(ReplayError, match="huge"):
        replay(replace(trajectory, scenario=replace(trajectory.scenario, world_size="huge")))


def test_a_scenario_with_named_or_other_tools_is_built_again(scenarios: list[Scenario]) -> None:
    first = scenarios[0]
    named = build_scenario(first.chain, seed=1, tools=first.chosen)
    offering_all = replace(first, tools=load_tools().names)
    for scenario in (named, offering_all):
        (trajectory,) = rollout(OracleAgent(), [scenario])
        assert rebuild_scenario(trajectory.scenario) == scenario
        assert replay(trajectory) == (None, True)
