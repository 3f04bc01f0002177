"""Runs jq programs: every part of one is a generator of what it gives, so nothing is made that nobody asks for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, Final, NamedTuple, TypeAlias

from agentalign_env.core.commands import Invocation
from agentalign_env.services.shell.languages.jq_lexer import JqSyntaxError
from agentalign_env.services.shell.languages.jq_nodes import (
    Array,
    Binary,
    Bind,
    Break,
    Call,
    Define,
    Each,
    Foreach,
    Format,
    FuncDef,
    Identity,
    If,
    Index,
    Label,
    Literal,
    Negate,
    Node,
    Object,
    Optional_,
    PatternNode,
    Reduce,
    Slice,
    Text,
    Try,
    Variable,
)
from agentalign_env.services.shell.languages.jq_operators import OPERATORS, formatted
from agentalign_env.services.shell.languages.jq_paths import Path, delete_paths, get_path, index, set_path, slice_key
from agentalign_env.services.shell.languages.jq_values import (
    JqError,
    Json,
    MemoryProblemError,
    in_error,
    kind,
    truncated,
)

__all__ = ["Env", "NO_PATH", "Filter", "JqMachine", "Out", "truthy"]

Out: TypeAlias = "tuple[Path | None, Json]"
"""An output, with the path to it where paths are asked for."""

Env: TypeAlias = Mapping[str, Any]
"""Variables (``$x``), functions (``f/1``) and labels (``*x``) in force."""

Filter: TypeAlias = Callable[[Env, "Path | None", Json], Iterator[Out]]
"""What a part of a program is made into: takes what is in force, the path and the input."""

NO_PATH: Final[Path] = ("\0no path",)
_MAX_CALLS: Final = 250
_MOST: Final = 1_000_000


class _Function(NamedTuple):
    """A function with what was in force where it was defined."""

    parameters: tuple[str, ...]
    body: Filter
    env: dict[str, Any]


class _Argument(NamedTuple):
    """An argument with what was in force where it was given."""

    body: Filter
    env: Env


class BreakError(Exception):
    """Leaves a label.

    Attributes:
        label: Which.
    """

    def __init__(self, label: object) -> None:
        super().__init__()
        self.label = label


class _Scope(NamedTuple):
    """What a part of a program may name: variables, functions, labels."""

    names: frozenset[str]

    def and_(self, *names: str) -> _Scope:
        return _Scope(self.names | set(names))


def truthy(value: Json) -> bool:
    """Whether a value counts as true: all but false and null."""
    return value is not None and value is not False


class JqMachine:
    """Compiles programs and counts their work.

    Attributes:
        invocation: The command.
        more: Gives the next input.
        where: Says what is being read, for messages.
    """

    def __init__(self, invocation: Invocation, more: Callable[[], Json], library: Mapping[str, Any]) -> None:
        self.invocation, self.more = invocation, more
        self.file: Json = None
        self._natives = library
        self._steps = 0
        self.depth = 0
        self._prelude: dict[str, _Function] = {}
        self._known: dict[str, FuncDef] = {}

    def tick(self) -> None:
        """Counts a step."""
        self._steps += 1
        if not self._steps & 7:
            self.invocation.spend(1)

    def bounded(self, value: Json) -> Json:
        """A value that is not too large."""
        if isinstance(value, str | list) and len(value) > 4096:
            if len(value) > _MOST:
                raise MemoryProblemError
            self.invocation.spend(len(value) // 4096)
        return value

    def define(self, functions: list[FuncDef]) -> None:
        """Makes functions known that are written in jq; each is compiled when it is first called."""
        self._known = {f"{function.name}/{len(function.parameters)}": function for function in functions}

    def program(self, node: Node, variables: list[str]) -> Filter:
        """A whole program.

        Raises:
            JqSyntaxError: It names what is not defined.
        """
        return self.compile(node, _Scope(frozenset(f"${name}" for name in variables)))

    def compile(self, node: Node, scope: _Scope) -> Filter:
        """A part of a program as a generator."""
        return _MAKERS[type(node)](self, node, scope)

    # Simple parts

    def _identity(self, node: Identity, scope: _Scope) -> Filter:
        def run(env: Env, path: Path | None, value: Json) -> Iterator[Out]:
            yield path, value

        return run

    def _literal(self, node: Literal, scope: _Scope) -> Filter:
        constant = node.value

        def run(env: Env, path: Path | None, value: Json) -> Iterator[Out]:
            yield (None if path is None else () if constant is None else NO_PATH), constant

        return run

    def _variable(self, node: Variable, scope: _Scope) -> Filter:
        name = f"${node.name}"
        if name not in scope.names:
            raise JqSyntaxError(f"{name} is not defined", node.at)

        def run(env: Env, path: Path | None, value: Json) -> Iterator[Out]:
            yield (None if path is None else NO_PATH), env[name]

        return run

    def _text(self, node: Text, scope: _Scope) -> Filter:
        parts = [part if isinstance(part, str) else self.compile(part, scope) for part in node.parts]
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
                        yield self.bounded(head + shown)

            for made in texts(len(parts) - 1):
                yield (None if path is None else NO_PATH), made

        return run

    def _format(self, node: Format, scope: _Scope) -> Filter:
        how = node.name[1:]

        def run(env: Env, path: Path | None, value: Json) -> Iterator[Out]:
            yield (None if path is None else NO_PATH), formatted(how, value)

        return run

    # Reaching in

    def _index(self, node: Index, scope: _Scope) -> Filter:
        term = self.compile(node.term, scope)
        if isinstance(node.key, Literal):
            fixed = node.key.value
            if isinstance(node.term, Identity):

                def plain(env: Env, path: Path | None, value: Json) -> Iterator[Out]:
                    yield _reached(path, value, fixed), index(value, fixed)

                return plain

            def constant(env: Env, path: Path | None, value: Json) -> Iterator[Out]:
                for place, found in term(env, path, value):
                    yield _reached(place, found, fixed), index(found, fixed)

            return constant
        key = self.compile(node.key, scope)

        def run(env: Env, path: Path | None, value: Json) -> Iterator[Out]:
            for place, found in term(env, path, value):
                for _, name in key(env, None, value):
                    yield _reached(place, found, name), index(found, name)

        return run

    def _slice(self, node: Slice, scope: _Scope) -> Filter:
        term = self.compile(node.term, scope)
        low = self.compile(node.low, scope) if node.low is not None else _nothing
        high = self.compile(node.high, scope) if node.high is not None else _nothing

        def run(env: Env, path: Path | None, value: Json) -> Iterator[Out]:
            for place, found in term(env, path, value):
                for _, end in high(env, None, value):
                    for _, start in low(env, None, value):
                        if not isinstance(found, list | str | None):
                            raise JqError(f"Cannot index {kind(found)} with object")
                        key = slice_key(start, end)
                        yield _reached(place, found, key), index(found, key)

        return run

    def _each(self, node: Each, scope: _Scope) -> Filter:
        term = self.compile(node.term, scope)

        def run(env: Env, path: Path | None, value: Json) -> Iterator[Out]:
            for place, found in term(env, path, value):
                if place is NO_PATH:
                    raise JqError(f"Invalid path expression near attempt to iterate through {truncated(found, 30)}")
                if isinstance(found, dict):
                    for name, part in found.items():
                        self.tick()
                        yield (None if place is None else (*place, name)), part
                elif isinstance(found, list):
                    for at, part in enumerate(found):
                        self.tick()
                        yield (None if place is None else (*place, float(at))), part
                else:
                    raise JqError(f"Cannot iterate over {in_error(found)}")

        return run

    def _optional(self, node: Optional_, scope: _Scope) -> Filter:
        return self._try(Try(node.term, None), scope)

    # Making values

    def _array(self, node: Array, scope: _Scope) -> Filter:
        part = self.compile(node.part, scope) if node.part is not None else None

        def run(env: Env, path: Path | None, value: Json) -> Iterator[Out]:
            found = [] if part is None else [item for _, item in part(env, None, value)]
            yield (None if path is None else NO_PATH), self.bounded(found)

        return run

    def _object(self, node: Object, scope: _Scope) -> Filter:
        entries = [(self.compile(key, scope), self.compile(value, scope)) for key, value in node.entries]

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

    def _negate(self, node: Negate, scope: _Scope) -> Filter:
        part = self.compile(node.part, scope)

        def run(env: Env, path: Path | None, value: Json) -> Iterator[Out]:
            for _, found in part(env, None, value):
                if not isinstance(found, float):
                    raise JqError(f"{in_error(found)} cannot be negated")
                yield (None if path is None else NO_PATH), -found

        return run

    # Operators

    def _binary(self, node: Binary, scope: _Scope) -> Filter:
        operator = node.operator
        left, right = self.compile(node.left, scope), self.compile(node.right, scope)
        if operator == "|":
            return self._pipe(left, right)
        if operator == ",":

            def both(env: Env, path: Path | None, value: Json) -> Iterator[Out]:
                yield from left(env, path, value)
                yield from right(env, path, value)

            return both
        if operator == "//":
            return self._alternative(left, right)
        if operator in {"and", "or"}:
            return self._logic(operator, left, right)
        if operator.endswith("=") and operator not in OPERATORS:
            return self._update(operator, left, right)
        operation = OPERATORS[operator]

        def run(env: Env, path: Path | None, value: Json) -> Iterator[Out]:
            for _, two in right(env, None, value):
                for _, one in left(env, None, value):
                    yield (None if path is None else NO_PATH), self.bounded(operation(one, two))

        return run

    def _pipe(self, left: Filter, right: Filter) -> Filter:
        def run(env: Env, path: Path | None, value: Json) -> Iterator[Out]:
            for place, found in left(env, path, value):
                self.tick()
                yield from right(env, place, found)

        return run

    def _alternative(self, left: Filter, right: Filter) -> Filter:
        def run(env: Env, path: Path | None, value: Json) -> Iterator[Out]:
            any_found = False
            for out in left(env, path, value):
                if truthy(out[1]):
                    any_found = True
                    yield out
            if not any_found:
                yield from right(env, path, value)

        return run

    def _logic(self, operator: str, left: Filter, right: Filter) -> Filter:
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

    def _update(self, operator: str, left: Filter, right: Filter) -> Filter:
        def run(env: Env, path: Path | None, value: Json) -> Iterator[Out]:
            place = None if path is None else NO_PATH
            if operator == "|=":
                yield place, self.modified(left, env, value, lambda old: next(right(env, None, old), None))
                return
            for _, new in right(env, None, value):
                if operator == "=":
                    made = value
                    for at in self.paths(left, env, value):
                        made = set_path(made, at, new)
                    yield place, made
                else:
                    change = partial(_changed, operator[:-1], new)
                    yield place, self.modified(left, env, value, change)

        return run

    def paths(self, part: Filter, env: Env, value: Json) -> Iterator[Path]:
        """The paths that a part of a program leads to."""
        for path, found in part(env, (), value):
            self.tick()
            if path is None or path is NO_PATH:
                raise JqError(f"Invalid path expression with result {truncated(found, 30)}")
            yield path

    def modified(self, part: Filter, env: Env, value: Json, change: Callable[[Json], Out | None]) -> Json:
        """The value with everything changed that a part of a program leads to; what changes to nothing is removed."""
        made = value
        for path in self.paths(part, env, value):
            out = change(get_path(made, path))
            made = delete_paths(made, [list(path)]) if out is None else set_path(made, path, out[1])
            self.invocation.spend(len(made) // 4096 if isinstance(made, list | dict) else 0)
        return made

    # Control

    def _if(self, node: If, scope: _Scope) -> Filter:
        test, yes, no = (self.compile(part, scope) for part in node)

        def run(env: Env, path: Path | None, value: Json) -> Iterator[Out]:
            for _, found in test(env, None, value):
                yield from (yes if truthy(found) else no)(env, path, value)

        return run

    def _try(self, node: Try, scope: _Scope) -> Filter:
        part = self.compile(node.part, scope)
        catch = self.compile(node.catch, scope) if node.catch is not None else None

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

    def _label(self, node: Label, scope: _Scope) -> Filter:
        name = f"*{node.name}"
        rest = self.compile(node.rest, scope.and_(name))

        def run(env: Env, path: Path | None, value: Json) -> Iterator[Out]:
            label = object()
            try:
                yield from rest({**env, name: label}, path, value)
            except BreakError as leaving:
                if leaving.label is not label:
                    raise

        return run

    def _break(self, node: Break, scope: _Scope) -> Filter:
        name = f"*{node.name}"
        if name not in scope.names:
            raise JqSyntaxError(f"$*label-{node.name} is not defined", node.at)

        def run(env: Env, path: Path | None, value: Json) -> Iterator[Out]:
            raise BreakError(env[name])
            yield  # it is a generator as all others are

        return run

    def _reduce(self, node: Reduce, scope: _Scope) -> Filter:
        source, start = self.compile(node.source, scope), self.compile(node.start, scope)
        pattern = self._pattern(node.pattern, scope)
        update = self.compile(node.update, scope.and_(*_variables(node.pattern)))

        def run(env: Env, path: Path | None, value: Json) -> Iterator[Out]:
            for place, state in start(env, path, value):
                where, held = place, state
                for _, item in source(env, None, value):
                    for bound in pattern(env, item, value):
                        self.tick()
                        last: Out = (where, None)
                        for last in update(bound, where, held):
                            pass
                        where, held = last
                yield where, held

        return run

    def _foreach(self, node: Foreach, scope: _Scope) -> Filter:
        source, start = self.compile(node.source, scope), self.compile(node.start, scope)
        pattern = self._pattern(node.pattern, scope)
        inner = scope.and_(*_variables(node.pattern))
        update = self.compile(node.update, inner)
        extract = self.compile(node.extract, inner) if node.extract is not None else None

        def run(env: Env, path: Path | None, value: Json) -> Iterator[Out]:
            for where, held in start(env, path, value):
                for _, item in source(env, None, value):
                    for bound in pattern(env, item, value):
                        self.tick()
                        for out in update(bound, where, held):
                            where, held = out  # noqa: PLW2901 - the state of the loop
                            if extract is None:
                                yield out
                            else:
                                yield from extract(bound, where, held)

        return run

    # Variables and functions

    def _bind(self, node: Bind, scope: _Scope) -> Filter:
        source, pattern = self.compile(node.source, scope), self._pattern(node.pattern, scope)
        rest = self.compile(node.rest, scope.and_(*_variables(node.pattern)))

        def run(env: Env, path: Path | None, value: Json) -> Iterator[Out]:
            for _, found in source(env, None, value):
                for bound in pattern(env, found, value):
                    self.tick()
                    yield from rest(bound, path, value)

        return run

    def _pattern(self, node: PatternNode, scope: _Scope) -> Callable[[Env, Json, Json], Iterator[Env]]:
        """A pattern as a generator of what is in force once a value is taken apart."""
        if node.array is not None:
            keys: list[tuple[Filter, str, Any]] = [
                (self.compile(Literal(float(at)), scope), "", self._pattern(part, scope))
                for at, part in enumerate(node.array)
            ]
        elif node.entries is not None:
            inner = scope.and_(*_variables(node))
            keys = [
                (self.compile(key, inner), name, self._pattern(part, scope) if part is not None else None)
                for key, name, part in node.entries
            ]
        else:
            only = f"${node.name}"
            return lambda env, found, value: iter(({**env, only: found},))
        unset = dict.fromkeys(f"${name}" for name in (name[1:] for name in _variables(node)))

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

    def _function(self, function: FuncDef, scope: _Scope) -> Filter:
        names = {f"{function.name}/{len(function.parameters)}"}
        for parameter in function.parameters:
            names |= {parameter, f"{parameter[1:]}/0"} if parameter.startswith("$") else {f"{parameter}/0"}
        return self.compile(function.body, scope.and_(*names))

    def _define(self, node: Define, scope: _Scope) -> Filter:
        function = node.function
        name = f"{function.name}/{len(function.parameters)}"
        body = self._function(function, scope)
        rest = self.compile(node.rest, scope.and_(name))

        def run(env: Env, path: Path | None, value: Json) -> Iterator[Out]:
            inner = dict(env)
            inner[name] = _Function(function.parameters, body, inner)
            yield from rest(inner, path, value)

        return run

    def _call(self, node: Call, scope: _Scope) -> Filter:
        name = f"{node.name}/{len(node.args)}"
        if name not in scope.names:
            native = self._natives.get(name)
            if native is not None:
                made: Filter = native(self, [self.compile(arg, scope) for arg in node.args])
                return made
            if name not in self._known:
                raise JqSyntaxError(f"{name} is not defined", node.at)
        args = [self.compile(arg, scope) for arg in node.args]
        local = name in scope.names

        def run(env: Env, path: Path | None, value: Json) -> Iterator[Out]:
            self.tick()
            called = env[name] if local else self._from_prelude(name)
            self.depth += 1
            if self.depth > _MAX_CALLS:
                self.depth = 0
                raise MemoryProblemError
            try:
                if isinstance(called, _Argument):
                    yield from called.body(called.env, path, value)
                else:
                    for bound in self._bound(called, args, env, value):
                        yield from called.body(bound, path, value)
            finally:
                self.depth -= 1

        return run

    def _from_prelude(self, name: str) -> _Function:
        found = self._prelude.get(name)
        if found is None:
            function = self._known[name]
            body = self._function(function, _Scope(frozenset()))
            env: dict[str, Any] = {}
            found = self._prelude[name] = env[name] = _Function(function.parameters, body, env)
        return found

    @staticmethod
    def _bound(called: _Function, args: list[Filter], env: Env, value: Json) -> Iterator[Env]:
        """What is in force inside a function, once for every combination of its plain values."""

        def bind(at: int, inner: dict[str, Any]) -> Iterator[Env]:
            if at == len(args):
                yield inner
                return
            parameter = called.parameters[at]
            if not parameter.startswith("$"):
                yield from bind(at + 1, {**inner, f"{parameter}/0": _Argument(args[at], env)})
                return
            for _, found in args[at](env, None, value):
                constant = _Argument(_always(found), env)
                yield from bind(at + 1, {**inner, parameter: found, f"{parameter[1:]}/0": constant})

        return bind(0, called.env)


def _changed(operator: str, new: Json, old: Json) -> Out:
    if operator == "//":
        return None, old if truthy(old) else new
    return None, OPERATORS[operator](old, new)


def _always(constant: Json) -> Filter:
    def run(env: Env, path: Path | None, value: Json) -> Iterator[Out]:
        yield (None if path is None else NO_PATH), constant

    return run


def _nothing(env: Env, path: Path | None, value: Json) -> Iterator[Out]:
    yield None, None


def _reached(path: Path | None, value: Json, key: Json) -> Path | None:
    """The path one step on."""
    if path is None:
        return None
    if path is NO_PATH:
        words = f"access element {truncated(key, 15)} of {truncated(value, 30)}"
        raise JqError(f"Invalid path expression near attempt to {words}")
    return (*path, key)


def _variables(pattern: PatternNode) -> list[str]:
    """The variables that a pattern sets."""
    if pattern.name:
        return [f"${pattern.name}"]
    found: list[str] = []
    for part in pattern.array or ():
        found += _variables(part)
    for _, name, inner in pattern.entries or ():
        if name:
            found.append(f"${name}")
        if inner is not None:
            found += _variables(inner)
    return found


_MAKERS: Final[Mapping[type, Callable[[JqMachine, Any, _Scope], Filter]]] = {
    Identity: JqMachine._identity,
    Literal: JqMachine._literal,
    Variable: JqMachine._variable,
    Text: JqMachine._text,
    Format: JqMachine._format,
    Index: JqMachine._index,
    Slice: JqMachine._slice,
    Each: JqMachine._each,
    Optional_: JqMachine._optional,
    Array: JqMachine._array,
    Object: JqMachine._object,
    Negate: JqMachine._negate,
    Binary: JqMachine._binary,
    If: JqMachine._if,
    Try: JqMachine._try,
    Label: JqMachine._label,
    Break: JqMachine._break,
    Reduce: JqMachine._reduce,
    Foreach: JqMachine._foreach,
    Bind: JqMachine._bind,
    Define: JqMachine._define,
    Call: JqMachine._call,
}
