"""Warm containers: taken for an episode, wiped and taken again."""

from __future__ import annotations

import logging
import os
import weakref
from collections.abc import Callable
from functools import lru_cache, partial
from threading import RLock

from agentalign_env.backends.docker.container import Container
from agentalign_env.backends.docker.engine import connect, disconnect, require_image
from agentalign_env.backends.docker.options import ContainerOptions
from agentalign_env.backends.docker.ownership import sweep
from agentalign_env.errors import SandboxFaultError

__all__ = ["ContainerPool", "close_shared_pools", "shared_pool"]

_TRIES = 3
_LOG = logging.getLogger(__name__)


class ContainerPool:
    """Containers of one kind, for any number of threads.

    A container that is given back is wiped in milliseconds; one that cannot be is replaced. Closing the pool, and the
    end of the process, remove all. When a pool is made, containers of processes that died are removed. A process that
    is forked begins with an empty pool.

    Args:
        options: How its containers are made.

    Raises:
        SandboxUnavailableError: No engine answers, or it lacks the image.
    """

    def __init__(self, options: ContainerOptions | None = None) -> None:
        self.options = options or ContainerOptions()
        api = connect(self.options.url)
        require_image(api, self.options.image)
        sweep(api)
        self._idle: list[Container] = []
        self._lock = RLock()  # a container that is collected comes back in the middle of whatever runs
        self._closed = False
        weakref.finalize(self, _remove_all, self._idle)
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=partial(_forget, weakref.ref(self)))

    @property
    def idle(self) -> int:
        """How many containers wait."""
        return len(self._idle)

    @property
    def closed(self) -> bool:
        """Whether it gives no containers any more."""
        return self._closed

    def warm(self) -> None:
        """Starts containers until the pool holds as many idle ones as it keeps."""
        while len(self._idle) < self.options.warm:
            self._keep(self._start())

    def take(self) -> Container:
        """An empty container, a waiting one if there is any.

        Raises:
            SandboxFaultError: The engine did not start one, tried three times.
        """
        with self._lock:
            if self._closed:
                raise SandboxFaultError("the pool of containers is closed; make a new one")
            if self._idle:
                return self._idle.pop()
        return self._start()

    def give(self, container: Container) -> None:
        """Takes a container back, whatever state it is in."""
        try:
            container.wipe()
        except SandboxFaultError as error:
            _LOG.info("a container is replaced: %s", str(error))
            self.drop(container)
        else:
            self._keep(container)

    def drop(self, container: Container) -> None:
        """Removes a container that is of no use any more."""
        try:
            container.remove()
        except SandboxFaultError as error:
            _LOG.warning("a container could not be removed: %s", str(error))

    def close(self) -> None:
        """Removes the idle containers, and those that are given back from now on. Twice is fine."""
        with self._lock:
            self._closed, idle = True, self._idle[:]
            self._idle.clear()
        for container in idle:
            self.drop(container)

    def forget(self) -> None:
        """Leaves the containers to the process that this one was forked from."""
        self._lock = RLock()
        idle = self._idle[:]
        self._idle.clear()
        for container in idle:
            container.forget()

    def _keep(self, container: Container) -> None:
        with self._lock:
            kept = not self._closed and len(self._idle) < self.options.warm
            if kept:
                self._idle.append(container)
        if not kept:
            self.drop(container)

    def _start(self) -> Container:
        return tried(lambda: Container(connect(self.options.url), self.options))


def tried(act: Callable[[], Container]) -> Container:
    """What an act gives; tried again when the engine fails, three times in all."""
    for left in reversed(range(_TRIES)):
        try:
            return act()
        except SandboxFaultError:
            if not left:
                raise
    raise AssertionError("unreachable")


def shared_pool(options: ContainerOptions) -> ContainerPool:
    """The pool of this process for containers of this kind."""
    pools = _pools()
    pool = pools.get(options)
    if pool is None or pool.closed:
        pool = pools[options] = ContainerPool(options)
    return pool


def close_shared_pools() -> None:
    """Removes the idle containers of this process's shared pools; whoever needs one next begins a new pool."""
    for pool in _pools().values():
        pool.close()


@lru_cache(maxsize=1)
def _pools() -> dict[ContainerOptions, ContainerPool]:
    """The shared pools of this process by the kind of their containers."""
    return {}


def _remove_all(containers: list[Container]) -> None:
    for container in containers:
        try:
            container.remove()
        except SandboxFaultError:
            _LOG.debug("a container was not removed; it ends with this process")


def _forget(pool: weakref.ref[ContainerPool]) -> None:
    """Runs in a forked process: a connection and a container are of one process."""
    disconnect()
    alive = pool()
    if alive is not None:
        alive.forget()
