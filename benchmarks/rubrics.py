"""How many mutants of their plans rubrics tell from the plan: ``python -m benchmarks.rubrics``."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from agentalign_env import Chain, build_scenario, load_chains
from agentalign_env.scoring.mutants import MUTANT_KINDS, Mutant, mutation_report
from agentalign_env.scoring.rubric import rubric_of

GOAL = 0.95


class Figures(NamedTuple):
    chains: int
    criteria: int
    by_kind: dict[str, tuple[int, int]]
    equivalent: int
    survived: list[tuple[str, Mutant]]

    @property
    def killed(self) -> int:
        return sum(killed for killed, _ in self.by_kind.values())

    @property
    def total(self) -> int:
        return sum(total for _, total in self.by_kind.values())


def measure(chains: Sequence[Chain], seeds: Sequence[int]) -> Figures:
    by_kind = dict.fromkeys(MUTANT_KINDS, (0, 0))
    survived: list[tuple[str, Mutant]] = []
    criteria = equivalent = 0
    for chain in chains:
        for seed in seeds:
            scenario = build_scenario(chain, seed=seed)
            rubric = rubric_of(scenario)
            report = mutation_report(scenario, rubric)
            criteria += len(rubric.criteria)
            equivalent += report.equivalent
            survived += [(scenario.id, mutant) for mutant in report.survived]
            for kind, (killed, total) in report.by_kind.items():
                by_kind[kind] = (by_kind[kind][0] + killed, by_kind[kind][1] + total)
    return Figures(len(chains), criteria, by_kind, equivalent, survived)


def table(figures: Figures) -> list[str]:
    rows = [*figures.by_kind.items(), ("all", (figures.killed, figures.total))]
    lines = ["| mutant | killed | of | share |", "|---|---|---|---|"]
    for kind, (killed, total) in rows:
        share = f"{100 * killed / total:.1f} %" if total else "-"
        lines.append(f"| {kind} | {killed:,} | {total:,} | {share} |")
    return lines


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.rubrics", description=__doc__)
    parser.add_argument(
        "--seeds", type=int, default=1, metavar="N", help="so many scenarios of each chain, 1 by default"
    )
    parser.add_argument("--chains", type=int, metavar="N", help="only the first N chains")
    parser.add_argument(
        "--survivors", action="store_true", help="list the mutants that no criterion tells from the plan"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too")
    options = parser.parse_args(arguments)
    chains = [chain for chain in load_chains() if not chain.unsupported][: options.chains]
    figures = measure(chains, range(options.seeds))
    print("\n".join(table(figures)))
    share = figures.killed / max(figures.total, 1)
    met = "met" if share >= GOAL else "NOT met"
    print(
        f"{figures.criteria:,} criteria of {figures.chains} chains; {figures.equivalent:,} equivalent mutants left out"
    )
    print(f"goal {GOAL:.0%}: {met}")
    for scenario, mutant in figures.survived if options.survivors else ():
        print(f"{scenario}: {mutant.kind}: {mutant.description}")
    if options.json is not None:
        told: dict[str, Any] = {**figures._asdict(), "killed": figures.killed, "total": figures.total}
        told["survived"] = [[scenario, mutant.kind, mutant.description] for scenario, mutant in figures.survived]
        options.json.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
