"""One search for a plan: the state of the world and of the plan, and how far it came."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from agentalign_env.core.world import World, WorldState
from agentalign_env.executability.fillers import Filler
from agentalign_env.executability.people import Known
from agentalign_env.executability.references import Done
from agentalign_env.executability.report import Finding, PlannedStep
from agentalign_env.executability.requests import Request
from agentalign_env.executability.words import Token
from agentalign_env.scenarios.plans import PlannedCall, resolve
from agentalign_env.scenarios.premises import Premise
from agentalign_env.toolkit.dispatch import error_result, execute
from agentalign_env.toolkit.tool import Tool
from agentalign_env.types import ToolCall

__all__ = ["Mark", "Search"]

_BUDGET = 60  # calls that one search may make


class Mark(NamedTuple):
    """A point that a search can go back to.

    Attributes:
        state: The world.
        done: How many calls were made.
        steps: How long the plan was.
        named: How many people had been named.
    """

    state: WorldState
    done: int
    steps: int
    named: int


@dataclass
class Search:
    """One search: the state of the world and of the plan, and the furthest that it came.

    Attributes:
        text: The instruction.
        requests: What it asks for.
        world: As the steps so far have left it.
        tools: The tools at hand.
        known: Who can be named.
        extends: Whether the world may be extended.
        idle: The words that ask for nothing.
        around: What those offer.
        people: Who is named in them.
        done: The calls so far.
        steps: The plan so far.
        named: Who was named by the requests so far.
        budget: How many calls may still be made.
        reached: The number of the furthest request that could not be carried out.
        findings: What stood in its way.
        wanted: What would help it.
        best: The plan up to it.
    """

    text: str
    requests: Sequence[Request]
    world: World
    tools: Mapping[str, Tool]
    known: Known
    extends: bool
    idle: Sequence[Token] = ()
    around: Sequence[Filler] = ()
    people: Sequence[Filler] = ()
    done: list[Done] = field(default_factory=list)
    steps: list[PlannedStep] = field(default_factory=list)
    named: list[Filler] = field(default_factory=list)
    budget: int = _BUDGET
    reached: int = -1
    findings: tuple[Finding, ...] = ()
    wanted: Premise | None = None
    best: tuple[PlannedStep, ...] = ()

    def mark(self) -> Mark:
        """Where the search is now."""
        return Mark(self.world.snapshot(), len(self.done), len(self.steps), len(self.named))

    def go_back(self, mark: Mark) -> None:
        """Leaves everything as it was at a mark; only the calls made since stay counted."""
        self.world.restore(mark.state)
        del self.done[mark.done :], self.steps[mark.steps :], self.named[mark.named :]

    def call(self, tool: Tool, arguments: Mapping[str, Any], *, lookup: bool) -> Done:
        """Makes a call in the world; one whose references lead nowhere fails as the tool would."""
        self.budget -= 1
        contents = [done.result.content for done in self.done]
        number = len(self.done)
        try:
            plain = {name: resolve(value, {}, contents) for name, value in arguments.items()}
            result = execute(self.world, {tool.name: tool}, ToolCall(str(number), tool.name, plain))
        except LookupError:
            result = error_result(
                ToolCall(str(number), tool.name, {}), "not_found", "a step before found nothing to give it"
            )
        kept = result._replace(call=ToolCall(str(number), tool.name, dict(arguments)))
        done = Done(number, tool, kept, lookup)
        self.done.append(done)
        return done

    def values_of(self, done: Done) -> dict[str, Any]:
        """The arguments of a call, with what their references lead to.

        Raises:
            LookupError: A reference leads nowhere.
        """
        contents = [one.result.content for one in self.done]
        return {name: resolve(value, {}, contents) for name, value in done.result.call.arguments.items()}

    def note_lookups(self, calls: Sequence[Done], request: Request) -> None:
        """Puts calls that looked something up for a request into the plan."""
        for done in calls:
            call = PlannedCall(done.tool.name, dict(done.result.call.arguments))
            self.steps.append(PlannedStep(call, done.tool.capability, {}, (request.start, request.end), "lookup"))
