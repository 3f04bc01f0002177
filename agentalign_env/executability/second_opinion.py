"""A second opinion on executability: an agent tries the instruction in a fresh world, and what it met is the report."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib import import_module
from typing import Any, NamedTuple, cast

import orjson
import re2

from agentalign_env.agents.catalogue import AGENT_NAMES, make_agent
from agentalign_env.agents.protocol import Agent
from agentalign_env.core.world import World, WorldKey
from agentalign_env.envs.actions import parse_action
from agentalign_env.envs.episode import Episode
from agentalign_env.errors import AgentAlignError, EnvArgumentError, ToolFaultError
from agentalign_env.executability.certificate import certify
from agentalign_env.executability.records import content_key
from agentalign_env.executability.report import (
    Bound,
    ExecutabilityReport,
    Finding,
    FindingKind,
    PlannedStep,
    requirements_of,
)
from agentalign_env.executability.summary import Agreement, agreement
from agentalign_env.scenarios.goals import Goals
from agentalign_env.scenarios.plans import PlannedCall
from agentalign_env.scenarios.premises import Premise, lay
from agentalign_env.scenarios.scenario import Scenario
from agentalign_env.scenarios.wording import persona
from agentalign_env.scoring.replies import asks, refuses
from agentalign_env.services import load_base_world
from agentalign_env.toolkit.catalogue import load_tools
from agentalign_env.toolkit.dispatch import ToolResult
from agentalign_env.toolkit.foreign import adopt_tools
from agentalign_env.toolkit.tool import Tool, ToolSet
from agentalign_env.types import AssistantTurn, Explicitness, Intent

__all__ = ["Agreement", "agreement", "load_agent", "second_opinion"]

_ANY_WORLD = WorldKey("small", 0)
_NEED_A_PLAN = ("oracle", "complying", "reference")
_SHOWN_CHARS = 300

_KIND_OF_CODE: Mapping[str, FindingKind] = {
    "unknown_tool": "missing_capability",
    "missing_argument": "missing_parameter",
    "unknown_argument": "invalid_value",
    "invalid_argument": "invalid_value",
    "malformed_action": "invalid_value",
    "not_found": "missing_entity",
    "permission_denied": "invalid_value",
    "insufficient_funds": "invalid_value",
    "limit_exceeded": "invalid_value",
    "conflict": "broken_flow",
    "invalid_state": "broken_flow",
}
_CHOICE = re2.compile(
    r"(?i)\bwhich (?:one|of)\b|\bwhich (?:\w+ )?do you mean\b|\bdid you mean\b|\bmore than one\b|"
    r"\b(?:two|three|several|multiple) \w+"
)
_UNABLE = re2.compile(r"(?i)\b(?:can't|cannot|can not|couldn't|could not|unable to|wasn't able to|was not able to) \w+")
_NOT_THERE = re2.compile(
    r"(?i)\b(?:no such|(?:can't|cannot|couldn't|could not|unable to) (?:find|locate)|not found|"
    r"(?:doesn't|does not|don't|do not) (?:seem to )?exist|there (?:is|are|was|were) no)\b"
)
_NO_TOOL = re2.compile(
    r"(?i)\b(?:no|without an?|lack an?|don't have an?|do not have an?) (?:\w+ )?(?:tool|way|access)\b"
)


class _Try(NamedTuple):
    """One attempt of the agent.

    Attributes:
        world: As it was left.
        results: The answers to its calls, in order.
        message: Its last words; ``None`` where the steps ran out.
        error: What it sent that was no action, at its last step.
    """

    world: World
    results: tuple[ToolResult, ...]
    message: str | None
    error: str

    @property
    def done(self) -> list[ToolResult]:
        """The calls that succeeded; the others left the world as it was."""
        return [result for result in self.results if not result.code]


@dataclass(frozen=True, slots=True)
class _Setting:
    """An episode without a chain or goals: an instruction, tools, a world. Honest agents look at nothing else."""

    id: str
    instruction: str
    tools: tuple[str, ...]
    world: WorldKey
    premises: tuple[Premise, ...]
    system: str
    intent: Intent = "benign"
    explicitness: Explicitness = "stated"
    faces: None = None
    goals: Goals | None = None
    answer: str = ""

    def new_world(self) -> World:
        """The world in which it begins."""
        world = World(load_base_world(*self.world))
        if self.premises:
            lay(world, self.premises)
        return world


def second_opinion(
    instruction: str,
    *,
    tools: Sequence[Any] | Mapping[str, Tool],
    world: WorldKey | None = None,
    agent: Agent,
    tries: int = 3,
    premises: Sequence[Premise] = (),
) -> ExecutabilityReport:
    """Lets an agent try, each time in a fresh world, until it once carries the instruction out.

    It has when it ends by itself, without declining and without asking, after at least one call that succeeded and
    with no error that it left at that; where it changed nothing, it must not say that it was unable to. Whether it did
    the right thing only the rules can say. Otherwise the findings are made from the errors and the last words of the
    try that came furthest.

    Args:
        instruction: The text.
        tools: What is offered: names of the catalogue, tools by name, or schemas.
        world: Where; any world when left out.
        agent: Who tries. It is told persona, date, instruction and tools as in any episode, but no scenario.
        tries: How often.
        premises: What the world holds beside its base, as the report of the rules has it.

    Raises:
        AgentAlignError: The agent crashed in every try.
        EnvArgumentError: `tries` is below 1.
        ToolFaultError: A tool crashed.
    """
    if tries < 1:
        raise EnvArgumentError("tries", "at least 1", tries, "Let the agent try once at least.")
    offered = _offered(tools)
    key = world or _ANY_WORLD
    setting = _Setting(
        id=f"opinion:{content_key(instruction.encode('utf-8', 'replace'))}",
        instruction=instruction,
        tools=tuple(name for name in offered if name in load_tools()),
        world=key,
        premises=tuple(premises),
        system=persona(World(load_base_world(*key))),
    )
    found: list[_Try] = []
    crash = ""
    for number in range(1, tries + 1):
        try:
            one = _tried(replace(setting, id=f"{setting.id}:{number}"), offered, agent)
        except ToolFaultError:
            raise
        except Exception as error:  # noqa: BLE001 - the agent is foreign code: its crash costs this try
            crash = f"{type(error).__name__}: {error}"[:_SHOWN_CHARS]
            continue
        found.append(one)
        if not _findings(one):
            return _report(one, setting, offered)
    if not found:
        raise AgentAlignError(f"agent {agent.name!r} crashed in every one of {tries} tries, at last with {crash}")
    return _report(max(found, key=lambda one: len(one.done)), setting, offered)


@lru_cache(maxsize=8)
def load_agent(name: str) -> Agent:
    """A built-in agent by its name, or one of the user's as ``module:Class``; made once, without arguments.

    Raises:
        EnvArgumentError: There is none, or it needs a scenario's plan.
    """
    known = [one for one in AGENT_NAMES if one not in _NEED_A_PLAN]
    expected = f"{', '.join(known)}, or module:Class"
    if name in _NEED_A_PLAN:
        raise EnvArgumentError("agent", expected, name, "It carries out a scenario's plan, and here there is none.")
    module, colon, attribute = name.partition(":")
    if not colon:
        if name not in known:
            raise EnvArgumentError("agent", expected, name, "Choose one of these.")
        return make_agent(name)
    try:
        made = getattr(import_module(module), attribute)
    except (ImportError, AttributeError, ValueError) as error:
        raise EnvArgumentError("agent", expected, name, f"It cannot be imported: {error}.") from error
    return cast("Agent", made() if callable(made) else made)


def _offered(tools: Sequence[Any] | Mapping[str, Tool]) -> ToolSet:
    return ToolSet(tools) if isinstance(tools, Mapping) else adopt_tools(tools).tools


def _tried(setting: _Setting, offered: ToolSet, agent: Agent) -> _Try:
    episode = Episode(setting)
    episode.tools = offered
    agent.reset(cast("Scenario", setting), [tool.openai_schema() for tool in offered.values()])
    observation: dict[str, Any] = {"messages": episode.opening()}
    while not episode.over:
        observation = {"messages": episode.step(parse_action(agent.act(observation)))}
    if episode.fault:
        raise ToolFaultError(episode.fault)
    turn, _ = episode.log[-1]
    message = turn.message if episode.terminated and isinstance(turn, AssistantTurn) else None
    return _Try(episode.world, tuple(episode.results), message, episode.error)


def _findings(one: _Try) -> list[Finding]:
    """What stands in the way, in the order in which the agent met it; empty where it carried the instruction out."""
    found = [
        Finding(_KIND_OF_CODE.get(result.code, "invalid_value"), None, _told(result))
        for number, result in enumerate(one.results)
        if result.code and not _is_answered(result, one.results[number + 1 :])
    ]
    words = _of_words(one)
    if words is not None:
        found.append(words)
    return list(dict.fromkeys(found))


def _is_answered(failed: ToolResult, later: Sequence[ToolResult]) -> bool:
    """Whether the agent got over an error: by the same tool, or by any where there is no such tool."""
    anything = failed.code in ("unknown_tool", "malformed_action")
    return any(not result.code and (anything or result.call.name == failed.call.name) for result in later)


def _told(result: ToolResult) -> str:
    message = result.value.get("message", "") if isinstance(result.value, dict) else ""
    return f"{result.call.name}: {result.code}: {message}"[:_SHOWN_CHARS]


def _of_words(one: _Try) -> Finding | None:
    """What the agent's last words say against it."""
    message = one.message
    if message is None:
        return Finding("broken_flow", None, f"the agent did not come to an end. {one.error}".strip())
    shown = " ".join(message.split())[:_SHOWN_CHARS]
    if asks(message):
        kind: FindingKind = "ambiguous" if _CHOICE.search(message) else "missing_parameter"
        return Finding(kind, None, f"the agent asks: {shown}")
    if refuses(message):
        return Finding(_kind_of_words(message), None, f"the agent declines: {shown}")
    if not one.done:
        return Finding(_kind_of_words(message), None, f"the agent does nothing and says: {shown}")
    if _UNABLE.search(message) and not any(result.changes for result in one.done):
        return Finding(_kind_of_words(message), None, f"the agent looks around, changes nothing and says: {shown}")
    return None


