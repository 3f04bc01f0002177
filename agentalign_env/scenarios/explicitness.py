"""Explicitness: asking for the same thing without stating its values.

A stated plan is *lifted*: some of its slots are replaced by lookups, reading calls before the steps whose results hold
the very values. World, steps and goals stay the same, so that the levels of one scenario differ in nothing but what
the agent has to find out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import orjson

from agentalign_env.core.background import Organisation, Person
from agentalign_env.core.rng import Random
from agentalign_env.core.topics import Topic
from agentalign_env.core.world import BaseWorld, World
from agentalign_env.scenarios.goals import Goals
from agentalign_env.scenarios.lookups import Lookup, load_lookups, load_texts
from agentalign_env.scenarios.plans import (
    PlannedCall,
    Ref,
    Slot,
    json_path,
    mapped,
    mapped_call,
    resolve_call,
    values_at,
)
from agentalign_env.scenarios.premises import Premise, lay
from agentalign_env.services.mail.records import MAILS
from agentalign_env.toolkit.catalogue import ToolCatalogue
from agentalign_env.toolkit.dispatch import ToolResult, execute
from agentalign_env.toolkit.tool import Tool
from agentalign_env.types import Explicitness, ToolCall

__all__ = ["Described", "Lift", "SlotUse", "lift", "lifted"]

_MOST = 2  # values that one instruction leaves open
_PEOPLE = 12


class SlotUse(NamedTuple):
    """A slot of a stated plan.

    Attributes:
        name: The slot's.
        value: Its value.
        source: Where the value was drawn from, such as ``person.email``.
        spoken: How the stated instruction speaks of it.
        semantic: The semantic type of the argument that it sets, or ``None``.
        with_file: Whether its step passes on a file that an earlier one was about.
    """

    name: str
    value: Any
    source: str
    spoken: str
    semantic: str | None
    with_file: bool


class Described(NamedTuple):
    """A value that the instruction describes instead of stating it.

    Attributes:
        slot: The slot that it replaces.
        value: What is to be found.
        words: What the instruction says.
        calls: The reading calls that find it; references count from the first of them.
        place: Where the value is in the last one's result, such as ``results[].email``.
        premise: What the world has to hold for it, or ``None``.
    """

    slot: str
    value: Any
    words: str
    calls: tuple[PlannedCall, ...]
    place: str
    premise: Premise | None


class Lift(NamedTuple):
    """A plan with lookups before its steps.

    Attributes:
        plan: The lookups' calls, then the steps.
        described: What was lifted, in the order of the lookups.
        premises: What the world is extended with.
    """

    plan: tuple[PlannedCall, ...]
    described: tuple[Described, ...]
    premises: tuple[Premise, ...]


class _Facts(NamedTuple):
    """What one scenario offers to describe values with."""

    base: BaseWorld
    topic: Topic
    catalogue: ToolCatalogue
    providers: frozenset[str]  # of the plan: looked up where it acts
    rng: Random


def lift(
    level: Explicitness,
    plan: Sequence[PlannedCall],
    slots: Sequence[SlotUse],
    goals: Goals,
    base: BaseWorld,
    topic: Topic,
    catalogue: ToolCatalogue,
    rng: Random,
) -> Lift:
    """Lifts up to two slots of a stated plan to a level, entities before texts; every choice is carried out.

    A plan without a text to lift stays as it is: there is nothing to look up.

    Args:
        level: How explicit the instruction is to be.
        plan: The stated plan.
        slots: Its slots, in the order of the plan.
        goals: What the lifted plan must meet too.
        base: The world that it runs in.
        topic: What the scenario is about.
        catalogue: Where the lookups' tools come from.
        rng: The scenario's stream for this.
    """
    facts = _Facts(base, topic, catalogue, frozenset(catalogue[call.tool].provider for call in plan), rng)
    done = Lift(tuple(plan), (), ())
    values = {slot.name: slot.value for slot in slots}
    lookups = load_lookups(level)
    fitting = [(slot, lookup) for slot in slots for lookup in lookups if _fits(lookup, slot)]
    specific = [pair for pair in fitting if pair[1].gives != "text"]
    texts = [pair for pair in fitting if pair[1].gives == "text"]
    rng.shuffle(texts)
    texts.sort(key=lambda pair: (not _is_prose(pair[0]), -len(pair[0].value)))  # notes are long
    for slot, lookup in [*specific, *texts]:
        if len(done.described) == _MOST or any(described.slot == slot.name for described in done.described):
            continue
        if any(slot.value in f"{other.value} {other.spoken}" for other in slots if other.name != slot.name):
            continue  # the instruction would state it all the same
        if lookup.gives == "text" and (
            any(described.premise for described in done.described) or (done.described and not _is_prose(slot))
        ):
            continue
        for described in _descriptions(lookup, slot, facts):
            trial = _with(plan, [*done.described, described])
            words = " ".join(one.words for one in trial.described)
            if not any(one.value in words for one in trial.described) and _holds(trial, values, goals, facts):
                done = trial
                break
    return done


def lifted(value: Any, described: Sequence[Described]) -> Any:
    """A value of a stated plan as it is in the lifted one: slots become references, references move on."""
    places: dict[str, Ref] = {}
    calls = 0
    for one in described:
        calls += len(one.calls)
        places[one.slot] = Ref(calls - 1, json_path(one.place))
    return mapped(value, lambda leaf: places.get(leaf.name, leaf) if isinstance(leaf, Slot) else _later(leaf, calls))


def _later(leaf: Slot | Ref, calls: int) -> Slot | Ref:
    """What a call refers to, where so many others come first."""
    return Ref(leaf.call + calls, leaf.path) if isinstance(leaf, Ref) else leaf


def _with(plan: Sequence[PlannedCall], described: Sequence[Described]) -> Lift:
    calls: list[PlannedCall] = []
    for one in described:
        calls += [mapped_call(call, partial(_later, calls=len(calls))) for call in one.calls]
    steps = [
        PlannedCall(call.tool, {name: lifted(value, described) for name, value in call.arguments.items()})
        for call in plan
    ]
    premises = tuple(one.premise for one in described if one.premise is not None)
    return Lift((*calls, *steps), tuple(described), premises)


def _fits(lookup: Lookup, slot: SlotUse) -> bool:
    if not isinstance(slot.value, str):
        return False
    if lookup.gives == "text":
        if _is_prose(slot):
            return not (lookup.premise == "note" and slot.with_file)  # "with the file" would be taken for the note
        return slot.semantic in load_texts().nouns
    stem, _, field = lookup.gives.partition(".")
    return slot.source == lookup.gives or (field == "*" and slot.source.startswith(f"{stem}."))


def _is_prose(slot: SlotUse) -> bool:
    """Whether the value is a text of its own; an id or an address is named by what it is."""
    return slot.source.startswith(("topic.", "choice")) and " " in slot.value and slot.semantic != "ShellCommand"


def _descriptions(lookup: Lookup, slot: SlotUse, facts: _Facts) -> Iterator[Described]:
    """The ways of a lookup to describe a value; whether they find it is still to be seen."""
    for fields, premise in _leads(lookup, slot, facts):
        found = _calls(lookup, fields, facts)
        if found is not None:
            named = lookup.gives == "text" and not _is_prose(slot)
            phrase = facts.rng.choice(lookup.named if named else lookup.phrases)
            words = phrase.format(**fields, noun=load_texts().nouns.get(slot.semantic or "", ""))
            yield Described(slot.name, slot.value, words, *found, premise)


def _calls(lookup: Lookup, fields: Mapping[str, str], facts: _Facts) -> tuple[tuple[PlannedCall, ...], str] | None:
    """The calls of a lookup and the place of its value; ``None`` where no tool of the catalogue serves."""
    tools: list[Tool] = []
    calls = []
    for call in lookup.calls:
        tool = _tool(call.capability, call.arguments.keys(), fields, facts)
        if tool is None:
            return None
        tools.append(tool)
        arguments: dict[str, Any] = {}
        for name, value in call.arguments.items():
            if isinstance(value, str):
                arguments[tool.names[name]] = value.format(**fields)
            elif isinstance(value, int):
                arguments[tool.names[name]] = value
            else:
                shaped = tools[value.call].result_path(value.path)
                if shaped is None:
                    return None
                arguments[tool.names[name]] = Ref(value.call, json_path(shaped))
        calls.append(PlannedCall(tool.name, arguments))
    place = tools[-1].result_path(lookup.value.format(**fields))
    return None if place is None else (tuple(calls), place)


def _tool(capability: str, arguments: Iterable[str], fields: Mapping[str, str], facts: _Facts) -> Tool | None:
    """A tool that takes these arguments, of the provider that the fields name, if they do."""
    fitting = [
        tool
        for tool in facts.catalogue.of(capability)
        if all(fields.get(name, value) == value for name, value in tool.pins.items())
        and all(name in tool.names for name in arguments)
    ]
    return min(fitting, key=lambda tool: tool.provider not in facts.providers, default=None)


def _leads(lookup: Lookup, slot: SlotUse, facts: _Facts) -> Iterator[tuple[dict[str, str], Premise | None]]:
    """The fields that a lookup's templates may use, each time with what the world has to hold for it."""
    background = facts.base.background
    stem, _, field = slot.source.partition(".")
    if lookup.premise:
        people = list(background.people[:_PEOPLE])
        facts.rng.shuffle(people)
        for person, subject in zip(people[:4], _subjects(facts), strict=False):
            yield _placed(lookup.premise, person, subject, slot.value, facts)
        return
    subject_of: Person | Organisation | tuple[Any, ...] | None
    if stem in ("person", "organisation"):
        known: Sequence[Person | Organisation] = background.people if stem == "person" else background.organisations
        subject_of = next((one for one in known if getattr(one, field) == slot.value), None)
    else:
        table = facts.base.table_by_name[stem]
        subject_of = next(iter(World(facts.base).store.where(table, field, slot.value)), None)
    if subject_of is None:
        return
    fields = {"field": field, **{name: str(value) for name, value in zip(subject_of._fields, subject_of, strict=True)}}
    if not lookup.history:
        yield fields, None
        return
    for mail in reversed(World(facts.base).store.where(MAILS, "sender", fields["email"])):
        if mail.folder == "inbox":
            yield {**fields, "subject": mail.subject}, None
    for subject in _subjects(facts)[:2]:
        body = facts.rng.choice(facts.topic.bodies)
        yield {**fields, "subject": subject}, Premise("Mail", subject, {"sender": fields["email"], "body": body})


