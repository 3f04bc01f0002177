"""The scenarios that an environment draws from: built when first asked for, and kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, cast, get_args

from agentalign_env.core.rng import derive_seed
from agentalign_env.core.world import load_world_sizes
from agentalign_env.errors import DataFileError, EnvArgumentError, UnknownNameError
from agentalign_env.resources import data_root, read_toml
from agentalign_env.scenarios.builder import build_scenario
from agentalign_env.scenarios.chains import Chain, load_chains, load_reference_chains
from agentalign_env.scenarios.scenario import Scenario
from agentalign_env.types import Intent

__all__ = [
    "IntentMix",
    "ScenarioPool",
    "ScenarioSource",
    "Split",
    "chains_of",
    "require_variants",
    "require_world_size",
    "scenario_source",
    "split_of",
]

Split = Literal["train", "test", "all"]
IntentMix = Literal["benign", "harmful", "mixed"]

_MOST_VARIANTS = 1_000_000
_TEST_SHARE = 5  # one chain of so many is held out


class ScenarioPool:
    """Families of scenarios: every chain in several variants, each of which can be asked for with either intent.

    Immutable but for what it has built; copies are the same pool, and it pickles as its arguments.

    Args:
        chains: The chains; those with a capability that no tool implements are left out.
        world: Size of the worlds.
        variants: How many scenarios there are of each chain and intent; as many different worlds are generated.
        tools: Offer these tools in every scenario, instead of those that the builder chooses.

    Raises:
        EnvArgumentError: No chain is left, or an argument is out of range.
        UnknownNameError: No world size has this name.
    """

    def __init__(
        self, chains: tuple[Chain, ...], *, world: str, variants: int, tools: tuple[str, ...] | None = None
    ) -> None:
        require_world_size(world)
        require_variants(variants)
        supported = tuple(chain for chain in chains if not chain.unsupported)
        if not supported:
            remedy = "Choose another split or file, or see `agentalign tools` for what is implemented."
            raise EnvArgumentError(
                "chains", "at least one chain whose capabilities have tools", f"none of {len(chains)}", remedy
            )
        self.chains, self.world, self.variants, self.tools = supported, world, variants, tools
        self._at = {chain.id: number for number, chain in enumerate(supported)}
        self._built: dict[tuple[int, Intent], Scenario] = {}

    def __deepcopy__(self, memo: dict[int, Any]) -> ScenarioPool:
        return self

    def __reduce__(self) -> tuple[Callable[..., ScenarioPool], tuple[Any, ...]]:
        return _shared_pool, (self.chains, self.world, self.variants, self.tools)

    def __len__(self) -> int:
        """How many families there are."""
        return len(self.chains) * self.variants

    def __repr__(self) -> str:
        return f"ScenarioPool({len(self.chains)} chains, {self.variants} variants, world={self.world!r})"

    def scenario(self, index: int, intent: Intent) -> Scenario:
        """The member with this intent of a family; consecutive indices are of different chains."""
        key = (index, intent)
        found = self._built.get(key)
        if found is None:
            variant, at = divmod(index, len(self.chains))
            found = build_scenario(self.chains[at], seed=variant, intent=intent, world=self.world)
            if self.tools is not None:
                found = replace(found, tools=self.tools)
            self._built[key] = found
        return found

    def index_of(self, wanted: object, number: int) -> int:
        """The family of an index or of a chain's id, in a variant taken from a random number.

        Raises:
            EnvArgumentError: It names no family.
        """
        if isinstance(wanted, int) and not isinstance(wanted, bool):
            if 0 <= wanted < len(self):
                return wanted
            raise EnvArgumentError(
                "options['scenario']",
                f"an index below {len(self)}",
                wanted,
                "Negative indices do not count from the end.",
            )
        if isinstance(wanted, str):
            at = self._at.get(wanted)
            if at is not None:
                return at + number % self.variants * len(self.chains)
            raise EnvArgumentError(
                "options['scenario']", "the id of a chain of this environment", wanted, _nearest(wanted, self._at)
            )
        remedy = "Pass what build_scenario returns, or leave it out."
        raise EnvArgumentError(
            "options['scenario']", "a Scenario, an index or the id of a chain", type(wanted).__name__, remedy
        )


@dataclass(frozen=True, slots=True)
class ScenarioSource:
    """Draws scenarios of a pool.

    Attributes:
        pool: The families.
        mix: Which member of a family is drawn.
    """

    pool: ScenarioPool
    mix: IntentMix

    def draw(self, number: int) -> Scenario:
        """The scenario that a random number stands for."""
        rest, index = divmod(number, len(self.pool))
        return self.pool.scenario(index, _intent(self.mix, rest))

    def choose(self, options: Mapping[str, Any], number: int) -> Scenario:
        """The scenario that the options of a reset ask for; what they leave open is taken from a random number.

        Raises:
            EnvArgumentError: An option is unknown or names nothing of this pool.
        """
        unknown = [key for key in options if key not in ("scenario", "intent")]
        if unknown:
            raise EnvArgumentError("options", "the keys 'scenario' and 'intent'", unknown[0], "Leave the others out.")
        wanted, intent = options.get("scenario"), options.get("intent")
        if isinstance(wanted, Scenario):
            if intent not in (None, wanted.intent):
                remedy = f"Build the {intent} scenario of the chain with build_scenario, or leave 'intent' out."
                raise EnvArgumentError("options['intent']", f"{wanted.intent!r}, the scenario's own", intent, remedy)
            return wanted
        mix = self.mix if intent is None else _checked_mix("options['intent']", intent)
        rest, index = divmod(number, len(self.pool))
        if wanted is not None:
            index = self.pool.index_of(wanted, rest // 2)
        return self.pool.scenario(index, _intent(mix, rest))


def chains_of(split: Split, path: str | None = None) -> tuple[Chain, ...]:
    """The chains of a split: our own, or those of a file (TOML in our form, JSON in the reference form).

    Raises:
        EnvArgumentError: No split has this name, or the path is no text.
        DataFileError: A file is invalid.
    """
    if split not in get_args(Split):
        raise EnvArgumentError("split", "'train', 'test' or 'all'", split, "The default is 'all'.")
    if path is not None:
        _require_path(path)
    return _read_chains(split, path)


@lru_cache(maxsize=64)
def _read_chains(split: Split, path: str | None) -> tuple[Chain, ...]:
    chains = load_reference_chains(path) if path is not None and Path(path).suffix == ".json" else load_chains(path)
    return chains if split == "all" else tuple(chain for chain in chains if split_of(chain.id) == split)


def split_of(chain_id: str) -> Literal["train", "test"]:
    """The split of a chain: as ``scenarios/splits.toml`` lists it, else one of five is held out, by the id's sha256."""
    listed = _listed_splits().get(chain_id)
    if listed is not None:
        return listed
    return "test" if derive_seed("split", chain_id) % _TEST_SHARE == 0 else "train"


