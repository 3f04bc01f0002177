"""What the parts of a jq program have in common once they are made into generators."""

# ruff: noqa: ARG001 - the parts of a program are called alike, whatever they need of it

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, NamedTuple, Protocol, TypeAlias

from agentalign_env.core.commands import Invocation
from agentalign_env.services.shell.languages.jq_nodes import Node, PatternNode
from agentalign_env.services.shell.languages.jq_paths import Path
from agentalign_env.services.shell.languages.jq_values import JqError, Json, truncated

__all__ = [
    "NO_PATH", "BreakError", "Compiler", "Env", "Filter", "Maker", "Out", "Scope", "always", "nothing", "reached",
    "truthy", "variables_of",
]  # fmt: skip

Out: TypeAlias = "tuple[Path | None, Json]"
"""An output, with the path to it where paths are asked for."""

Env: TypeAlias = Mapping[str, Any]
"""Variables (``$x``), functions (``f/1``) and labels (``*x``) in force."""

Filter: TypeAlias = Callable[[Env, "Path | None", Json], Iterator[Out]]
"""What a part of a program is made into: takes what is in force, the path and the input."""

NO_PATH: Final[Path] = ("\0no path",)
"""The path of what was made, not reached."""


class BreakError(Exception):
    """Leaves a label.

    Attributes:
        label: Which.
    """

    def __init__(self, label: object) -> None:
        super().__init__()
        self.label = label


class Scope(NamedTuple):
    """What a part of a program may name: variables, functions, labels."""

    names: frozenset[str]

    def and_(self, *names: str) -> Scope:
        """These names too."""
        return Scope(self.names | set(names))


class Compiler(Protocol):
    """What the parts of a program need of the machine."""

    @property
    def invocation(self) -> Invocation:
        """The command."""
        ...

    def compile(self, node: Node, scope: Scope) -> Filter:
        """A part of a program as a generator."""
        ...

    def tick(self) -> None:
        """Counts a step."""
        ...

    def bounded(self, value: Json) -> Json:
        """A value that is not too large."""
        ...


Maker: TypeAlias = Callable[[Compiler, Any, Scope], Filter]
"""Makes one kind of part into a generator."""


def truthy(value: Json) -> bool:
    """Whether a value counts as true: all but false and null."""
    return value is not None and value is not False


def always(constant: Json) -> Filter:
    """A filter that gives one value."""

    def run(env: Env, path: Path | None, value: Json) -> Iterator[Out]:
        yield (None if path is None else NO_PATH), constant

    return run


def nothing(env: Env, path: Path | None, value: Json) -> Iterator[Out]:
    """The bound of a slice that is left out."""
    yield None, None


def reached(path: Path | None, value: Json, key: Json) -> Path | None:
    """The path one step on."""
    if path is None:
        return None
    if path is NO_PATH:
        words = f"access element {truncated(key, 15)} of {truncated(value, 30)}"
        raise JqError(f"Invalid path expression near attempt to {words}")
    return (*path, key)


def variables_of(pattern: PatternNode) -> list[str]:
    """The variables that a pattern sets."""
    if pattern.name:
        return [f"${pattern.name}"]
    found: list[str] = []
    for part in pattern.array or ():
        found += variables_of(part)
    for _, name, inner in pattern.entries or ():
        if name:
            found.append(f"${name}")
        if inner is not None:
            found += variables_of(inner)
    return found
