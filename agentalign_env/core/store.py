"""The state of an episode: named tables, each a shared immutable base plus the episode's own overlay of changed rows.

Rows are immutable named tuples whose first field is their key. Resetting drops the overlay, a snapshot shares it (the
next write copies what it touches), the diff is the overlay, and the digest is kept from it: no cost depends on the
size of the world.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping
from hashlib import blake2b
from itertools import chain
from typing import Any, Generic, NamedTuple, TypeVar, cast

import numpy as np
import orjson

from agentalign_env.core.ids import HEX16, IdStyle
from agentalign_env.core.text import tokens

__all__ = ["BaseTable", "Change", "Page", "Row", "Store", "StoreState", "Table"]

Row = tuple[Any, ...]
R = TypeVar("R", bound=Row)

_ABSENT: Any = object()
_MODULUS = 1 << 128
_NOWHERE: array[int] = array("I")
_ONE_BY_ONE = 48
_new = tuple.__new__  # makes a named tuple in half the time of its own constructor


class Table(Generic[R]):
    """Declares a table.

    Args:
        name: Unique over all services, a plural noun.
        row: The named tuple type of its rows; the first field is the key, a string.
        text: Fields that full-text search reads.
        free_text: Fields that a person words freely: goals ask for what they must contain, not for equality.
        volatile: Fields that no instruction fixes (ids, times): goals ignore them. The key is always among them
            unless `natural_key`.
        natural_key: The key is given by the caller (a path, an address), not issued.
        ids: How issued keys look.
    """

    __slots__ = ("fields", "free_text", "ids", "name", "natural_key", "row", "text", "volatile")

    def __init__(
        self,
        name: str,
        row: type[R],
        *,
        text: tuple[str, ...] = (),
        free_text: tuple[str, ...] = (),
        volatile: tuple[str, ...] = (),
        natural_key: bool = False,
        ids: IdStyle = HEX16,
    ) -> None:
        self.name, self.row, self.ids, self.natural_key = name, row, ids, natural_key
        self.fields: tuple[str, ...] = row._fields  # type: ignore[attr-defined]
        self.text, self.free_text = text, frozenset(free_text)
        self.volatile = frozenset(volatile) | (frozenset() if natural_key else {self.fields[0]})
        unknown = ({*text} | self.free_text | self.volatile) - {*self.fields}
        if unknown:
            raise TypeError(f"table {name!r}: {sorted(unknown)} are not fields of {row.__name__}; it has {self.fields}")

    def __repr__(self) -> str:
        return f"Table({self.name!r})"

    def __reduce__(self) -> str | tuple[Any, ...]:
        raise TypeError(f"table {self.name!r} is a declaration of a module: refer to it by name instead of pickling it")


class Change(NamedTuple):
    """One row that differs: ``before`` is ``None`` when it was created, ``after`` is ``None`` when it was deleted."""

    table: str
    key: str
    before: Row | None
    after: Row | None


class Page(NamedTuple):
    """A slice of a search: the keys, and whether more follow."""

    keys: list[str]
    more: bool


class BaseTable:
    """The immutable rows that a world starts with, in insertion order, with indexes built when first asked for."""

    __slots__ = ("_indexes", "_keys", "_places", "_positions", "_postings", "rows", "table")

    def __init__(self, table: Table[Any], rows: Iterable[Row]) -> None:
        self.table = table
        self.rows: dict[str, Row] = {row[0]: row for row in rows}
        self._keys: list[str] | None = None
        self._positions: dict[str, int] | None = None
        self._indexes: dict[str, dict[object, list[str]]] = {}
        self._postings: dict[str, array[int]] | None = None
        self._places: dict[tuple[str, object], array[int]] = {}

    @property
    def keys(self) -> list[str]:
        """Keys in insertion order."""
        if self._keys is None:
            self._keys = list(self.rows)
        return self._keys

    @property
    def positions(self) -> dict[str, int]:
        """The place of each key in insertion order."""
        if self._positions is None:
            self._positions = {key: at for at, key in enumerate(self.keys)}
        return self._positions

    def index(self, field: str) -> dict[object, list[str]]:
        """Keys by the value of a field; a tuple is indexed by each of its elements."""
        found = self._indexes.get(field)
        if found is None:
            found = {}
            at = self.table.fields.index(field)
            for key, row in self.rows.items():
                value = row[at]
                for element in value if type(value) is tuple else (value,):
                    found.setdefault(element, []).append(key)
            self._indexes[field] = found
        return found

    def places(self, field: str, value: object) -> array[int]:
        """Ascending positions of the rows whose field has this value; kept, so meant for fields of few values."""
        found = self._places.get((field, value))
        if found is None:
            positions = self.positions
            found = self._places[field, value] = array(
                "I", [positions[key] for key in self.index(field).get(value, ())]
            )
        return found

    def postings(self) -> dict[str, array[int]]:
        """Ascending row positions by word, over the table's text fields."""
        if self._postings is None:
            built: dict[str, array[int]] = {}
            for position, row in enumerate(self.rows.values()):
                for word in row_words(self.table, row):
                    postings = built.get(word)
                    if postings is None:
                        postings = built[word] = array("I")
                    postings.append(position)
            self._postings = built
        return self._postings


