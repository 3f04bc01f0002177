"""The command line: one file per command. Heavy libraries load inside the commands, so that ``--help`` is quick."""

from __future__ import annotations

from typing import Annotated

import typer

from agentalign_env.cli.chains import chains
from agentalign_env.cli.check import check
from agentalign_env.cli.dataset import dataset
from agentalign_env.cli.demo import demo
from agentalign_env.cli.evaluate import evaluate
from agentalign_env.cli.export import export
from agentalign_env.cli.group import CommandGroup
from agentalign_env.cli.quality import quality
from agentalign_env.cli.replay import replay
from agentalign_env.cli.rollout import rollout
from agentalign_env.cli.sandbox import sandbox
from agentalign_env.cli.show import show
from agentalign_env.cli.tools import tools
from agentalign_env.cli.verify import verify
from agentalign_env.cli.worker import worker

__all__ = ["app", "main"]

app = typer.Typer(
    cls=CommandGroup,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Episodes in which agents act: stateful, deterministic, verified.",
)
for command in (demo, tools, chains, show, verify, check, rollout, worker, replay, export, quality):
    app.command()(command)
app.command(name="eval")(evaluate)
app.add_typer(dataset, name="dataset")
app.add_typer(sandbox, name="sandbox")


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"agentalign-env {version('agentalign-env')}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Episodes in which agents act: stateful, deterministic, verified."""


def main() -> None:
    """Runs the command that the process was started with."""
    app(prog_name="agentalign")
