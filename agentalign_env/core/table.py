"""Tables: their declaration, and the immutable rows that a world starts with, with the indexes over them."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from typing import Any, Generic, TypeVar

import numpy as np

from agentalign_env.core.ids import HEX16, IdStyle
from agentalign_env.core.text import tokens

__all__ = ["BaseTable", "Row", "Table", "common_positions", "row_words"]

Row = tuple[Any, ...]
R = TypeVar("R", bound=Row)

_ONE_BY_ONE = 48


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


def row_words(table: Table[Any], row: Row) -> list[str]:
    """The words of a row's text fields."""
    fields, parts = table.fields, []
    for name in table.text:
        value = row[fields.index(name)]
        parts.append(" ".join(value) if type(value) is tuple else str(value))
    return tokens(" ".join(parts))


def common_positions(lists: list[array[int]], size: int, newest_first: bool) -> Iterator[int]:
    """The positions below `size` that all lists hold; all of them without any list.

    The first few are looked up one by one, which fills most pages, the rest in bulk.
    """
    if not lists:
        yield from range(size - 1, -1, -1) if newest_first else range(size)
        return
    rarest, *rest = sorted(lists, key=len)
    order = range(len(rarest) - 1, -1, -1) if newest_first else range(len(rarest))
    for at in order[:_ONE_BY_ONE]:
        position = rarest[at]
        for other in rest:
            place = bisect_left(other, position)
            if place == len(other) or other[place] != position:
                break
        else:
            yield position
    if len(order) > _ONE_BY_ONE:
        left: Any = np.frombuffer(rarest, np.uintc)
        left = left[: order[_ONE_BY_ONE] + 1][::-1] if newest_first else left[_ONE_BY_ONE:]
        for other in rest:
            held = np.frombuffer(other, np.uintc)
            left = left[held[np.minimum(np.searchsorted(held, left), len(held) - 1)] == left]
        yield from left.tolist()
