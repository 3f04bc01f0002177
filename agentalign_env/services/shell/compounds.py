"""Reading compound commands: conditions, loops, choices and functions."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from agentalign_env.services.shell.conditions import read_condition
from agentalign_env.services.shell.substitutions import read_arithmetic
from agentalign_env.services.shell.syntax import (
    ArithmeticCommand,
    ArithmeticFor,
    Case,
    CaseItem,
    Command,
    For,
    Function,
    Group,
    If,
    Select,
    Sequence,
    Subshell,
    SyntaxProblem,
    While,
    Word,
)

if TYPE_CHECKING:
    from agentalign_env.services.shell.parser import Parser

__all__ = ["read_compound", "read_function", "read_parenthesis"]

_CLOSERS = frozenset(("then", "else", "elif", "fi", "do", "done", "esac", "}"))
_OPERATOR = re.compile(r"&&|\|\||;;&|;;|;&|\|&|&>>|&>|<<<|<<-|<<|<&|<>|>>|>&|>\||[;&|<>()\n]")


def read_parenthesis(parser: Parser) -> Command:
    """``(( ))`` or a subshell."""
    start = parser.at
    if parser.text.startswith("((", start):
        parser.at += 2
        word = read_arithmetic(parser, parser.at, "))")
        if word is not None:
            return ArithmeticCommand(word, parser.line_at(start))
        parser.at = start
    parser.at += 1
    body = parser.sequence()
    parser.close_bracket()
    return Subshell(body)


def read_compound(parser: Parser, token: str) -> Command:
    """The command that a reserved word begins."""
    start = parser.at
    if token in _CLOSERS:
        raise parser.unexpected(token)
    parser.at += len(token)
    if token == "{":
        body = parser.sequence()
        parser.expect("}")
        return Group(body)
    if token == "if":
        return _if(parser)
    if token in ("while", "until"):
        condition = parser.sequence()
        return While(condition, _do(parser), token == "until")
    if token in ("for", "select"):
        return _for(parser, token, start)
    if token == "case":
        return _case(parser, start)
    if token == "[[":
        return read_condition(parser, start)
    if token == "function":
        parser.skip_blanks()
        name = parser.word().source
        parser.skip_blanks()
        if parser.token() == "(":
            parser.at += 1
            parser.skip_blanks()
            parser.close_bracket()
        return read_function(parser, name, start)
    if token == "coproc":
        return parser.command()
    raise parser.unexpected(token)


def _if(parser: Parser) -> If:
    clauses = []
    while True:
        condition = parser.sequence()
        parser.expect("then")
        clauses.append((condition, parser.sequence()))
        parser.skip_lines()
        token = parser.token()
        if token in ("elif", "else", "fi"):
            parser.at += len(token)
        if token == "else":
            otherwise = parser.sequence()
            parser.expect("fi")
            return If(tuple(clauses), otherwise)
        if token == "fi":
            return If(tuple(clauses), None)
        if token != "elif":
            raise parser.refuse()


def _do(parser: Parser) -> Sequence:
    parser.expect("do")
    body = parser.sequence()
    parser.expect("done")
    return body


def _for(parser: Parser, kind: str, start: int) -> Command:
    line = parser.line_at(start)
    parser.skip_blanks()
    if kind == "for" and parser.text.startswith("((", parser.at):
        return _arithmetic_for(parser, line)
    if parser.at >= len(parser.text) or _OPERATOR.match(parser.text, parser.at) is not None:
        raise parser.unexpected(parser.shown_token())
    name = parser.word().source
    words: tuple[Word, ...] | None = None
    parser.skip_blanks()
    if parser.token() == ";":
        parser.at += 1
    parser.skip_lines()
    if parser.token() == "in":
        parser.at += 2
        words = tuple(parser.words())
        parser.skip_blanks()
        if parser.token() not in (";", "\n"):
            raise parser.refuse()
        if parser.token() == ";":
            parser.at += 1
    parser.skip_lines()
    if parser.token() == "{":
        parser.at += 1
        body = parser.sequence()
        parser.expect("}")
    else:
        body = _do(parser)
    return (For if kind == "for" else Select)(name, words, body, line)


def _arithmetic_for(parser: Parser, line: int) -> ArithmeticFor:
    start = parser.at
    word = read_arithmetic(parser, parser.at + 2, "))")
    if word is None:
        parser.at = start
        raise parser.unexpected("((")
    parts = _split_at_semicolons(word.source)
    if len(parts) != 3:
        raise SyntaxProblem("syntax error: arithmetic expression required", line)
    parser.skip_blanks()
    if parser.token() == ";":
        parser.at += 1
    parser.skip_lines()
    if parser.token() == "{":
        parser.at += 1
        body = parser.sequence()
        parser.expect("}")
    else:
        body = _do(parser)
    first, condition, step = map(parser.arithmetic_word, parts)
    return ArithmeticFor(first, condition, step, body, line)


def _case(parser: Parser, start: int) -> Case:
    parser.skip_blanks()
    word = parser.word()
    parser.expect("in")
    items: list[CaseItem] = []
    while True:
        parser.skip_lines()
        if parser.token() == "esac":
            parser.at += 4
            return Case(word, tuple(items), parser.line_at(start))
        if parser.at >= len(parser.text):
            raise parser.ended()
        if parser.token() == "(":
            parser.at += 1
        items.append(_case_item(parser))


def _case_item(parser: Parser) -> CaseItem:
    patterns = []
    while True:
        parser.skip_blanks()
        before = parser.at
        patterns.append(parser.word(pattern=True))
        if parser.at == before:
            raise parser.refuse()
        parser.skip_blanks()
        token = parser.text[parser.at : parser.at + 1]
        parser.at += 1
        if token == ")":
            break
        if token != "|":
            parser.at -= 1
            raise parser.refuse()
    parser.skip_lines()
    body = parser.commands(whole_lines=True)
    parser.skip_lines()
    token = parser.token()
    if token in (";;", ";&", ";;&"):
        parser.at += len(token)
    elif token == "esac":
        token = ";;"
    else:
        raise parser.refuse()
    return CaseItem(tuple(patterns), body, token)


def read_function(parser: Parser, name: str, start: int) -> Function:
    """A function, from its body on."""
    parser.skip_lines()
    token = parser.token()
    if token != "(" and token not in ("{", "if", "while", "until", "for", "case", "[[", "select"):
        raise parser.refuse()
    body = parser.command()
    return Function(name, body, parser.text[start : parser.at], parser.line_at(start))


# Simple commands


def _split_at_semicolons(text: str) -> list[str]:
    found, level, start = [], 0, 0
    for at, sign in enumerate(text):
        level += (sign in "({[") - (sign in ")}]")
        if sign == ";" and level == 0:
            found.append(text[start:at])
            start = at + 1
    return [*found, text[start:]]