def _placed(kind: str, person: Person, subject: str, text: str, facts: _Facts) -> tuple[dict[str, str], Premise]:
    """What the templates may use of a premise, and the premise."""
    fields = {name: str(value) for name, value in zip(person._fields, person, strict=True)}
    if kind == "note":
        path = f"{facts.base.background.home}/{facts.rng.choice(load_texts().notes)}"
        return {**fields, "path": path}, Premise("FilePath", path, {"content": text})
    if kind == "mail":
        return {**fields, "subject": subject}, Premise("Mail", subject, {"sender": person.email, "body": text})
    return fields, Premise("Message", text, {"phone": person.phone})


def _subjects(facts: _Facts) -> list[str]:
    subjects = [subject.format(topic=facts.topic.title) for subject in load_texts().subjects]
    return facts.rng.sample(subjects, len(subjects))


def _holds(trial: Lift, values: Mapping[str, Any], goals: Goals, facts: _Facts) -> bool:
    """Whether the lifted plan runs, finds the values alone, also at its end, and meets the goals."""
    world, tools = World(facts.base), facts.catalogue
    lay(world, trial.premises)
    results: list[ToolResult] = []
    if not _run_all(trial.plan, world, tools, values, results):
        return False
    if not goals.check(world.store.diff(), results, tools.__getitem__).satisfied:
        return False
    looked = sum(len(one.calls) for one in trial.described)
    if any(goals.check((), results[:looked], tools.__getitem__).observations):
        return False  # looking a value up would do what a step asks for
    at = 0
    for one in trial.described:
        again: list[ToolResult] = []
        if not _run_all(one.calls, world, tools, values, again):
            return False
        at += len(one.calls)
        for result in (results[at - 1], again[-1]):
            found = {str(value) for value in values_at(orjson.loads(result.content), one.place)}
            if result.changes or found != {one.value}:
                return False
    return True


def _run_all(
    plan: Sequence[PlannedCall],
    world: World,
    tools: ToolCatalogue,
    values: Mapping[str, Any],
    results: list[ToolResult],
) -> bool:
    """Carries calls out, collecting their results; whether all of them succeeded."""
    for call in plan:
        contents = [result.content for result in results]
        try:
            arguments = resolve_call(call, values, contents)
        except LookupError:  # an earlier result shows less than was hoped for
            return False
        results.append(execute(world, tools, ToolCall("", call.tool, arguments)))
        if results[-1].code:
            return False
    return True