class StoreState(NamedTuple):
    """A snapshot: shares the overlay that it was taken from. Opaque, picklable, valid for stores over the same base."""

    overlay: dict[str, dict[str, Row | None]]
    issued: dict[str, int]
    elapsed_s: int
    digest_sum: int


def row_words(table: Table[Any], row: Row) -> list[str]:
    """The words of a row's text fields."""
    fields, parts = table.fields, []
    for name in table.text:
        value = row[fields.index(name)]
        parts.append(" ".join(value) if type(value) is tuple else str(value))
    return tokens(" ".join(parts))


class Store:
    """An overlay of changes over base tables.

    Args:
        base: Base tables by name; a missing one is generated by its ``__missing__``.
        base_digest: Identifies the base, below ``2**128``.
    """

    __slots__ = (
        "_base",
        "_base_digest",
        "_digest_sum",
        "_digest_text",
        "_issued",
        "_issued_since",
        "_journal",
        "_orders",
        "_overlay",
        "_owned",
        "elapsed_s",
    )

    def __init__(self, base: dict[str, BaseTable], base_digest: int) -> None:
        self._base, self._base_digest = base, base_digest
        self._overlay: dict[str, dict[str, Row | None]] = {}
        self._issued: dict[str, int] = {}
        self._issued_since: list[str] = []  # the counters that moved since the last commit
        self._owned: set[str] | None = (
            set()
        )  # the overlay's tables that no snapshot shares; None: the outer dicts are shared too
        self._journal: list[Change] = []
        self._orders: dict[str, list[str]] = {}  # since the last commit: the order of tables that lost a row
        self._digest_sum = 0
        self._digest_text = ""  # empty: to be made when asked for
        self.elapsed_s = 0

    # Reading

    def get(self, table: Table[R], key: str) -> R | None:
        """The row of this key, or ``None``."""
        changed = self._overlay.get(table.name)
        if changed:
            row = changed.get(key, _ABSENT)
            if row is not _ABSENT:
                return cast("R | None", row)
        return cast("R | None", self._base[table.name].rows.get(key))

    def where(self, table: Table[R], field: str, value: object) -> list[R]:
        """The rows whose field equals the value (or, for a tuple, contains it), oldest first."""
        base = self._base[table.name]
        rows, keys = base.rows, base.index(field).get(value, ())
        changed = self._overlay.get(table.name)
        if not changed:
            return cast("list[R]", [rows[key] for key in keys])
        at = table.fields.index(field)

        def matches(row: Row) -> bool:
            have = row[at]
            return bool(value in have if type(have) is tuple else have == value)

        kept = [row for key in keys if (row := changed.get(key, rows[key])) is not None and matches(row)]
        seen = {row[0] for row in kept}
        new = [row for key, row in changed.items() if row is not None and key not in seen and matches(row)]
        if any(row[0] in rows for row in new):  # a base row that matches only now keeps its place among the others
            places = base.positions
            kept = sorted([*kept, *new], key=lambda row: places.get(row[0], len(places)))
        else:
            kept += new
        return cast("list[R]", kept)

    def newest(self, table: Table[R]) -> Iterator[R]:
        """Rows from the newest to the oldest: those the episode made first, then the base in reverse."""
        base = self._base[table.name]
        changed = self._overlay.get(table.name, {})
        for key in reversed(list(changed)):
            row = changed[key]
            if row is not None and key not in base.rows:
                yield cast("R", row)
        for key in reversed(base.keys):
            row = changed.get(key, _ABSENT)
            if row is _ABSENT:
                yield cast("R", base.rows[key])
            elif row is not None:
                yield cast("R", row)

    def rows(self, table: Table[R]) -> Iterator[R]:
        """Every row, oldest first; base rows keep their place when changed."""
        base = self._base[table.name]
        changed = self._overlay.get(table.name, {})
        for key, row in base.rows.items():
            now = changed.get(key, row) if changed else row
            if now is not None:
                yield cast("R", now)
        for key, new in changed.items():
            if new is not None and key not in base.rows:
                yield cast("R", new)

    def count(self, table: Table[Any]) -> int:
        """How many rows the table has."""
        base = self._base[table.name]
        total = len(base.rows)
        for key, row in self._overlay.get(table.name, {}).items():
            total += (row is not None) - (key in base.rows)
        return total

    def search(
        self,
        table: Table[R],
        query: str,
        *,
        limit: int,
        offset: int = 0,
        newest_first: bool = False,
        relaxed: bool = False,
        among: Mapping[str, object] | None = None,
        keep: Callable[[R], bool] | None = None,
    ) -> Page:
        """Full-text search over the table's text fields.

        A row matches when it has every word of the query. Matches come in base order (a table generates its best rows
        first) and then the episode's own rows; with `newest_first` the reverse. With `relaxed`, rows that have only
        some of the words follow, those with the rarest word first. Only rows whose fields equal those of `among` (by
        index) and that `keep` accepts (one by one: for conditions that most rows meet). Stops as soon as the page is
        full, so a page costs the same in a small and in a large world. An empty query matches every row.
        """
        wanted = offset + limit + 1
        found: dict[str, None] = {}
        seen: set[str] = set()
        for key in self._candidates(table, tokens(query), among or {}, newest_first, relaxed):
            if key in seen:
                continue
            seen.add(key)
            if keep is None or keep(cast("R", self.get(table, key))):
                found[key] = None
                if len(found) == wanted:
                    break
        return Page(list(found)[offset : offset + limit], len(found) == wanted)

    def _candidates(
        self, table: Table[R], words: list[str], among: Mapping[str, object], newest_first: bool, relaxed: bool
    ) -> Iterator[str]:
        """Keys that match, in the order that `search` promises; a key may come again."""
        base = self._base[table.name]
        changed = self._overlay.get(table.name, {})
        fixed = [(table.fields.index(field), value) for field, value in among.items()]
        own = [
            (key, frozenset(row_words(table, row)))
            for key, row in changed.items()
            if row is not None and all(row[at] == value for at, value in fixed)
        ]
        if newest_first:
            own.reverse()
        filters = [base.places(field, value) for field, value in among.items()]

        def both(lists: list[array[int]], test: Callable[[frozenset[str]], bool]) -> Iterator[str]:
            positions = _common([*lists, *filters], len(base.keys), newest_first)
            mine = (key for key, have in own if test(have))
            theirs = (key for key in map(base.keys.__getitem__, positions) if key not in changed)
            return chain(mine, theirs) if newest_first else chain(theirs, mine)

        postings = base.postings() if words else {}
        lists = sorted(((word, postings.get(word, _NOWHERE)) for word in words), key=lambda pair: len(pair[1]))
        yield from both([places for _, places in lists], frozenset(words).issubset)
        if relaxed:
            for word, places in lists:
                yield from both([places], frozenset((word,)).issubset)

    # Writing

    def put(self, table: Table[R], row: R) -> None:
        """Creates or replaces the row of this key. Putting back what the base holds leaves no trace."""
        self._write(table.name, row[0], row)

    def delete(self, table: Table[Any], key: str) -> None:
        """Removes the row of this key; absent is fine."""
        self._write(table.name, key, None)

    def issue(self, table: str) -> int:
        """The next number of this table's counter."""
        if self._owned is None:
            self._unshare()
        number = self._issued[table] = self._issued.get(table, 0) + 1
        self._issued_since.append(table)
        return number

    def _unshare(self) -> None:
        self._overlay, self._issued, self._owned = dict(self._overlay), dict(self._issued), set()

    def _write(self, name: str, key: str, row: Row | None) -> None:
        if self._owned is None:
            self._unshare()
        owned = self._owned
        assert owned is not None
        changed = self._overlay.get(name)
        if changed is None:
            changed = self._overlay[name] = {}
            owned.add(name)
        elif name not in owned:
            changed = self._overlay[name] = dict(changed)
            owned.add(name)
        original = self._base[name].rows.get(key)
        before = changed.get(key, original)
        if row == before:
            return
        if row == original:
            row = original
            if name not in self._orders:
                self._orders[name] = list(changed)
            changed.pop(key, None)
        else:
            changed[key] = row
        self._journal.append(_new(Change, (name, key, before, row)))

    def commit(self, seconds: int) -> tuple[Change, ...]:
        """Ends a call: what it changed. The clock moves when it changed anything.

        Raises:
            TypeError: A row holds what cannot be digested, such as a lone surrogate; nothing is committed.
        """
        if not self._journal:
            if self._issued_since:
                self._issued_since.clear()
            return ()
        total = self._digest_sum
        for name, key, before, after in self._journal:
            original = self._base[name].rows.get(key)
            if before is not original:
                total -= _row_hash(name, key, before)
            if after is not original:
                total += _row_hash(name, key, after)
        self._digest_sum = total % _MODULUS
        self._digest_text = ""
        self.elapsed_s += seconds
        changes = tuple(self._journal)
        self._journal.clear()
        self._issued_since.clear()
        if self._orders:
            self._orders.clear()
        return changes

    def rollback(self) -> None:
        """Undoes what was written, and takes back the ids that were issued, since the last commit."""
        for table in self._issued_since:
            self._issued[table] -= 1
        self._issued_since.clear()
        for change in reversed(self._journal):
            changed = self._overlay[change.table]
            if change.before is self._base[change.table].rows.get(change.key):
                changed.pop(change.key, None)
            else:
                changed[change.key] = change.before
        for name, order in self._orders.items():  # a row that left the overlay and came back has lost its place
            changed = self._overlay[name]
            kept = {key: changed[key] for key in order if key in changed}
            changed.clear()
            changed.update(kept)
        self._orders.clear()
        self._journal.clear()

    # The whole

    def diff(self) -> tuple[Change, ...]:
        """Every row that differs from the base, in the order first touched per table, tables by name."""
        return tuple(
            _new(Change, (name, key, self._base[name].rows.get(key), row))
            for name in sorted(self._overlay)
            for key, row in self._overlay[name].items()
        )

    def digest(self) -> str:
        """32 hex digits that identify the committed contents of all tables (not the clock, nor the id counters).

        A sum over the changed rows of BLAKE2b hashes modulo ``2**128``, kept at each commit.
        """
        if not self._digest_text:
            self._digest_text = f"{(self._base_digest + self._digest_sum) % _MODULUS:032x}"
        return self._digest_text

    def snapshot(self) -> StoreState:
        """The state now; constant time, whatever was written."""
        self._owned = None
        return StoreState(self._overlay, self._issued, self.elapsed_s, self._digest_sum)

    def restore(self, state: StoreState) -> None:
        """Puts a snapshot back; constant time."""
        self._overlay, self._issued, self.elapsed_s, self._digest_sum = state
        self._digest_text = ""
        self._owned = None
        self._orders.clear()
        self._journal.clear()
        self._issued_since.clear()

    def fork(self) -> Store:
        """An independent store with the same state; constant time."""
        twin = Store(self._base, self._base_digest)
        twin.restore(self.snapshot())
        return twin


