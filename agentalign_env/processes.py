"""Worker processes: tasks go out in chunks, results come back in order; whoever dies is replaced and its task redone.

Workers are spawned, never forked: a fork copies the locks that this process's other threads hold (a progress bar, a
numeric library) and exists on some systems only. A fork server would be one more process whose death ends them all.
"""

from __future__ import annotations

import gc
import signal
import time
from collections import deque
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any, Generic, NamedTuple, TypeVar

from agentalign_env.errors import AgentAlignError

__all__ = ["Crew", "Deadline"]

T = TypeVar("T")
R = TypeVar("R")

_AHEAD = 4  # chunks for each worker that are taken from the input before their turn to be given
_AHEAD_FOR_ALIKE = 24  # the same while a worker looks for tasks that are like none of the others' tasks
_MOST_DEATHS = 3  # workers that one task may cost
_MOST_FALSE_STARTS = 3  # workers in a row that may die before they can take anything
_NEW_OBJECTS = 20_000  # between two looks of a worker's garbage collector; Python's 700 cost a tenth of the time
_READY = "ready"


class Deadline(NamedTuple, Generic[T, R]):
    """How long a task may take.

    Attributes:
        most_s: Seconds; then its process is ended.
        missed: The result of a task that took longer.
    """

    most_s: float
    missed: Callable[[T], R]


@dataclass(eq=False)
class _Chunk(Generic[T, R]):
    """Tasks that are sent together. The first of the rest is under way, or was when its worker died."""

    rest: deque[T]
    kind: Hashable
    done: deque[R] = field(default_factory=deque)
    deaths: int = 0


@dataclass(eq=False)
class _Worker(Generic[T, R]):
    process: BaseProcess
    pipe: Connection
    ready: bool = False
    chunk: _Chunk[T, R] | None = None
    kind: Hashable = None
    since: float = 0.0


