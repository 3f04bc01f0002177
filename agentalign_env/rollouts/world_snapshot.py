"""The state of a world as JSON: what differs from its base, the id counters and the clock. Reading it runs no code."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

import orjson

from agentalign_env.core.world import World, WorldState
from agentalign_env.errors import StoreContentError

__all__ = ["read_snapshot", "snapshot_to_json"]

_REMEDY = "Use one version of this package on all sides, or choose another name for the shared world."

_Reader = Callable[[Any], Any]


def snapshot_to_json(state: WorldState) -> bytes:
    """A snapshot as JSON: rows as arrays, by table and in the order in which they were first touched."""
    store = state.store
    rows = {name: [[key, row] for key, row in changed.items()] for name, changed in store.overlay.items()}
    content = {"rows": rows, "issued": store.issued, "elapsed_s": store.elapsed_s}
    return orjson.dumps(content, default=list)


def read_snapshot(world: World, beginning: WorldState, content: bytes, digest: str) -> None:
    """Puts a world into the state that `snapshot_to_json` was given.

    Args:
        world: Of the same base; it changes only where all is as it should be.
        beginning: Where its episode began, from which its diff counts.
        content: The JSON.
        digest: Of the world in that state.

    Raises:
        StoreContentError: The content is of another form, or leads to another digest.
    """
    made = world.fork()
    made.restore(beginning)
    try:
        found = orjson.loads(content)
        tables = world.base.table_by_name
        clean = made.store.snapshot()
        made.store.restore(clean._replace(overlay={}, digest_sum=0))
        for name, rows in found["rows"].items():
            kind: Any = tables[name].row
            read = _reader(kind)
            for key, row in rows:
                if row is None:
                    made.store.delete(tables[name], key)
                else:
                    made.store.put(tables[name], read(row))
        made.store.commit(0)
        state = made.store.snapshot()._replace(issued=found["issued"], elapsed_s=found["elapsed_s"])
    except (orjson.JSONDecodeError, LookupError, TypeError, ValueError, AttributeError) as error:
        problem = f"expected the state of a world, found another form ({type(error).__name__})"
        raise StoreContentError(f"{problem}. {_REMEDY}") from error
    made.store.restore(state)
    if made.digest() != digest:
        raise StoreContentError(f"expected a state of digest {digest}, found one of {made.digest()}. {_REMEDY}")
    world.restore(made.snapshot())


@lru_cache(maxsize=512)
def _reader(kind: Any) -> _Reader:
    """What makes a value of a type from its JSON: arrays become tuples and named tuples."""
    origin = get_origin(kind)
    if origin is Annotated:
        return _reader(get_args(kind)[0])
    if origin in (Union, UnionType):
        kinds = [one for one in get_args(kind) if one is not type(None)]
        read = _reader(kinds[0]) if len(kinds) == 1 else _tuples
        return lambda value: None if value is None else read(value)
    if origin is tuple:
        items = get_args(kind)
        if len(items) == 2 and items[1] is Ellipsis:
            item = _reader(items[0])
            return lambda value: tuple(map(item, value))
        readers = tuple(map(_reader, items))
        return lambda value: tuple(read(part) for read, part in zip(readers, value, strict=True))
    if isinstance(kind, type) and issubclass(kind, tuple) and hasattr(kind, "_fields"):
        hints = get_type_hints(kind, include_extras=False)
        fields = tuple(_reader(hints[name]) for name in kind._fields)
        return lambda value: kind(*(read(part) for read, part in zip(fields, value, strict=True)))
    return _tuples


def _tuples(value: Any) -> Any:
    return tuple(map(_tuples, value)) if isinstance(value, list) else value
