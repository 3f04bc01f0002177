"""From words to what a command is given: parameters, substitutions, splitting and names of files."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import re2

from agentalign_env.services.shell.braces import TooManyWordsProblem, expand_braces
from agentalign_env.services.shell.globs import escape_glob, has_magic
from agentalign_env.services.shell.limits import DEFAULT_SHELL_LIMITS
from agentalign_env.services.shell.parameters import parameter
from agentalign_env.services.shell.pathnames import expand_pattern
from agentalign_env.services.shell.syntax import (
    ArithmeticPart,
    CommandPart,
    Double,
    Literal,
    Parameter,
    Part,
    ProcessPart,
    Quoted,
    Word,
)

if TYPE_CHECKING:
    from agentalign_env.services.shell.shell import Shell

__all__ = ["arithmetic_of", "fields_of", "pattern_of", "regex_of", "split", "text_of"]

_DEFAULT_IFS = " \t\n"
_LONG = 1024
_PIECES = re.compile(r"[^ \t\n]+")
_ASSIGNED = re.compile(r"[A-Za-z_][A-Za-z0-9_]*=")
_TILDE = re.compile(r"~([A-Za-z_][A-Za-z0-9_-]*|[+-])?(?=/|:|\Z)")


def fields_of(shell: Shell, words: Iterable[Word]) -> list[str]:
    """What words expand to."""
    found: list[str] = []
    for word in words:
        if word.fixed is not None:
            found.append(word.fixed)
        elif word.single is not None:
            value = parameter(shell, word.single, quoted=True)
            found.append(value if type(value) is str else _plain(shell, value))
        elif word.braces:
            _with_braces(shell, word, found)
        else:
            _Fields(shell, found).word(word)
        if len(found) > DEFAULT_SHELL_LIMITS.words:
            shell.fail("Argument list too long", 126)
    if len(found) > 100:
        shell.machine.spend(len(found) // 100)
    return found


def _with_braces(shell: Shell, word: Word, found: list[str]) -> None:
    try:
        made = expand_braces(word)
    except TooManyWordsProblem:
        shell.fail("brace expansion: failed to allocate memory for too many elements")
        return
    for each in made:
        if each.fixed is not None:
            if each.parts:  # an empty choice alone makes no word
                found.append(each.fixed)
        else:
            _Fields(shell, found).word(each)


def _plain(shell: Shell, value: str | list[str] | Word | None) -> str:
    if value is None:
        return ""
    if isinstance(value, Word):
        return text_of(shell, value)
    return value if isinstance(value, str) else " ".join(value)


class _Fields:
    """Builds the fields of one word."""

    def __init__(self, shell: Shell, found: list[str]) -> None:
        self.shell, self.found = shell, found
        self.segments: list[tuple[str, bool]] = []
        self.started = False

    def word(self, word: Word) -> None:
        self.parts(word.parts, first=True)
        self.finish()

    def parts(self, parts: Sequence[Part], *, first: bool, splits: bool = False) -> None:
        shell = self.shell
        for number, part in enumerate(parts):
            kind = type(part)
            if kind is Literal:
                text = part.text  # type: ignore[union-attr]
                if first and number == 0 and "~" in text:
                    text = self._tilde(text, alone=len(parts) == 1)
                if splits:
                    self.unquoted(text)
                elif text:
                    self.add(text, quoted=False)
            elif kind is Quoted:
                self.add(part.text, quoted=True)  # type: ignore[union-attr]
            elif kind is Double:
                self.several(double_fields(shell, part.parts), quoted=True)  # type: ignore[union-attr]
            elif kind is Parameter:
                value = parameter(shell, part, quoted=False)  # type: ignore[arg-type]
                if isinstance(value, Word):
                    self.parts(value.parts, first=first and number == 0, splits=True)
                elif isinstance(value, list):
                    self.separate(value)
                elif value:
                    self.unquoted(value)
            else:
                text = substituted(shell, part)
                if kind is ProcessPart:
                    self.add(text, quoted=True)
                elif text:
                    self.unquoted(text)

    def _tilde(self, text: str, *, alone: bool) -> str:
        if text[0] != "~":
            named = _ASSIGNED.match(text)
            if named is None:
                return text
            return named.group() + _tildes(self.shell, text[named.end() :], first=True, assigned=True)
        found = _TILDE.match(text)
        if found is None or (found.end() == len(text) and not alone):
            return text
        home = tilde(self.shell, found.group(1) or "")
        if home is None:
            return text
        self.add(home, quoted=True)
        return text[found.end() :]

    def add(self, text: str, *, quoted: bool) -> None:
        self.segments.append((text, quoted))
        self.started = True

    def several(self, texts: Sequence[str], *, quoted: bool) -> None:
        """Fields of which the first joins what is before, the last what comes after."""
        for number, text in enumerate(texts):
            if number:
                self.finish()
            self.add(text, quoted=quoted)

    def separate(self, texts: Sequence[str]) -> None:
        """The values of ``$@`` without quotes: each is split, empty ones fall out."""
        for number, text in enumerate(texts):
            if number:
                self.finish()
            self.unquoted(text)

    def unquoted(self, text: str) -> None:
        """A value that is split."""
        ifs = self.shell.variables.values.get("IFS", _DEFAULT_IFS)
        if len(text) > _LONG:
            self.shell.machine.spend(len(text) >> 8)
        if ifs == _DEFAULT_IFS:
            pieces = _PIECES.findall(text)
            if len(pieces) == 1 and pieces[0] == text:
                self.add(text, quoted=False)
                return
            before, after = text[:1] in (" ", "\t", "\n"), text[-1:] in (" ", "\t", "\n")
        elif not ifs:
            if text:
                self.add(text, quoted=False)
            return
        else:
            pieces, before, after = _split(text, str(ifs))
        if before and self.started:
            self.finish()
        for number, piece in enumerate(pieces):
            if number:
                self.finish()
            self.add(piece, quoted=False)
        if after and self.started:
            self.finish()

    def finish(self) -> None:
        """Ends a field: names of files for a pattern."""
        if not self.started:
            return
        segments, self.segments, self.started = self.segments, [], False
        if not self.shell.noglob and any(not quoted and has_magic(text) for text, quoted in segments):
            pattern = "".join(escape_glob(text) if quoted else text for text, quoted in segments)
            names = expand_pattern(self.shell, pattern)
            if names is not None:
                self.found.extend(names)
                return
        self.found.append(segments[0][0] if len(segments) == 1 else "".join(text for text, _ in segments))


def tilde(shell: Shell, user: str) -> str | None:
    """The directory that ``~user`` means."""
    if not user:
        home = shell.get("HOME")
        return shell.machine.files.home if home is None else home
    if user in "+-":
        return shell.get("PWD" if user == "+" else "OLDPWD")
    if user == "root":
        return "/root"
    files = shell.machine.files
    return files.home if user == files.user else None


def _split(text: str, ifs: str) -> tuple[list[str], bool, bool]:
    """The pieces of a text, and whether separators stand before and after them."""
    blanks = "".join(sign for sign in ifs if sign in _DEFAULT_IFS)
    signs = [sign for sign in ifs if sign not in _DEFAULT_IFS]
    pieces: list[str] = []
    stripped = text.lstrip(blanks) if blanks else text
    before = len(stripped) < len(text)
    at, size = 0, len(stripped)
    after = False
    while at < size:
        start = at
        while at < size and stripped[at] not in ifs:
            at += 1
        pieces.append(stripped[start:at])
        after = at < size
        while at < size and stripped[at] in blanks:
            at += 1
        if at < size and stripped[at] in signs:
            at += 1
            while at < size and stripped[at] in blanks:
                at += 1
    if pieces and pieces[0] == "" and not before:
        before = True
    return pieces, before, after


def split(text: str, ifs: str) -> list[str]:
    """The pieces of a text between separators."""
    return _PIECES.findall(text) if ifs == _DEFAULT_IFS else _split(text, ifs)[0] if ifs else [text] if text else []


def double_fields(shell: Shell, parts: Sequence[Part]) -> list[str]:
    """What stands in double quotes: one field, or those of ``"$@"``, which may be none."""
    fields: list[str] = []
    current: list[str] = []
    vanishes = False
    for part in parts:
        kind = type(part)
        if kind is Quoted or kind is Literal:
            current.append(part.text)  # type: ignore[union-attr]
        elif kind is Parameter:
            value = parameter(shell, part, quoted=True)  # type: ignore[arg-type]
            if isinstance(value, Word):
                value = double_fields(shell, value.parts)
            if isinstance(value, list):
                if not value:
                    vanishes = True
                    continue
                for text in value[:-1]:
                    current.append(text)
                    fields.append("".join(current))
                    current = []
                current.append(value[-1])
            elif value is not None:
                current.append(value)
        elif kind is Double:
            current.extend(double_fields(shell, part.parts))  # type: ignore[union-attr]
        else:
            current.append(substituted(shell, part))
    if vanishes and not fields and not any(current) and len(parts) == 1:
        return []
    fields.append("".join(current))
    return fields


def substituted(shell: Shell, part: Part) -> str:
    """The text of a command substitution, an arithmetic expansion or a process substitution."""
    if type(part) is CommandPart:
        return shell.machine.runtime.capture(shell, part.script)
    if type(part) is ArithmeticPart:
        return str(arithmetic_of(shell, part.word))
    assert type(part) is ProcessPart
    return shell.machine.runtime.substitute(shell, part)


def arithmetic_of(shell: Shell, word: Word) -> int:
    """The value of an arithmetic expansion."""
    return shell.number((text_of(shell, word) if word.fixed is None else word.fixed).rstrip("\n"))


def text_of(shell: Shell, word: Word, *, assigned: bool = False) -> str:
    """The text of a word that is neither split nor a pattern: a value, a file's name, a subject.

    Args:
        shell: Where.
        word: The word.
        assigned: Whether a tilde may also follow a colon, as in the value of a variable.
    """
    if word.fixed is not None:
        return word.fixed
    if word.single is not None:
        value = parameter(shell, word.single, quoted=True)
        if type(value) is str:
            return value
    found: list[str] = []
    for number, part in enumerate(word.parts):
        kind = type(part)
        if kind is Literal:
            text = part.text  # type: ignore[union-attr]
            if "~" in text:
                text = _tildes(shell, text, first=number == 0, assigned=assigned)
            found.append(text)
        elif kind is Quoted:
            found.append(part.text)  # type: ignore[union-attr]
        elif kind is Double:
            found.append(" ".join(double_fields(shell, part.parts)))  # type: ignore[union-attr]
        elif kind is Parameter:
            value = parameter(shell, part, quoted=True)  # type: ignore[arg-type]
            found.append(_plain(shell, value))
        else:
            found.append(substituted(shell, part))
    return "".join(found)


def _tildes(shell: Shell, text: str, *, first: bool, assigned: bool) -> str:
    pieces = text.split(":") if assigned else [text]
    for number, piece in enumerate(pieces):
        if piece[:1] == "~" and (first or number):
            found = _TILDE.match(piece)
            home = tilde(shell, found.group(1) or "") if found is not None else None
            if found is not None and home is not None:
                pieces[number] = home + piece[found.end() :]
    return ":".join(pieces)


def pattern_of(shell: Shell, word: Word) -> str:
    """A word as a pattern: what is quoted means itself."""
    if len(word.parts) == 1 and type(word.parts[0]) is Literal and "~" not in word.parts[0].text:
        return word.parts[0].text
    return "".join(escape_glob(text) if quoted else text for text, quoted in _segments(shell, word))


def regex_of(shell: Shell, word: Word) -> str:
    """A word as a regular expression, likewise."""
    return "".join(re2.escape(text) if quoted else text for text, quoted in _segments(shell, word))


def _segments(shell: Shell, word: Word) -> list[tuple[str, bool]]:
    found: list[tuple[str, bool]] = []
    for number, part in enumerate(word.parts):
        kind = type(part)
        if kind is Literal:
            text = part.text  # type: ignore[union-attr]
            found.append((_tildes(shell, text, first=number == 0, assigned=False) if "~" in text else text, False))
        elif kind is Quoted:
            found.append((part.text, True))  # type: ignore[union-attr]
        elif kind is Double:
            found.append((" ".join(double_fields(shell, part.parts)), True))  # type: ignore[union-attr]
        elif kind is Parameter:
            value = parameter(shell, part, quoted=False)  # type: ignore[arg-type]
            if isinstance(value, Word):
                found.extend(_segments(shell, value))
            else:
                found.append((_plain(shell, value), False))
        else:
            found.append((substituted(shell, part), False))
    return found
