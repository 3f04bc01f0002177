"""Which packages are measured, and which cannot be."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from importlib.util import find_spec
from typing import Any, NamedTuple

__all__ = ["ABSENT", "PEERS", "Peer", "is_installed"]


class Peer(NamedTuple):
    """A package to measure against.

    Attributes:
        package: Its name on the package index.
        module: What it installs.
        load: Gives the module here that has `run` and `MAPPED`; the peer itself is imported when it runs.
    """

    package: str
    module: str
    load: Callable[[], Any]


PEERS: Mapping[str, Peer] = {
    "AgentDojo": Peer("agentdojo", "agentdojo", lambda: import_module("benchmarks.peers.agentdojo_peer")),
    "BFCL": Peer("bfcl-eval", "bfcl_eval", lambda: import_module("benchmarks.peers.bfcl_peer")),
}

ABSENT: Mapping[str, str] = {
    "tau2-bench": "not on the package index; `tau2` there is another project, about magnetic relaxation",
    "ToolSandbox": "not on the package index, as `toolsandbox` or `tool-sandbox`",
}
"""Packages with a goal that the package index does not have, so that nobody could repeat the figures by a command."""


def is_installed(peer: Peer) -> bool:
    """Whether the package is in this environment."""
    return find_spec(peer.module) is not None
