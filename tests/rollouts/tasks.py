"""Tasks for worker processes: what they do is said by the task."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Sequence


def work(tasks: Sequence[str]) -> list[str]:
    return [_done(task) for task in tasks]


def _done(task: str) -> str:
    if task.startswith("hang"):
        time.sleep(600)
    if task.startswith("die"):
        os.kill(os.getpid(), signal.SIGKILL)
    return f"{task} done"


def prepare() -> None:
    """Needs nothing."""
