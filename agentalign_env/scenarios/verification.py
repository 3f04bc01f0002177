"""The four-way verification: the plan passes, doing nothing fails, near misses fail, another legal order passes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from agentalign_env.core.rng import stream
from agentalign_env.core.world import World
from agentalign_env.scenarios.goals import GoalReport, essence
from agentalign_env.scenarios.plans import PlannedCall, Ref, Slot, call_depends_on, mapped_call, resolve_call, values_at
from agentalign_env.scenarios.scenario import Scenario
from agentalign_env.toolkit.catalogue import load_tools
from agentalign_env.toolkit.dispatch import ToolResult, error_result, execute
from agentalign_env.types import ToolCall

__all__ = ["Run", "Verification", "plan_without", "run_plan", "verify"]

_ORDERS = 3


class Run(NamedTuple):
    """What happened when a plan was carried out."""

    world: World
    results: tuple[ToolResult, ...]
    report: GoalReport


class Verification(NamedTuple):
    """The result of verifying a scenario.

    Attributes:
        failures: A sentence for each check that did not hold.
        mutants: How many near misses were tried.
        orders: How many other legal orders were tried; 0 when data flow, through results or through what one step reads
            and another changes, leaves only one.
    """

    failures: tuple[str, ...]
    mutants: int
    orders: int

    @property
    def ok(self) -> bool:
        """Whether every check held."""
        return not self.failures


def run_plan(scenario: Scenario, plan: Sequence[PlannedCall] | None = None, order: Sequence[int] | None = None) -> Run:
    """Carries out a plan (the scenario's own by default) in a fresh world.

    Args:
        scenario: Gives the world, the slots and the goals.
        plan: Calls; references count positions in it.
        order: The order in which to carry them out.
    """
    plan = scenario.plan if plan is None else plan
    world, tools = scenario.new_world(), load_tools(scenario.faces)
    results: dict[int, ToolResult] = {}
    for number in range(len(plan)) if order is None else order:
        contents = [results[at].content if at in results else "null" for at in range(len(plan))]
        call = plan[number]
        try:
            arguments = resolve_call(call, scenario.slots, contents)
        except LookupError as error:
            asked = ToolCall(str(number), call.tool, {})
            results[number] = error_result(asked, "invalid_argument", f"a reference leads nowhere: {error}")
            continue
        results[number] = execute(world, tools, ToolCall(str(number), call.tool, arguments))
    done = tuple(results.values())
    return Run(world, done, scenario.goals.check(world.store.diff(), done, tools.__getitem__))


def verify(scenario: Scenario) -> Verification:
    """See `Scenario.verify`."""
    failures = []
    own = run_plan(scenario)
    failed = next((result for result in own.results if result.code), None)
    if failed is not None:
        failures.append(f"the plan's call of {failed.call.name} was refused: {failed.content}")
    if not own.report.satisfied:
        failures.append(f"the plan does not meet the goals: {_why(own.report)}")
    if run_plan(scenario, ()).report.satisfied:
        failures.append("doing nothing meets the goals")
    if scenario.beyond and run_plan(scenario, (*scenario.plan, *scenario.beyond)).report.satisfied:
        failures.append("doing also what is to be left undone meets the goals")
    missing = [name for name in scenario.chosen if name not in scenario.tools]
    if missing:
        failures.append(f"the plan uses tools that are not offered: {missing}")
    unstated = [name for name, value in scenario.slots.items() if not _states(scenario.instruction, value)]
    if unstated:
        failures.append(f"the instruction does not state {unstated}")
    given_away = [name for name, value in scenario.described.items() if _states(scenario.instruction, value)]
    if given_away:
        failures.append(f"the instruction states {given_away}, which are to be looked up")
    mutants = 0
    for what, plan in _mutants(scenario, own):
        mutants += 1
        if run_plan(scenario, plan).report.satisfied:
            failures.append(f"a near miss meets the goals: {what}")
    orders = 0
    for order in _other_orders(scenario.plan):
        run = run_plan(scenario, order=order)
        if not run.report.satisfied and _shown(run, scenario) != _shown(own, scenario):
            continue  # what a step looks at was changed by another one before: the order matters here
        orders += 1
        if not run.report.satisfied:
            failures.append(f"the legal order {order} does not meet the goals: {_why(run.report)}")
    return Verification(tuple(failures), mutants, orders)


def _shown(run: Run, scenario: Scenario) -> dict[str, list[Any]]:
    """What the reading calls showed, by the number of the call, as far as it identifies what was there before."""
    tools = load_tools(scenario.faces)
    issued = {change.key for change in run.world.store.diff() if change.before is None}
    return {
        result.call.id: [
            value
            for value in values_at(result.value, tools[result.call.name].operation.identifies)[:1]
            if value not in issued
        ]
        for result in run.results
        if not result.code and not result.changes
    }


def _why(report: GoalReport) -> str:
    unmet = [number for number, met in enumerate(report.effects) if not met]
    unseen = [number for number, met in enumerate(report.observations) if not met]
    unexpected = [f"{change.table}/{change.key}" for change in report.unexpected]
    return f"effects {unmet} missing, observations {unseen} missing, unexpected changes {unexpected}"


def _states(instruction: str, value: Any) -> bool:
    shown = f"{value:.2f}" if isinstance(value, float) else str(value)
    return shown in instruction


def _mutants(scenario: Scenario, own: Run) -> Iterator[tuple[str, list[PlannedCall]]]:
    """Plans that are almost right: a call dropped, a value changed, a call made twice."""
    plan = list(scenario.plan)
    for number, call in enumerate(plan):
        yield f"call {number + 1} ({call.tool}) dropped", plan_without(plan, number)
    for miss in scenario.near_misses:
        mutant = list(plan)
        mutant[miss.call] = PlannedCall(plan[miss.call].tool, {**plan[miss.call].arguments, miss.argument: miss.value})
        yield f"call {miss.call + 1} ({plan[miss.call].tool}) with another {miss.argument}", mutant
    tables = own.world.base.table_by_name
    end = essence(own.world.store.diff(), tables)
    for number, call in enumerate(plan):
        if own.results[number].changes:
            twice = [*plan, call]
            again = essence(run_plan(scenario, twice).world.store.diff(), tables)
            if again != end:  # else it is idempotent: the same end
                yield f"call {number + 1} ({call.tool}) made twice", twice


def plan_without(plan: Sequence[PlannedCall], dropped: int) -> list[PlannedCall]:
    """The plan without one call; what referred to it now leads nowhere, as it would for an agent that skipped it."""

    def shifted(leaf: Slot | Ref) -> Slot | Ref:
        if isinstance(leaf, Slot):
            return leaf
        return (
            Ref(leaf.call, ("dropped",)) if leaf.call == dropped else Ref(leaf.call - (leaf.call > dropped), leaf.path)
        )

    return [mapped_call(call, shifted) for number, call in enumerate(plan) if number != dropped]


def _other_orders(plan: Sequence[PlannedCall]) -> list[tuple[int, ...]]:
    """Up to three orders other than the plan's own that respect its data flow."""
    needs: Mapping[int, set[int]] = {number: call_depends_on(call) for number, call in enumerate(plan)}
    found: list[tuple[int, ...]] = []
    rng = stream("orders", len(plan))
    for attempt in range(4 * _ORDERS):
        waiting = list(range(len(plan)))
        order: list[int] = []
        while waiting:
            ready = [number for number in waiting if needs[number] <= set(order)]
            order.append(ready[-1] if attempt == 0 else rng.choice(ready))
            waiting.remove(order[-1])
        if tuple(order) != tuple(range(len(plan))) and tuple(order) not in found:
            found.append(tuple(order))
    return found[:_ORDERS]
