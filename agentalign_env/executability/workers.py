"""Worker processes: tasks go out in chunks, results come back in order; whoever dies is replaced and its chunk redone.

Workers are spawned, never forked: a fork copies the locks that this process's other threads hold (a progress bar, a
numeric library) and exists on some systems only. A fork server would be one more process whose death ends them all.
"""

from __future__ import annotations

import signal
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any, Generic, TypeVar

from agentalign_env.errors import AgentAlignError

__all__ = ["Crew"]

T = TypeVar("T")
R = TypeVar("R")

_AHEAD = 4  # chunks for each worker that are taken from the input before their turn to be written
_MOST_DEATHS = 3  # workers that one task may cost
_MOST_FALSE_STARTS = 3  # workers in a row that may die before they can take anything
_READY = "ready"


@dataclass(eq=False)
class _Chunk(Generic[T, R]):
    """Tasks that are sent together, until one of them costs a worker: from then on one at a time."""

    rest: deque[T]
    width: int
    done: list[R] = field(default_factory=list)
    deaths: int = 0


@dataclass(eq=False)
class _Worker(Generic[T, R]):
    process: BaseProcess
    pipe: Connection
    ready: bool = False
    chunk: _Chunk[T, R] | None = None


class Crew(Generic[T, R]):
    """Processes that work on chunks side by side.

    Args:
        work: Gives the results of a chunk, one for each task; must be picklable, as tasks and results must.
        size: How many processes.
        give_up: The result of a task that ends whatever process works on it.
        prepare: What a process does before it is given anything: loads what every task needs, so that a task is not
            blamed for the time that this takes. Must be picklable.
    """

    def __init__(
        self,
        work: Callable[[Sequence[T]], list[R]],
        size: int,
        give_up: Callable[[T], R],
        prepare: Callable[[], None],
    ) -> None:
        self._work, self._size, self._give_up, self._prepare = work, size, give_up, prepare
        self._workers: list[_Worker[T, R]] = []
        self._order: deque[_Chunk[T, R]] = deque()  # begun and not yet yielded
        self._again: deque[_Chunk[T, R]] = deque()  # to be handed to the next free worker
        self._false_starts = 0

    def results(self, chunks: Iterator[list[T]]) -> Iterator[R]:
        """The results of all chunks in order; the input is read a bounded number of chunks ahead.

        Raises:
            AgentAlignError: Workers cannot be started.
        """
        try:
            open_ended = True
            while open_ended or self._order:
                self._hire_all()
                self._hand_back()
                open_ended = open_ended and self._hand_out(chunks)
                if self._order and not self._order[0].rest:
                    yield from self._order.popleft().done
                elif open_ended or self._order:
                    self._collect()
        finally:
            self._dismiss()

    def _hand_back(self) -> None:
        """What has to be done again goes first."""
        for worker in self._workers:
            if self._again and worker.ready and worker.chunk is None:
                self._send(worker, self._again.popleft())

    def _hand_out(self, chunks: Iterator[list[T]]) -> bool:
        """Gives every free worker something to do; whether the input may hold more."""
        for worker in self._workers:
            if len(self._order) >= self._size * _AHEAD:
                break
            if worker.ready and worker.chunk is None:
                tasks = next(chunks, None)
                if tasks is None:
                    return False
                chunk: _Chunk[T, R] = _Chunk(deque(tasks), len(tasks))
                self._order.append(chunk)
                self._send(worker, chunk)
        return True

    def _collect(self) -> None:
        """Waits for at least one worker, and takes what it gives."""
        by_pipe = {worker.pipe: worker for worker in self._workers}
        for pipe in wait(list(by_pipe)):
            worker = by_pipe[pipe]  # type: ignore[index]
            try:
                given = worker.pipe.recv()
            except (EOFError, OSError):
                self._bury(worker)
                continue
            if not worker.ready:
                worker.ready, self._false_starts = True, 0
                continue
            chunk, worker.chunk = worker.chunk, None
            if chunk is not None:
                chunk.done += given
                for _ in given:
                    chunk.rest.popleft()
                chunk.deaths = 0
                if chunk.rest:
                    self._again.append(chunk)

    def _send(self, worker: _Worker[T, R], chunk: _Chunk[T, R]) -> None:
        worker.chunk = chunk
        with suppress(BrokenPipeError, ConnectionError):  # its death is noticed when its answer is read
            worker.pipe.send([task for task, _ in zip(chunk.rest, range(chunk.width), strict=False)])

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
        self._end(worker)
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
        if chunk.width > 1:
            chunk.width, chunk.deaths = 1, 0
        elif chunk.deaths >= _MOST_DEATHS:
            chunk.done.append(self._give_up(chunk.rest.popleft()))
            chunk.deaths = 0
        if chunk.rest:
            self._again.appendleft(chunk)

    def _dismiss(self) -> None:
        for worker in self._workers:
            self._end(worker)
        self._workers.clear()

    @staticmethod
    def _end(worker: _Worker[T, R]) -> None:
        worker.pipe.close()
        worker.process.kill()  # it holds nothing that could be lost
        worker.process.join()
        worker.process.close()


def _serve(pipe: Connection, prepare: Callable[[], None], work: Callable[[Sequence[Any]], list[Any]]) -> None:
    """What a worker does until nobody listens any more, as when the process that started it was killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    prepare()
    with suppress(EOFError, OSError):
        pipe.send(_READY)
        while True:
            pipe.send(work(pipe.recv()))


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