class Crew(Generic[T, R]):
    """Processes that work on chunks side by side.

    Args:
        work: Gives the result of each of the tasks that it is given; must be picklable, as tasks and results must.
        size: How many processes.
        give_up: The result of a task that ends whatever process works on it.
        prepare: What a process does before it is given anything: loads what every task needs, so that a task is not
            blamed for the time that this takes. Must be picklable.
        kind: Of a task. Making the first result of a kind is dear (a world has to be made), so chunks whose first tasks
            are of one kind go to one worker, as long as no worker has nothing to do for that.
        deadline: How long a task may take; for ever by default.
    """

    def __init__(
        self,
        work: Callable[[Sequence[T]], list[R]],
        size: int,
        give_up: Callable[[T], R],
        prepare: Callable[[], None],
        *,
        kind: Callable[[T], Hashable] | None = None,
        deadline: Deadline[T, R] | None = None,
    ) -> None:
        self._work, self._size, self._give_up, self._prepare = work, size, give_up, prepare
        self._kind, self._deadline = kind, deadline
        self._workers: list[_Worker[T, R]] = []
        self._order: deque[_Chunk[T, R]] = deque()  # taken from the input and not yet given to the caller
        self._waiting: deque[_Chunk[T, R]] = deque()  # those of them that no worker has
        self._input: Iterator[list[T]] = iter(())
        self._false_starts = 0

    def results(self, chunks: Iterator[list[T]]) -> Iterator[R]:
        """The results of all chunks in order; the input is read a bounded number of chunks ahead.

        Raises:
            AgentAlignError: Workers cannot be started.
        """
        self._input = chunks
        try:
            while True:
                self._hire_all()
                self._hand_out()
                while self._order and (self._order[0].done or not self._order[0].rest):
                    yield from _taken(self._order[0].done)
                    if not self._order[0].rest:
                        self._order.popleft()
                if self._order:
                    self._collect()
                elif self._read(_AHEAD) is None:
                    return
        finally:
            self._dismiss()

    def _read(self, ahead: int) -> _Chunk[T, R] | None:
        """The next chunk of the input; nothing where it is at its end, or read far enough ahead."""
        if len(self._order) >= self._size * ahead:
            return None
        tasks = next(self._input, None)
        if not tasks:
            return None
        chunk: _Chunk[T, R] = _Chunk(deque(tasks), None if self._kind is None else self._kind(tasks[0]))
        self._order.append(chunk)
        self._waiting.append(chunk)
        return chunk

    def _hand_out(self) -> None:
        """Gives every free worker something to do."""
        for worker in self._workers:
            if worker.ready and worker.chunk is None and (chunk := self._chosen(worker)) is not None:
                self._waiting.remove(chunk)
                worker.chunk, worker.kind, worker.since = chunk, chunk.kind, time.monotonic()
                with suppress(BrokenPipeError, ConnectionError):  # its death is noticed when its answer is read
                    worker.pipe.send(list(chunk.rest))

    def _chosen(self, worker: _Worker[T, R]) -> _Chunk[T, R] | None:
        """What a worker is to do: more of its kind, else a kind that is nobody's, else what is first."""
        if not self._waiting and self._read(_AHEAD) is None:
            return None
        first = self._waiting[0]
        if self._kind is None or first.deaths:
            return first
        same = next((chunk for chunk in self._waiting if chunk.kind == worker.kind), None)
        if same is not None:
            return same
        taken = {other.kind for other in self._workers if other is not worker and other.chunk is not None}
        new = next((chunk for chunk in self._waiting if chunk.kind not in taken), None)
        while new is None and (chunk := self._read(_AHEAD_FOR_ALIKE)) is not None:
            new = chunk if chunk.kind not in taken else None
        return new or first

    def _collect(self) -> None:
        """Waits for at least one worker, and takes what it gives."""
        by_pipe = {worker.pipe: worker for worker in self._workers}
        for pipe in wait(list(by_pipe), self._patience_s()):
            worker = by_pipe[pipe]  # type: ignore[index]
            try:
                given = worker.pipe.recv()
            except (EOFError, OSError):
                self._bury(worker)
                continue
            if not worker.ready:
                worker.ready, self._false_starts = True, 0
                continue
            chunk = worker.chunk
            if chunk is not None:
                self._settle(chunk, given)
                worker.since = time.monotonic()
                if not chunk.rest:
                    worker.chunk = None
        if self._deadline is not None:
            self._end_late(self._deadline)

    def _patience_s(self) -> float | None:
        """How long no task can be late."""
        since = [worker.since for worker in self._workers if worker.chunk is not None]
        if self._deadline is None or not since:
            return None
        return max(min(since) + self._deadline.most_s - time.monotonic(), 0.0)

    def _end_late(self, deadline: Deadline[T, R]) -> None:
        now = time.monotonic()
        for worker in list(self._workers):
            chunk = worker.chunk
            if chunk is None or now - worker.since < deadline.most_s or worker.pipe.poll():
                continue
            self._workers.remove(worker)
            _end(worker)
            self._settle(chunk, deadline.missed(chunk.rest[0]))
            if chunk.rest:
                self._waiting.appendleft(chunk)

    def _hire_all(self) -> None:
        context = get_context("spawn")
        while len(self._workers) < self._size:
            ours, theirs = context.Pipe()
            process = context.Process(target=_serve, args=(theirs, self._prepare, self._work), daemon=True)
            with _interrupts_held():  # a worker inherits this: an interrupt while it still loads is not its business
                process.start()
                self._workers.append(_Worker(process, ours))
            theirs.close()

    def _bury(self, worker: _Worker[T, R]) -> None:
        """Takes leave of a dead worker; its chunk waits to be done again."""
        self._workers.remove(worker)
        _end(worker)
        self._false_starts += not worker.ready
        if self._false_starts >= _MOST_FALSE_STARTS * self._size:
            raise AgentAlignError(
                f"expected worker processes that start, {self._false_starts} in a row ended before they were ready: "
                "see above for their errors, call from below `if __name__ == '__main__':`, or use one worker"
            )
        chunk = worker.chunk
        if chunk is None:
            return
        chunk.deaths += 1
        if chunk.deaths >= _MOST_DEATHS:
            self._settle(chunk, self._give_up(chunk.rest[0]))
        if chunk.rest:
            self._waiting.appendleft(chunk)

    def _dismiss(self) -> None:
        for worker in self._workers:
            _end(worker)
        self._workers.clear()

    @staticmethod
    def _settle(chunk: _Chunk[T, R], result: R) -> None:
        chunk.rest.popleft()
        chunk.done.append(result)
        chunk.deaths = 0


def _taken(done: deque[R]) -> Iterator[R]:
    while done:
        yield done.popleft()


def _end(worker: _Worker[Any, Any]) -> None:
    worker.pipe.close()
    worker.process.kill()  # it holds nothing that could be lost
    worker.process.join()
    worker.process.close()


def _serve(pipe: Connection, prepare: Callable[[], None], work: Callable[[Sequence[Any]], list[Any]]) -> None:
    """What a worker does until nobody listens any more, as when the process that started it was killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    prepare()
    gc.collect()
    gc.freeze()
    gc.set_threshold(_NEW_OBJECTS)
    with suppress(EOFError, OSError):
        pipe.send(_READY)
        while True:
            for task in pipe.recv():
                for result in work([task]):
                    pipe.send(result)


@contextmanager
def _interrupts_held() -> Iterator[None]:
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
