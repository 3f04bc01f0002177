"""How much faster two worker processes roll out than one: ``python -m benchmarks.rollouts``."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
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
    """Seconds until the first record was there (workers load and make their worlds), and from there to the last."""

    start_s: float
    rest_s: float


class Figures(NamedTuple):
    episodes: int
    one: list[Sample]
    two: list[Sample]

    @property
    def speedup(self) -> float:
        """The median over pairs of runs, warm."""
        return median(one.rest_s / two.rest_s for one, two in zip(self.one, self.two, strict=True))

    @property
    def speedup_with_start(self) -> float:
        return median(sum(one) / sum(two) for one, two in zip(self.one, self.two, strict=True))


def specs_of(count: int) -> list[ScenarioSpec]:
    """Chains of all categories; a scenario is built where its episode runs, in the world that its seed chooses."""
    chains = [chain for chain in load_chains() if not chain.unsupported]
    return [ScenarioSpec(chains[number % len(chains)], number // len(chains)) for number in range(count)]


def sample(specs: Sequence[ScenarioSpec], workers: int) -> Sample:
    begun = perf_counter()
    with closing(lines("oracle", specs, Execution("processes", workers))) as records:
        next(records)
        first = perf_counter()
        others = sum(b'"outcome":"completed"' in line for line in records)
    if others != len(specs) - 1:
        raise RuntimeError(f"expected {len(specs) - 1} completed episodes, got {others}")
    return Sample(first - begun, perf_counter() - first)


def measure(episodes: int, repeats: int) -> Figures:
    specs = specs_of(episodes)
    one, two = [], []
    for _ in range(repeats):
        one.append(sample(specs, 1))
        two.append(sample(specs, 2))
    return Figures(episodes, one, two)


def table(figures: Figures) -> list[str]:
    rows = ["| processes | until the first record | episodes/s from there |", "|---|---|---|"]
    for number, samples in ((1, figures.one), (2, figures.two)):
        rate = figures.episodes / median(taken.rest_s for taken in samples)
        rows.append(f"| {number} | {median(taken.start_s for taken in samples):.2f} s | {rate:,.0f} |")
    return rows


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.rollouts", description=__doc__)
    parser.add_argument("--episodes", type=int, default=2_000, metavar="N", help="of a run, 2000 by default")
    parser.add_argument("--repeats", type=int, default=3, metavar="N", help="pairs of runs, 3 by default")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too")
    options = parser.parse_args(arguments)
    figures = measure(options.episodes, options.repeats)
    print("\n".join(table(figures)))
    met = "met" if figures.speedup >= GOAL else "NOT met"
    print(f"two processes: {figures.speedup:.2f}x of one, {figures.speedup_with_start:.2f}x with their start")
    print(f"goal {GOAL}x: {met}")
    if options.json is not None:
        told = {**figures._asdict(), "speedup": figures.speedup, "with_start": figures.speedup_with_start}
        options.json.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
