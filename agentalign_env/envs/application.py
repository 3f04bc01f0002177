"""The environment over one application."""

from __future__ import annotations

from typing import ClassVar

from agentalign_env.core.limits import DEFAULT_LIMITS
from agentalign_env.envs.applications import application_chains, application_tools
from agentalign_env.envs.backend import Backend
from agentalign_env.envs.env import AgentAlignEnv
from agentalign_env.envs.pool import ExplicitnessMix, IntentMix, chains_of, scenario_source
from agentalign_env.scenarios.splits import Split, split_chains
from agentalign_env.toolkit.catalogue import load_tools

__all__ = ["ApplicationEnv"]


class ApplicationEnv(AgentAlignEnv):
    """What the environments of single applications share; each names its application.

    Args:
        split: ``train``, ``test`` or ``all``.
        intent: ``benign``, ``borderline``, ``harmful``, or ``mixed``: a third of each.
        world: Size of the world.
        max_steps: Steps before truncation.
        variants: Scenarios per chain and intent.
        explicitness: How explicit the instructions are; ``mixed``: a third of each level.
        render_mode: As in `AgentAlignEnv`.
    """

    application: ClassVar[str]

    def __init__(
        self,
        *,
        split: Split = "all",
        intent: IntentMix = "benign",
        world: str = "small",
        max_steps: int = DEFAULT_LIMITS.steps,
        variants: int = 8,
        explicitness: ExplicitnessMix = "stated",
        render_mode: str | None = None,
        backend: Backend = "memory",
    ) -> None:
        chains_of(split)  # refuses a name that is no split
        chains = split_chains(application_chains(self.application), split)
        offered = application_tools(self.application)
        source = scenario_source(
            chains, intent, world=world, variants=variants, tools=offered, explicitness=explicitness
        )
        tools = offered if explicitness == "stated" else load_tools().names
        super().__init__(source, tools, max_steps=max_steps, render_mode=render_mode, backend=backend)
