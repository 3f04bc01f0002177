"""Episodes in containers, where an engine answers."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest
from docker import APIClient

from agentalign_env.backends.docker.options import ContainerOptions
from agentalign_env.backends.docker.ownership import owned
from agentalign_env.backends.docker.pool import ContainerPool, shared_pool
from agentalign_env.envs.sandbox import SandboxEnv
from tests.backends.docker.engines import engine, image, options, usual_image

__all__ = ["engine", "env", "image", "options", "shared", "usual_image"]


@pytest.fixture(scope="session")
def shared(options: ContainerOptions, engine: APIClient) -> Iterator[ContainerPool]:
    """The pool that the environments of this process share; nothing may be left of it at the end."""
    pool = shared_pool(options)
    yield pool
    pool.close()
    shared_pool.cache_clear()
    gc.collect()  # environments that were dropped give their containers back
    assert owned(engine) == frozenset()


@pytest.fixture
def env(options: ContainerOptions, shared: ContainerPool) -> Iterator[SandboxEnv]:
    """Free play on a machine of its own."""
    env = SandboxEnv(backend=options)
    env.reset(seed=3)
    yield env
    env.close()
