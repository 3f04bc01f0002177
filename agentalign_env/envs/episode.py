"""One episode: a setting, its world, what was done so far, and how it ended."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from functools import lru_cache
from typing import Any, NamedTuple, Protocol

from agentalign_env.core.limits import DEFAULT_LIMITS, Limits
from agentalign_env.core.sandbox import Machine
from agentalign_env.core.world import World, WorldState
from agentalign_env.envs.actions import ActionError, MalformedCall
from agentalign_env.errors import SandboxFaultError, StateMismatchError, ToolFaultError
from agentalign_env.scenarios.goals import GoalReport, Goals
from agentalign_env.scoring.outcome import decide_outcome
from agentalign_env.scoring.replies import asks, refuses
from agentalign_env.scoring.reward import episode_reward
from agentalign_env.toolkit.catalogue import load_tools
from agentalign_env.toolkit.dispatch import ToolResult, error_result, execute
from agentalign_env.toolkit.tool import Tool, ToolSet
from agentalign_env.types import AssistantTurn, Explicitness, Intent, Message, Outcome, ToolCall

__all__ = ["Episode", "EpisodeState", "Setting", "Step", "offered_tools", "require_state"]

Step = tuple[AssistantTurn | ActionError, int]
"""What the agent did, and how many tool results there were after it."""


class Setting(Protocol):
    """What an episode begins from: a scenario, or free play, which has no goals and is never rewarded."""

    @property
    def id(self) -> str:
        """Unique among settings."""
        ...

    @property
    def intent(self) -> Intent:
        """Why it is asked for; the agent is not told."""
        ...

    @property
    def explicitness(self) -> Explicitness:
        """Whether the instruction states its values."""
        ...

    @property
    def tools(self) -> tuple[str, ...]:
        """The tools offered, sorted."""
        ...

    @property
    def faces(self) -> int | None:
        """The seed of the generated tools, ``None`` for the catalogue's own."""
        ...

    @property
    def system(self) -> str:
        """The system message."""
        ...

    @property
    def instruction(self) -> str:
        """What the user says."""
        ...

    @property
    def answer(self) -> str:
        """What the user says when the agent asks before it acts; empty where nothing needs to be asked."""
        ...

    @property
    def goals(self) -> Goals | None:
        """What must have changed and been seen at the end."""
        ...

    def new_world(self) -> World:
        """The world in which it begins."""
        ...


class EpisodeState(NamedTuple):
    """A snapshot of an episode; picklable, shares everything immutable. Opaque but for the setting."""

    setting: Setting
    world: WorldState
    results: tuple[ToolResult, ...]
    log: tuple[Step, ...]
    terminated: bool
    truncated: bool
    reward: float
    outcome: Outcome
    credit: float
    error: str
    fault: str
    answered: bool = False


def require_state(state: object) -> None:
    """Refuses what is no snapshot of an episode.

    Raises:
        StateMismatchError: It is something else.
    """
    if type(state) is not EpisodeState:
        raise StateMismatchError(
            f"expected an EpisodeState, got a value of type {type(state).__name__}: pass what get_state() returned"
        )


@lru_cache(maxsize=4_096)
def offered_tools(names: tuple[str, ...], faces: int | None = None) -> Mapping[str, Tool]:
    """The tools of these names; the same mapping for the same names."""
    catalogue = load_tools(faces)
    return ToolSet((name, catalogue[name]) for name in names)


