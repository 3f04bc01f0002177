"""What a rollout is given: agents and scenarios, as they are or as what another process makes them from."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import Any, NamedTuple

import orjson

from agentalign_env.agents.catalogue import make_agent
from agentalign_env.agents.protocol import Agent
from agentalign_env.errors import EnvArgumentError
from agentalign_env.recording.recorder import trajectory_id
from agentalign_env.recording.trajectory import ENVIRONMENT_CRASHED, ScenarioSummary, Trajectory
from agentalign_env.scenarios.builder import build_scenario
from agentalign_env.scenarios.chains import Chain
from agentalign_env.scenarios.scenario import Scenario
from agentalign_env.types import Explicitness, Intent

__all__ = [
    "AgentSource",
    "ScenarioSource",
    "ScenarioSpec",
    "agent_label",
    "agent_of",
    "content_of",
    "copied_agent_of",
    "described",
    "environment_crashed",
    "fault_record",
    "scenario_of",
    "took_too_long",
]

_ERROR_CHARS = 2_000

AgentSource = Agent | str | Callable[[], Agent]
"""An agent, the name of a built-in one, or a function that makes one; in other processes it must be picklable."""


class ScenarioSpec(NamedTuple):
    """What a scenario is built from: it travels in place of the scenario, and is built where its episode runs.

    Attributes:
        chain: The behavior chain.
        seed: Of everything that is drawn.
        intent: Why the chain is being asked for.
        world: Size of the world.
        explicitness: Whether the instruction states its values.
        faces: The seed of the generated tools, ``None`` for the catalogue's own.
    """

    chain: Chain
    seed: int = 0
    intent: Intent = "benign"
    world: str = "small"
    explicitness: Explicitness = "stated"
    faces: int | None = None

    def build(self) -> Scenario:
        """The scenario.

        Raises:
            ScenarioBuildError: The chain cannot be bound.
        """
        return build_scenario(
            self.chain,
            seed=self.seed,
            intent=self.intent,
            world=self.world,
            explicitness=self.explicitness,
            faces=self.faces,
        )

    def to_json(self) -> dict[str, Any]:
        """As JSON-serialisable values, the chain whole: whoever builds it need not know the chain."""
        return {**self._asdict(), "chain": self.chain.model_dump(mode="json")}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> ScenarioSpec:
        """What `to_json` gave."""
        return cls(**{**values, "chain": Chain.model_validate(values["chain"])})


ScenarioSource = Scenario | ScenarioSpec
"""A scenario, or what it is built from."""


def scenario_of(source: ScenarioSource) -> Scenario:
    """The scenario itself.

    Raises:
        ScenarioBuildError: It cannot be built.
    """
    return source.build() if isinstance(source, ScenarioSpec) else source


def content_of(source: ScenarioSource) -> bytes:
    """A digest of all that defines the scenario; the same in every process."""
    values = source.to_json()
    return hashlib.sha256(orjson.dumps(values, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS)).digest()


def agent_of(source: AgentSource) -> Agent:
    """The agent itself; a given one is not copied.

    Raises:
        UnknownNameError: No built-in agent has this name.
    """
    if isinstance(source, str):
        return make_agent(source)
    if isinstance(source, type) or not hasattr(source, "act"):
        return source()
    return source  # type: ignore[return-value]


def copied_agent_of(source: AgentSource) -> Agent:
    """An agent of its own for one of several that act at once.

    Raises:
        EnvArgumentError: A given agent cannot be copied.
        UnknownNameError: No built-in agent has this name.
    """
    agent = agent_of(source)
    if agent is not source:
        return agent
    try:
        return deepcopy(agent)
    except Exception as error:
        raise EnvArgumentError(
            "agent", "an agent that can be copied", agent, "Pass a function that makes one for each worker instead."
        ) from error


def agent_label(source: AgentSource) -> str:
    """What tells the agents of two rollouts apart: their name, without making one where a function would make it."""
    if isinstance(source, str):
        return agent_of(source).name
    if isinstance(source, type) or not hasattr(source, "act"):
        named = getattr(source, "func", source)  # of a functools.partial
        given = [repr(value) for value in getattr(source, "args", ())]
        given += [f"{name}={value!r}" for name, value in getattr(source, "keywords", {}).items()]
        label = f"{getattr(named, '__module__', '')}.{getattr(named, '__qualname__', type(named).__name__)}"
        return f"{label}({', '.join(given)})" if given else label
    return agent_of(source).name


def described(error: BaseException) -> str:
    """An exception's name and text, as records have it."""
    try:
        text = f"{type(error).__name__}: {error}"[:_ERROR_CHARS]
    except Exception:  # noqa: BLE001 - even its text may crash
        text = type(error).__name__
    return text.encode("utf-8", "replace").decode()


def environment_crashed(error: BaseException) -> str:
    """What the record of an episode says whose environment raised an exception."""
    return f"{ENVIRONMENT_CRASHED}: {described(error)}"


def took_too_long(most_s: float | None) -> str:
    """What the record of an episode says that took longer than it may."""
    return f"TimeoutError: the episode took over {most_s} s"


def fault_record(scenario: Scenario, agent: str, max_steps: int, error: str) -> Trajectory:
    """The record of an episode of which nothing is known but that it crashed."""
    summary = ScenarioSummary.of(scenario)
    try:
        digest = scenario.new_world().digest()
    except Exception:  # noqa: BLE001 - the world may be what crashed
        digest = ""
    return Trajectory(
        id=trajectory_id(summary.id, agent, ()),
        scenario=summary,
        agent=agent,
        max_steps=max_steps,
        steps=(),
        outcome="fault",
        reward=0.0,
        credit=0.0,
        initial_digest=digest,
        digest=digest,
        error=error,
    )
