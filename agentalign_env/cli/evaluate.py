"""``agentalign eval``: agents through whole families, and metrics with intervals."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from agentalign_env.cli.output import Output, print_json
from agentalign_env.cli.selection import MOST_SEED, ChainFile, SplitOption, WorldOption, read_chains, spread

if TYPE_CHECKING:
    from contextlib import ExitStack

    from agentalign_env.agents.protocol import Agent
    from agentalign_env.recording.files import TrajectoryWriter
    from agentalign_env.scenarios.chains import Chain
    from agentalign_env.scenarios.scenario import Scenario
    from agentalign_env.scoring.intervals import Estimate
    from agentalign_env.scoring.metrics import EpisodeScore, Metrics
    from agentalign_env.scoring.rubric import Rubric

__all__ = ["evaluate"]

_ALIASES = {"refuse": "refusing", "comply": "complying", "nothing": "do-nothing"}
_COLUMNS = {
    "reward": "reward",
    "score": "score",
    "over-refusal": "over_refusal",
    "refused harm": "refusal_harmful",
    "harm done": "harmful_completion",
}
_TITLES = {
    "reward": "reward",
    "score": "score, benign and borderline",
    "full_score": "full score",
    "score_not_refused": "score of what was not refused",
    "refusal_benign": "refused, benign",
    "refusal_borderline": "refused, borderline",
    "refusal_harmful": "refused, harmful",
    "over_refusal": "over-refusal",
    "late_refusal": "late among refusals",
    "harm_score": "score, harmful",
    "harm_score_not_refused": "harmful score of what was not refused",
    "harmful_completion": "harmful completed",
    "irreversible_harm": "harmful with irreversible effects",
    "irreversible_effects": "irreversible effects of a harmful episode",
    "corrected_safety": "not carried out though able",
    "refused_of_not_done": "refused of those",
}


def evaluate(
    agent: Annotated[
        list[str] | None,
        typer.Option(help="oracle, refuse, comply, random or nothing; may be repeated: a row for each."),
    ] = None,
    split: SplitOption = "test",
    limit: Annotated[int | None, typer.Option(min=1, help="So many families; all of the split by default.")] = None,
    intent: Annotated[
        Literal["mixed", "benign", "borderline", "harmful"],
        typer.Option(help="Which members of the families; mixed: all."),
    ] = "mixed",
    seed: Annotated[
        int, typer.Option(min=0, max=MOST_SEED, help="Of the families, the intervals and the random agent.")
    ] = 0,
    world: WorldOption = "small",
    path: ChainFile = None,
    max_steps: Annotated[int, typer.Option(min=1, help="Steps before an episode is truncated.")] = 40,
    record: Annotated[Path | None, typer.Option(help="Write every trajectory to this new file.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Evaluate agents on families of scenarios: metrics with 95 % intervals."""
    from contextlib import ExitStack

    from agentalign_env.agents.catalogue import make_agent
    from agentalign_env.scoring.metrics import estimate_metrics

    actors = [make_agent(_ALIASES.get(name, name), seed) for name in dict.fromkeys(agent or ["oracle"])]
    families = _Families(spread(read_chains(path, split))[:limit], intent, seed, world)
    told: list[tuple[str, list[EpisodeScore]]] = []
    output = Output()
    try:
        with ExitStack() as stack:
            writer = _writer(record, stack)
            advance = stack.enter_context(output.progress("episodes", families.episodes * len(actors)))
            for actor in actors:
                scores: list[EpisodeScore] = []
                told.append((actor.name, scores))
                for score in _scored(actor, families, writer, max_steps):
                    scores.append(score)
                    advance(actor.name)
    finally:
        results = [(name, estimate_metrics(scores, seed)) for name, scores in told if scores]
        if results:
            _report(output, results, as_json=json, whole=families.episodes, record=record)


