"""The functions of jq that need a machine: control, paths, input; and how functions of values join them."""

# ruff: noqa: ARG001 - the parts of a program are called alike, whatever they need of it

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Final, TypeAlias

from agentalign_env.services.shell.languages.jq_control import paths_of
from agentalign_env.services.shell.languages.jq_functions import FUNCTIONS
from agentalign_env.services.shell.languages.jq_machine import JqMachine
from agentalign_env.services.shell.languages.jq_paths import Path, get_path
from agentalign_env.services.shell.languages.jq_regex import REGEX_FUNCTIONS, substitute
from agentalign_env.services.shell.languages.jq_types import NO_PATH, Env, Filter, Out, truthy
from agentalign_env.services.shell.languages.jq_values import (
    JqError,
    Json,
    MemoryProblemError,
    charge,
    compare_key,
    dump,
    in_error,
)

__all__ = ["HaltError", "library"]

Native: TypeAlias = Callable[[JqMachine, list[Filter]], Filter]


_MOST_LEVELS: Final = 50_000


class HaltError(Exception):
    """The program ends.

    Attributes:
        value: What goes to standard error, if anything does.
        status: The exit status.
    """

    def __init__(self, value: Json, status: int, *, silent: bool) -> None:
        super().__init__()
        self.value, self.status, self.silent = value, status, silent


def _with_values(function: Callable[..., Json], count: int) -> Native:
    """A function of the input and so many values."""

    def make(machine: JqMachine, args: list[Filter]) -> Filter:
        if count == 0:

            def plain(env: Env, path: Path | None, value: Json) -> Iterator[Out]:
                _charge_input(value)
                yield (None if path is None else NO_PATH), machine.bounded(function(value))

            return plain

        def run(env: Env, path: Path | None, value: Json) -> Iterator[Out]:
            # As in jq, the last argument is the outer loop.
            for values in combined(args[::-1], env, value):
                _charge_input(value)
                yield (None if path is None else NO_PATH), machine.bounded(function(value, *values[::-1]))

        return run

    return make


