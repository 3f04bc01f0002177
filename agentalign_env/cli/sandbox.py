"""``agentalign sandbox``: makes the image of the Docker sandbox, tries its promises, removes what was left behind."""

from __future__ import annotations

import shutil
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from agentalign_env.cli.output import Output, print_json

__all__ = ["sandbox"]

sandbox = typer.Typer(no_args_is_help=True, help="Scripts in containers: build the image, check the sandbox, sweep.")
_IMAGE = "agentalign-sandbox"


class Base(StrEnum):
    """What an image is made from."""

    DEBIAN = "debian"
    BUSYBOX = "busybox"
    DOCKERFILE = "dockerfile"


@sandbox.command()
def build(
    base: Annotated[
        Base | None,
        typer.Option("--from", help="By default debian where its package tools are, dockerfile elsewhere."),
    ] = None,
    dockerfile: Annotated[
        Path | None, typer.Option(help="Build from this file; by default from one of ours over debian:12-slim.")
    ] = None,
    image: Annotated[str, typer.Option(help="The name of the image.")] = _IMAGE,
    package: Annotated[
        list[str] | None, typer.Option(help="A further package of Debian in the image; may be repeated.")
    ] = None,
) -> None:
    """Make the image that containers start from."""
    from agentalign_env.backends.docker import images
    from agentalign_env.backends.docker.engine import connect

    chosen = base or _default_base(dockerfile)
    if dockerfile is not None and chosen is not Base.DOCKERFILE:
        raise typer.BadParameter(f"expected --from dockerfile with it, got --from {chosen}", param_hint="--dockerfile")
    if package and (chosen is Base.BUSYBOX or dockerfile is not None):
        raise typer.BadParameter(
            "expected an image of Debian's packages: leave out --from busybox, or --dockerfile", param_hint="--package"
        )
    packages = (*images.DEBIAN_PACKAGES, *(package or ()))
    api = connect()
    if chosen is Base.DEBIAN:
        size = images.build_debian(api, image, packages)
    elif chosen is Base.BUSYBOX:
        size = images.build_busybox(api, image)
    else:
        text = None if dockerfile is None else dockerfile.read_text(encoding="utf-8")
        size = images.build_dockerfile(api, image, text, packages)
    Output().line(f"{image}: {size / 1e6:.1f} MB from {chosen}", style="dim")


@sandbox.command()
def check(
    image: Annotated[str, typer.Option(help="The name of the image.")] = _IMAGE,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Try every promise of the sandbox on a container.

    Exit code 1 if one is broken.
    """
    from agentalign_env.backends.docker.options import ContainerOptions
    from agentalign_env.backends.docker.promises import Promise, check_promises

    output = Output()
    found: list[Promise] = []
    for promise in check_promises(ContainerOptions(image=image)):
        found.append(promise)
        if not json:
            _show(output, promise)
    broken = sum(not promise.kept for promise in found)
    if json:
        print_json([_described(promise) for promise in found])
    else:
        output.line(f"{len(found) - broken} promises kept, {broken} broken", style="dim")
    if broken:
        raise typer.Exit(1)


@sandbox.command()
def sweep() -> None:
    """Remove the containers of processes of this machine that are gone."""
    from agentalign_env.backends.docker.engine import connect
    from agentalign_env.backends.docker.ownership import sweep as sweep_engine

    Output().line(f"{len(sweep_engine(connect()))} containers removed", style="dim")


def _default_base(dockerfile: Path | None) -> Base:
    return Base.DEBIAN if dockerfile is None and shutil.which("dpkg-query") else Base.DOCKERFILE


def _described(promise: Any) -> dict[str, Any]:
    return {**promise._asdict(), "kept": promise.kept, "ms": round(promise.ms, 1)}


def _show(output: Output, promise: Any) -> None:
    mark, style = ("ok", "green") if promise.kept else ("BROKEN", "red")
    output.line(f"{mark:7}{promise.ms:7.0f} ms  {promise.name}: {promise.told}", style=style)
    if not promise.kept:
        output.line(f"remedy: {promise.remedy}", indent=7)
