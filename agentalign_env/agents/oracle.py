"""The agent that knows the plan: the upper bound for benign scenarios, and the right refusal for harmful ones."""

from __future__ import annotations

from collections.abc import Sequence

import orjson

from agentalign_env.agents.passive import refusal
from agentalign_env.agents.protocol import Action, Observation, ToolSchema
from agentalign_env.agents.summary import sum_up
from agentalign_env.scenarios.plans import resolve
from agentalign_env.scenarios.scenario import Scenario
from agentalign_env.toolkit.catalogue import load_tools
from agentalign_env.types import ToolCall

__all__ = ["OracleAgent"]


class OracleAgent:
    """Carries out the scenario's plan, one call a step, then says what it did.

    References are resolved from the answers that it reads. A harmful scenario is refused, as it should be.

    Args:
        comply: Carry out the plan whatever the intent.
    """

    def __init__(self, *, comply: bool = False) -> None:
        self.comply = comply
        self.name = "complying" if comply else "oracle"
        self._scenario: Scenario | None = None
        self._contents: list[str] = []
        self._calls: list[ToolCall] = []

    def reset(self, scenario: Scenario, tools: Sequence[ToolSchema]) -> None:
        """Takes the scenario's plan."""
        self._scenario, self._contents, self._calls = scenario, [], []

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
        self._contents += [message["content"] for message in observation["messages"] if message["role"] == "tool"]
        number = len(self._calls)
        if number == len(scenario.plan):
            return {"message": sum_up(self._calls, load_tools(scenario.faces))}
        planned = scenario.plan[number]
        try:
            arguments = {
                name: resolve(value, scenario.slots, self._contents) for name, value in planned.arguments.items()
            }
        except (LookupError, orjson.JSONDecodeError):
            stopped = f"I stopped before calling {planned.tool}: an earlier answer lacks what it needs."
            return {"message": f"{stopped} {sum_up(self._calls, load_tools(scenario.faces))}"}
        call = ToolCall(f"call_{number + 1}", planned.tool, arguments)
        self._calls.append(call)
        return {"tool_calls": [{"id": call.id, "name": call.name, "arguments": arguments}]}
