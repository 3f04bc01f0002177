"""Replay: carrying the recorded calls out again in a fresh world, up to the first difference."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import orjson

from agentalign_env.core.limits import DEFAULT_LIMITS
from agentalign_env.core.world import World
from agentalign_env.envs.actions import ActionError
from agentalign_env.envs.episode import Episode, Setting
from agentalign_env.errors import ReplayError, ScenarioBuildError, UnknownNameError, UnsupportedChainError
from agentalign_env.recording.recorder import record_calls
from agentalign_env.recording.trajectory import RecordedCall, RecordedStep, ScenarioSummary, Trajectory
from agentalign_env.scenarios.builder import build_scenario
from agentalign_env.scenarios.goals import Goals
from agentalign_env.scenarios.scenario import Scenario
from agentalign_env.services import load_base_world
from agentalign_env.types import AssistantTurn, Intent, ToolCall

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

    def new_world(self) -> World:
        return World(load_base_world(self.summary.world_size, self.summary.world_seed))


def replay(trajectory: Trajectory) -> ReplayReport:
    """Re-executes the recorded calls in a fresh world, and compares what they answer, change and earn with the record.

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
    scored = scenario is not None and not trajectory.agent_failed
    return ReplayReport(next(_divergences(trajectory, episode, scored), None), scored)


def rebuild_scenario(summary: ScenarioSummary) -> Scenario | None:
    """The scenario of a record, built again from its chain; ``None`` where today's data gives another one."""
    named = summary.id.count(":") > 2  # the id ends with the tools where the caller chose them
    try:
        scenario = build_scenario(
            summary.chain,
            seed=summary.seed,
            intent=summary.intent,
            world=summary.world_size,
            tools=summary.chosen if named else None,
        )
    except (ScenarioBuildError, UnsupportedChainError, UnknownNameError):
        return None
    same = (scenario.world, scenario.chosen, scenario.instruction) == (
        (summary.world_size, summary.world_seed), summary.chosen, summary.instruction,
    )  # fmt: skip
    if not same or not {*summary.chosen} <= {*summary.tools}:
        return None
    if scenario.tools == summary.tools:
        return scenario
    return replace(scenario, tools=summary.tools)  # an environment may offer other tools than the builder


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


def _step_divergences(number: int, step: RecordedStep, episode: Episode, scored: bool) -> Iterator[Divergence]:
    first = len(episode.results)
    turn = _turn(step)
    messages = episode.step(turn)
    if isinstance(turn, AssistantTurn):
        again = record_calls(episode, turn.calls, first, messages)
        for at, (expected, actual) in enumerate(zip(step.calls, again, strict=True)):
            yield from _call_divergences(number, at, expected, actual)
    else:
        yield from _differences(number, None, "answer", step.answer, messages[0]["content"])
    yield from _differences(number, None, "error", step.error, episode.error)
    yield from _differences(number, None, "digest", step.digest, episode.world.digest())
    if scored:
        yield from _differences(number, None, "reward", step.reward, episode.reward)


def _turn(step: RecordedStep) -> AssistantTurn | ActionError:
    """The turn that the record holds."""
    if step.error == "malformed_action" and not step.calls:
        try:
            message = str(orjson.loads(step.answer)["error"]["message"])
        except (orjson.JSONDecodeError, LookupError, TypeError):
            message = step.answer
        return ActionError("malformed_action", message)
    return AssistantTurn(tuple(ToolCall(call.id, call.name, call.arguments) for call in step.calls), step.message)


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
