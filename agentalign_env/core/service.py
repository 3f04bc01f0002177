"""What a service is: tables with their seeds, operations, ports for its neighbours, and invariants."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from importlib import import_module
from typing import TYPE_CHECKING, Any

from agentalign_env.core.background import Background
from agentalign_env.core.ids import id_salt
from agentalign_env.core.notices import Notice, Transfer
from agentalign_env.core.operation import Operation
from agentalign_env.core.rng import Random, stream
from agentalign_env.core.table import Row, Table

if TYPE_CHECKING:
    from agentalign_env.core.commands import Command
    from agentalign_env.core.premises import PremiseMaker
    from agentalign_env.core.world import World

__all__ = ["SeedContext", "Service"]


@dataclass(frozen=True, slots=True)
class SeedContext:
    """What generating one table may use. Tables are generated lazily and apart, so a seed reads no other table.

    Attributes:
        table: The table to fill.
        seed: The world's seed.
        rows: How many rows the world's size asks for.
        start_s: When the world begins; everything seeded lies before it.
        background: The facts that all services agree on.
        sizes: Row counts of all tables, for seeds that refer to another table's rows by their deterministic ids.
        services: The services of the world.
    """

    table: Table[Any]
    seed: int
    rows: int
    start_s: int
    background: Background
    sizes: Mapping[str, int]
    services: tuple[Service, ...]

    def of(self, table: Table[Any]) -> SeedContext:
        """The context of another table of the world."""
        return replace(self, table=table, rows=self.sizes.get(table.name, 0))

    def notices(self) -> list[Notice]:
        """What services mailed the owner, oldest first."""
        found = [notice for service in self.services if service.notices for notice in service.notices(self)]
        return sorted(found, key=lambda notice: notice.sent_s)

    def transfers(self) -> list[Transfer]:
        """What people thank the owner for, oldest first."""
        found = [transfer for service in self.services if service.transfers for transfer in service.transfers(self)]
        return sorted(found, key=lambda transfer: transfer.thanked_s)

    def rng(self, *names: str | int) -> Random:
        """The random stream of this table, or a stream beside it."""
        return stream("table", self.table.name, self.seed, *names)

    def new_id(self, number: int, table: Table[Any] | None = None) -> str:
        """The id of the number-th seeded row of this (or another) table; distinct from all ids of an episode."""
        owner = table or self.table
        return owner.ids.encode(number, id_salt(owner.name, self.seed))

    def past(self, number: int, days: int = 180) -> int:
        """A time for the number-th of `rows` rows, oldest first, spread over the past days."""
        step = max(days * 86_400 // max(self.rows, 1), 1)
        return (
            self.start_s
            - (self.rows - number) * step
            - stream("past", self.table.name, self.seed, number).randrange(step)
        )


Seed = Callable[[SeedContext], Iterable[Row]]


@dataclass(frozen=True, slots=True, eq=False)
class Service:
    """A stateful simulated application. Every service is the constant ``SERVICE`` of its module, and pickles as that.

    Attributes:
        name: A noun; the folder's name.
        module: The module that holds it: ``__name__``.
        tables: Its tables, each with the function that generates the base rows, oldest (or best ranked) first.
        operations: What it can do.
        ports: What its neighbours may ask of it, by the port's name (see `core.ports`).
        commands: What it brings to the shell, by the command's name (see `core.commands`).
        notices: The mails that it sent the owner before the world begins; it computes them from the context alone.
        transfers: What it paid to people before the world begins, likewise.
        premises: What can be put into its tables before an episode, by the kind of thing, mostly a semantic type (see
            `core.premises`). Services that name the same kind each put their share of it.
        invariants: Functions that yield a sentence for every violation they find; tests hold the service to them.
    """

    name: str
    module: str
    tables: Mapping[Table[Any], Seed]
    operations: tuple[Operation[..., Any], ...]
    ports: Mapping[str, Callable[[World], object]] = field(default_factory=dict)
    commands: Mapping[str, Command] = field(default_factory=dict)
    notices: Callable[[SeedContext], Iterable[Notice]] | None = None
    transfers: Callable[[SeedContext], Iterable[Transfer]] | None = None
    premises: Mapping[str, PremiseMaker] = field(default_factory=dict)
    invariants: tuple[Callable[[World], Iterable[str]], ...] = ()

    def __reduce__(self) -> tuple[Callable[[str], Service], tuple[str]]:
        return _load_service, (self.module,)


def _load_service(module: str) -> Service:
    service = import_module(module).SERVICE
    if not isinstance(service, Service):
        raise TypeError(f"{module}.SERVICE is {type(service).__name__}, expected a Service")
    return service
