"""Replay: carrying the recorded calls out again in a fresh world, up to the first difference."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any, NamedTuple

import orjson

from agentalign_env.core.limits import DEFAULT_LIMITS
from agentalign_env.core.world import World
from agentalign_env.envs.actions import ActionError, MalformedCall, parse_action
from agentalign_env.envs.applications import APPLICATIONS, application_tools
from agentalign_env.envs.episode import Episode, Setting
from agentalign_env.errors import ReplayError, ScenarioBuildError, UnknownNameError, UnsupportedChainError
from agentalign_env.recording.recorder import reasoning_of, record_calls, trajectory_id
from agentalign_env.recording.trajectory import RecordedCall, RecordedStep, ScenarioSummary, Trajectory
from agentalign_env.scenarios.builder import build_scenario
from agentalign_env.scenarios.goals import Goals
from agentalign_env.scenarios.premises import lay
from agentalign_env.scenarios.scenario import Scenario
from agentalign_env.scenarios.splits import reserved_tools
from agentalign_env.services import load_base_world
from agentalign_env.toolkit.catalogue import load_tools
from agentalign_env.types import AssistantTurn, Explicitness, Intent, ToolCall

__all__ = ["Divergence", "ReplayReport", "rebuild_scenario", "replay"]


class Divergence(NamedTuple):
    """The first difference between a record and its replay.

    Attributes:
        step: The step, from 0; ``None`` where the whole episode differs.
        call: The call within the step, from 0; ``None`` where the step as a whole differs.
        field: What differs, as the record names it, such as ``content`` or ``changes.0.after.subject``.
        expected: What the record says.
        actual: What the replay gave.
    """

    step: int | None
    call: int | None
    field: str
    expected: Any
    actual: Any

    def __str__(self) -> str:
        place = [f"step {self.step}"] if self.step is not None else ["episode"]
        place += [f"call {self.call}"] if self.call is not None else []
        return f"{', '.join(place)}, {self.field}: recorded {_shown(self.expected)}, replayed {_shown(self.actual)}"


class ReplayReport(NamedTuple):
    """The result of a replay.

    Attributes:
        divergence: The first difference, ``None`` when there is none.
        scored: Whether outcome, reward and credit were compared too; they are not where the scenario cannot be built
            again, or where the agent crashed.
    """

    divergence: Divergence | None
    scored: bool

    @property
    def ok(self) -> bool:
        """Whether the replay gave what the record says."""
        return self.divergence is None


@dataclass(frozen=True, slots=True)
class _RecordedSetting:
    """The setting of a record whose scenario cannot be built again: world and tools, no goals."""

    summary: ScenarioSummary
    goals: Goals | None = None

    @property
    def id(self) -> str:
        return self.summary.id

    @property
    def intent(self) -> Intent:
        return self.summary.intent

    @property
    def tools(self) -> tuple[str, ...]:
        return self.summary.tools

    @property
    def system(self) -> str:
        return self.summary.system

    @property
    def instruction(self) -> str:
        return self.summary.instruction

    @property
    def faces(self) -> int | None:
        return self.summary.faces

    @property
    def explicitness(self) -> Explicitness:
        return self.summary.explicitness

    @property
    def answer(self) -> str:
        return self.summary.answer

    def new_world(self) -> World:
        world = World(load_base_world(self.summary.world_size, self.summary.world_seed))
        lay(world, self.summary.premises)
        return world


def replay(trajectory: Trajectory) -> ReplayReport:
    """Carries the recorded actions out again in a fresh world, and compares what they ask for, answer, change and earn.

    Where the scenario can be built again, what the record says about it is compared too. An action that JSON could not
    hold is taken from the recorded calls.

    Raises:
        ReplayError: The record names a world size or a tool that does not exist here.
    """
    scenario = rebuild_scenario(trajectory.scenario)
    setting: Setting = scenario or _RecordedSetting(trajectory.scenario)
    limits = DEFAULT_LIMITS._replace(steps=max(trajectory.max_steps, 1))
    try:
        episode = Episode(setting, limits)
    except UnknownNameError as error:
        raise ReplayError(f"trajectory {trajectory.id!r} cannot be carried out here: {error}") from error
    scored = scenario is not None and not trajectory.broken_off
    found = chain(
        () if scenario is None else _scenario_divergences(trajectory.scenario, scenario),
        _divergences(trajectory, episode, scored),
    )
    return ReplayReport(next(found, None), scored)


def rebuild_scenario(summary: ScenarioSummary) -> Scenario | None:
    """The scenario of a record, built again from its chain; ``None`` where today's data gives another one.

    It offers the tools of the record where some environment offers these in it, else those that the builder chooses.
    """
    named = summary.id.endswith(f":{'+'.join(summary.chosen)}")  # the caller chose the tools
    try:
        scenario = build_scenario(
            summary.chain,
            seed=summary.seed,
            intent=summary.intent,
            world=summary.world_size,
            tools=summary.chosen if named else None,
            explicitness=summary.explicitness,
            faces=summary.faces,
        )
    except (ScenarioBuildError, UnsupportedChainError, UnknownNameError):
        return None
    same = (scenario.world, scenario.chosen, scenario.instruction) == (
        (summary.world_size, summary.world_seed), summary.chosen, summary.instruction,
    )  # fmt: skip
    if not same:
        return None
    return replace(scenario, tools=summary.tools) if summary.tools in _offers(scenario) else scenario


def _offers(scenario: Scenario) -> Iterator[tuple[str, ...]]:
    """What environments offer in a scenario besides the builder's choice: every tool, or those of an application."""
    yield load_tools(scenario.faces).names
    withheld = [reserved_tools(kind) for kind in ("tool", "capability")]
    yield from (tuple(name for name in scenario.tools if name not in names) for names in withheld)
    planned = {call.tool for call in (*scenario.plan, *scenario.beyond)}
    applications = (tools for tools in map(application_tools, APPLICATIONS) if {*scenario.chosen} <= {*tools})
    yield from (tuple(sorted({*tools, *planned})) for tools in applications)


