"""Reading scripts: lists and pipelines; the commands in them are read by their kind."""

from __future__ import annotations

import re
from functools import lru_cache

from agentalign_env.services.shell.compounds import read_compound, read_parenthesis
from agentalign_env.services.shell.documents import read_documents, read_redirects
from agentalign_env.services.shell.lexer import WordReader
from agentalign_env.services.shell.simple_commands import read_simple
from agentalign_env.services.shell.syntax import (
    AndOr,
    Command,
    Function,
    ListItem,
    Literal,
    Pipeline,
    Redirect,
    Redirected,
    Script,
    Sequence,
    Simple,
    SyntaxProblem,
    Word,
)

__all__ = ["Parser", "parse_script", "parse_word"]

_RESERVED = frozenset(
    ("if", "then", "else", "elif", "fi", "do", "done", "case", "esac", "while", "until", "for", "select", "function",
     "{", "}", "!", "[[", "time", "coproc")
)  # fmt: skip
_CLOSERS = frozenset(("then", "else", "elif", "fi", "do", "done", "esac", "}"))
_TOKEN = re.compile(r"[^\s;&|<>()\"'\\$`]+(?=[\s;&|<>()]|\Z)")
_OPERATOR = re.compile(r"&&|\|\||;;&|;;|;&|\|&|&>>|&>|<<<|<<-|<<|<&|<>|>>|>&|>\||[;&|<>()\n]")
_EXTENDS = re.compile(r"(?:shopt\s+-[a-z]*s[a-z]*\b[^\n;&|]*\bextglob\b|set\s+-o\s+extglob)[^\n]*\n")
_BLANKS = re.compile(r"(?:[ \t]|\\\n)+")


