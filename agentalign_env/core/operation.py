"""Operations: what a service can do. Tools, validation and docs are derived from their signatures."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import (
    Annotated,
    Any,
    Generic,
    NamedTuple,
    NotRequired,
    ParamSpec,
    Required,
    TypeVar,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

from typing_extensions import is_typeddict

from agentalign_env.core.semantics import semantic_of
from agentalign_env.core.table import Table

__all__ = ["Operation", "Parameter", "operation"]

P = ParamSpec("P")
T = TypeVar("T")


class Parameter(NamedTuple):
    """One argument of an operation.

    Attributes:
        name: As in the signature.
        hint: The annotation without ``Optional``.
        semantic: The name of its semantic type, or ``None``.
        required: Whether the signature gives no default.
        default: The default, ``None`` when required.
    """

    name: str
    hint: Any
    semantic: str | None
    required: bool
    default: Any


class Operation(Generic[P, T]):
    """A service function that implements one capability on the world's state.

    Attributes:
        capability: ``Category.verb_noun``.
        run: The function; its first parameter is the `World`, the others are keyword-only. It validates, then writes,
            and raises `OperationError` for anything that an agent can get wrong.
        reads: Tables it looks at; those of a neighbour, reached through a port, by their name.
        writes: Tables it may change, likewise; empty for a reading operation.
        identifies: Where its result names what was read or made, such as ``results[].url``.
        options: Whether it takes the provider's own options, as the mapping ``options``.
    """

    def __init__(
        self,
        capability: str,
        run: Callable[P, T],
        reads: Iterable[Table[Any] | str],
        writes: Iterable[Table[Any] | str],
        identifies: str,
    ) -> None:
        self.capability, self.run, self.identifies = capability, run, identifies
        self.reads = _names(reads)
        self.writes = _names(writes)
        self.__doc__ = run.__doc__
        self.__name__ = run.__name__

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> T:
        """Runs the function."""
        return self.run(*args, **kwargs)

    def __repr__(self) -> str:
        return f"Operation({self.capability!r}, {self.run.__module__}.{self.run.__qualname__})"

    @cached_property
    def _hints(self) -> dict[str, Any]:
        return get_type_hints(self.run, include_extras=True)

    @cached_property
    def parameters(self) -> Mapping[str, Parameter]:
        """The arguments by name, in order, without the world and without ``options``."""
        found: dict[str, Parameter] = {}
        for name, parameter in list(inspect.signature(self.run).parameters.items())[1:]:
            if name == "options":
                continue
            hint = _without_none(self._hints[name])
            required = parameter.default is inspect.Parameter.empty
            found[name] = Parameter(name, hint, semantic_of(hint), required, None if required else parameter.default)
        return found

    @cached_property
    def options(self) -> bool:
        """Whether the signature has ``options``."""
        return "options" in inspect.signature(self.run).parameters

    @cached_property
    def fields(self) -> Mapping[str, frozenset[str]]:
        """The top-level keys of the result, each with the keys of the objects that it holds."""
        return {name: _keys_inside(hint) for name, hint in get_type_hints(self._hints["return"]).items()}

    @cached_property
    def certain(self) -> Mapping[str, frozenset[str]]:
        """The keys that are always there: of the result under ``""``, of the objects in a field under its name."""
        hints = get_type_hints(self._hints["return"], include_extras=True)
        inside = {name: _certain_inside(hint) for name, hint in hints.items()}
        return {"": _certain_inside(self._hints["return"]), **inside}

    @cached_property
    def outputs(self) -> Mapping[str, str]:
        """Semantic types in the result, by path: ``{"results[].url": "Url"}``."""
        found: dict[str, str] = {}
        _collect_outputs(self._hints["return"], "", found)
        return found


def operation(
    capability: str,
    *,
    reads: Iterable[Table[Any] | str] = (),
    writes: Iterable[Table[Any] | str] = (),
    identifies: str,
) -> Callable[[Callable[P, T]], Operation[P, T]]:
    """Makes a function an operation; see `Operation` for the arguments."""

    def wrap(run: Callable[P, T]) -> Operation[P, T]:
        return Operation(capability, run, reads, writes, identifies)

    return wrap


def _names(tables: Iterable[Table[Any] | str]) -> frozenset[str]:
    return frozenset(table if isinstance(table, str) else table.name for table in tables)


def _keys_inside(hint: Any) -> frozenset[str]:
    if is_typeddict(hint):
        return frozenset(get_type_hints(hint))
    return frozenset().union(*map(_keys_inside, get_args(hint)))


def _certain_inside(hint: Any) -> frozenset[str]:
    """The keys that every object in a value of this type has."""
    if is_typeddict(hint):
        hints = get_type_hints(hint, include_extras=True) if hint.__total__ else {}
        return frozenset(name for name, part in hints.items() if get_origin(part) is not NotRequired)
    kinds = [keys for part in get_args(hint) if (keys := _certain_inside(part))]
    return frozenset.intersection(*kinds) if kinds else frozenset()


def _without_none(hint: Any) -> Any:
    if get_origin(hint) is Union or type(hint).__name__ == "UnionType":
        kept = [part for part in get_args(hint) if part is not type(None)]
        return kept[0] if len(kept) == 1 else Union[tuple(kept)]  # noqa: UP007 - built from parts
    return hint


def _collect_outputs(hint: Any, path: str, found: dict[str, str]) -> None:
    while get_origin(hint) in (Required, NotRequired):
        hint = get_args(hint)[0]
    hint = _without_none(hint)
    if get_origin(hint) is Annotated:
        semantic = semantic_of(hint)
        if semantic:
            found[path] = semantic
        return
    if is_typeddict(hint):
        for name, part in get_type_hints(hint, include_extras=True).items():
            _collect_outputs(part, f"{path}.{name}" if path else name, found)
    elif get_origin(hint) in (list, tuple):
        _collect_outputs(get_args(hint)[0], f"{path}[]", found)
