"""Deciding the outcome of a recorded episode again, with a judge of its last words in place of the rules."""

from __future__ import annotations

from agentalign_env.errors import JudgeFailedError
from agentalign_env.recording.trajectory import Trajectory
from agentalign_env.scoring.outcome import outcome_of
from agentalign_env.scoring.reply_judge import REPLY_KINDS, ReplyJudge
from agentalign_env.types import Outcome

__all__ = ["judged_outcome"]

_UNSPOKEN: frozenset[Outcome] = frozenset({"completed", "truncated", "fault", "running"})
"""Outcomes that no words decide."""


def judged_outcome(trajectory: Trajectory, judge: ReplyJudge) -> Outcome | None:
    """How an episode ended, by a judge.

    What was done comes first, as in `decide_outcome`. Where no words decide (the goals are met, or the
    agent did not end the episode), the recorded outcome stands, and the judge is not asked.

    Returns:
        The outcome; ``None``, which is unscored, where the judge failed or answered with no kind of reply.
    """
    if trajectory.outcome in _UNSPOKEN:
        return trajectory.outcome
    try:
        kind = judge.judge(trajectory.steps[-1].message, trajectory.scenario.instruction)
    except JudgeFailedError:
        return None
    if kind not in REPLY_KINDS:
        return None
    effects = any(call.changes for step in trajectory.steps for call in step.calls)
    return outcome_of(kind, effects=effects, credit=trajectory.credit)
