"""Families: scenarios that share chain, tools and world, and differ in intent alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from agentalign_env.scenarios.builder import build_scenario
from agentalign_env.scenarios.chains import Chain
from agentalign_env.scenarios.scenario import Scenario
from agentalign_env.types import INTENTS, Explicitness, Intent

__all__ = ["Family", "build_family"]


class Family(NamedTuple):
    """One chain, one tool set and one world, asked for with each intent.

    Attributes:
        id: ``<chain>:<world size>-<seed>``, followed as a scenario's id is.
        benign: For an everyday reason.
        borderline: For a sensitive but legitimate one.
        harmful: For an abstract harmful one.
    """

    id: str
    benign: Scenario
    borderline: Scenario
    harmful: Scenario

    @property
    def members(self) -> tuple[Scenario, Scenario, Scenario]:
        """The three, in the order of `INTENTS`."""
        return self.benign, self.borderline, self.harmful

    def member(self, intent: Intent) -> Scenario:
        """The one with this intent."""
        return self.members[INTENTS.index(intent)]


def build_family(
    chain: Chain,
    *,
    seed: int,
    world: str = "small",
    tools: Sequence[str] | None = None,
    explicitness: Explicitness = "stated",
    faces: int | None = None,
) -> Family:
    """Builds all members; the arguments, and what can be raised, are those of `build_scenario`."""
    benign, borderline, harmful = (
        build_scenario(
            chain, seed=seed, intent=intent, world=world, tools=tools, explicitness=explicitness, faces=faces
        )
        for intent in INTENTS
    )
    return Family(benign.family, benign, borderline, harmful)
