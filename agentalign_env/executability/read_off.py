"""Reading off: values that stand in what an earlier step showed: ``pay what it asks for``, ``exactly that amount``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from agentalign_env.executability.fillers import Filler
from agentalign_env.executability.fitting import Slot, ToFind, fits, slots_of
from agentalign_env.executability.mentions import Mention, extract
from agentalign_env.executability.references import Done, Run
from agentalign_env.executability.report import Bound
from agentalign_env.executability.scene import Scene
from agentalign_env.scenarios.bindings import wrapped
from agentalign_env.toolkit.tool import Tool

__all__ = ["POINTING", "can_be_read_off", "read_off"]

POINTING = re.compile(
    r"\bwhat(?:ever)? (?:it|they|he|she|that|the \w+) "
    r"(?:asks?|says?|wants?|demands?|states?|costs?|charges?|comes? to|bills?|owes?|names?|gives?|lists?|mentions?)\b"
    r"|\bwhat(?:['\u2019]s| is| was)? (?:due|owed|in it|on it|open|asked|charged|outstanding|written|i owe|we owe)\b"
    r"|\b(?:exactly|precisely|just) that\b|\bas much as\b|\bthe address (?:it|that) came from\b"
    r"|\b(?:that|the same|the|its|this) (?:\w+ )?(?:amount|sum|total|figure|fee|price|deposit|balance due|bill)\b"
    r"|\b(?:in|from|on|of) (?:it|there|that mail|the mail|that message|the message|the invoice|that invoice)\b"
    r"|\b(?:given|mentioned|named|stated|listed|asked for|written) (?:there|in it|in that|inside)\b",
    re.IGNORECASE,
)
"""Words that say that a value stands in what was read."""
_TOTAL = re.compile(r"\b(?:total|due|owes?|pay|charged|deposit|amounts? to|comes? to|sum)\b", re.IGNORECASE)
_NEAR = 40  # characters before an amount that say what it is
_READ = frozenset(("Amount", "CurrencyCode", "EmailAddress", "PhoneNumber", "PostalAddress", "Url"))
_LONGEST = 4_000  # characters of a result's text that are read
_KINDS = frozenset(("Amount", "EmailAddress", "PhoneNumber", "PostalAddress", "Url", "Identifier", "Date", "Time"))


def can_be_read_off(scene: Scene, said: str) -> bool:
    """Whether words such as ``that amount`` can mean something that an earlier step showed in a text.

    Args:
        scene: The request and what stands around it.
        said: The words.
    """
    if not scene.done:
        return False
    kinds = {mention.kind for done in scene.done for mention in _mentions(done, scene)}
    words = said.lower().split()
    if words[-1] in ("amount", "sum", "total", "figure", "fee", "price", "deposit", "bill", "cost"):
        return "Amount" in kinds
    return words[-1] in ("number", "code", "reference") and "Identifier" in kinds


def read_off(
    scene: Scene, tool: Tool, slot: Slot, tools: Mapping[str, Tool], run: Run
) -> tuple[Bound, list[Done]] | None:
    """The value that the steps before showed for a slot, where the request points back at what they said.

    Args:
        scene: The request and what stands around it.
        tool: The tool whose slot is open.
        slot: The slot.
        tools: What is at hand: what a search found may have to be read first.
        run: Carries a reading call out.

    Returns:
        The value with the reading calls that showed it; ``None`` where nothing, or no single thing, was shown.
    """
    pointing = POINTING.search(scene.text, scene.request.start, scene.request.end)
    if slot.semantic not in _READ or pointing is None:
        return None
    for done in reversed(scene.done):
        value = _only(done, scene, tool, slot)
        if value is not None:
            return Bound(value, "result", pointing.span()), []
    for done in reversed(scene.done):
        for reader, arguments in _readers(done, tools):
            shown = run(reader, arguments)
            value = None if shown.result.code else _only(shown, scene, tool, slot)
            if value is not None:
                return Bound(value, "result", pointing.span()), [shown]
    return None


def _readers(done: Done, tools: Mapping[str, Tool]) -> Iterator[tuple[Tool, Mapping[str, Any]]]:
    """The tools at hand that show in full what a step found."""
    for reader in tools.values():
        if reader.operation.writes:
            continue
        needed = [slot for slot in slots_of(reader).values() if slot.parameter.required]
        if len(needed) != 1:
            continue
        for target in done.targets:
            if target.semantic == needed[0].semantic and target.done.tool.provider == reader.provider:
                yield reader, {needed[0].parameter.name: wrapped(target.ref, needed[0].form)}
                break


def _only(done: Done, scene: Scene, tool: Tool, slot: Slot) -> Any:
    """The single value for a slot that a result holds; of several amounts, the one that is said to be due."""
    found: dict[str, tuple[Any, Mention, str]] = {}
    for text in _texts(done.result.value):
        for mention in _mentions_in(text, scene):
            filler = Filler("mention", mention.start, mention.end, 0, 1, mention.text, mention=mention)
            fit = next(fits(filler, slot, tool), None)
            if fit is not None and not isinstance(fit.value, ToFind) and fit.value != scene.world.owner.email:
                found.setdefault(str(fit.value), (fit.value, mention, text))
    if len(found) > 1:
        due = {
            key: one for key, one in found.items() if _TOTAL.search(one[2], max(0, one[1].start - _NEAR), one[1].start)
        }
        found = due if len(due) == 1 else found
    return next(iter(found.values()))[0] if len(found) == 1 else None


def _mentions(done: Done, scene: Scene) -> Iterator[Mention]:
    for text in _texts(done.result.value):
        yield from _mentions_in(text, scene)


def _mentions_in(text: str, scene: Scene) -> Sequence[Mention]:
    """The typed mentions in a text that a step showed."""
    if len(text) > _LONGEST:
        return ()
    return [one for one in extract(text, now_s=scene.world.now_s) if one.kind in _KINDS]


def _texts(value: Any) -> Iterator[str]:
    """The texts of a result, at any depth."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from _texts(part)
    elif isinstance(value, list | tuple):
        for part in value[:10]:
            yield from _texts(part)
