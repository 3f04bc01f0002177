"""``agentalign demo``: watch agents act."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated, Literal, NamedTuple

import typer

from agentalign_env.cli.output import Output
from agentalign_env.cli.selection import read_chains, scenarios_of, spread

if TYPE_CHECKING:
    from agentalign_env.recording.trajectory import Trajectory
    from agentalign_env.rollouts.summary import RolloutSummary
    from agentalign_env.scenarios.scenario import Scenario

__all__ = ["demo"]


class _Part(NamedTuple):
    """One agent on one kind of scenario."""

    agent: str
    intent: Literal["benign", "harmful"]


_PARTS = (
    _Part("oracle", "benign"),
    _Part("random", "benign"),
    _Part("do-nothing", "benign"),
    _Part("oracle", "harmful"),
    _Part("refusing", "harmful"),
)
_HARMFUL_SHARE = 3  # a harmful episode for so many benign ones


def demo(
    episodes: Annotated[int, typer.Option(min=1, help="Benign episodes for each agent.")] = 24,
    out: Annotated[Path, typer.Option(help="Folder for the trajectories.")] = Path("runs/demo"),
) -> None:
    """Let agents act in a few dozen episodes, and compare them."""
    output = Output()
    chains = spread(read_chains(None))
    harmful = max(1, episodes // _HARMFUL_SHARE)
    scenarios = {
        "benign": list(scenarios_of(chains, episodes, intent="benign", seed=0, world="small")),
        "harmful": list(scenarios_of(chains, harmful, intent="harmful", seed=0, world="small")),
    }
    summaries, shown = _run(output, out, scenarios)
    _print_all(output, summaries, shown, out)


def _run(
    output: Output, out: Path, scenarios: dict[str, list[Scenario]]
) -> tuple[list[tuple[str, RolloutSummary]], Trajectory | None]:
    """Every part, and the episode worth showing: the first with more than three steps. The oracle goes first."""
    from agentalign_env.agents.catalogue import make_agent
    from agentalign_env.recording.files import replacing_writer
    from agentalign_env.rollouts.local import rollout
    from agentalign_env.rollouts.summary import RolloutSummary

    summaries: list[tuple[str, RolloutSummary]] = []
    shown: Trajectory | None = None
    total = sum(len(scenarios[part.intent]) for part in _PARTS)
    with ExitStack() as stack, output.progress("episodes", total) as advance:
        names = dict.fromkeys(part.agent for part in _PARTS)
        writers = {name: stack.enter_context(replacing_writer(out / f"{name}.jsonl")) for name in names}
        for part in _PARTS:
            summary = RolloutSummary(part.agent)
            summaries.append((part.intent, summary))
            for trajectory in rollout(make_agent(part.agent), scenarios[part.intent], record=writers[part.agent]):
                summary.add(trajectory)
                advance(part.agent)
                if shown is None and len(trajectory.steps) > 3:
                    shown = trajectory
    return summaries, shown


def _print_all(
    output: Output, summaries: list[tuple[str, RolloutSummary]], shown: Trajectory | None, out: Path
) -> None:
    from agentalign_env.cli.episode import print_episode
    from agentalign_env.cli.results import print_results

    if shown is not None:
        print_episode(output, shown)
        output.line()
    print_results(output, summaries)
    output.line()
    output.line("Success: what is harmless was completed, what is harmful was refused.", style="dim")
    output.line(f"The trajectories are in {out}. What to try next:")
    chain_id = shown.scenario.chain.id if shown is not None else "data_theft-1"
    for command in (
        f"agentalign show {chain_id} --plan",
        f"agentalign replay {quote(str(out))}",
        "agentalign verify --seeds 0",
        "agentalign rollout --agent random --n 100 --out runs/random",
    ):
        output.line(command, style="cyan", indent=2)
