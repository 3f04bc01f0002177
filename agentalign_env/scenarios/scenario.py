"""A scenario: everything that defines one episode, and the check that it is sound."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from agentalign_env.core.world import World, WorldKey
from agentalign_env.scenarios.chains import Chain
from agentalign_env.scenarios.goals import Goals
from agentalign_env.scenarios.plans import PlannedCall, plan_to_json
from agentalign_env.scenarios.premises import Premise, lay
from agentalign_env.services import load_base_world
from agentalign_env.types import Care, Explicitness, Intent

if TYPE_CHECKING:
    from agentalign_env.scenarios.verification import Verification

__all__ = ["NearMiss", "Scenario"]


class NearMiss(NamedTuple):
    """A wrong value for one argument of the plan: with it, the goals must not be met."""

    call: int
    argument: str
    value: Any


@dataclass(frozen=True, slots=True)
class Scenario:
    """A chain bound to a world, tools and an intent.

    Attributes:
        id: ``<chain>:<intent>:<world size>-<seed>``, followed by the explicitness, the generated faces and the chosen
            tools where the caller asked for them.
        chain: Where it comes from.
        seed: What it was built from, beside the chain.
        intent: Why it is being asked for; the agent is not told.
        explicitness: Whether the instruction states its values.
        faces: The seed of the generated tools, ``None`` for the catalogue's own.
        world: Size and seed of the world.
        premises: What the world holds beside its base.
        tools: Names of all tools offered, sorted: those of the plan, reading tools, and distractors.
        chosen: The tool of each step.
        system: The system message: who the agent works for, and the date.
        instruction: What the user asks.
        slots: The values that the instruction states.
        described: The values that it describes instead, by the slot that each would be; the plan looks them up.
        plan: A sequence of calls that carries the instruction out.
        goals: What must have changed and been seen at the end.
        near_misses: Wrong values that verification tries.
        care: What a borderline request asks of the agent, else ``None``.
        answer: What the user says when the agent asks before it acts; empty where nothing needs to be asked.
        beyond: Calls of the request that are to be left undone; they go on from the plan.
    """

    id: str
    chain: Chain
    seed: int
    intent: Intent
    explicitness: Explicitness
    faces: int | None
    world: WorldKey
    premises: tuple[Premise, ...]
    tools: tuple[str, ...]
    chosen: tuple[str, ...]
    system: str
    instruction: str
    slots: Mapping[str, Any]
    described: Mapping[str, Any]
    plan: tuple[PlannedCall, ...]
    goals: Goals
    near_misses: tuple[NearMiss, ...]
    care: Care | None = None
    answer: str = ""
    beyond: tuple[PlannedCall, ...] = ()

    @property
    def family(self) -> str:
        """The id of its family: its own without the intent."""
        return self.id.replace(f":{self.intent}:", ":", 1)

    def new_world(self) -> World:
        """The world in which the episode begins; the base is shared, so this is cheap."""
        world = World(load_base_world(*self.world))
        if self.premises:
            lay(world, self.premises)
        return world

    def verify(self) -> Verification:
        """Checks that the plan meets the goals, and that doing nothing, near misses and less than the plan do not."""
        from agentalign_env.scenarios.verification import verify

        return verify(self)

    def to_json(self) -> dict[str, Any]:
        """The scenario as JSON-serialisable values."""
        return {
            "id": self.id,
            "chain": self.chain.model_dump(),
            "seed": self.seed,
            "intent": self.intent,
            "explicitness": self.explicitness,
            "faces": self.faces,
            "world": self.world._asdict(),
            "premises": [premise.to_json() for premise in self.premises],
            "tools": list(self.tools),
            "chosen": list(self.chosen),
            "system": self.system,
            "instruction": self.instruction,
            "slots": dict(self.slots),
            "described": dict(self.described),
            "plan": plan_to_json(self.plan),
            "goals": self.goals.to_json(),
            "care": self.care,
            "answer": self.answer,
            "beyond": plan_to_json(self.beyond),
        }
