"""The terms of jq programs: what reaches into values and what makes them."""

# ruff: noqa: ARG001 - the parts of a program are called alike, whatever they need of it

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from agentalign_env.services.shell.languages.jq_lexer import JqSyntaxError
from agentalign_env.services.shell.languages.jq_nodes import (
    Array,
    Each,
    Format,
    Identity,
    Index,
    Literal,
    Negate,
    Object,
    Optional_,
    Slice,
    Text,
    Try,
    Variable,
)
from agentalign_env.services.shell.languages.jq_operators import formatted
from agentalign_env.services.shell.languages.jq_paths import Path, index, slice_key
from agentalign_env.services.shell.languages.jq_types import (
    NO_PATH,
    Compiler,
    Env,
    Filter,
    Maker,
    Out,
    Scope,
    nothing,
    reached,
)
from agentalign_env.services.shell.languages.jq_values import JqError, Json, in_error, kind, truncated

__all__ = ["TERMS"]


def _identity(machine: Compiler, node: Identity, scope: Scope) -> Filter:
    def run(env: Env, path: Path | None, value: Json) -> Iterator[Out]:
        yield path, value

    return run


def _literal(machine: Compiler, node: Literal, scope: Scope) -> Filter:
    constant = node.value

    def run(env: Env, path: Path | None, value: Json) -> Iterator[Out]:
        yield (None if path is None else () if constant is None else NO_PATH), constant

    return run


def _variable(machine: Compiler, node: Variable, scope: Scope) -> Filter:
    name = f"${node.name}"
    if name not in scope.names:
        raise JqSyntaxError(f"{name} is not defined", node.at)

    def run(env: Env, path: Path | None, value: Json) -> Iterator[Out]:
        yield (None if path is None else NO_PATH), env[name]

    return run


def _text(machine: Compiler, node: Text, scope: Scope) -> Filter:
    parts = [part if isinstance(part, str) else machine.compile(part, scope) for part in node.parts]
    how = node.format[1:]

    def run(env: Env, path: Path | None, value: Json) -> Iterator[Out]:
        # As in jq, the last interpolation is the outermost loop.
        def texts(at: int) -> Iterator[str]:
            if at < 0:
                yield ""
                return
            part = parts[at]
            if isinstance(part, str):
                for head in texts(at - 1):
                    yield head + part
                return
            for _, found in part(env, None, value):
                shown = formatted(how, found)
                for head in texts(at - 1):
                    yield machine.bounded(head + shown)

        for made in texts(len(parts) - 1):
            yield (None if path is None else NO_PATH), made

    return run


def _format(machine: Compiler, node: Format, scope: Scope) -> Filter:
    how = node.name[1:]

    def run(env: Env, path: Path | None, value: Json) -> Iterator[Out]:
        yield (None if path is None else NO_PATH), formatted(how, value)

    return run


def _index(machine: Compiler, node: Index, scope: Scope) -> Filter:
    term = machine.compile(node.term, scope)
    if isinstance(node.key, Literal):
        fixed = node.key.value
        if isinstance(node.term, Identity):

            def plain(env: Env, path: Path | None, value: Json) -> Iterator[Out]:
                yield reached(path, value, fixed), index(value, fixed)

            return plain

        def constant(env: Env, path: Path | None, value: Json) -> Iterator[Out]:
            for place, found in term(env, path, value):
                yield reached(place, found, fixed), index(found, fixed)

        return constant
    key = machine.compile(node.key, scope)

    def run(env: Env, path: Path | None, value: Json) -> Iterator[Out]:
        for place, found in term(env, path, value):
            for _, name in key(env, None, value):
                yield reached(place, found, name), index(found, name)

    return run


def _slice(machine: Compiler, node: Slice, scope: Scope) -> Filter:
    term = machine.compile(node.term, scope)
    low = machine.compile(node.low, scope) if node.low is not None else nothing
    high = machine.compile(node.high, scope) if node.high is not None else nothing

    def run(env: Env, path: Path | None, value: Json) -> Iterator[Out]:
        for place, found in term(env, path, value):
            for _, end in high(env, None, value):
                for _, start in low(env, None, value):
                    if not isinstance(found, list | str | None):
                        raise JqError(f"Cannot index {kind(found)} with object")
                    key = slice_key(start, end)
                    yield reached(place, found, key), index(found, key)

    return run


def _each(machine: Compiler, node: Each, scope: Scope) -> Filter:
    term = machine.compile(node.term, scope)

    def run(env: Env, path: Path | None, value: Json) -> Iterator[Out]:
        for place, found in term(env, path, value):
            if place is NO_PATH:
                raise JqError(f"Invalid path expression near attempt to iterate through {truncated(found, 30)}")
            if isinstance(found, dict):
                for name, part in found.items():
                    machine.tick()
                    yield (None if place is None else (*place, name)), part
            elif isinstance(found, list):
                for at, part in enumerate(found):
                    machine.tick()
                    yield (None if place is None else (*place, float(at))), part
            else:
                raise JqError(f"Cannot iterate over {in_error(found)}")

    return run


def _optional(machine: Compiler, node: Optional_, scope: Scope) -> Filter:
    return machine.compile(Try(node.term, None), scope)


def _array(machine: Compiler, node: Array, scope: Scope) -> Filter:
    part = machine.compile(node.part, scope) if node.part is not None else None

    def run(env: Env, path: Path | None, value: Json) -> Iterator[Out]:
        found = [] if part is None else [item for _, item in part(env, None, value)]
        yield (None if path is None else NO_PATH), machine.bounded(found)

    return run


def _object(machine: Compiler, node: Object, scope: Scope) -> Filter:
    entries = [(machine.compile(key, scope), machine.compile(value, scope)) for key, value in node.entries]

    def run(env: Env, path: Path | None, value: Json) -> Iterator[Out]:
        def objects(at: int) -> Iterator[dict[str, Json]]:
            if at < 0:
                yield {}
                return
            keys, values = entries[at]
            for head in objects(at - 1):
                for _, key in keys(env, None, value):
                    if not isinstance(key, str):
                        raise JqError(f"Cannot use {in_error(key)} as object key")
                    for _, found in values(env, None, value):
                        yield {**head, key: found}

        for made in objects(len(entries) - 1):
            yield (None if path is None else NO_PATH), made

    return run


def _negate(machine: Compiler, node: Negate, scope: Scope) -> Filter:
    part = machine.compile(node.part, scope)

    def run(env: Env, path: Path | None, value: Json) -> Iterator[Out]:
        for _, found in part(env, None, value):
            if not isinstance(found, float):
                raise JqError(f"{in_error(found)} cannot be negated")
            yield (None if path is None else NO_PATH), -found

    return run


TERMS: Final[Mapping[type, Maker]] = {
    Identity: _identity,
    Literal: _literal,
    Variable: _variable,
    Text: _text,
    Format: _format,
    Index: _index,
    Slice: _slice,
    Each: _each,
    Optional_: _optional,
    Array: _array,
    Object: _object,
    Negate: _negate,
}
