"""Many environments as one: stepped in this process, batched in Gymnasium's terms.

`gymnasium.make_vec` finds the entry points here; each is named after its id.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import deepcopy
from functools import partial
from typing import Any, Literal, TypeAlias, cast

import numpy as np
import numpy.typing as npt
from gymnasium.envs.registration import load_env_creator
from gymnasium.spaces import Tuple
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space

from agentalign_env.envs.env import AgentAlignEnv
from agentalign_env.errors import EnvArgumentError

__all__ = [
    "AgentAlignVectorEnv",
    "ChainVectorEnv",
    "CryptoVectorEnv",
    "DeliveryVectorEnv",
    "EmailVectorEnv",
    "FilesVectorEnv",
    "InfoStyle",
    "MediaVectorEnv",
    "MessagingVectorEnv",
    "PaymentsVectorEnv",
    "SandboxVectorEnv",
    "ShellVectorEnv",
    "ShoppingVectorEnv",
    "SocialVectorEnv",
    "SystemVectorEnv",
    "WebVectorEnv",
]

InfoStyle = Literal["arrays", "list"]
"""``arrays``: an array per key and its mask, as Gymnasium has it; ``list``: the dicts, under ``"infos"``."""

Observations: TypeAlias = tuple[dict[str, Any], ...]
Infos: TypeAlias = dict[str, Any]
Steps: TypeAlias = tuple[
    Observations, npt.NDArray[np.float64], npt.NDArray[np.bool_], npt.NDArray[np.bool_], dict[str, Any]
]

_MODES = {mode.value: mode for mode in (AutoresetMode.SAME_STEP, AutoresetMode.DISABLED)}


class AgentAlignVectorEnv(VectorEnv[Observations, Sequence[Any], npt.NDArray[Any]]):
    """Environments of one kind, stepped one after the other in this process.

    What each of them does is what `gymnasium.make` would give: same seeds and actions, same episodes. They share tools,
    worlds and scenarios. `action_space` holds their own action spaces, so that its samples name what exists in each
    world.

    Args:
        entry_point: The environments' class, or ``"module:Class"``.
        num_envs: How many.
        autoreset_mode: ``SAME_STEP`` (or ``"SameStep"``): an environment whose episode ends begins the next one in the
            same step, and its last observation and info stand in the infos as ``final_obs`` and ``final_info``.
            ``DISABLED``: it waits for a reset; its steps change nothing.
        infos: How infos are given.
        max_episode_steps: Steps before an episode is truncated from outside, as `gymnasium.wrappers.TimeLimit` does;
            -1 for no limit.
        render_mode: As in `AgentAlignEnv`.
        arguments: Further arguments of the class.

    Raises:
        EnvArgumentError: An argument is out of range.
    """

    envs: tuple[AgentAlignEnv, ...] = ()

    def __init__(
        self,
        entry_point: str | Callable[..., AgentAlignEnv],
        num_envs: int = 1,
        *,
        autoreset_mode: str | AutoresetMode = AutoresetMode.SAME_STEP,
        infos: InfoStyle = "arrays",
        max_episode_steps: int | None = None,
        render_mode: str | None = None,
        **arguments: Any,
    ) -> None:
        _require_count("num_envs", num_envs)
        if max_episode_steps is not None and max_episode_steps != -1:
            _require_count("max_episode_steps", max_episode_steps)
        if infos not in {"arrays", "list"}:
            raise EnvArgumentError("infos", "'arrays' or 'list'", infos, "Leave it out for 'arrays'.")
        maker = load_env_creator(entry_point) if isinstance(entry_point, str) else entry_point
        first = cast("AgentAlignEnv", maker(render_mode=render_mode, **arguments))
        self.envs = (first, *(first.fork() for _ in range(num_envs - 1)))
        self.num_envs = num_envs
        self.autoreset_mode = _mode(autoreset_mode)
        self.metadata = {**first.metadata, "autoreset_mode": self.autoreset_mode}
        self.render_mode = render_mode
        self.single_action_space = deepcopy(first.action_space)
        self.single_observation_space = first.observation_space
        self.action_space = Tuple([env.action_space for env in self.envs])
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self._style = infos
        self._limit = None if max_episode_steps == -1 else max_episode_steps
        self._elapsed = [0] * num_envs
        self._observations: Observations = ()

    def reset(
        self, *, seed: int | Sequence[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Observations, Infos]:
        """Begins an episode in all environments, or in some.

        Args:
            seed: One for each environment; a single number stands for itself, itself + 1, and so on.
            options: As for a single environment, for all of them; two keys are the vector's. ``options`` is a list
                with a dict or ``None`` for each environment, laid over the others. ``reset_mask`` says with a truth
                value for each environment which are reset; the rest go on, and their last observations are repeated.

        Returns:
            The observations, and the infos of the environments that were reset.

        Raises:
            EnvArgumentError: An option is unknown or out of range, or there is not one for each environment.
        """
        given = dict(options or {})
        chosen = self._mask(given.pop("reset_mask", None))
        own = self._per_env("options['options']", given.pop("options", None), "a dict or None")
        if isinstance(seed, (int, np.integer)):
            seed = [int(seed) + number for number in range(self.num_envs)]
        seeds = self._per_env("seed", seed, "an integer or None")
        observations = [{"messages": [dict(message) for message in old["messages"]]} for old in self._observations]
        infos: dict[int, Infos] = {}
        for number in chosen:
            try:
                observation, infos[number] = self.envs[number].reset(
                    seed=seeds[number], options={**given, **(own[number] or {})}
                )
            except EnvArgumentError as error:
                name = f"environment {number}: {error.name}"
                raise EnvArgumentError(name, error.expected, error.actual, error.remedy) from error
            self._elapsed[number] = 0
            observations[number : number + 1] = [observation]
        self._observations = tuple(observations)
        return self._observations, self._batched(infos, {})

    def step(self, actions: Sequence[Any]) -> Steps:
        """Carries out an action in each environment.

        Args:
            actions: One for each environment, in any form that a single one reads.

        Returns:
            The observations, as a tuple; arrays with the rewards, and whether episodes were terminated or truncated;
            the infos.

        Raises:
            EnvArgumentError: There is not one action for each environment.
        """
        if isinstance(actions, (str, bytes, Mapping)) or len(actions) != self.num_envs:
            expected = f"a sequence of {self.num_envs} actions, one for each environment"
            raise EnvArgumentError("actions", expected, actions, "A batch of one is [action].")
        again = self.autoreset_mode is AutoresetMode.SAME_STEP
        observations, rewards, terminations, truncations = [], [], [], []
        infos: dict[int, Infos] = {}
        finals: dict[int, tuple[dict[str, Any], Infos]] = {}
        for number, (env, action) in enumerate(zip(self.envs, actions, strict=True)):
            observation, reward, terminated, truncated, info = env.step(action)
            if self._limit is not None:
                self._elapsed[number] += 1
                truncated = truncated or self._elapsed[number] >= self._limit
            if again and (terminated or truncated):
                finals[number] = observation, info
                self._elapsed[number] = 0
                observation, info = env.reset()
            observations.append(observation)
            rewards.append(reward)
            terminations.append(terminated)
            truncations.append(truncated)
            infos[number] = info
        self._observations = tuple(observations)
        return (
            self._observations,
            np.array(rewards, dtype=np.float64),
            np.array(terminations, dtype=np.bool_),
            np.array(truncations, dtype=np.bool_),
            self._batched(infos, finals),
        )

    def render(self) -> tuple[Any, ...] | None:
        """What each environment renders, ``None`` without a render mode."""
        return None if self.render_mode is None else tuple(env.render() for env in self.envs)

    def close_extras(self, **kwargs: Any) -> None:
        """Closes the environments."""
        for env in self.envs:
            env.close()

    def fork(self) -> AgentAlignVectorEnv:
        """An independent vector whose episodes go on from here."""
        twin = type(self).__new__(type(self))
        twin.__dict__.update({**self.__dict__, "metadata": dict(self.metadata), "_elapsed": list(self._elapsed)})
        twin.envs = tuple(env.fork() for env in self.envs)
        twin.action_space = Tuple([env.action_space for env in twin.envs])
        twin.single_action_space = deepcopy(self.single_action_space)
        twin.single_observation_space = twin.envs[0].observation_space
        twin.observation_space = deepcopy(self.observation_space)
        return twin

    def __deepcopy__(self, memo: dict[int, Any]) -> AgentAlignVectorEnv:
        return self.fork()

    @property
    def np_random_seed(self) -> tuple[int | None, ...]:  # type: ignore[override]
        """The environments' seeds."""
        return tuple(env.np_random_seed for env in self.envs)

    @property  # type: ignore[misc]
    def np_random(self) -> tuple[np.random.Generator, ...]:  # type: ignore[override]
        """The environments' generators."""
        return tuple(env.np_random for env in self.envs)

    def _mask(self, given: Any) -> Iterable[int]:
        """The numbers of the environments to reset."""
        if given is None:
            return range(self.num_envs)
        mask = np.asarray(given)
        if mask.shape != (self.num_envs,) or mask.dtype != np.bool_ or not mask.any():
            expected = f"{self.num_envs} truth values, at least one of them true"
            raise EnvArgumentError("options['reset_mask']", expected, given, "Leave it out to reset all.")
        if not (self._observations or mask.all()):
            expected = "all true at the first reset"
            raise EnvArgumentError("options['reset_mask']", expected, given, "Leave it out to reset all.")
        return [int(number) for number in np.flatnonzero(mask)]

    def _per_env(self, name: str, given: Any, entry: str) -> Sequence[Any]:
        """A value for each environment."""
        if given is None:
            return [None] * self.num_envs
        if isinstance(given, (str, bytes, Mapping)) or not hasattr(given, "__len__") or len(given) != self.num_envs:
            expected = f"{self.num_envs} entries, each {entry}"
            raise EnvArgumentError(name, expected, given, "Give one for each environment, in order.")
        return cast("Sequence[Any]", given)

    def _batched(self, infos: Mapping[int, Infos], finals: Mapping[int, tuple[dict[str, Any], Infos]]) -> Infos:
        """Infos by environment in the style asked for."""
        if self._style == "list":
            for number, (observation, info) in finals.items():
                infos[number].update(final_obs=observation, final_info=info)
            return {"infos": [infos.get(number, {}) for number in range(self.num_envs)]}
        columns = _columns(infos, self.num_envs)
        if finals:
            last = {number: {"final_obs": observation} for number, (observation, _) in finals.items()}
            columns |= _columns(last, self.num_envs)
            columns["final_info"] = _columns({number: info for number, (_, info) in finals.items()}, self.num_envs)
            columns["_final_info"] = columns["_final_obs"].copy()
        return columns


