"""The operators and the control of jq programs."""

# ruff: noqa: ARG001 - the parts of a program are called alike, whatever they need of it

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, Final

from agentalign_env.services.shell.languages.jq_lexer import JqSyntaxError
from agentalign_env.services.shell.languages.jq_nodes import (
    Binary,
    Bind,
    Break,
    Foreach,
    If,
    Label,
    Literal,
    PatternNode,
    Reduce,
    Try,
)
from agentalign_env.services.shell.languages.jq_operators import OPERATORS
from agentalign_env.services.shell.languages.jq_paths import Path, delete_paths, get_path, index, set_path
from agentalign_env.services.shell.languages.jq_types import (
    NO_PATH,
    BreakError,
    Compiler,
    Env,
    Filter,
    Maker,
    Out,
    Scope,
    truthy,
    variables_of,
)
from agentalign_env.services.shell.languages.jq_values import JqError, Json, truncated

__all__ = ["CONTROL", "paths_of"]


def _binary(machine: Compiler, node: Binary, scope: Scope) -> Filter:
    operator = node.operator
    left, right = machine.compile(node.left, scope), machine.compile(node.right, scope)
    if operator == "|":
        return _pipe(machine, left, right)
    if operator == ",":

        def both(env: Env, path: Path | None, value: Json) -> Iterator[Out]:
            yield from left(env, path, value)
            yield from right(env, path, value)

        return both
    if operator == "//":
        return _alternative(machine, left, right)
    if operator in {"and", "or"}:
        return _logic(machine, operator, left, right)
    if operator.endswith("=") and operator not in OPERATORS:
        return _update(machine, operator, left, right)
    operation = OPERATORS[operator]

    def run(env: Env, path: Path | None, value: Json) -> Iterator[Out]:
        for _, two in right(env, None, value):
            for _, one in left(env, None, value):
                yield (None if path is None else NO_PATH), machine.bounded(operation(one, two))

    return run


def _pipe(machine: Compiler, left: Filter, right: Filter) -> Filter:
    def run(env: Env, path: Path | None, value: Json) -> Iterator[Out]:
        for place, found in left(env, path, value):
            machine.tick()
            yield from right(env, place, found)

    return run


def _alternative(machine: Compiler, left: Filter, right: Filter) -> Filter:
    def run(env: Env, path: Path | None, value: Json) -> Iterator[Out]:
        any_found = False
        for out in left(env, path, value):
            if truthy(out[1]):
                any_found = True
                yield out
        if not any_found:
            yield from right(env, path, value)

    return run


def _logic(machine: Compiler, operator: str, left: Filter, right: Filter) -> Filter:
    ends = operator == "or"

    def run(env: Env, path: Path | None, value: Json) -> Iterator[Out]:
        place = None if path is None else NO_PATH
        for _, one in left(env, None, value):
            if truthy(one) == ends:
                yield place, ends
                continue
            for _, two in right(env, None, value):
                yield place, truthy(two)

    return run


def _update(machine: Compiler, operator: str, left: Filter, right: Filter) -> Filter:
    def run(env: Env, path: Path | None, value: Json) -> Iterator[Out]:
        place = None if path is None else NO_PATH
        if operator == "|=":
            yield place, _modified(machine, left, env, value, lambda old: next(right(env, None, old), None))
            return
        for _, new in right(env, None, value):
            if operator == "=":
                made = value
                for at in paths_of(machine, left, env, value):
                    made = set_path(made, at, new)
                yield place, made
            else:
                change = partial(_changed, operator[:-1], new)
                yield place, _modified(machine, left, env, value, change)

    return run


def _if(machine: Compiler, node: If, scope: Scope) -> Filter:
    test, yes, no = (machine.compile(part, scope) for part in node)

    def run(env: Env, path: Path | None, value: Json) -> Iterator[Out]:
        for _, found in test(env, None, value):
            yield from (yes if truthy(found) else no)(env, path, value)

    return run


def _try(machine: Compiler, node: Try, scope: Scope) -> Filter:
    part = machine.compile(node.part, scope)
    catch = machine.compile(node.catch, scope) if node.catch is not None else None

    def run(env: Env, path: Path | None, value: Json) -> Iterator[Out]:
        outs = part(env, path, value)
        caught: Json = None
        while True:
            try:
                out = next(outs)
            except StopIteration:
                return
            except JqError as error:
                caught = error.value
                break
            yield out
        if catch is not None:
            yield from catch(env, None if path is None else NO_PATH, caught)

    return run


def _label(machine: Compiler, node: Label, scope: Scope) -> Filter:
    name = f"*{node.name}"
    rest = machine.compile(node.rest, scope.and_(name))

    def run(env: Env, path: Path | None, value: Json) -> Iterator[Out]:
        label = object()
        try:
            yield from rest({**env, name: label}, path, value)
        except BreakError as leaving:
            if leaving.label is not label:
                raise

    return run


