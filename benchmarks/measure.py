"""Measuring: blocks of a subject interleaved with blocks of the control, CPU time, medians."""

from __future__ import annotations

import gc
import json
from collections.abc import Callable, Sequence
from itertools import repeat
from operator import mul
from statistics import median
from time import process_time
from typing import NamedTuple

__all__ = [
    "CONTROL_TEXT",
    "TOLERANCE",
    "Figure",
    "Settings",
    "Timing",
    "Work",
    "mean_of",
    "measure",
    "ratio",
    "verdict",
]

TOLERANCE = 1.3
"""A goal counts as met up to this multiple of it; machines differ."""

_CALL = {
    "tool_calls": [
        {
            "id": "call_1",
            "name": "send_gmail",
            "arguments": {
                "to": ["amara.okafor@postbox.example"],
                "subject": "The reading group on Thursday",
                "body": "Hello Amara, we meet at seven in the library this week, "
                "and the room is upstairs. I bring the tea and the notes. See you there, then!",
            },
        }
    ]
}
CONTROL_TEXT = json.dumps(_CALL)
"""What the control reads and writes: a tool call of 300 bytes."""


class Settings(NamedTuple):
    """How much to measure.

    Attributes:
        repeats: Samples per figure; the median is reported.
        rounds: Blocks per sample, each beside a block of the control.
        block_us: About how long a block takes.
        large_rows: Rows of the largest world.
        envs: Live environments in the memory benchmark.
        chains: How many chains episodes and scenarios are taken from.
    """

    repeats: int = 5
    rounds: int = 10
    block_us: float = 1_000.0
    large_rows: int = 100_000
    envs: int = 200
    chains: int = 20


class Work(NamedTuple):
    """Something to time.

    Attributes:
        run: One operation.
        prepare: Called first and after every `most` operations, not timed; such as a reset that empties what they fill.
        most: Operations between two calls of `prepare`.
        share: Operations of the subject that one `run` does.
    """

    run: Callable[[], object]
    prepare: Callable[[], object] | None = None
    most: int = 10_000
    share: int = 1


class Timing(NamedTuple):
    """Samples of a subject and of the control beside it, in CPU microseconds per operation."""

    samples_us: tuple[float, ...]
    cal_samples_us: tuple[float, ...]

    @property
    def us(self) -> float:
        """The median."""
        return median(self.samples_us)

    @property
    def cal(self) -> float:
        """The median multiple of the control."""
        return median(own / cal for own, cal in zip(self.samples_us, self.cal_samples_us, strict=True))


class Figure(NamedTuple):
    """One line of the table.

    Attributes:
        what: What was measured.
        us: CPU microseconds, where it is a time.
        cal: The same as a multiple of the control.
        value: What it is otherwise: a ratio, a size, a rate.
        unit: Of `value`.
        goal: The most that it should be: `cal` where there is one, else `value`.
        at_least: The goal is the least that it should be.
    """

    what: str
    us: float | None = None
    cal: float | None = None
    value: float | None = None
    unit: str = ""
    goal: float | None = None
    at_least: bool = False

    @property
    def measured(self) -> float | None:
        """What a goal is compared with."""
        return self.value if self.cal is None else self.cal

    @classmethod
    def of(cls, what: str, timing: Timing, goal: float | None = None) -> Figure:
        """The figure of a timing, with a goal in multiples of the control."""
        return cls(what, timing.us, timing.cal, goal=goal)


def measure(works: Sequence[Work], settings: Settings) -> list[Timing]:
    """Times subjects against the control: in every round a block of the control, then one of each subject.

    The process's CPU time, with the garbage collector on. What a neighbour on the machine does falls on the control
    and on the subjects alike, so multiples are steady where bare times are not.
    """
    control = Work(_control)
    gc.collect()
    gc.freeze()  # what the imports left is not collected again in the middle of a block; what a subject makes is
    numbers = [_number(work, settings) for work in works]
    control_number = _number(control, settings)
    samples: list[list[float]] = [[] for _ in works]
    cal_samples: list[float] = []
    for _ in range(settings.repeats):
        spent, cal_spent = [0.0] * len(works), 0.0
        for _ in range(settings.rounds):
            cal_spent += _block(control, control_number)
            for at, work in enumerate(works):
                spent[at] += _block(work, numbers[at])
        cal_samples.append(cal_spent / (settings.rounds * control_number) * 1e6)
        for at, work in enumerate(works):
            samples[at].append(spent[at] / (settings.rounds * numbers[at] * work.share) * 1e6)
    return [Timing(tuple(own), tuple(cal_samples)) for own in samples]


def ratio(above: Timing, below: Timing) -> float:
    """The median ratio of two subjects of one `measure`."""
    return median(one / other for one, other in zip(above.samples_us, below.samples_us, strict=True))


def mean_of(timings: Sequence[Timing], shares: Sequence[int]) -> Timing:
    """The timing of subjects of one `measure` taken together, each with so many operations."""
    samples = zip(*(timing.samples_us for timing in timings), strict=True)
    whole = [sum(map(mul, sample, shares)) / sum(shares) for sample in samples]
    return Timing(tuple(whole), timings[0].cal_samples_us)


def verdict(figure: Figure) -> str:
    """Whether the goal is met; empty without one."""
    have = figure.measured
    if figure.goal is None or have is None:
        return ""
    needed, given = (have, figure.goal) if figure.at_least else (figure.goal, have)
    if given <= needed:
        return "met"
    return f"met within {TOLERANCE}x" if given <= needed * TOLERANCE else "NOT met"


def _control() -> None:
    json.dumps(json.loads(CONTROL_TEXT))


def _number(work: Work, settings: Settings) -> int:
    """How many operations make a block; warms up on the way."""
    number = 1
    while True:
        spent_us = _block(work, number) * 1e6
        if spent_us >= settings.block_us / 4:
            return max(1, round(number * settings.block_us / spent_us))
        number *= 4


def _block(work: Work, number: int) -> float:
    """The CPU seconds of so many operations, in runs of at most `most`."""
    run, spent = work.run, 0.0
    for done in range(0, number, work.most):
        if work.prepare is not None:
            work.prepare()
        start = process_time()
        for _ in repeat(None, min(work.most, number - done)):
            run()
        spent += process_time() - start
    return spent
