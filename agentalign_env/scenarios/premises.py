"""Premises: what a world holds beside its base, so that an instruction can build on it.

What can be laid is what the services say (`Service.premises`). It belongs to the beginning, so it is no change.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType
from typing import Any

import orjson

from agentalign_env.core.premises import Hints, PremiseMaker
from agentalign_env.core.world import World
from agentalign_env.errors import AgentAlignError, OperationError, PremiseError
from agentalign_env.services import SERVICES

__all__ = ["Premise", "lay", "makers", "supports"]


@dataclass(frozen=True, slots=True)
class Premise:
    """A thing that a world is to hold.

    Attributes:
        kind: What it is: a semantic type such as ``MessageId``, or another kind that `makers` has.
        value: What names it: an id, a path, a name. Where services number things themselves, an empty text lets them.
        hints: What else is known of it, as JSON values; the rest is drawn. docs/worlds.md lists them.
    """

    kind: str
    value: str
    hints: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The premise as JSON-serialisable values."""
        return {"kind": self.kind, "value": self.value, "hints": dict(self.hints)}

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Premise:
        """Reads what `to_json` wrote."""
        return cls(content["kind"], content["value"], dict(content.get("hints", {})))


@lru_cache(maxsize=1)
def makers() -> Mapping[str, PremiseMaker]:
    """What can be laid, by kind; a kind that several services share is laid in all of them."""
    found: dict[str, list[PremiseMaker]] = {}
    for service in SERVICES:
        for kind, maker in service.premises.items():
            found.setdefault(kind, []).append(maker)
    return MappingProxyType({kind: _together(found[kind]) for kind in sorted(found)})


def supports(kind: str) -> bool:
    """Whether a thing of this kind can be laid."""
    return kind in makers()


def lay(world: World, premises: Iterable[Premise]) -> None:
    """Puts the premises into a world and makes that the beginning of the episode: all of them, or none.

    Raises:
        PremiseError: One is of no known kind, breaks a rule of its service, or is there already.
    """
    before = world.snapshot()
    try:
        for premise in premises:
            _lay(world, premise)
            world.store.commit(0)
    except AgentAlignError:
        world.restore(before)
        raise
    world.store.settle()


def _lay(world: World, premise: Premise) -> None:
    maker = makers().get(premise.kind)
    if maker is None:
        raise PremiseError(f"no thing of the kind {premise.kind!r} can be laid: use one of {', '.join(makers())}")
    try:
        orjson.dumps((premise.value, dict(premise.hints)))
    except TypeError as error:
        message = f"{premise.kind} {premise.value!r:.80}: expected a name and hints that JSON can hold: {error}"
        raise PremiseError(message) from error
    if premise.value and not premise.value.strip():
        raise PremiseError(f"a {premise.kind} needs a name, got only blanks")
    try:
        maker(world, premise.value, premise.hints)
    except OperationError as error:
        message = f"{premise.kind} {premise.value[:80]!r} cannot be laid: {error.message}"
        raise PremiseError(message) from error


def _together(shares: list[PremiseMaker]) -> PremiseMaker:
    if len(shares) == 1:
        return shares[0]

    def make(world: World, value: str, hints: Hints) -> None:
        for share in shares:
            share(world, value, hints)

    return make
