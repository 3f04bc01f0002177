"""The parts of a built scenario: its opening, its steps with their bindings, and the builder's own way to word them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from typing import Any
from unittest.mock import patch

from agentalign_env.core.rng import Random
from agentalign_env.scenarios import builder
from agentalign_env.scenarios.bindings import Binding
from agentalign_env.scenarios.chains import Chain
from agentalign_env.scenarios.explicitness import Described
from agentalign_env.scenarios.intents import load_style
from agentalign_env.scenarios.scenario import Scenario
from agentalign_env.scenarios.verification import Run, run_plan
from agentalign_env.scenarios.wording import compose
from agentalign_env.toolkit.catalogue import load_tools
from agentalign_env.toolkit.tool import Tool
from agentalign_env.types import Explicitness, Intent

__all__ = ["Anatomy", "Stated", "dissect"]

Step = builder._Step


@dataclass(frozen=True, slots=True)
class Stated:
    """A value that the instruction states, at its place.

    Attributes:
        step: The number of the step.
        argument: The operation's argument.
        slot: The slot's name.
        value: The value.
        binding: How it is bound and spoken of.
        semantic: Its semantic type, or ``None``.
        required: Whether the tool insists on it, and has no default.
    """

    step: int
    argument: str
    slot: str
    value: Any
    binding: Binding
    semantic: str | None
    required: bool


@dataclass(frozen=True, slots=True)
class Anatomy:
    """A scenario with the parts that its instruction was put together from.

    Attributes:
        scenario: The scenario.
        opening: The first sentence.
        steps: The accepted steps: tool, call, result, bindings, phrase.
        described: What the instruction describes instead of stating it.
        rng: The stream of the wording, as it was before the instruction was put together.
    """

    scenario: Scenario
    opening: str
    steps: tuple[Step, ...]
    described: tuple[Described, ...]
    rng: Random

    @property
    def looking(self) -> int:
        """How many calls of the plan look values up, before the steps."""
        return len(self.scenario.plan) - len(self.steps)

    def tool(self, name: str) -> Tool:
        """A tool of the scenario's catalogue."""
        return load_tools(self.scenario.faces)[name]

    def stated(self) -> Iterator[Stated]:
        """Every value that the instruction states by itself, in the order of the text."""
        for number, step in enumerate(self.steps):
            for argument, binding in step.bindings.items():
                if len(binding.slots) != 1 or not binding.spoken:
                    continue
                (slot,) = binding.slots
                if slot not in self.scenario.slots:
                    continue
                parameter = step.tool.parameters[step.tool.names[argument]]
                required = parameter.required and "default" not in parameter.schema
                semantic = step.tool.operation.parameters[argument].semantic
                yield Stated(number, argument, slot, binding.slots[slot], binding, semantic, required)

    def text(self, steps: Sequence[Step] | None = None, described: Sequence[Described] | None = None) -> str:
        """The instruction with other steps or descriptions, put together as the builder does it."""
        described = self.described if described is None else described
        words = [builder._words(step, described) for step in (self.steps if steps is None else steps)]
        return compose(self.opening, words, load_style(), copy(self.rng))

    def respoken(self, place: Stated, words: str, *, phrase: str | None = None) -> str:
        """The instruction with one value spoken of in other words; with another phrase for its step, if need be.

        What stands around the value stays (``showing ...``, ``... followed by the link of that page``); without words,
        all of it goes.
        """
        step = self.steps[place.step]
        said = place.binding.spoken
        marked = (f'"{said}"', f"`{said}`", f"@{said}", said)
        target = next((form for form in marked if form in place.binding.words), place.binding.words)
        changed_words = place.binding.words.replace(target, words, 1) if words else ""
        bindings = {**step.bindings, place.argument: place.binding._replace(words=changed_words)}
        changed = step._replace(bindings=bindings, phrase=step.phrase if phrase is None else phrase)
        return self.text([*self.steps[: place.step], changed, *self.steps[place.step + 1 :]])

    def run_with(self, slots: Mapping[str, Any]) -> Run:
        """Carries the plan out with other values in its slots."""
        return run_plan(replace(self.scenario, slots={**self.scenario.slots, **slots}))

    def gives(self, semantic: str | None, *, before: int) -> bool:
        """Whether a step before this one yields a value of a semantic type."""
        return any(semantic in step.tool.operation.outputs.values() for step in self.steps[:before])


def dissect(chain: Chain, *, seed: int, intent: Intent, explicitness: Explicitness) -> Anatomy:
    """Builds a scenario and keeps what its instruction was put together from.

    Raises:
        ScenarioBuildError: As `build_scenario`.
    """
    steps: list[Step] = []
    heard: dict[str, Any] = {}
    word = builder._words

    def words(step: Step, described: Sequence[Described]) -> str:
        steps.append(step)
        heard["described"] = tuple(described)
        return word(step, described)

    def together(opening: str, texts: Sequence[str], style: Any, rng: Random) -> str:
        heard.update(opening=opening, rng=copy(rng))
        return compose(opening, texts, style, rng)

    with patch.object(builder, "_words", words), patch.object(builder, "compose", together):
        scenario = builder.build_scenario(chain, seed=seed, intent=intent, explicitness=explicitness)
    anatomy = Anatomy(scenario, heard["opening"], tuple(steps), heard["described"], heard["rng"])
    if anatomy.text() != scenario.instruction:
        raise RuntimeError(f"{scenario.id}: its parts were expected to make its instruction, got {anatomy.text()!r}")
    return anatomy
