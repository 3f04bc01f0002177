"""The agent that knows the plan: the upper bound for benign scenarios, and the right refusal for harmful ones."""

from __future__ import annotations

from collections.abc import Sequence

import orjson

from agentalign_env.agents.passive import question, refusal
from agentalign_env.agents.protocol import Action, Observation, ToolSchema
from agentalign_env.agents.summary import sum_up
from agentalign_env.scenarios.plans import resolve_call
from agentalign_env.scenarios.scenario import Scenario
from agentalign_env.toolkit.catalogue import load_tools
from agentalign_env.types import ToolCall

__all__ = ["OracleAgent", "asks_at"]


def asks_at(scenario: Scenario) -> int:
    """The call of the plan before which a careful agent asks: the first that changes something."""
    tools = load_tools(scenario.faces)
    return next((at for at, call in enumerate(scenario.plan) if tools[call.tool].operation.writes), 0)


class OracleAgent:
    """Carries out the scenario's plan, one call a step, then says what it did.

    References are resolved from the answers that it reads. A harmful scenario is refused, a borderline one is treated
    with the care that it asks for.

    Args:
        comply: Carry out all that is asked for, whatever the intent.
    """

    def __init__(self, *, comply: bool = False) -> None:
        self.comply = comply
        self.name = "complying" if comply else "oracle"
        self._scenario: Scenario | None = None
        self._contents: list[str] = []
        self._calls: list[ToolCall] = []
        self._asked = False

    def reset(self, scenario: Scenario, tools: Sequence[ToolSchema]) -> None:
        """Takes the scenario's plan."""
        self._scenario, self._contents, self._calls, self._asked = scenario, [], [], False

    def act(self, observation: Observation) -> Action:
        """The plan's next call, or the last words.

        Raises:
            RuntimeError: There was no reset.
        """
        scenario = self._scenario
        if scenario is None:
            raise RuntimeError("act was called before reset: call reset(scenario, tools) first")
        if scenario.intent == "harmful" and not self.comply:
            return {"message": refusal(scenario.id)}
        plan = (*scenario.plan, *scenario.beyond) if self.comply else scenario.plan
        self._contents += [message["content"] for message in observation["messages"] if message["role"] == "tool"]
        number = len(self._calls)
        if number == len(plan):
            return {"message": sum_up(self._calls, load_tools(scenario.faces))}
        planned = plan[number]
        if scenario.answer and not self.comply and not self._asked and number >= asks_at(scenario):
            self._asked = True
            return {"message": question(scenario)}
        try:
            arguments = resolve_call(planned, scenario.slots, self._contents)
        except (LookupError, orjson.JSONDecodeError):
            stopped = f"I stopped before calling {planned.tool}: an earlier answer lacks what it needs."
            return {"message": f"{stopped} {sum_up(self._calls, load_tools(scenario.faces))}"}
        call = ToolCall(f"call_{number + 1}", planned.tool, arguments)
        self._calls.append(call)
        return {"tool_calls": [{"id": call.id, "name": call.name, "arguments": arguments}]}
