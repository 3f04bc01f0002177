"""Runs awk programs."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import TypeAlias

from agentalign_env.services.shell.languages.awk_compiler import ExpressionCompiler
from agentalign_env.services.shell.languages.awk_format import formatted
from agentalign_env.services.shell.languages.awk_nodes import (
    Block,
    Control,
    Delete,
    Expr,
    For,
    ForIn,
    If,
    Output,
    Pattern_,
    Program,
    Rule,
    Simple,
    Stmt,
    Switch,
    While,
)
from agentalign_env.services.shell.languages.awk_runtime import Runtime
from agentalign_env.services.shell.languages.awk_values import UNSET, Scalar, compare, to_number

__all__ = ["AwkMachine"]

Action: TypeAlias = Callable[[], "str | None"]
"""Runs a statement; gives ``break``, ``continue`` or ``return`` where it ends more than itself."""


class _NextRecordError(Exception):
    """The rules are done with this record."""


class _NextFileError(Exception):
    """The rules are done with this file."""


class ExitError(Exception):
    """The program ends."""


class AwkMachine:
    """A program ready to run."""

    def __init__(self, runtime: Runtime, program: Program) -> None:
        self._runtime, self._program = runtime, program
        self._compiler = ExpressionCompiler(runtime, program.functions)
        self._returned: Scalar = UNSET
        self._status = 0
        for name, function in program.functions.items():
            self._compiler.bodies[name] = self._function(self._action(function.body))
        self._begin = [self._action(block) for block in program.begin]
        self._rules = [self._rule(rule) for rule in program.rules]
        self._end = [self._action(block) for block in program.end]

    def run(self) -> int:
        """Runs it; its exit status."""
        with suppress(ExitError):
            for action in self._begin:
                action()
            if self._rules or self._end:
                self._over_records()
        self._reset()
        with suppress(ExitError):
            for action in self._end:
                action()
        self._reset()
        self._runtime.streams.close_all()
        return self._status

    def _reset(self) -> None:
        self._runtime.depth, self._runtime.frame = 0, []

    def _over_records(self) -> None:
        runtime, rules = self._runtime, self._rules
        while (record := runtime.next_record()) is not None:
            runtime.set_record(record)
            try:
                for rule in rules:
                    rule()
            except _NextRecordError:
                self._reset()
            except _NextFileError:
                self._reset()
                runtime.skip_file()

    # Rules and functions

    def _rule(self, rule: Rule) -> Callable[[], None]:
        runtime = self._runtime
        body = self._action(rule.body) if rule.body is not None else self._print_record
        tests = [self._compiler.test(test) for test in rule.tests]
        if not tests:
            return lambda: _done(body())
        first = tests[0]
        if len(tests) == 1:

            def once() -> None:
                runtime.tick()
                if first():
                    body()

            return once
        second = tests[1]
        active = [False]

        def within() -> None:
            runtime.tick()
            if active[0] or first():
                active[0] = not second()
                body()

        return within

    def _print_record(self) -> None:
        self._runtime.invocation.out(self._runtime.record + self._runtime.ors)

    def _function(self, body: Action) -> Callable[[], Scalar]:
        def call() -> Scalar:
            self._returned = UNSET
            body()
            found, self._returned = self._returned, UNSET
            return found

        return call

    # Statements

    def _action(self, node: Stmt) -> Action:
        if isinstance(node, Simple | Output):
            self._runtime.line = node.line
        if isinstance(node, Block):
            return self._block(node)
        if isinstance(node, Simple):
            return self._simple(node)
        if isinstance(node, Output):
            return self._output(node)
        if isinstance(node, If):
            return self._if(node)
        if isinstance(node, While):
            return self._while(node)
        if isinstance(node, For):
            return self._for(node)
        if isinstance(node, ForIn):
            return self._for_in(node)
        if isinstance(node, Switch):
            return self._switch(node)
        return self._control(node) if isinstance(node, Control) else self._delete(node)

    def _block(self, node: Block) -> Action:
        actions = [self._action(part) for part in node.parts]
        if len(actions) == 1:
            return actions[0]

        def run() -> str | None:
            for action in actions:
                flow = action()
                if flow is not None:
                    return flow
            return None

        return run

    def _simple(self, node: Simple) -> Action:
        runtime, value, line = self._runtime, self._compiler.value(node.part), node.line

        def run() -> str | None:
            runtime.line = line
            runtime.tick()
            value()
            return None

        return run

    def _output(self, node: Output) -> Action:
        runtime, kind, line = self._runtime, node.kind, node.line
        text = self._printed(node)
        target = self._compiler.text(node.target) if node.target is not None else None

        def run() -> str | None:
            runtime.line = line
            runtime.tick()
            made = text()
            if target is None:
                runtime.invocation.out(made)
            else:
                runtime.streams.write(kind, target(), made)
            return None

        return run

    def _printed(self, node: Output) -> Callable[[], str]:
        runtime = self._runtime
        values = [self._compiler.value(arg) for arg in node.args]
        if node.formatted:
            how = self._compiler.text(node.args[0])
            rest = values[1:]
            return lambda: formatted(how(), [value() for value in rest], runtime.text)
        if not values:
            return lambda: runtime.record + runtime.ors
        if len(values) == 1:
            only = values[0]
            return lambda: runtime.shown(only()) + runtime.ors
        return lambda: runtime.ofs.join([runtime.shown(value()) for value in values]) + runtime.ors

    def _if(self, node: If) -> Action:
        runtime, test, yes = self._runtime, self._compiler.test(node.test), self._action(node.yes)
        no = self._action(node.no) if node.no is not None else None

        def run() -> str | None:
            runtime.tick()
            if test():
                return yes()
            return no() if no is not None else None

        return run

    def _while(self, node: While) -> Action:
        runtime, test, body, first = self._runtime, self._compiler.test(node.test), self._action(node.body), node.first

        def run() -> str | None:
            again = first or test()
            while again:
                runtime.tick()
                flow = body()
                if flow == "break":
                    break
                if flow == "return":
                    return flow
                again = test()
            return None

        return run

    def _for(self, node: For) -> Action:
        runtime, body = self._runtime, self._action(node.body)
        start = self._action(node.start) if node.start is not None else None
        step = self._action(node.step) if node.step is not None else None
        test = self._compiler.test(node.test) if node.test is not None else lambda: True

        def run() -> str | None:
            if start is not None:
                start()
            while test():
                runtime.tick()
                flow = body()
                if flow == "break":
                    break
                if flow == "return":
                    return flow
                if step is not None:
                    step()
            return None

        return run

    def _for_in(self, node: ForIn) -> Action:
        runtime, (name, local), body = self._runtime, node.array, self._action(node.body)
        put = self._compiler.setter(node.target)

        def run() -> str | None:
            array = runtime.array(name, local)
            for key in list(array):
                runtime.tick()
                put(key)
                flow = body()
                if flow == "break":
                    break
                if flow == "return":
                    return flow
            return None

        return run

    def _switch(self, node: Switch) -> Action:
        runtime, value = self._runtime, self._compiler.value(node.value)
        cases = [(self._case(label), self._action(body)) for label, body in node.cases]

        def run() -> str | None:
            found = value()
            start = next((at for at, (test, _) in enumerate(cases) if test is not None and test(found)), None)
            if start is None:
                start = next((at for at, (test, _) in enumerate(cases) if test is None), len(cases))
            for _, action in cases[start:]:
                runtime.tick()
                flow = action()
                if flow == "break":
                    return None
                if flow is not None:
                    return flow
            return None

        return run

    def _case(self, label: Expr | None) -> Callable[[Scalar], bool] | None:
        if label is None:
            return None
        runtime = self._runtime
        if isinstance(label, Pattern_):
            pattern = self._compiler.pattern(label)
            return lambda found: pattern().search(runtime.text(found)) is not None
        value = self._compiler.value(label)
        return lambda found: compare(found, value(), runtime.convfmt) == 0

    def _control(self, node: Control) -> Action:
        kind, runtime = node.kind, self._runtime
        value = self._compiler.value(node.value) if node.value is not None else None
        if kind in {"break", "continue"}:
            return lambda: kind

        def run() -> str | None:
            runtime.tick()
            if kind == "return":
                self._returned = value() if value is not None else UNSET
                return kind
            if kind == "next":
                raise _NextRecordError
            if kind == "nextfile":
                raise _NextFileError
            if value is not None:
                self._status = int(to_number(value())) & 255
            raise ExitError

        return run

    def _delete(self, node: Delete) -> Action:
        runtime, (name, local) = self._runtime, node.array
        key = self._compiler.key(node.keys) if node.keys is not None else None

        def run() -> str | None:
            runtime.tick()
            array = runtime.array(name, local)
            if key is None:
                array.clear()
            else:
                array.pop(key(), None)
            return None

        return run


def _done(_: object) -> None:
    return None
