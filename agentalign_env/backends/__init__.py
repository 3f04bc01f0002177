"""Stores behind the engine: a work queue, a shared log and checkpoints, over Redis or in memory."""
