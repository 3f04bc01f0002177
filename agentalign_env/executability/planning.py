"""Planning: the cheapest way to carry all requests out, found by carrying them out in a forked world."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from agentalign_env.core.world import World, WorldState
from agentalign_env.executability.binding import attempt
from agentalign_env.executability.failures import no_tool, refusal, still_open
from agentalign_env.executability.fillers import Filler, fillers_in
from agentalign_env.executability.fitting import Slot, first_to_find
from agentalign_env.executability.looking import Found, Run, find_described, look_up, names_the_kind
from agentalign_env.executability.obstacles import obstacle
from agentalign_env.executability.people import Known
from agentalign_env.executability.read_off import read_off
from agentalign_env.executability.references import Done
from agentalign_env.executability.report import Bound, Finding, PlannedStep
from agentalign_env.executability.requests import Request, acts
from agentalign_env.executability.scene import Attempt, Scene
from agentalign_env.executability.words import PROVIDER, Token
from agentalign_env.executability.world_gaps import gap_behind_description, search_that_found_nothing
from agentalign_env.scenarios.plans import PlannedCall, Ref, Text, resolve, values_at
from agentalign_env.scenarios.premises import Premise
from agentalign_env.toolkit.catalogue import load_tools
from agentalign_env.toolkit.dispatch import error_result, execute
from agentalign_env.toolkit.tool import Tool
from agentalign_env.types import ToolCall

__all__ = ["Outcome", "carry_out"]

_BUDGET = 60  # calls that one search may make
_VARIANTS = 4  # other values tried per step
_WORSE = 3.0  # how much less likely another reading of a request may be
_MUCH_WORSE = 5.0  # ... where nothing at hand serves the likeliest
_FAR_BEHIND = 4.0  # by how much a reading with a tool at hand may be less likely than one without
# What steps make, rather than find.
_ISSUED = frozenset(
    (
        "AudioUrl",
        "ContractAddress",
        "DeliveryOrderId",
        "GenerationId",
        "MediaUrl",
        "MessageId",
        "OrderId",
        "PaymentId",
        "PaymentLink",
        "PostId",
        "TrackingNumber",
        "TransactionHash",
        "Url",
    )
)
_OWN_THINGS = frozenset(
    ("Communication.search_emails", "Communication.search_messages", "Communication.search_contacts")
)


class Outcome(NamedTuple):
    """How carrying the requests out went.

    Attributes:
        complete: Whether all were.
        steps: The plan.
        done: What was carried out.
        findings: What stood in the way.
        wanted: What the world would have to hold, where it lacked something.
    """

    complete: bool
    steps: tuple[PlannedStep, ...]
    done: tuple[Done, ...]
    findings: tuple[Finding, ...]
    wanted: Premise | None


@dataclass
class _Search:
    """One search: the state of the world and of the plan, and the furthest that it came.

    Attributes:
        text: The instruction.
        requests: What it asks for.
        world: As the steps so far have left it.
        tools: The tools at hand.
        known: Who can be named.
        extends: Whether the world may be extended.
        idle: The words that ask for nothing.
        around: What those offer.
        people: Who is named in them.
        done: The calls so far.
        steps: The plan so far.
        named: Who was named by the requests so far.
        budget: How many calls may still be made.
        reached: The number of the furthest request that could not be carried out.
        findings: What stood in its way.
        wanted: What would help it.
        best: The plan up to it.
    """

    text: str
    requests: Sequence[Request]
    world: World
    tools: Mapping[str, Tool]
    known: Known
    extends: bool
    idle: Sequence[Token] = ()
    around: Sequence[Filler] = ()
    people: Sequence[Filler] = ()
    done: list[Done] = field(default_factory=list)
    steps: list[PlannedStep] = field(default_factory=list)
    named: list[Filler] = field(default_factory=list)
    budget: int = _BUDGET
    reached: int = -1
    findings: tuple[Finding, ...] = ()
    wanted: Premise | None = None
    best: tuple[PlannedStep, ...] = ()


class _Option(NamedTuple):
    """A way to carry one request out.

    Attributes:
        tool: The tool.
        bound: Its arguments.
        repeated: Further values of one of them: the call is made once for each.
    """

    tool: Tool
    bound: Mapping[str, Bound]
    repeated: tuple[str, tuple[Bound, ...]] | None


def carry_out(
    text: str,
    requests: Sequence[Request],
    world: World,
    tools: Mapping[str, Tool],
    known: Known,
    *,
    extends: bool,
    idle: Sequence[Token] = (),
) -> Outcome:
    """Carries requests out in a world, trying other readings and values where the likeliest fail.

    Args:
        text: The instruction.
        requests: What it asks for, in order.
        world: Where; it is left as the plan leaves it.
        tools: The tools at hand.
        known: Who can be named.
        extends: Whether the world may be extended with what the text names.
        idle: The words that ask for nothing.
    """
    around = fillers_in(text, idle, [], known, ()) if idle else []
    search = _Search(text, requests, world, tools, known, extends, idle, around, [one for one in around if one.people])
    if _solve(search, 0):
        return Outcome(True, tuple(search.steps), tuple(search.done), (), None)
    return Outcome(False, search.best, tuple(search.done), search.findings, search.wanted)


def _solve(search: _Search, number: int) -> bool:
    """Carries out the requests from this number on; where that fails, everything is left as it was."""
    if number == len(search.requests):
        return True
    request = search.requests[number]
    findings: list[Finding] = []
    wanted: list[Premise] = []
    for option in _options(search, request, findings, wanted):
        mark = _mark(search)
        problem = _take(search, request, option, wanted)
        if problem is not None:
            findings.append(problem)
        elif _solve(search, number + 1):
            return True
        _back(search, mark)
        if search.budget <= 0 or search.reached > number:
            break
    if number >= search.reached and findings:
        search.reached = number
        search.findings = (findings[0],)  # of the likeliest reading
        search.wanted = wanted[0] if wanted else None
        search.best = tuple(search.steps)
    return False


def _mark(search: _Search) -> tuple[WorldState, int, int, int]:
    return search.world.snapshot(), len(search.done), len(search.steps), len(search.named)


def _back(search: _Search, mark: tuple[WorldState, int, int, int]) -> None:
    state, done, steps, named = mark
    search.world.restore(state)
    del search.done[done:], search.steps[steps:], search.named[named:]


def _options(search: _Search, request: Request, findings: list[Finding], wanted: list[Premise]) -> Iterator[_Option]:
    """The ways to carry a request out, the likeliest first; says why where there is none."""
    readings = [(request.of, request.score), *request.alternatives]
    named = [token.provider for token in request.tokens if token.word == PROVIDER]
    if named and request.of.capability and any(_is_served_by(named, of.capability) for of, _ in readings):
        readings = [one for one in readings if _is_served_by(named, one[0].capability)]
        request = request._replace(of=readings[0][0], score=readings[0][1], alternatives=tuple(readings[1:]))
    tried = 0
    for of, score in readings:
        if score < request.score - (_MUCH_WORSE if findings and not tried else _WORSE) or (
            tried and of.capability != request.of.capability and not findings
        ):
            continue
        reading = request._replace(of=of)
        tools = _tools_for(search, reading)
        if not tools:
            if of is request.of:
                findings.append(no_tool(search.text, reading))
                if request.score - _second_at_hand(search, request) > _FAR_BEHIND:
                    return
            continue
        if findings and _only_looks(tools) and acts(request):
            continue  # what is to be done is not done by looking at something
        scene = _scene(search, reading)
        for tool in tools:
            tried += 1
            yield from _bindings(search, scene, tool, findings, wanted)
            if tried >= _VARIANTS:
                return


def _only_looks(tools: Sequence[Tool]) -> bool:
    """Whether these tools change nothing."""
    return bool(tools) and not any(tool.operation.writes for tool in tools)


def _scene(search: _Search, request: Request) -> Scene:
    """What a request is bound in."""
    start = request.start
    named_before = [one for one in (*search.people, *search.named) if one.start < start]
    coming = _coming(search, request)
    at = _number(search, request)
    before = search.requests[:at]
    later = {one.of.capability for one in search.requests[at + 1 :]}
    next_start = min((one.start for one in search.requests if one.start > start), default=len(search.text))
    return Scene(
        text=search.text,
        world=search.world,
        done=search.done,
        request=request,
        fillers=fillers_in(search.text, request.tokens, search.done, search.known, named_before, coming),
        earlier="; ".join(search.text[one.start : one.end].strip(" ,.;") for one in before),
        context=[token for token in search.idle if token.end <= start],
        around=[one for one in search.around if one.end <= start],
        behind=[token for token in search.idle if request.end <= token.start < next_start],
        later=frozenset(later - {request.of.capability}),
        coming=coming,
    )


def _number(search: _Search, request: Request) -> int:
    """How many requests are to be carried out before it."""
    return next(number for number, one in enumerate(search.requests) if one.start == request.start)


def _coming(search: _Search, request: Request) -> frozenset[str]:
    """What only later steps will give: things that they make."""
    at = _number(search, request)
    found: set[str] = set()
    capabilities = {later.of.capability for later in search.requests[at + 1 :]}
    capabilities -= {one.of.capability for one in search.requests[: at + 1]}
    for later in search.requests[at + 1 :]:
        for tool in search.tools.values():
            if tool.capability == later.of.capability and tool.operation.writes:
                found.update(tool.operation.outputs.values())
    given = {target.semantic for step in search.done for target in step.targets}
    return (frozenset(found & _ISSUED) - given) | capabilities


def _second_at_hand(search: _Search, request: Request) -> float:
    """How likely the likeliest other reading is that a tool at hand serves."""
    at_hand = {tool.capability for tool in search.tools.values()}
    return max((score for of, score in request.alternatives if of.capability in at_hand), default=float("-inf"))


def _tools_for(search: _Search, request: Request) -> list[Tool]:
    """The tools at hand that do what is asked: those of the provider that is named, or that served before, first."""
    fitting = [tool for tool in search.tools.values() if tool.capability == request.of.capability]
    fixed = dict(request.of.fixed)
    fitting = [tool for tool in fitting if all(tool.pins.get(name, value) == value for name, value in fixed.items())]
    named = [token.provider for token in request.tokens if token.word == PROVIDER]
    if named and fitting:
        offered = [tool for tool in fitting if tool.provider in named]
        if offered or _is_served_by(named, request.of.capability):
            return offered
    if len(fitting) > 1:
        before = [step.tool.provider for step in search.done]
        fitting.sort(key=lambda tool: tool.provider not in before)
    return fitting


def _is_served_by(providers: Sequence[str], capability: str) -> bool:
    """Whether one of these providers has a tool for it, at hand or not."""
    return any(tool.provider in providers for tool in load_tools().of(capability))


def _bindings(
    search: _Search, scene: Scene, tool: Tool, findings: list[Finding], wanted: list[Premise]
) -> Iterator[_Option]:
    """The ways to carry a request out with one tool: the likeliest values first, then others for one of them."""
    base = attempt(scene, tool, dict(scene.request.of.fixed))
    problem = obstacle(scene, base)
    if problem is not None:
        findings.append(problem)
        return
    mark = _mark(search)
    bound, problem = _complete(search, scene, base, wanted)
    if problem is not None:
        findings.append(problem)
        _back(search, mark)
        return
    yield _Option(tool, bound, base.repeated)
    for name, others in base.others.items():
        for other in others[:2]:
            if bound[name].source in ("mention", "entity") and other.source == "result":
                continue  # what is stated does not mean something that was found
            if other.value != bound[name].value and first_to_find(other.value) is None:
                yield _Option(tool, {**bound, name: other}, base.repeated)
    left_out = {
        name for name, value in bound.items() if not tool.parameters[name].required and value.source == "result"
    }
    if left_out:
        yield _Option(tool, {name: value for name, value in bound.items() if name not in left_out}, base.repeated)
    _back(search, mark)


def _complete(
    search: _Search, scene: Scene, base: Attempt, wanted: list[Premise]
) -> tuple[dict[str, Bound], Finding | None]:
    """Looks up what is still open; what stays open is a finding."""
    bound = dict(base.bound)

    def run(tool: Tool, arguments: Mapping[str, Any]) -> Done:
        return _call(search, tool, arguments, lookup=True)

    for name, value in list(bound.items()):
        to_find = first_to_find(value.value)
        if to_find is not None:
            kept = len(search.done)
            found = find_described(to_find, value.span or (scene.request.start, scene.request.end), search.tools, run)
            if found.bound is None:
                del search.done[kept:]
                if found.finding is not None and found.finding.kind == "missing_entity":
                    wanted.extend(gap_behind_description(to_find))
                return bound, found.finding
            bound[name] = found.bound
            if isinstance(value.value, Text):
                bound[name] = found.bound._replace(value=Text((found.bound.value, *value.value.parts[1:])))
            _note_lookups(search, found.calls, scene)
    for slot in base.missing:
        vague = scene.vague
        if vague is not None:
            message = (
                f"{base.tool.name} needs {slot.parameter.name!r}; {search.text[slice(*vague)]!r} does not say which"
            )
            return bound, Finding("missing_parameter", vague, message)
        if search.extends and _leads_nowhere(scene, slot, base.tool):
            return bound, still_open(scene, base, slot, None, wanted)
        kept = len(search.done)
        shown = read_off(scene, base.tool, slot, search.tools, run)
        if shown is not None:
            bound[slot.parameter.name] = shown[0]
            search.done[kept:] = [_moved(done, {done.number: kept + at}) for at, done in enumerate(shown[1])]
            _note_lookups(search, search.done[kept:], scene)
            continue
        del search.done[kept:]
        found = look_up(scene, base.tool, slot, base.used, search.tools, run)
        if found.choices and slot is base.missing[-1]:
            found = _only_one_that_will_do(search, base.tool, slot, bound, found)
        if found.bound is None and found.finding is None and not search.extends:
            found = found._replace(finding=_one_of_several(search, scene, base, slot, run))
        if found.bound is None:
            del search.done[kept:]
            return bound, still_open(scene, base, slot, found.finding, wanted)
        new = {done.number: kept + at for at, done in enumerate(found.calls)}
        search.done[kept:] = [_moved(done, new) for done in found.calls]
        bound[slot.parameter.name] = found.bound._replace(value=_renumbered(found.bound.value, new))
        _note_lookups(search, search.done[kept:], scene)
    return bound, None


def _only_one_that_will_do(search: _Search, tool: Tool, slot: Slot, bound: Mapping[str, Bound], found: Found) -> Found:
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


def _one_of_several(search: _Search, scene: Scene, base: Attempt, slot: Slot, run: Run) -> Finding | None:
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


def _note_lookups(search: _Search, calls: Sequence[Done], scene: Scene) -> None:
    for done in calls:
        call = PlannedCall(done.tool.name, dict(done.result.call.arguments))
        step = PlannedStep(call, done.tool.capability, {}, (scene.request.start, scene.request.end), "lookup")
        search.steps.append(step)


def _take(search: _Search, request: Request, option: _Option, wanted: list[Premise]) -> Finding | None:
    """Makes the calls of an option; the finding where one fails."""
    variants: list[Mapping[str, Bound]] = [option.bound]
    if option.repeated is not None:
        name, values = option.repeated
        variants += [{**option.bound, name: value} for value in values]
    for bound in variants:
        arguments = {name: value.value for name, value in bound.items()}
        done = _call(search, option.tool, arguments, lookup=False)
        if done.result.code:
            return refusal(search.world, request, bound, search.done, wanted, extends=search.extends)
        if search.extends is False and _found_nothing(option.tool, done, bound):
            return Finding(
                "missing_entity",
                (request.start, request.end),
                f"{option.tool.name} finds nothing of the kind in this world",
            )
        call = PlannedCall(option.tool.name, arguments)
        search.steps.append(
            PlannedStep(call, option.tool.capability, dict(bound), (request.start, request.end), "step")
        )
    search.named += [
        one
        for one in fillers_in(search.text, request.tokens, search.done, search.known, search.named)
        if one.people and len(one.people) == 1
    ]
    return None


def _found_nothing(tool: Tool, done: Done, bound: Mapping[str, Bound]) -> bool:
    """Whether a search among the owner's own things, for something in particular, came back empty."""
    if tool.capability not in _OWN_THINGS or not any(value.source in ("mention", "entity") for value in bound.values()):
        return False
    return not any(values_at(done.result.value, tool.operation.identifies))


def _call(search: _Search, tool: Tool, arguments: Mapping[str, Any], *, lookup: bool) -> Done:
    """Makes a call in the world; one whose references lead nowhere fails as the tool would."""
    search.budget -= 1
    contents = [done.result.content for done in search.done]
    number = len(search.done)
    try:
        plain = {name: resolve(value, {}, contents) for name, value in arguments.items()}
        result = execute(search.world, {tool.name: tool}, ToolCall(str(number), tool.name, plain))
    except LookupError:
        result = error_result(
            ToolCall(str(number), tool.name, {}), "not_found", "a step before found nothing to give it"
        )
    kept = result._replace(call=ToolCall(str(number), tool.name, dict(arguments)))
    done = Done(number, tool, kept, lookup)
    search.done.append(done)
    return done
