"""Checkpoints of episodes: what the agent did so far, carried out again when it is loaded. No pickles."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

import orjson

from agentalign_env.backends.checkpoints import CheckpointBox
from agentalign_env.core.limits import DEFAULT_LIMITS
from agentalign_env.envs.actions import ActionError, MalformedCall
from agentalign_env.envs.episode import Episode, EpisodeState, require_state
from agentalign_env.errors import StateMismatchError, StoreContentError
from agentalign_env.recording.replay import rebuild_scenario
from agentalign_env.recording.trajectory import ScenarioSummary
from agentalign_env.scenarios.scenario import Scenario
from agentalign_env.types import AssistantTurn, ToolCall

if TYPE_CHECKING:
    from redis import Redis

__all__ = ["EpisodeCheckpoints"]

_VERSION = 1
_REMEDY = "Load it with the version of this package that saved it."


class EpisodeCheckpoints:
    """States of episodes by key.

    A checkpoint is JSON: the scenario's recipe, the actions, and what they led to. Loading builds the scenario, carries
    the actions out again and compares; nothing of the store is ever run as code.

    Args:
        store: From `open_store`.
    """

    def __init__(self, store: Redis) -> None:
        self._box = CheckpointBox(store, "episode", _VERSION)

    def save(self, key: str, state: EpisodeState) -> None:
        """Keeps a state, such as ``env.get_state()``; one of the same key is replaced.

        Raises:
            StateMismatchError: It is no state of an episode, or of one that cannot be begun again from its recipe.
        """
        require_state(state)
        if not isinstance(state.setting, Scenario):
            raise StateMismatchError(
                f"expected the state of a scenario, got one of {type(state.setting).__name__}: free play has no recipe"
            )
        summary = ScenarioSummary.of(state.setting)
        if _scenario(summary) is None:
            raise StateMismatchError(
                f"{summary.id!r} cannot be built again from its chain and seed: keep the scenario as it was built"
            )
        try:
            log = [_plain_turn(turn) for turn, _ in state.log]
            if [_turn(orjson.loads(orjson.dumps(plain))) for plain in log] != [turn for turn, _ in state.log]:
                raise TypeError("JSON gives them back changed")
            content = {
                "scenario": _summaries().dump_python(summary, mode="json"),
                "log": log,
                "reached": _reached(state),
            }
            self._box.save(key, content)
        except (TypeError, RecursionError) as error:
            raise StateMismatchError(f"expected actions that JSON can hold, got others: {error}") from error

    def load(self, key: str) -> EpisodeState:
        """The state of a key, for ``env.set_state()``.

        Raises:
            UnknownNameError: There is none.
            StoreContentError: It is of another form or version, was changed, or leads to another state here.
        """
        from pydantic import ValidationError

        content = self._box.load(key)
        try:
            summary = _summaries().validate_python(content["scenario"])
            turns = [_turn(plain) for plain in content["log"]]
            reached = content["reached"]
            cut = bool(reached["truncated"]) and not reached["fault"]
        except (ValidationError, LookupError, TypeError) as error:
            raise StoreContentError(
                f"checkpoint {key!r}: expected an episode, found another form. {_REMEDY}"
            ) from error
        scenario = _scenario(summary)
        if scenario is None:
            raise StoreContentError(
                f"checkpoint {key!r}: expected scenario {summary.id!r} as it was, now it is another. {_REMEDY}"
            )
        episode = Episode(scenario, DEFAULT_LIMITS._replace(steps=len(turns) + (not cut)))
        for turn in turns:
            if not episode.over:
                episode.step(turn)
        state = episode.get_state()
        now = _reached(state)
        if now != reached:
            differing = sorted(name for name in now if now[name] != reached.get(name))
            raise StoreContentError(
                f"checkpoint {key!r}: expected what the actions led to, found other values of {differing}. {_REMEDY}"
            )
        return state

    def keys(self) -> list[str]:
        """All keys, sorted."""
        return self._box.keys()

    def delete(self, key: str) -> bool:
        """Removes a checkpoint; says whether there was one."""
        return self._box.delete(key)


@cache
def _summaries() -> Any:
    from pydantic import TypeAdapter

    return TypeAdapter(ScenarioSummary)


def _scenario(summary: ScenarioSummary) -> Scenario | None:
    """The scenario of a summary, with its tools; ``None`` where today's data gives another one."""
    found = rebuild_scenario(summary)
    if found is None:
        return None
    found = replace(found, tools=summary.tools)
    return found if ScenarioSummary.of(found) == summary else None


def _plain_turn(turn: AssistantTurn | ActionError) -> dict[str, Any]:
    if isinstance(turn, ActionError):
        return {"error": [turn.code, turn.message]}
    calls = [
        {"id": call.id, "name": call.name, "problem": call.problem}
        if isinstance(call, MalformedCall)
        else {"id": call.id, "name": call.name, "arguments": call.arguments}
        for call in turn.calls
    ]
    return {"calls": calls, "message": turn.message}


def _turn(plain: dict[str, Any]) -> AssistantTurn | ActionError:
    if "error" in plain:
        return ActionError(*plain["error"])
    calls = tuple(
        MalformedCall(call["id"], call["name"], call["problem"])
        if "problem" in call
        else ToolCall(call["id"], call["name"], call["arguments"])
        for call in plain["calls"]
    )
    return AssistantTurn(calls, plain["message"])


def _reached(state: EpisodeState) -> dict[str, Any]:
    """What identifies a state, beside its actions."""
    store = state.world.store
    results = orjson.dumps([(result.call.id, result.code, result.content) for result in state.results])
    return {
        "contents": f"{store.digest_sum:032x}",
        "elapsed_s": store.elapsed_s,
        "issued": {name: number for name, number in sorted(store.issued.items()) if number},
        "results": blake2b(results, digest_size=16).hexdigest(),
        "steps": len(state.log),
        "terminated": state.terminated,
        "truncated": state.truncated,
        "reward": state.reward,
        "outcome": state.outcome,
        "credit": state.credit,
        "error": state.error,
        "fault": state.fault,
        "answered": state.answered,
    }
