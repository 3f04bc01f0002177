"""Binding: giving every parameter of a tool its value from what a request, the world and earlier steps offer."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from agentalign_env.executability.assigning import assign
from agentalign_env.executability.choices import choose_between, chosen_word, rivals
from agentalign_env.executability.fillers import Filler
from agentalign_env.executability.fitting import Slot, bound_by, first_to_find, fits, slots_of
from agentalign_env.executability.knowledge import load_knowledge
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

_ATTACHED = re.compile(r"\b(?:attach(?:ed|ing)?|attachment|enclosed?)\b", re.IGNORECASE)
_DECIDING = frozenset(("operation", "query_type", "mode", "method"))  # the verb says it, whatever words stand around


def attempt(scene: Scene, tool: Tool, fixed: Mapping[str, Any]) -> Attempt:
    """Binds what can be bound without looking anything up.

    Args:
        scene: The request and what stands around it.
        tool: The tool that is to do it.
        fixed: Arguments of the operation that the wording decides.
    """
    slots = slots_of(tool, scene.request.of.fixed)
    bound = _decided(scene, tool, slots, fixed)
    others: dict[str, tuple[Bound, ...]] = {}
    choose_between(scene, slots, bound)
    used, repeated = assign(scene, tool, slots, bound, others)
    _carry_references(scene, slots, bound, used)
    _count(scene, slots, bound, used)
    _time(scene, tool, slots, bound, used)
    for slot in slots.values():
        name = slot.parameter.name
        if name in bound:
            continue
        value = _supplied(scene, tool, slot, used, bound)
        if value is None:
            continue
        bound[name] = value
        if slot.semantic in NAMED_BY_A_WORD and isinstance(value.value, str) and value.value != value.value.lower():
            others[name] = (value._replace(value=value.value.lower()),)  # names are issued in lower case
    compose(scene, slots, bound)
    said = scene.text[scene.request.start : scene.request.end]
    missing = tuple(
        slot
        for slot in slots.values()
        if slot.parameter.name not in bound
        and (slot.parameter.required or (slot.argument == "attachments" and _ATTACHED.search(said)))
    )
    return Attempt(tool, bound, others, missing, tuple(used), repeated)


def _decided(scene: Scene, tool: Tool, slots: Mapping[str, Slot], fixed: Mapping[str, Any]) -> dict[str, Bound]:
    """What the wording decides, and parameters that allow some words only and one of them is there."""
    bound: dict[str, Bound] = {}
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
    return bound


def _supplied(scene: Scene, tool: Tool, slot: Slot, used: Sequence[Filler], bound: Mapping[str, Bound]) -> Bound | None:
    """What a slot takes that no mention was given to, if it is one that should have a value."""
    required = slot.parameter.required
    if not (required or _is_asked(scene, slot) or is_usual(scene, slot)):
        return None
    value = of_the_owner(scene, tool, slot) or free_words(scene, slot, used, bound)
    if value is not None or not required or vague_words(scene.text, scene.request.start, scene.request.end):
        return value
    return implied(scene, tool, slot) or from_context(scene, tool, slot) or default(scene, tool, slot)


def _is_asked(scene: Scene, slot: Slot) -> bool:
    """Whether an optional argument is what such a request is about: the query of a search, say."""
    if slot.argument not in load_knowledge().arguments.get(scene.request.of, ()):
        return False
    return (
        (slot.argument in ("query", "text", "description") and slot.is_text)
        or slot.semantic in NAMED_BY_A_WORD
        or bool(slot.form.wrap)
    )


def _time(scene: Scene, tool: Tool, slots: Mapping[str, Slot], bound: dict[str, Bound], used: list[Filler]) -> None:
    """Gives a duration the span of time that is stated, wherever it stands: ``a six-second clip``."""
    slot = slots.get("duration")
    stated = [one for one in scene.fillers if one.mention is not None and one.mention.kind == "Duration"]
    if slot is None or not stated or any(one is filler for one in used for filler in stated):
        return
    fit = next(fits(stated[0], slot, tool), None)
    if fit is None:  # then no other number is meant
        bound.pop(slot.parameter.name, None)
        return
    bound[slot.parameter.name] = bound_by(fit, stated[0])
    used.append(stated[0])


def _carry_references(scene: Scene, slots: Mapping[str, Slot], bound: dict[str, Bound], used: list[Filler]) -> None:
    """Appends to a text, stated or described, what stands behind it: ``"..." followed by the link of that page``."""
    for filler in scene.fillers:
        if filler.kind != "reference" or any(one is filler for one in used):
            continue
        before = _text_before(filler, slots, bound)
        if before is None:
            continue
        slot, said, start = before
        if slot.semantic in ("Query", "Subject", "Title") or slot.many or slot.form.wrap:
            continue
        parts = said.value.parts if isinstance(said.value, Text) else (said.value,)
        value = Text((*parts, " ", filler.targets[0].ref))
        bound[slot.parameter.name] = said._replace(value=value, span=(start, filler.end))
        used.append(filler)


def _text_before(
    filler: Filler, slots: Mapping[str, Slot], bound: Mapping[str, Bound]
) -> tuple[Slot, Bound, int] | None:
    """The last text, stated or described, that ends before a filler: its slot, the text, and where that begins."""
    best: tuple[int, Slot, Bound, int] | None = None
    for slot in slots.values():
        said = bound.get(slot.parameter.name)
        if said is None or said.span is None or not slot.is_text:
            continue
        if said.source != "mention" and first_to_find(said.value) is None:
            continue
        start, end = said.span
        if end <= filler.start and (best is None or end > best[0]):
            best = end, slot, said, start
    return None if best is None else best[1:]


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
