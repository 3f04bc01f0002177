"""Assigning: which of the values that a request states are for which of a tool's parameters."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from agentalign_env.executability.fillers import Filler
from agentalign_env.executability.fitting import Fit, Slot, bound_by, fits, limit_cue
from agentalign_env.executability.knowledge import load_knowledge, stems_of
from agentalign_env.executability.report import Bound
from agentalign_env.executability.scene import Scene
from agentalign_env.scenarios.bindings import wrapped
from agentalign_env.toolkit.tool import Tool

__all__ = ["RECIPIENTS", "Assigned", "assign"]

_OPTIONAL_AT_LEAST = 0.6  # how much the words around must speak for an argument that nobody requires
_OPTIONAL_REFERENCE = 1.5  # ... for an earlier result to be given to one
RECIPIENTS = frozenset(("EmailAddress", "PhoneNumber", "ChatId", "Handle", "AccountId"))
"""Semantic types that say to whom something goes."""
_MOST_VALUES = 8  # that one parameter takes, one call each
_AND = re.compile(r"[\s)]*,?\s*(?:and|as well as|plus|&)\s+(?:also |to |my |our )*", re.IGNORECASE)
_BETWEEN = re.compile(r"[\s,()&]*(?:and|as well as|plus|&|,)?(?: also| to| my| our)?[\s(]*", re.IGNORECASE)


class Assigned(NamedTuple):
    """What assigning gave.

    Attributes:
        used: The fillers that gave a value.
        repeated: Further values of one parameter: the call is made once for each.
    """

    used: list[Filler]
    repeated: tuple[str, tuple[Bound, ...]] | None


class _Pair(NamedTuple):
    """A filler and a slot that it fits.

    Attributes:
        score: How much the words around the filler, and what it is, speak for the slot.
        filler: The filler.
        slot: The slot.
        options: The values that the filler gives it, the likeliest first.
    """

    score: float
    filler: Filler
    slot: Slot
    options: tuple[Fit, ...]

    @property
    def name(self) -> str:
        """The tool's parameter."""
        return self.slot.parameter.name

    @property
    def required(self) -> bool:
        """Whether that is required."""
        return self.slot.parameter.required


def assign(
    scene: Scene,
    tool: Tool,
    slots: Mapping[str, Slot],
    bound: dict[str, Bound],
    others: dict[str, tuple[Bound, ...]],
) -> Assigned:
    """Gives the fillers to the slots that the words around them speak for, the surest first.

    Args:
        scene: The request and what stands around it.
        tool: The tool.
        slots: Its slots, by argument.
        bound: The values so far, by parameter; takes those that are given.
        others: Takes other values that fit, by parameter.
    """
    used: list[Filler] = []
    gathered: dict[str, list[Bound]] = {}
    slots_by_name = {slot.parameter.name: slot for slot in slots.values()}
    pairs = _pairs(scene, tool, slots, bound)
    for pair in pairs:
        name = pair.name
        if name in bound:
            others[name] = (*others.get(name, ()), *(bound_by(fit, pair.filler) for fit in pair.options))
        taken = any(one is pair.filler for one in used)
        if taken and not _shares(pair.filler, pair.slot):
            continue
        if name not in bound and _is_bound_elsewhere(pair, pairs, bound):
            continue
        if not pair.required and (
            _is_required_elsewhere(pair, pairs, bound) or _is_listed_elsewhere(pair, slots_by_name, gathered, scene)
        ):
            continue
        if name not in bound:
            bound[name] = bound_by(pair.options[0], pair.filler)
            others[name] = tuple(bound_by(fit, pair.filler) for fit in pair.options[1:])
            gathered[name] = [bound[name]]
            used.append(pair.filler)
        elif not taken and not pair.slot.is_text and _goes_with(pair.filler, gathered.get(name, ()), scene):
            gathered[name].append(bound_by(pair.options[0], pair.filler))
            used.append(pair.filler)
    _listed(scene, tool, slots_by_name, gathered, used)
    _leftovers(scene, tool, slots, bound, used)
    return Assigned(used, _several(slots_by_name, gathered, bound))


