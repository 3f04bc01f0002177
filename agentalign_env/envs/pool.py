"""The scenarios that an environment draws from: built when first asked for, and kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, cast, get_args

from agentalign_env.core.world import load_world_sizes
from agentalign_env.errors import EnvArgumentError, UnknownNameError
from agentalign_env.scenarios.builder import build_scenario, choose_tools
from agentalign_env.scenarios.chains import Chain, load_chains, load_reference_chains
from agentalign_env.scenarios.scenario import Scenario
from agentalign_env.scenarios.splits import HeldOut, Split, split_chains
from agentalign_env.types import EXPLICITNESS, INTENTS, Intent

__all__ = [
    "ExplicitnessMix",
    "IntentMix",
    "ScenarioPool",
    "ScenarioSource",
    "chains_of",
    "require_faces",
    "require_level",
    "require_variants",
    "require_world_size",
    "scenario_source",
]

IntentMix = Literal["benign", "borderline", "harmful", "mixed"]
ExplicitnessMix = Literal["stated", "referential", "discoverable", "mixed"]

_MOST_VARIANTS = 1_000_000


class ScenarioPool:
    """Families of scenarios: every chain in several variants, each of which can be asked for with either intent.

    Immutable but for what it has built; copies are the same pool, and it pickles as its arguments.

    Args:
        chains: The chains; those with a capability that no tool implements are left out.
        world: Size of the worlds.
        variants: How many scenarios there are of each chain and intent; as many different worlds are generated.
        tools: Offer these tools in every scenario (and those of its lookups) instead of the builder's choice.
        explicitness: How explicit the instructions are; ``mixed``: each variant at another level.
        faces: Use the tools generated from this seed.
        without: Tools that are neither used nor offered.
        preferred: Tools that are used wherever a step can be done with them.

    Raises:
        EnvArgumentError: No chain is left, or an argument is out of range.
        UnknownNameError: No world size has this name.
    """

    def __init__(
        self,
        chains: tuple[Chain, ...],
        *,
        world: str,
        variants: int,
        tools: tuple[str, ...] | None = None,
        explicitness: ExplicitnessMix = "stated",
        faces: int | None = None,
        without: frozenset[str] = frozenset(),
        preferred: frozenset[str] = frozenset(),
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
        self.explicitness, self.faces, self.without, self.preferred = explicitness, faces, without, preferred
        self._at = {chain.id: number for number, chain in enumerate(supported)}
        self._built: dict[tuple[int, Intent], Scenario] = {}

    def __deepcopy__(self, memo: dict[int, Any]) -> ScenarioPool:
        return self

    def __reduce__(self) -> tuple[Callable[..., ScenarioPool], tuple[Any, ...]]:
        return _shared_pool, (
            self.chains,
            self.world,
            self.variants,
            self.tools,
            self.explicitness,
            self.faces,
            self.without,
            self.preferred,
        )

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
            level = EXPLICITNESS[(variant + at) % 3] if self.explicitness == "mixed" else self.explicitness
            chain, chosen = self.chains[at], None
            if self.without or self.preferred:
                chosen = choose_tools(chain, variant, faces=self.faces, without=self.without, preferred=self.preferred)
            found = build_scenario(
                chain,
                seed=variant,
                intent=intent,
                world=self.world,
                tools=chosen,
                explicitness=level,
                faces=self.faces,
            )
            if self.tools is not None:
                called = {call.tool for call in (*found.plan, *found.beyond)}
                found = replace(found, tools=tuple(sorted({*self.tools, *called})))
            elif self.without:
                found = replace(found, tools=tuple(name for name in found.tools if name not in self.without))
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
            index = self.pool.index_of(wanted, rest // len(INTENTS))
        return self.pool.scenario(index, _intent(mix, rest))


def chains_of(split: Split, path: str | None = None, held_out: HeldOut = "chain") -> tuple[Chain, ...]:
    """The chains of a split: our own, or those of a file (TOML in our form, JSON in the reference form).

    Raises:
        EnvArgumentError: No split has this name, or the path is no text.
        DataFileError: A file is invalid.
    """
    if split not in get_args(Split):
        raise EnvArgumentError("split", "'train', 'test' or 'all'", split, "The default is 'all'.")
    if held_out not in get_args(HeldOut):
        kinds = ", ".join(map(repr, get_args(HeldOut)))
        raise EnvArgumentError("held_out", f"one of {kinds}", held_out, "The default is 'chain'.")
    if path is not None:
        _require_path(path)
    return _read_chains(split, held_out, path)


@lru_cache(maxsize=64)
def _read_chains(split: Split, held_out: HeldOut, path: str | None) -> tuple[Chain, ...]:
    chains = load_reference_chains(path) if path is not None and Path(path).suffix == ".json" else load_chains(path)
    return split_chains(chains, split, held_out)


def scenario_source(
    chains: tuple[Chain, ...],
    intent: IntentMix,
    *,
    world: str,
    variants: int,
    tools: tuple[str, ...] | None = None,
    explicitness: ExplicitnessMix = "stated",
    faces: int | None = None,
    without: frozenset[str] = frozenset(),
    preferred: frozenset[str] = frozenset(),
) -> ScenarioSource:
    """A source over the pool that all environments with these arguments share in this process."""
    require_world_size(world)  # before the cache, which needs values that can be hashed
    require_variants(variants)
    require_level(explicitness)
    require_faces(faces)
    pool = _shared_pool(chains, world, variants, tools, explicitness, faces, without, preferred)
    return ScenarioSource(pool, _checked_mix("intent", intent))


@lru_cache(maxsize=64)
def _shared_pool(
    chains: tuple[Chain, ...],
    world: str,
    variants: int,
    tools: tuple[str, ...] | None,
    explicitness: ExplicitnessMix,
    faces: int | None,
    without: frozenset[str],
    preferred: frozenset[str],
) -> ScenarioPool:
    return ScenarioPool(
        chains,
        world=world,
        variants=variants,
        tools=tools,
        explicitness=explicitness,
        faces=faces,
        without=without,
        preferred=preferred,
    )


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


def require_level(explicitness: object) -> None:
    """Refuses what is no level of explicitness, nor ``mixed``.

    Raises:
        EnvArgumentError: It is something else.
    """
    if explicitness not in get_args(ExplicitnessMix):
        levels = ", ".join(map(repr, get_args(ExplicitnessMix)))
        raise EnvArgumentError("explicitness", f"one of {levels}", explicitness, "The default is 'stated'.")


def require_faces(faces: object) -> None:
    """Refuses what is no seed of generated tools.

    Raises:
        EnvArgumentError: It is neither ``None`` nor an integer from 0 to 2**63 - 1.
    """
    if faces is not None and (type(faces) is not int or not 0 <= faces < 1 << 63):
        raise EnvArgumentError("faces", "None or an integer from 0 to 2**63 - 1", faces, "Leave it out for ours.")


def _require_path(path: object) -> None:
    if not isinstance(path, str) or not path or "\0" in path:
        raise EnvArgumentError("chains", "the path of a file of chains", path, "Leave it out for our own chains.")


def _checked_mix(name: str, intent: object) -> IntentMix:
    for mix in get_args(IntentMix):
        if intent == mix:
            return cast("IntentMix", mix)
    mixes = ", ".join(map(repr, get_args(IntentMix)))
    raise EnvArgumentError(name, f"one of {mixes}", intent, "A chain has no other reading.")


def _intent(mix: IntentMix, number: int) -> Intent:
    return INTENTS[number % len(INTENTS)] if mix == "mixed" else mix


def _nearest(name: str, known: Mapping[str, Any]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(name, known, n=1)
    return f"Did you mean {near[0]!r}?" if near else f"There are {len(known)}, such as {next(iter(known))!r}."
