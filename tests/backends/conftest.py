"""Stores for tests: one in memory per test, and a real server where one is installed; containers likewise."""

import itertools
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis
from redis.exceptions import ConnectionError as NoConnectionError

from agentalign_env.backends.store import open_store
from tests.backends.docker.engines import engine, image, no_container_is_left, options, usual_image

__all__ = ["engine", "image", "no_container_is_left", "options", "usual_image"]

NUMBERS = itertools.count()


@pytest.fixture
def store() -> Redis:
    return open_store(f"memory://test-{next(NUMBERS)}")


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real server on a free port of this machine, with nothing kept on disk."""
    program = shutil.which("redis-server")
    if program is None:
        reason = "redis-server is not installed (apt-get install redis-server)"
        if "CI" in os.environ:
            pytest.fail(reason)
        pytest.skip(reason)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    folder: Path = tmp_path_factory.mktemp("redis")
    command = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    with (folder / "log").open("wb") as log, subprocess.Popen(command, stdout=log, stderr=log) as server:
        try:
            client = Redis(port=port)
            for _ in range(200):
                try:
                    client.ping()
                    break
                except NoConnectionError:
                    time.sleep(0.05)
            client.close()
            yield f"redis://127.0.0.1:{port}/0"
        finally:
            server.terminate()
            server.wait(10)


@pytest.fixture
def server(redis_url: str) -> Iterator[Redis]:
    """An empty real server."""
    client = open_store(redis_url)
    client.flushall()
    yield client
    client.connection_pool.disconnect()
    client.close()


@pytest.fixture(params=["memory", "server"])
def any_store(request: pytest.FixtureRequest) -> Redis:
    found: Redis = request.getfixturevalue("store" if request.param == "memory" else "server")
    return found