def _break(machine: Compiler, node: Break, scope: Scope) -> Filter:
    name = f"*{node.name}"
    if name not in scope.names:
        raise JqSyntaxError(f"$*label-{node.name} is not defined", node.at)

    def run(env: Env, path: Path | None, value: Json) -> Iterator[Out]:
        raise BreakError(env[name])
        yield  # it is a generator as all others are

    return run


def _reduce(machine: Compiler, node: Reduce, scope: Scope) -> Filter:
    source, start = machine.compile(node.source, scope), machine.compile(node.start, scope)
    pattern = _pattern(machine, node.pattern, scope)
    update = machine.compile(node.update, scope.and_(*variables_of(node.pattern)))

    def run(env: Env, path: Path | None, value: Json) -> Iterator[Out]:
        for place, state in start(env, path, value):
            where, held = place, state
            for _, item in source(env, None, value):
                for bound in pattern(env, item, value):
                    machine.tick()
                    outs = deque(update(bound, where, held), maxlen=1)
                    where, held = outs.pop() if outs else (where, None)
            yield where, held

    return run


def _foreach(machine: Compiler, node: Foreach, scope: Scope) -> Filter:
    source, start = machine.compile(node.source, scope), machine.compile(node.start, scope)
    pattern = _pattern(machine, node.pattern, scope)
    inner = scope.and_(*variables_of(node.pattern))
    update = machine.compile(node.update, inner)
    extract = machine.compile(node.extract, inner) if node.extract is not None else None

    def run(env: Env, path: Path | None, value: Json) -> Iterator[Out]:
        for where, held in start(env, path, value):
            for _, item in source(env, None, value):
                for bound in pattern(env, item, value):
                    machine.tick()
                    for out in update(bound, where, held):
                        where, held = out  # noqa: PLW2901 - the state of the loop
                        if extract is None:
                            yield out
                        else:
                            yield from extract(bound, where, held)

    return run


def _bind(machine: Compiler, node: Bind, scope: Scope) -> Filter:
    source, pattern = machine.compile(node.source, scope), _pattern(machine, node.pattern, scope)
    rest = machine.compile(node.rest, scope.and_(*variables_of(node.pattern)))

    def run(env: Env, path: Path | None, value: Json) -> Iterator[Out]:
        for _, found in source(env, None, value):
            for bound in pattern(env, found, value):
                machine.tick()
                yield from rest(bound, path, value)

    return run


def _pattern(machine: Compiler, node: PatternNode, scope: Scope) -> Callable[[Env, Json, Json], Iterator[Env]]:
    """A pattern as a generator of what is in force once a value is taken apart."""
    if node.array is not None:
        keys: list[tuple[Filter, str, Any]] = [
            (machine.compile(Literal(float(at)), scope), "", _pattern(machine, part, scope))
            for at, part in enumerate(node.array)
        ]
    elif node.entries is not None:
        inner = scope.and_(*variables_of(node))
        keys = [
            (machine.compile(key, inner), name, _pattern(machine, part, scope) if part is not None else None)
            for key, name, part in node.entries
        ]
    else:
        only = f"${node.name}"
        return lambda env, found, _: iter(({**env, only: found},))
    unset = dict.fromkeys(f"${name}" for name in (name[1:] for name in variables_of(node)))

    def take(env: Env, found: Json, value: Json, at: int) -> Iterator[Env]:
        if at == len(keys):
            yield env
            return
        key, name, part = keys[at]
        for _, place in key(env, None, value):
            inner_value = index(found, place)
            bound = {**env, f"${name}": inner_value} if name else env
            if part is None:
                yield from take(bound, found, value, at + 1)
            else:
                for deeper in part(bound, inner_value, value):
                    yield from take(deeper, found, value, at + 1)

    return lambda env, found, value: take({**unset, **env}, found, value, 0)


def paths_of(machine: Compiler, part: Filter, env: Env, value: Json) -> Iterator[Path]:
    """The paths that a part of a program leads to."""
    for path, found in part(env, (), value):
        machine.tick()
        if path is None or path is NO_PATH:
            raise JqError(f"Invalid path expression with result {truncated(found, 30)}")
        yield path


def _modified(machine: Compiler, part: Filter, env: Env, value: Json, change: Callable[[Json], Out | None]) -> Json:
    """The value with everything changed that a part of a program leads to; what changes to nothing is removed."""
    made = value
    for path in paths_of(machine, part, env, value):
        out = change(get_path(made, path))
        made = delete_paths(made, [list(path)]) if out is None else set_path(made, path, out[1])
    return made


def _changed(operator: str, new: Json, old: Json) -> Out:
    if operator == "//":
        return None, old if truthy(old) else new
    return None, OPERATORS[operator](old, new)


CONTROL: Final[Mapping[type, Maker]] = {
    Binary: _binary,
    If: _if,
    Try: _try,
    Label: _label,
    Break: _break,
    Reduce: _reduce,
    Foreach: _foreach,
    Bind: _bind,
}
