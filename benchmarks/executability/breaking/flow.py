"""Steps that cannot be taken: their tool is taken away, or the step that they build on comes later or not at all."""

from __future__ import annotations

from collections.abc import Iterator

from agentalign_env.core.rng import Random
from agentalign_env.scenarios.verification import run_plan
from agentalign_env.toolkit.tool import Tool
from benchmarks.executability.anatomy import Anatomy, Step
from benchmarks.executability.breaking.broken import Broken

__all__ = ["broken_flow", "missing_capability"]

_SHELL = "System_Tools.execute_command"
_KNOWN = "Communication.search_contacts"  # whoever acts knows the owner's address book
_ALIKE = (
    frozenset({"Search.open_page", "System_Tools.make_request"}),
    frozenset({"System_Tools.list_files", "System_Tools.manage_files"}),
    frozenset({"System_Tools.get_network_info", "System_Tools.diagnose_network"}),
)
"""Capabilities that serve for each other, as far as an instruction of ours goes."""


def missing_capability(anatomy: Anatomy, rng: Random) -> Iterator[Broken]:
    """The tool of a step and all of its capability are no longer offered; nothing that is could do it instead."""
    scenario = anatomy.scenario
    kept = {_KNOWN, *(anatomy.tool(call.tool).capability for call in scenario.plan[: anatomy.looking])}
    steps = list(anatomy.steps)
    rng.shuffle(steps)
    for step in steps:
        taken = step.tool.capability
        left = [name for name in scenario.tools if anatomy.tool(name).capability != taken]
        if not left or taken in kept or any(_serves(anatomy.tool(name), step) for name in left):
            continue
        yield Broken(scenario.instruction, tuple(left), f"no tool for {taken} is offered, nor one that could stand in")


def broken_flow(anatomy: Anatomy, rng: Random) -> Iterator[Broken]:
    """A step comes before the one whose result it uses, or that one is not asked for at all."""
    pairs = [
        (at, finding.call)
        for at, step in enumerate(anatomy.steps)
        for binding in step.bindings.values()
        for finding in binding.found
    ]
    rng.shuffle(pairs)
    for user, maker in pairs:
        semantics = _used(anatomy.steps[user], maker)
        if any(anatomy.gives(semantic, before=maker) for semantic in semantics):
            continue  # an earlier result of the same kind could be meant
        between = anatomy.steps[maker + 1 : user]
        made = anatomy.steps[maker]
        telling = made.result.changes or any(binding.slots for binding in made.bindings.values())
        dropped = (
            rng.random() < 0.35
            and telling
            and not any(_uses(step, maker) for step in (*between, *anatomy.steps[user + 1 :]))
        )
        if dropped and not any(
            semantic in step.tool.operation.outputs.values() for step in between for semantic in semantics
        ):
            steps = [*anatomy.steps[:maker], *anatomy.steps[maker + 1 :]]
            why = f"step {user} uses a result of {anatomy.steps[maker].tool.name}, which is not asked for"
            if len(steps) > 1:
                yield Broken(anatomy.text(steps), anatomy.scenario.tools, why)
            continue
        order = [*range(maker), user, *range(maker, user), *range(user + 1, len(anatomy.steps))]
        if _fails_at(anatomy, order, user):
            why = f"step {maker + 1} uses a result of {anatomy.steps[maker].tool.name}, which comes only after it"
            yield Broken(anatomy.text([anatomy.steps[at] for at in order]), anatomy.scenario.tools, why)


def _serves(tool: Tool, step: Step) -> bool:
    """Whether a tool could do what a step does; rather too often yes than no."""
    mine, theirs = step.tool.operation, tool.operation
    if tool.capability == _SHELL:
        return mine.capability.startswith(("System_Tools.", "Search.open_page", "Cryptography.query_data"))
    if any({tool.capability, mine.capability} <= alike for alike in _ALIKE):
        return True
    if step.result.changes:
        return bool({change.table for change in step.result.changes} & set(theirs.writes))
    return bool(set(mine.reads) & set(theirs.reads)) and not theirs.writes


def _used(step: Step, maker: int) -> set[str]:
    return {
        finding.semantic for binding in step.bindings.values() for finding in binding.found if finding.call == maker
    }


def _uses(step: Step, maker: int) -> bool:
    return bool(_used(step, maker))


def _fails_at(anatomy: Anatomy, steps: list[int], failing: int) -> bool:
    """Whether the plan in another order of its steps fails at this one."""
    first = anatomy.looking
    order = [*range(first), *(first + at for at in steps)]
    run = run_plan(anatomy.scenario, order=order)
    return any(result.code and result.call.id == str(first + failing) for result in run.results)
