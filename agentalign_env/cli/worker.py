"""``agentalign worker``: takes shards of rollouts from a shared queue and carries them out."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from agentalign_env.cli.output import Output, print_json
from agentalign_env.errors import StoreUnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from agentalign_env.agents.protocol import Agent
    from agentalign_env.backends.queue import WorkQueue

__all__ = ["worker"]


def worker(
    store: Annotated[str, typer.Option(help="The store that all share, such as redis://localhost:6379/0.")],
    queue: Annotated[str, typer.Option(help="The name of the queue.")] = "rollouts",
    agent: Annotated[
        list[str] | None,
        typer.Option(help="A further agent that tasks may name: module:Class, called with the agent's seed."),
    ] = None,
    drain: Annotated[bool, typer.Option("--drain", help="Stop when nothing is left to do.")] = False,
    lease_s: Annotated[
        float, typer.Option(min=0.05, help="After so long without a sign of life another worker takes a shard over.")
    ] = 30.0,
    tries: Annotated[int, typer.Option(min=1, help="How often a shard is tried.")] = 3,
    episode_timeout_s: Annotated[
        float, typer.Option(min=0.05, help="The longest that an episode of an --agent may take.")
    ] = 600.0,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Carry out rollouts that were submitted to a shared queue; as many workers as you like, on any machine.

    Exit code 1 if a shard failed. An interrupt gives the shard under way back to the queue.
    """
    from redis.exceptions import RedisError

    from agentalign_env.backends.queue import WorkQueue
    from agentalign_env.backends.store import is_private, open_store
    from agentalign_env.rollouts.remote import work

    if is_private(store):
        message = (
            "expected a server that other processes reach, such as redis://localhost:6379/0; got a store in memory"
        )
        raise typer.BadParameter(message, param_hint="--store")
    agents, output, tally = _agents(agent or []), Output(), _Tally()
    try:
        client = open_store(store)
        tasks = WorkQueue(client, queue)
        with _told(output, queue, tally, json=json), output.progress(queue, tasks.counts().tasks) as advance:

            def progress(episodes: int) -> None:
                tally.shards, tally.episodes = tally.shards + 1, tally.episodes + episodes
                advance(f"({tally.shards} here)", **_moved(tasks, tally))

            tally.failed = work(
                client,
                queue,
                agents=agents,
                drain=drain,
                lease_ms=round(lease_s * 1_000),
                most_tries=tries,
                episode_timeout_s=episode_timeout_s,
                progress=progress,
            ).failed
    except RedisError as error:
        raise StoreUnavailableError(
            f"store: expected it to go on answering, got: {error}. Start the worker again; nothing is lost."
        ) from error
    if tally.failed:
        raise typer.Exit(1)


@dataclass
class _Tally:
    """What this worker did; `seen` of the queue's tasks are shown as done, by whomever."""

    shards: int = 0
    episodes: int = 0
    failed: int = 0
    seen: int = 0


def _moved(tasks: WorkQueue, tally: _Tally) -> dict[str, int]:
    """How far the progress bar moves."""
    counts = tasks.counts()
    by, tally.seen = counts.done - tally.seen, counts.done
    return {"by": by, "total": counts.tasks}


@contextmanager
def _told(output: Output, queue: str, tally: _Tally, *, json: bool) -> Iterator[None]:
    """Says what was done when the worker ends, however it ends."""
    try:
        yield
    finally:
        if json:
            print_json({"queue": queue, "shards": tally.shards, "episodes": tally.episodes, "failures": tally.failed})
        else:
            text = f"{tally.shards} shards, {tally.episodes} episodes, {tally.failed} failures"
            output.line(text, style="dim")


def _agents(names: list[str]) -> Mapping[str, Callable[[int], Agent]]:
    from importlib import import_module

    if names and "" not in sys.path:
        sys.path.insert(0, "")  # module:Class may lie where the command is called
    found = {}
    for name in names:
        module, _, attribute = name.partition(":")
        try:
            found[name] = getattr(import_module(module), attribute)
        except (ImportError, AttributeError, ValueError) as error:
            raise typer.BadParameter(
                f"expected module:Class, got {name!r}: {error}", param_hint="--agent"
            ) from error  # fmt: skip
    return found
