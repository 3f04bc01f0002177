"""Turning the live state of an episode into its record, step by step."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from agentalign_env.core.limits import Limits
from agentalign_env.core.store import Change
from agentalign_env.core.table import Table
from agentalign_env.envs.actions import ActionError, parse_action
from agentalign_env.envs.episode import Episode
from agentalign_env.recording.trajectory import (
    FAULT,
    Execution,
    RecordedCall,
    RecordedStep,
    RowChange,
    ScenarioSummary,
    Trajectory,
)
from agentalign_env.scenarios.scenario import Scenario
from agentalign_env.toolkit.dispatch import ToolResult
from agentalign_env.toolkit.tool import Tool
from agentalign_env.types import AssistantTurn, JsonObject, Message, ToolCall

__all__ = ["Recorder", "reasoning_of", "record_calls", "trajectory_id"]

_REPR_CHARS = 2_000
_REASONING_KEYS = ("reasoning", "reasoning_content", "thinking")


class Recorder:
    """Records one episode.

    Args:
        scenario: Where it began.
        agent: The agent's name.
        episode: Its live state, before the first step.
    """

    def __init__(self, scenario: Scenario, agent: str, episode: Episode) -> None:
        self._scenario, self._agent, self._episode = scenario, agent, episode
        self._initial_digest = episode.world.digest()
        self._steps: list[RecordedStep] = []
        self._recorded = 0  # of the episode's results

    def step(self, action: object, messages: Sequence[Message], reward: float) -> RecordedStep:
        """Records the step that the episode just made.

        Args:
            action: What the agent sent.
            messages: What it was answered.
            reward: Of this step.
        """
        episode = self._episode
        turn, _ = episode.log[-1]
        plain, described = _json_action(action, turn, episode.limits)
        step = RecordedStep(
            action=plain,
            action_repr=described,
            message="" if isinstance(turn, ActionError) else turn.message,
            reasoning=reasoning_of(plain),
            calls=() if isinstance(turn, ActionError) else record_calls(episode, turn.calls, self._recorded, messages),
            error=episode.error,
            answer=messages[0]["content"] if messages and messages[0]["role"] == "user" else "",
            digest=episode.world.digest(),
            reward=float(reward),
        )
        self._recorded = len(episode.results)
        self._steps.append(step)
        return step

    def finish(self, error: str = "") -> Trajectory:
        """The whole record.

        Args:
            error: The exception with which the agent ended the episode; it makes the outcome a fault.
        """
        episode = self._episode
        summary, steps = ScenarioSummary.of(self._scenario), tuple(self._steps)
        return Trajectory(
            id=trajectory_id(summary.id, self._agent, steps),
            scenario=summary,
            agent=self._agent,
            max_steps=episode.limits.steps,
            steps=steps,
            outcome="fault" if error else episode.outcome,
            reward=sum(step.reward for step in steps),
            credit=0.0 if error else episode.credit,
            initial_digest=self._initial_digest,
            digest=episode.world.digest(),
            error=_text(error or episode.fault),
        )


def record_calls(
    episode: Episode, calls: Sequence[ToolCall], first: int, messages: Sequence[Message]
) -> tuple[RecordedCall, ...]:
    """The record of a step's calls.

    Args:
        episode: Just after the step.
        calls: What was asked.
        first: Position of the first call's answer in the episode's results. A crash leaves the last calls unanswered.
        messages: The answers as the agent read them.
    """
    results = episode.results[first:]
    tables = episode.world.base.table_by_name
    recorded = [
        RecordedCall(
            id=call.id,
            name=call.name,
            arguments=call.arguments,
            executed=_execution(episode.tools.get(call.name), result),
            content=message["content"],
            code=result.code,
            changes=tuple(_row_change(tables[change.table], change) for change in result.changes),
        )
        for call, result, message in zip(calls, results, messages, strict=False)
    ]
    recorded += [
        RecordedCall(call.id, call.name, call.arguments, None, "", FAULT, ()) for call in calls[len(results) :]
    ]
    return tuple(recorded)


def _execution(tool: Tool | None, result: ToolResult) -> Execution | None:
    if (
        tool is None
        or result.code in ("limit_exceeded", "malformed_action")
        or tool.reject(result.call.arguments) is not None
    ):
        return None
    defaults = {
        name: parameter.default
        for name, parameter in tool.operation.parameters.items()
        if parameter.default is not None
    }
    arguments = {**defaults, **tool.bind(result.call.arguments)}
    return Execution(
        tool.capability, {name: _json_value(value) for name, value in arguments.items() if value not in (None, {})}
    )


def _row_change(table: Table[Any], change: Change) -> RowChange:
    def row(values: tuple[Any, ...] | None) -> JsonObject | None:
        if values is None:
            return None
        return {name: _json_value(value) for name, value in zip(table.fields, values, strict=True)}

    return RowChange(change.table, change.key, row(change.before), row(change.after))


def _json_value(value: Any) -> Any:
    """The value with lists for tuples and dicts for other mappings, as JSON gives it back."""
    if isinstance(value, Mapping):
        return {key: _json_value(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_json_value(item) for item in value]
    return value


def _json_action(action: object, turn: AssistantTurn | ActionError, limits: Limits) -> tuple[Any, str]:
    """The action as JSON gives it back, or ``None`` and a description where it would not be read as the same turn."""
    try:
        plain = _json_value(action)
        read = orjson.loads(orjson.dumps(plain))
        if read == plain and parse_action(read, limits) == turn:  # NaN is written as null, so it differs
            return read, ""
    except (TypeError, ValueError, RecursionError):
        pass
    try:
        return None, _text(repr(action))[:_REPR_CHARS]
    except RecursionError:
        return None, f"a {type(action).__name__} nested too deeply to show"


def reasoning_of(action: Any) -> str:
    """The thoughts that an action carries apart from its words and calls; ``""`` where there are none."""
    if isinstance(action, str) and action.lstrip()[:1] == "{":
        try:
            action = orjson.loads(action)
        except orjson.JSONDecodeError:
            return ""
    if isinstance(action, Mapping):
        for key in _REASONING_KEYS:
            if isinstance(action.get(key), str):
                return str(action[key])
    return ""


def _text(text: str) -> str:
    """The text with what UTF-8 cannot hold replaced."""
    return text.encode("utf-8", "replace").decode()


def trajectory_id(scenario: str, agent: str, steps: Sequence[RecordedStep]) -> str:
    """The id of the record of these steps."""
    content = orjson.dumps([(step.action, step.action_repr) for step in steps])
    return f"{scenario}@{agent}#{hashlib.blake2b(content, digest_size=4).hexdigest()}"
