"""The check of an episode's goals: the diff of the state, and its comparison with what was asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from agentalign_env import load_tools
from agentalign_env.scenarios.goals import GoalReport
from agentalign_env.toolkit.dispatch import execute
from agentalign_env.types import ToolCall
from benchmarks.fixtures import email_scenario, oracle_actions, rows_of, world_of
from benchmarks.measure import Figure, Settings, Work, measure, ratio

__all__ = ["run"]

_CHECK_GOAL, _FLAT_GOAL = 1.0, 1.2


def run(settings: Settings) -> Iterator[Figure]:
    """One change and ten, in a small and in a large world."""
    large = world_of(settings.large_rows)
    rows = [rows_of("small"), rows_of(large)]
    cases = [("1 change, 1 effect asked for", 1, 0), ("10 changes, 4 effects asked for", 4, 6)]
    works = [Work(_check(size, sends, extra)) for _, sends, extra in cases for size in ("small", large)]
    timings = measure(works, settings)
    for at, (what, _, _) in enumerate(cases):
        pair = timings[2 * at : 2 * at + 2]
        for have, timing in zip(rows, pair, strict=True):
            yield Figure.of(f"{what}, {have:,} rows", timing, _CHECK_GOAL)
        yield Figure(
            f"{what}, {rows[1]:,} / {rows[0]:,} rows", value=ratio(pair[1], pair[0]), unit="x", goal=_FLAT_GOAL
        )


def _check(size: str, sends: int, extra: int) -> Callable[[], GoalReport]:
    """Checks the end of an episode that met its goals, or that made so many changes too many."""
    scenario, tools = email_scenario(size, sends=sends), load_tools()
    world, results = scenario.new_world(), []
    calls = [action["tool_calls"][0] for action in oracle_actions(scenario)[:-1]]
    for number, call in enumerate([*calls, *[calls[-1]] * extra]):
        results.append(execute(world, tools, ToolCall(str(number), call["name"], call["arguments"])))
    report = scenario.goals.check(world.store.diff(), results, tools.__getitem__)
    if len(world.store.diff()) != sends + extra or len(report.unexpected) != extra:
        raise RuntimeError(f"expected {sends + extra} changes, {extra} of them unexpected, got {report}")
    return lambda: scenario.goals.check(world.store.diff(), results, tools.__getitem__)
