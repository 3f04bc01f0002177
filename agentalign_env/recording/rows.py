"""The canonical training row: a recorded episode as chat messages, the tools offered, and where it comes from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import orjson

from agentalign_env.recording.trajectory import RecordedCall, RecordedStep, ScenarioSummary, Trajectory
from agentalign_env.scenarios.splits import split_chains
from agentalign_env.toolkit.catalogue import load_tools
from agentalign_env.types import JsonObject

__all__ = ["RowFormatError", "TrainingRow", "row_of", "without_nulls"]

_KEYS = {"uid", "messages", "tools", "meta"}


class RowFormatError(ValueError):
    """A JSON value is no training row; the message says what was expected and what was found."""


@dataclass(frozen=True, slots=True)
class TrainingRow:
    """One episode for training.

    Attributes:
        uid: The id of its trajectory.
        messages: Chat messages. ``content`` is always text, ``arguments`` are always an object without nulls, calls are
            numbered from ``call00001``, every call has its answer, and ``loss`` says whether a turn is to be learnt.
        tools: The tools offered, as an OpenAI-style list.
        meta: Where it comes from, how it ended and what it earned.
    """

    uid: str
    messages: tuple[JsonObject, ...]
    tools: tuple[JsonObject, ...]
    meta: JsonObject

    def to_json(self) -> dict[str, Any]:
        """The form of files: `tools` and `meta` are JSON text, so that every row has the same columns."""
        return {
            "uid": self.uid,
            "messages": [dict(message) for message in self.messages],
            "tools": orjson.dumps(list(self.tools)).decode(),
            "meta": orjson.dumps(dict(self.meta)).decode(),
        }

    @classmethod
    def from_json(cls, value: Any) -> TrainingRow:
        """Reads what `to_json` made.

        Raises:
            RowFormatError: It is of another form.
        """
        if not isinstance(value, Mapping) or not value.keys() >= _KEYS:
            found = sorted(value) if isinstance(value, Mapping) else type(value).__name__
            raise RowFormatError(f"expected an object with {sorted(_KEYS)}, found {found}: export the episode again")
        try:
            tools, meta = orjson.loads(value["tools"]), orjson.loads(value["meta"])
        except orjson.JSONDecodeError as error:
            raise RowFormatError(f"expected JSON text in tools and meta, found: {error}") from error
        return cls(str(value["uid"]), tuple(value["messages"]), tuple(tools), meta)


def row_of(trajectory: Trajectory, meta: JsonObject | None = None) -> TrainingRow:
    """The training row of a recorded episode.

    An assistant turn is to be learnt unless it, or the arguments of one of its calls, could not be read.

    Args:
        trajectory: The record.
        meta: More to tell of it, such as a certificate; it takes precedence.

    Raises:
        UnknownNameError: The catalogue no longer has one of the tools.
    """
    summary = trajectory.scenario
    messages: list[JsonObject] = [
        {"role": "system", "content": summary.system, "loss": False},
        {"role": "user", "content": summary.instruction, "loss": False},
    ]
    calls = 0
    for step in trajectory.steps:
        messages += _messages_of(step, calls)
        calls += len(step.calls)
    return TrainingRow(
        uid=trajectory.id,
        messages=tuple(messages),
        tools=_schemas(summary.faces, summary.tools),
        meta={**_meta_of(trajectory), **(meta or {})},
    )


def without_nulls(value: Any) -> Any:
    """The value without the keys, at any depth, whose value is null."""
    if isinstance(value, Mapping):
        return {key: without_nulls(item) for key, item in value.items() if item is not None}
    if isinstance(value, list | tuple):
        return [without_nulls(item) for item in value]
    return value


def _messages_of(step: RecordedStep, before: int) -> Iterator[JsonObject]:
    """A step's assistant turn and what it was answered; so many calls came before it."""
    ids = [f"call{number:05}" for number in range(before + 1, before + len(step.calls) + 1)]  # Mistral wants nine
    thoughts = {"reasoning_content": step.reasoning} if step.reasoning else {}
    if step.error == "malformed_action" and not step.calls:
        yield {"role": "assistant", "content": _sent(step), **thoughts, "loss": False}
    else:
        malformed = any(call.code == "malformed_action" for call in step.calls)
        calls = {"tool_calls": [_call(name, call) for name, call in zip(ids, step.calls, strict=True)]} if ids else {}
        yield {"role": "assistant", "content": step.message, **thoughts, **calls, "loss": not malformed}
    for call_id, call in zip(ids, step.calls, strict=True):
        yield {"role": "tool", "tool_call_id": call_id, "name": call.name, "content": call.content, "loss": False}
    if step.answer:
        yield {"role": "user", "content": step.answer, "loss": False}


def _call(call_id: str, call: RecordedCall) -> JsonObject:
    function = {"name": call.name, "arguments": without_nulls(call.arguments)}
    return {"id": call_id, "type": "function", "function": function}


def _sent(step: RecordedStep) -> str:
    """What the agent sent where it could not be read."""
    if step.action is None:
        return step.action_repr
    return step.action if isinstance(step.action, str) else orjson.dumps(step.action).decode()


@lru_cache(maxsize=1_024)
def _schemas(faces: int | None, names: tuple[str, ...]) -> tuple[JsonObject, ...]:
    return tuple(load_tools(faces).openai_schemas(names))


def _meta_of(trajectory: Trajectory) -> dict[str, Any]:
    summary, chain = trajectory.scenario, trajectory.scenario.chain
    return {
        "scenario": summary.id,
        "family": summary.family,
        "chain": chain.id,
        "category": chain.category,
        "subcategory": chain.subcategory,
        "pattern": list(chain.steps),
        "intent": summary.intent,
        "care": summary.care,
        "split": "test" if split_chains((chain,), "test") else "train",
        "agent": trajectory.agent,
        "outcome": trajectory.outcome,
        "reward": trajectory.reward,
        "credit": trajectory.credit,
        "initial_digest": trajectory.initial_digest,
        "digest": trajectory.digest,
        "reset": _reset_of(summary),
    }


def _reset_of(summary: ScenarioSummary) -> dict[str, Any]:
    """The arguments with which the scenario is built again."""
    chosen: Sequence[str] | None = summary.chosen
    if not summary.id.endswith(f":{'+'.join(summary.chosen)}"):
        chosen = None  # the builder chooses them from the seed
    return {
        "chain": summary.chain.id,
        "seed": summary.seed,
        "intent": summary.intent,
        "world": summary.world_size,
        "explicitness": summary.explicitness,
        "faces": summary.faces,
        "tools": None if chosen is None else list(chosen),
    }