class Parser(WordReader):
    """Reads one script."""

    def skip_blanks(self) -> None:
        """Goes past blanks and a comment."""
        found = _BLANKS.match(self.text, self.at)
        if found is not None:
            self.at = found.end()
        if self.text[self.at : self.at + 1] == "#":
            end = self.text.find("\n", self.at)
            self.at = len(self.text) if end < 0 else end

    def skip_lines(self) -> None:
        """Goes past blanks, comments and newlines, reading here-documents."""
        while True:
            self.skip_blanks()
            if self.text[self.at : self.at + 1] != "\n":
                return
            self.newline()

    def newline(self) -> None:
        """Goes past a newline, and reads the here-documents after it."""
        self.at += 1
        if self.documents:
            read_documents(
                self,
            )

    def token(self) -> str:
        """The operator or unquoted word here, not consumed; empty for anything else, and at the end."""
        found = _OPERATOR.match(self.text, self.at) or _TOKEN.match(self.text, self.at)
        return found.group() if found is not None else ""

    def shown_token(self) -> str:
        """The token here, as a message shows it."""
        if self.at >= len(self.text):
            return "newline"
        operator = _OPERATOR.match(self.text, self.at)
        if operator is not None:
            return "newline" if operator.group() == "\n" else operator.group()
        start = self.at
        source = self.word().source
        self.at = start
        return source

    def refuse(self) -> SyntaxProblem:
        """The problem of what stands here."""
        if self.at >= len(self.text):
            return self.ended()
        return self.unexpected(self.shown_token())

    def expect(self, reserved: str) -> None:
        """Consumes a reserved word.

        Raises:
            SyntaxProblem: Something else stands here.
        """
        self.skip_lines()
        if self.token() != reserved:
            raise self.refuse()
        self.at += len(reserved)

    # Lists

    def script(self) -> Script:
        """The whole text, line by line: what comes before a problem can still be run."""
        units: list[Sequence] = []
        try:
            while True:
                self.skip_lines()
                if self.at >= len(self.text):
                    if self.documents:
                        read_documents(
                            self,
                        )
                    return Script(tuple(units), None, tuple(self.warnings))
                units.append(self._line())
                if self.text[self.at : self.at + 1] == "\n":
                    self.newline()
                elif self.at < len(self.text):
                    raise self.refuse()
        except SyntaxProblem as problem:
            return Script(tuple(units), problem, tuple(self.warnings))

    def _line(self) -> Sequence:
        """The commands up to the end of the line."""
        return self.commands(whole_lines=False)

    def sequence(self) -> Sequence:
        """The commands up to a word or sign that closes them; at least one."""
        self.skip_lines()
        found = self.commands(whole_lines=True)
        if not found.items:
            raise self.refuse()
        return found

    def commands(self, *, whole_lines: bool) -> Sequence:
        """The commands up to what closes them; with `whole_lines` over several lines."""
        items: list[ListItem] = []
        while True:
            if whole_lines:
                self.skip_lines()
            else:
                self.skip_blanks()
            if self.at >= len(self.text) or self._closes():
                break
            start = self.at
            command = self._and_or()
            source = self.text[start : self.at].rstrip()
            self.skip_blanks()
            token = self.token()
            items.append(ListItem(command, token == "&", source))
            if token in ("&", ";"):
                self.at += 1
            elif token == "\n" and whole_lines:
                self.newline()
            else:
                break
        if items and not whole_lines:
            self._leave_line()
        return Sequence(tuple(items))

    def _leave_line(self) -> None:
        if self.at < len(self.text) and self.text[self.at] != "\n":
            raise self.refuse()

    def _closes(self) -> bool:
        token = self.token()
        return token in _CLOSERS or token in (")", ";;", ";&", ";;&", "\n")

    def commands_until_bracket(self, start: int) -> Sequence:
        """The commands up to and with ``)``."""
        found = self.commands(whole_lines=True)
        self.skip_lines()
        if self.at >= len(self.text):
            raise SyntaxProblem("unexpected EOF while looking for matching `)'", self.ended().line)
        if self.text[self.at] != ")":
            raise self.refuse()
        self.at += 1
        return found

    def inner_script(self, text: str, line: int) -> Script:
        """A script given as text of its own."""
        inner = Parser(text, line=line, depth=self.depth)
        inner.extended_from = 0 if self.at >= self.extended_from else len(text)
        return inner.script()

    def _and_or(self) -> Command:
        first = self._pipeline()
        items: list[tuple[str, Command]] = [("", first)]
        while True:
            self.skip_blanks()
            token = self.token()
            if token not in ("&&", "||"):
                break
            self.at += 2
            self.skip_lines()
            items.append((token, self._pipeline()))
        return first if len(items) == 1 else AndOr(tuple(items))

    def _pipeline(self) -> Command:
        negated, timed = False, ""
        while (token := self.token()) in ("!", "time"):
            self.at += len(token)
            self.skip_blanks()
            if token == "!":
                negated = not negated
            else:
                timed = "time"
                if self.token() == "-p":
                    timed = "time -p"
                    self.at += 2
                    self.skip_blanks()
        if (negated or timed) and self.token() in ("", "\n", ";", ")", "&"):
            if self.at < len(self.text) and self.token() == "":
                pass
            else:
                return Pipeline((Simple((), (), (), self.line_at(self.at)),), negated, timed)
        stages = [self.command()]
        while True:
            self.skip_blanks()
            token = self.token()
            if token not in ("|", "|&"):
                break
            if token == "|&":
                both = Redirect(2, ">&", Word((Literal("1"),), "1"))
                stages[-1] = self._with_redirects(stages[-1], (both,))
            self.at += len(token)
            self.skip_lines()
            stages.append(self.command())
        return stages[0] if len(stages) == 1 and not negated and not timed else Pipeline(tuple(stages), negated, timed)

    def _with_redirects(self, command: Command, redirects: tuple[Redirect, ...]) -> Command:
        if type(command) is Simple:
            return Simple(command.assignments, command.words, (*command.redirects, *redirects), command.line)
        return Redirected(command, redirects, self.line_at(self.at))

    def command(self) -> Command:
        """The command here, with its redirections."""
        self.enter()
        if self.at >= len(self.text):
            raise self.ended()
        token = self.token()
        if token == "]]":
            raise self.unexpected(token)
        if token == "(":
            found = read_parenthesis(
                self,
            )
        elif token in _RESERVED:
            found = read_compound(self, token)
        else:
            self.depth -= 1
            return read_simple(
                self,
            )
        if type(found) is not Function:
            redirects = read_redirects(
                self,
            )
            if redirects:
                found = Redirected(found, redirects, self.line_at(self.at))
        self.depth -= 1
        return found

    def close_bracket(self) -> None:
        """Goes past a closing parenthesis.

        Raises:
            SyntaxProblem: Something else stands here.
        """
        self.skip_lines()
        if self.text[self.at : self.at + 1] != ")":
            raise self.refuse()
        self.at += 1

    def words(self) -> list[Word]:
        """The words up to an operator."""
        found: list[Word] = []
        while True:
            self.skip_blanks()
            if self.at >= len(self.text):
                return found
            operator = _OPERATOR.match(self.text, self.at)
            if operator is not None and not self.begins_process():
                return found
            found.append(self.word())

    def begins_process(self) -> bool:
        """Whether a process substitution begins here."""
        return self.text.startswith(("<(", ">("), self.at)


@lru_cache(maxsize=512)
def parse_script(text: str, line: int = 1, *, extended: bool = False) -> Script:
    """The script of a text; cached. A problem is part of what is given.

    Args:
        text: The script.
        line: The number of its first line.
        extended: Whether ``shopt -s extglob`` is in force; a line of the text that says so is heeded, too.
    """
    parser = Parser(text, line=line)
    if not extended:
        found = _EXTENDS.search(text)
        parser.extended_from = len(text) if found is None else found.end()
    return parser.script()


@lru_cache(maxsize=256)
def parse_word(text: str) -> Word:
    """A text expanded as in double quotes, such as a prompt or an arithmetic expression."""
    return Word(tuple(Parser(text).double_parts("")), text)
