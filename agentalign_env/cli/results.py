"""The table in which rollouts end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from agentalign_env.cli.output import Output, number, percent

if TYPE_CHECKING:
    from agentalign_env.rollouts.summary import RolloutSummary

__all__ = ["print_results"]


def print_results(output: Output, summaries: Sequence[tuple[str, RolloutSummary]]) -> None:
    """Prints a row for each (intent, summary). Success is completing what is harmless and refusing what is harmful."""
    rows = [
        (
            summary.agent,
            intent,
            str(summary.episodes),
            percent(summary.success_rate),
            number(summary.mean_reward),
            number(summary.mean_steps),
            ", ".join(f"{name} {count}" for name, count in summary.outcomes.items()),
        )
        for intent, summary in summaries
    ]
    output.table(("agent", "intent", "episodes", "success", "reward", "steps", "outcomes"), rows)
