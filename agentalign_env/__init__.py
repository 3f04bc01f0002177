"""Behavior chains become episodes: stateful, deterministic, verified tool-use environments for LLM agents.

Importing this package registers its environments with Gymnasium and loads nothing else; every name below is loaded on
first use.
"""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

from agentalign_env.envs.registration import ENV_IDS, register_envs

if TYPE_CHECKING:
    from agentalign_env.agents import Agent, DoNothingAgent, OracleAgent, RandomAgent, RefusingAgent, ScriptedAgent
    from agentalign_env.backends.docker.options import ContainerOptions
    from agentalign_env.backends.docker.sandbox import docker_sandbox
    from agentalign_env.core.sandbox import ExecResult, Sandbox
    from agentalign_env.core.world import WorldKey
    from agentalign_env.errors import (
        AgentAlignError,
        DataFileError,
        EnvArgumentError,
        OperationError,
        PremiseError,
        ReplayError,
        SandboxFaultError,
        SandboxUnavailableError,
        ScenarioBuildError,
        UnknownNameError,
        UnsupportedChainError,
    )
    from agentalign_env.executability.certificate import Certificate, replay_certificate
    from agentalign_env.executability.check import check
    from agentalign_env.executability.report import ExecutabilityReport, Finding
    from agentalign_env.executability.second_opinion import second_opinion
    from agentalign_env.recording import ReplayReport, Trajectory, TrajectoryWriter, read_trajectories, replay
    from agentalign_env.rollouts import rollout
    from agentalign_env.scenarios.builder import build_scenario
    from agentalign_env.scenarios.chains import Chain, load_chains, load_reference_chains
    from agentalign_env.scenarios.families import Family, build_family
    from agentalign_env.scenarios.premises import Premise
    from agentalign_env.scenarios.scenario import Scenario
    from agentalign_env.services import new_world
    from agentalign_env.services.shell.sandbox import memory_sandbox
    from agentalign_env.toolkit.catalogue import ToolCatalogue, load_tools
    from agentalign_env.toolkit.foreign import adopt_tools

_HOMES = {
    "Agent": "agents",
    "AgentAlignError": "errors",
    "Certificate": "executability.certificate",
    "Chain": "scenarios.chains",
    "ContainerOptions": "backends.docker.options",
    "DataFileError": "errors",
    "DoNothingAgent": "agents",
    "EnvArgumentError": "errors",
    "Family": "scenarios.families",
    "ExecResult": "core.sandbox",
    "ExecutabilityReport": "executability.report",
    "Finding": "executability.report",
    "OperationError": "errors",
    "OracleAgent": "agents",
    "Premise": "scenarios.premises",
    "PremiseError": "errors",
    "RandomAgent": "agents",
    "RefusingAgent": "agents",
    "ReplayError": "errors",
    "ReplayReport": "recording",
    "Sandbox": "core.sandbox",
    "SandboxFaultError": "errors",
    "SandboxUnavailableError": "errors",
    "Scenario": "scenarios.scenario",
    "ScenarioBuildError": "errors",
    "ScriptedAgent": "agents",
    "ToolCatalogue": "toolkit.catalogue",
    "Trajectory": "recording",
    "TrajectoryWriter": "recording",
    "UnknownNameError": "errors",
    "UnsupportedChainError": "errors",
    "WorldKey": "core.world",
    "adopt_tools": "toolkit.foreign",
    "build_family": "scenarios.families",
    "build_scenario": "scenarios.builder",
    "check": "executability.check",
    "docker_sandbox": "backends.docker.sandbox",
    "load_chains": "scenarios.chains",
    "load_reference_chains": "scenarios.chains",
    "load_tools": "toolkit.catalogue",
    "memory_sandbox": "services.shell.sandbox",
    "new_world": "services",
    "read_trajectories": "recording",
    "replay": "recording",
    "replay_certificate": "executability.certificate",
    "rollout": "rollouts",
    "second_opinion": "executability.second_opinion",
}

__all__ = [
    "ENV_IDS",
    "Agent",
    "AgentAlignError",
    "Certificate",
    "Chain",
    "ContainerOptions",
    "DataFileError",
    "DoNothingAgent",
    "EnvArgumentError",
    "ExecResult",
    "ExecutabilityReport",
    "Family",
    "Finding",
    "OperationError",
    "OracleAgent",
    "Premise",
    "PremiseError",
    "RandomAgent",
    "RefusingAgent",
    "ReplayError",
    "ReplayReport",
    "Sandbox",
    "SandboxFaultError",
    "SandboxUnavailableError",
    "Scenario",
    "ScenarioBuildError",
    "ScriptedAgent",
    "ToolCatalogue",
    "Trajectory",
    "TrajectoryWriter",
    "UnknownNameError",
    "UnsupportedChainError",
    "WorldKey",
    "adopt_tools",
    "build_family",
    "build_scenario",
    "check",
    "docker_sandbox",
    "load_chains",
    "load_reference_chains",
    "load_tools",
    "memory_sandbox",
    "new_world",
    "read_trajectories",
    "replay",
    "replay_certificate",
    "rollout",
    "second_opinion",
]

try:
    __version__ = version("agentalign-env")
except PackageNotFoundError:  # run from a folder or a zip that nothing installed
    __version__ = "0+unknown"

register_envs()


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}; it has: {', '.join(__all__)}")
    value = getattr(import_module(f"{__name__}.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
