"""Opening a store: a Redis server by its URL, or one in this process's memory that behaves like it."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from agentalign_env.errors import StoreUnavailableError

if TYPE_CHECKING:
    from redis import Redis

__all__ = ["is_private", "open_store"]

_MEMORY = "memory://"
_SERVERS = ("redis://", "rediss://", "unix://")
_CONNECTIONS, _WAIT_S, _CONNECT_S = 32, 20, 10


def open_store(url: str) -> Redis:
    """A client of the store at a URL, for any number of threads.

    ``memory://name`` is kept in this process: the same name is the same store. ``redis://host:port/db`` is a server
    (also ``rediss://`` and ``unix://``), which other processes and machines share. Reads may block for as long as they
    ask for; a connection that is not free yet is waited for.

    Raises:
        StoreUnavailableError: The URL is of no known kind, or the server does not answer.
    """
    if url.startswith(_MEMORY) and len(url) > len(_MEMORY):
        return _in_memory(url.removeprefix(_MEMORY))
    if not url.startswith(_SERVERS):
        raise StoreUnavailableError(
            f"store: expected memory://NAME or a URL such as redis://localhost:6379/0, got {url[:80]!r}. Give one."
        )
    from redis import BlockingConnectionPool, Redis
    from redis.exceptions import RedisError

    try:
        pool = BlockingConnectionPool.from_url(
            url,
            max_connections=_CONNECTIONS,
            timeout=_WAIT_S,
            socket_timeout=None,
            **({} if url.startswith("unix://") else {"socket_connect_timeout": _CONNECT_S}),
            protocol=2,
            decode_responses=False,
        )
        client = Redis(connection_pool=pool)
        client.ping()
    except (RedisError, OSError, ValueError) as error:
        raise StoreUnavailableError(
            f"store: expected a Redis server at {_without_password(url)}, got: {error}. Start one there "
            "(redis-server), or use memory://NAME within one process."
        ) from error
    return client


def is_private(url: str) -> bool:
    """Whether a URL names a store that no other process can join."""
    return url.startswith(_MEMORY)


def _without_password(url: str) -> str:
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2].partition('?')[0]}"


def _in_memory(name: str) -> Redis:
    from fakeredis import FakeStrictRedis

    return FakeStrictRedis(server=_server(name), protocol=2)


@cache
def _server(_name: str) -> Any:
    """The store of this name; kept for as long as the process."""
    from fakeredis import FakeServer

    return FakeServer(server_type="redis", version=(7,))
