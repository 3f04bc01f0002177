"""What a world lacks for a request to be carried out in it, as premises that would fill the gap."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from agentalign_env.executability.fitting import Slot, ToFind, same_meaning, slots_of
from agentalign_env.executability.report import Bound
from agentalign_env.executability.scene import Scene
from agentalign_env.scenarios.premises import Premise, supports
from agentalign_env.toolkit.tool import Tool

__all__ = ["gap_behind", "gap_behind_description", "search_that_found_nothing"]

_PURSES = frozenset(("OwnBitcoinAddress", "OwnEvmAddress", "OwnSolanaAddress", "OwnMoneroAddress"))
_HINTS = {"Amount": "amount", "CoinAmount": "amount", "CurrencyCode": "currency", "TokenSymbol": "token"}
# Hints by the argument of a search.
_SAID = {"location": "city", "sender": "sender", "phone": "phone", "chat": "chat", "handle": "author"}


def gap_behind(tool: Tool, bound: Mapping[str, Bound], field: str | None, code: str) -> Iterator[Premise]:
    """What would make a refused call succeed: the thing that it names, or the money that it needs.

    Args:
        tool: Which tool refused.
        bound: The call's arguments.
        field: The parameter at fault, where the answer says so.
        code: The code of the answer.
    """
    slots = slots_of(tool)
    plain = {name: value.value for name, value in bound.items()}
    hints: dict[str, Any] = {**tool.pins, "for": _verb(tool, bound)}
    for slot in slots.values():
        value = plain.get(slot.parameter.name)
        if isinstance(value, str | int | float) and slot.semantic in _HINTS:
            hints.setdefault(_HINTS[slot.semantic], value)
    for name, value in bound.items():
        if tool.parameters[name].argument in ("network", "from_chain") and isinstance(value.value, str):
            hints["network"] = value.value
        if tool.parameters[name].semantic in _PURSES and (address := _first_text(value.value)):
            hints["address"] = address
    if code == "insufficient_funds":
        yield Premise("Funds", str(hints.pop("amount", "")), hints)
        return
    for slot in slots.values():
        name = slot.parameter.name
        if slot.semantic is None or not supports(slot.semantic) or (field and name != field.split(".")[0]):
            continue
        value = _first_text(plain.get(name))
        if value:
            yield Premise(slot.semantic, value, hints)


def _verb(tool: Tool, bound: Mapping[str, Bound]) -> str:
    """What is to be done with the thing: ``write``, ``refund``, ``cancel``."""
    for name, value in bound.items():
        if tool.parameters[name].argument == "operation" and isinstance(value.value, str):
            return value.value
    return tool.capability.partition(".")[2].partition("_")[0]


def search_that_found_nothing(scene: Scene, slot: Slot, tool: Tool) -> Premise | None:
    """What would have made the last search find something for a slot; ``None`` where no search would have."""
    for step in reversed(scene.done):
        semantic = next(
            (one for one in step.tool.operation.outputs.values() if same_meaning(one, step.tool, slot, tool)), None
        )
        if semantic is None:
            continue
        query = next(
            (
                value
                for name, value in step.result.call.arguments.items()
                if step.tool.parameters[name].argument == "query" and isinstance(value, str)
            ),
            "",
        )
        hints: dict[str, Any] = {**step.tool.pins}
        for name, value in step.result.call.arguments.items():
            argument = step.tool.parameters[name].argument
            if argument in _SAID and isinstance(value, str):
                hints[_SAID[argument]] = value.rpartition(", ")[2]
        if query:
            hints |= {"title": query, "subject": query, "text": query, "query": query, "name": query}
        return Premise(semantic, "", hints)
    return None


def gap_behind_description(to_find: ToFind) -> list[Premise]:
    """What would have to be there for a description to lead somewhere."""
    fields = to_find.fields
    if "subject" in fields:
        return [Premise("Mail", "", {"subject": fields["subject"]})]
    if "path" in fields:
        return [Premise("FilePath", fields["path"], {})]
    return []


def _first_text(value: Any) -> str:
    """The text of a value, of the first of several, or the name of a thing; empty for all else."""
    match value:
        case str():
            return value
        case int():
            return str(value)
        case [first, *_]:
            return _first_text(first)
        case {"name": str(name)}:
            return name
    return ""
