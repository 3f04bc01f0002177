"""Trajectories: the record of an episode, its files, and the replay that proves it."""
