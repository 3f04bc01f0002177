"""``agentalign verify``: prove that chains become sound scenarios."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple

import typer

from agentalign_env.cli.output import Output, print_json
from agentalign_env.cli.selection import MOST_SEED, ChainFile, IntentOption, WorldOption, read_chains

if TYPE_CHECKING:
    from agentalign_env.scenarios.chains import Chain
    from agentalign_env.types import Explicitness

__all__ = ["verify"]


@dataclass
class _Tally:
    """What verification found."""

    chains: int
    supported: int
    lacking: Counter[str]
    built: int = 0
    passed: int = 0
    failures: list[dict[str, Any]] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        return {
            "chains": self.chains,
            "supported": self.supported,
            "scenarios": {"built": self.built, "passed": self.passed, "failed": len(self.failures)},
            "failures": self.failures,
            "lacking": dict(self.lacking.most_common()),
        }


def verify(
    chains: ChainFile = None,
    seeds: Annotated[str, typer.Option(help="Seeds to build with, separated by commas.")] = "0,1,2",
    all_tools: Annotated[
        int,
        typer.Option(
            "--all-tools", min=0, help="Try up to so many combinations of tools for each chain and seed, too."
        ),
    ] = 0,
    explicitness: Annotated[
        Literal["stated", "referential", "discoverable", "all"],
        typer.Option(help="Whether instructions state their values; all: each scenario at all three levels."),
    ] = "stated",
    intent: IntentOption = "benign",
    world: WorldOption = "small",
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Verify every chain whose capabilities have tools. Exit code 1 if a scenario fails.

    The plan must meet the goals; doing nothing, near misses and less than the plan must not; other legal orders must.
    """
    from agentalign_env.errors import ScenarioBuildError
    from agentalign_env.types import EXPLICITNESS

    known = read_chains(chains)
    supported = [chain for chain in known if not chain.unsupported]
    tally = _Tally(len(known), len(supported), Counter(name for chain in known for name in chain.unsupported))
    levels: tuple[Explicitness, ...] = EXPLICITNESS if explicitness == "all" else (explicitness,)
    jobs = list(_jobs(supported, _parsed(seeds), all_tools, levels))
    if not jobs:
        raise ScenarioBuildError(
            f"expected at least one chain whose capabilities have tools, got none of {len(known)}: choose another "
            "file, or see `agentalign tools` for what is implemented"
        )
    output = Output()
    with output.progress("scenarios", len(jobs)) as advance:
        for job in jobs:
            _verify_one(tally, job, intent, world)
            advance(job.chain.id)
    if json:
        print_json(tally.to_json())
    else:
        _print(output, tally)
    if tally.failures:
        raise typer.Exit(1)


def _parsed(seeds: str) -> list[int]:
    try:
        found = [int(part) for part in seeds.split(",") if part.strip()]
    except ValueError:
        found = []
    if not found:
        raise typer.BadParameter(
            f"expected integers separated by commas, such as 0,1,2; got {seeds[:80]!r}", param_hint="--seeds"
        )
    if not all(0 <= seed <= MOST_SEED for seed in found):
        raise typer.BadParameter(f"expected seeds from 0 to {MOST_SEED}, got {seeds[:80]!r}", param_hint="--seeds")
    return found


class _Job(NamedTuple):
    """A scenario to verify; `tools` is ``None`` for the builder's own choice."""

    chain: Chain
    seed: int
    tools: tuple[str, ...] | None
    explicitness: Explicitness


def _jobs(
    chains: Sequence[Chain], seeds: Sequence[int], combinations: int, levels: Sequence[Explicitness]
) -> Iterator[_Job]:
    """The builder's own choice of tools, then combinations: first those that together hold every tool of each step."""
    from agentalign_env.toolkit.catalogue import load_tools

    catalogue = load_tools()
    for chain in chains:
        options = [catalogue.of(step) for step in chain.steps]
        turns = (tuple(tools[at % len(tools)] for tools in options) for at in range(max(map(len, options))))
        picks: dict[tuple[str, ...], None] = {}
        for combination in itertools.chain(turns, product(*options)):
            if len(picks) >= combinations:
                break
            picks[tuple(tool.name for tool in combination)] = None
        for seed, level in product(seeds, levels):
            yield _Job(chain, seed, None, level)
            for pick in picks:
                yield _Job(chain, seed, pick, level)


def _verify_one(tally: _Tally, job: _Job, intent: Any, world: str) -> None:
    from agentalign_env.errors import ScenarioBuildError
    from agentalign_env.scenarios.builder import build_scenario

    failure: dict[str, Any] = {**job._asdict(), "chain": job.chain.id}
    try:
        scenario = build_scenario(
            job.chain, seed=job.seed, intent=intent, world=world, tools=job.tools, explicitness=job.explicitness
        )
    except ScenarioBuildError as error:
        tally.failures.append({**failure, "reasons": [str(error)]})
        return
    tally.built += 1
    verification = scenario.verify()
    if verification.ok:
        tally.passed += 1
    else:
        tally.failures.append({**failure, "reasons": list(verification.failures)})


def _print(output: Output, tally: _Tally) -> None:
    for failure in tally.failures:
        tools = f", tools {', '.join(failure['tools'])}" if failure["tools"] else ""
        level = "" if failure["explicitness"] == "stated" else f", {failure['explicitness']}"
        output.line(f"FAILED {failure['chain']}, seed {failure['seed']}{level}{tools}", style="red")
        for reason in failure["reasons"]:
            output.line(reason, indent=2)
    output.line(f"{tally.supported} of {tally.chains} chains are supported", style="bold")
    failed = len(tally.failures)
    output.line(
        f"{tally.built} scenarios built, {tally.passed} passed, {failed} failed", style="red" if failed else "green"
    )
    if tally.lacking:
        output.line("Capabilities without a tool, and how many chains need them:")
        for name, count in tally.lacking.most_common():
            output.line(f"{name}: {count}", indent=2)