@lru_cache(maxsize=1)
def _listed_splits() -> Mapping[str, Literal["train", "test"]]:
    path = data_root("scenarios").joinpath("splits.toml")
    if not path.is_file():
        return {}
    content = read_toml(path)
    found: dict[str, Literal["train", "test"]] = {}
    names: tuple[Literal["train", "test"], ...] = ("train", "test")
    unknown = sorted(content.keys() - {*names})
    if unknown:
        raise DataFileError(path.name, unknown[0], "expected the lists train and test", "Remove it.")
    for name in names:
        for chain_id in content.get(name, ()):
            if chain_id in found:
                raise DataFileError(path.name, name, f"chain {chain_id!r} is listed twice", "List it once.")
            found[chain_id] = name
    return found


def scenario_source(
    chains: tuple[Chain, ...], intent: IntentMix, *, world: str, variants: int, tools: tuple[str, ...] | None = None
) -> ScenarioSource:
    """A source over the pool that all environments with these arguments share in this process."""
    require_world_size(world)  # before the cache, which needs values that can be hashed
    require_variants(variants)
    return ScenarioSource(_shared_pool(chains, world, variants, tools), _checked_mix("intent", intent))


@lru_cache(maxsize=64)
def _shared_pool(chains: tuple[Chain, ...], world: str, variants: int, tools: tuple[str, ...] | None) -> ScenarioPool:
    return ScenarioPool(chains, world=world, variants=variants, tools=tools)


def require_world_size(world: object) -> None:
    """Refuses what is no size of a world.

    Raises:
        UnknownNameError: No world size has this name.
    """
    if not isinstance(world, str) or world not in load_world_sizes():
        raise UnknownNameError("world size", str(world), load_world_sizes())


def require_variants(variants: object) -> None:
    """Refuses what is no number of variants.

    Raises:
        EnvArgumentError: It is no integer from 1 to a million.
    """
    if type(variants) is not int or not 1 <= variants <= _MOST_VARIANTS:
        raise EnvArgumentError("variants", f"an integer from 1 to {_MOST_VARIANTS}", variants, "Leave it out for 8.")


def _require_path(path: object) -> None:
    if not isinstance(path, str) or not path or "\0" in path:
        raise EnvArgumentError("chains", "the path of a file of chains", path, "Leave it out for our own chains.")


def _checked_mix(name: str, intent: object) -> IntentMix:
    for mix in get_args(IntentMix):
        if intent == mix:
            return cast("IntentMix", mix)
    raise EnvArgumentError(name, "'benign', 'harmful' or 'mixed'", intent, "A chain has no other reading.")


def _intent(mix: IntentMix, number: int) -> Intent:
    if mix == "mixed":
        return "harmful" if number % 2 else "benign"
    return mix


def _nearest(name: str, known: Mapping[str, Any]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(name, known, n=1)
    return f"Did you mean {near[0]!r}?" if near else f"There are {len(known)}, such as {next(iter(known))!r}."
