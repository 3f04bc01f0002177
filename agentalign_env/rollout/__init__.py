"""Rollouts: agents through many episodes."""
