"""Reads awk programs: rules, functions, statements."""

from __future__ import annotations

from typing import Final

from agentalign_env.services.shell.languages.awk_expressions import ExpressionParser
from agentalign_env.services.shell.languages.awk_nodes import (
    Block,
    Control,
    Delete,
    Expr,
    For,
    ForIn,
    Function,
    Getline,
    Grouping,
    If,
    Output,
    Program,
    Rule,
    Simple,
    Stmt,
    Switch,
    While,
)
from agentalign_env.services.shell.languages.awk_values import AwkError

__all__ = ["parse_awk"]

_ENDS: Final = frozenset({";", "}"})
_MAX_DEPTH: Final = 60


def parse_awk(text: str, source: str) -> tuple[Program, list[str]]:
    """The program, and what is odd about it.

    Raises:
        AwkError: It is invalid.
    """
    parser = _Parser(text, source)
    program = parser.program()
    return program, parser.lexer.warnings


class _Parser(ExpressionParser):
    def program(self) -> Program:
        """All rules and functions."""
        begin: list[Block] = []
        rules: list[Rule] = []
        end: list[Block] = []
        functions: dict[str, Function] = {}
        self.skip_lines(semicolons=True)
        while self.token.kind != "end":
            if self.take("keyword", "function"):
                function = self._function()
                if function.name in functions:
                    raise AwkError(f"function name `{function.name}' previously defined", 1, self.token.line)
                functions[function.name] = function
            elif self.token.kind == "keyword" and self.token.text in {"BEGIN", "END"}:
                where = self.token.text
                self.advance()
                if self.token.text != "{":
                    raise AwkError(f"{where} blocks must have an action part", 1, self.token.line)
                self.place = where
                (begin if where == "BEGIN" else end).append(self._block())
                self.place = ""
            else:
                rules.append(self._rule())
            self.skip_lines(semicolons=True)
        return Program(tuple(begin), tuple(rules), tuple(end), functions)

    def _rule(self) -> Rule:
        tests: list[Expr] = []
        if self.token.text != "{" or self.token.kind != "operator":
            tests.append(self.expression())
            if self.take("operator", ","):
                self.skip_lines()
                tests.append(self.expression())
        if self.token.kind == "operator" and self.token.text == "{":
            return Rule(tuple(tests), self._block())
        if self.token.kind not in {"newline", "end"} and self.token.text != ";":
            self.fail()
        return Rule(tuple(tests), None)

    def _function(self) -> Function:
        if self.token.kind not in {"name", "call"}:
            self.fail()
        name = self.token.text
        self.advance()
        self.expect("(")
        parameters: list[str] = []
        while self.token.text != ")" or self.token.kind != "operator":
            if self.token.kind != "name":
                self.fail()
            parameters.append(self.token.text)
            self.advance()
            if not self.take("operator", ","):
                break
            self.skip_lines()
        self.expect(")")
        self.skip_lines()
        self.locals = {parameter: index for index, parameter in enumerate(parameters)}
        self.place = "function"
        body = self._block()
        self.locals, self.place = {}, ""
        return Function(name, tuple(parameters), body)

    # Statements

    def _block(self) -> Block:
        self.expect("{")
        parts: list[Stmt] = []
        self.skip_lines(semicolons=True)
        while self.token.text != "}" or self.token.kind != "operator":
            parts.append(self._statement())
            self.skip_lines(semicolons=True)
        self.advance()
        return Block(tuple(parts))

    def _statement(self) -> Stmt:
        self.depth += 1
        if self.depth > _MAX_DEPTH:
            raise AwkError("program is nested too deeply", 1, self.token.line)
        found = self._one()
        self.depth -= 1
        return found

    def _one(self) -> Stmt:
        token = self.token
        if token.kind == "operator" and token.text == "{":
            return self._block()
        if token.kind == "operator" and token.text == ";":
            self.advance()
            return Block(())
        if token.kind == "keyword":
            if token.text == "if":
                return self._if()
            if token.text in {"while", "do"}:
                return self._while()
            if token.text == "for":
                return self._for()
            if token.text == "switch":
                return self._switch()
        found = self.simple()
        self._end()
        return found

    def _end(self) -> None:
        """Reads what ends a simple statement."""
        if self.token.kind == "newline" or (self.token.kind == "operator" and self.token.text == ";"):
            self.advance()
        elif self.token.kind != "end" and self.token.text != "}":
            self.fail()

    def _test(self) -> Expr:
        self.advance()
        self.expect("(")
        test = self.expression()
        self.expect(")")
        return test

    def _body(self) -> Stmt:
        self.skip_lines()
        return self._statement()

    def _if(self) -> Stmt:
        test = self._test()
        yes = self._body()
        # An `else` may follow on a later line.
        mark = self.mark()
        self.skip_lines(semicolons=True)
        if self.take("keyword", "else"):
            return If(test, yes, self._body())
        self.back(mark)
        return If(test, yes, None)

    def _while(self) -> Stmt:
        if self.token.text == "while":
            test = self._test()
            if self.take("operator", ";"):
                return While(test, Block(()), first=False)
            return While(test, self._body(), first=False)
        self.advance()
        body = self._body()
        self.skip_lines(semicolons=True)
        if self.token.text != "while":
            self.fail()
        test = self._test()
        self._end()
        return While(test, body, first=True)

    def _for(self) -> Stmt:
        self.advance()
        self.expect("(")
        mark = self.mark()
        if self.token.kind == "name":
            target = self.name()
            if self.take("keyword", "in") and self.token.kind == "name":
                array = self.name()
                if self.take("operator", ")"):
                    return ForIn(target, array, self._body())
            self.back(mark)
        start = None if self.token.text == ";" else self.simple()
        self.expect(";")
        self.skip_lines()
        test = None if self.token.text == ";" else self.expression()
        self.expect(";")
        self.skip_lines()
        step = None if self.token.text == ")" else self.simple()
        self.expect(")")
        if self.take("operator", ";"):
            return For(start, test, step, Block(()))
        return For(start, test, step, self._body())

    def _switch(self) -> Stmt:
        value = self._test()
        self.skip_lines()
        self.expect("{")
        cases: list[tuple[Expr | None, Block]] = []
        self.skip_lines()
        while not self.take("operator", "}"):
            if self.take("keyword", "default"):
                label = None
            elif self.take("keyword", "case"):
                label = self.primary()
            else:
                self.fail()
            self.expect(":")
            self.skip_lines(semicolons=True)
            parts: list[Stmt] = []
            while self.token.text not in {"case", "default", "}"} or self.token.kind == "string":
                parts.append(self._statement())
                self.skip_lines(semicolons=True)
            cases.append((label, Block(tuple(parts))))
        return Switch(value, tuple(cases))

    def simple(self) -> Stmt:
        """A statement without a body."""
        token = self.token
        if token.kind != "keyword" or token.text == "getline":
            return Simple(self.expression(), token.line)
        self.advance()
        if token.text in {"print", "printf"}:
            return self._output(formatted=token.text == "printf", line=token.line)
        if token.text == "delete":
            array = self.name()
            if not self.take("operator", "["):
                return Delete(array, None)
            keys = self.expressions()
            self.expect("]")
            return Delete(array, keys)
        if token.text in {"next", "nextfile"} and self.place in {"BEGIN", "END"}:
            raise AwkError(f"`{token.text}' used in {self.place} action", 1, token.line)
        if token.text == "return" and self.place != "function":
            raise AwkError("`return' used outside function context", 1, token.line)
        if token.text in {"exit", "return"}:
            bare = self.token.kind in {"newline", "end"} or self.token.text in _ENDS
            return Control(token.text, None if bare else self.expression())
        if token.text in {"break", "continue", "next", "nextfile"}:
            return Control(token.text, None)
        return self.fail(token)

    def _output(self, *, formatted: bool, line: int) -> Stmt:
        args = self._printed()
        if formatted and not args:
            raise AwkError("printf: no arguments", 2, line)
        kind, target = "", None
        if self.token.kind == "operator" and self.token.text in {">", ">>", "|"}:
            kind = self.token.text
            self.advance()
            target = self.concatenation(plain=True)
        return Output(formatted, args, kind, target, line)

    def _printed(self) -> tuple[Expr, ...]:
        if self._printing_ends():
            return ()
        if self.token.text == "(" and self.token.kind == "operator":
            # Parentheses around all arguments, unless an operator follows.
            mark = self.mark()
            self.advance()
            args = self.expressions()
            if self.take("operator", ")") and self._printing_ends():
                return tuple(Grouping(arg) if isinstance(arg, Getline) else arg for arg in args)
            self.back(mark)
        return self.expressions(plain=True)

    def _printing_ends(self) -> bool:
        token = self.token
        return token.kind in {"newline", "end"} or (
            token.kind == "operator" and token.text in {";", "}", ">", ">>", "|"}
        )
