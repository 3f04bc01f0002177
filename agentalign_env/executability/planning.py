"""Planning: the cheapest way to carry all requests out, found by carrying them out in a forked world."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from agentalign_env.core.background import Organisation, Person
from agentalign_env.core.world import World, WorldState
from agentalign_env.executability.binding import Attempt, Scene, attempt
from agentalign_env.executability.fillers import IDENTIFYING, Done, Filler, fillers_in
from agentalign_env.executability.fitting import Slot, ToFind, is_meant_for, slots_of
from agentalign_env.executability.knowledge import load_knowledge, stems_of
from agentalign_env.executability.looking import find_described, look_up
from agentalign_env.executability.people import RELATIONS, Known
from agentalign_env.executability.report import Bound, Finding, PlannedStep
from agentalign_env.executability.requests import Request
from agentalign_env.executability.texts import vague_words
from agentalign_env.executability.words import PROVIDER, Token
from agentalign_env.executability.world_gaps import gap_behind, search_that_found_nothing
from agentalign_env.scenarios.plans import PlannedCall, Ref, Text, resolve, values_at
from agentalign_env.scenarios.premises import Premise
from agentalign_env.services import load_base_world
from agentalign_env.toolkit.dispatch import error_result, execute
from agentalign_env.toolkit.tool import Tool
from agentalign_env.types import ToolCall

__all__ = ["Outcome", "carry_out"]

_BUDGET = 60  # calls that one search may make
_VARIANTS = 4  # other values tried per step
_WORSE = 3.0  # how much less likely another reading of a request may be
_MUCH_WORSE = 5.0  # ... where nothing at hand serves the likeliest
_FAR_BEHIND = 4.0  # by how much a reading with a tool at hand may be less likely than one without
_PLURAL = re.compile(r"\b(?:both|all|each|every)\b", re.IGNORECASE)
_UNGROUNDED = re.compile(
    r"\b(?:(?:i|we) (?:already )?(?:told|gave|sent|mentioned|showed|discussed|agreed|talked|said|promised|meant|always use|usually)"
    r"|(?:the|my|our|their|his|her) usual|as (?:always|usual|discussed|agreed)|like last time|same as last time"
    r"|you (?:already )?(?:know|have it|have on file|remember)|from before|we spoke|on the (?:sticky )?note|in my head"
    r"|i have in mind|the (?:right|correct|agreed|secret) )",
    re.IGNORECASE,
)


_ELSEWHERE = re.compile(
    r"\b(?:i|we) (?:already |once |just )?(?:told|gave|described|mentioned|showed|explained|dictated|read out)(?: (?:to )?you)?\b"
    r"|\bwe (?:agreed|discussed|talked about|spoke about|settled|had)(?: on| upon)?\b(?! to )|\b(?:i|we) talked about\b"
    r"|\b(?:my|the|our|his|her|their) usual\b|\bas (?:discussed|agreed|always|usual)\b|\byou (?:already )?(?:know|have on file)\b"
    r"|\b(?:sticky note|in my head|i have in mind|i always use|i was thinking of|last time we spoke|from our call)\b",
    re.IGNORECASE,
)


_THE_THING = re.compile(
    r"\bthe (?:\w+ )?(?:words|text|texts|lines|message|address|number|amount|sum|caption|title|prompt|name|file|link|code|slogan"
    r"|command|query|topic|subject|comment|reason|date|time|place|picture|photo|path|item|thing)(?: that| which)? $",
    re.IGNORECASE,
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
    """One search: the state of the world and of the plan, and the furthest that it came."""

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
    """A way to carry one request out."""

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
        search.findings = _worst(findings)
        search.wanted = wanted[0] if wanted else None
        search.best = tuple(search.steps)
    return False


def _worst(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """The findings of the likeliest reading, without repetition."""
    return tuple(dict.fromkeys(findings))[:1]


def _mark(search: _Search) -> tuple[WorldState, int, int, int]:
    return search.world.snapshot(), len(search.done), len(search.steps), len(search.named)


def _back(search: _Search, mark: tuple[WorldState, int, int, int]) -> None:
    state, done, steps, named = mark
    search.world.restore(state)
    del search.done[done:], search.steps[steps:], search.named[named:]


def _options(
    search: _Search, request: Request, findings: list[Finding], wanted: list[Premise]
) -> Iterator[_Option]:
    """The ways to carry a request out, the likeliest first; says why where there is none."""
    span = request.start, request.end
    readings = [(request.of, request.score), *request.alternatives]
    named = [token.provider for token in request.tokens if token.word == PROVIDER]
    if named and _is_served_by(named, request.of.capability):
        readings = [one for one in readings if _is_served_by(named, one[0].capability)]
    tried = 0
    for of, score in readings:
        if score < request.score - (_MUCH_WORSE if findings and not tried else _WORSE) or (tried and of.capability != request.of.capability and not findings):
            continue
        reading = request._replace(of=of)
        tools = _tools_for(search, reading)
        if not tools:
            if of is request.of:
                findings.append(_no_tool(search, reading))
                if request.score - _second_at_hand(search, request) > _FAR_BEHIND:
                    return
            continue
        spoken_of = [*search.people, *search.named]
        fillers = fillers_in(
            search.text,
            reading.tokens,
            search.done,
            search.known,
            [one for one in spoken_of if one.start < request.start],
            _coming(search, request),
        )
        earlier = "; ".join(search.text[one.start : one.end].strip(" ,.;") for one in search.requests if one.start < span[0])
        before = [token for token in search.idle if token.end <= request.start]
        around = [one for one in search.around if one.end <= request.start]
        scene = Scene(search.text, search.world, search.done, reading, fillers, earlier, before, around)
        for tool in tools:
            tried += 1
            yield from _bindings(search, scene, tool, findings, wanted)
            if tried >= _VARIANTS:
                return


_ISSUED = frozenset(("PaymentId", "OrderId", "DeliveryOrderId", "TransactionHash", "ContractAddress", "PaymentLink"))
_ISSUED_TOO = frozenset(("PostId", "MessageId", "GenerationId", "MediaUrl", "AudioUrl", "Url", "TrackingNumber"))


def _coming(search: _Search, request: Request) -> frozenset[str]:
    """What only later steps will give: things that they make."""
    at = next(number for number, one in enumerate(search.requests) if one.start == request.start)
    found: set[str] = set()
    capabilities = {later.of.capability for later in search.requests[at + 1 :]}
    capabilities -= {one.of.capability for one in search.requests[: at + 1]}
    for later in search.requests[at + 1 :]:
        for tool in search.tools.values():
            if tool.capability == later.of.capability and tool.operation.writes:
                found.update(tool.operation.outputs.values())
    given = {target.semantic for step in search.done for target in step.targets}
    return (frozenset(found & (_ISSUED | _ISSUED_TOO)) - given) | capabilities


def _second_at_hand(search: _Search, request: Request) -> float:
    at_hand = {tool.capability for tool in search.tools.values()}
    return max((score for of, score in request.alternatives if of.capability in at_hand), default=float("-inf"))


def _tools_for(search: _Search, request: Request) -> list[Tool]:
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
    from agentalign_env.toolkit.catalogue import load_tools

    return any(tool.provider in providers for tool in load_tools().of(capability))


def _no_tool(search: _Search, request: Request) -> Finding:
    named = next((token.provider for token in request.tokens if token.word == PROVIDER), "")
    if not request.of.capability:
        message = f"nothing here can {request.of.action}, which the text asks for: leave this out"
        return Finding("missing_capability", (request.start, request.end), message)
    what = f"{request.of.capability} on {named}" if named else request.of.capability
    said = search.text[request.start : request.end].strip()
    message = f"no tool at hand does {what}, which {said[:60]!r} asks for: offer one, or leave this out"
    return Finding("missing_capability", (request.start, request.end), message)


def _bindings(
    search: _Search, scene: Scene, tool: Tool, findings: list[Finding], wanted: list[Premise]
) -> Iterator[_Option]:
    base = attempt(scene, tool, dict(scene.request.of.fixed))
    unclear = _unclear(search, scene, base) or _not_attached(scene, base) or _pointed_at(scene) or _too_early(search, scene) or _refused(scene, base)
    if unclear is not None:
        findings.append(unclear)
        return
    misplaced = _misplaced(scene, base)
    if misplaced is not None:
        findings.append(misplaced)
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
            if other.value != bound[name].value and not isinstance(other.value, ToFind):
                yield _Option(tool, {**bound, name: other}, base.repeated)
    left_out = {name for name, value in bound.items() if not tool.parameters[name].required and value.source == "result"}
    if left_out:
        yield _Option(tool, {name: value for name, value in bound.items() if name not in left_out}, base.repeated)
    _back(search, mark)


def _pointed_at(scene: Scene) -> Finding | None:
    """Values that the text only points to: placeholders, and what was said elsewhere."""
    for filler in scene.fillers:
        if filler.mention is not None and filler.mention.kind == "Placeholder":
            message = f"{filler.text!r} only holds the place of a value: give the value"
            return Finding("ungrounded_value", filler.span, message)
    start = scene.request.start
    said = scene.text[start : scene.request.end]
    quoted = [(one.start, one.end) for one in scene.request.tokens if one.mention is not None]
    for pointer in _ELSEWHERE.finditer(said):
        place = start + pointer.start(), start + pointer.end()
        free_text = re.search(r"(?::|\bthat\b|\bsaying\b)", said[: pointer.start()])
        if _THE_THING.search(said[: pointer.start()]):
            free_text = None
        if not any(one <= place[0] < other for one, other in quoted) and not free_text:
            return Finding("ungrounded_value", place, f"{pointer[0]!r} points to something that nothing here gives")
    return None


def _not_attached(scene: Scene, base: Attempt) -> Finding | None:
    """A file that is to go along and that no step gives."""
    slot = slots_of(base.tool, scene.request.of.fixed).get("attachments")
    if slot is None or slot.parameter.name in base.bound:
        return None
    said = scene.text[scene.request.start : scene.request.end]
    if not re.search(r"\b(?:attached|attach|attachment|enclosed)\b", said, re.IGNORECASE):
        return None
    what = re.search(r"\b(?:the|that|this) (?:[\w-]+ ){0,2}?(?:file|recording|image|picture|video|audio)\b(?= (?:\w+ ){0,3}attached)", said)
    if what is None:
        return None
    place = scene.request.start + what.start(), scene.request.start + what.end()
    if any(one.start < place[1] and place[0] < one.end and one.kind in ("described", "reference") for one in scene.fillers):
        return None
    return Finding("broken_flow", place, f"{what[0]!r} is the result of something that has not been done before")


def _too_early(search: _Search, scene: Scene) -> Finding | None:
    """Things that a later step makes and this one speaks of already, or that no step makes."""
    later = {one.of.capability for one in search.requests if one.start > scene.request.start}
    later.discard(scene.request.of.capability)
    for filler in scene.fillers:
        made_later = any(capability in later for capability, _ in filler.results)
        asked_before = {step.tool.capability for step in search.done if not step.lookup}
        was_empty = any(not any(values_at(step.result.value, step.tool.operation.identifies)) for step in search.done)
        was_empty = was_empty or any(capability in asked_before for capability, _ in filler.results)
        if filler.kind == "dangling" and not was_empty and (made_later or _speaks_of_a_result(filler.text)):
            message = f"{filler.text!r} is the result of something that has not been done before"
            return Finding("broken_flow", filler.span, message)
    coming = _coming(search, scene.request)
    if not coming:
        return None
    nouns = load_knowledge().nouns
    for filler in scene.fillers:
        if filler.kind != "dangling":
            continue
        words = [token.stem for token in scene.request.tokens[filler.at + 1 : filler.at + filler.width]]
        if not words or words[-1] not in IDENTIFYING:
            continue
        named = next((nouns[key] for at in range(len(words)) if (key := " ".join(words[at:])) in nouns), set())
        if (named & coming) and not any(one.mention is not None and one.mention.kind == "Identifier" for one in scene.fillers):
            message = f"{filler.text!r} is only made by a later step: put that step first"
            return Finding("broken_flow", filler.span, message)
    return None


_RESULT = re.compile(
    r"\b(?:found|listed|shown|reported|(?:you|i) (?:just |have just )?(?:made|sent|placed|created|opened|read|posted|published|paid"
    r"|deployed|ordered|tracked|wrote|looked|commented)|(?:first|top|newest) (?:result|hit|match|item|place|post|contact|page)"
    r"|that (?:page|mail|order|payment|post|profile|item|product|file|image|video|recording|search|list|transaction))\b",
    re.IGNORECASE,
)


def _speaks_of_a_result(text: str) -> bool:
    return _RESULT.search(text) is not None


def _refused(scene: Scene, base: Attempt) -> Finding | None:
    """A value that is stated for a parameter and that the parameter does not take."""
    slots = slots_of(base.tool, scene.request.of.fixed)
    for filler in scene.fillers:
        if filler.mention is None or any(filler is one for one in base.used):
            continue
        for slot in slots.values():
            name = slot.parameter.name
            meant = is_meant_for(filler.mention, slot) and slot.argument not in ("sender", "payer")
            if base.bound.get(name, _UNSET).source == "mention" or not meant:
                continue
            message = f"{base.tool.name} does not take {filler.text!r} as {name!r}: {base.tool.expected(name)} is expected"
            return Finding("invalid_value", filler.span, message)
    for filler in base.used:
        mention = filler.mention
        if mention is not None and mention.kind in ("Amount", "CoinAmount"):
            open_slots = [slot for slot in base.missing if slot.semantic in ("Amount", "CoinAmount")]
            for slot in open_slots:
                expected = base.tool.expected(slot.parameter.name)
                message = f"{base.tool.name} does not take {filler.text!r} as {slot.parameter.name!r}: {expected} is expected"
                return Finding("invalid_value", filler.span, message)
        currency = next((slot for slot in slots.values() if slot.semantic == "CurrencyCode"), None)
        if mention is not None and mention.kind in ("Amount", "CoinAmount") and currency is not None:
            name, code = currency.parameter.name, mention.value.get("currency") or mention.value.get("token")
            if not base.tool.accepts(name, code):
                message = f"{base.tool.name} does not take {code}: {base.tool.expected(name)} is expected"
                return Finding("invalid_value", filler.span, message)
    return None


_UNSET = Bound(None, "default")
_MARKED = re.compile(r"[^\s,;\"]*[^\W_](?:[:/*#=][^\s,;\"]|@)")
_SURELY_HERE = 3.2  # ... where the word is one that requests have
_EXPECTED_HERE = 2.0  # how much the words around must speak for a value standing at a place


def _misplaced(scene: Scene, base: Attempt) -> Finding | None:
    """Something that stands where a parameter's value is expected, and that the parameter does not take."""
    knowledge, tokens = load_knowledge(), scene.request.tokens
    stems = stems_of(tokens)
    meant = [*base.used, *(one for one in scene.fillers if one.kind in ("described", "reference", "dangling"))]
    taken = {at for filler in meant for at in range(filler.at, filler.at + filler.width)}
    spans = [value.span for value in base.bound.values() if value.source in ("mention", "wording") and value.span]
    asked = knowledge.arguments.get(scene.request.of, set())
    for slot in slots_of(base.tool, scene.request.of.fixed).values():
        name = slot.parameter.name
        source = base.bound.get(name, _UNSET).source
        decided = source == "wording" and slot.argument in ("network", "wallet_type", "encryption_level", "currency")
        if (source != "default" and not decided) or slot.is_text or slot.form.wrap or slot.argument in ("sender", "payer"):
            continue
        if not (slot.parameter.required or slot.argument in asked) or slot.argument in ("cc", "bcc"):
            continue
        best: tuple[float, int] | None = None
        for at, token in enumerate(tokens):
            inside = any(one <= token.start < other for one, other in spans if other - one < 60)
            if at in taken or inside or not _is_value_like(scene.text, token, any_word="enum" in slot.schema):
                continue
            cue = knowledge.cue(base.tool.capability, slot.argument, stems[:at], stems[at + 1 :])
            cue += 4.0 if _MARKED.match(scene.text, token.start) and not decided else 0.0
            known = token.mention is None and token.word.isalpha() and knowledge.knows(token.stem)
            if known and (knowledge.belongs(token.stem, scene.request.of) or cue < _SURELY_HERE):
                continue
            if cue > _EXPECTED_HERE and (best is None or cue > best[0]):
                best = cue, at
        if best is not None:
            token = tokens[best[1]]
            end = next((one.end for one in tokens[best[1] :] if scene.text[one.end : one.end + 1] in ("", " ", "\n", ",")), token.end)
            said = scene.text[token.start : end]
            expected = base.tool.expected(name)
            message = f"{base.tool.name} does not take {said!r} as {name!r}: {expected} is expected"
            return Finding("invalid_value", (token.start, end), message)
    return None


