"""Checks of instructions: a sample of the labelled set, in warm worlds, in one process and in two."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
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
_TURNS = 2_000_000  # of the control's loop: half a second
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
    share, control, rate = _two_processes(sample, settings.repeats)
    yield Figure("checks/s, two processes", value=rate, unit="/s")
    yield Figure("time, two processes / one", value=share, unit="x", goal=_SHARE_GOAL)
    yield Figure("the same for a loop that shares nothing", value=control, unit="x")


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


def _two_processes(sample: Sequence[LabelledInstruction], repeats: int) -> tuple[float, float, float]:
    """The time that two processes need, as a share of one's; the same for the control; checks per second of two."""
    pairs = [sample[at : at + 2] for at in range(0, len(sample), 2)]  # an instruction, and itself broken: half the work
    halves = [[line for pair in pairs[first::2] for line in pair] for first in (0, 1)]
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, context) as left, ProcessPoolExecutor(1, context) as right:
        for pool in (left, right):
            pool.submit(_check_each, sample).result()
        shares, controls, rates = [], [], []
        for _ in range(repeats):
            alone_s = _time_s(partial(left.submit, _check_each, sample))
            together_s = _time_s(
                *(partial(pool.submit, _check_each, half) for pool, half in zip((left, right), halves, strict=True))
            )
            shares.append(together_s / alone_s)
            rates.append(len(sample) / together_s)
            alone_s = _time_s(partial(left.submit, _count, 2 * _TURNS))
            controls.append(_time_s(*(partial(pool.submit, _count, _TURNS) for pool in (left, right))) / alone_s)
    return median(shares), median(controls), median(rates)


def _time_s(*submits: Callable[[], Future[None]]) -> float:
    """How long it takes until all that is submitted at once is done."""
    start = perf_counter()
    for future in [submit() for submit in submits]:
        future.result()
    return perf_counter() - start


def _count(turns: int) -> None:
    """Work in plain Python that touches nothing that another process could hold."""
    texts: dict[int, str] = {}
    for turn in range(turns):
        texts[turn % 997] = str(turn)


def _check_each(sample: Sequence[LabelledInstruction]) -> None:
    for line in sample:
        _check(line)


def _check(line: LabelledInstruction) -> ExecutabilityReport:
    return check(line.instruction, tools=line.tools, world=line.world, premises=line.premises)
