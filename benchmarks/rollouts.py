"""How much faster two worker processes roll out than one: ``python -m benchmarks.rollouts``."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import NamedTuple

from agentalign_env import load_chains
from agentalign_env.rollouts.executors import Execution, lines
from agentalign_env.rollouts.sources import ScenarioSpec

GOAL = 1.7


class Sample(NamedTuple):
    """Of a run.

    Attributes:
        start_s: Seconds until each rollout gave its first record: interpreters, imports, the first worlds.
        rest_s: From there to the last record.
        cpu_s: Processor time of the workers in all, which does not depend on what else the machine does.
    """

    start_s: float
    rest_s: float
    cpu_s: float


class Figures(NamedTuple):
    """Runs in turn: one process, two, and two rollouts of half the episodes beside each other, which share nothing."""

    episodes: int
    one: list[Sample]
    two: list[Sample]
    apart: list[Sample]

    @property
    def speedup(self) -> float:
        """The median over pairs of runs, warm."""
        return median(one.rest_s / two.rest_s for one, two in zip(self.one, self.two, strict=True))

    @property
    def ceiling(self) -> float:
        """What the machine gives to two processes that share nothing."""
        return median(one.rest_s / two.rest_s for one, two in zip(self.one, self.apart, strict=True))

    @property
    def speedup_with_start(self) -> float:
        return median(sum(one[:2]) / sum(two[:2]) for one, two in zip(self.one, self.two, strict=True))

    @property
    def dearer(self) -> float:
        """Processor time of two workers in units of one's."""
        return median(two.cpu_s / one.cpu_s for one, two in zip(self.one, self.two, strict=True))


def specs_of(count: int) -> list[ScenarioSpec]:
    """Chains of all categories; a scenario is built where its episode runs, in the world that its seed chooses."""
    chains = [chain for chain in load_chains() if not chain.unsupported]
    return [ScenarioSpec(chains[number % len(chains)], number // len(chains)) for number in range(count)]


def sample(rollouts: Sequence[Sequence[ScenarioSpec]], workers: int) -> Sample:
    """One run: rollouts beside each other, each by so many worker processes."""
    used = _children_s()
    begun = perf_counter()
    with ThreadPoolExecutor(len(rollouts)) as threads:
        moments = list(threads.map(lambda specs: _roll_out(specs, workers), rollouts))
    first, last = max(one for one, _ in moments), max(one for _, one in moments)
    return Sample(first - begun, last - first, _children_s() - used)


def _roll_out(specs: Sequence[ScenarioSpec], workers: int) -> tuple[float, float]:
    """When the first record was there, and the last one."""
    with closing(lines("oracle", specs, Execution("processes", workers))) as records:
        next(records)
        first = perf_counter()
        others = sum(b'"outcome":"completed"' in line for line in records)
        last = perf_counter()
    if others != len(specs) - 1:
        raise RuntimeError(f"expected {len(specs) - 1} completed episodes, got {others}")
    return first, last


def _children_s() -> float:
    """Processor time of all processes that were started here and have ended."""
    times = os.times()
    return times.children_user + times.children_system


def measure(specs: Sequence[ScenarioSpec], repeats: int) -> Figures:
    half = len(specs) // 2
    figures = Figures(len(specs), [], [], [])
    for _ in range(repeats):
        figures.one.append(sample([specs], 1))
        figures.two.append(sample([specs], 2))
        figures.apart.append(sample([specs[:half], specs[half:]], 1))
    return figures


def table(figures: Figures) -> list[str]:
    rows = ["| processes | until the first record | episodes/s from there | processor time |", "|---|---|---|---|"]
    for name, samples in (("1", figures.one), ("2", figures.two), ("1 beside 1", figures.apart)):
        start_s, rest_s, cpu_s = (median(taken[at] for taken in samples) for at in range(3))
        rows.append(f"| {name} | {start_s:.2f} s | {figures.episodes / rest_s:,.0f} | {cpu_s:.2f} s |")
    return rows


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.rollouts", description=__doc__)
    parser.add_argument("--episodes", type=int, default=2_000, metavar="N", help="of a run, 2000 by default")
    parser.add_argument("--repeats", type=int, default=3, metavar="N", help="pairs of runs, 3 by default")
    parser.add_argument("--one-world", action="store_true", help="all episodes in one world, instead of 256 in each")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too")
    options = parser.parse_args(arguments)
    specs = [spec._replace(seed=0) if options.one_world else spec for spec in specs_of(options.episodes)]
    figures = measure(specs, options.repeats)
    print("\n".join(table(figures)))
    met = "met" if figures.speedup >= GOAL else "NOT met"
    print(f"two processes: {figures.speedup:.2f}x of one, {figures.speedup_with_start:.2f}x with their start")
    each = ", ".join(f"{one.rest_s / two.rest_s:.2f}" for one, two in zip(figures.one, figures.two, strict=True))
    print(f"of each pair: {each}; two that share nothing: {figures.ceiling:.2f}x; work: {figures.dearer:.2f} of one's")
    print(f"goal {GOAL}x: {met}")
    if options.json is not None:
        told = {**figures._asdict(), "speedup": figures.speedup, "with_start": figures.speedup_with_start}
        told["ceiling"] = figures.ceiling
        options.json.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
