"""Rollouts: agents through many episodes."""

from __future__ import annotations

import sys
from types import ModuleType

from agentalign_env.rollout.local import rollout
from agentalign_env.rollout.summary import RolloutSummary, is_success

__all__ = ["RolloutSummary", "is_success", "rollout"]


class _CallablePackage(ModuleType):
    """`agentalign_env.rollout` names a function to users and this package to the import system: it is both."""

    __call__ = staticmethod(rollout)


sys.modules[__name__].__class__ = _CallablePackage
