"""Fixtures of whoever tests containers: an engine, where one answers, and an image, made once for all processes."""

from __future__ import annotations

import fcntl
import gc
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn
from zlib import crc32

import pytest
from docker import APIClient
from docker.errors import ImageNotFound

from agentalign_env.backends.docker import images
from agentalign_env.backends.docker.engine import connect
from agentalign_env.backends.docker.options import DEFAULT_IMAGE, ContainerOptions
from agentalign_env.backends.docker.ownership import owned
from agentalign_env.backends.docker.pool import close_shared_pools
from agentalign_env.errors import SandboxUnavailableError

RECIPE = crc32(Path(images.__file__).read_bytes())


def unavailable(reason: str) -> NoReturn:
    """Skips, but not where a machine is meant to test everything."""
    if "CI" in os.environ:
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def engine() -> APIClient:
    """The engine of this machine."""
    try:
        return connect()
    except SandboxUnavailableError as error:
        unavailable(str(error))


@pytest.fixture(scope="session")
def image(engine: APIClient) -> str:
    """An image as this version builds it."""
    name = f"agentalign-sandbox:test-{RECIPE:08x}"
    with Path(tempfile.gettempdir(), "agentalign-test-image.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            engine.inspect_image(name)  # type: ignore[no-untyped-call]
        except ImageNotFound:
            try:
                images.build_debian(engine, name)
            except SandboxUnavailableError as error:
                unavailable(str(error))
    return name


@pytest.fixture(scope="session")
def usual_image(engine: APIClient, image: str) -> str:
    """The image under the name that users have it by."""
    engine.tag(image, DEFAULT_IMAGE)
    return DEFAULT_IMAGE


@pytest.fixture(scope="session")
def no_container_is_left(engine: APIClient) -> Iterator[None]:
    """Ends after every pool that asks for it: then this process has no container."""
    yield
    close_shared_pools()
    gc.collect()  # environments that were dropped give their containers back
    assert owned(engine) == frozenset()


@pytest.fixture(scope="session")
def options(image: str) -> ContainerOptions:
    """How the containers of tests are made."""
    return ContainerOptions(image=image)
