"""Real containers for tests, where an engine answers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from docker import APIClient

from agentalign_env.backends.docker.options import ContainerOptions
from agentalign_env.backends.docker.ownership import owned
from agentalign_env.backends.docker.pool import ContainerPool
from agentalign_env.backends.docker.sandbox import DockerSandbox
from tests.backends.docker.engines import engine, image, options

__all__ = ["box", "engine", "image", "options", "pool"]


@pytest.fixture(scope="session")
def pool(options: ContainerOptions, engine: APIClient) -> Iterator[ContainerPool]:
    """One warm container for all tests of a process; none may be left at the end."""
    pool = ContainerPool(options)
    yield pool
    pool.close()
    assert owned(engine) == frozenset()


@pytest.fixture
def box(pool: ContainerPool) -> Iterator[DockerSandbox]:
    """A machine with one file."""
    box = DockerSandbox(pool, {"/proj/data/a.txt": "hello\nworld\n"}, "/proj")
    yield box
    box.close()
