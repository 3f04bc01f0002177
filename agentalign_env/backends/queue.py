"""A queue of work that several processes, on several machines, share: leased, renewed, taken over, done once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, NamedTuple, cast

if TYPE_CHECKING:
    from redis import Redis

__all__ = ["Lease", "QueueCounts", "WorkQueue", "task_id"]

_GROUP = "workers"
_WAIT_MS = 500
_BATCH = 256


class Lease(NamedTuple):
    """A task that a worker holds for a while.

    Attributes:
        task: Its id, derived from its payload.
        payload: What to do.
        entry: Where it lies in the stream.
        tries: How often it was leased, this time included.
    """

    task: str
    payload: bytes
    entry: str
    tries: int


class QueueCounts(NamedTuple):
    """How many tasks there are, and how many of them are where; those that are in none of these still wait."""

    tasks: int
    leased: int
    done: int
    dead: int


def task_id(payload: bytes) -> str:
    """The id of a task: the same payload is the same task."""
    return blake2b(payload, digest_size=16).hexdigest()


class WorkQueue:
    """A queue in a store. Every worker makes its own; threads do not share one.

    A task is delivered at least once and its result is published exactly once: whoever is first. A worker that dies
    keeps its lease until that expires; then the next one that asks takes the task over. What was leased `most_tries`
    times without a result is put aside, with the last reason.

    Args:
        store: From `open_store`.
        name: Of the queue.
        lease_ms: How long a lease holds without being extended; the same for all who share the queue.
        most_tries: How often a task is leased before it is put aside.
    """

    def __init__(self, store: Redis, name: str, *, lease_ms: int = 30_000, most_tries: int = 3) -> None:
        if lease_ms < 1 or most_tries < 1:
            raise ValueError(
                f"lease_ms and most_tries: expected 1 or more, got {lease_ms} and {most_tries}. Leave them out."
            )
        self._store, self.name, self.lease_ms, self.most_tries = store, name, lease_ms, most_tries
        base = f"agentalign:queue:{{{name}}}"  # the braces keep all keys on one node of a cluster
        self._waiting, self._finished = f"{base}:waiting", f"{base}:finished"
        self._tasks, self._results, self._dead = f"{base}:tasks", f"{base}:results", f"{base}:dead"
        self._reasons = f"{base}:reasons"
        self._join()
        self._worker = f"worker-{store.incr(f'{base}:workers')}"

    def _join(self) -> None:
        from redis.exceptions import ResponseError

        try:
            self._store.xgroup_create(self._waiting, _GROUP, id="0", mkstream=True)
        except ResponseError as error:
            if not str(error).startswith("BUSYGROUP"):  # another worker has made it
                raise

    # Submitting

    def put(self, payloads: Iterable[bytes]) -> list[str]:
        """Adds tasks, and says their ids in order; a task that is there already is not added again."""
        ids: list[str] = []
        batch: dict[str, bytes] = {}
        for payload in payloads:
            ids.append(task_id(payload))
            batch[ids[-1]] = payload
            if len(batch) == _BATCH:
                self._add(batch)
                batch = {}
        if batch:
            self._add(batch)
        return ids

    def _add(self, batch: Mapping[str, bytes]) -> None:
        """Adds the tasks that are not there, all or none of them."""

        def add(pipe: Any) -> None:
            known = pipe.hmget(self._tasks, list(batch))
            pipe.multi()
            for (task, payload), there in zip(batch.items(), known, strict=True):
                if there is None:
                    pipe.hset(self._tasks, task, payload)
                    pipe.xadd(self._waiting, {"task": task})

        self._store.transaction(add, self._tasks)

    # Working

    def lease(self, wait_ms: int = _WAIT_MS) -> Lease | None:
        """The next task: one whose lease expired, else one that waits; ``None`` if none came within `wait_ms`.

        Tasks that were tried too often are put aside on the way.
        """
        while True:
            entry, fields = self._claimed() or self._new(wait_ms) or ("", {})
            if not entry:
                return None
            task = _text(fields[b"task"])
            tries = self._tries(entry)
            if self._store.hexists(self._results, task) or self._store.hexists(self._dead, task):
                self._drop(entry)  # its worker was slow, not dead
            elif tries > self.most_tries:
                reason = self._store.hget(self._reasons, task) or b"its workers died or lost their lease"
                self._bury(task, entry, _text(reason))
            else:
                payload: Any = self._store.hget(self._tasks, task)
                if payload is not None and task_id(payload) == task:
                    return Lease(task, payload, entry, tries)
                self._bury(task, entry, "expected the payload that was submitted, found another or none")

    def extend(self, lease: Lease) -> bool:
        """Holds a lease for its full time from now; says whether it was still held."""
        if not self._holds(lease):
            return False
        self._store.xclaim(self._waiting, _GROUP, self._worker, 0, [lease.entry], justid=True)
        return True

    def done(self, lease: Lease, result: bytes) -> bool:
        """Publishes the result, also when the lease was lost meanwhile; says whether it was the first one."""
        with self._store.pipeline(transaction=True) as pipe:
            pipe.hsetnx(self._results, lease.task, result)
            pipe.xack(self._waiting, _GROUP, lease.entry)
            pipe.xdel(self._waiting, lease.entry)
            pipe.hdel(self._reasons, lease.task)
            pipe.hdel(self._dead, lease.task)
            pipe.xadd(self._finished, {"task": lease.task})
            return bool(pipe.execute()[0])

    def fail(self, lease: Lease, reason: str) -> None:
        """Gives a task back for another try at once, or puts it aside when this was the last one."""
        if not self._holds(lease):
            return
        if lease.tries >= self.most_tries:
            self._bury(lease.task, lease.entry, reason)
            return
        self._store.hset(self._reasons, lease.task, reason)
        self._store.xclaim(self._waiting, _GROUP, self._worker, 0, [lease.entry], idle=self.lease_ms + 1, justid=True)

    def release(self, lease: Lease) -> None:
        """Gives a task back at once, as if it had never been leased: for a worker that is told to stop."""
        if self._holds(lease):
            self._store.xclaim(
                self._waiting,
                _GROUP,
                self._worker,
                0,
                [lease.entry],
                idle=self.lease_ms + 1,
                retrycount=lease.tries - 1,
                justid=True,
            )

    # Collecting

    def result(self, task: str) -> bytes | None:
        """What was published for a task, or ``None``."""
        found: bytes | None = cast("Any", self._store.hget(self._results, task))
        return found

    def dead(self) -> dict[str, str]:
        """The tasks that were put aside, with the last reason."""
        return {_text(task): _text(reason) for task, reason in self._store.hgetall(self._dead).items()}

    def retry_dead(self) -> int:
        """Puts every task that was put aside back into the queue, and says how many."""
        tasks = list(self.dead())
        for task in tasks:
            with self._store.pipeline(transaction=True) as pipe:
                pipe.hdel(self._dead, task)
                pipe.xadd(self._waiting, {"task": task})
                pipe.execute()
        return len(tasks)

    def finished(self, after: str = "0", wait_ms: int = _WAIT_MS) -> Iterator[tuple[str, str]]:
        """Tasks that ended (also by being put aside) after a place, each with its own place; a task may come twice."""
        answer: Any = self._store.xread({self._finished: after}, count=_BATCH, block=max(wait_ms, 1))
        for _, entries in answer or ():
            for entry, fields in entries:
                yield _text(entry), _text(fields[b"task"])

    def counts(self) -> QueueCounts:
        """How far the queue is."""
        pending: Any = self._store.xpending(self._waiting, _GROUP)
        return QueueCounts(
            int(self._store.hlen(self._tasks)),
            int(pending["pending"]),
            int(self._store.hlen(self._results)),
            int(self._store.hlen(self._dead)),
        )

    @property
    def is_drained(self) -> bool:
        """Whether every task has a result or was put aside."""
        counts = self.counts()
        return counts.done + counts.dead >= counts.tasks

    def clear(self) -> None:
        """Forgets tasks and results; for when no worker is at them."""
        self._store.delete(self._waiting, self._finished, self._tasks, self._results, self._dead, self._reasons)
        self._join()

    def _claimed(self) -> tuple[str, Mapping[bytes, bytes]] | None:
        answer: Any = self._store.xautoclaim(self._waiting, _GROUP, self._worker, self.lease_ms, count=1)
        return _first(answer[1])

    def _new(self, wait_ms: int) -> tuple[str, Mapping[bytes, bytes]] | None:
        answer: Any = self._store.xreadgroup(_GROUP, self._worker, {self._waiting: ">"}, count=1, block=max(wait_ms, 1))
        return _first(answer[0][1]) if answer else None

    def _pending(self, entry: str) -> Mapping[str, Any]:
        found: Any = self._store.xpending_range(self._waiting, _GROUP, min=entry, max=entry, count=1)
        return found[0] if found else {}

    def _tries(self, entry: str) -> int:
        return int(self._pending(entry).get("times_delivered", 1))

    def _holds(self, lease: Lease) -> bool:
        # Between this look and what follows, the lease may expire; then two workers are at it, and the first result
        # counts.
        return bool(self._pending(lease.entry).get("consumer") == self._worker.encode())

    def _drop(self, entry: str) -> None:
        self._store.xack(self._waiting, _GROUP, entry)
        self._store.xdel(self._waiting, entry)

    def _bury(self, task: str, entry: str, reason: str) -> None:
        def bury(pipe: Any) -> None:
            done = pipe.hexists(self._results, task)
            pipe.multi()
            if not done:
                pipe.hset(self._dead, task, reason)
                pipe.xadd(self._finished, {"task": task})
            pipe.hdel(self._reasons, task)
            pipe.xack(self._waiting, _GROUP, entry)
            pipe.xdel(self._waiting, entry)

        self._store.transaction(bury, self._results)


def _first(entries: Any) -> tuple[str, Mapping[bytes, bytes]] | None:
    for entry, fields in entries:
        if fields is not None:
            return _text(entry), fields
    return None


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
