"""What a dataset is to hold, and which scenarios are tried for it, in which order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

from agentalign_env.core.data_files import DataModel, validated
from agentalign_env.core.rng import derive_seed
from agentalign_env.core.world import load_world_sizes
from agentalign_env.errors import EnvArgumentError, UnknownNameError
from agentalign_env.resources import data_root, read_toml, toml_files
from agentalign_env.scenarios.chains import Chain, load_chains
from agentalign_env.scenarios.splits import Split, split_chains
from agentalign_env.types import INTENTS, Explicitness, Intent

__all__ = ["Candidate", "Group", "Recipe", "candidates", "chain_named", "load_presets"]

_REMEDY = "See docs/dataset.md, 'Presets', for the form."
_PARTS = 1 << 20
_FEWEST = 3  # rows: one of each intent


class Candidate(NamedTuple):
    """A scenario that may become a row: the arguments of `build_scenario`."""

    chain: str
    seed: int
    intent: Intent
    world: str
    explicitness: Explicitness


class Group(NamedTuple):
    """Rows of one split and intent.

    Attributes:
        split: Where they go.
        intent: Of all of them.
        rows: How many there are to be.
    """

    split: Split
    intent: Intent
    rows: int


class _Preset(DataModel):
    harmful: int
    benign: int
    borderline: int
    world: str
    levels: tuple[Explicitness, ...]
    similarity: float


class Recipe(NamedTuple):
    """What a dataset is to hold.

    Attributes:
        name: Of the preset.
        rows: How many of each intent.
        world: Size of the worlds.
        levels: How explicit the instructions are, in turn.
        similarity: From which two instructions of one intent are one too many.
    """

    name: str
    rows: Mapping[Intent, int]
    world: str
    levels: tuple[Explicitness, ...]
    similarity: float

    @property
    def total(self) -> int:
        """How many rows in all."""
        return sum(self.rows.values())

    def limited(self, most: int) -> Recipe:
        """The same in small: so many rows in all, in the same proportions.

        Raises:
            EnvArgumentError: That are fewer than there are intents.
        """
        if most < _FEWEST:
            raise EnvArgumentError("limit", f"at least {_FEWEST} rows", most, "One of each intent is the least.")
        if most >= self.total:
            return self
        rows = {intent: max(1, round(count * most / self.total)) for intent, count in self.rows.items()}
        largest = max(rows, key=lambda intent: rows[intent])
        rows[largest] += most - sum(rows.values())
        return self._replace(rows=rows)

    def groups(self) -> tuple[Group, ...]:
        """How many rows go into which split: as many as its chains are among all."""
        share = len(split_chains(_chains(), "test")) / len(_chains())
        test = {intent: round(count * share) for intent, count in self.rows.items()}
        return (
            *(Group("train", intent, self.rows[intent] - test[intent]) for intent in INTENTS),
            *(Group("test", intent, test[intent]) for intent in INTENTS),
        )


@lru_cache(maxsize=1)
def load_presets() -> Mapping[str, Recipe]:
    """The recipes of ``scenarios/datasets``, by name.

    Raises:
        DataFileError: A file is invalid.
    """
    found = {}
    for file in toml_files(data_root("scenarios").joinpath("datasets")):
        fields = validated(_Preset, read_toml(file), file.name, _REMEDY)
        if fields.world not in load_world_sizes():
            raise UnknownNameError("world size", fields.world, load_world_sizes())
        name = file.name.removesuffix(".toml")
        rows: dict[Intent, int] = {
            "benign": fields.benign,
            "borderline": fields.borderline,
            "harmful": fields.harmful,
        }
        found[name] = Recipe(name, rows, fields.world, fields.levels, fields.similarity)
    return found


def candidates(recipe: Recipe, group: Group) -> Iterator[Candidate]:
    """The scenarios to be tried for a group, without end: every chain of the split in one world, then in the next.

    The commonest intent takes every family; rarer ones are drawn from the same families, so that each of their rows has
    a twin, and that no world, tool set or chain is more often harmful than another.
    """
    chains = split_chains(_chains(), group.split)
    share = recipe.rows[group.intent] / max(recipe.rows.values())
    seed = 0
    while True:
        for number, chain in enumerate(chains):
            if derive_seed("dataset", group.intent, chain.id, seed) % _PARTS >= share * _PARTS:
                continue
            level = recipe.levels[(seed + number) % len(recipe.levels)]
            yield Candidate(chain.id, seed, group.intent, recipe.world, level)
        seed += 1


@lru_cache(maxsize=1)
def _chains() -> tuple[Chain, ...]:
    return load_chains()


@lru_cache(maxsize=1)
def _by_id() -> Mapping[str, Chain]:
    return {chain.id: chain for chain in _chains()}


def chain_named(name: str) -> Chain:
    """Our own chain of this id.

    Raises:
        UnknownNameError: There is none.
    """
    if name not in _by_id():
        raise UnknownNameError("chain", name, _by_id())
    return _by_id()[name]
