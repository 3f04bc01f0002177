"""The environment behind all ids: actions become steps of an episode, and an episode is told in Gymnasium's terms."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from copy import deepcopy
from typing import Any, Protocol

import gymnasium as gym
import numpy as np
from gymnasium.utils import seeding

from agentalign_env.core.limits import DEFAULT_LIMITS
from agentalign_env.core.rng import derive_seed
from agentalign_env.core.sandbox import Machine
from agentalign_env.envs.actions import parse_action
from agentalign_env.envs.backend import Backend, machine_of
from agentalign_env.envs.episode import Episode, EpisodeState, Setting, require_state
from agentalign_env.envs.rendering import render_episode, render_opening, render_steps
from agentalign_env.envs.spaces import AgentActionSpace, ObservationSpace
from agentalign_env.errors import EnvArgumentError

__all__ = ["AgentAlignEnv", "SettingSource"]

Observation = dict[str, Any]
Info = dict[str, Any]


class SettingSource(Protocol):
    """Where an environment takes the settings of its episodes from. Picklable; shared by forks."""

    def draw(self, number: int) -> Setting:
        """The setting that a random number stands for."""
        ...

    def choose(self, options: Mapping[str, Any], number: int) -> Setting:
        """The setting that the options of a reset ask for; what they leave open is taken from the number."""
        ...


class AgentAlignEnv(gym.Env[Observation, Any]):
    """Episodes of tool use in a simulated world.

    Synchronous and thread-free; deep copies, pickles and forks keep the episode. Actions never raise: whatever is wrong
    with one is answered in the observation, and named in ``info["action_error"]``.

    Args:
        source: Where episodes begin.
        tools: Names of all tools that any of its settings offers.
        faces: The seed of the generated tools, ``None`` for the catalogue's own.
        max_steps: Steps before an episode is truncated.
        render_mode: ``"ansi"``: `render` returns text; ``"human"``: every step is printed; or none.
        backend: Where commands, files, processes and repositories are: ``"memory"``, or ``"docker"`` for a container
            per episode; a `ContainerOptions` says what it is like.

    Raises:
        EnvArgumentError: An argument is out of range.
    """

    metadata: dict[str, Any] = {"render_modes": ["ansi", "human"], "render_fps": 1}  # noqa: RUF012 - as Gymnasium has it

    def __init__(
        self,
        source: SettingSource,
        tools: Iterable[str],
        *,
        faces: int | None = None,
        max_steps: int = DEFAULT_LIMITS.steps,
        render_mode: str | None = None,
        backend: Backend = "memory",
    ) -> None:
        if type(max_steps) is not int or max_steps < 1:
            raise EnvArgumentError(
                "max_steps", "an integer of 1 or more", max_steps, f"Leave it out for {DEFAULT_LIMITS.steps}."
            )
        if render_mode is not None and render_mode not in self.metadata["render_modes"]:
            raise EnvArgumentError("render_mode", "'ansi', 'human' or None", render_mode, "Use 'ansi' for text.")
        self.action_space = AgentActionSpace(tools, faces=faces)
        self.observation_space = ObservationSpace()
        self.render_mode = render_mode
        self.limits = DEFAULT_LIMITS._replace(steps=max_steps)
        self._machine = machine_of(backend)
        self._source = source
        self._episode: Episode | None = None
        self._generator: np.random.Generator | None = None
        self._root_seed: int | None = None
        self._episodes = 0
        self._printed = 0

    @property
    def episode(self) -> Episode:
        """The episode under way, or the last one.

        Raises:
            ResetNeeded: There was none yet.
        """
        if self._episode is None:
            raise gym.error.ResetNeeded(
                "Cannot step, render or copy an episode before the first reset: call env.reset() first."
            )
        return self._episode

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Observation, Info]:
        """Begins an episode.

        Args:
            seed: Makes the sequence of episodes from here on a function of it.
            options: ``scenario`` and ``intent`` choose the episode; see the environment's class.

        Returns:
            The opening messages, and the info described at the environment's class.

        Raises:
            EnvArgumentError: An option is unknown or out of range.
        """
        if seed is not None:
            self._set_seed(seed)
        elif self._root_seed is None:
            self._root_seed = int(self.np_random_seed or 0)
        number = derive_seed("episode", self._root_seed or 0, self._episodes)
        self._episodes += 1
        setting = self._source.choose(options, number) if options else self._source.draw(number)
        episode = self._begin(Episode(setting, self.limits, self._new_machine()))
        if self.render_mode == "human":
            sys.stdout.write(render_opening(episode))
        return {"messages": episode.opening()}, self._info(episode)

    def step(self, action: Any) -> tuple[Observation, float, bool, bool, Info]:
        """Carries out an action; see the class for its forms.

        A step after the end changes nothing and says so in the info.

        Returns:
            The new messages; the reward, 0.0 until the episode ends; whether the agent ended it; whether it was cut
            off; the info.
        """
        episode = self._episode or self.episode
        if episode.terminated or episode.truncated:
            return (
                {"messages": []},
                0.0,
                episode.terminated,
                episode.truncated,
                {**self._info(episode), "action_error": "invalid_state"},
            )
        messages = episode.step(parse_action(action, self.limits))
        if self.render_mode == "human":
            self.render()
        return {"messages": messages}, episode.reward, episode.terminated, episode.truncated, self._info(episode)

    def render(self) -> str | None:
        """The episode so far as text (``"ansi"``); in ``"human"`` mode prints the steps that were not printed yet."""
        if self.render_mode == "ansi":
            return render_episode(self.episode)
        if self.render_mode == "human":
            sys.stdout.write(render_steps(self.episode, self._printed))
            self._printed = len(self.episode.log)
        return None

    def get_state(self) -> EpisodeState:
        """The episode as it is now, in microseconds whatever the size of the world."""
        return self.episode.get_state()

    def set_state(self, state: EpisodeState) -> None:
        """Puts an episode back as it was, also after a reset to another one, or in an environment of another class.

        Raises:
            StateMismatchError: It is no state of an episode.
        """
        require_state(state)
        episode = self._episode
        if episode is not None and episode.setting is state.setting:
            episode.set_state(state)
            self._printed = len(episode.log)
        else:
            self._begin(Episode.from_state(state, self.limits, self._new_machine()))

    def fork(self) -> AgentAlignEnv:
        """An independent environment whose episode goes on from here; in microseconds."""
        twin = type(self).__new__(type(self))
        twin.__setstate__(
            {
                **self.__dict__,
                "action_space": deepcopy(self.action_space),
                "observation_space": deepcopy(self.observation_space),
                "_generator": deepcopy(self._generator),
                "_episode": None if self._episode is None else self._episode.fork(),
            }
        )
        return twin

    def close(self) -> None:
        """Ends the episode and gives back what it holds; the environment can be reset again."""
        if self._episode is not None and self._episode.machine is not None:
            self._episode.machine.release()

    def __deepcopy__(self, memo: dict[int, Any]) -> AgentAlignEnv:
        return self.fork()

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        if self._episode is not None:
            self._begin(self._episode)

    def _new_machine(self) -> Machine | None:
        self.close()
        return deepcopy(self._machine)

    def _begin(self, episode: Episode) -> Episode:
        self._episode = episode
        self._printed = len(episode.log)
        self.action_space.focus(episode.world, episode.setting.tools)  # type: ignore[attr-defined]
        return episode

    def _info(self, episode: Episode) -> Info:
        setting = episode.setting
        return {
            "scenario_id": setting.id,
            "intent": setting.intent,
            "explicitness": setting.explicitness,
            "tools": setting.tools,
            "digest": episode.world.store.digest(),
            "action_error": episode.error,
            "outcome": episode.outcome,
            "credit": episode.credit,
            "calls": len(episode.results),
            "fault": episode.fault,
        }

    # Gymnasium makes a generator at every seeded reset, which costs more than the rest of it; here it is made when
    # used.

    def _set_seed(self, seed: int) -> None:
        if type(seed) is not int or seed < 0:
            seeding.np_random(seed)  # raises Gymnasium's error
        self._root_seed, self._np_random_seed, self._generator, self._episodes = seed, seed, None, 0

    @property
    def _np_random(self) -> np.random.Generator | None:
        if self._generator is None and self._np_random_seed is not None and self._np_random_seed >= 0:
            self._generator = seeding.np_random(self._np_random_seed)[0]
        return self._generator

    @_np_random.setter
    def _np_random(self, value: np.random.Generator | None) -> None:
        self._generator = value
