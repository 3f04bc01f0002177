"""What Gymnasium itself costs, and what an answer without any state costs, with ours beside them."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import count
from typing import Any

import gymnasium as gym
import numpy as np

from benchmarks.fixtures import reading, sandbox, sending
from benchmarks.measure import Figure, Settings, Work, measure, ratio

__all__ = ["run", "stand_in_send"]

_EMPTY = "Floor/Empty-v0"
_READS, _WRITES = 100, 20  # between resets, so that neither overlay nor history outgrows those of an episode
_SEND_GOAL = 1.0
_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_PRIORITIES = ("low", "normal", "high")


def run(settings: Settings) -> Iterator[Figure]:
    """An empty environment and ours, both through `gymnasium.make` with its default wrappers; then a send."""
    if _EMPTY not in gym.registry:
        gym.register(_EMPTY, entry_point=lambda **_: _Empty())
    empty, ours = gym.make(_EMPTY), sandbox()
    empty.reset(seed=0)
    read, write = reading(_world(ours)), sending(_world(ours))
    arguments = write["tool_calls"][0]["arguments"]
    _require_success(ours, read)
    _require_success(ours, write)
    _require_sent(stand_in_send(**arguments))
    theirs_step, theirs_reset, theirs_seeded, step, reset, seeded, send, stand_in = measure(
        [
            Work(lambda: empty.step(0)),
            Work(empty.reset),
            Work(_seeded(empty)),
            Work(lambda: ours.step(read), ours.reset, _READS),
            Work(ours.reset),
            Work(_seeded(ours)),
            Work(lambda: ours.step(write), ours.reset, _WRITES),
            Work(lambda: stand_in_send(**arguments)),
        ],
        settings,
    )
    pairs = (
        ("step", "step that opens a mail", theirs_step, step),
        ("reset", "reset", theirs_reset, reset),
        ("reset with a seed", "reset with a seed", theirs_seeded, seeded),
    )
    for what, own, floor, timing in pairs:
        yield Figure.of(f"empty environment: {what}", floor)
        yield Figure(f"ours, {own} / empty environment's {what}", value=ratio(timing, floor), unit="x")
    yield Figure.of("stateless stand-in for a send", stand_in)
    yield Figure(
        "ours, step that sends a mail / stateless stand-in", value=ratio(send, stand_in), unit="x", goal=_SEND_GOAL
    )


class _Empty(gym.Env[Any, Any]):
    """Does nothing, as correctly as Gymnasium asks for."""

    observation_space = gym.spaces.Discrete(1)
    action_space = gym.spaces.Discrete(1)

    def __init__(self) -> None:
        self._nothing = np.int64(0)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        super().reset(seed=seed)
        return self._nothing, {}

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        return self._nothing, 0.0, False, False, {}


def stand_in_send(
    sender: str,
    to: list[str],
    subject: str,
    body: str,
    cc: list[str] | None = None,
    bcc: list[str] | None = None,
    attachments: list[dict[str, Any]] | None = None,
    is_html: bool = False,
    priority: str = "normal",
) -> str:
    """Stands in for a tool of the kind that keeps no state: it checks, draws an id, formats an answer and forgets.

    Such a tool is published with the AgentAlign paper. This one is not it: it does the same kind of work and no more,
    so that it is no slower than it has to be.
    """
    if not all(isinstance(text, str) for text in (sender, subject, body)):
        return json.dumps({"success": False, "error": "sender, subject and body are texts"})
    recipients = [*to, *(cc or ()), *(bcc or ())]
    for address in (sender, *recipients):
        if _ADDRESS.fullmatch(address) is None:
            return json.dumps({"success": False, "error": f"invalid address: {address}"})
    if not to or priority not in _PRIORITIES:
        return json.dumps({"success": False, "error": "at least one recipient and a known priority are needed"})
    answer = {
        "success": True,
        "message_id": f"<{uuid.uuid4().hex}@mail.example>",
        "sender": sender,
        "to": to,
        "subject": subject,
        "size": len(body),
        "is_html": is_html,
        "priority": priority,
        "attachments": [attachment.get("name") for attachment in attachments or ()],
        "sent_at": datetime.now(UTC).isoformat(),
    }
    return json.dumps(answer)


def _world(env: gym.Env[Any, Any]) -> Any:
    return env.unwrapped.episode.world  # type: ignore[attr-defined]


def _seeded(env: gym.Env[Any, Any]) -> Callable[[], Any]:
    seeds = count()
    return lambda: env.reset(seed=next(seeds))


def _require_success(env: gym.Env[Any, Any], act: dict[str, Any]) -> None:
    code = env.step(act)[4]["action_error"]
    if code:
        raise RuntimeError(f"expected success of {act}, got {code!r}")


def _require_sent(answer: str) -> None:
    if not json.loads(answer)["success"]:
        raise RuntimeError(f"expected the stand-in to answer with success, got {answer}")
