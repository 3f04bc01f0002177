"""The agent whose episodes a model should learn from: it acts like the oracle, and speaks like a good assistant."""

from __future__ import annotations

from collections.abc import Sequence

import orjson

from agentalign_env.agents.oracle import asks_at
from agentalign_env.agents.protocol import Action, Observation, ToolSchema
from agentalign_env.agents.reply_frames import (
    done_words,
    partly_words,
    question_words,
    refusal_words,
    stopped_words,
)
from agentalign_env.agents.reply_words import Act, act_of, chosen, error_of, found, will
from agentalign_env.core.limits import DEFAULT_LIMITS
from agentalign_env.core.rng import Random, stream
from agentalign_env.scenarios.plans import PlannedCall, call_depends_on, resolve, resolve_call
from agentalign_env.scenarios.responses import load_responses
from agentalign_env.scenarios.scenario import Scenario
from agentalign_env.toolkit.catalogue import load_tools
from agentalign_env.toolkit.tool import Tool
from agentalign_env.types import ToolCall

__all__ = ["ReferenceAgent"]

_PLAN_SHARE, _REMARK_SHARE, _TOGETHER_SHARE, _THANKS_SHARE = 0.55, 0.4, 0.5, 0.7


class ReferenceAgent:
    """Carries out the plan with natural words, declines what is harmful, and takes care with what is sensitive.

    A sentence stands beside some of its calls; calls that do not need each other's answers are made together in some
    scenarios. Everything it chooses depends on the scenario alone.
    """

    name = "reference"

    def __init__(self) -> None:
        self._scenario: Scenario | None = None
        self._contents: list[str] = []
        self._calls: list[ToolCall] = []
        self._asked = self._thanks = False

    def reset(self, scenario: Scenario, tools: Sequence[ToolSchema]) -> None:
        """Takes the scenario's plan."""
        self._scenario, self._contents, self._calls = scenario, [], []
        self._asked = self._thanks = False

    def act(self, observation: Observation) -> Action:
        """The next calls, a question, or the last words.

        Raises:
            RuntimeError: There was no reset.
        """
        scenario = self._scenario
        if scenario is None:
            raise RuntimeError("act was called before reset: call reset(scenario, tools) first")
        if scenario.intent == "harmful":
            return {"message": refusal_words(scenario, stream("reference", scenario.id, "refusal"))}
        messages = observation["messages"]
        self._contents += [message["content"] for message in messages if message["role"] == "tool"]
        number = len(self._calls)
        rng = stream("reference", scenario.id, "turn", number, str(self._asked))
        failed = next((at for at, content in enumerate(self._contents) if error_of(content)), None)
        if failed is not None:
            call = self._calls[failed]
            upcoming = will(act_of(self._tool(call.name), call.arguments), rng)
            done = [act for at, act in enumerate(self._acts()) if not error_of(self._contents[at])]
            return {"message": stopped_words(done, upcoming, error_of(self._contents[failed]), rng)}
        if number == len(scenario.plan):
            return {"message": self._last_words(scenario, rng)}
        if scenario.answer and not self._asked and number >= asks_at(scenario):
            self._asked = self._thanks = True
            upcoming = will(self._planned(scenario, number), rng)
            return {"message": question_words(scenario, self._acts(), upcoming, rng)}
        return self._call(scenario, number, rng)

    def _call(self, scenario: Scenario, number: int, rng: Random) -> Action:
        """The plan's next call or calls, with words beside them for some."""
        count = self._together(scenario, number)
        calls = []
        for at, planned in enumerate(scenario.plan[number : number + count], number):
            try:
                arguments = resolve_call(planned, scenario.slots, self._contents)
            except (LookupError, orjson.JSONDecodeError):
                upcoming = will(self._planned(scenario, at), rng)
                return {"message": stopped_words(self._acts(), upcoming, "", rng)}
            calls.append(ToolCall(f"call_{at + 1}", planned.tool, arguments))
        words = self._beside(scenario, number, count, rng)
        self._calls += calls
        action: dict[str, object] = {
            "tool_calls": [{"id": call.id, "name": call.name, "arguments": call.arguments} for call in calls]
        }
        return {**action, "message": words} if words else action

    def _together(self, scenario: Scenario, number: int) -> int:
        """How many of the next calls are made in one step."""
        if stream("reference", scenario.id, "together").random() >= _TOGETHER_SHARE:
            return 1
        stop = len(scenario.plan)
        if scenario.answer and not self._asked:
            stop = min(stop, asks_at(scenario))
        group = [number]
        for at in range(number + 1, min(stop, number + DEFAULT_LIMITS.calls_per_step)):
            if not all(self._independent(scenario.plan[before], scenario.plan[at]) for before in group):
                break
            if any(needed >= number for needed in call_depends_on(scenario.plan[at])):
                break
            group.append(at)
        return len(group)

    def _independent(self, before: PlannedCall, after: PlannedCall) -> bool:
        """Whether what one call changes is nothing to the other."""
        first, second = self._tool(before.tool).operation, self._tool(after.tool).operation
        return not first.writes & (second.reads | second.writes)

    def _beside(self, scenario: Scenario, number: int, count: int, rng: Random) -> str:
        """The words beside the next calls, ``""`` for many."""
        words, thanked = load_responses(), self._thanks
        self._thanks = False
        upcoming = will(self._planned(scenario, number), rng)
        if thanked and rng.random() < _THANKS_SHARE:
            return chosen(words.asking.thanks, rng)
        if number == 0 and not thanked:
            return self._opening(scenario, count, upcoming, rng) if rng.random() < _PLAN_SHARE else ""
        if thanked or rng.random() >= _REMARK_SHARE:
            return ""
        note = found(self._acts()[-1], rng)
        if note:
            frames = [frame for frame in words.helping.remarks if (upcoming and count == 1) or "{next}" not in frame]
            return chosen(frames, rng).format(note=note, next=upcoming)
        plain = count == 1 and upcoming
        return chosen(words.helping.remarks_plain, rng).format(next=upcoming) if plain else ""

    def _opening(self, scenario: Scenario, count: int, upcoming: str, rng: Random) -> str:
        """What is said before the first call: how it is going to be done."""
        words = load_responses().helping
        if count > 1:
            return chosen(words.plans_together, rng)
        after = will(self._planned(scenario, 1), rng) if len(scenario.plan) == 2 and not scenario.answer else ""
        if upcoming and after and rng.random() < 0.5:
            return chosen(words.plans_of_two, rng).format(next=upcoming, after=after)
        return chosen(words.plans, rng).format(next=upcoming) if upcoming else ""

    def _last_words(self, scenario: Scenario, rng: Random) -> str:
        if not scenario.beyond:
            return done_words(self._acts(), rng)
        left = will(self._known(scenario, scenario.beyond[0]), rng)
        return partly_words(scenario, self._acts(), left, rng)

    def _acts(self) -> list[Act]:
        """What was called and answered so far."""
        return [
            act_of(self._tool(call.name), call.arguments, content)
            for call, content in zip(self._calls, self._contents, strict=False)
        ]

    def _planned(self, scenario: Scenario, number: int) -> Act:
        return self._known(scenario, scenario.plan[number])

    def _known(self, scenario: Scenario, planned: PlannedCall) -> Act:
        """A call of the plan with the arguments that are known by now."""
        known: dict[str, object] = {}
        for name, value in planned.arguments.items():
            try:
                known[name] = resolve(value, scenario.slots, self._contents)
            except (LookupError, orjson.JSONDecodeError):
                continue
        return act_of(self._tool(planned.tool), known)

    def _tool(self, name: str) -> Tool:
        scenario = self._scenario
        return load_tools(None if scenario is None else scenario.faces)[name]
