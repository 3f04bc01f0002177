"""From an operation's result to what a provider returns: one expression is written for each face, and compiled.

An expression with all keys spelt out makes an object in a third of the time that a loop over the keys takes, and every
call of every tool makes one, a page of search results one for each line.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from agentalign_env.core.operation import Operation
from agentalign_env.toolkit.faces import ResultSpec

__all__ = ["compile_shape"]


def compile_shape(spec: ResultSpec, operation: Operation[..., Any]) -> Callable[[Any], Any]:
    """What gives the operation's result the provider's shape; keys that a result lacks are left out of it.

    Args:
        spec: The shape; empty for the result as it is.
        operation: Says which keys are always there.
    """
    if not spec:
        return lambda result: result
    certain, entries = operation.certain, []
    for name, source in spec.items():
        if isinstance(source, str):
            entries.append(_entry(name, "result", source, source in certain[""]))
            continue
        inside = certain.get(source.source, frozenset())
        one, whole = _object("one", source.items, inside), _object("found", source.items, inside)
        value = f"[{one} for one in found] if isinstance(found := result[{source.source!r}], list) else {whole}"
        entries.append(_entry(name, "result", source.source, source.source in certain[""], value))
    shape: Callable[[Any], Any] = eval(f"lambda result: {{{', '.join(entries)}}}")  # noqa: S307 - names, all quoted
    return shape


def _object(variable: str, items: Mapping[str, str], certain: frozenset[str]) -> str:
    """The expression of an object with these keys, from those of the object that the variable holds."""
    return f"{{{', '.join(_entry(name, variable, source, source in certain) for name, source in items.items())}}}"


def _entry(name: str, variable: str, source: str, certain: bool, value: str = "") -> str:
    """The entry of a display: the value under a name, or nothing where the source is absent."""
    entry = f"{name!r}: {value or f'{variable}[{source!r}]'}"
    return entry if certain else f"**({{{entry}}} if {source!r} in {variable} else {{}})"