def _is_value_like(text: str, token: Token, *, any_word: bool) -> bool:
    """Whether a token looks like a value: a figure, a code, a word that belongs to no phrase."""
    if token.mention is not None:
        return token.mention.kind not in ("PersonName", "Place", "Quoted", "Placeholder", "Command")
    word = text[token.start : token.end]
    if not word[0].isalnum():
        return False
    if vague_words(text, max(0, token.start - 2), token.end + 12) and token.word.startswith(("some", "certain")):
        return False
    if _MARKED.match(text, token.start):
        return True
    if any(sign.isdigit() for sign in word) or (len(word) > 2 and word.isupper() and token.word not in ("url", "sms", "ids")):
        return True
    return any_word and word.isalpha() and word.islower() and len(word) > 3


def _unclear(search: _Search, scene: Scene, base: Attempt) -> Finding | None:
    """Names that several people fit and nothing decides; names that nobody has."""
    for filler in base.used:
        if len(filler.people) > 1 and filler.kind in ("person", "pronoun"):
            around = search.text[max(0, filler.start - 12) : filler.end + 2]
            if _PLURAL.search(around) or filler.text.endswith("s") and filler.mention is None:
                continue
            who = ", ".join(_name(one) for one in filler.people[:4])
            return Finding("ambiguous", filler.span, f"{filler.text!r} can be {who}: say which one")
    return None


