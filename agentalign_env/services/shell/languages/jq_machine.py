"""Runs jq programs: every part of one is a generator of what it gives, so nothing is made that nobody asks for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from agentalign_env.core.commands import Invocation
from agentalign_env.services.shell.languages.jq_control import CONTROL
from agentalign_env.services.shell.languages.jq_lexer import JqSyntaxError
from agentalign_env.services.shell.languages.jq_nodes import Call, Define, FuncDef, Node
from agentalign_env.services.shell.languages.jq_paths import Path
from agentalign_env.services.shell.languages.jq_terms import TERMS
from agentalign_env.services.shell.languages.jq_types import Env, Filter, Out, Scope, always
from agentalign_env.services.shell.languages.jq_values import Json, MemoryProblemError

__all__ = ["JqMachine"]

_MAX_CALLS: Final = 1_000
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
        return self.compile(node, Scope(frozenset(f"${name}" for name in variables)))

    def compile(self, node: Node, scope: Scope) -> Filter:
        """A part of a program as a generator."""
        if isinstance(node, Define):
            return self._define(node, scope)
        if isinstance(node, Call):
            return self._call(node, scope)
        maker = TERMS.get(type(node)) or CONTROL[type(node)]
        return maker(self, node, scope)

    def _function(self, function: FuncDef, scope: Scope) -> Filter:
        names = {f"{function.name}/{len(function.parameters)}"}
        for parameter in function.parameters:
            names |= {parameter, f"{parameter[1:]}/0"} if parameter.startswith("$") else {f"{parameter}/0"}
        return self.compile(function.body, scope.and_(*names))

    def _define(self, node: Define, scope: Scope) -> Filter:
        function = node.function
        name = f"{function.name}/{len(function.parameters)}"
        body = self._function(function, scope)
        rest = self.compile(node.rest, scope.and_(name))

        def run(env: Env, path: Path | None, value: Json) -> Iterator[Out]:
            inner = dict(env)
            inner[name] = _Function(function.parameters, body, inner)
            yield from rest(inner, path, value)

        return run

    def _call(self, node: Call, scope: Scope) -> Filter:
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
            body = self._function(function, Scope(frozenset()))
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
                constant = _Argument(always(found), env)
                yield from bind(at + 1, {**inner, parameter: found, f"{parameter[1:]}/0": constant})

        return bind(0, called.env)
