"""Reaches into values: by key, by index, by slice, by whole paths. Nothing is changed in place."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final, TypeAlias

from agentalign_env.services.shell.languages.jq_values import (
    JqError,
    Json,
    MemoryProblemError,
    charge,
    compare_key,
    kind,
    same,
)

__all__ = ["Path", "delete_paths", "get_path", "index", "set_path", "slice_key"]

Path: TypeAlias = tuple[Json, ...]

_MOST: Final = 1_000_000


def _refuse(value: Json, key: Json) -> JqError:
    if isinstance(key, str):
        return JqError(f'Cannot index {kind(value)} with string "{key}"')
    return JqError(f"Cannot index {kind(value)} with {kind(key)}")


def index(value: Json, key: Json) -> Json:
    """``value[key]``.

    Raises:
        JqError: The value has no such parts.
    """
    if isinstance(value, dict) and isinstance(key, str):
        return value.get(key)
    if isinstance(value, list) and isinstance(key, float):
        if not key.is_integer():
            return None
        at = math.floor(key)
        at += len(value) if at < 0 else 0
        return value[at] if 0 <= at < len(value) else None
    if value is None and (isinstance(key, str | float) or key is None):
        return None
    if isinstance(key, dict) and isinstance(value, list | str | None):
        if value is None:
            return None
        low, high = _bounds(key, len(value))
        return value[low:high]
    if isinstance(value, list) and isinstance(key, list):
        return _indices(value, key)
    raise _refuse(value, key)


def _indices(value: list[Json], part: list[Json]) -> list[Json]:
    if not part:
        return []
    charge(len(value))
    places = range(len(value) - len(part) + 1)
    return [float(at) for at in places if same(value[at], part[0]) and same(value[at : at + len(part)], part)]


def slice_key(low: Json, high: Json) -> dict[str, Json]:
    """A slice as an element of a path.

    Raises:
        JqError: A bound is no number.
    """
    for bound in (low, high):
        if bound is not None and not isinstance(bound, float):
            raise JqError("Start and end indices of an array slice must be numbers")
    return {"start": low, "end": high}


def _bounds(key: dict[str, Json], size: int) -> tuple[int, int]:
    slice_key(key.get("start"), key.get("end"))
    low, high = key.get("start"), key.get("end")
    start = 0 if low is None else _clamped(low, size, up=False)
    end = size if high is None else _clamped(high, size, up=True)
    return start, max(start, end)


def _clamped(bound: float, size: int, *, up: bool) -> int:
    if math.isnan(bound):
        return 0
    if math.isinf(bound):
        return size if bound > 0 else 0
    at = math.ceil(bound) if up else math.floor(bound)
    return min(max(at + size if at < 0 else at, 0), size)


def get_path(value: Json, path: Sequence[Json]) -> Json:
    """What a path leads to; null where it leads nowhere."""
    for key in path:
        if value is None:
            return None
        value = index(value, key)
    return value


def set_path(value: Json, path: Sequence[Json], new: Json) -> Json:
    """The value with something else at the end of a path.

    Raises:
        JqError: The path does not fit the value.
    """
    # From the outside in, then back: paths may be long.
    outer: list[Json] = []
    for key in path:
        outer.append(value)
        value = index(value, key)
    for key in reversed(path):
        new = _replaced(outer.pop(), key, new)
    return new


def _charge_copy(value: Json) -> None:
    if isinstance(value, list | dict):
        charge(len(value) // (16 if isinstance(value, dict) else 128))


def _replaced(value: Json, key: Json, new: Json) -> Json:
    _charge_copy(value)
    if isinstance(key, str) and isinstance(value, dict | None):
        return {**(value or {}), key: new}
    if isinstance(key, float) and isinstance(value, list | None):
        found = list(value or ())
        at = math.floor(key) if math.isfinite(key) else 0
        if at < 0:
            at += len(found)
            if at < 0:
                raise JqError("Out of bounds negative array index")
        if at >= _MOST:
            raise MemoryProblemError
        found.extend([None] * (at + 1 - len(found)))
        found[at] = new
        return found
    if isinstance(key, dict) and isinstance(value, list | None):
        if not isinstance(new, list):
            raise JqError("A slice of an array can only be assigned another array")
        found = list(value or ())
        low, high = _bounds(key, len(found))
        found[low:high] = new
        return found
    if isinstance(key, dict):
        raise JqError(f"Cannot update field at object index of {kind(value)}")
    raise _refuse(value, key)


def delete_paths(value: Json, paths: Sequence[Json]) -> Json:
    """The value without what these paths lead to.

    Raises:
        JqError: A path does not fit the value.
    """
    if len(paths) > 1 and (outer := _same_holder(paths)) is not None:
        holder = get_path(value, outer)
        if isinstance(holder, list):
            _charge_copy(holder)
            places = [math.floor(path[-1]) for path in paths if isinstance(path, list) and isinstance(path[-1], float)]
            gone = {place + (len(holder) if place < 0 else 0) for place in places}
            return set_path(value, outer, [part for place, part in enumerate(holder) if place not in gone])
    for path in sorted(paths, key=compare_key, reverse=True):
        if not isinstance(path, list):
            raise JqError("Path must be specified as an array")
        value = _without(value, path)
    return value


def _same_holder(paths: Sequence[Json]) -> list[Json] | None:
    """What leads to the one array that all paths take single elements from; ``None`` where that is not so."""
    first = paths[0]
    if not isinstance(first, list) or not first:
        return None
    outer = first[:-1]
    for path in paths:
        if not isinstance(path, list) or len(path) != len(first) or path[:-1] != outer:
            return None
        if not isinstance(path[-1], float) or not math.isfinite(path[-1]):
            return None
    return outer


def _without(value: Json, path: Sequence[Json]) -> Json:
    if not path:
        return None
    *outer, last = path
    holder = get_path(value, outer)
    if holder is None:
        return value
    return set_path(value, outer, _removed(holder, last))


def _removed(value: Json, key: Json) -> Json:
    _charge_copy(value)
    if isinstance(value, dict) and isinstance(key, str):
        return {name: part for name, part in value.items() if name != key}
    if isinstance(value, list) and isinstance(key, float):
        at = math.floor(key) if math.isfinite(key) else len(value)
        at += len(value) if at < 0 else 0
        return [part for place, part in enumerate(value) if place != at]
    if isinstance(value, list) and isinstance(key, dict):
        low, high = _bounds(key, len(value))
        return value[:low] + value[high:]
    if isinstance(key, str):
        raise JqError(f"Cannot delete field at object index of {kind(value)}")
    if isinstance(key, float):
        raise JqError(f"Cannot delete field at array index of {kind(value)}")
    raise JqError(f"Cannot delete fields from {kind(value)}")