def _pairs(scene: Scene, tool: Tool, slots: Mapping[str, Slot], bound: Mapping[str, Bound]) -> list[_Pair]:
    """The fillers with the open slots that they may be for, the surest first."""
    knowledge = load_knowledge()
    stems = stems_of(scene.request.tokens)
    asked = knowledge.arguments.get(scene.request.of, set())
    pairs: list[_Pair] = []
    for filler in scene.fillers:
        before, after = stems[: filler.at], stems[filler.at + filler.width :]
        for slot in slots.values():
            if slot.parameter.name in bound or not _may_take(filler, slot, tool):
                continue
            options = tuple(fits(filler, slot, tool))
            if not options:
                continue
            score = knowledge.cue(tool.capability, slot.argument, before, after) + _affinity(filler, slot, asked)
            score += limit_cue(scene.text, filler, slot)
            if slot.parameter.required or _is_sure(filler, slot, score, asked):
                pairs.append(_Pair(score, filler, slot, options))
    pairs.sort(key=lambda pair: -pair.score)
    return pairs


def _is_sure(filler: Filler, slot: Slot, score: float, asked: set[str]) -> bool:
    """Whether enough speaks for giving a filler to a slot that nobody requires."""
    delicate = slot.is_text or slot.semantic in ("Amount", "CoinAmount", "RepositoryPath")
    if filler.kind == "reference" and score < (_OPTIONAL_REFERENCE if delicate else 0.0):
        return False
    return score > (0.0 if slot.argument in asked else _OPTIONAL_AT_LEAST)


def _is_bound_elsewhere(pair: _Pair, pairs: Sequence[_Pair], bound: Mapping[str, Bound]) -> bool:
    """Whether a slot of the same type has this very value: nothing goes from one token to itself."""
    same = [one.name for one in pairs if one.slot.semantic == pair.slot.semantic is not None]
    return any(bound[name].value == pair.options[0].value for name in same if name in bound)


def _is_required_elsewhere(pair: _Pair, pairs: Sequence[_Pair], bound: Mapping[str, Bound]) -> bool:
    """Whether the filler is the likeliest for a required slot of the same type that is still open."""
    return any(
        other.filler is pair.filler
        and other.required
        and other.slot.semantic == pair.slot.semantic
        and other.name not in bound
        and not any(one.name == other.name and one.score > other.score for one in pairs)
        for other in pairs
    )


def _is_listed_elsewhere(
    pair: _Pair, slots: Mapping[str, Slot], gathered: Mapping[str, Sequence[Bound]], scene: Scene
) -> bool:
    """Whether the filler is listed with the values of another slot: ``to Mia and Ben`` is no copy to Ben."""
    return any(
        slots[name].semantic == pair.slot.semantic and _is_listed_with(pair.filler, values, scene)
        for name, values in gathered.items()
        if name != pair.name
    )


def _goes_with(filler: Filler, values: Sequence[Bound], scene: Scene) -> bool:
    """Whether a filler is one more value beside those that were gathered."""
    return _stands_beside(filler, values, scene) and len(values) < _MOST_VALUES


def _several(
    slots: Mapping[str, Slot], gathered: Mapping[str, list[Bound]], bound: dict[str, Bound]
) -> tuple[str, tuple[Bound, ...]] | None:
    """Binds slots that were given several values to all of them, or gives back those that need a call each."""
    repeated: tuple[str, tuple[Bound, ...]] | None = None
    for name, values in gathered.items():
        if len(values) < 2:
            continue
        values.sort(key=lambda value: value.span or (0, 0))
        if slots[name].many:
            bound[name] = values[0]._replace(value=[part for value in values for part in value.value])
        elif repeated is None:
            bound[name] = values[0]
            repeated = (name, tuple(values[1:]))
    return repeated


