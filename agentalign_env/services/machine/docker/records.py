"""Rows and results of containers."""

from __future__ import annotations

from typing import Annotated, Literal, NamedTuple, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from agentalign_env.core.ids import HEX, IdStyle
from agentalign_env.core.semantics import FilePath, Semantic
from agentalign_env.core.table import Table
from agentalign_env.services.machine.git.records import RepositoryPath

__all__ = [
    "CONTAINERS", "IMAGES", "NETWORKS", "Container", "ContainerId", "ContainerName", "DockerArguments", "DockerItem",
    "DockerOutcome", "DockerVerb", "Image", "ImageName",
]  # fmt: skip

ContainerId = Annotated[str, Semantic("ContainerId"), Field(pattern=r"^[0-9a-f]{12,64}$")]
ContainerName = Annotated[str, Semantic("ContainerName"), Field(min_length=1, max_length=128)]
ImageName = Annotated[str, Semantic("ImageName"), Field(min_length=1, max_length=256, examples=["nginx:1.27"])]
DockerVerb = Literal["run", "build", "ps", "logs"]

NETWORKS = ("bridge", "host", "none")


class Image(NamedTuple):
    """An image, by its reference ``repository:tag``.

    Attributes:
        reference: The key; of an image without a tag ``<none>@<start of its digest>``.
        repository: The part before the tag.
        tag: The part after it.
        digest: 64 hex digits.
        held: ``local`` when it is on the machine, ``registry`` when it can be pulled.
        origin: ``registry``, or the directory that it was built from.
        base: The image that it is built on, or empty.
        command: What a container runs unless told otherwise.
        exposes: Container ports, such as ``80/tcp``.
        size_mb: Its size.
        created_s: When it was made.
    """

    reference: ImageName
    repository: str
    tag: str
    digest: str
    held: str
    origin: str
    base: str
    command: str
    exposes: tuple[str, ...]
    size_mb: int
    created_s: int


class Container(NamedTuple):
    """A container.

    Attributes:
        id: 64 hex digits.
        name: Unique; made up unless given.
        image: The reference of its image.
        command: What it runs.
        ports: ``8080:80/tcp``, the machine's port first.
        environment: ``KEY=value``.
        volumes: ``/here:/there``, perhaps with ``:ro``.
        network: One of `NETWORKS`.
        state: ``running`` or ``exited``.
        exit_code: 0 while it runs.
        log: What it has written, in lines.
        created_s: When it was made.
        started_s: When it was last started.
        ended_s: When it ended; 0 while it runs.
    """

    id: ContainerId
    name: ContainerName
    image: ImageName
    command: str
    ports: tuple[str, ...]
    environment: tuple[str, ...]
    volumes: tuple[str, ...]
    network: str
    state: str
    exit_code: int
    log: str
    created_s: int
    started_s: int
    ended_s: int


IMAGES = Table("docker_images", Image, volatile=("digest", "size_mb", "created_s"), natural_key=True)
CONTAINERS = Table(
    "docker_containers",
    Container,
    text=("name", "image"),
    volatile=("name", "exit_code", "log", "created_s", "started_s", "ended_s"),
    ids=IdStyle("", HEX, 64),
)


class DockerArguments(TypedDict):
    """How to run or build."""

    dockerfile: NotRequired[
        Annotated[
            FilePath, Field(description="For build: the Dockerfile, when it is another than that in the directory.")
        ]
    ]
    ports: NotRequired[
        Annotated[
            dict[str, Annotated[int, Field(ge=1, le=65535)] | Annotated[str, Field(pattern=r"^[0-9]{1,5}$")]],
            Field(
                max_length=20,
                description='For run: the machine\'s port by port of the container, such as {"80": 8080}.',
            ),
        ]
    ]
    environment: NotRequired[
        Annotated[
            dict[str, Annotated[str, Field(max_length=4_000)]],
            Field(max_length=100, description="For run: variables by name."),
        ]
    ]
    volumes: NotRequired[
        Annotated[
            list[Annotated[str, Field(pattern=r"^[^:]+:/[^:]*(:r[ow])?$", max_length=1_000)]],
            Field(max_length=20, description="For run: directories to share, such as /home/me/site:/srv:ro."),
        ]
    ]
    network: NotRequired[
        Annotated[str, Field(max_length=64, description="For run: bridge (the default), host or none.")]
    ]
    tag: NotRequired[
        Annotated[
            str,
            Field(
                max_length=256,
                description="For build: the name of the image, such as site:1.0. For run: the image's tag.",
            ),
        ]
    ]


class DockerItem(TypedDict):
    """A container, or the image that was built."""

    id: ContainerId
    image: ImageName
    name: NotRequired[ContainerName]
    command: str
    status: str
    ports: list[str]
    created: str


class DockerOutcome(TypedDict):
    """What an operation answers: the containers (or the image, and where it was built) that it made or found."""

    operation: str
    target: str
    items: list[DockerItem]
    output: str
    directory: NotRequired[RepositoryPath]