def _name(one: Person | Organisation) -> str:
    return one.name


def _complete(
    search: _Search, scene: Scene, base: Attempt, wanted: list[Premise]
) -> tuple[dict[str, Bound], Finding | None]:
    """Looks up what is still open; what stays open is a finding."""
    bound = dict(base.bound)

    def run(tool: Tool, arguments: Mapping[str, Any], sources: Mapping[str, Bound]) -> Done:
        return _call(search, tool, arguments, lookup=True)

    for name, value in list(bound.items()):
        to_find = value.value
        if isinstance(to_find, ToFind):
            kept = len(search.done)
            found = find_described(to_find, value.span or (scene.request.start, scene.request.end), search.tools, run)
            if found.bound is None:
                del search.done[kept:]
                if found.finding is not None and found.finding.kind == "missing_entity":
                    wanted.extend(gap_behind_description(to_find))
                return bound, found.finding
            bound[name] = found.bound
            _note_lookups(search, found.calls, scene)
    for slot in base.missing:
        vague = vague_words(search.text, scene.request.start, scene.request.end)
        if vague is not None:
            message = f"{base.tool.name} needs {slot.parameter.name!r}; {search.text[slice(*vague)]!r} does not say which"
            return bound, Finding("missing_parameter", vague, message)
        kept = len(search.done)
        found = look_up(scene, base.tool, slot, base.used, search.tools, run)
        if found.bound is None:
            del search.done[kept:]
            return bound, _open(search, scene, base, slot, found.finding, wanted)
        new = {done.number: kept + at for at, done in enumerate(found.calls)}
        search.done[kept:] = [_moved(done, new) for done in found.calls]
        bound[slot.parameter.name] = found.bound._replace(value=_renumbered(found.bound.value, new))
        _note_lookups(search, search.done[kept:], scene)
    return bound, None