def _common(lists: list[array[int]], size: int, newest_first: bool) -> Iterator[int]:
    """The positions below `size` that all lists hold; all of them without any list.

    The first few are looked up one by one, which fills most pages, the rest in bulk.
    """
    if not lists:
        yield from range(size - 1, -1, -1) if newest_first else range(size)
        return
    rarest, *rest = sorted(lists, key=len)
    order = range(len(rarest) - 1, -1, -1) if newest_first else range(len(rarest))
    for at in order[:_ONE_BY_ONE]:
        if all(_holds(other, rarest[at]) for other in rest):
            yield rarest[at]
    if len(order) > _ONE_BY_ONE:
        left: Any = np.frombuffer(rarest, np.uintc)
        left = left[: order[_ONE_BY_ONE] + 1][::-1] if newest_first else left[_ONE_BY_ONE:]
        for other in rest:
            held = np.frombuffer(other, np.uintc)
            left = left[held[np.minimum(np.searchsorted(held, left), len(held) - 1)] == left]
        yield from left.tolist()


def _holds(postings: array[int], position: int) -> bool:
    at = bisect_left(postings, position)
    return at < len(postings) and postings[at] == position


def _row_hash(table: str, key: str, row: Row | None) -> int:
    content = orjson.dumps((table, key) if row is None else (table, *row))
    return int.from_bytes(blake2b(content, digest_size=16).digest(), "little")
