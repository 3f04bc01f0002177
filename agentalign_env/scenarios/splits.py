"""Held-out splits: what is kept from training, from ``scenarios/splits.toml``."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Literal

from agentalign_env.core.data_files import DataModel, validated
from agentalign_env.core.rng import derive_seed
from agentalign_env.errors import DataFileError
from agentalign_env.resources import data_root, read_toml
from agentalign_env.scenarios.chains import Chain, load_chains
from agentalign_env.scenarios.taxonomy import load_taxonomy
from agentalign_env.toolkit.catalogue import load_tools

__all__ = ["HeldOut", "Split", "Splits", "load_splits", "reserved_tools", "split_chains"]

Split = Literal["train", "test", "all"]
HeldOut = Literal["chain", "tool", "capability", "category"]
"""What the test split holds that training never shows."""

_TEST_SHARE = 5  # of the step sequences that no list names, one of so many is held out


class Splits(DataModel):
    """What is held out.

    Attributes:
        chains: Ids of our own chains. Chains with the same steps, also of other files, are held out with them.
        tools: Names; each has a sibling of the same capability that is not held out.
        capabilities: As ``Category.verb_noun``.
        categories: Of the taxonomy.
    """

    chains: frozenset[str]
    tools: frozenset[str]
    capabilities: frozenset[str]
    categories: frozenset[str]


@lru_cache(maxsize=1)
def load_splits() -> Splits:
    """What is held out.

    Raises:
        DataFileError: The file is invalid, or names something that does not exist.
    """
    path = data_root("scenarios").joinpath("splits.toml")
    found = validated(Splits, read_toml(path), path.name, "See docs/chains.md, 'Splits', for the form.")
    tools = load_tools()
    known = {
        "chains": {chain.id for chain in load_chains()},
        "tools": {*tools},
        "capabilities": {*tools.capabilities},
        "categories": {entry.category for entry in load_taxonomy().values()},
    }
    for key, names in known.items():
        unknown = sorted(getattr(found, key) - names)
        if unknown:
            raise DataFileError(path.name, key, f"there is nothing named {unknown[0]!r}", "Remove or correct it.")
    for name in sorted(found.tools):
        if all(tool.name in found.tools for tool in tools.of(tools[name].capability)):
            problem = f"every tool of {tools[name].capability} is held out"
            raise DataFileError(path.name, "tools", problem, "Leave one for training.")
    return found


def split_chains(chains: Sequence[Chain], split: Split, held_out: HeldOut = "chain") -> tuple[Chain, ...]:
    """The chains of a split; no sequence of steps is in both, except with `held_out` ``tool``, where tools differ.

    A chain of a held-out category whose steps occur in another category too is in neither split.
    """
    if split == "all":
        return tuple(chains)
    splits = load_splits()
    if held_out == "tool":
        tools = load_tools()
        new = {tools[name].capability for name in splits.tools}
        return tuple(chain for chain in chains if split == "train" or new & {*chain.steps})
    if held_out == "capability":
        return tuple(chain for chain in chains if (split == "test") == bool(splits.capabilities & {*chain.steps}))
    if held_out == "chain":
        return tuple(chain for chain in chains if (split == "test") == _is_test(chain.steps))
    train = tuple(chain for chain in chains if chain.category not in splits.categories)
    seen = {chain.steps for chain in train}
    return (
        train
        if split == "train"
        else tuple(chain for chain in chains if chain.category in splits.categories and chain.steps not in seen)
    )


def reserved_tools(held_out: HeldOut, faces: int | None = None) -> frozenset[str]:
    """The tools that training neither uses nor offers."""
    splits = load_splits()
    if held_out == "tool":
        return splits.tools
    if held_out == "capability":
        tools = load_tools(faces)
        return frozenset(tool.name for capability in splits.capabilities for tool in tools.of(capability))
    return frozenset()


@lru_cache(maxsize=4_096)
def _is_test(steps: tuple[str, ...]) -> bool:
    listed = _listed().get(steps)
    return derive_seed("split", *steps) % _TEST_SHARE == 0 if listed is None else listed


@lru_cache(maxsize=1)
def _listed() -> dict[tuple[str, ...], bool]:
    """Whether the step sequences of our own chains are held out."""
    held = load_splits().chains
    patterns = {chain.steps: False for chain in load_chains()}
    patterns.update({chain.steps: True for chain in load_chains() if chain.id in held})
    return patterns