class Episode:
    """The live state of one episode.

    Attributes:
        setting: Where it began.
        world: The state of the applications.
        tools: What the agent may call.
        results: The answers to all calls, in order.
        log: What the agent did, step by step.
        terminated: The agent ended its turn.
        truncated: The steps ran out, or a tool crashed.
        reward: What the episode is worth; 0.0 until it is over.
        outcome: How it ended.
        credit: The share of milestones met; 0.0 until it is over.
        error: The first error code of the last step, or ``""``.
        fault: What crashed, or ``""``.
        answered: Whether the agent asked before it acted, and got its answer.
        machine: What carries out the operations on files and processes; ``None`` for memory alone.
    """

    __slots__ = (
        "_most_chars",
        "_most_steps",
        "answered",
        "credit",
        "error",
        "fault",
        "limits",
        "log",
        "machine",
        "outcome",
        "results",
        "reward",
        "setting",
        "terminated",
        "tools",
        "truncated",
        "world",
    )

    def __init__(self, setting: Setting, limits: Limits = DEFAULT_LIMITS, machine: Machine | None = None) -> None:
        self.setting, self.limits, self.machine = setting, limits, machine
        self._most_steps, self._most_chars = limits.steps, limits.result_chars  # every step asks for them
        self.world = setting.new_world()
        self.tools = offered_tools(setting.tools, setting.faces)
        self.results: list[ToolResult] = []
        self.log: list[Step] = []
        self.terminated = self.truncated = False
        self.reward = self.credit = 0.0
        self.outcome: Outcome = "running"
        self.error = self.fault = ""
        self.answered = False

    @property
    def over(self) -> bool:
        """Whether no further step counts."""
        return self.terminated or self.truncated

    def opening(self) -> list[Message]:
        """The messages with which it begins."""
        return [
            {"role": "system", "content": self.setting.system},
            {"role": "user", "content": self.setting.instruction},
        ]

    def step(self, turn: AssistantTurn | ActionError) -> list[Message]:
        """Carries out a turn; the episode must not be over.

        Returns:
            The new messages: an answer to every call, one message about a malformed action, the user's answer to a
            question that this setting expects, none after the agent's last words.
        """
        messages: list[Message] = []
        self.error = ""
        if type(turn) is ActionError:
            self.error = turn.code
            messages.append({"role": "user", "content": turn.content})
        elif calls := turn.calls:  # type: ignore[union-attr]
            self._call(calls, messages)
        elif self._expects(turn.message):
            self.answered = True
            messages.append({"role": "user", "content": self.setting.answer})
        else:
            self.terminated = True
        log = self.log
        log.append((turn, len(self.results)))
        if self.terminated:
            self._end(None, turn.message)
        elif self.fault:
            self._end("fault")
        elif len(log) >= self._most_steps:
            self.truncated = True
            self._end("truncated")
        return messages

    def _expects(self, message: str) -> bool:
        """Whether the user answers these words: a question, asked before anything was done, the first time."""
        if not self.hasty or self.effects:
            return False
        return asks(message) and not refuses(message)

    def _call(self, calls: tuple[ToolCall, ...], messages: list[Message]) -> None:
        most = self._most_chars
        for call in calls:
            if type(call) is MalformedCall:
                result = error_result(call, "malformed_action", call.problem, "arguments")
            elif messages and len(messages) >= self.limits.calls_per_step:
                bound = f"at most {self.limits.calls_per_step} calls run in a step; call again in the next step"
                result = error_result(call, "limit_exceeded", bound)
            else:
                try:
                    result = execute(self.world, self.tools, call, self.machine)
                except ToolFaultError as error:
                    self.fault, self.truncated = str(error), True
                    return
            self.results.append(result)
            content = result.content
            if result.code and not self.error:
                self.error = result.code
            if len(content) > most:
                content = f"{content[:most]}\n[cut: {most} of {len(content)} characters]"
            messages.append({"role": "tool", "tool_call_id": call.id, "name": call.name, "content": content})

    @property
    def effects(self) -> bool:
        """Whether any call changed the world, also when a later one undid it."""
        return any(result.changes for result in self.results)

    @property
    def hasty(self) -> bool:
        """Whether the setting calls for a question that was not asked."""
        return bool(self.setting.answer) and not self.answered

    def report(self) -> GoalReport | None:
        """How far the goals are met now; ``None`` in free play, which has none."""
        goals = self.setting.goals
        if goals is None:
            return None
        return goals.check(self.world.store.diff(), self.results, load_tools(self.setting.faces).__getitem__)

    def _end(self, outcome: Outcome | None, message: str = "") -> None:
        """Sets outcome, credit and reward; an outcome of ``None`` is decided from what was done and said."""
        if self.machine is not None and not self._settled(self.machine):
            outcome = "fault"
        effects, report = self.effects, self.report()
        self.outcome = decide_outcome(message, report, effects=effects) if outcome is None else outcome
        if report is not None:
            self.credit = float(report.credit)
            self.reward = episode_reward(self.outcome, self.setting.intent, report, effects=effects, hasty=self.hasty)

    def _settled(self, machine: Machine) -> bool:
        """Whether the machine gave its last word; else the episode is a fault."""
        try:
            if not self.fault:
                machine.settle(self.world)
        except SandboxFaultError as error:
            self.fault, self.terminated, self.truncated = str(error), False, True
        machine.release()
        return not self.fault

    def get_state(self) -> EpisodeState:
        """The state now; the cost does not depend on the world."""
        return EpisodeState(
            self.setting,
            self.world.snapshot(),
            tuple(self.results),
            tuple(self.log),
            self.terminated,
            self.truncated,
            self.reward,
            self.outcome,
            self.credit,
            self.error,
            self.fault,
            self.answered,
        )

    def set_state(self, state: EpisodeState) -> None:
        """Puts a snapshot of this setting back.

        Raises:
            StateMismatchError: The snapshot is of another setting, or is none.
        """
        require_state(state)
        if state.setting is not self.setting and state.setting.id != self.setting.id:
            raise StateMismatchError(
                f"the state is of {state.setting.id!r}, this episode is {self.setting.id!r}: restore it into its own"
            )
        if self.machine is not None:
            self.machine.release()  # the next call lays the world as it is then
        self.world.restore(state.world)
        self.results, self.log = list(state.results), list(state.log)
        self.terminated, self.truncated, self.reward, self.outcome, self.credit, self.error, self.fault = state[4:11]
        self.answered = state.answered

    @classmethod
    def from_state(
        cls, state: EpisodeState, limits: Limits = DEFAULT_LIMITS, machine: Machine | None = None
    ) -> Episode:
        """A new episode in the state of a snapshot."""
        episode = cls(state.setting, limits, machine)
        episode.set_state(state)
        return episode

    def fork(self) -> Episode:
        """An independent episode in the same state."""
        return Episode.from_state(self.get_state(), self.limits, deepcopy(self.machine))

    def __deepcopy__(self, memo: dict[int, Any]) -> Episode:
        return self.fork()

    def __reduce__(self) -> tuple[Callable[..., Episode], tuple[EpisodeState, Limits, Machine | None]]:
        return Episode.from_state, (self.get_state(), self.limits, self.machine)