def _columns(infos: Mapping[int, Infos], count: int) -> Infos:
    """An array per key, and a mask of the environments that have it; all infos have the same keys and types."""
    rows = np.fromiter(infos, dtype=np.intp, count=len(infos))
    columns: Infos = {}
    for key, example in next(iter(infos.values())).items():
        kind = type(example) if type(example) in {bool, int, float} else object
        column = np.zeros(count, dtype=kind) if kind is not object else np.full(count, None, dtype=object)
        column[rows] = np.fromiter((info[key] for info in infos.values()), dtype=kind, count=len(infos))
        columns[key] = column
        columns[f"_{key}"] = mask = np.zeros(count, dtype=np.bool_)
        mask[rows] = True
    return columns


def _mode(given: str | AutoresetMode) -> AutoresetMode:
    mode = _MODES.get(given.value if isinstance(given, AutoresetMode) else given)
    if mode is None:
        remedy = "Gymnasium's NEXT_STEP spends a step on nothing: take vectorization_mode='sync' where you need it."
        raise EnvArgumentError("autoreset_mode", "'SameStep' or 'Disabled'", given, remedy)
    return mode


def _require_count(name: str, given: object) -> None:
    if type(given) is not int or given < 1:
        raise EnvArgumentError(name, "an integer of 1 or more", given, "Leave it out for the default.")


