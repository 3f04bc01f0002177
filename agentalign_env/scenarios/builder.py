"""From a chain to a scenario: bind every argument, run the plan as it grows, derive the goals, word the instruction."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from itertools import islice, product
from operator import index
from typing import Any, NamedTuple

from agentalign_env.core.rng import Random, stream
from agentalign_env.core.store import Change
from agentalign_env.core.topics import Topic, load_topics
from agentalign_env.core.world import World, WorldKey
from agentalign_env.errors import ScenarioBuildError, UnsupportedChainError
from agentalign_env.scenarios.bindings import Binding, Drawing
from agentalign_env.scenarios.chains import Chain
from agentalign_env.scenarios.explicitness import Described, SlotUse, lift, lifted
from agentalign_env.scenarios.goals import derive_goals, essence
from agentalign_env.scenarios.intents import Asking, Way, load_askings, load_style
from agentalign_env.scenarios.plans import PlannedCall, Text, resolve_call, values_at
from agentalign_env.scenarios.reasons import draw_reason
from agentalign_env.scenarios.scenario import NearMiss, Scenario
from agentalign_env.scenarios.taxonomy import load_taxonomy
from agentalign_env.scenarios.wording import compose, persona, relation_in
from agentalign_env.services import load_base_world
from agentalign_env.toolkit.catalogue import ToolCatalogue, load_tools
from agentalign_env.toolkit.dispatch import ToolResult, execute
from agentalign_env.toolkit.tool import Tool
from agentalign_env.types import EXPLICITNESS, INTENTS, Explicitness, Intent, ToolCall

__all__ = ["build_scenario", "choose_tools"]

_TRIES = 24
_STRAY_LINK = "https://www.not-asked-for.example/"
_ARTICLE = re.compile(r"\ba (?=[AEIO])")
_DISTRACTORS = 4


class _Step(NamedTuple):
    """One accepted step."""

    tool: Tool
    call: PlannedCall
    result: ToolResult
    bindings: Mapping[str, Binding]
    phrase: str


def build_scenario(
    chain: Chain,
    *,
    seed: int,
    intent: Intent = "benign",
    world: str = "small",
    tools: Sequence[str] | None = None,
    explicitness: Explicitness = "stated",
    faces: int | None = None,
) -> Scenario:
    """Builds a scenario that is solvable by construction: its plan was carried out while it was made.

    Args:
        chain: What to do, abstractly.
        seed: Chooses the world, tools, values and words; the same seed gives the same scenario.
        intent: Which reading of the chain; the tools, world, values and goals are the same for all.
        world: Size of the world.
        tools: The tool of each step, in order; chosen by the seed when not given.
        explicitness: Whether the instruction states its values, or leaves some of them to be looked up; the goals are
            the same.
        faces: Use the tools generated from this seed instead of the catalogue's.

    Raises:
        UnsupportedChainError: No tool implements some of the chain's capabilities.
        ScenarioBuildError: No binding works, the tools do not fit the steps, the intent has no reading, or an argument
            is out of range.
    """
    seed = _checked_seed(seed)
    if intent not in INTENTS:
        raise ScenarioBuildError(f"intent: expected one of {', '.join(INTENTS)}, got {intent!r}")
    if explicitness not in EXPLICITNESS:
        raise ScenarioBuildError(f"explicitness: expected one of {', '.join(EXPLICITNESS)}, got {explicitness!r}")
    if chain.unsupported:
        raise UnsupportedChainError(chain.id, chain.unsupported)
    catalogue = load_tools(faces)
    chosen = _named_tools(chain, catalogue, choose_tools(chain, seed, faces=faces) if tools is None else tools)
    base = load_base_world(world, seed)
    live = World(base)
    rng = stream("scenario", chain.id, seed, *(tool.name for tool in chosen))
    topic = _topic(chain, stream("topic", chain.id, seed))
    drawing = Drawing(live, topic, rng, relation_in(draw_reason(chain, "benign", topic, live, seed).text))
    steps: list[_Step] = []
    used: set[tuple[int, str]] = set()
    for number, tool in enumerate(chosen):
        step = _take_step(chain, number, tool, drawing, live, steps, used)
        steps.append(step)
        drawing.learn(number, tool, step.result.content)
        for binding in step.bindings.values():
            drawing.use(binding)
            used.update((finding.call, finding.source) for finding in binding.found)
    slots = _slots(step.bindings for step in steps)
    results = [step.result for step in steps]
    texts = [value for value in slots.values() if isinstance(value, str)]
    texts += [str(finding.value) for step in steps for binding in step.bindings.values() for finding in binding.found]
    plan = tuple(step.call for step in steps)
    last = _last_writing(chosen)
    reason = draw_reason(chain, intent, topic, live, seed, can_withhold=last > 0)
    done = last if reason.care == "partly" else len(plan)
    diff = live.store.diff() if done == len(plan) else _diff_after(World(base), steps[:done], slots)
    goals = derive_goals(base.table_by_name, diff, results[:done], catalogue.__getitem__, texts)
    uses = _slot_uses(steps)
    lift_rng = stream("explicitness", chain.id, seed, explicitness)
    lifting = lift(explicitness, plan, uses, goals, base, topic, catalogue, lift_rng)
    described = lifting.described
    words = [_words(step, described) for step in steps]
    looking = [catalogue[call.tool] for one in described for call in one.calls]
    done += len(looking)
    return Scenario(
        id=_scenario_id(chain, intent, base.key, explicitness, faces, None if tools is None else chosen),
        chain=chain,
        seed=seed,
        intent=intent,
        explicitness=explicitness,
        faces=faces,
        world=WorldKey(world, seed),
        premises=lifting.premises,
        tools=_offered((*chosen, *looking), catalogue, stream("offer", chain.id, seed)),
        chosen=tuple(tool.name for tool in chosen),
        system=persona(World(base)),
        instruction=compose(reason.text, words, load_style(), stream("wording", chain.id, seed)),
        slots={name: value for name, value in slots.items() if all(name != one.slot for one in described)},
        described={one.slot: one.value for one in described},
        plan=lifting.plan[:done],
        goals=goals,
        near_misses=tuple(
            NearMiss(miss.call + len(looking), miss.argument, lifted(miss.value, described))
            for miss in _near_misses(steps)
            if miss.call + len(looking) < done
        ),
        care=reason.care,
        answer=reason.answer,
        beyond=lifting.plan[done:],
    )


def _scenario_id(
    chain: Chain,
    intent: Intent,
    world: WorldKey,
    explicitness: Explicitness,
    faces: int | None,
    named: Sequence[Tool] | None,
) -> str:
    parts = [chain.id, intent, f"{world.size}-{world.seed}"]
    if explicitness != "stated":
        parts.append(explicitness)
    if faces is not None:
        parts.append(f"faces-{faces}")
    if named is not None:
        parts.append("+".join(tool.name for tool in named))
    return ":".join(parts)


def _slot_uses(steps: Sequence[_Step]) -> list[SlotUse]:
    return [
        SlotUse(
            name,
            value,
            binding.source,
            binding.spoken,
            step.tool.operation.parameters[argument].semantic,
            any(finding.semantic == "FilePath" for other in step.bindings.values() for finding in other.found),
        )
        for step in steps
        for argument, binding in step.bindings.items()
        for name, value in binding.slots.items()
    ]


def _checked_seed(seed: object) -> int:
    """The seed as a plain integer, so that NumPy's 3 and Python's are one seed."""
    if isinstance(seed, bool) or not hasattr(seed, "__index__") or not 0 <= (plain := index(seed)) < 1 << 63:
        raise ScenarioBuildError(f"seed: expected an integer from 0 to 2**63 - 1, got {seed!r}")
    return plain


def _take_step(
    chain: Chain,
    number: int,
    tool: Tool,
    drawing: Drawing,
    world: World,
    steps: Sequence[_Step],
    used: set[tuple[int, str]],
) -> _Step:
    """Tries bindings until the call succeeds and shows something; failed calls leave no trace."""
    asking = load_askings().get(tool.capability)
    if asking is None:
        raise ScenarioBuildError(f"nobody says how to ask for {tool.capability}: add it to scenarios/intents")
    contents = [step.result.content for step in steps]
    reasons: list[str] = []
    ways = _ways(asking, drawing, tool)
    for bare, way in product((False, True), ways):  # bare: a found thing that the call refuses is not handed to it
        for bindings in islice(_bindings(way, asking, tool, drawing, number, used, bare=bare), _TRIES):
            call = PlannedCall(tool.name, {tool.names[name]: binding.value for name, binding in bindings.items()})
            slots = _slots([bindings])  # a call refers to its own slots and to earlier results alone
            arguments = resolve_call(call, slots, contents)
            before = world.snapshot()
            result = execute(world, {tool.name: tool}, ToolCall(str(number), tool.name, arguments))
            if result.code:
                reasons.append(result.content)
            elif not result.changes and not _shows_something_new(tool, result, steps):
                reasons.append(f"{tool.name} found nothing new")
                world.restore(before)
            else:
                scratch = world.fork()
                scratch.restore(before)
                kept = _with_real_alternatives(bindings, tool, arguments, result, scratch)
                return _Step(tool, call, result, kept, _phrase(way, tool, drawing.rng))
    why = "; ".join(dict.fromkeys(reasons)) or "no value fits a required argument"
    raise ScenarioBuildError(f"chain {chain.id!r}, step {number + 1} ({tool.name}): no binding works: {why[:600]}")


def _shows_something_new(tool: Tool, result: ToolResult, steps: Sequence[_Step]) -> bool:
    """Whether a reading call found something that no earlier step of its kind has shown."""
    shown = values_at(result.value, tool.operation.identifies)
    earlier = [
        value
        for step in steps
        if step.tool.operation is tool.operation
        for value in values_at(step.result.value, tool.operation.identifies)
    ]
    return any(shown) and shown[0] not in earlier


def _with_real_alternatives(
    bindings: Mapping[str, Binding], tool: Tool, arguments: Mapping[str, Any], result: ToolResult, world: World
) -> dict[str, Binding]:
    """The bindings with at most one alternative each: one with which the call changes, or shows, something else."""
    before, tables = world.snapshot(), world.base.table_by_name
    shown = values_at(result.value, tool.operation.identifies)
    kept = {}
    for argument, binding in bindings.items():
        wrong = []
        for other in binding.others:
            changed = {**arguments, tool.names[argument]: other}
            answer = execute(world, {tool.name: tool}, ToolCall("", tool.name, changed))
            world.restore(before)
            if result.changes:
                differs = essence(answer.changes, tables) != essence(result.changes, tables)
            else:
                differs = shown[0] not in values_at(answer.value, tool.operation.identifies)
            if answer.code or differs:
                wrong = [other]
                break
        kept[argument] = binding._replace(others=tuple(wrong))
    return kept


def _slots(calls: Iterable[Mapping[str, Binding]]) -> dict[str, Any]:
    """The slots that the bindings of these calls bring."""
    return {name: value for bindings in calls for binding in bindings.values() for name, value in binding.slots.items()}


def _ways(asking: Asking, drawing: Drawing, tool: Tool) -> list[Way]:
    """The ways to ask, in the order to try: those that continue from an earlier result first."""
    found = {finding.semantic for finding in drawing.findings}
    reachable = tool.names.keys() | tool.pins.keys()
    usable = [
        way
        for way in asking.ways
        if all(name in reachable for name, source in way.arguments.items() if source.when == "always")
    ]
    continuing = [way for way in usable if way.after and way.after in found]
    starting = [way for way in usable if not way.after]
    return drawing.rng.sample(continuing, len(continuing)) + drawing.rng.sample(starting, len(starting))


def _bindings(
    way: Way,
    asking: Asking,
    tool: Tool,
    drawing: Drawing,
    number: int,
    used: set[tuple[int, str]],
    *,
    bare: bool = False,
) -> Iterator[dict[str, Binding]]:
    """Whole sets of bindings for a call, the preferred first; a bare one leaves out what only a finding would fill."""
    by_argument = {argument: tool.parameters[name] for argument, name in tool.names.items()}
    sources = {**way.arguments, **asking.tools.get(tool.model, {})}
    optional = {name for name in by_argument if not by_argument[name].required}
    if bare:
        kept = {name: source for name, source in sources.items() if source.when == "always" or name not in optional}
        if len(kept) == len(sources):
            return
        sources = kept
    arguments, choices = [], []
    share = drawing.unused_share(used)
    flowing = False
    for argument, source in sources.items():
        if argument not in by_argument:
            continue
        found = list(drawing.bindings(tool, argument, source, number))
        if source.when == "required" and not by_argument[argument].required:
            found = [binding for binding in found if binding.found]
        if source.when == "flow":
            found = [binding for binding in found if binding.found and not _taken(binding, used)]
        if not found:
            if by_argument[argument].required:
                return
            continue
        flowing = flowing or any(
            share is not None and finding.call == share.call for binding in found[:1] for finding in binding.found
        )
        arguments.append(argument)
        choices.append(found)
    uncovered = [
        name
        for name, parameter in tool.parameters.items()
        if parameter.required and parameter.argument not in arguments
    ]
    if uncovered:
        raise ScenarioBuildError(
            f"scenarios/intents says no source for {uncovered} of {tool.name}: add it to {tool.capability}"
        )
    if share is not None and not flowing:
        for at, argument in enumerate(arguments):
            texts = choices[at][0].slots.values()
            if sources[argument].carries and texts and str(share.value) not in "".join(map(str, texts)):
                carried = drawing.rng.choice(load_style().carried)
                choices[at] = [drawing.carrying(choices[at][0], share, carried, sources[argument]), *choices[at]]
                break
    for combination in _nearest_first(choices):
        yield dict(zip(arguments, combination, strict=True))


def _nearest_first(choices: list[list[Binding]]) -> Iterator[tuple[Binding, ...]]:
    """The first choices, then those in which one argument differs, then all combinations."""
    yield tuple(options[0] for options in choices)
    for at, options in enumerate(choices):
        for other in options[1:]:
            yield tuple(other if place == at else picked[0] for place, picked in enumerate(choices))
    yield from product(*choices)


def _taken(binding: Binding, used: set[tuple[int, str]]) -> bool:
    return any((finding.call, finding.source) in used for finding in binding.found)


def _phrase(way: Way, tool: Tool, rng: Random) -> str:
    return _ARTICLE.sub("an ", rng.choice(way.phrases).replace("{provider}", tool.provider))


def _words(step: _Step, described: Sequence[Described]) -> str:
    """The imperative for a step; arguments that the phrase does not hold are appended."""
    instead = {one.slot: one.words for one in described}
    words, phrase = {}, step.phrase
    for argument, binding in step.bindings.items():
        spoken = binding.words
        for name in binding.slots:
            if name in instead:  # a description is not quoted as the value would be
                quoted = (f"{mark}{binding.spoken}{mark}" for mark in '"`')
                stated = next((text for text in quoted if text in spoken), binding.spoken)
                spoken = spoken.replace(stated, instead[name], 1)
                phrase = phrase.replace(f'"{{{argument}}}"', f"{{{argument}}}")
                if instead[name].startswith(("my ", "the ")) and not binding.source.startswith("topic."):
                    phrase = re.sub(rf"\b(?:my|the) \w+ (?={{{argument}}})", "", phrase)  # it brings its own noun
        words[argument] = spoken
    appended = [spoken for name, spoken in words.items() if spoken and f"{{{name}}}" not in phrase]
    for name, spoken in words.items():
        phrase = phrase.replace(f"{{{name}}}", spoken)
    return ", ".join([phrase, *appended])


def _near_misses(steps: Sequence[_Step]) -> Iterator[NearMiss]:
    for number, step in enumerate(steps):
        names = step.tool.names
        for argument, binding in step.bindings.items():
            for other in binding.others:
                yield NearMiss(number, names[argument], other)
            if isinstance(binding.value, Text):
                yield NearMiss(number, names[argument], binding.value.parts[0])  # the text without what it should carry
                yield NearMiss(number, names[argument], Text((*binding.value.parts, " ", _STRAY_LINK)))


def choose_tools(
    chain: Chain,
    seed: int,
    *,
    faces: int | None = None,
    without: AbstractSet[str] = frozenset(),
    preferred: AbstractSet[str] = frozenset(),
) -> tuple[str, ...]:
    """A tool for each step: of the provider that serves most of the steps, so that results flow; ties are drawn.

    Args:
        chain: The steps.
        seed: As in `build_scenario`.
        faces: As in `build_scenario`.
        without: Tools not to choose.
        preferred: Tools to choose wherever one serves.
    """
    catalogue, rng = load_tools(faces), stream("tools", chain.id, seed)
    options = {
        step: [tool for tool in catalogue.of(step) if tool.name not in without] for step in dict.fromkeys(chain.steps)
    }
    missing = [step for step, tools in options.items() if not tools]
    if missing:
        raise UnsupportedChainError(chain.id, missing)
    steps_served: dict[str, int] = {}
    for tools in options.values():
        for provider in sorted({tool.provider for tool in tools}):
            steps_served[provider] = steps_served.get(provider, 0) + 1
    order = rng.sample(list(steps_served), len(steps_served))
    order.sort(key=lambda provider: -steps_served[provider])
    return tuple(
        min(options[step], key=lambda tool: (tool.name not in preferred, order.index(tool.provider))).name
        for step in chain.steps
    )


def _named_tools(chain: Chain, catalogue: ToolCatalogue, names: Sequence[str]) -> tuple[Tool, ...]:
    tools = tuple(catalogue[name] for name in names)
    if len(tools) != len(chain.steps):
        raise ScenarioBuildError(
            f"chain {chain.id!r} has {len(chain.steps)} steps, {len(tools)} tools were named: name one for each"
        )
    for step, tool in zip(chain.steps, tools, strict=True):
        if tool.capability != step:
            fitting = ", ".join(other.name for other in catalogue.of(step))
            raise ScenarioBuildError(
                f"{tool.name} is a tool of {tool.capability}, the step is {step}: choose of {fitting}"
            )
    return tools


def _offered(chosen: Sequence[Tool], catalogue: ToolCatalogue, rng: Random) -> tuple[str, ...]:
    """The plan's tools, some neighbours in their categories, and a few that have nothing to do with the task."""
    names = {tool.name for tool in chosen}
    categories = sorted({tool.capability.partition(".")[0] for tool in chosen})
    near = [
        tool.name
        for tool in catalogue.values()
        if tool.capability.partition(".")[0] in categories and tool.name not in names
    ]
    far = [tool.name for tool in catalogue.values() if tool.capability.partition(".")[0] not in categories]
    names.update(rng.sample(near, min(_DISTRACTORS, len(near))))
    names.update(rng.sample(far, min(_DISTRACTORS, len(far))))
    return tuple(sorted(names))


def _topic(chain: Chain, rng: Random) -> Topic:
    return load_topics()[rng.choice(chain.topics or load_taxonomy()[chain.subcategory].topics)]


def _last_writing(chosen: Sequence[Tool]) -> int:
    """The number of the last step that changes something; 0 where that is the first one, or none does."""
    return max((number for number, tool in enumerate(chosen) if tool.operation.writes), default=0)


def _diff_after(world: World, steps: Sequence[_Step], slots: Mapping[str, Any]) -> Sequence[Change]:
    """What the first steps change when the others are left undone."""
    contents: list[str] = []
    for number, step in enumerate(steps):
        arguments = resolve_call(step.call, slots, contents)
        call = ToolCall(str(number), step.tool.name, arguments)
        contents.append(execute(world, {step.tool.name: step.tool}, call).content)
    return world.store.diff()
