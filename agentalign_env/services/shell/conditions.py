"""Reading ``[[ ... ]]``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from agentalign_env.services.shell.syntax import Condition, ConditionNode, SyntaxProblem, Word

if TYPE_CHECKING:
    from agentalign_env.services.shell.parser import Parser

__all__ = ["read_condition"]

_BINARY = re.compile(r"==|=~|!=|=|<|>|-(?:eq|ne|lt|le|gt|ge|nt|ot|ef)(?=\s)")
_UNARY = re.compile(r"-[abcdefghknoprstuvwxzGLNORS](?=\s)")


def read_condition(parser: Parser, start: int) -> Condition:
    """The condition after ``[[``, with its end."""
    line = parser.line_at(start)
    node = _any(parser)
    parser.skip_lines()
    if not _word_is(parser, "]]"):
        raise _problem(parser)
    parser.at += 2
    return Condition(node, line)


def _word_is(parser: Parser, text: str) -> bool:
    end = parser.at + len(text)
    return parser.text.startswith(text, parser.at) and (parser.text[end : end + 1] or " ") in " \t\n;&|)<>"


def _problem(parser: Parser) -> SyntaxProblem:
    if parser.at >= len(parser.text):
        return parser.ended()
    start = parser.at
    token = parser.text[start] if parser.text[start] in "&|;()<>" else parser.word().source
    parser.at = start
    line = parser.line_at(start)
    return SyntaxProblem(f"syntax error in conditional expression: unexpected token `{token}'", line)


def _any(parser: Parser) -> ConditionNode:
    nodes = [_all(parser)]
    while True:
        parser.skip_lines()
        if not parser.text.startswith("||", parser.at):
            return nodes[0] if len(nodes) == 1 else ConditionNode("||", tuple(nodes))
        parser.at += 2
        nodes.append(_all(parser))


def _all(parser: Parser) -> ConditionNode:
    nodes = [_term(parser)]
    while True:
        parser.skip_lines()
        if not parser.text.startswith("&&", parser.at):
            return nodes[0] if len(nodes) == 1 else ConditionNode("&&", tuple(nodes))
        parser.at += 2
        nodes.append(_term(parser))


def _term(parser: Parser) -> ConditionNode:
    parser.enter()
    parser.skip_lines()
    if _word_is(parser, "!"):
        parser.at += 1
        found = ConditionNode("!", (_term(parser),))
    elif parser.text.startswith("(", parser.at):
        parser.at += 1
        found = _any(parser)
        parser.skip_lines()
        if not parser.text.startswith(")", parser.at):
            raise _problem(parser)
        parser.at += 1
    else:
        found = _test(parser)
    parser.depth -= 1
    return found


def _test(parser: Parser) -> ConditionNode:
    unary = _UNARY.match(parser.text, parser.at)
    if unary is not None:
        place = parser.at
        parser.at = unary.end()
        parser.skip_blanks()
        if _word_is(parser, "]]") and parser.text[unary.end() - 1] != "o":
            raise _argument(parser, "unary")
        if not _word_is(parser, "]]") and not _BINARY.match(parser.text, parser.at):
            return ConditionNode(unary.group(), (), (_side(parser),))
        parser.at = place
    left = _side(parser)
    parser.skip_blanks()
    binary = _BINARY.match(parser.text, parser.at)
    if binary is None:
        if parser.at >= len(parser.text):
            message = "unexpected token `newline', conditional binary operator expected"
            raise SyntaxProblem(message, parser.line_at(parser.at))
        if not _word_is(parser, "]]") and parser.text[parser.at] not in "&|)\n":
            message = "conditional binary operator expected"
            raise SyntaxProblem(message, parser.line_at(parser.at), status=0)
        return ConditionNode("-n", (), (left,))
    operator = binary.group()
    parser.at = binary.end()
    parser.skip_blanks()
    if _word_is(parser, "]]"):
        raise _argument(parser, "binary")
    right = _side(parser, regex=operator == "=~")
    return ConditionNode("==" if operator == "=" else operator, (), (left, right))


def _argument(parser: Parser, kind: str) -> SyntaxProblem:
    message = f"unexpected argument `]]' to conditional {kind} operator"
    return SyntaxProblem(message, parser.line_at(parser.at), status=0)


def _side(parser: Parser, *, regex: bool = False) -> Word:
    before = parser.at
    if (not regex and parser.text[before : before + 1] in "&|;)<>") or _word_is(parser, "]]"):
        raise _problem(parser)
    found = parser.word(pattern=True, regex=regex)
    if parser.at == before:
        raise _problem(parser)
    return found
