"""Episodes in containers, where an engine answers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from agentalign_env.backends.docker.options import ContainerOptions
from agentalign_env.backends.docker.pool import ContainerPool, shared_pool
from agentalign_env.envs.sandbox import SandboxEnv


@pytest.fixture(scope="session")
def shared(options: ContainerOptions, no_container_is_left: None) -> ContainerPool:
    """The pool that the environments of this process share."""
    return shared_pool(options)


@pytest.fixture
def env(options: ContainerOptions, shared: ContainerPool) -> Iterator[SandboxEnv]:
    """Free play on a machine of its own."""
    env = SandboxEnv(backend=options)
    env.reset(seed=3)
    yield env
    env.close()
