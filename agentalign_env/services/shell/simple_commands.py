"""Reading simple commands: assignments, words and redirections."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from agentalign_env.services.shell.compounds import read_function
from agentalign_env.services.shell.documents import read_redirect
from agentalign_env.services.shell.syntax import (
    ArrayItem,
    Assignment,
    Command,
    Function,
    Redirect,
    Simple,
    SyntaxProblem,
    Word,
)

if TYPE_CHECKING:
    from agentalign_env.services.shell.parser import Parser

__all__ = ["read_simple"]

_WRAPPERS = ("builtin", "command")
_DECLARES = frozenset(("declare", "local", "typeset", "export", "readonly"))
_OPERATOR = re.compile(r"&&|\|\||;;&|;;|;&|\|&|&>>|&>|<<<|<<-|<<|<&|<>|>>|>&|>\||[;&|<>()\n]")
_ASSIGNED = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(\[|\+?=)")
_EMPTY = Word((), "")


def read_simple(parser: Parser) -> Command:
    """A simple command, or the definition of a function that looks like one."""
    start = parser.at
    line = parser.line_at(start)
    assignments: list[Assignment] = []
    words: list[Word | Assignment] = []
    redirects: list[Redirect] = []
    declares = False
    while True:
        parser.skip_blanks()
        if parser.at >= len(parser.text):
            break
        redirect = read_redirect(parser)
        if redirect is not None:
            redirects.append(redirect)
            continue
        if _OPERATOR.match(parser.text, parser.at) is not None and not parser.begins_process():
            if parser.text[parser.at] == "(" and len(words) == 1 and not assignments and not redirects:
                return _short_function(parser, words[0], start)
            break
        assigned = _assignment(parser) if not words or declares else None
        if assigned is not None:
            (words or assignments).append(assigned)
            continue
        word = parser.word()
        if word.fixed in _DECLARES and (not words or (len(words) == 1 and _fixed(words[0]) in _WRAPPERS)):
            declares = True
        words.append(word)
    if parser.text[parser.at : parser.at + 1] == "(" and (assignments or words or redirects):
        raise parser.unexpected("(")
    if not (assignments or words or redirects):
        raise refuse_token(parser)
    return Simple(tuple(assignments), tuple(words), tuple(redirects), line)


def refuse_token(parser: Parser) -> SyntaxProblem:
    """The problem of an operator where a command must be; after ``(`` bash names what follows it."""
    if parser.at >= len(parser.text):
        return parser.ended()
    place = parser.at
    if parser.text[parser.at] == "(":
        parser.at += 1
        parser.skip_blanks()
        if parser.at >= len(parser.text):
            return parser.unexpected("newline", place)
    problem = parser.refuse()
    parser.at = place
    return problem


def _short_function(parser: Parser, word: Word | Assignment, start: int) -> Function:
    opened = parser.at
    parser.at += 1
    parser.skip_blanks()
    if parser.text[parser.at : parser.at + 1] != ")":
        parser.at = opened
        raise refuse_token(parser)
    parser.at += 1
    assert isinstance(word, Word)
    return read_function(parser, word.source, start)


def _assignment(parser: Parser) -> Assignment | None:
    found = _ASSIGNED.match(parser.text, parser.at)
    if found is None:
        return None
    start = parser.at
    name, sign = found.groups()
    subscript = None
    parser.at = found.end()
    if sign == "[":
        parser.at -= 1
        try:
            subscript = parser.subscript()
        except SyntaxProblem:
            parser.at = start
            return None
        if parser.text.startswith("+=", parser.at):
            sign = "+="
        elif parser.text.startswith("=", parser.at):
            sign = "="
        else:
            parser.at = start
            return None
        parser.at += len(sign)
    if parser.text[parser.at : parser.at + 1] == "(" and subscript is None:
        return Assignment(name, None, sign == "+=", _array(parser))
    return Assignment(name, subscript, sign == "+=", _value(parser))


def _value(parser: Parser) -> Word:
    if parser.at >= len(parser.text) or parser.text[parser.at] in " \t\n;&|()":
        return _EMPTY
    return parser.word()


def _array(parser: Parser) -> tuple[ArrayItem, ...]:
    start = parser.at
    parser.at += 1
    items: list[ArrayItem] = []
    while True:
        parser.skip_lines()
        if parser.at >= len(parser.text):
            problem = parser.unmatched(")", start)
            problem.status = 1
            raise problem
        if parser.text[parser.at] == ")":
            parser.at += 1
            return tuple(items)
        items.append(_array_item(parser))


def _array_item(parser: Parser) -> ArrayItem:
    if parser.text[parser.at] == "[":
        before = parser.at
        subscript = parser.subscript()
        for sign in ("+=", "="):
            if parser.text.startswith(sign, parser.at):
                parser.at += len(sign)
                return ArrayItem(subscript, sign == "+=", _value(parser))
        parser.at = before
    before = parser.at
    word = parser.word()
    if parser.at == before:
        raise parser.refuse()
    return ArrayItem(None, False, word)


# Redirections


def _fixed(word: Word | Assignment) -> str | None:
    return word.fixed if isinstance(word, Word) else None