def _scenario_divergences(summary: ScenarioSummary, scenario: Scenario) -> Iterator[Divergence]:
    yield from _differences(None, None, "scenario.tools", list(summary.tools), list(scenario.tools))
    for field in ("id", "system"):
        yield from _differences(None, None, f"scenario.{field}", getattr(summary, field), getattr(scenario, field))


def _divergences(trajectory: Trajectory, episode: Episode, scored: bool) -> Iterator[Divergence]:
    yield from _differences(None, None, "initial_digest", trajectory.initial_digest, episode.world.digest())
    for number, step in enumerate(trajectory.steps):
        if episode.over:
            yield Divergence(number, None, "steps", "a further step", f"the episode ended with {episode.outcome!r}")
            return
        yield from _step_divergences(number, step, episode, scored)
    yield from _differences(None, None, "digest", trajectory.digest, episode.world.digest())
    if scored:
        for field in ("outcome", "credit"):
            yield from _differences(None, None, field, getattr(trajectory, field), getattr(episode, field))
    total = sum(step.reward for step in trajectory.steps)
    yield from _differences(None, None, "reward", trajectory.reward, total)
    derived = trajectory_id(trajectory.scenario.id, trajectory.agent, trajectory.steps)
    yield from _differences(None, None, "id", trajectory.id, derived)


