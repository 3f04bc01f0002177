"""Scoring: how an episode ended, and what that is worth."""
