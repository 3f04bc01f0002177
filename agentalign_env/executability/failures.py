"""Failures: why a request could not be carried out, and what the world would have to hold for it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from agentalign_env.core.world import World
from agentalign_env.executability.fitting import Slot
from agentalign_env.executability.people import newcomer
from agentalign_env.executability.references import Done
from agentalign_env.executability.report import Bound, Finding, FindingKind
from agentalign_env.executability.requests import Request
from agentalign_env.executability.scene import Attempt, Scene
from agentalign_env.executability.words import PROVIDER
from agentalign_env.executability.world_gaps import gap_behind, gaps_behind_references, search_that_found_nothing
from agentalign_env.scenarios.premises import Premise

__all__ = ["no_tool", "refusal", "still_open"]

_UNGROUNDED = re.compile(
    r"\b(?:(?:i|we) (?:already )?"
    r"(?:told|gave|sent|mentioned|showed|discussed|agreed|talked|said|promised|meant|always use|usually)"
    r"|(?:the|my|our|their|his|her) usual|as (?:always|usual|discussed|agreed)|like last time|same as last time"
    r"|you (?:already )?(?:know|have it|have on file|remember)|from before|we spoke|on the (?:sticky )?note|in my head"
    r"|i have in mind|the (?:right|correct|agreed|secret) )",
    re.IGNORECASE,
)
_ADDRESSING = frozenset(("EmailAddress", "PhoneNumber", "ChatId", "Handle", "PersonName"))
# What a refusal comes from; all others from a value.
_KIND_OF_CODE: Mapping[str, FindingKind] = {"not_found": "missing_entity", "missing_argument": "missing_parameter"}
_FILLABLE = frozenset(("not_found", "insufficient_funds", "invalid_state", "permission_denied"))


def no_tool(text: str, request: Request) -> Finding:
    """Says that nothing at hand does what a request asks for."""
    named = next((token.provider for token in request.tokens if token.word == PROVIDER), "")
    if not request.of.capability:
        message = f"nothing here can {request.of.action}, which the text asks for: leave this out"
        return Finding("missing_capability", (request.start, request.end), message)
    what = f"{request.of.capability} on {named}" if named else request.of.capability
    said = text[request.start : request.end].strip()
    message = f"no tool at hand does {what}, which {said[:60]!r} asks for: offer one, or leave this out"
    return Finding("missing_capability", (request.start, request.end), message)


def still_open(scene: Scene, base: Attempt, slot: Slot, looked_up: Finding | None, wanted: list[Premise]) -> Finding:
    """Says why a required parameter has no value.

    Args:
        scene: The request and what stands around it.
        base: What was bound without looking anything up.
        slot: The parameter's slot.
        looked_up: Why looking it up gave nothing, where a tool at hand looks such things up.
        wanted: Takes what the world would have to hold.
    """
    request, name = scene.request, slot.parameter.name
    span = request.start, request.end
    said = scene.text[request.start : request.end]
    what = f"{base.tool.name} needs {name!r}"
    for filler in scene.fillers:
        if filler.mention is not None and filler.mention.kind == "Placeholder":
            return Finding(
                "ungrounded_value", filler.span, f"{what}; {filler.text!r} only holds its place: give the value"
            )
    strangers = [one for one in scene.fillers if one.kind == "stranger"]
    if strangers and slot.semantic in _ADDRESSING:
        stranger = strangers[0]
        wanted.append(newcomer(scene.world, stranger.text))
        return Finding("missing_entity", stranger.span, f"{what}; nobody called {stranger.text!r} is known here")
    found_before = search_that_found_nothing(scene.world, scene.done, slot, base.tool)
    if found_before is not None and _has_looked(scene):
        wanted.append(found_before)
        return Finding("missing_entity", span, f"{what}; the search before found nothing that would give it")
    mean = _UNGROUNDED.search(said)
    if mean is not None:
        place = request.start + mean.start(), request.start + mean.end()
        return Finding("ungrounded_value", place, f"{what}; {mean[0]!r} points to something that nothing here gives")
    dangling = next((one for one in scene.fillers if one.kind == "dangling"), None)
    if dangling is not None:
        message = f"{what}; {dangling.text!r} is the result of something that has not been done before"
        return Finding("broken_flow", dangling.span, message)
    return looked_up or Finding("missing_parameter", span, f"{what}; the text neither states nor describes it")


def _has_looked(scene: Scene) -> bool:
    """Whether the text asked for anything before, rather than only serving itself with lookups."""
    return any(not step.lookup for step in scene.done)


def refusal(
    world: World,
    request: Request,
    bound: Mapping[str, Bound],
    done: Sequence[Done],
    wanted: list[Premise],
    *,
    extends: bool,
) -> Finding:
    """Says what a tool answered that refused a call.

    Args:
        world: The world in which it refused.
        request: What the call was to carry out.
        bound: Its arguments.
        done: The calls so far, the refused one last.
        wanted: Takes what the world would have to hold.
        extends: Whether it may be extended with that.
    """
    refused = done[-1]
    code, body = refused.result.code, refused.result.value
    name = body.get("field") if isinstance(body, dict) else None
    message = body.get("message", "") if isinstance(body, dict) else ""
    at_fault = bound.get(str(name).split(".")[0]) if name else None
    span = at_fault.span if at_fault is not None and at_fault.span else (request.start, request.end)
    if extends and code in _FILLABLE:
        wanted.extend(gap_behind(refused.tool, bound, name, code))
        wanted.extend(gaps_behind_references(world, done, bound))
    kind = _KIND_OF_CODE.get(str(code), "invalid_value")
    return Finding(kind, span, f"{refused.tool.name} answers {code}: {message}")