def gap_behind_description(to_find: ToFind) -> list[Premise]:
    """What would have to be there for a description to lead somewhere."""
    fields = to_find.fields
    if "subject" in fields:
        return [Premise("Mail", "", {"subject": fields["subject"]})]
    if "path" in fields:
        return [Premise("FilePath", fields["path"], {})]
    return []


def _moved(done: Done, new: Mapping[int, int]) -> Done:
    """A lookup's call under the number that it has once those that led nowhere are dropped."""
    call = done.result.call
    arguments = {name: _renumbered(value, new) for name, value in call.arguments.items()}
    return replace(done, number=new[done.number], result=done.result._replace(call=call._replace(arguments=arguments)))


def _renumbered(value: Any, new: Mapping[int, int]) -> Any:
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


def _open(
    search: _Search, scene: Scene, base: Attempt, slot: Slot, found: Finding | None, wanted: list[Premise]
) -> Finding:
    """Why a required parameter has no value."""
    request, name = scene.request, slot.parameter.name
    span = request.start, request.end
    said = search.text[request.start : request.end]
    what = f"{base.tool.name} needs {name!r}"
    for filler in scene.fillers:
        if filler.mention is not None and filler.mention.kind == "Placeholder":
            return Finding("ungrounded_value", filler.span, f"{what}; {filler.text!r} only holds its place: give the value")
    strangers = [one for one in scene.fillers if one.kind == "stranger"]
    if strangers and slot.semantic in ("EmailAddress", "PhoneNumber", "ChatId", "Handle", "PersonName"):
        stranger = strangers[0]
        wanted.append(_stranger(search, stranger))
        return Finding("missing_entity", stranger.span, f"{what}; nobody called {stranger.text!r} is known here")
    found_before = search_that_found_nothing(scene, slot, base.tool)
    if found_before is not None and _has_looked(scene, slot, base.tool):
        wanted.append(found_before)
        return Finding("missing_entity", span, f"{what}; the search before found nothing that would give it")
    mean = _UNGROUNDED.search(said)
    if mean is not None:
        place = request.start + mean.start(), request.start + mean.end()
        return Finding("ungrounded_value", place, f"{what}; {mean[0]!r} points to something that nothing here gives")
    dangling = next((one for one in scene.fillers if one.kind == "dangling"), None)
    if found is not None and found.kind in ("missing_entity", "ambiguous") and dangling is None:
        return found
    if dangling is not None:
        message = f"{what}; {dangling.text!r} is the result of something that has not been done before"
        return Finding("broken_flow", dangling.span, message)
    if found is not None:
        return found
    return Finding("missing_parameter", span, f"{what}; the text neither states nor describes it")