def _step_divergences(number: int, step: RecordedStep, episode: Episode, scored: bool) -> Iterator[Divergence]:
    first = len(episode.results)
    turn = _recorded_turn(step) if step.action_repr else parse_action(step.action, episode.limits)
    yield from _action_divergences(number, step, turn)
    messages = episode.step(turn)
    if isinstance(turn, AssistantTurn):
        again = record_calls(episode, turn.calls, first, messages)
        for at, (expected, actual) in enumerate(zip(step.calls, again, strict=True)):
            yield from _call_divergences(number, at, expected, actual)
    answer = messages[0]["content"] if messages and messages[0]["role"] == "user" else ""
    yield from _differences(number, None, "answer", step.answer, answer)
    yield from _differences(number, None, "error", step.error, episode.error)
    yield from _differences(number, None, "digest", step.digest, episode.world.digest())
    if scored:
        yield from _differences(number, None, "reward", step.reward, episode.reward)


def _action_divergences(number: int, step: RecordedStep, turn: AssistantTurn | ActionError) -> Iterator[Divergence]:
    """Where the recorded calls and words are not those of the recorded action."""
    calls: Sequence[ToolCall] = () if isinstance(turn, ActionError) else turn.calls
    if step.action_repr:
        yield from _differences(number, None, "action", step.action, None)
    yield from _differences(number, None, "calls", len(step.calls), len(calls))
    for at, (recorded, call) in enumerate(zip(step.calls, calls, strict=True)):
        for field in ("id", "name", "arguments"):
            yield from _differences(number, at, field, getattr(recorded, field), getattr(call, field))
    message = "" if isinstance(turn, ActionError) else turn.message
    yield from _differences(number, None, "message", step.message, message)
    yield from _differences(number, None, "reasoning", step.reasoning, reasoning_of(step.action))


def _recorded_turn(step: RecordedStep) -> AssistantTurn | ActionError:
    """The turn that the recorded calls make."""
    if step.error == "malformed_action" and not step.calls:
        return ActionError("malformed_action", _explanation(step.answer))
    return AssistantTurn(tuple(map(_recorded_call, step.calls)), step.message)


def _recorded_call(call: RecordedCall) -> ToolCall:
    if call.code == "malformed_action":
        return MalformedCall(call.id, call.name, _explanation(call.content))
    return ToolCall(call.id, call.name, call.arguments)


def _explanation(envelope: str) -> str:
    """The message of an error envelope."""
    try:
        return str(orjson.loads(envelope)["error"]["message"])
    except (orjson.JSONDecodeError, LookupError, TypeError):
        return envelope


def _call_divergences(step: int, number: int, expected: RecordedCall, actual: RecordedCall) -> Iterator[Divergence]:
    yield from _differences(step, number, "code", expected.code, actual.code)
    yield from _differences(step, number, "content", expected.content, actual.content)
    one, other = expected.executed, actual.executed
    if one is None or other is None:
        yield from _differences(step, number, "executed", one, other)
    else:
        yield from _differences(step, number, "executed.capability", one.capability, other.capability)
        yield from _differences(step, number, "executed.arguments", one.arguments, other.arguments)
    yield from _differences(step, number, "changes", _rows(expected), _rows(actual))


def _rows(call: RecordedCall) -> list[dict[str, Any]]:
    return [{"table": row.table, "key": row.key, "before": row.before, "after": row.after} for row in call.changes]


def _differences(step: int | None, call: int | None, field: str, expected: Any, actual: Any) -> Iterator[Divergence]:
    """The first difference, named as deep as both sides have the same shape."""
    if expected == actual:
        return
    if isinstance(expected, dict) and isinstance(actual, dict) and expected.keys() == actual.keys():
        for key in expected:
            yield from _differences(step, call, f"{field}.{key}", expected[key], actual[key])
    elif isinstance(expected, list) and isinstance(actual, list) and len(expected) == len(actual):
        for at, (one, other) in enumerate(zip(expected, actual, strict=True)):
            yield from _differences(step, call, f"{field}.{at}", one, other)
    else:
        yield Divergence(step, call, field, expected, actual)


def _shown(value: Any) -> str:
    if not isinstance(value, str):
        return repr(value)[:160]
    return repr(value if len(value) <= 160 else f"{value[:120]} ... {value[-30:]}")
