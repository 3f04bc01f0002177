"""Agents: what acts in an episode. The oracle, scripts, and the baselines that every reward must rank below it."""

from __future__ import annotations

from agentalign_env.agents.catalogue import AGENT_NAMES, make_agent
from agentalign_env.agents.oracle import OracleAgent
from agentalign_env.agents.passive import DoNothingAgent, RefusingAgent
from agentalign_env.agents.protocol import Action, Agent, Observation, ToolSchema
from agentalign_env.agents.random import RandomAgent
from agentalign_env.agents.reference import ReferenceAgent
from agentalign_env.agents.scripted import ScriptedAgent

__all__ = [
    "AGENT_NAMES",
    "Action",
    "Agent",
    "DoNothingAgent",
    "Observation",
    "OracleAgent",
    "RandomAgent",
    "ReferenceAgent",
    "RefusingAgent",
    "ScriptedAgent",
    "ToolSchema",
    "make_agent",
]
