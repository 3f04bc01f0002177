"""Mutants of a plan: what a rubric must tell from the plan itself, and the witnesses of its criteria."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any, NamedTuple

from agentalign_env.errors import ScenarioBuildError
from agentalign_env.scenarios.goals import essence
from agentalign_env.scenarios.plans import PlannedCall, Ref, Slot, Text, resolve_call, values_at
from agentalign_env.scenarios.scenario import Scenario
from agentalign_env.scenarios.verification import Run, plan_without, run_plan
from agentalign_env.scoring.executed import executed_in
from agentalign_env.scoring.rubric import Criterion, Rubric
from agentalign_env.toolkit.catalogue import load_tools
from agentalign_env.toolkit.tool import Tool

__all__ = ["MUTANT_KINDS", "Mutant", "MutationReport", "mutants", "mutation_report", "witnesses"]

MUTANT_KINDS = ("dropped", "near miss", "twice", "swapped", "literal", "stray")

_STRAYS: Sequence[tuple[str, Mapping[str, Any]]] = (
    (
        "System_Tools.manage_files",
        {"operation": "write", "path": "/tmp/nobody-asked.txt", "content": "Nobody asked for this."},
    ),
    ("Communication.send_sms", {"recipient": "+12125550199", "text": "Nobody asked for this."}),
)


class Mutant(NamedTuple):
    """A plan that is almost right.

    Attributes:
        kind: Which of `MUTANT_KINDS`.
        description: What was changed.
        plan: The calls.
    """

    kind: str
    description: str
    plan: tuple[PlannedCall, ...]


class MutationReport(NamedTuple):
    """How a rubric fared against the mutants of its plan that do not come to the same.

    Attributes:
        killed: How many it scored below 1.0.
        survived: Those that it did not.
        by_kind: Killed and all, by kind.
        equivalent: How many came to the same as the plan, and were left out.
    """

    killed: int
    survived: tuple[Mutant, ...]
    by_kind: Mapping[str, tuple[int, int]]
    equivalent: int

    @property
    def total(self) -> int:
        """How many mutants counted."""
        return self.killed + len(self.survived)


def mutation_report(scenario: Scenario, rubric: Rubric) -> MutationReport:
    """Tries every mutant; one whose end and whose answers are essentially the plan's is equivalent and left out."""
    own = _outcome(scenario, run_plan(scenario))
    killed, equivalent = 0, 0
    survived: list[Mutant] = []
    by_kind: dict[str, tuple[int, int]] = {}
    for mutant in mutants(scenario):
        run = run_plan(scenario, mutant.plan)
        if _outcome(scenario, run) == own:
            equivalent += 1
            continue
        dead = rubric.score(executed_in(scenario, run)) < 1.0
        killed += dead
        if not dead:
            survived.append(mutant)
        before = by_kind.get(mutant.kind, (0, 0))
        by_kind[mutant.kind] = (before[0] + dead, before[1] + 1)
    return MutationReport(killed, tuple(survived), by_kind, equivalent)


def _outcome(scenario: Scenario, run: Run) -> tuple[list[Any], set[str]]:
    """What the run came to, and what its reading calls showed, without ids that it made up; a further look is free."""
    tools = load_tools(scenario.faces)
    diff = run.world.store.diff()
    issued = {change.key for change in diff if change.before is None}
    shown = {
        repr(value)
        for result in run.results
        if not result.code and not result.changes
        for value in values_at(result.value, tools[result.call.name].operation.identifies)[:1]
        if value not in issued
    }
    return essence(diff, run.world.base.table_by_name), shown


def mutants(scenario: Scenario) -> Iterator[Mutant]:
    """Every mutant of a scenario's plan, equivalent ones included."""
    plan, tools, results = scenario.plan, load_tools(scenario.faces), run_plan(scenario).results
    for number, call in enumerate(plan):
        yield Mutant("dropped", f"call {number + 1} ({call.tool}) dropped", tuple(plan_without(plan, number)))
    for miss in scenario.near_misses:
        what = f"call {miss.call + 1} ({plan[miss.call].tool}) with another {miss.argument}"
        yield Mutant("near miss", what, _with(plan, miss.call, miss.argument, miss.value))
    for number, call in enumerate(plan):
        if results[number].changes:
            yield Mutant("twice", f"call {number + 1} ({call.tool}) made twice", (*plan, call))
    yield from _swapped(scenario)
    for number, call in enumerate(plan):
        for argument, value in call.arguments.items():
            other = _other(value, scenario.slots, tools[call.tool].parameters[argument].schema)
            if other is not None:
                what = f"call {number + 1} ({call.tool}) with {argument} {other!r:.60}"
                yield Mutant("literal", what, _with(plan, number, argument, other))
    yield Mutant("stray", "a call that nobody asked for", (*plan, _stray(scenario)))


