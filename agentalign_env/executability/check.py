"""``check``: whether an instruction can be carried out with the tools at hand, with a proof or typed reasons."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from agentalign_env.core.world import World, WorldKey
from agentalign_env.errors import PremiseError
from agentalign_env.executability.certificate import certify
from agentalign_env.executability.knowledge import load_knowledge
from agentalign_env.executability.mentions import extract
from agentalign_env.executability.overlooked import overlooked
from agentalign_env.executability.people import known_people
from agentalign_env.executability.planning import Outcome, carry_out
from agentalign_env.executability.report import ExecutabilityReport, Finding, requirements_of
from agentalign_env.executability.requests import Request, find_requests
from agentalign_env.executability.things import known_things
from agentalign_env.executability.words import Token, tokens_of
from agentalign_env.scenarios.chains import Chain
from agentalign_env.scenarios.premises import Premise, lay
from agentalign_env.services import load_base_world
from agentalign_env.toolkit.catalogue import load_tools
from agentalign_env.toolkit.tool import Tool, ToolSet

__all__ = ["check"]

_HALF_CHARACTER = re.compile("[\ud800-\udfff]")
_ANY_WORLD = WorldKey("small", 0)  # for an instruction that is meant in none in particular
_MOST_PREMISES = 6  # that a world is extended with
_LONGEST = 20_000  # characters that are read; nobody asks for something in more


def check(
    instruction: str,
    *,
    tools: Sequence[Any] | Mapping[str, Tool],
    world: WorldKey | None = None,
    chain: Chain | Sequence[str] | None = None,
    premises: Sequence[Premise] = (),
) -> ExecutabilityReport:
    """Checks whether an instruction can be carried out, by carrying it out in a forked world.

    Args:
        instruction: The text; half characters (lone surrogates) are read as U+FFFD.
        tools: What is at hand: names of the catalogue, a catalogue, or OpenAI-style schemas.
        world: The world in which it is meant. Without one it is any world: what the text names is put there.
        chain: The capabilities that the text is to ask for, in order.
        premises: What the world holds beside its base.

    Raises:
        UnknownNameError: A tool's name, or the world's size, does not exist.
        PremiseError: A premise cannot be laid into the world.
        TypeError: The instruction is not a text.
    """
    if not isinstance(instruction, str):
        raise TypeError(f"instruction: expected a str, got {type(instruction).__name__}")
    instruction = _HALF_CHARACTER.sub("\ufffd", instruction)
    offered = _offered(tools)
    beginning = World(load_base_world(*(world or _ANY_WORLD)))
    if premises:
        lay(beginning, premises)
    text = instruction[:_LONGEST]
    reading = _read(text, beginning, offered)
    requests = reading.requests
    steps = None if chain is None else tuple(chain.steps if isinstance(chain, Chain) else chain)
    findings = [*_unread(instruction), *_coverage(requests, steps)]
    findings += [Finding("unused_tool", None, problem, blocking=False) for problem in offered.problems]
    laid: list[Premise] = []
    live, outcome = _carried_out(text, beginning, offered, reading, laid, extends=world is None)
    findings += outcome.findings
    findings += _unused(outcome, offered.tools, steps)
    findings.sort(key=lambda finding: (not finding.blocking, finding.span or (0, 0)))
    executable = outcome.complete and bool(requests) and not any(finding.blocking for finding in findings)
    certificate = None
    if executable:
        certificate = certify(
            instruction,
            live,
            [*premises, *laid],
            [step.call for step in outcome.steps],
            [done.result for done in outcome.done],
            offered.tools,
            offered.faces,
        )
    return ExecutabilityReport(
        instruction=instruction,
        executable=executable,
        steps=outcome.steps,
        findings=tuple(findings),
        requirements=requirements_of(findings),
        premises=tuple(laid),
        certificate=certificate,
    )


def _unread(instruction: str) -> Iterator[Finding]:
    """What stands behind the last character that is read."""
    if len(instruction) > _LONGEST:
        message = f"only the first {_LONGEST:,} of {len(instruction):,} characters are read: shorten it"
        yield Finding("missing_parameter", (_LONGEST, len(instruction)), message)


class _Offered(NamedTuple):
    """What is at hand.

    Attributes:
        tools: The tools.
        faces: The seed of generated tools, ``None`` where they are the catalogue's own or foreign ones.
        problems: What is wrong with foreign schemas.
    """

    tools: ToolSet
    faces: int | None
    problems: tuple[str, ...] = ()


def _offered(tools: Sequence[Any] | Mapping[str, Tool]) -> _Offered:
    """What is at hand: as it is, by its names in the catalogue, or read from foreign schemas."""
    if isinstance(tools, Mapping):
        return _Offered(tools if isinstance(tools, ToolSet) else ToolSet(tools), None)
    if isinstance(tools, str):
        raise TypeError("tools: expected a list of names or schemas, got one str: put it into a list")
    if all(isinstance(tool, str) and not tool.lstrip().startswith("{") for tool in tools):
        return _named(tuple(tools))
    from agentalign_env.toolkit.foreign import adopt_tools

    catalogue = load_tools()
    own = {tool: catalogue[tool] for tool in tools if isinstance(tool, str) and not tool.lstrip().startswith("{")}
    adopted = adopt_tools([tool for tool in tools if not (isinstance(tool, str) and tool in own)])
    problems = [f"{one.name}: cannot be used: {one.reason}" for one in adopted.unmapped]
    problems += [f"{one.tool}: {one.path}: {one.message}" for one in adopted.problems]
    return _Offered(ToolSet({**own, **adopted.tools}), None, tuple(problems))


@lru_cache(maxsize=4_096)
def _named(names: tuple[str, ...]) -> _Offered:
    catalogue = load_tools()
    return _Offered(ToolSet({name: catalogue[name] for name in names}), None)


class _Reading(NamedTuple):
    """How a text is understood.

    Attributes:
        tokens: Its words, with the names that a world knows.
        requests: What it asks for.
        idle: The words that ask for nothing.
    """

    tokens: list[Token]
    requests: list[Request]
    idle: list[Token]


def _read(text: str, world: World, offered: _Offered, begins: Collection[int] = ()) -> _Reading:
    """What the text asks for, with the names that this world knows."""
    things = known_things(world, offered.tools)
    mentions = [things.meant(mention) for mention in extract(text, now_s=world.now_s, names=things.names)]
    tokens = tokens_of(text, mentions, load_knowledge().providers)
    at_hand = frozenset((tool.capability, tool.provider) for tool in offered.tools.values())
    requests, pieces = find_requests(text, tokens, at_hand, begins)
    return _Reading(tokens, requests, [token for piece in pieces for token in piece.tokens])


def _coverage(requests: Sequence[Request], steps: tuple[str, ...] | None) -> list[Finding]:
    """What the text fails to ask for."""
    if not requests and steps is None:
        return [Finding("missing_capability", None, "the text asks for nothing that any tool could do")]
    asked = [request.of.capability for request in requests]
    found: list[Finding] = []
    at = 0
    for step in steps or ():
        place = next((number for number in range(at, len(asked)) if asked[number] == step), None)
        if place is not None:
            at = place + 1
        elif step in asked:
            found.append(Finding("broken_flow", None, f"{step} is asked for, but not in the chain's order"))
        else:
            found.append(Finding("missing_capability", None, f"the chain has {step}, which the text does not ask for"))
    return found


def _carried_out(
    text: str,
    beginning: World,
    offered: _Offered,
    reading: _Reading,
    premises: list[Premise],
    *,
    extends: bool,
) -> tuple[World, Outcome]:
    """Carries the requests out, extending the world with what it lacks as long as that helps.

    Args:
        text: The instruction.
        beginning: The world in which it is meant.
        offered: What is at hand.
        reading: How the text is understood there.
        premises: Takes what the world is extended with.
        extends: Whether it may be.
    """
    begins: frozenset[int] = frozenset()
    while True:
        live = beginning.fork()
        if premises:
            lay(live, premises)
        if premises or begins:
            reading = _read(text, live, offered, begins)
        tokens, requests, idle = reading
        outcome = carry_out(text, requests, live, offered.tools, known_people(live), extends=extends, idle=idle)
        if outcome.complete:
            orders = {piece.tokens[0].start for piece in overlooked(text, tokens, requests, outcome.steps)} - begins
            if orders:
                begins |= orders
                continue
        if outcome.complete or not extends or outcome.wanted is None or len(premises) >= _MOST_PREMISES:
            return live, outcome
        if outcome.wanted in premises:
            return live, outcome
        try:
            lay(beginning.fork(), [*premises, outcome.wanted])
        except PremiseError:
            return live, outcome
        premises.append(outcome.wanted)


def _unused(outcome: Outcome, tools: ToolSet, steps: tuple[str, ...] | None) -> list[Finding]:
    """Advice on tools that a whole plan does without, and that no step of the chain would need."""
    if not outcome.complete:
        return []
    used = {step.call.tool for step in outcome.steps}
    return [
        Finding("unused_tool", None, f"{name} is offered, and nothing asks for it", blocking=False)
        for name, tool in tools.items()
        if name not in used and not (steps is not None and tool.capability not in steps)
    ]
