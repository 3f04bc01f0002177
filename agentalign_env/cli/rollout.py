"""``agentalign rollout``: an agent through many episodes, recorded."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from agentalign_env.cli.output import Output
from agentalign_env.cli.selection import (
    MOST_SEED,
    ChainFile,
    IntentOption,
    LevelOption,
    SplitOption,
    WorldOption,
    read_chains,
    scenarios_of,
    spread,
)

__all__ = ["rollout"]


def rollout(
    out: Annotated[Path, typer.Option(help="Folder for the trajectories: <agent>.jsonl.")],
    agent: Annotated[str, typer.Option(help="A built-in agent: oracle, complying, random, reference ...")] = "oracle",
    n: Annotated[int, typer.Option("--n", min=1, help="How many episodes.")] = 100,
    split: SplitOption = "all",
    intent: IntentOption = "benign",
    seed: Annotated[
        int, typer.Option(min=0, max=MOST_SEED, help="Of the first scenario of each chain, and of the random agent.")
    ] = 0,
    explicitness: LevelOption = "stated",
    world: WorldOption = "small",
    path: ChainFile = None,
    max_steps: Annotated[int, typer.Option(min=1, help="Steps before an episode is truncated.")] = 40,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the file of an earlier run.")] = False,
) -> None:
    """Record an agent in many episodes."""
    from agentalign_env.agents.catalogue import make_agent
    from agentalign_env.cli.results import print_results
    from agentalign_env.errors import DataFileError
    from agentalign_env.recording.files import TrajectoryWriter
    from agentalign_env.rollouts.local import rollout as roll_out
    from agentalign_env.rollouts.summary import RolloutSummary

    actor = make_agent(agent, seed)
    scenarios = scenarios_of(
        spread(read_chains(path, split)), n, intent=intent, seed=seed, world=world, explicitness=explicitness
    )
    file = out / f"{actor.name}.jsonl"
    if file.exists():
        if not overwrite:
            raise DataFileError(
                str(file),
                "file",
                "expected no file of an earlier run, found one",
                "Pass --overwrite, or another --out.",
            )
        file.unlink()
    output, summary = Output(), RolloutSummary(actor.name)
    try:
        with output.progress(actor.name, n) as advance, TrajectoryWriter(file) as writer:
            for trajectory in roll_out(actor, scenarios, record=writer, max_steps=max_steps):
                summary.add(trajectory)
                advance()
    finally:
        if summary.episodes:
            print_results(output, [(intent, summary)])
            output.line(f"{summary.episodes} of {n} trajectories are in {file}", style="dim")
