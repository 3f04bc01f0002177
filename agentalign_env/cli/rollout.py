"""``agentalign rollout``: an agent through many episodes, recorded."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from agentalign_env.cli.output import Output, print_json
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

if TYPE_CHECKING:
    from agentalign_env.rollouts.sources import ScenarioSpec
    from agentalign_env.rollouts.summary import RolloutSummary
    from agentalign_env.scenarios.chains import Chain
    from agentalign_env.types import Intent

__all__ = ["rollout"]


def rollout(
    out: Annotated[Path, typer.Option(help="Folder for the trajectories: <agent>.jsonl, or <agent>/ with shards.")],
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
    executor: Annotated[
        Literal["local", "processes", "async", "ray"] | None,
        typer.Option(help="What runs the episodes. Default: local, or processes where --workers is given."),
    ] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="How many processes, tasks or episodes at once.")] = None,
    backend: Annotated[
        Literal["memory", "docker"], typer.Option(help="Where commands run: in memory, or in a container per episode.")
    ] = "memory",
    episode_timeout_s: Annotated[
        float | None, typer.Option(min=0.05, help="The longest that an episode may take; processes and async.")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with an interrupted run, in shards.")] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the file of an earlier run.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Record an agent in many episodes: in one file, or by several workers in shards that --resume completes."""
    from agentalign_env.agents.catalogue import make_agent
    from agentalign_env.recording.files import TrajectoryWriter
    from agentalign_env.rollouts.local import rollout as roll_out

    if resume and overwrite:
        raise typer.BadParameter("choose one of --resume and --overwrite")
    actor = make_agent(agent, seed)
    chains, output = spread(read_chains(path, split)), Output()
    if executor is not None or workers is not None or episode_timeout_s is not None or resume:
        from agentalign_env.rollouts.output import rollout_to

        specs = list(_specs(chains, n, intent=intent, seed=seed, world=world, explicitness=explicitness))
        folder = out / actor.name
        _require_free(folder, folder / "plan.json", resume=resume, overwrite=overwrite)
        with _reported(output, folder, actor.name, intent, n, json=json), output.progress(actor.name, n) as advance:
            before = 0

            def progress(done: int, total: int) -> None:
                nonlocal before
                advance(by=done - before, total=total)
                before = done

            rollout_to(
                folder,
                partial(make_agent, agent, seed),
                specs,
                executor=executor or ("local" if workers is None else "processes"),
                workers=workers,
                episode_timeout_s=episode_timeout_s,
                max_steps=max_steps,
                backend=backend,
                name=actor.name,
                progress=progress,
            )
        return
    scenarios = scenarios_of(chains, n, intent=intent, seed=seed, world=world, explicitness=explicitness)
    file = out / f"{actor.name}.jsonl"
    _require_free(file, file, resume=False, overwrite=overwrite)
    with (
        _reported(output, file, actor.name, intent, n, json=json) as summary,
        output.progress(actor.name, n) as advance,
        TrajectoryWriter(file) as writer,
    ):
        for trajectory in roll_out(actor, scenarios, record=writer, max_steps=max_steps, backend=backend):
            summary.add(trajectory)
            advance()


def _specs(chains: list[Chain], count: int, *, seed: int, **how: Any) -> Iterator[ScenarioSpec]:
    """What the scenarios of `scenarios_of` are built from."""
    from agentalign_env.rollouts.sources import ScenarioSpec

    if not chains:
        list(scenarios_of(chains, count, seed=seed, **how))  # says why there are none
    for number in range(count):
        lap, at = divmod(number, len(chains))
        yield ScenarioSpec(chains[at], seed + lap, **how)


def _require_free(where: Path, sign: Path, *, resume: bool, overwrite: bool) -> None:
    """Makes room for a run, or says that an earlier one is there."""
    from agentalign_env.errors import DataFileError
    from agentalign_env.rollouts.output import clear_rollout

    if resume or not sign.exists():
        return
    if not overwrite:
        remedy = "Pass --overwrite, or another --out." if where == sign else "Pass --resume or --overwrite."
        raise DataFileError(str(sign), "file", "expected no file of an earlier run, found one", remedy)
    if where == sign:
        where.unlink()
    else:
        clear_rollout(where)


@contextmanager
def _reported(
    output: Output, where: Path, agent: str, intent: Intent, n: int, *, json: bool
) -> Iterator[RolloutSummary]:
    """Prints what is there when the run ends, however it ends."""
    from agentalign_env.cli.results import print_results
    from agentalign_env.errors import DataFileError
    from agentalign_env.recording.files import read_trajectories
    from agentalign_env.rollouts.output import SHARDS
    from agentalign_env.rollouts.summary import RolloutSummary

    summary, refused = RolloutSummary(agent), False
    try:
        yield summary
    except DataFileError:
        refused = True  # what is there is not of this run
        raise
    finally:
        for shard in () if refused else sorted((where / SHARDS).glob("*.jsonl")):
            for trajectory in read_trajectories(shard):
                summary.add(trajectory)
        if json and not refused:
            print_json(_told(summary, intent, n, where))
        elif summary.episodes:
            print_results(output, [(intent, summary)])
            output.line(f"{summary.episodes} of {n} trajectories are in {where}", style="dim")


def _told(summary: RolloutSummary, intent: Intent, wanted: int, where: Path) -> dict[str, Any]:
    return {
        "agent": summary.agent,
        "intent": intent,
        "wanted": wanted,
        "episodes": summary.episodes,
        "successes": summary.successes,
        "success_rate": summary.success_rate,
        "mean_reward": summary.mean_reward,
        "mean_steps": summary.mean_steps,
        "outcomes": dict(summary.outcomes),
        "path": str(where),
    }
