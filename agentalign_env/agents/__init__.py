"""Agents: what acts in an episode. The oracle, scripts, and the baselines that every reward must rank below it."""