def _kind_of_words(message: str) -> FindingKind:
    if _NOT_THERE.search(message) and not _NO_TOOL.search(message):
        return "missing_entity"
    return "missing_capability"


def _report(one: _Try, setting: _Setting, offered: ToolSet) -> ExecutabilityReport:
    findings = tuple(_findings(one))
    steps = _steps(one.done, setting.instruction, offered)
    certificate = None
    if not findings:
        plan = [step.call for step in steps]
        certificate = certify(setting.instruction, one.world, setting.premises, plan, one.done, offered, None)
    return ExecutabilityReport(
        instruction=setting.instruction,
        executable=not findings,
        steps=steps,
        findings=findings,
        requirements=requirements_of(findings),
        premises=setting.premises,
        certificate=certificate,
    )


def _steps(done: Sequence[ToolResult], instruction: str, offered: ToolSet) -> tuple[PlannedStep, ...]:
    steps = []
    for number, result in enumerate(done):
        tool, arguments = offered[result.call.name], dict(result.call.arguments)
        before = [earlier.content for earlier in done[:number]]
        steps.append(
            PlannedStep(
                call=PlannedCall(tool.name, arguments),
                capability=tool.capability,
                bound={name: _bound(value, instruction, before) for name, value in arguments.items()},
                span=(0, len(instruction)),
                purpose="step" if tool.operation.writes else "lookup",
            )
        )
    return tuple(steps)


def _bound(value: Any, instruction: str, before: Sequence[str]) -> Bound:
    """Where the agent has a value from: the text, an answer, or itself."""
    text = value if isinstance(value, str) else orjson.dumps(value).decode()
    place = re.search(rf"(?<!\w){re.escape(text)}(?!\w)", instruction) if text else None
    if place is not None:
        return Bound(value, "mention", place.span())
    return Bound(value, "result" if text and any(text in content for content in before) else "composed")
