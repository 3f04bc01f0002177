"""Choices: parameters that allow some words only, or a form that nothing else has."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from agentalign_env.executability.fitting import Slot
from agentalign_env.executability.knowledge import load_knowledge, stems_of
from agentalign_env.executability.report import Bound
from agentalign_env.executability.scene import Scene
from agentalign_env.scenarios.bindings import wrapped
from agentalign_env.toolkit.tool import Tool

__all__ = ["choose_between", "chosen_word", "rivals"]

_ALSO_CALLED = {
    "bsc": ("bnb smart chain", "binance smart chain", "bnb chain", "bnb"),
    "ethereum": ("eth", "ether"),
    "polygon": ("matic",),
    "bitcoin": ("btc",),
    "solana": ("sol",),
    "monero": ("xmr",),
}
_MERCHANT = re.compile(r"[\w-]+(?:\.[\w-]+){2,}")


def chosen_word(scene: Scene, slot: Slot, tool: Tool) -> Bound | None:
    """One of the words that a parameter allows, where the request holds it."""
    allowed = slot.schema.get("enum")
    if slot.many:
        return None
    if not allowed:
        return _formed_word(scene, slot, tool)
    said = scene.text[scene.request.start : scene.request.end]
    hidden = [filler.span for filler in scene.fillers if filler.mention is not None and filler.mention.kind == "Quoted"]
    best: tuple[int, int, Any] | None = None
    named = [(name, value) for value in allowed for name in (str(value), *_ALSO_CALLED.get(str(value), ()))]
    for name, value in named:
        words = [re.escape(word) for word in re.findall(r"[^\W_]+|[^\w\s-]", name)]
        for found in re.finditer(rf"(?<!\w){'[ _-]?'.join(words)}s?(?!\w)", said, re.IGNORECASE):
            start, end = scene.request.start + found.start(), scene.request.start + found.end()
            shown = not any(one <= start < other for one, other in hidden)
            if shown and (best is None or end - start > best[1] - best[0]):
                best = start, end, value
    if best is None:
        return _mentioned_choice(scene, slot, allowed)
    start, end, value = best
    if not slot.parameter.required and slot.argument not in load_knowledge().arguments.get(scene.request.of, ()):
        return None
    return Bound(wrapped(value, slot.form), "mention", (start, end))


def rivals(slot: Slot, slots: Mapping[str, Slot]) -> list[Slot]:
    """Other slots that allow the same words: the chain from which and the chain to which."""
    allowed = slot.schema.get("enum")
    return [one for one in slots.values() if one is not slot and allowed and one.schema.get("enum") == allowed]


def choose_between(scene: Scene, slots: Mapping[str, Slot], bound: dict[str, Bound]) -> None:
    """Gives each of the words that several slots allow to the one that the words around it speak for."""
    knowledge, tokens = load_knowledge(), scene.request.tokens
    stems = stems_of(tokens)
    pairs = []
    for slot in slots.values():
        if not rivals(slot, slots) or slot.semantic == "TokenSymbol":
            continue
        for value in slot.schema["enum"]:
            for name in (str(value), *_ALSO_CALLED.get(str(value), ())):
                words = name.lower().split()
                for at in range(len(tokens) - len(words) + 1):
                    if [token.word for token in tokens[at : at + len(words)]] == words:
                        after = stems[at + len(words) :]
                        cue = knowledge.cue(scene.request.of.capability, slot.argument, stems[:at], after)
                        pairs.append((cue, at, slot.parameter.name, value))
    taken: set[int] = set()
    chosen: set[str] = set()
    for _, at, name, value in sorted(pairs, key=lambda pair: -pair[0]):
        if at not in taken and name not in chosen:
            bound[name] = Bound(value, "mention", (tokens[at].start, tokens[at].end))
            taken.add(at)
            chosen.add(name)


def _formed_word(scene: Scene, slot: Slot, tool: Tool) -> Bound | None:
    """A word of a form that only this parameter has, such as a ratio."""
    start = scene.request.start
    if slot.semantic == "MerchantId":
        merchant = _MERCHANT.search(scene.text, start, scene.request.end)
        return None if merchant is None else Bound(merchant[0], "mention", merchant.span())
    pattern = str(slot.parameter.schema.get("pattern", ""))
    if slot.semantic is not None or not pattern or not set(pattern) & set(":/x@"):
        return None
    for word in re.finditer(r"[^\s,;\"()]+", scene.text[start : scene.request.end]):
        value = word[0].rstrip(".!?:")
        if tool.accepts(slot.parameter.name, value):
            return Bound(value, "mention", (start + word.start(), start + word.start() + len(value)))
    return None


def _mentioned_choice(scene: Scene, slot: Slot, allowed: Sequence[Any]) -> Bound | None:
    """A mention that is one of the words that a parameter allows, as a currency is."""
    for filler in scene.fillers:
        mention = filler.mention
        if mention is None:
            continue
        values = [mention.value, mention.text]
        if isinstance(mention.value, dict):
            values = [mention.value.get("currency"), mention.value.get("token")]
        for value in values:
            if value in allowed and (slot.parameter.required or not isinstance(value, int)):
                return Bound(value, "mention", filler.span)
    return None
