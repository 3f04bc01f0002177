"""Rows and results of package managers."""

from __future__ import annotations

from typing import Annotated, Literal, NamedTuple, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from agentalign_env.core.semantics import Semantic
from agentalign_env.core.table import Table

__all__ = [
    "INSTALLED", "RELEASES", "Installed", "PackageArguments", "PackageName", "PackageOutcome", "PackageVerb",
    "PackageVersion", "PackageView", "Release", "package_key",
]  # fmt: skip

PackageName = Annotated[str, Semantic("PackageName"), Field(max_length=214, examples=["requests"])]
PackageVersion = Annotated[str, Semantic("PackageVersion"), Field(max_length=60)]
PackageVerb = Literal["install", "uninstall", "list", "search"]


class Release(NamedTuple):
    """A package in a registry.

    Attributes:
        id: ``<registry>:<name>``.
        registry: ``pip``, ``npm`` (which yarn shares) or ``apt``.
        name: Its name there.
        versions: Oldest first.
        summary: One sentence.
        needs: Names of the packages that it needs, of the same registry.
        size_kb: What a download weighs.
    """

    id: str
    registry: str
    name: PackageName
    versions: tuple[str, ...]
    summary: str
    needs: tuple[str, ...]
    size_kb: int


class Installed(NamedTuple):
    """A package on the owner's machine; the id is ``<manager>:<name>``."""

    id: str
    manager: str
    name: PackageName
    version: str
    is_global: bool
    dev: bool
    requested: bool  # by somebody, not only because another package needs it


RELEASES = Table("package_releases", Release, text=("name", "summary"), natural_key=True)
INSTALLED = Table("installed_packages", Installed, natural_key=True)


PackageArguments = TypedDict(  # a key is a keyword
    "PackageArguments",
    {
        "version": NotRequired[
            Annotated[str, Field(max_length=60, description="The version to install; the newest when left out.")]
        ],
        "global": NotRequired[Annotated[bool, Field(description="For the whole machine instead of the project.")]],
        "dev": NotRequired[Annotated[bool, Field(description="Only needed while developing.")]],
    },
)


class PackageView(TypedDict):
    """A package: installed, or (for a search) as the registry has it."""

    name: PackageName
    version: PackageVersion
    manager: str
    installed: bool
    summary: str


class PackageOutcome(TypedDict):
    """What an operation on packages answers: those that it changed or found, the one asked for first."""

    operation: str
    manager: str
    packages: list[PackageView]
    output: str


def package_key(manager: str, name: str) -> str:
    """The id of a package."""
    return f"{manager}:{name}"