def _listed(
    scene: Scene, tool: Tool, slots: Mapping[str, Slot], gathered: Mapping[str, list[Bound]], used: list[Filler]
) -> None:
    """Gives to each parameter what is listed beside its value, however little the words around it speak for that."""
    for filler in scene.fillers:
        if filler.kind not in ("mention", "person") or any(filler is one for one in used):
            continue
        for name, values in gathered.items():
            if slots[name].semantic not in RECIPIENTS or not _is_listed_with(filler, values, scene):
                continue
            fit = next(fits(filler, slots[name], tool), None)
            if fit is not None and all(fit.value != value.value for value in values) and len(values) < _MOST_VALUES:
                values.append(bound_by(fit, filler))
                used.append(filler)
                break


def _leftovers(
    scene: Scene, tool: Tool, slots: Mapping[str, Slot], bound: dict[str, Bound], used: list[Filler]
) -> None:
    """Gives what is left over to the place that such requests have for it: what is stated must be for something."""
    asked = load_knowledge().arguments.get(scene.request.of, set())
    for filler in scene.fillers:
        if filler.kind in ("pronoun", "self") or any(filler is one for one in used):
            continue
        kind = None if filler.mention is None else filler.mention.kind
        for slot in slots.values():
            goes_along = slot.argument == "attachments" and kind == "FilePath"
            if slot.parameter.name in bound or not _may_take(filler, slot, tool):
                continue
            if slot.argument not in asked and not goes_along:
                continue
            tags = kind == "Identifier" and bool(slot.form.wrap) and slot.semantic is None
            if slot.is_text and kind != "Quoted" and not (filler.people and slot.argument == "query") and not tags:
                continue
            fit = Fit(wrapped(filler.text, slot.form), "mention") if tags else next(fits(filler, slot, tool), None)
            if tags and not tool.accepts(slot.parameter.name, wrapped(filler.text, slot.form)):
                continue
            if fit is not None:
                bound[slot.parameter.name] = bound_by(fit, filler)
                used.append(filler)
                break


def _affinity(filler: Filler, slot: Slot, asked: set[str]) -> float:
    """How natural a filler is for a slot, whatever the words around it say."""
    score = 1.0 if slot.parameter.required else 0.0
    score += 0.4 if slot.argument in asked else -2.0
    if _shares(filler, slot):
        score += 3.0
    if slot.is_text:
        score += 0.3 if filler.is_quoted or filler.kind == "described" else -4.0
    elif filler.mention is not None and filler.mention.kind == "Quoted":
        score -= 1.0
    else:
        score += 1.0
    if filler.kind == "pronoun":
        score -= 0.5
    return score


def _may_take(filler: Filler, slot: Slot, tool: Tool) -> bool:
    """Whether a slot is one that a filler of this sort can be meant for."""
    if filler.kind == "pronoun" and not slot.parameter.required:
        return False
    return slot.argument not in ("sender", "payer") or not tool.operation.writes


def _shares(filler: Filler, slot: Slot) -> bool:
    """Whether one mention gives two parameters: an amount and its currency."""
    return (
        filler.mention is not None
        and filler.mention.kind in ("Amount", "CoinAmount")
        and slot.semantic in ("CurrencyCode", "TokenSymbol", "Amount", "CoinAmount")
    )


def _stands_beside(filler: Filler, values: Sequence[Bound], scene: Scene) -> bool:
    """Whether a filler is listed beside one that was taken: ``to Mia and Ben``."""
    for value in values:
        if value.span is None:
            continue
        first, second = sorted((value.span, filler.span))
        between = scene.text[first[1] : second[0]]
        if _BETWEEN.fullmatch(between):
            return True
    return False


def _is_listed_with(filler: Filler, values: Sequence[Bound], scene: Scene) -> bool:
    """Whether a filler follows a value that was taken, joined by an ``and``."""
    ends = [value.span[1] for value in values if value.span is not None and value.span[1] <= filler.start]
    return bool(ends) and _AND.fullmatch(scene.text, max(ends), filler.start) is not None
