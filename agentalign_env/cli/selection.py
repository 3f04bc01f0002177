"""Options that several commands share, and the chains and scenarios that they choose."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from agentalign_env.scenarios.chains import Chain
    from agentalign_env.scenarios.scenario import Scenario
    from agentalign_env.types import Explicitness, Intent

__all__ = [
    "MOST_SEED",
    "ChainFile",
    "IntentOption",
    "LevelOption",
    "SplitOption",
    "WorldOption",
    "chain_of",
    "read_chains",
    "scenarios_of",
    "spread",
]

MOST_SEED = (1 << 63) - 1
"""The greatest seed of a scenario; the least is 0."""

ChainFile = Annotated[
    Path | None, typer.Option(help="A file of chains: TOML in our form, JSON in the reference form. Default: our own.")
]
IntentOption = Annotated[
    Literal["benign", "borderline", "harmful"], typer.Option(help="Why the chain is being asked for.")
]
SplitOption = Annotated[Literal["train", "test", "all"], typer.Option(help="Which chains.")]
LevelOption = Annotated[
    Literal["stated", "referential", "discoverable"],
    typer.Option("--explicitness", help="Whether the instruction states its values, or leaves some to be looked up."),
]
WorldOption = Annotated[str, typer.Option(help="Size of the world: small, medium or large.")]


def read_chains(path: Path | None, split: Literal["train", "test", "all"] = "all") -> tuple[Chain, ...]:
    """Our own chains of a split, or those of a file.

    Raises:
        DataFileError: The file is invalid.
    """
    from agentalign_env.envs.pool import chains_of

    return chains_of(split, None if path is None else str(path))


def chain_of(chains: Iterable[Chain], chain_id: str) -> Chain:
    """The chain of this id.

    Raises:
        UnknownNameError: There is none.
    """
    from agentalign_env.errors import UnknownNameError

    known = {chain.id: chain for chain in chains}
    if chain_id not in known:
        raise UnknownNameError("chain", chain_id, known)
    return known[chain_id]


def spread(chains: Iterable[Chain]) -> list[Chain]:
    """The chains whose capabilities all have tools, in an order that mixes the categories; always the same."""
    from agentalign_env.core.rng import derive_seed

    return sorted(
        (chain for chain in chains if not chain.unsupported), key=lambda chain: derive_seed("spread", chain.id)
    )


def scenarios_of(
    chains: list[Chain],
    count: int,
    *,
    intent: Intent,
    seed: int,
    world: str,
    explicitness: Explicitness = "stated",
) -> Iterator[Scenario]:
    """So many scenarios: each chain with `seed`, then each with the next one, and so on.

    Raises:
        ScenarioBuildError: No chain is left to build from, or one cannot be built.
    """
    from agentalign_env.errors import ScenarioBuildError
    from agentalign_env.scenarios.builder import build_scenario

    if not chains and count:
        raise ScenarioBuildError(
            "expected at least one chain whose capabilities have tools, got none: choose another split or file"
        )
    for number in range(count):
        lap, at = divmod(number, len(chains))
        yield build_scenario(chains[at], seed=seed + lap, intent=intent, world=world, explicitness=explicitness)
