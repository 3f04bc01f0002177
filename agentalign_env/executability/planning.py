"""Planning: the cheapest way to carry all requests out, found by carrying them out in a forked world."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from agentalign_env.core.world import World
from agentalign_env.executability.binding import attempt
from agentalign_env.executability.failures import no_tool, refusal
from agentalign_env.executability.fillers import fillers_in
from agentalign_env.executability.fitting import first_to_find
from agentalign_env.executability.knowledge import only_looks
from agentalign_env.executability.obstacles import obstacle
from agentalign_env.executability.open_slots import filled
from agentalign_env.executability.people import Known
from agentalign_env.executability.references import Done
from agentalign_env.executability.report import Bound, Finding, PlannedStep
from agentalign_env.executability.requests import Request, acts
from agentalign_env.executability.scene import Scene
from agentalign_env.executability.search import Search
from agentalign_env.executability.words import PROVIDER, Token
from agentalign_env.scenarios.plans import PlannedCall, values_at
from agentalign_env.scenarios.premises import Premise
from agentalign_env.toolkit.catalogue import load_tools
from agentalign_env.toolkit.tool import Tool

__all__ = ["Outcome", "carry_out"]

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
    search = Search(text, requests, world, tools, known, extends, idle, around, [one for one in around if one.people])
    if _solve(search, 0):
        return Outcome(True, tuple(search.steps), tuple(search.done), (), None)
    return Outcome(False, search.best, tuple(search.done), search.findings, search.wanted)


def _solve(search: Search, number: int) -> bool:
    """Carries out the requests from this number on; where that fails, everything is left as it was."""
    if number == len(search.requests):
        return True
    request = search.requests[number]
    findings: list[Finding] = []
    wanted: list[Premise] = []
    for option in _options(search, request, findings, wanted):
        mark = search.mark()
        problem = _take(search, request, option, wanted)
        if problem is not None:
            findings.append(problem)
        elif _solve(search, number + 1):
            return True
        search.go_back(mark)
        if search.budget <= 0 or search.reached > number:
            break
    if number >= search.reached and findings:
        search.reached = number
        search.findings = (findings[0],)  # of the likeliest reading
        search.wanted = wanted[0] if wanted else None
        search.best = tuple(search.steps)
    return False


def _options(search: Search, request: Request, findings: list[Finding], wanted: list[Premise]) -> Iterator[_Option]:
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
        if findings and only_looks(of.capability) and acts(request):
            continue  # what is to be done is not done by looking at something
        scene = _scene(search, reading)
        for tool in tools:
            tried += 1
            yield from _bindings(search, scene, tool, findings, wanted)
            if tried >= _VARIANTS:
                return


def _scene(search: Search, request: Request) -> Scene:
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


def _number(search: Search, request: Request) -> int:
    """How many requests are to be carried out before it."""
    return next(number for number, one in enumerate(search.requests) if one.start == request.start)


def _coming(search: Search, request: Request) -> frozenset[str]:
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


def _second_at_hand(search: Search, request: Request) -> float:
    """How likely the likeliest other reading is that a tool at hand serves."""
    at_hand = {tool.capability for tool in search.tools.values()}
    return max((score for of, score in request.alternatives if of.capability in at_hand), default=float("-inf"))


def _tools_for(search: Search, request: Request) -> list[Tool]:
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
    search: Search, scene: Scene, tool: Tool, findings: list[Finding], wanted: list[Premise]
) -> Iterator[_Option]:
    """The ways to carry a request out with one tool: the likeliest values first, then others for one of them."""
    base = attempt(scene, tool, dict(scene.request.of.fixed))
    problem = obstacle(scene, base)
    if problem is not None:
        findings.append(problem)
        return
    mark = search.mark()
    bound, problem = filled(search, scene, base, wanted)
    if problem is not None:
        findings.append(problem)
        search.go_back(mark)
        return
    yield _Option(tool, bound, base.repeated)
    for name, others in base.others.items():
        for other in others[:2]:
            if bound[name].source in ("mention", "entity") and other.source == "result":
                continue  # what is stated does not mean something that was found
            if other.span is not None and any(one.span == other.span for key, one in bound.items() if key != name):
                continue  # what is said once is one value
            if other.value != bound[name].value and first_to_find(other.value) is None:
                yield _Option(tool, {**bound, name: other}, base.repeated)
    left_out = {
        name for name, value in bound.items() if not tool.parameters[name].required and value.source == "result"
    }
    if left_out:
        yield _Option(tool, {name: value for name, value in bound.items() if name not in left_out}, base.repeated)
    search.go_back(mark)


def _take(search: Search, request: Request, option: _Option, wanted: list[Premise]) -> Finding | None:
    """Makes the calls of an option; the finding where one fails."""
    variants: list[Mapping[str, Bound]] = [option.bound]
    if option.repeated is not None:
        name, values = option.repeated
        variants += [{**option.bound, name: value} for value in values]
    for bound in variants:
        arguments = {name: value.value for name, value in bound.items()}
        done = search.call(option.tool, arguments, lookup=False)
        if done.result.code and _was_done(search, done):
            search.done.pop()
            continue
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


def _holds(more: Mapping[str, Any], fewer: Mapping[str, Any]) -> bool:
    """Whether arguments say all that others say, which are some."""
    return bool(fewer) and all(name in more and more[name] == value for name, value in fewer.items())


def _was_done(search: Search, again: Done) -> bool:
    """Whether a step before did the same: ``capture the hold. ... All of it should go to her.``."""
    try:
        values = search.values_of(again)
        return any(
            done.tool is again.tool
            and not done.lookup
            and not done.result.code
            and _holds(search.values_of(done), values)
            for done in search.done[:-1]
        )
    except LookupError:
        return False


def _found_nothing(tool: Tool, done: Done, bound: Mapping[str, Bound]) -> bool:
    """Whether a search among the owner's own things, for something in particular, came back empty."""
    if tool.capability not in _OWN_THINGS or not any(value.source in ("mention", "entity") for value in bound.values()):
        return False
    return not any(values_at(done.result.value, tool.operation.identifies))
