"""A step through `gym.make`: one call that reads, one that writes, one that is wrong."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gymnasium as gym

from benchmarks.fixtures import action, email_scenario, make, oracle_actions, reading, sandbox, sending
from benchmarks.measure import Figure, Settings, Work, measure

__all__ = ["run"]

_READ_GOAL, _WRITE_GOAL, _BAD_GOAL = 0.75, 1.25, 0.5
_WRITES, _READS = 20, 100  # between resets, so that neither overlay nor history outgrows those of an episode


def run(settings: Settings) -> Iterator[Figure]:
    """Steps of free play, then of a chain's episode; both validated, recorded, with the digest in the info."""
    env = sandbox()
    world = env.unwrapped.episode.world  # type: ignore[attr-defined]
    read, write, search = reading(world), sending(world), action("search_gmail", q="invoice")
    works = [
        ("Sandbox: open a mail", read, _READS, _READ_GOAL),
        ("Sandbox: search mail, a page of 10", search, _READS, None),
        ("Sandbox: send a mail", write, _WRITES, _WRITE_GOAL),
        ("Sandbox: unknown tool", action("send_gmial", to=["a@b.example"]), _READS, _BAD_GOAL),
        ("Sandbox: missing argument", action("read_gmail"), _READS, _BAD_GOAL),
        ("Sandbox: wrong type", action("read_gmail", message_id=7), _READS, _BAD_GOAL),
        ("Sandbox: no such mail", action("read_gmail", message_id="none"), _READS, _BAD_GOAL),
        ("Sandbox: malformed action", {"tool": "read_gmail"}, _READS, _BAD_GOAL),
    ]
    yield from _figures(env, works, {}, settings)

    env, scenario = make("agentalign_env:AgentAlign/Chain-v0"), email_scenario()
    search, read, write, _ = oracle_actions(scenario)
    works = [
        ("Chain: open a mail", read, _READS, _READ_GOAL),
        ("Chain: send a mail", write, _WRITES, _WRITE_GOAL),
        ("Chain: unknown tool", action("send_gmial", to=["a@b.example"]), _READS, _BAD_GOAL),
    ]
    yield from _figures(env, works, {"scenario": scenario}, settings)


def _figures(
    env: gym.Env[Any, Any],
    works: list[tuple[str, dict[str, Any], int, float | None]],
    options: dict[str, Any],
    settings: Settings,
) -> Iterator[Figure]:
    def begin() -> None:
        env.reset(options=options)

    for what, act, _, goal in works:
        begin()
        code = env.step(act)[4]["action_error"]
        if bool(code) != (goal == _BAD_GOAL):
            raise RuntimeError(f"{what}: expected {'an error' if goal == _BAD_GOAL else 'success'}, got {code!r}")
    timings = measure([Work(_stepper(env, act), begin, most) for _, act, most, _ in works], settings)
    for (what, _, _, goal), timing in zip(works, timings, strict=True):
        yield Figure.of(what, timing, goal)


def _stepper(env: gym.Env[Any, Any], act: dict[str, Any]) -> Any:
    step = env.step
    return lambda: step(act)
