"""The container engine: a connection to it, and its failures in our words."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from agentalign_env.errors import SandboxFaultError, SandboxUnavailableError

if TYPE_CHECKING:
    from docker import APIClient

__all__ = ["connect", "disconnect", "engine_faults", "own_socket", "require_image"]

_TIMEOUT_S = 60


def connect(url: str | None = None) -> APIClient:
    """A client of the engine at this URL, or of the one that ``DOCKER_HOST`` names; the same one in a process.

    Raises:
        SandboxUnavailableError: No engine answers there.
    """
    return _client(url)


def disconnect() -> None:
    """Makes `connect` begin anew, as a forked process must: it shares the connections of the other."""
    _client.cache_clear()


@lru_cache(maxsize=8)
def _client(url: str | None) -> APIClient:
    import docker
    from docker.errors import DockerException

    try:
        client = docker.from_env(timeout=_TIMEOUT_S) if url is None else docker.DockerClient(url, timeout=_TIMEOUT_S)
        client.ping()
    except (DockerException, OSError) as error:
        raise SandboxUnavailableError(
            f"docker: expected an engine at {url or 'DOCKER_HOST or the local socket'}, got: {error}. Start one "
            "(dockerd as root), or leave out backend='docker' to use the machine in memory."
        ) from error
    return client.api


def require_image(api: APIClient, image: str) -> None:
    """Refuses to begin without the image.

    Raises:
        SandboxUnavailableError: The engine does not have it.
    """
    from docker.errors import ImageNotFound

    with engine_faults("look at the image"):
        try:
            api.inspect_image(image)  # type: ignore[no-untyped-call]
        except ImageNotFound as error:
            raise SandboxUnavailableError(
                f"docker: expected the image {image!r}, the engine has none of this name. Make it: "
                "agentalign sandbox build"
            ) from error


def own_socket(stream: Any) -> socket.socket:
    """The socket below what the client hands out for attached streams, with nothing else that holds it open."""
    held = getattr(stream, "_sock", stream)
    mine = socket.socket(fileno=os.dup(held.fileno()))
    response = getattr(stream, "_response", None)
    if response is not None:
        response.close()
    held.close()
    return mine


@contextmanager
def engine_faults(act: str) -> Iterator[None]:
    """Turns what the engine refuses, and that it is gone, into a fault of the sandbox."""
    from docker.errors import DockerException
    from requests.exceptions import RequestException

    try:
        yield
    except (DockerException, RequestException, OSError) as error:
        raise SandboxFaultError(f"docker could not {act}: {type(error).__name__}: {error}") from error
