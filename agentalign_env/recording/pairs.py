"""Preference pairs: one conversation, two ways to go on, and the rewards that say which is better."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import Any

import orjson

from agentalign_env.agents.catalogue import make_agent
from agentalign_env.agents.passive import refusal
from agentalign_env.agents.protocol import Agent
from agentalign_env.core.rng import derive_seed
from agentalign_env.envs.actions import ActionError, parse_action
from agentalign_env.envs.episode import Episode
from agentalign_env.recording.recorder import Recorder, reasoning_of, trajectory_id
from agentalign_env.recording.rows import TrainingRow, row_of
from agentalign_env.recording.trajectory import Trajectory
from agentalign_env.scenarios.plans import resolve
from agentalign_env.scenarios.scenario import NearMiss, Scenario
from agentalign_env.toolkit.catalogue import load_tools
from agentalign_env.types import AssistantTurn, JsonObject, Message

__all__ = ["Pair", "pair_of", "preference_pairs", "recorded_pairs"]

_STOPPED = (
    "I have made a start on this. The rest is left to you.",
    "That is as far as I got.",
    "I have begun with it; please go on from here.",
)


@dataclass(frozen=True, slots=True)
class Pair:
    """Two episodes that are the same up to one assistant turn.

    Attributes:
        uid: Of both episodes.
        prompt: The messages that both have.
        chosen: The assistant turn of the episode that earned more.
        rejected: That of the other.
        tools: The tools offered.
        meta: That of the better episode, with `kind` (what makes the other one worse), `chosen` and `rejected` (uid,
            agent, outcome, reward and digest of each).
    """

    uid: str
    prompt: tuple[JsonObject, ...]
    chosen: JsonObject
    rejected: JsonObject
    tools: tuple[JsonObject, ...]
    meta: JsonObject


def pair_of(one: TrainingRow, other: TrainingRow, kind: str) -> Pair | None:
    """The pair that two episodes of one scenario make.

    ``None`` where they earned the same, are of different scenarios, or first differ in something else than an assistant
    turn that could be read.
    """
    better, worse = sorted((one, other), key=lambda row: -row.meta["reward"])
    if better.meta["reward"] <= worse.meta["reward"] or better.tools != worse.tools:
        return None
    for at, (chosen, rejected) in enumerate(zip_longest(better.messages, worse.messages)):
        if chosen == rejected:
            continue
        if chosen is None or rejected is None or not chosen["loss"] or not rejected["loss"]:
            return None
        both = {"kind": kind, "chosen": _side(better), "rejected": _side(worse)}
        return Pair(
            uid=f"{better.uid}>{worse.uid}",
            prompt=better.messages[:at],
            chosen=chosen,
            rejected=rejected,
            tools=better.tools,
            meta={**better.meta, **both},
        )
    return None


def recorded_pairs(rows: Iterable[TrainingRow]) -> Iterator[Pair]:
    """The pairs among recorded episodes: the best of each scenario with every worse one, each pair of turns once.

    Holds all rows in memory. The kind of a pair is the name of the worse agent.
    """
    scenarios: dict[str, dict[str, TrainingRow]] = {}
    for row in rows:
        scenarios.setdefault(row.meta["scenario"], {}).setdefault(row.uid, row)
    for found in scenarios.values():
        best, *others = sorted(found.values(), key=lambda row: -row.meta["reward"])
        yield from _distinct(pair_of(best, other, other.meta["agent"]) for other in others)


def preference_pairs(
    scenario: Scenario, agents: Sequence[Agent] | None = None, *, reference: Agent | None = None
) -> Iterator[Pair]:
    """The pairs of a scenario: the reference agent's episode with worse ones, each pair of turns once.

    Worse are the episodes of other agents, and those that fork off the reference episode: at every near miss of the
    scenario (kind ``near-miss``), and by stopping before each call but the first (``stopped-early``). In a harmful
    scenario, where the reference refuses at once, an episode that complies is compared with its own fork that refuses
    before anything is changed (``refused-in-time``).

    Args:
        scenario: Where; its rewards decide what is better.
        agents: The others; those that comply with everything and that refuse everything when left out. The kind of
            their pairs is their name.
        reference: Who acts well; the oracle when left out. It must be possible to deep-copy it.
    """
    best = _Run(scenario, reference or make_agent("oracle"))
    forks = list(_forks(best)) if scenario.intent != "harmful" else list(_refused_in_time(scenario))
    right = row_of(best.finish())
    others = [make_agent("complying"), make_agent("refusing")] if agents is None else agents
    runs = [(right, row_of(_Run(scenario, agent).finish()), agent.name) for agent in others]
    runs += [(right if one is None else one, other, kind) for one, other, kind in forks]
    yield from _distinct(pair_of(one, other, kind) for one, other, kind in runs)


class _Run:
    """An agent in an episode, one turn after the other, recorded; a copy goes its own way."""

    def __init__(self, scenario: Scenario, agent: Agent) -> None:
        self.scenario, self.agent = scenario, agent
        self.episode = Episode(scenario)
        self.recorder = Recorder(scenario, agent.name, self.episode)
        self.news: list[Message] = self.episode.opening()
        self.contents: list[str] = []
        agent.reset(scenario, load_tools(scenario.faces).openai_schemas(scenario.tools))

    def fork(self) -> _Run:
        return copy.deepcopy(self, {id(self.scenario): self.scenario})

    def next_action(self) -> object:
        return self.agent.act({"messages": self.news})

    def take(self, action: object) -> None:
        self.news = self.episode.step(parse_action(action, self.episode.limits))
        self.recorder.step(action, self.news, self.episode.reward if self.episode.over else 0.0)
        self.contents += [message["content"] for message in self.news if message["role"] == "tool"]

    def finish(self, kind: str = "") -> Trajectory:
        """Goes on to the end; a fork's agent is named after its kind."""
        while not self.episode.over:
            self.take(self.next_action())
        trajectory = self.recorder.finish()
        if not kind:
            return trajectory
        name = f"{trajectory.agent}+{kind}"
        return replace(trajectory, agent=name, id=trajectory_id(trajectory.scenario.id, name, trajectory.steps))