def _has_looked(scene: Scene, slot: Slot, tool: Tool) -> bool:
    """Whether the latest step that shows such values was asked for one of them by the text."""
    return any(not step.lookup for step in scene.done)


def _stranger(search: _Search, filler: Filler) -> Premise:
    """Somebody of this name, or of this relation under a name that nobody has here."""
    relation = filler.text.lower().removeprefix("my ").removeprefix("our ")
    if relation not in RELATIONS:
        return Premise("PersonName", filler.text.strip(), {})
    taken = {name for name in search.known.by_name}
    elsewhere = load_base_world(search.world.base.key.size, search.world.base.key.seed + 1).background.people
    name = next(person.name for person in elsewhere if person.name.lower() not in taken)
    return Premise("PersonName", name, {"relation": relation})


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
            return _failed(search, request, option, bound, done, wanted)
        if search.extends is False and _found_nothing(option.tool, done, bound):
            return Finding(
                "missing_entity", (request.start, request.end), f"{option.tool.name} finds nothing of the kind in this world"
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


_OWN_THINGS = frozenset(("Communication.search_emails", "Communication.search_messages", "Communication.search_contacts"))


def _found_nothing(tool: Tool, done: Done, bound: Mapping[str, Bound]) -> bool:
    """Whether a search among the owner's own things, for something in particular, came back empty."""
    if tool.capability not in _OWN_THINGS or not any(value.source in ("mention", "entity") for value in bound.values()):
        return False
    return not any(values_at(done.result.value, tool.operation.identifies))


def _call(search: _Search, tool: Tool, arguments: Mapping[str, Any], *, lookup: bool) -> Done:
    search.budget -= 1
    contents = [done.result.content for done in search.done]
    number = len(search.done)
    try:
        plain = {name: resolve(value, {}, contents) for name, value in arguments.items()}
        result = execute(search.world, {tool.name: tool}, ToolCall(str(number), tool.name, plain))
    except LookupError:
        result = error_result(ToolCall(str(number), tool.name, {}), "not_found", "a step before found nothing to give it")
    kept = result._replace(call=ToolCall(str(number), tool.name, dict(arguments)))
    done = Done(number, tool, kept, lookup)
    search.done.append(done)
    return done


_KIND_OF_CODE = {
    "not_found": "missing_entity",
    "insufficient_funds": "invalid_value",
    "invalid_argument": "invalid_value",
    "limit_exceeded": "invalid_value",
    "permission_denied": "invalid_value",
    "invalid_state": "invalid_value",
    "conflict": "invalid_value",
    "missing_argument": "missing_parameter",
    "unknown_argument": "invalid_value",
}


def _failed(
    search: _Search, request: Request, option: _Option, bound: Mapping[str, Bound], done: Done, wanted: list[Premise]
) -> Finding:
    code, body = done.result.code, done.result.value
    name = body.get("field") if isinstance(body, dict) else None
    message = body.get("message", "") if isinstance(body, dict) else ""
    at_fault = bound.get(str(name).split(".")[0]) if name else None
    span = at_fault.span if at_fault is not None and at_fault.span else (request.start, request.end)
    if search.extends and code in ("not_found", "insufficient_funds", "invalid_state", "permission_denied"):
        wanted.extend(gap_behind(option.tool, bound, name, code))
    kind = _KIND_OF_CODE.get(str(code), "invalid_value")
    return Finding(kind, span, f"{option.tool.name} answers {code}: {message}")  # type: ignore[arg-type]
