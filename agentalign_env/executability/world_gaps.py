"""What a world lacks for a request to be carried out in it, as premises that would fill the gap."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from agentalign_env.core.world import World
from agentalign_env.executability.fitting import Slot, ToFind, same_meaning, slots_of
from agentalign_env.executability.people import newcomer
from agentalign_env.executability.references import Done
from agentalign_env.executability.report import Bound
from agentalign_env.scenarios.plans import Ref
from agentalign_env.scenarios.premises import Premise, supports
from agentalign_env.toolkit.tool import Tool

__all__ = ["gap_behind", "gap_behind_description", "gaps_behind_references", "search_that_found_nothing"]

_PURSES = frozenset(("OwnBitcoinAddress", "OwnEvmAddress", "OwnSolanaAddress", "OwnMoneroAddress"))
_HINTS = {"Amount": "amount", "CoinAmount": "amount", "CurrencyCode": "currency", "TokenSymbol": "token"}
# Hints by the argument of a search.
_WISHED = ("max_price", "has_coupon")  # which a thing that is to be found has to satisfy
_SEARCH_FOR_PEOPLE = "Communication.search_contacts"
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


def search_that_found_nothing(world: World, done: Sequence[Done], slot: Slot, tool: Tool) -> Premise | None:
    """What would have made the last search find something for a slot; ``None`` where no search would have."""
    for step in reversed(done):
        outputs = step.tool.operation.outputs.values()
        semantic = next((one for one in outputs if same_meaning(one, step.tool, slot, tool)), None)
        if semantic is not None:
            return _found_by(world, step, semantic)
    return None


def gaps_behind_references(world: World, done: Sequence[Done], bound: Mapping[str, Bound]) -> Iterator[Premise]:
    """What would have let the references of a call that was refused, the last, lead somewhere."""
    slots = slots_of(done[-1].tool)
    for slot in slots.values():
        value = bound[slot.parameter.name].value if slot.parameter.name in bound else None
        if isinstance(value, list) and value:
            value = value[0]
        if isinstance(value, Ref) and slot.semantic is not None:
            gap = search_that_found_nothing(world, [done[value.call]], slot, done[-1].tool)
            if gap is not None:
                yield gap


def _found_by(world: World, step: Done, semantic: str) -> Premise:
    """A thing of this kind that a search would find."""
    said = {step.tool.parameters[name].argument: value for name, value in step.result.call.arguments.items()}
    query = said.get("query")
    if isinstance(query, str) and query and step.tool.capability == _SEARCH_FOR_PEOPLE:
        return newcomer(world, query)
    hints: dict[str, Any] = {**step.tool.pins}
    for argument, value in said.items():
        if argument in _SAID and isinstance(value, str):
            hints[_SAID[argument]] = value.rpartition(", ")[2]
    hints |= {argument: said[argument] for argument in _WISHED if argument in said}
    if isinstance(query, str) and query:
        hints |= {"title": query, "subject": query, "text": query, "query": query, "name": query}
    return Premise(semantic, "", hints)


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
        case Ref():
            return ""
        case int():
            return str(value)
        case [first, *_]:
            return _first_text(first)
        case {"name": str(name)}:
            return name
    return ""