def _charge_input(value: Json) -> None:
    if isinstance(value, list | dict | str):
        charge(len(value) // 8 if isinstance(value, str) else len(value))


def combined(args: list[Filter], env: Env, value: Json) -> Iterator[tuple[Json, ...]]:
    """All combinations of what the arguments give, the first in the outer loop."""
    if not args:
        yield ()
        return
    for _, first in args[0](env, None, value):
        for rest in combined(args[1:], env, value):
            yield (first, *rest)


def _empty(machine: JqMachine, args: list[Filter]) -> Filter:
    def run(env: Env, path: Path | None, value: Json) -> Iterator[Out]:
        yield from ()

    return run


def _error(machine: JqMachine, args: list[Filter]) -> Filter:
    def run(env: Env, path: Path | None, value: Json) -> Iterator[Out]:
        if value is not None:
            raise JqError(value)
        yield from ()

    return run


def _select(machine: JqMachine, args: list[Filter]) -> Filter:
    test = args[0]

    def run(env: Env, path: Path | None, value: Json) -> Iterator[Out]:
        for _, found in test(env, None, value):
            if truthy(found):
                yield path, value

    return run


def _push(machine: JqMachine, stack: list[Iterator[Out]], ahead: Iterator[Out]) -> None:
    """Goes one level deeper."""
    machine.invocation.spend(2)
    if len(stack) > _MOST_LEVELS:
        raise MemoryProblemError
    stack.append(ahead)


def _recurse(machine: JqMachine, args: list[Filter]) -> Filter:
    step = args[0] if args else _children
    test = args[1] if len(args) > 1 else None

    def run(env: Env, path: Path | None, value: Json) -> Iterator[Out]:
        yield path, value
        stack = [step(env, path, value)]
        while stack:
            out = next(stack[-1], None)
            if out is None:
                stack.pop()
                continue
            machine.tick()
            if test is not None and not any(truthy(found) for _, found in test(env, None, out[1])):
                continue
            yield out
            _push(machine, stack, step(env, *out))

    return run


def _children(env: Env, path: Path | None, value: Json) -> Iterator[Out]:
    if isinstance(value, dict):
        for name, part in value.items():
            yield (None if path is None else (*path, name)), part
    elif isinstance(value, list):
        for at, part in enumerate(value):
            yield (None if path is None else (*path, float(at))), part


def _path(machine: JqMachine, args: list[Filter]) -> Filter:
    def run(env: Env, path: Path | None, value: Json) -> Iterator[Out]:
        for found in paths_of(machine, args[0], env, value):
            yield (None if path is None else NO_PATH), list(found)

    return run


def _getpath(machine: JqMachine, args: list[Filter]) -> Filter:
    def run(env: Env, path: Path | None, value: Json) -> Iterator[Out]:
        for _, keys in args[0](env, None, value):
            if not isinstance(keys, list):
                raise JqError("Path must be specified as an array")
            yield (None if path is None else (*path, *keys)), get_path(value, keys)

    return run


def _range(machine: JqMachine, args: list[Filter]) -> Filter:
    def run(env: Env, path: Path | None, value: Json) -> Iterator[Out]:
        place = None if path is None else NO_PATH
        for bounds in combined(args, env, value):
            if not all(isinstance(bound, float) for bound in bounds):
                raise JqError("Range bounds must be numeric")
            at, end = bounds[0], bounds[1]
            step = bounds[2] if len(bounds) > 2 else 1.0
            while (step > 0 and at < end) or (step < 0 and at > end) or (step == 0 and at < end):
                machine.tick()
                yield place, at
                at += step

    return run


def _limit(machine: JqMachine, args: list[Filter]) -> Filter:
    def run(env: Env, path: Path | None, value: Json) -> Iterator[Out]:
        for _, most in args[0](env, None, value):
            if not isinstance(most, float):
                raise JqError(f"{in_error(most)} number required")
            if most < 0:
                yield from args[1](env, path, value)
                continue
            for count, out in enumerate(args[1](env, path, value), 1):
                yield out
                if count >= most:
                    break

    return run


def _first(machine: JqMachine, args: list[Filter]) -> Filter:
    def run(env: Env, path: Path | None, value: Json) -> Iterator[Out]:
        for out in args[0](env, path, value):
            yield out
            return

    return run


def _isempty(machine: JqMachine, args: list[Filter]) -> Filter:
    def run(env: Env, path: Path | None, value: Json) -> Iterator[Out]:
        yield (None if path is None else NO_PATH), next(args[0](env, None, value), None) is None

    return run


def _until(machine: JqMachine, args: list[Filter]) -> Filter:
    test, update = args

    def run(env: Env, path: Path | None, value: Json) -> Iterator[Out]:
        stack: list[Iterator[Out]] = [iter([(path, value)])]
        while stack:
            out = next(stack[-1], None)
            if out is None:
                stack.pop()
                continue
            machine.tick()
            for _, found in test(env, None, out[1]):
                if truthy(found):
                    yield out
                else:
                    # What is exhausted need not be kept: a long loop stays flat.
                    _push(machine, stack, update(env, *out))

    return run


def _while(machine: JqMachine, args: list[Filter]) -> Filter:
    test, update = args

    def run(env: Env, path: Path | None, value: Json) -> Iterator[Out]:
        stack: list[Iterator[Out]] = [iter([(path, value)])]
        while stack:
            out = next(stack[-1], None)
            if out is None:
                stack.pop()
                continue
            machine.tick()
            if any(truthy(found) for _, found in test(env, None, out[1])):
                yield out
                _push(machine, stack, update(env, *out))

    return run


def _repeat(machine: JqMachine, args: list[Filter]) -> Filter:
    step = args[0]

    def run(env: Env, path: Path | None, value: Json) -> Iterator[Out]:
        stack = [step(env, path, value)]
        while stack:
            out = next(stack[-1], None)
            if out is None:
                stack.pop()
                continue
            machine.tick()
            yield out
            _push(machine, stack, step(env, *out))

    return run


def _any(wanted: bool) -> Native:
    def make(machine: JqMachine, args: list[Filter]) -> Filter:
        source, test = args

        def run(env: Env, path: Path | None, value: Json) -> Iterator[Out]:
            place = None if path is None else NO_PATH
            for _, item in source(env, None, value):
                for _, found in test(env, None, item):
                    if truthy(found) == wanted:
                        yield place, wanted
                        return
            yield place, not wanted

        return run

    return make


def _keyed(function: Callable[[list[tuple[Json, Json]]], Json], name: str) -> Native:
    """A function of an array's elements and their keys, which the argument gives."""

    def make(machine: JqMachine, args: list[Filter]) -> Filter:
        def run(env: Env, path: Path | None, value: Json) -> Iterator[Out]:
            if not isinstance(value, list):
                if name == "iterated":
                    raise JqError(f"Cannot iterate over {in_error(value)}")
                if isinstance(value, dict | None) is False:
                    raise JqError(f"Cannot iterate over {in_error(value)}")
                raise JqError(f"{in_error(value)} cannot be {name}, as it is not an array")
            pairs = []
            for item in value:
                machine.tick()
                pairs.append(([found for _, found in args[0](env, None, item)], item))
            yield (None if path is None else NO_PATH), function(pairs)

        return run

    return make


def _sort_by(pairs: list[tuple[Json, Json]]) -> Json:
    return [item for _, item in sorted(pairs, key=lambda pair: compare_key(pair[0]))]


def _groups(pairs: list[tuple[Json, Json]]) -> list[list[Json]]:
    found: list[list[Json]] = []
    last: object = None
    for key, item in sorted(((compare_key(key), item) for key, item in pairs), key=lambda pair: pair[0]):
        if found and key == last:
            found[-1].append(item)
        else:
            found.append([item])
        last = key
    return found


def _unique_by(pairs: list[tuple[Json, Json]]) -> Json:
    return [group[0] for group in _groups(pairs)]


def _min_by(pairs: list[tuple[Json, Json]]) -> Json:
    return min(pairs, key=lambda pair: compare_key(pair[0]))[1] if pairs else None


def _max_by(pairs: list[tuple[Json, Json]]) -> Json:
    best: tuple[object, Json] | None = None
    for key, item in pairs:
        order = compare_key(key)
        if best is None or order >= best[0]:  # type: ignore[operator]
            best = order, item
    return None if best is None else best[1]


def _input(machine: JqMachine, args: list[Filter]) -> Filter:
    def run(env: Env, path: Path | None, value: Json) -> Iterator[Out]:
        yield (None if path is None else NO_PATH), machine.more()

    return run


def _inputs(machine: JqMachine, args: list[Filter]) -> Filter:
    def run(env: Env, path: Path | None, value: Json) -> Iterator[Out]:
        while True:
            try:
                found = machine.more()
            except JqError as error:
                if error.value == "break":
                    return
                raise
            yield (None if path is None else NO_PATH), found

    return run


def _debug(machine: JqMachine, args: list[Filter]) -> Filter:
    def run(env: Env, path: Path | None, value: Json) -> Iterator[Out]:
        machine.invocation.err(dump(["DEBUG:", value]) + "\n")
        yield path, value

    return run


def _stderr(machine: JqMachine, args: list[Filter]) -> Filter:
    def run(env: Env, path: Path | None, value: Json) -> Iterator[Out]:
        machine.invocation.err(dump(value))
        yield path, value

    return run


def _input_filename(machine: JqMachine, args: list[Filter]) -> Filter:
    def run(env: Env, path: Path | None, value: Json) -> Iterator[Out]:
        yield (None if path is None else NO_PATH), machine.file

    return run


def _env(machine: JqMachine, args: list[Filter]) -> Filter:
    def run(env: Env, path: Path | None, value: Json) -> Iterator[Out]:
        yield (None if path is None else NO_PATH), dict(machine.invocation.env)

    return run


def _now(machine: JqMachine, args: list[Filter]) -> Filter:
    def run(env: Env, path: Path | None, value: Json) -> Iterator[Out]:
        yield (None if path is None else NO_PATH), float(machine.invocation.now_s)

    return run


def _halt(machine: JqMachine, args: list[Filter]) -> Filter:
    def run(env: Env, path: Path | None, value: Json) -> Iterator[Out]:
        raise HaltError(None, 0, silent=True)
        yield  # it is a generator as all others are

    return run


def _halt_error(machine: JqMachine, args: list[Filter]) -> Filter:
    def run(env: Env, path: Path | None, value: Json) -> Iterator[Out]:
        for _, status in args[0](env, None, value):
            if not isinstance(status, float) or not math.isfinite(status):
                raise JqError("halt_error/1: number required")
            raise HaltError(value, int(status) & 255, silent=False)
        yield from ()

    return run


def _sub(machine: JqMachine, args: list[Filter]) -> Filter:
    pattern, text, flags = args

    def run(env: Env, path: Path | None, value: Json) -> Iterator[Out]:
        place = None if path is None else NO_PATH

        def replaced(captures: Json) -> Iterator[Json]:
            return (found for _, found in text(env, None, captures))

        for _, mode in flags(env, None, value):
            for _, regex in pattern(env, None, value):
                for found in substitute(machine, value, regex, mode, replaced):
                    yield place, machine.bounded(found)

    return run


_NATIVES: Final[Mapping[str, Native]] = {
    "empty/0": _empty,
    "error/0": _error,
    "select/1": _select,
    "recurse/0": _recurse,
    "recurse/1": _recurse,
    "recurse/2": _recurse,
    "path/1": _path,
    "getpath/1": _getpath,
    "range/2": _range,
    "range/3": _range,
    "limit/2": _limit,
    "first/1": _first,
    "isempty/1": _isempty,
    "until/2": _until,
    "while/2": _while,
    "repeat/1": _repeat,
    "any/2": _any(True),
    "all/2": _any(False),
    "sort_by/1": _keyed(_sort_by, "sorted"),
    "group_by/1": _keyed(_groups, "grouped"),
    "unique_by/1": _keyed(_unique_by, "grouped"),
    "min_by/1": _keyed(_min_by, "iterated"),
    "max_by/1": _keyed(_max_by, "iterated"),
    "input/0": _input,
    "inputs/0": _inputs,
    "debug/0": _debug,
    "stderr/0": _stderr,
    "input_filename/0": _input_filename,
    "env/0": _env,
    "now/0": _now,
    "halt/0": _halt,
    "halt_error/1": _halt_error,
    "sub/3": _sub,
}


@lru_cache(maxsize=1)
def library() -> Mapping[str, Native]:
    """Every function that is not written in jq, by name and number of arguments."""
    found = dict(_NATIVES)
    for name, function in {**FUNCTIONS, **REGEX_FUNCTIONS}.items():
        found[name] = _with_values(function, int(name.rpartition("/")[2]))
    return found
