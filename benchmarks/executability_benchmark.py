"""Checks of instructions: a sample of the labelled set, in warm worlds, in one process and in two."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from itertools import cycle
from statistics import median
from time import perf_counter

from agentalign_env import load_chains
from agentalign_env.executability.check import check
from agentalign_env.executability.report import ExecutabilityReport
from benchmarks.executability.generated import generate
from benchmarks.executability.labelled import LabelledInstruction
from benchmarks.measure import Figure, Settings, Work, measure

__all__ = ["run"]

_SEEDS = range(8)  # worlds; a check in a warm one is what is measured
_PER_CHAIN = 8
_LONGER = 50.0  # a check takes milliseconds, a step microseconds: longer blocks, and more of them
_ROUNDS = 2
_CHECK_GOAL = 780.0  # multiples of the control: about 300 checks a second
_SHARE_GOAL = 0.55  # of one process's time: near twice as fast


def run(settings: Settings) -> Iterator[Figure]:
    """Instructions that can be carried out and such that cannot, of every level, with all that a check does."""
    sample = _sample(settings.chains)
    one = _checks(sample)
    for _ in sample:
        one()
    slower = settings._replace(block_us=settings.block_us * _LONGER, rounds=settings.rounds * _ROUNDS)
    (timing,) = measure([Work(one)], slower)
    yield Figure.of(f"check, mean of {len(sample)} instructions", timing, _CHECK_GOAL)
    yield Figure("checks/s, one process", value=1e6 / timing.us, unit="/s")
    share, rate = _two_processes(sample, settings.repeats)
    yield Figure("checks/s, two processes", value=rate, unit="/s")
    yield Figure("time, two processes / one", value=share, unit="x", goal=_SHARE_GOAL)


def _sample(count: int) -> list[LabelledInstruction]:
    """Of chains from all over the catalogue, each with its negatives."""
    chains = [chain for chain in load_chains() if not chain.unsupported]
    spread = [chains[at * len(chains) // count] for at in range(count)]
    return list(generate(spread, seeds=_SEEDS, per_chain=_PER_CHAIN))


def _checks(sample: Sequence[LabelledInstruction]) -> Callable[[], None]:
    """Checks the next of them each time, from the first again at the end."""
    calls = cycle([partial(_check, line) for line in sample])
    return lambda: _require_answer(next(calls)().executable)


def _require_answer(executable: object) -> None:
    if not isinstance(executable, bool):
        raise RuntimeError(f"expected a verdict, got {executable!r}")


def _two_processes(sample: Sequence[LabelledInstruction], repeats: int) -> tuple[float, float]:
    """The time that two processes need, as a share of one's, and their checks per second of that time."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, context) as left, ProcessPoolExecutor(1, context) as right:
        for pool in (left, right):
            pool.submit(_check_each, sample).result()
        shares, rates = [], []
        for _ in range(repeats):
            start = perf_counter()
            left.submit(_check_each, sample).result()
            alone_s = perf_counter() - start
            start = perf_counter()
            halves = (left.submit(_check_each, sample[::2]), right.submit(_check_each, sample[1::2]))
            for half in halves:
                half.result()
            together_s = perf_counter() - start
            shares.append(together_s / alone_s)
            rates.append(len(sample) / together_s)
    return median(shares), median(rates)


def _check_each(sample: Sequence[LabelledInstruction]) -> None:
    for line in sample:
        _check(line)


def _check(line: LabelledInstruction) -> ExecutabilityReport:
    return check(line.instruction, tools=line.tools, world=line.world, premises=line.premises)
