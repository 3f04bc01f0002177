"""Rollouts through a shared queue: one side submits, any number of workers act, one side collects."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from functools import partial
from hashlib import blake2b
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from agentalign_env.agents.catalogue import AGENT_NAMES, make_agent
from agentalign_env.agents.protocol import Agent
from agentalign_env.backends.queue import Lease, WorkQueue
from agentalign_env.core.limits import DEFAULT_LIMITS
from agentalign_env.core.world import GENERATOR_VERSION
from agentalign_env.errors import RemoteRolloutError, StoreContentError, UnknownNameError
from agentalign_env.recording.export.files import new_file
from agentalign_env.recording.trajectory import SCHEMA_VERSION
from agentalign_env.rollouts.executors import Execution, lines
from agentalign_env.rollouts.sources import ScenarioSpec

if TYPE_CHECKING:
    from redis import Redis

__all__ = ["RemoteRollout", "WorkSummary", "collect", "submit_rollout", "work"]

_LOG = logging.getLogger(__name__)
_FORM = {"form": "rollout", "version": 1, "worlds": GENERATOR_VERSION, "records": SCHEMA_VERSION}
_HASH_BYTES = 16
_SHOWN = 3

AgentMaker = Callable[[int], Agent]


class RemoteRollout(NamedTuple):
    """A rollout in a queue: the ids of its shards, in order. The same arguments give the same ids."""

    queue: str
    shards: tuple[str, ...]
    episodes: tuple[int, ...]


class WorkSummary(NamedTuple):
    """What a worker did: shards and episodes that it published first, and shards that failed."""

    shards: int
    episodes: int
    failed: int


def submit_rollout(
    store: Redis,
    specs: Iterable[ScenarioSpec],
    *,
    agent: str = "oracle",
    agent_seed: int = 0,
    queue: str = "rollouts",
    shard: int = 16,
    max_steps: int = DEFAULT_LIMITS.steps,
) -> RemoteRollout:
    """Puts a rollout into a queue, cut into shards; what is there already, or was done, is not put again.

    Args:
        store: From `open_store`.
        specs: The scenarios, in the order of the records.
        agent: Who acts: a built-in one, or one that the workers were told of.
        agent_seed: For agents that draw.
        queue: The name of the queue.
        shard: Scenarios per task.
        max_steps: Steps before an episode is truncated.

    Raises:
        ValueError: `shard` or `max_steps` is below 1.
    """
    if shard < 1 or max_steps < 1:
        raise ValueError(f"shard and max_steps: expected 1 or more, got {shard} and {max_steps}. Leave them out.")
    sizes: list[int] = []

    def payloads() -> Iterator[bytes]:
        left = iter(specs)
        while part := list(islice(left, shard)):
            sizes.append(len(part))
            task = {"agent": agent, "agent_seed": agent_seed, "max_steps": max_steps}
            task["scenarios"] = [spec.to_json() for spec in part]
            yield orjson.dumps({**_FORM, **task})

    ids = WorkQueue(store, queue).put(payloads())
    return RemoteRollout(queue, tuple(ids), tuple(sizes))


def collect(
    store: Redis,
    remote: RemoteRollout,
    out: str | Path,
    *,
    timeout_s: float | None = None,
    progress: Callable[[int], None] | None = None,
) -> int:
    """Waits for all shards and writes their records into one file, in the order in which they were submitted.

    The file is that of a rollout in one process, byte for byte; it takes its place in one step at the end.

    Args:
        store: From `open_store`.
        remote: From `submit_rollout`.
        out: The file; its folder is made where missing.
        timeout_s: How long to wait at most without any shard ending; ``None``: for ever.
        progress: Called with the number of episodes of each shard as it is written.

    Returns:
        How many episodes there are.

    Raises:
        RemoteRolloutError: Shards were put aside, or none ended in time.
        StoreContentError: A result is not what a worker published.
    """
    queue, path = WorkQueue(store, remote.queue), Path(out)
    ended = _Ended(queue, timeout_s)
    with new_file(path) as part, part.open("wb") as file:
        for shard, episodes in zip(remote.shards, remote.episodes, strict=True):
            file.write(_checked(ended.result(shard), shard, episodes))
            if progress is not None:
                progress(episodes)
    return sum(remote.episodes)


class _Ended:
    """Waits for shards without asking again and again."""

    def __init__(self, queue: WorkQueue, timeout_s: float | None) -> None:
        self._queue, self._timeout_s, self._place = queue, timeout_s, "0"

    def result(self, shard: str) -> bytes:
        """The result of a shard, as soon as it is there."""
        last = time.monotonic()
        while (found := self._queue.result(shard)) is None:
            dead = self._queue.dead()
            if shard in dead:
                raise RemoteRolloutError(_all_dead(dead))
            moved = False
            for place, _ in self._queue.finished(self._place):
                self._place, moved = place, True
            if moved:
                last = time.monotonic()
            elif self._timeout_s is not None and time.monotonic() - last > self._timeout_s:
                raise RemoteRolloutError(
                    f"expected a shard to end within {self._timeout_s:g} s, none did: {self._queue.counts()}. Start "
                    f"workers (agentalign worker --queue {self._queue.name}), and collect again."
                )
        return found


def _all_dead(dead: Mapping[str, str]) -> str:
    shown = "; ".join(f"{task}: {reason}" for task, reason in islice(dead.items(), _SHOWN))
    return (
        f"expected every shard to end, {len(dead)} were put aside: {shown}. Mend the cause, then call "
        "WorkQueue.retry_dead()."
    )


def _checked(result: bytes, shard: str, episodes: int) -> bytes:
    """The lines of a result, whole and as many as there should be."""
    told, lines = result[: 2 * _HASH_BYTES], result[2 * _HASH_BYTES :]
    if told != _hash(lines) or lines.count(b"\n") != episodes:
        raise StoreContentError(
            f"shard {shard}: expected {episodes} records as a worker published them, found something else. Clear the "
            "queue and submit again."
        )
    return lines


def _hash(lines: bytes) -> bytes:
    return blake2b(lines, digest_size=_HASH_BYTES, person=b"rollout-result").hexdigest().encode()


def work(
    store: Redis,
    queue: str = "rollouts",
    *,
    agents: Mapping[str, AgentMaker] | None = None,
    drain: bool = False,
    lease_ms: int = 30_000,
    most_tries: int = 3,
    shard_timeout_s: float = 3_600.0,
    episode_timeout_s: float | None = 600.0,
    stop: threading.Event | None = None,
    progress: Callable[[int], None] | None = None,
) -> WorkSummary:
    """Takes shards from a queue, rolls them out and publishes the records, until it is told to stop.

    What fails is tried again, by whoever comes next, and put aside after `most_tries`. The store can name agents but
    never make a worker import code: agents beside the built-in ones are given here.

    Args:
        store: From `open_store`.
        queue: The name of the queue.
        agents: Makers of further agents by name; each is called with the agent's seed.
        drain: Stop when every task of the queue is done or put aside.
        lease_ms: After so long without a sign of life another worker takes a shard over.
        most_tries: How often a shard is tried.
        shard_timeout_s: After so long a shard counts as hung, and another worker may take it over.
        episode_timeout_s: The longest that an episode of one of `agents` may take; a longer one is recorded as a fault.
            Built-in agents wait for nothing.
        stop: Set it to stop after the shard under way.
        progress: Called with the number of episodes of each shard that was published.
    """
    from redis.exceptions import RedisError

    tasks = WorkQueue(store, queue, lease_ms=lease_ms, most_tries=most_tries)
    shards = episodes = failed = 0
    while stop is None or not stop.is_set():
        lease = tasks.lease()
        if lease is None:
            if drain and tasks.is_drained:
                break
            continue
        try:
            with _Heartbeat(tasks, lease, shard_timeout_s):
                records = _run(lease.payload, agents or {}, episode_timeout_s)
        except Exception as error:  # noqa: BLE001 - whatever a shard asks for, the worker goes on with the next one
            _LOG.warning("shard %s failed in try %d", lease.task, lease.tries, exc_info=True)
            tasks.fail(lease, f"{type(error).__name__}: {error}"[:2_000])
            failed += 1
            continue
        except BaseException:  # such as an interrupt: whoever asks next need not wait for the lease to expire
            with suppress(RedisError):
                tasks.release(lease)
            raise
        whole = b"".join(records)
        if tasks.done(lease, _hash(whole) + whole):
            shards, episodes = shards + 1, episodes + len(records)
            if progress is not None:
                progress(len(records))
    return WorkSummary(shards, episodes, failed)


class _Heartbeat:
    """Extends a lease from a thread of its own while its task is carried out."""

    def __init__(self, queue: WorkQueue, lease: Lease, timeout_s: float) -> None:
        self._queue, self._lease, self._timeout_s = queue, lease, timeout_s
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="agentalign-heartbeat", daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _beat(self) -> None:
        from redis.exceptions import RedisError

        every_s, begun = self._queue.lease_ms / 3_000, time.monotonic()
        while not self._over.wait(every_s) and time.monotonic() - begun < self._timeout_s:
            try:
                if not self._queue.extend(self._lease):
                    return
            except RedisError:  # the lease may expire; the result is still published once
                _LOG.warning("the lease of shard %s could not be extended", self._lease.task, exc_info=True)


def _run(payload: bytes, agents: Mapping[str, AgentMaker], episode_timeout_s: float | None) -> list[bytes]:
    """The records of a shard, a line each."""
    task: dict[str, Any] = orjson.loads(payload)
    found = {key: task.get(key) for key in _FORM}
    if found != _FORM:
        raise StoreContentError(f"expected a task of {_FORM}, found {found}. Use one version on both sides.")
    name, seed = task["agent"], task["agent_seed"]
    scenarios = [ScenarioSpec.from_json(values) for values in task["scenarios"]]
    how = Execution(max_steps=task["max_steps"])
    if name in agents and episode_timeout_s is not None:
        how = how._replace(executor="async", workers=1, episode_timeout_s=episode_timeout_s)
    return list(lines(partial(_agent, name, seed, agents), scenarios, how))


def _agent(name: str, seed: int, agents: Mapping[str, AgentMaker]) -> Agent:
    if name in agents:
        return agents[name](seed)
    if name not in AGENT_NAMES:
        raise UnknownNameError("agent", name, (*AGENT_NAMES, *agents))
    return make_agent(name, seed)
