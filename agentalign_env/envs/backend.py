"""Which machine an environment's episodes have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Union

from agentalign_env.core.sandbox import Machine
from agentalign_env.errors import EnvArgumentError

if TYPE_CHECKING:
    from agentalign_env.backends.docker.options import ContainerOptions

__all__ = ["Backend", "machine_of"]

Backend = Union[Literal["memory", "docker"], "ContainerOptions"]
"""``memory``; ``docker``: a container per episode; or what those containers are like."""


def machine_of(backend: Backend) -> Machine | None:
    """The machine that this backend stands for, of which every episode has a copy; ``None`` for memory.

    Raises:
        EnvArgumentError: There is no such backend.
        SandboxUnavailableError: No container engine answers, or it lacks the image.
    """
    if backend == "memory":
        return None
    from agentalign_env.backends.docker.engine import connect, require_image
    from agentalign_env.backends.docker.options import ContainerOptions
    from agentalign_env.backends.machine.machine import ContainerMachine

    options = ContainerOptions() if backend == "docker" else backend
    if not isinstance(options, ContainerOptions):
        raise EnvArgumentError(
            "backend", "'memory', 'docker' or a ContainerOptions", backend, "Leave it out for the machine in memory."
        )
    require_image(connect(options.url), options.image)
    return ContainerMachine(options)
