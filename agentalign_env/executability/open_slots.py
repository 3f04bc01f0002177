"""Open slots: what a call still needs is looked up in the world, by what the request says about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from agentalign_env.executability.failures import still_open
from agentalign_env.executability.fitting import Slot, first_to_find
from agentalign_env.executability.looking import Found, find_described, look_up, names_the_kind
from agentalign_env.executability.read_off import read_off
from agentalign_env.executability.references import Done, Run
from agentalign_env.executability.report import Bound, Finding
from agentalign_env.executability.scene import Attempt, Scene
from agentalign_env.executability.search import Search
from agentalign_env.executability.world_gaps import gap_behind_description, search_that_found_nothing
from agentalign_env.scenarios.plans import Ref, Text, resolve
from agentalign_env.scenarios.premises import Premise
from agentalign_env.toolkit.catalogue import load_tools
from agentalign_env.toolkit.dispatch import execute
from agentalign_env.toolkit.tool import Tool
from agentalign_env.types import ToolCall

__all__ = ["filled"]


def filled(
    search: Search, scene: Scene, base: Attempt, wanted: list[Premise]
) -> tuple[dict[str, Bound], Finding | None]:
    """The arguments of a call with what was open looked up; what stays open is a finding.

    Args:
        search: The search; the lookups that led somewhere are noted in its plan.
        scene: The request and what stands around it.
        base: What binding gave.
        wanted: Takes what the world would have to hold.
    """
    bound = dict(base.bound)

    def run(tool: Tool, arguments: Mapping[str, Any]) -> Done:
        return search.call(tool, arguments, lookup=True)

    problem = _find_described(search, scene, bound, run, wanted)
    for slot in base.missing:
        if problem is not None:
            break
        problem = _fill(search, scene, base, slot, bound, run, wanted)
    return bound, problem


def _find_described(
    search: Search, scene: Scene, bound: dict[str, Bound], run: Run, wanted: list[Premise]
) -> Finding | None:
    """Puts what is found in the place of the descriptions that were bound; the finding where one finds nothing."""
    request = scene.request
    for name, value in list(bound.items()):
        to_find = first_to_find(value.value)
        if to_find is None:
            continue
        kept = len(search.done)
        found = find_described(to_find, value.span or (request.start, request.end), search.tools, run)
        if found.bound is None:
            del search.done[kept:]
            if found.finding is not None and found.finding.kind == "missing_entity":
                wanted.extend(gap_behind_description(to_find))
            return found.finding
        bound[name] = found.bound
        if isinstance(value.value, Text):
            bound[name] = found.bound._replace(value=Text((found.bound.value, *value.value.parts[1:])))
        search.note_lookups(found.calls, request)
    return None


def _fill(
    search: Search, scene: Scene, base: Attempt, slot: Slot, bound: dict[str, Bound], run: Run, wanted: list[Premise]
) -> Finding | None:
    """Looks up the value of one slot; the finding where it stays open."""
    vague = scene.vague
    if vague is not None:
        said = scene.text[slice(*vague)]
        message = f"{base.tool.name} needs {slot.parameter.name!r}; {said!r} does not say which"
        return Finding("missing_parameter", vague, message)
    if search.extends and _leads_nowhere(scene, slot, base.tool):
        return still_open(scene, base, slot, None, wanted)
    kept = len(search.done)
    shown = read_off(scene, base.tool, slot, search.tools, run)
    if shown is not None:
        found = Found(shown[0], tuple(shown[1]))
    else:
        del search.done[kept:]
        found = look_up(scene, base.tool, slot, base.used, search.tools, run)
        if found.choices and slot is base.missing[-1]:
            found = _only_one_that_will_do(search, base.tool, slot, bound, found)
        if found.bound is None and found.finding is None and not search.extends:
            found = found._replace(finding=_one_of_several(search, scene, base, slot, run))
    if found.bound is None:
        del search.done[kept:]
        return still_open(scene, base, slot, found.finding, wanted)
    new = {done.number: kept + at for at, done in enumerate(found.calls)}
    search.done[kept:] = [_moved(done, new) for done in found.calls]
    bound[slot.parameter.name] = found.bound._replace(value=_renumbered(found.bound.value, new))
    search.note_lookups(search.done[kept:], scene.request)
    return None


def _only_one_that_will_do(search: Search, tool: Tool, slot: Slot, bound: Mapping[str, Bound], found: Found) -> Found:
    """Of several things that fit a description, the one with which the call succeeds, if that is a single one.

    Who says "cancel the metronome" means the order that can still be cancelled, not the one delivered in May.
    """
    if not tool.operation.writes:
        return found
    contents = [done.result.content for done in search.done]
    fitting: list[Bound] = []
    for choice in found.choices:
        before = search.world.snapshot()
        values = {**bound, slot.parameter.name: choice}
        try:
            plain = {name: resolve(value.value, {}, contents) for name, value in values.items()}
        except LookupError:
            return found
        if not execute(search.world, {tool.name: tool}, ToolCall("", tool.name, plain)).code:
            fitting.append(choice)
        search.world.restore(before)
        search.budget -= 1
    return found._replace(bound=fitting[0]) if len(fitting) == 1 else found


def _one_of_several(search: Search, scene: Scene, base: Attempt, slot: Slot, run: Run) -> Finding | None:
    """Whether a request means one of several things, though nothing at hand lists them: ``my order``."""
    if not names_the_kind(scene, slot):
        return None
    lists = [tool for tool in load_tools().values() if tool.provider == base.tool.provider]
    elsewhere = {tool.name: tool for tool in lists if tool.name not in search.tools}
    finding = look_up(scene, base.tool, slot, base.used, elsewhere, run)
    return finding.finding if finding.finding is not None and finding.finding.kind == "ambiguous" else None


def _leads_nowhere(scene: Scene, slot: Slot, tool: Tool) -> bool:
    """Whether a request speaks of what a search was to find, which found nothing: no other thing is meant."""
    speaks = any(filler.kind == "dangling" for filler in scene.fillers)
    return speaks and search_that_found_nothing(scene.world, scene.done, slot, tool) is not None


def _moved(done: Done, new: Mapping[int, int]) -> Done:
    """A lookup's call under the number that it has once those that led nowhere are dropped."""
    call = done.result.call
    arguments = {name: _renumbered(value, new) for name, value in call.arguments.items()}
    return replace(done, number=new[done.number], result=done.result._replace(call=call._replace(arguments=arguments)))


def _renumbered(value: Any, new: Mapping[int, int]) -> Any:
    """A plan value whose references lead to the calls under their new numbers."""
    match value:
        case Ref(call, path):
            return Ref(new.get(call, call), path)
        case list():
            return [_renumbered(part, new) for part in value]
        case dict():
            return {key: _renumbered(part, new) for key, part in value.items()}
    return value
