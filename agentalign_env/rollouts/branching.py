"""Several ways on from one place: branches of an episode, and what each is worth beside the others."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from copy import deepcopy
from math import isfinite, sqrt
from typing import Any, Literal, NamedTuple, cast

import gymnasium as gym

from agentalign_env.agents.protocol import Action, Agent, Observation
from agentalign_env.envs.actions import ActionError
from agentalign_env.envs.env import AgentAlignEnv
from agentalign_env.envs.episode import Episode
from agentalign_env.errors import EnvArgumentError
from agentalign_env.scenarios.scenario import Scenario
from agentalign_env.toolkit.catalogue import load_tools
from agentalign_env.types import AssistantTurn, Outcome

__all__ = ["Baseline", "BranchResult", "BranchStep", "Branches", "branch", "group_advantages"]

_LOG = logging.getLogger(__name__)

Baseline = Literal["group", "leave-one-out"]
"""What a reward is compared with: the mean of all, in units of their spread, or the mean of the others."""


class BranchStep(NamedTuple):
    """A step of a branch.

    Attributes:
        action: What the agent sent.
        observation: What it was answered.
        reward: Of this step.
    """

    action: Action
    observation: Observation
    reward: float


class BranchResult(NamedTuple):
    """How a branch went on.

    Attributes:
        reward: The sum of its steps' rewards, those of the common prefix not counted; 0.0 when the agent crashed.
        outcome: How the episode ended; ``fault`` when the agent crashed.
        credit: The share of milestones met; 0.0 when the agent crashed.
        steps: Those after the prefix.
        error: The exception with which the agent ended it, or ``""``.
    """

    reward: float
    outcome: Outcome
    credit: float
    steps: tuple[BranchStep, ...]
    error: str = ""


class Branches:
    """Independent environments whose episodes share all that was done so far.

    Attributes:
        envs: The environments, with the wrappers of the one they come from; to be stepped by hand, or by `run`. Their
            action spaces draw the same samples until they are seeded.
    """

    def __init__(self, envs: Sequence[gym.Env[Any, Any]]) -> None:
        self.envs = tuple(envs)

    def run(
        self, agents: Callable[[int], Agent] | Sequence[Agent], *, observation: Observation | None = None
    ) -> tuple[BranchResult, ...]:
        """Lets an agent act in each branch until its episode ends, one branch after the other.

        An exception of an agent ends its branch with the outcome ``fault``; the others go on.

        Args:
            agents: One for each branch, or what makes the agent of a branch from its number, counted from 0.
            observation: What the last step, or the reset, returned, for agents that know the prefix, such as copies of
                the one that acted in it: they take over as they are. Left out, the agents are reset and first shown the
                whole conversation, their own side as assistant messages with OpenAI-style ``tool_calls``.

        Returns:
            A result for each branch, in order.

        Raises:
            EnvArgumentError: There is not one agent for each branch, or an episode is over already.
        """
        if not callable(agents) and len(agents) != len(self.envs):
            expected = f"{len(self.envs)} agents, one for each branch"
            raise EnvArgumentError("agents", expected, agents, "Or pass a function that makes one from its number.")
        for env in self.envs:
            _require_running(_episode(env))
        seen = {"messages": _conversation(_episode(self.envs[0]))} if observation is None else observation
        results = []
        for number, env in enumerate(self.envs):
            agent = agents[number] if not callable(agents) else agents(number)
            results.append(_run(agent, env, deepcopy(seen), begin=observation is None))
        return tuple(results)


def branch(env: gym.Env[Any, Any], k: int) -> Branches:
    """So many independent continuations of an episode, in microseconds each; the environment itself stays as it is.

    Args:
        env: An environment of this package in the middle of an episode, wrapped or not.
        k: How many.

    Raises:
        EnvArgumentError: `k` is below 1, the environment is none of this package's, or its episode is over.
        ResetNeeded: It has no episode yet.
    """
    if type(k) is not int or k < 1:
        raise EnvArgumentError("k", "an integer of 1 or more", k, "Say how many branches to make.")
    _require_running(_episode(env))
    if isinstance(env, AgentAlignEnv):
        return Branches([env.fork() for _ in range(k)])
    return Branches([deepcopy(env) for _ in range(k)])


def group_advantages(rewards: Sequence[float], *, baseline: Baseline = "group", eps: float = 1e-6) -> list[float]:
    """How much better each reward is than its group.

    With the baseline ``group``, as in GRPO, ``(reward - mean) / (std + eps)``, where ``std`` is that of the group
    (divided by its size, not by one less). With ``leave-one-out``, as in RLOO, the reward less the others' mean.

    Args:
        rewards: Of one group, such as the branches of one prefix.
        baseline: What they are compared with.
        eps: Keeps the quotient finite.

    Returns:
        The advantages, in order; zeros where all rewards are equal.

    Raises:
        EnvArgumentError: A reward is not finite, or the baseline is unknown.
    """
    if baseline not in {"group", "leave-one-out"}:
        raise EnvArgumentError("baseline", "'group' or 'leave-one-out'", baseline, "Leave it out for 'group'.")
    values = [float(reward) for reward in rewards]
    if not all(map(isfinite, values)):
        raise EnvArgumentError("rewards", "finite numbers", values, "Leave out branches that were not scored.")
    count = len(values)
    if not values or min(values) == max(values):
        return [0.0] * count
    mean = sum(values) / count
    if baseline == "leave-one-out":
        return [(value - mean) * count / (count - 1) for value in values]
    spread = sqrt(sum((value - mean) ** 2 for value in values) / count)
    return [(value - mean) / (spread + eps) for value in values]


def _run(agent: Agent, env: gym.Env[Any, Any], observation: Observation, *, begin: bool) -> BranchResult:
    """One branch to its end."""
    episode = _episode(env)
    setting = episode.setting
    steps: list[BranchStep] = []
    over = False
    while not over:
        try:
            if begin:
                schemas = load_tools(setting.faces).openai_schemas(setting.tools)
                agent.reset(cast("Scenario", setting), schemas)
                begin = False
            action = agent.act(observation)
        except Exception as error:  # noqa: BLE001 - the agent is foreign code: its crash costs this branch alone
            _LOG.warning("an agent crashed in a branch of %s", setting.id, exc_info=True)
            return BranchResult(0.0, "fault", 0.0, tuple(steps), f"{type(error).__name__}: {error}"[:2_000])
        observation, reward, terminated, truncated, _ = env.step(action)
        steps.append(BranchStep(action, observation, float(reward)))
        over = terminated or truncated
    return BranchResult(sum((step.reward for step in steps), 0.0), episode.outcome, episode.credit, tuple(steps))


def _episode(env: gym.Env[Any, Any]) -> Episode:
    own = env.unwrapped
    if not isinstance(own, AgentAlignEnv):
        remedy = "Branch an environment that gymnasium.make('agentalign_env:...') gives."
        raise EnvArgumentError("env", "an environment of this package", type(own).__name__, remedy)
    return own.episode


def _require_running(episode: Episode) -> None:
    if episode.over:
        raise EnvArgumentError(
            "env", "an episode under way", episode.outcome, "It is over: branch it before its last step, or reset it."
        )


def _conversation(episode: Episode) -> list[dict[str, Any]]:
    """All that was said so far; what tools answered is found by playing the turns again."""
    again = Episode(episode.setting, episode.limits)
    messages: list[dict[str, Any]] = [dict(message) for message in again.opening()]
    for turn, _ in episode.log:
        messages.append(_said(turn))
        messages += [dict(message) for message in again.step(turn)]
    return messages


def _said(turn: AssistantTurn | ActionError) -> dict[str, Any]:
    """The agent's side of a step; of a malformed action nothing is kept but the answer."""
    if isinstance(turn, ActionError):
        return {"role": "assistant", "content": ""}
    message: dict[str, Any] = {"role": "assistant", "content": turn.message}
    if turn.calls:
        message["tool_calls"] = [
            {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": dict(call.arguments)}}
            for call in turn.calls
        ]
    return message