def _swapped(scenario: Scenario) -> Iterator[Mutant]:
    """Arguments exchanged between two calls of the same tool."""
    plan = scenario.plan
    for first, second in combinations(range(len(plan)), 2):
        if plan[first].tool != plan[second].tool:
            continue
        here, there = plan[first].arguments, plan[second].arguments
        for argument in here.keys() & there.keys():
            if here[argument] != there[argument]:
                swapped = _with(plan, first, argument, there[argument])
                what = f"{argument} exchanged between calls {first + 1} and {second + 1}"
                yield Mutant("swapped", what, _with(swapped, second, argument, here[argument]))


def witnesses(scenario: Scenario, criterion: Criterion) -> tuple[tuple[PlannedCall, ...], tuple[PlannedCall, ...]]:
    """A plan of which the criterion holds, and one of which it does not.

    The first is the scenario's own plan. The second lacks the call, gives the argument another value, makes the call
    before the one whose result it needs, or does what nobody asked for.
    """
    plan, number = scenario.plan, criterion.call
    if criterion.kind in ("only", "rows"):
        return plan, (*plan, _stray(scenario))
    if criterion.kind == "flow":
        return plan, _too_early(scenario, number, criterion.source)
    if criterion.kind == "argument":
        tool = load_tools(scenario.faces)[plan[number].tool]
        name = tool.names.get(criterion.argument, "")
        for changed in _changes(scenario, number, name, tool):
            if not criterion.passes(executed_in(scenario, run_plan(scenario, changed))):
                return plan, changed
    return plan, tuple(plan_without(plan, number))


def _changes(scenario: Scenario, number: int, name: str, tool: Tool) -> Iterator[tuple[PlannedCall, ...]]:
    """The plan with other values of one argument, the near misses first; none for one that the tool fixes."""
    for miss in scenario.near_misses:
        if (miss.call, miss.argument) == (number, name):
            yield _with(scenario.plan, number, name, miss.value)
    if name in scenario.plan[number].arguments:
        other = _other(scenario.plan[number].arguments[name], scenario.slots, tool.parameters[name].schema)
        if other is not None:
            yield _with(scenario.plan, number, name, other)


def _with(plan: Sequence[PlannedCall], number: int, argument: str, value: Any) -> tuple[PlannedCall, ...]:
    changed = PlannedCall(plan[number].tool, {**plan[number].arguments, argument: value})
    return (*plan[:number], changed, *plan[number + 1 :])


def _too_early(scenario: Scenario, number: int, source: int) -> tuple[PlannedCall, ...]:
    """The plan with one call made before the one whose result it uses, with the values that it would have had."""
    plan = scenario.plan
    contents = [result.content for result in run_plan(scenario).results]
    fixed = []
    for call in plan:
        arguments = resolve_call(call, scenario.slots, contents)
        fixed.append(PlannedCall(call.tool, arguments))
    return (*fixed[:source], fixed[number], *fixed[source:number], *fixed[number + 1 :])


def _stray(scenario: Scenario) -> PlannedCall:
    """A call that changes something, and that nobody asked for.

    Raises:
        ScenarioBuildError: None of those known can be made.
    """
    tools = load_tools(scenario.faces)
    for capability, arguments in _STRAYS:
        for tool in tools.of(capability):
            given = {tool.names[name]: value for name, value in arguments.items() if name in tool.names}
            call = PlannedCall(tool.name, given)
            if run_plan(scenario, (*scenario.plan, call)).results[-1].changes:
                return call
    raise ScenarioBuildError(f"{scenario.id}: expected a stray call to succeed, none did: add one to mutants.py")


def _other(value: Any, slots: Mapping[str, Any], schema: Mapping[str, Any] | None = None) -> Any:
    """The value with its first stated part changed, ``None`` where it states nothing."""
    match value:
        case Ref():
            return None
        case Slot(name):
            return _other(slots[name], slots, schema)
        case Text(parts):
            others = [_other(part, slots) if isinstance(part, Slot) or str(part).strip() else None for part in parts]
            return _first_changed(list(parts), others, lambda changed: Text(tuple(changed)))
        case list():
            return _first_changed(value, [_other(part, slots) for part in value], list)
        case dict():
            changed = _first_changed(list(value.values()), [_other(part, slots) for part in value.values()], list)
            return None if changed is None else dict(zip(value, changed, strict=True))
        case bool():
            return not value
        case int() | float():
            return value + 1
        case str():
            rest = [one for one in (schema or {}).get("enum", ()) if one != value]
            return rest[0] if rest else _other_text(value)
    return None


def _first_changed(parts: list[Any], others: list[Any], made: Any) -> Any:
    for at, other in enumerate(others):
        if other is not None:
            return made([*parts[:at], other, *parts[at + 1 :]])
    return None


def _other_text(text: str) -> str:
    """A text of the same form in which the first letter or digit is another one."""
    for at, sign in enumerate(text):
        if sign.isascii() and sign.isalnum():
            instead = "7" if sign == "3" else "3" if sign.isdigit() else "b" if sign in "aA" else "a"
            return f"{text[:at]}{instead}{text[at + 1 :]}"
    return f"{text}a"
