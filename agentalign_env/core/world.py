"""A world: the base generated from (size, seed), and the live state of one episode over it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from agentalign_env.core.background import Background, Person, make_background
from agentalign_env.core.clock import start_time_s
from agentalign_env.core.data_files import DataModel, validated
from agentalign_env.core.ids import IdStyle, id_salt
from agentalign_env.core.rng import derive_seed
from agentalign_env.core.service import SeedContext, Service
from agentalign_env.core.store import Store, StoreState
from agentalign_env.core.table import BaseTable, Table
from agentalign_env.errors import StateMismatchError, UnknownNameError
from agentalign_env.resources import data_root, read_toml

if TYPE_CHECKING:
    from agentalign_env.core.ports import FilesPort, MediaPort, WebPort

__all__ = [
    "GENERATOR_VERSION",
    "BaseWorld",
    "World",
    "WorldKey",
    "WorldSize",
    "WorldState",
    "base_world",
    "load_world_sizes",
]

GENERATOR_VERSION = 2
"""Part of every digest: raise it when the same seed gives another world."""

_FIRST_EPISODE_NUMBER = 10_000_000  # ids issued in an episode count from here, seeded rows from 0


class WorldSize(DataModel):
    """How much of everything a world holds, from ``scenarios/worlds/<name>.toml``."""

    name: str
    about: str
    people: int
    invoices: int
    rows: Mapping[str, int]


class WorldKey(NamedTuple):
    """What a base world is generated from."""

    size: str
    seed: int


class WorldState(NamedTuple):
    """A snapshot of a world; picklable, valid for worlds of the same key."""

    key: WorldKey
    store: StoreState


@lru_cache(maxsize=1)
def load_world_sizes() -> dict[str, WorldSize]:
    """The world sizes by name.

    Raises:
        DataFileError: A file is invalid.
    """
    found = {}
    for path in sorted(data_root("scenarios").joinpath("worlds").iterdir(), key=lambda item: item.name):
        if path.name.endswith(".toml"):
            content = {"name": path.name.removesuffix(".toml"), **read_toml(path)}
            size = validated(WorldSize, content, path.name, "See docs/worlds.md for the keys of a size.")
            found[size.name] = size
    return found


class _Tables(dict[str, BaseTable]):
    """Base tables, generated when first asked for."""

    def __init__(self, generate: Callable[[str], BaseTable]) -> None:
        super().__init__()
        self._generate = generate

    def __missing__(self, name: str) -> BaseTable:
        table = self[name] = self._generate(name)
        return table


class BaseWorld:
    """The immutable beginning of all episodes with the same key. Shared, also by copies; pickles as its key."""

    def __init__(self, key: WorldKey, services: tuple[Service, ...]) -> None:
        sizes = load_world_sizes()
        if key.size not in sizes:
            raise UnknownNameError("world size", key.size, sizes)
        self.key, self.services, self.size = key, services, sizes[key.size]
        self.start_s = start_time_s(key.seed)
        self.digest = derive_seed("world", GENERATOR_VERSION, *key) << 64 | derive_seed(
            "world-low", GENERATOR_VERSION, *key
        )
        self.ports = {name: make for service in services for name, make in service.ports.items()}
        self.commands = {name: run for service in services for name, run in service.commands.items()}
        self.table_by_name = {table.name: table for service in services for table in service.tables}
        self._seeds = {table.name: seed for service in services for table, seed in service.tables.items()}
        self._background: Background | None = None
        self.tables = _Tables(self._generate)
        self.salts = {name: id_salt(name, key.seed) for name in self.table_by_name}

    @property
    def background(self) -> Background:
        """The facts that all services agree on."""
        if self._background is None:
            size = self.size
            self._background = make_background(
                self.key.seed, people=size.people, invoices=size.invoices, start_s=self.start_s
            )
        return self._background

    def seed_context(self, name: str) -> SeedContext:
        """What the seed of this table is given."""
        rows = self.size.rows
        return SeedContext(
            self.table_by_name[name],
            self.key.seed,
            rows.get(name, 0),
            self.start_s,
            self.background,
            rows,
            self.services,
        )

    def _generate(self, name: str) -> BaseTable:
        return BaseTable(self.table_by_name[name], self._seeds[name](self.seed_context(name)))

    def __copy__(self) -> BaseWorld:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> BaseWorld:
        return self

    def __reduce__(self) -> tuple[Callable[..., BaseWorld], tuple[str, int, tuple[Service, ...]]]:
        return base_world, (self.key.size, self.key.seed, self.services)


@lru_cache(maxsize=256)
def base_world(size: str, seed: int, services: tuple[Service, ...]) -> BaseWorld:
    """The base world of this key; cached, the same object for the same key."""
    return BaseWorld(WorldKey(size, seed), services)


class World:
    """The live state of one episode.

    Attributes:
        base: Where it began.
        store: The state; operations read and write it.
    """

    __slots__ = ("base", "store")

    def __init__(self, base: BaseWorld, store: Store | None = None) -> None:
        self.base = base
        self.store = store if store is not None else Store(base.tables, base.digest)

    def __repr__(self) -> str:
        return f"World(size={self.base.key.size!r}, seed={self.base.key.seed}, changes={len(self.store.diff())})"

    @property
    def now_s(self) -> int:
        """The virtual time, in seconds since the epoch."""
        return self.base.start_s + self.store.elapsed_s

    @property
    def owner(self) -> Person:
        """The person whose accounts, files and money these are."""
        return self.base.background.owner

    @property
    def background(self) -> Background:
        """The facts that all services agree on."""
        return self.base.background

    @property
    def files(self) -> FilesPort:
        """The owner's files, for services that attach or read them."""
        return cast("FilesPort", self.base.ports["files"](self))

    @property
    def media(self) -> MediaPort:
        """Media artefacts, for services that show them."""
        return cast("MediaPort", self.base.ports["media"](self))

    @property
    def web(self) -> WebPort:
        """Pages of the web, for services that mention them."""
        return cast("WebPort", self.base.ports["web"](self))

    def new_id(self, table: Table[Any], style: IdStyle | None = None) -> str:
        """An id for a new row, in the table's style or a provider's own."""
        number = _FIRST_EPISODE_NUMBER + self.store.issue(table.name)
        return (style or table.ids).encode(number, self.base.salts[table.name])

    def digest(self) -> str:
        """32 hex digits that identify the contents of all tables."""
        return self.store.digest()

    def snapshot(self) -> WorldState:
        """The state now; constant time."""
        return WorldState(self.base.key, self.store.snapshot())

    def restore(self, state: WorldState) -> None:
        """Puts a snapshot back; constant time.

        Raises:
            StateMismatchError: The snapshot is of another world.
        """
        if state.key != self.base.key:
            raise StateMismatchError(
                f"the state is of world {state.key}, this world is {self.base.key}: restore it into its own"
            )
        self.store.restore(state.store)

    def fork(self) -> World:
        """An independent world with the same state; constant time."""
        return World(self.base, self.store.fork())

    def __deepcopy__(self, memo: dict[int, Any]) -> World:
        return self.fork()

    def __getstate__(self) -> tuple[BaseWorld, StoreState]:
        return self.base, self.store.snapshot()

    def __setstate__(self, state: tuple[BaseWorld, StoreState]) -> None:
        self.base = state[0]
        self.store = Store(self.base.tables, self.base.digest)
        self.store.restore(state[1])
