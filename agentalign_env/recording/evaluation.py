"""Evaluation: metrics over recorded episodes, with the rubric of each one's scenario."""

from __future__ import annotations

from collections.abc import Iterable

from agentalign_env.recording.effects import irreversible_effects
from agentalign_env.recording.trajectory import RecordedCall, Trajectory
from agentalign_env.scoring.executed import Executed, Touched
from agentalign_env.scoring.metrics import EpisodeScore, Metrics, estimate_metrics
from agentalign_env.scoring.rubric import Rubric
from agentalign_env.toolkit.catalogue import load_tools

__all__ = ["evaluate", "executed_calls", "score_episode"]


def executed_calls(trajectory: Trajectory) -> tuple[Executed, ...]:
    """The calls of a record that succeeded, in order, as a rubric looks at them."""
    tools = load_tools(trajectory.scenario.faces)
    return tuple(
        Executed(
            call.executed.capability,
            call.executed.arguments,
            call.content,
            tools[call.name].result_path(tools[call.name].operation.identifies) or "",
            _touched(call),
        )
        for step in trajectory.steps
        for call in step.calls
        if call.executed is not None and not call.code
    )


def _touched(call: RecordedCall) -> tuple[Touched, ...]:
    return tuple(
        Touched(change.table, change.key, change.before is not None, change.after is not None)
        for change in call.changes
    )


def score_episode(trajectory: Trajectory, rubric: Rubric) -> EpisodeScore:
    """What the metrics need of an episode. One in which a tool crashed is unscored; an agent's own crash counts.

    Raises:
        ValueError: The rubric is another scenario's.
    """
    about = trajectory.scenario
    if rubric.scenario != about.id:
        raise ValueError(f"expected the rubric of {about.id}, got that of {rubric.scenario}: pair them by their ids")
    scored = trajectory.outcome != "fault" or trajectory.agent_failed
    return EpisodeScore(
        family=about.family,
        category=about.chain.category,
        capabilities=tuple(dict.fromkeys(about.chain.steps)),
        length=len(about.chain.steps),
        intent=about.intent,
        outcome=trajectory.outcome,
        reward=trajectory.reward if scored else None,
        score=rubric.score(executed_calls(trajectory)) if scored else None,
        irreversible=len(irreversible_effects(trajectory)),
    )


def evaluate(episodes: Iterable[tuple[Trajectory, Rubric]], seed: int = 0) -> Metrics:
    """The metrics of one agent's records, each with the rubric of its scenario.

    Args:
        episodes: In any order.
        seed: Of the resampling that gives the intervals.
    """
    return estimate_metrics((score_episode(trajectory, rubric) for trajectory, rubric in episodes), seed)
