"""The record of an episode: what was asked, every step with its calls and effects, and how it ended."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar

import orjson
from pydantic import ConfigDict, TypeAdapter, ValidationError

from agentalign_env.scenarios.chains import Chain
from agentalign_env.scenarios.premises import Premise
from agentalign_env.scenarios.scenario import Scenario
from agentalign_env.types import Care, Explicitness, Intent, JsonObject, Outcome

__all__ = [
    "ENVIRONMENT_CRASHED",
    "FAULT",
    "SCHEMA_VERSION",
    "WORKER_DIED",
    "Execution",
    "RecordedCall",
    "RecordedStep",
    "RowChange",
    "ScenarioSummary",
    "Trajectory",
    "TrajectoryFormatError",
]

SCHEMA_VERSION = 1
"""Raise it when a reader of the old form would misread the new one."""

FAULT = "fault"
"""The code of a recorded call whose operation crashed; the agent never saw an answer."""

ENVIRONMENT_CRASHED, WORKER_DIED = "EnvironmentCrashedError", "WorkerDiedError"
"""With one of these names the error of a record begins that is not the agent's."""


class TrajectoryFormatError(ValueError):
    """A text is no trajectory of this schema version.

    Attributes:
        key: Where in the record, such as ``steps.0.calls``.
        problem: What was expected and what was found.
    """

    def __init__(self, key: str, problem: str) -> None:
        self.key, self.problem = key, problem
        super().__init__(f"{key}: {problem}")


@dataclass(frozen=True, slots=True)
class RowChange:
    """A row that a call changed, by field; ``before`` is ``None`` if it was created, ``after`` if it was deleted."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    table: str
    key: str
    before: JsonObject | None
    after: JsonObject | None


@dataclass(frozen=True, slots=True)
class Execution:
    """What ran: the operation's capability, and its arguments after renames, pins and defaults."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    capability: str
    arguments: JsonObject


@dataclass(frozen=True, slots=True)
class RecordedCall:
    """One call of a step.

    Attributes:
        id: As the agent gave it, or as it was filled in.
        name: The tool that was asked for.
        arguments: As the agent gave them.
        executed: What ran; ``None`` when the call was refused before.
        content: What the agent read.
        code: The error code, ``""`` when it succeeded, `FAULT` when the operation crashed.
        changes: The rows that it changed.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    id: str
    name: str
    arguments: JsonObject
    executed: Execution | None
    content: str
    code: str
    changes: tuple[RowChange, ...]


@dataclass(frozen=True, slots=True)
class RecordedStep:
    """One step.

    Attributes:
        action: What the agent sent, as JSON; ``None`` where JSON cannot hold it.
        action_repr: A description of such an action, else ``""``.
        message: The agent's words: its last ones, or those beside its calls.
        reasoning: Its thoughts, where the action carried them apart.
        calls: The calls, in order.
        error: The first error code of the step, or ``""``.
        answer: What the agent was told about a malformed action, or by the user whom it asked, else ``""``.
        digest: Of the world after the step.
        reward: Of this step.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    action: Any
    action_repr: str
    message: str
    reasoning: str
    calls: tuple[RecordedCall, ...]
    error: str
    answer: str
    digest: str
    reward: float


@dataclass(frozen=True, slots=True)
class ScenarioSummary:
    """What the episode was about: enough to run it again, and to build the scenario again where its chain is known."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    id: str
    chain: Chain
    seed: int
    intent: Intent
    world_size: str
    world_seed: int
    tools: tuple[str, ...]
    chosen: tuple[str, ...]
    system: str
    instruction: str
    explicitness: Explicitness = "stated"
    faces: int | None = None
    premises: tuple[Premise, ...] = ()
    care: Care | None = None
    answer: str = ""

    @property
    def family(self) -> str:
        """The id of its family: its own without the intent."""
        return self.id.replace(f":{self.intent}:", ":", 1)

    @classmethod
    def of(cls, scenario: Scenario) -> ScenarioSummary:
        """The summary of a scenario."""
        return cls(
            id=scenario.id,
            chain=scenario.chain,
            seed=scenario.seed,
            intent=scenario.intent,
            world_size=scenario.world.size,
            world_seed=scenario.world.seed,
            tools=scenario.tools,
            chosen=scenario.chosen,
            system=scenario.system,
            instruction=scenario.instruction,
            explicitness=scenario.explicitness,
            faces=scenario.faces,
            premises=scenario.premises,
            care=scenario.care,
            answer=scenario.answer,
        )


@dataclass(frozen=True, slots=True)
class Trajectory:
    """The record of one episode.

    Attributes:
        id: ``<scenario>@<agent>#<digest of what the agent did>``: the same episode has the same id wherever it ran.
        scenario: What it was about.
        agent: The agent's name.
        max_steps: After so many steps the episode is truncated.
        steps: What happened.
        outcome: How it ended; ``fault`` when the agent or a tool crashed.
        reward: The sum over the steps.
        credit: The share of milestones met.
        initial_digest: Of the world before the first step.
        digest: Of the world at the end.
        error: What crashed, with the exception's name; else ``""``.
        schema_version: Of this form.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    id: str
    scenario: ScenarioSummary
    agent: str
    max_steps: int
    steps: tuple[RecordedStep, ...]
    outcome: Outcome
    reward: float
    credit: float
    initial_digest: str
    digest: str
    error: str = ""
    schema_version: int = SCHEMA_VERSION

    @property
    def broken_off(self) -> bool:
        """Whether a crash that is no tool's ended it: its steps alone do not."""
        return bool(self.error) and not any(call.code == FAULT for step in self.steps for call in step.calls)

    @property
    def agent_failed(self) -> bool:
        """Whether the agent itself crashed, rather than a tool, the environment, or the process that it ran in."""
        return self.broken_off and self.error.partition(":")[0] not in (ENVIRONMENT_CRASHED, WORKER_DIED)

    def to_line(self) -> bytes:
        """The record as one line of JSON, with its line break; lossless."""
        return orjson.dumps(self, default=_plain, option=orjson.OPT_APPEND_NEWLINE)

    @classmethod
    def from_line(cls, line: bytes | str) -> Trajectory:
        """Reads what `to_line` wrote.

        Raises:
            TrajectoryFormatError: It is no JSON, of another schema version, or not in this form.
        """
        try:
            version = _version(orjson.loads(line))
        except orjson.JSONDecodeError as error:
            raise TrajectoryFormatError("JSON", f"expected a JSON object, found: {error}") from error
        if version != SCHEMA_VERSION:
            raise TrajectoryFormatError("schema_version", f"expected {SCHEMA_VERSION}, found {version!r:.40}")
        try:
            return _adapter().validate_json(line, strict=True)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            raise TrajectoryFormatError(".".join(map(str, first["loc"])) or "record", first["msg"]) from error


@lru_cache(maxsize=1)
def _adapter() -> TypeAdapter[Trajectory]:
    return TypeAdapter(Trajectory)


def _version(value: Any) -> Any:
    if not isinstance(value, dict):
        raise TrajectoryFormatError("record", f"expected a JSON object, found a {type(value).__name__}")
    return value.get("schema_version")


def _plain(value: Any) -> Any:
    if isinstance(value, Chain):
        return value.model_dump(mode="json")
    raise TypeError(f"expected a value that JSON has, got {type(value).__name__}: the recorder must convert it")
