"""Trajectories: the record of an episode, its files, and the replay that proves it."""

from __future__ import annotations

from agentalign_env.recording.files import (
    HalfWrittenLineWarning,
    TrajectoryWriter,
    read_trajectories,
    replacing_writer,
)
from agentalign_env.recording.recorder import Recorder
from agentalign_env.recording.replay import Divergence, ReplayReport, rebuild_scenario, replay
from agentalign_env.recording.trajectory import (
    Execution,
    RecordedCall,
    RecordedStep,
    RowChange,
    ScenarioSummary,
    Trajectory,
)

__all__ = [
    "Divergence",
    "Execution",
    "HalfWrittenLineWarning",
    "RecordedCall",
    "RecordedStep",
    "Recorder",
    "ReplayReport",
    "RowChange",
    "ScenarioSummary",
    "Trajectory",
    "TrajectoryWriter",
    "read_trajectories",
    "rebuild_scenario",
    "replacing_writer",
    "replay",
]
