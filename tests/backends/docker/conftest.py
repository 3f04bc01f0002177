"""Real containers for tests, where an engine answers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from agentalign_env.backends.docker.options import ContainerOptions
from agentalign_env.backends.docker.pool import ContainerPool
from agentalign_env.backends.docker.sandbox import DockerSandbox


@pytest.fixture(scope="session")
def pool(options: ContainerOptions, no_container_is_left: None) -> Iterator[ContainerPool]:
    """One warm container for all tests of a process."""
    pool = ContainerPool(options)
    yield pool
    pool.close()


@pytest.fixture
def box(pool: ContainerPool) -> Iterator[DockerSandbox]:
    """A machine with one file."""
    box = DockerSandbox(pool, {"/proj/data/a.txt": "hello\nworld\n"}, "/proj")
    yield box
    box.close()
