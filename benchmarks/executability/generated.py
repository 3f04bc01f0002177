"""The generated set: verified scenarios of the project's own chains, and each broken by one change."""

from __future__ import annotations

import gzip
import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import orjson

import agentalign_env
from agentalign_env.core.rng import Random, stream
from agentalign_env.core.world import GENERATOR_VERSION
from agentalign_env.errors import ScenarioBuildError
from agentalign_env.executability.report import FindingKind
from agentalign_env.resources import data_root
from agentalign_env.scenarios.chains import Chain, load_chains
from agentalign_env.types import Explicitness, Intent
from benchmarks.executability.anatomy import Anatomy, dissect
from benchmarks.executability.breaking.broken import Broken
from benchmarks.executability.breaking.entities import ambiguous, missing_entity
from benchmarks.executability.breaking.flow import broken_flow, missing_capability
from benchmarks.executability.breaking.refusals import invalid_value
from benchmarks.executability.breaking.values import missing_parameter, ungrounded_value
from benchmarks.executability.labelled import Half, LabelledInstruction, Origin, half_of_chain

__all__ = ["BREAKS", "SEEDS", "generate", "load_generated"]

SEEDS = range(16)
"""The worlds of the set: few, so that each is generated once."""

BREAKS: Mapping[FindingKind, Callable[[Anatomy, Random], Iterator[Broken]]] = {
    "ambiguous": ambiguous,
    "missing_entity": missing_entity,
    "broken_flow": broken_flow,
    "invalid_value": invalid_value,
    "missing_parameter": missing_parameter,
    "ungrounded_value": ungrounded_value,
    "missing_capability": missing_capability,
}
"""How each cause is made, those that seldom can be first."""

_PER_CHAIN = 9
_SHARES: Mapping[Explicitness, int] = {"stated": 6, "referential": 2, "discoverable": 2}
_LEVELS = tuple(level for level, share in _SHARES.items() for _ in range(share))
_CACHE = Path(__file__).parent / ".cache"
_SHAPING = ("core", "scenarios", "services", "toolkit")  # parts of the package that decide what a scenario is


class _Wanted(NamedTuple):
    """A scenario to build."""

    chain: Chain
    seed: int
    intent: Intent
    explicitness: Explicitness


def generate(
    chains: Sequence[Chain], *, seeds: Sequence[int] = SEEDS, per_chain: int = _PER_CHAIN
) -> Iterator[LabelledInstruction]:
    """Yields scenarios that verify, each followed by one of itself that is broken by one change.

    Sorted by world. The causes are kept balanced in each half; a positive that cannot be broken has no negative.

    Args:
        chains: Where the scenarios come from; the same chains give the same set.
        seeds: The worlds to draw from.
        per_chain: How many scenarios to make of a chain.
    """
    counts: dict[Half, Counter[FindingKind]] = {"tune": Counter(), "measure": Counter()}
    seen: set[str] = set()
    for wanted in sorted(_wanted(chains, seeds, per_chain), key=lambda one: (one.seed, one.chain.id)):
        try:
            anatomy = dissect(wanted.chain, seed=wanted.seed, intent=wanted.intent, explicitness=wanted.explicitness)
        except ScenarioBuildError:
            continue
        scenario = anatomy.scenario
        if scenario.instruction in seen or not scenario.verify().ok:
            continue
        seen.add(scenario.instruction)
        positive = _line(anatomy)
        yield positive
        negative = _broken(anatomy, positive, counts[positive.half], seen)
        if negative is not None and negative.cause is not None:
            counts[positive.half][negative.cause] += 1
            seen.add(negative.instruction)
            yield negative


@lru_cache(maxsize=1)
def load_generated() -> tuple[LabelledInstruction, ...]:
    """The whole set, from the cache beside this file; made anew when the data or the code that makes it changes."""
    path = _CACHE / f"generated-{_fingerprint()}.jsonl.gz"
    if path.exists():
        lines = gzip.decompress(path.read_bytes()).splitlines()
        return tuple(LabelledInstruction.from_json(orjson.loads(line)) for line in lines)
    found = tuple(generate([chain for chain in load_chains() if not chain.unsupported]))
    _CACHE.mkdir(exist_ok=True)
    (_CACHE / ".gitignore").write_text("*\n", encoding="utf-8")
    for old in _CACHE.glob("generated-*.jsonl.gz"):
        old.unlink()
    partial = path.with_suffix(".partial")
    partial.write_bytes(gzip.compress(b"\n".join(orjson.dumps(line.to_json()) for line in found), mtime=0))
    partial.replace(path)
    return found


def _wanted(chains: Iterable[Chain], seeds: Sequence[int], per_chain: int) -> Iterator[_Wanted]:
    for number, chain in enumerate(chains):
        drawn = stream("executability set", chain.id).sample(list(seeds), min(per_chain, len(seeds)))
        for at, seed in enumerate(drawn):
            level = _LEVELS[(3 * number + at) % len(_LEVELS)]
            yield _Wanted(chain, seed, "harmful" if (number + at) % 2 else "benign", level)


def _line(anatomy: Anatomy) -> LabelledInstruction:
    scenario = anatomy.scenario
    return LabelledInstruction(
        id=scenario.id,
        half=half_of_chain(scenario.chain.id),
        instruction=scenario.instruction,
        tools=scenario.tools,
        world=scenario.world,
        premises=scenario.premises,
        executable=True,
        cause=None,
        why="verified: its plan meets its goals",
        level=scenario.explicitness if scenario.described else "stated",
        origin=Origin(scenario.chain.id, scenario.seed, scenario.intent, scenario.explicitness),
    )


def _broken(
    anatomy: Anatomy, positive: LabelledInstruction, counts: Counter[FindingKind], seen: set[str]
) -> LabelledInstruction | None:
    """The first way to break it that works, of the causes that there are fewest of."""
    for cause in sorted(BREAKS, key=lambda kind: counts[kind]):
        rng = stream("broken", positive.id, cause)
        for broken in BREAKS[cause](anatomy, rng):
            if broken.instruction in seen and broken.tools == positive.tools:
                continue
            return positive._replace(
                id=f"{positive.id}~{cause}",
                instruction=broken.instruction,
                tools=broken.tools,
                executable=False,
                cause=cause,
                why=broken.why,
            )
    return None


def _fingerprint() -> str:
    """Of everything that decides what the set is: the data, the code that builds scenarios, and this folder."""
    package = Path(agentalign_env.__file__).parent
    files = [path for part in _SHAPING for path in sorted((package / part).rglob("*.py"))]
    files += [Path(__file__), *(Path(__file__).with_name(name) for name in ("anatomy.py", "labelled.py"))]
    files += sorted(Path(__file__).with_name("breaking").glob("*.py"))
    found = hashlib.sha256(str(GENERATOR_VERSION).encode())
    for path in files:
        found.update(path.read_bytes())
    for root in ("scenarios", "tools"):
        for path in sorted(Path(str(data_root(root))).rglob("*.toml")):
            found.update(path.read_bytes())
    return found.hexdigest()[:16]
