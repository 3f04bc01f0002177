"""``agentalign worker``: takes shards of rollouts from a shared queue and carries them out."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from agentalign_env.errors import StoreUnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from agentalign_env.agents.protocol import Agent

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
) -> None:
    """Carry out rollouts that were submitted to a shared queue; as many workers as you like, on any machine.

    Exit code 1 if a shard failed.
    """
    from redis.exceptions import RedisError

    from agentalign_env.backends.store import is_private, open_store
    from agentalign_env.cli.output import Output
    from agentalign_env.rollouts.remote import work

    if is_private(store):
        message = (
            "expected a server that other processes reach, such as redis://localhost:6379/0; got a store in memory"
        )
        raise typer.BadParameter(message, param_hint="--store")
    agents = _agents(agent or [])
    try:
        done = work(
            open_store(store), queue, agents=agents, drain=drain, lease_ms=round(lease_s * 1_000), most_tries=tries
        )
    except RedisError as error:
        raise StoreUnavailableError(
            f"store: expected it to go on answering, got: {error}. Start the worker again; nothing is lost."
        ) from error
    Output().line(f"{done.shards} shards, {done.episodes} episodes, {done.failed} failures", style="dim")
    if done.failed:
        raise typer.Exit(1)


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
