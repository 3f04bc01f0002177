"""Rollouts: agents through many episodes."""

from __future__ import annotations

from agentalign_env.rollouts.branching import (
    Baseline,
    Branches,
    BranchResult,
    BranchStep,
    branch,
    group_advantages,
)
from agentalign_env.rollouts.local import rollout
from agentalign_env.rollouts.output import RolloutOutput, rollout_to
from agentalign_env.rollouts.sources import ScenarioSpec
from agentalign_env.rollouts.summary import RolloutSummary, is_success

__all__ = [
    "Baseline",
    "BranchResult",
    "BranchStep",
    "Branches",
    "RolloutOutput",
    "RolloutSummary",
    "ScenarioSpec",
    "branch",
    "group_advantages",
    "is_success",
    "rollout",
    "rollout_to",
]
