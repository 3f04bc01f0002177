"""Behavior chains become episodes: stateful, deterministic, verified tool-use environments for LLM agents."""

from __future__ import annotations

__all__: list[str] = []
