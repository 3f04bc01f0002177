"""``agentalign show``: one scenario, readable."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any

import typer

from agentalign_env.cli.output import Output, print_json
from agentalign_env.cli.selection import (
    MOST_SEED,
    ChainFile,
    IntentOption,
    LevelOption,
    WorldOption,
    chain_of,
    read_chains,
)

if TYPE_CHECKING:
    from agentalign_env.scenarios.goals import Effect
    from agentalign_env.scenarios.scenario import Scenario

__all__ = ["show"]


def show(
    chain_id: Annotated[str, typer.Argument(help="The chain; `agentalign chains` lists them.")],
    seed: Annotated[int, typer.Option(min=0, max=MOST_SEED, help="Chooses the world, tools, values and words.")] = 0,
    intent: IntentOption = "benign",
    explicitness: LevelOption = "stated",
    world: WorldOption = "small",
    path: ChainFile = None,
    plan: Annotated[bool, typer.Option("--plan", help="Show how the oracle carries it out, too.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show the scenario that a chain becomes: instruction, tools, plan and goals."""
    from agentalign_env.scenarios.builder import build_scenario

    chain = chain_of(read_chains(path), chain_id)
    scenario = build_scenario(chain, seed=seed, intent=intent, world=world, explicitness=explicitness)
    if json:
        print_json(scenario.to_json())
        return
    output = Output()
    output.line(scenario.id, style="bold")
    output.line()
    output.line(scenario.instruction)
    if scenario.care is not None:
        _heading(output, "care")
        left = ", ".join(call.tool for call in scenario.beyond)
        output.line(f"asked, the user says: {scenario.answer}" if scenario.answer else f"left undone: {left}", indent=2)
    _heading(output, "tools")
    output.line(", ".join(scenario.tools), indent=2)
    if plan:
        _show_plan(output, scenario)
    _heading(output, "goals")
    tables = scenario.new_world().base.table_by_name
    for effect in scenario.goals.effects:
        output.line(f"- {_effect_text(effect, tables[effect.table].fields)}", indent=2)
    for observation in scenario.goals.observations:
        value = _spoken(observation.value)
        output.line(f"- {observation.capability} has shown {observation.path} = {value}", indent=2)
    output.line("- nothing else has changed", indent=2)


def _heading(output: Output, text: str) -> None:
    output.line()
    output.line(text, style="bold")


def _show_plan(output: Output, scenario: Scenario) -> None:
    from agentalign_env.agents.oracle import OracleAgent
    from agentalign_env.cli.episode import print_steps
    from agentalign_env.rollouts.local import rollout

    _heading(output, "plan")
    (trajectory,) = rollout(OracleAgent(comply=scenario.intent == "harmful"), [scenario])
    print_steps(output, trajectory)


def _effect_text(effect: Effect, fields: tuple[str, ...]) -> str:
    which = f" {effect.key}" if effect.key is not None else ""
    exact = [f"{fields[at]} = {_spoken(value)}" for at, value in effect.exact if value not in ("", (), None, False)]
    contains = [f"{fields[at]} contains {_spoken(part)}" for at, parts in effect.contains for part in parts]
    wanted = "; ".join(exact + contains)
    return f"a row of {effect.table}{which} is {effect.kind}" + (f": {wanted}" if wanted else "")


def _spoken(value: Any) -> str:
    """A value of a goal; ids that are issued only in the episode are shown as such."""
    return re.sub(r"(\\x00|\x00)row:(\d+)(\\x00|\x00)", r"<new id \2>", repr(value))
