"""Building a scenario from a chain, and its four-way verification."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count

from agentalign_env import Scenario, build_scenario
from benchmarks.fixtures import email_scenario, scenarios
from benchmarks.measure import Figure, Settings, Work, measure

__all__ = ["run"]


def run(settings: Settings) -> Iterator[Figure]:
    """The first chains of the catalogue in the packaged small world; goals are set for none of these."""
    several, email = scenarios(settings.chains), email_scenario()
    works = [
        Work(_build(several), share=len(several)),
        Work(_verify(several), share=len(several)),
        Work(_fresh(email)),
    ]
    names = (
        f"build_scenario, mean of {len(several)} chains",
        f"verify, mean of {len(several)} chains",
        "build_scenario, a world of its own",
    )
    for what, timing in zip(names, measure(works, settings), strict=True):
        yield Figure.of(what, timing)


def _build(several: list[Scenario]) -> Callable[[], None]:
    def build() -> None:
        for scenario in several:
            build_scenario(scenario.chain, seed=0)

    return build


def _verify(several: list[Scenario]) -> Callable[[], None]:
    def verify() -> None:
        for scenario in several:
            verification = scenario.verify()
            if not verification.ok:
                raise RuntimeError(f"expected {scenario.id} to be sound, got {verification.failures}")

    return verify


def _fresh(scenario: Scenario) -> Callable[[], Scenario]:
    """Builds in a world that nothing generated before."""
    seeds = count(1_000)
    return lambda: build_scenario(scenario.chain, seed=next(seeds), tools=scenario.chosen)
