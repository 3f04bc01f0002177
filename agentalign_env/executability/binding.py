"""Binding: giving every parameter of a tool its value from what a request, the world and earlier steps offer."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from agentalign_env.executability.choices import choose_between, chosen_word, rivals
from agentalign_env.executability.fillers import Filler
from agentalign_env.executability.fitting import Fit, Slot, bound_by, fits, slots_of
from agentalign_env.executability.knowledge import load_knowledge, stems_of
from agentalign_env.executability.report import Bound
from agentalign_env.executability.scene import Attempt, Scene
from agentalign_env.executability.supplying import (
    NAMED_BY_A_WORD,
    compose,
    default,
    free_words,
    from_context,
    implied,
    is_usual,
    of_the_owner,
)
from agentalign_env.executability.texts import vague_words
from agentalign_env.scenarios.plans import Text
from agentalign_env.toolkit.tool import Tool

__all__ = ["attempt"]

_OPTIONAL_AT_LEAST = 0.6  # how much the words around must speak for an argument that nobody requires
_SURE_REFERENCE = 1.5  # ... for an earlier result to be given to one
_RECIPIENTS = frozenset(("EmailAddress", "PhoneNumber", "ChatId", "Handle", "AccountId"))
_AND = re.compile(r"[\s)]*,?\s*(?:and|as well as|plus|&)\s+(?:also |to |my |our )*", re.IGNORECASE)
_MOST_VALUES = 8  # that one parameter takes, one call each
_DECIDING = frozenset(("operation", "query_type", "mode", "method"))  # the verb says it, whatever words stand around


class _Pair(NamedTuple):
    score: float
    filler: Filler
    slot: Slot
    options: tuple[Fit, ...]


def attempt(scene: Scene, tool: Tool, fixed: Mapping[str, Any]) -> Attempt:
    """Binds what can be bound without looking anything up."""
    slots = slots_of(tool, scene.request.of.fixed)
    bound: dict[str, Bound] = {}
    others: dict[str, tuple[Bound, ...]] = {}
    for argument, value in fixed.items():
        if argument in slots and argument not in _DECIDING and (said := chosen_word(scene, slots[argument], tool)):
            bound[slots[argument].parameter.name] = said
        elif argument in slots and tool.accepts(slots[argument].parameter.name, value):
            bound[slots[argument].parameter.name] = Bound(value, "wording", (scene.request.start, scene.request.end))
    for slot in slots.values():
        if slot.parameter.name not in bound and slot.semantic != "TokenSymbol" and not rivals(slot, slots):
            chosen = chosen_word(scene, slot, tool)
            if chosen is not None:
                bound[slot.parameter.name] = chosen
    choose_between(scene, slots, bound)
    used, repeated = _assign(scene, tool, slots, bound, others)
    _carry_references(scene, slots, bound, used)
    _count(scene, slots, bound, used)
    for slot in slots.values():
        name = slot.parameter.name
        if name in bound:
            continue
        if slot.parameter.required or _is_asked(scene, slot) or is_usual(scene, slot):
            value = of_the_owner(scene, tool, slot) or free_words(scene, slot, used, bound)
            if (
                value is None
                and slot.parameter.required
                and not vague_words(scene.text, scene.request.start, scene.request.end)
            ):
                value = implied(scene, tool, slot) or from_context(scene, tool, slot) or default(scene, tool, slot)
            if value is not None:
                bound[name] = value
                if (
                    slot.semantic in NAMED_BY_A_WORD
                    and isinstance(value.value, str)
                    and value.value != value.value.lower()
                ):
                    others[name] = (value._replace(value=value.value.lower()),)  # names are issued in lower case
    compose(scene, slots, bound)
    missing = tuple(slot for slot in slots.values() if slot.parameter.required and slot.parameter.name not in bound)
    return Attempt(tool, bound, others, missing, tuple(used), repeated)


def _is_asked(scene: Scene, slot: Slot) -> bool:
    """Whether an optional argument is what such a request is about: the query of a search, say."""
    if slot.argument not in load_knowledge().arguments.get(scene.request.of, ()):
        return False
    return (
        (slot.argument in ("query", "text", "description") and slot.is_text)
        or slot.semantic in NAMED_BY_A_WORD
        or bool(slot.form.wrap)
    )


def _assign(
    scene: Scene,
    tool: Tool,
    slots: Mapping[str, Slot],
    bound: dict[str, Bound],
    others: dict[str, tuple[Bound, ...]],
) -> tuple[list[Filler], tuple[str, tuple[Bound, ...]] | None]:
    """Gives the fillers to the slots that the words around them speak for, the surest first."""
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
            cue = knowledge.cue(tool.capability, slot.argument, before, after)
            score = cue + _affinity(filler, slot, asked)
            sure = (
                _SURE_REFERENCE if slot.semantic in ("Amount", "CoinAmount", "RepositoryPath") or slot.is_text else 0.0
            )
            if filler.kind == "reference" and not slot.parameter.required and score < sure:
                continue
            if slot.parameter.required or score > (0.0 if slot.argument in asked else _OPTIONAL_AT_LEAST):
                pairs.append(_Pair(score, filler, slot, options))
    pairs.sort(key=lambda pair: -pair.score)
    used: list[Filler] = []
    gathered: dict[str, list[Bound]] = {}
    slots_by_name = {slot.parameter.name: slot for slot in slots.values()}
    for pair in pairs:
        name = pair.slot.parameter.name
        if name in bound:
            others[name] = (*others.get(name, ()), *(bound_by(fit, pair.filler) for fit in pair.options))
        taken = any(one is pair.filler for one in used)
        if taken and not _shares(pair.filler, pair.slot):
            continue
        same = [one.slot.parameter.name for one in pairs if one.slot.semantic == pair.slot.semantic is not None]
        if name not in bound and any(bound[one].value == pair.options[0].value for one in same if one in bound):
            continue  # from one token to itself
        if not pair.slot.parameter.required and any(
            other.filler is pair.filler
            and other.slot.parameter.required
            and other.slot.semantic == pair.slot.semantic
            and other.slot.parameter.name not in bound
            for other in pairs
        ):
            continue
        if not pair.slot.parameter.required and any(
            slots_by_name[other].semantic == pair.slot.semantic and _is_listed_with(pair.filler, values, scene)
            for other, values in gathered.items()
            if other != name
        ):
            continue  # "to Mia and Ben" is no copy to Ben
        if name not in bound:
            bound[name] = bound_by(pair.options[0], pair.filler)
            others[name] = tuple(bound_by(fit, pair.filler) for fit in pair.options[1:])
            gathered[name] = [bound[name]]
            used.append(pair.filler)
        elif (
            name in gathered
            and not taken
            and not pair.slot.is_text
            and _stands_beside(pair.filler, gathered[name], scene)
            and len(gathered[name]) < _MOST_VALUES
        ):
            gathered[name].append(bound_by(pair.options[0], pair.filler))
            used.append(pair.filler)
    _listed(scene, tool, slots_by_name, gathered, used)
    _leftovers(scene, tool, slots, bound, used, asked)
    repeated = None
    for name, values in gathered.items():
        if len(values) < 2:
            continue
        slot = slots_by_name[name]
        values.sort(key=lambda value: value.span or (0, 0))
        if slot.many:
            bound[name] = values[0]._replace(value=[part for value in values for part in value.value])
        elif repeated is None:
            bound[name] = values[0]
            repeated = (name, tuple(values[1:]))
    return used, repeated


def _listed(
    scene: Scene, tool: Tool, slots: Mapping[str, Slot], gathered: Mapping[str, list[Bound]], used: list[Filler]
) -> None:
    """Gives to each parameter what is listed beside its value, however little the words around it speak for that."""
    for filler in scene.fillers:
        if filler.kind not in ("mention", "person") or any(filler is one for one in used):
            continue
        for name, values in gathered.items():
            if slots[name].semantic not in _RECIPIENTS or not _is_listed_with(filler, values, scene):
                continue
            fit = next(fits(filler, slots[name], tool), None)
            if fit is not None and all(fit.value != value.value for value in values) and len(values) < _MOST_VALUES:
                values.append(bound_by(fit, filler))
                used.append(filler)
                break


def _leftovers(
    scene: Scene, tool: Tool, slots: Mapping[str, Slot], bound: dict[str, Bound], used: list[Filler], asked: set[str]
) -> None:
    """What is stated must be for something: a value that is left over takes the place that such requests have for it."""
    for filler in scene.fillers:
        if filler.kind in ("pronoun", "self") or any(filler is one for one in used):
            continue
        for slot in slots.values():
            goes_along = (
                slot.argument == "attachments" and filler.mention is not None and filler.mention.kind == "FilePath"
            )
            if slot.parameter.name in bound or not _may_take(filler, slot, tool):
                continue
            if slot.argument not in asked and not goes_along:
                continue
            if slot.is_text and (filler.mention is None or filler.mention.kind != "Quoted"):
                continue
            fit = next(fits(filler, slot, tool), None)
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
        quoted = filler.mention is not None and filler.mention.kind in ("Quoted", "Command")
        score += 0.3 if quoted or filler.kind == "described" else -4.0
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
        if re.fullmatch(r"[\s,()&]*(?:and|as well as|plus|&|,)?(?: also| to| my| our)?[\s(]*", between, re.IGNORECASE):
            return True
    return False


def _is_listed_with(filler: Filler, values: Sequence[Bound], scene: Scene) -> bool:
    """Whether a filler follows a value that was taken, joined by an ``and``."""
    ends = [value.span[1] for value in values if value.span is not None and value.span[1] <= filler.start]
    return bool(ends) and _AND.fullmatch(scene.text, max(ends), filler.start) is not None


def _carry_references(scene: Scene, slots: Mapping[str, Slot], bound: dict[str, Bound], used: list[Filler]) -> None:
    """A stated text carries what stands behind it: ``"..." followed by the link of that page``."""
    texts = [slot for slot in slots.values() if slot.is_text and slot.parameter.name in bound]
    for filler in scene.fillers:
        if filler.kind != "reference" or any(one is filler for one in used):
            continue
        before = [
            slot
            for slot in texts
            if (span := bound[slot.parameter.name].span) is not None
            and span[1] <= filler.start
            and bound[slot.parameter.name].source == "mention"
        ]
        if before:
            slot = max(before, key=lambda slot: (bound[slot.parameter.name].span or (0, 0))[1])
            if slot.semantic in ("Query", "Subject", "Title") or slot.many or slot.form.wrap:
                continue
            said = bound[slot.parameter.name]
            assert said.span is not None
            parts = said.value.parts if isinstance(said.value, Text) else (said.value,)
            value = Text((*parts, " ", filler.targets[0].ref))
            bound[slot.parameter.name] = Bound(value, "mention", (said.span[0], filler.end))
            used.append(filler)


def _count(scene: Scene, slots: Mapping[str, Slot], bound: dict[str, Bound], used: list[Filler]) -> None:
    """How many of it: a number that is left over, for lists of things with a quantity."""
    for slot in slots.values():
        value = bound.get(slot.parameter.name)
        if value is None or "quantity" not in slot.form.beside or not isinstance(value.value, list):
            continue
        for filler in scene.fillers:
            mention = filler.mention
            if mention is None or mention.kind != "Number" or any(filler is one for one in used):
                continue
            counted = [{**item, "quantity": int(mention.value)} for item in value.value]
            bound[slot.parameter.name] = value._replace(value=counted)
            used.append(filler)
            break
