"""Rollouts: agents through many episodes."""

from __future__ import annotations

from agentalign_env.rollouts.local import rollout
from agentalign_env.rollouts.summary import RolloutSummary, is_success

__all__ = ["RolloutSummary", "is_success", "rollout"]