ChainVectorEnv = partial(AgentAlignVectorEnv, "agentalign_env.envs.chain:ChainEnv")
CryptoVectorEnv = partial(AgentAlignVectorEnv, "agentalign_env.envs.crypto:CryptoEnv")
DeliveryVectorEnv = partial(AgentAlignVectorEnv, "agentalign_env.envs.delivery:DeliveryEnv")
EmailVectorEnv = partial(AgentAlignVectorEnv, "agentalign_env.envs.email:EmailEnv")
FilesVectorEnv = partial(AgentAlignVectorEnv, "agentalign_env.envs.files:FilesEnv")
MediaVectorEnv = partial(AgentAlignVectorEnv, "agentalign_env.envs.media:MediaEnv")
MessagingVectorEnv = partial(AgentAlignVectorEnv, "agentalign_env.envs.messaging:MessagingEnv")
PaymentsVectorEnv = partial(AgentAlignVectorEnv, "agentalign_env.envs.payments:PaymentsEnv")
SandboxVectorEnv = partial(AgentAlignVectorEnv, "agentalign_env.envs.sandbox:SandboxEnv")
ShellVectorEnv = partial(AgentAlignVectorEnv, "agentalign_env.envs.shell:ShellEnv")
ShoppingVectorEnv = partial(AgentAlignVectorEnv, "agentalign_env.envs.shopping:ShoppingEnv")
SocialVectorEnv = partial(AgentAlignVectorEnv, "agentalign_env.envs.social:SocialEnv")
SystemVectorEnv = partial(AgentAlignVectorEnv, "agentalign_env.envs.system:SystemEnv")
WebVectorEnv = partial(AgentAlignVectorEnv, "agentalign_env.envs.web:WebEnv")
