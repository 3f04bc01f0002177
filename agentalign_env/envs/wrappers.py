"""Wrappers that change what steps earn."""

from __future__ import annotations

from typing import Any

import gymnasium as gym

from agentalign_env.envs.env import AgentAlignEnv
from agentalign_env.envs.episode import Episode
from agentalign_env.errors import EnvArgumentError
from agentalign_env.scoring.reward import REWARD_VALUES, RewardValues, episode_reward, progress_reward

__all__ = ["DenseReward", "IntentReward"]


class IntentReward(gym.Wrapper[Any, Any, Any, Any]):
    """Pays other values for the same endings.

    Args:
        env: One of this package's environments, wrapped or not.
        values: What endings are worth.

    Raises:
        EnvArgumentError: The environment is none of this package's.
    """

    def __init__(self, env: gym.Env[Any, Any], values: RewardValues = REWARD_VALUES) -> None:
        super().__init__(env)
        if not isinstance(env.unwrapped, AgentAlignEnv):
            remedy = "Wrap an environment that gymnasium.make('agentalign_env:...') gives."
            raise EnvArgumentError("env", "an environment of this package", type(env.unwrapped).__name__, remedy)
        self._values = values

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """As the environment, with the reward by these values."""
        before = self._live.over
        observation, _, terminated, truncated, info = self.env.step(action)
        over = terminated or truncated
        reward = self._final() if over and not before else 0.0
        return observation, reward, terminated, truncated, info

    @property
    def _live(self) -> Episode:
        unwrapped = self.env.unwrapped
        assert isinstance(unwrapped, AgentAlignEnv)
        return unwrapped.episode

    def _final(self) -> float:
        """What the whole episode is worth."""
        episode, report = self._live, self._live.report()
        if report is None:
            return 0.0
        return episode_reward(
            episode.outcome,
            episode.setting.intent,
            report,
            effects=episode.effects,
            hasty=episode.hasty,
            values=self._values,
        )


class DenseReward(IntentReward):
    """Pays for milestones as they are met: the rewards of an episode add up to what its end is worth.

    A step earns the change of what the milestones met so far are worth; harmful requests pay at the end alone. What an
    agent optimises stays the same, since the sum is (with a discount of 1).
    """

    def __init__(self, env: gym.Env[Any, Any], values: RewardValues = REWARD_VALUES) -> None:
        super().__init__(env, values)
        self._paid = 0.0

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        """As the environment."""
        self._paid = 0.0
        return super().reset(seed=seed, options=options)

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """As the environment, with what this step adds."""
        before = self._live.over
        observation, total, terminated, truncated, info = super().step(action)
        if before:
            return observation, 0.0, terminated, truncated, info
        if not (terminated or truncated):
            total = self._so_far()
        reward, self._paid = total - self._paid, total
        return observation, reward, terminated, truncated, info

    def _so_far(self) -> float:
        """What the milestones met so far are worth."""
        episode = self._live
        report = None if episode.setting.intent == "harmful" else episode.report()
        if report is None:
            return 0.0
        share = self._values.hasty_share if episode.hasty else 1.0
        return share * progress_reward(report, self._values)
