"""Reading redirections and here-documents."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from agentalign_env.services.shell.syntax import (
    Literal,
    Part,
    Quoted,
    Redirect,
    Word,
)

if TYPE_CHECKING:
    from agentalign_env.services.shell.parser import Parser

__all__ = ["read_documents", "read_redirect", "read_redirects"]

_OPERATOR = re.compile(r"&&|\|\||;;&|;;|;&|\|&|&>>|&>|<<<|<<-|<<|<&|<>|>>|>&|>\||[;&|<>()\n]")
_REDIRECT = re.compile(r"(?:([0-9]+|\{[A-Za-z_][A-Za-z0-9_]*\})(?=[<>]))?(&>>|&>|<<<|<<-|<<|<&|<>|<|>>|>&|>\||>)")


def read_redirects(parser: Parser) -> tuple[Redirect, ...]:
    """The redirections here."""
    found: list[Redirect] = []
    while True:
        parser.skip_blanks()
        redirect = read_redirect(parser)
        if redirect is None:
            return tuple(found)
        found.append(redirect)


def read_redirect(parser: Parser) -> Redirect | None:
    """The redirection here; ``None`` for anything else."""
    found = _REDIRECT.match(parser.text, parser.at)
    if found is None:
        return None
    number, operator = found.groups()
    if operator in "<>" and number is None and parser.begins_process():
        return None
    parser.at = found.end()
    fd: int | str = -1
    if number is not None:
        fd = int(number) if number[0] != "{" else number[1:-1]
        if type(fd) is int and fd > 1024:
            fd = 1025
    parser.skip_blanks()
    if parser.at >= len(parser.text) or (
        _OPERATOR.match(parser.text, parser.at) is not None and not parser.begins_process()
    ):
        raise parser.unexpected("newline" if parser.at >= len(parser.text) else parser.shown_token())
    target = parser.word()
    if operator in ("<<", "<<-"):
        return _document(parser, fd, operator, target)
    return Redirect(fd, operator, target)


def _document(parser: Parser, fd: int | str, operator: str, target: Word) -> Redirect:
    """A here-document: its text is read at the end of the line, into parts that are shared with the redirection."""
    quoted = any(type(part) is not Literal for part in target.parts)
    unquoted = "".join(getattr(part, "text", "") or _double_text(part) for part in target.parts)
    end = unquoted if quoted else target.source
    found = Redirect(fd, "<<", Word((), target.source))
    parser.documents.append((found, parser.line_at(parser.at), end, quoted, operator == "<<-"))
    return found


def read_documents(parser: Parser) -> None:
    """The here-documents that the line before has announced."""
    waiting, parser.documents = parser.documents, []
    for redirect, begun, end, quoted, tabs in waiting:
        lines = []
        while parser.at < len(parser.text):
            stop = parser.text.find("\n", parser.at)
            stop = len(parser.text) if stop < 0 else stop
            line = parser.text[parser.at : stop]
            parser.at = min(stop + 1, len(parser.text))
            if tabs:
                line = line.lstrip("\t")
            if line == end:
                break
            lines.append(line + "\n")
        else:
            last = parser.line_at(max(len(parser.text) - 1, 0))
            message = f"warning: here-document at line {begun} delimited by end-of-file (wanted `{end}')"
            parser.warnings.append((last, message))
        body = "".join(lines)
        parts: list[Part] = [Quoted(body)]
        if not quoted:
            reader = type(parser)(body, line=begun, depth=parser.depth)
            parts = reader.double_parts("", "$`\\\n")
        redirect.target.parts = tuple(parts)
        texts = [part.text for part in parts if type(part) is Quoted]
        redirect.target.fixed = "".join(texts) if len(texts) == len(parts) else None


def _double_text(part: Part) -> str:
    return "".join(getattr(inner, "text", "") for inner in getattr(part, "parts", ()))