_Fork = tuple[TrainingRow | None, TrainingRow, str]
"""The better episode, ``None`` for the reference's own; the worse one; what makes it worse."""


def _forks(run: _Run) -> Iterator[_Fork]:
    """Plays the reference episode, and leaves it wherever something can go wrong."""
    while not run.episode.over:
        asked = run.fork()
        action = run.next_action()
        turn = parse_action(action, run.episode.limits)
        if not isinstance(turn, ActionError) and turn.calls:
            for near_miss in run.scenario.near_misses:
                wrong = _near_miss(run, action, turn, near_miss)
                if wrong is not None:
                    fork = run.fork()  # its agent believes that it made the right call
                    fork.take(wrong)
                    yield None, row_of(fork.finish("near-miss")), "near-miss"
            if run.contents:
                asked.take({"message": _STOPPED[derive_seed("stopped", run.scenario.id) % len(_STOPPED)]})
                yield None, row_of(asked.finish("stopped-early")), "stopped-early"
        run.take(action)


def _near_miss(run: _Run, action: object, turn: AssistantTurn, near_miss: NearMiss) -> object | None:
    """The action with the wrong value; ``None`` where it does not make that call, or the value changes nothing."""
    at = near_miss.call - len(run.contents)
    if not 0 <= at < len(turn.calls) or turn.calls[at].name != run.scenario.plan[near_miss.call].tool:
        return None
    try:
        value = resolve(near_miss.value, run.scenario.slots, run.contents)
    except (LookupError, orjson.JSONDecodeError):
        return None
    if turn.calls[at].arguments.get(near_miss.argument) == value:
        return None
    calls: list[dict[str, Any]] = [
        {"id": call.id, "name": call.name, "arguments": dict(call.arguments)} for call in turn.calls
    ]
    calls[at]["arguments"][near_miss.argument] = value
    words = {"message": turn.message} if turn.message else {}
    thoughts = reasoning_of(action)
    return {"tool_calls": calls, **words, **({"reasoning_content": thoughts} if thoughts else {})}


def _refused_in_time(scenario: Scenario) -> Iterator[_Fork]:
    """A complying episode of a harmful scenario, and its fork that refuses at the last turn before an effect."""
    run, last = _Run(scenario, make_agent("complying")), None
    while not run.episode.over and not any(result.changes for result in run.episode.results):
        last = run.fork()
        run.take(run.next_action())
    if last is not None and last.contents:
        last.take({"message": refusal(scenario.id)})
        yield row_of(last.finish("refused-in-time")), row_of(run.finish()), "refused-in-time"


def _side(row: TrainingRow) -> dict[str, Any]:
    return {"uid": row.uid, **{key: row.meta[key] for key in ("agent", "outcome", "reward", "digest")}}


def _distinct(pairs: Iterable[Pair | None]) -> Iterator[Pair]:
    seen: set[bytes] = set()
    for pair in pairs:
        if pair is None:
            continue
        key = orjson.dumps([len(pair.prompt), _said(pair.chosen), _said(pair.rejected)])
        if key not in seen:
            seen.add(key)
            yield pair


def _said(message: JsonObject) -> list[Any]:
    calls = [call["function"] for call in message.get("tool_calls", ())]
    return [message["content"], calls]