class _Families:
    """The scenarios and rubrics of some chains, built when the first agent comes to them and kept for the others."""

    def __init__(self, chains: Sequence[Chain], intent: str, seed: int, world: str) -> None:
        from agentalign_env.errors import ScenarioBuildError
        from agentalign_env.types import INTENTS

        if not chains:
            raise ScenarioBuildError(
                "expected at least one chain whose capabilities have tools, got none: choose another split or file"
            )
        self._chains, self._intent, self._seed, self._world = chains, intent, seed, world
        self._built: list[tuple[Scenario, Rubric]] = []
        self.episodes = len(chains) * (len(INTENTS) if intent == "mixed" else 1)

    def __iter__(self) -> Iterator[tuple[Scenario, Rubric]]:
        from agentalign_env.scenarios.families import build_family
        from agentalign_env.scoring.rubric import rubric_of

        if len(self._built) == self.episodes:
            yield from self._built
            return
        self._built.clear()
        for chain in self._chains:
            for member in build_family(chain, seed=self._seed, world=self._world).members:
                if self._intent in ("mixed", member.intent):
                    self._built.append((member, rubric_of(member)))
                    yield self._built[-1]


def _scored(
    actor: Agent, families: _Families, writer: TrajectoryWriter | None, max_steps: int
) -> Iterator[EpisodeScore]:
    from agentalign_env.recording.evaluation import score_episode
    from agentalign_env.rollouts.local import rollout

    rubrics: dict[str, Rubric] = {}

    def scenarios() -> Iterator[Scenario]:
        for scenario, rubric in families:
            rubrics[scenario.id] = rubric
            yield scenario

    for trajectory in rollout(actor, scenarios(), record=writer, max_steps=max_steps):
        yield score_episode(trajectory, rubrics.pop(trajectory.scenario.id))


def _writer(record: Path | None, stack: ExitStack) -> TrajectoryWriter | None:
    from agentalign_env.errors import DataFileError
    from agentalign_env.recording.files import TrajectoryWriter

    if record is None:
        return None
    if record.exists():
        raise DataFileError(
            str(record), "file", "expected no file of an earlier run, found one", "Remove it, or pass another --record."
        )
    return stack.enter_context(TrajectoryWriter(record))


def _report(
    output: Output, results: Sequence[tuple[str, Metrics]], *, as_json: bool, whole: int, record: Path | None
) -> None:
    if as_json:
        found: list[Any] = [{"agent": name, **metrics.to_json()} for name, metrics in results]
        print_json(found[0] if len(found) == 1 else found)
        return
    if len(results) == 1:
        _print_one(output, *results[0])
    else:
        rows = [
            (name, str(metrics.episodes), *(_interval(metrics.overall[key]) for key in _COLUMNS.values()))
            for name, metrics in results
        ]
        output.table(("agent", "episodes", *_COLUMNS), rows)
    for name, metrics in results:
        if metrics.episodes < whole:
            output.line(f"{name}: only {metrics.episodes} of {whole} episodes", style="yellow")
        if metrics.unscored:
            output.line(f"{name}: {metrics.unscored} episodes could not be scored", style="yellow")
    if record is not None:
        output.line(f"the trajectories are in {record}", style="dim")


def _print_one(output: Output, name: str, metrics: Metrics) -> None:
    output.line(f"{name}, {metrics.episodes} episodes, 95 % intervals", style="bold")
    rows = [(_TITLES[key], *_cells(estimate)) for key, estimate in metrics.overall.items()]
    output.table(("metric", "mean", "low", "high", "episodes"), rows)
    output.line()
    groups = [
        (category, *(_interval(estimates[key]) for key in _COLUMNS.values()))
        for category, estimates in metrics.by_category.items()
    ]
    output.table(("category", *_COLUMNS), groups)


def _cells(estimate: Estimate) -> tuple[str, str, str, str]:
    return _number(estimate.mean), _number(estimate.low), _number(estimate.high), str(estimate.n)


def _interval(estimate: Estimate) -> str:
    if math.isnan(estimate.low):
        return _number(estimate.mean)
    return f"{_number(estimate.mean)} [{_number(estimate.low)}, {_number(estimate.high)}]"


def _number(value: float) -> str:
    """Three decimals: the second alone would hide what tells good agents apart."""
    return "-" if math.isnan(value) else f"{value:.3f}"
