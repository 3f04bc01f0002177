"""Reading what begins with a dollar sign or a backtick, and process substitutions."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from agentalign_env.services.shell.syntax import (
    ArithmeticPart,
    CommandPart,
    Parameter,
    Part,
    ProcessPart,
    Quoted,
    Word,
)

if TYPE_CHECKING:
    from agentalign_env.services.shell.lexer import WordReader

__all__ = ["read_arithmetic", "read_expansion", "read_process"]

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_PARAMETER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*|[0-9]+|[@*#?$!_-]")
_SHORT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*|[0-9@*#?$!_-]")
_OPERATORS = (":-", ":=", ":?", ":+", "##", "%%", "//", "/#", "/%", "^^", ",,", "~~", "-", "=", "?", "+", "#", "%", "/",
              "^", ",", "~", ":", "@")  # fmt: skip


def read_expansion(reader: WordReader, *, in_double: bool) -> Part | None:
    """What begins with ``$`` or a backtick; ``None`` for a dollar that means itreader."""
    text, at = reader.text, reader.at
    if text[at] == "`":
        return _backticks(reader, in_double=in_double)
    follows = text[at + 1 : at + 2]
    if follows == "{":
        return _braced(reader, in_double=in_double)
    if follows == "(":
        if text.startswith("((", at + 1):
            found = read_arithmetic(reader, at + 3, "))")
            if found is not None:
                return ArithmeticPart(found)
            reader.at = at
        reader.at += 2
        return CommandPart(reader.enclosed_script(at))
    if follows == "[":
        found = read_arithmetic(reader, at + 2, "]")
        if found is not None:
            return ArithmeticPart(found)
        reader.at = at
        return None
    named = _SHORT.match(text, at + 1)
    if named is None:
        return None
    reader.at = named.end()
    return Parameter(named.group(), source=named.group())


def read_arithmetic(reader: WordReader, start: int, end: str) -> Word | None:
    """The word up to balanced closing brackets; ``None`` when it is no arithmetic."""
    reader.enter()
    opening, closing = ("(", ")") if end == "))" else ("[", "]")
    parts: list[Part] = []
    literal: list[str] = []
    level = 0
    reader.at = start
    text = reader.text
    while True:
        if reader.at >= len(text):
            if end == "]":
                return None
            raise reader.unmatched(")", start - 3)
        sign = text[reader.at]
        if sign == closing:
            if level == 0:
                if not text.startswith(end, reader.at):
                    reader.depth -= 1
                    return None
                break
            level -= 1
        elif sign == opening:
            level += 1
        if sign == "\\":
            reader.at += 2 if text[reader.at + 1 : reader.at + 2] == "\n" else 1
            continue
        part = _arithmetic_part(reader, sign)
        if part is None:
            literal.append(sign)
            reader.at += 1
        else:
            if literal:
                parts.append(Quoted("".join(literal)))
                literal.clear()
            parts.append(part)
    if literal:
        parts.append(Quoted("".join(literal)))
    word = Word(tuple(parts), text[start : reader.at])
    reader.at += len(end)
    reader.depth -= 1
    return word


def _arithmetic_part(reader: WordReader, sign: str) -> Part | None:
    """An expansion or quotes inside of an arithmetic expression."""
    if sign in "$`":
        return read_expansion(reader, in_double=True)
    if sign == '"':
        return reader.double()
    if sign != "'":
        return None
    closed = reader.text.find("'", reader.at + 1)
    if closed < 0:
        raise reader.unmatched("'", reader.at)
    part = Quoted(reader.text[reader.at + 1 : closed])
    reader.at = closed + 1
    return part


def _backticks(reader: WordReader, *, in_double: bool) -> CommandPart:
    start = reader.at
    at = start + 1
    taken: list[str] = []
    text = reader.text
    while at < len(text) and text[at] != "`":
        if text[at] == "\\" and at + 1 < len(text):
            follows = text[at + 1]
            taken.append(follows if follows in ('$`\\"' if in_double else "$`\\") else "\\" + follows)
            at += 2
        else:
            taken.append(text[at])
            at += 1
    if at >= len(text):
        raise reader.unmatched("`", start)
    reader.at = at + 1
    reader.enter()
    script = reader.inner_script("".join(taken), reader.line_at(start))
    reader.depth -= 1
    return CommandPart(script)


def read_process(reader: WordReader, direction: str) -> ProcessPart:
    """A process substitution, from its ``<`` or ``>`` on."""
    start = reader.at
    reader.at += 2
    return ProcessPart(direction, reader.enclosed_script(start))


def _braced(reader: WordReader, *, in_double: bool) -> Parameter:
    start = reader.at
    reader.enter()
    reader.at += 2
    found = _braced_inside(reader, start, in_double=in_double)
    if reader.text[reader.at : reader.at + 1] != "}":
        if reader.at >= len(reader.text):
            raise reader.unmatched("}", start)
        found = _bad(reader, start)
    reader.at += 1
    found.source = reader.text[start + 2 : reader.at - 1]
    reader.depth -= 1
    return found


def _bad(reader: WordReader, start: int) -> Parameter:
    """A substitution that bash only refuses when it is run."""
    level = 1
    while reader.at < len(reader.text):
        sign = reader.text[reader.at]
        if sign == "\\":
            reader.at += 1
        level += (sign == "{") - (sign == "}")
        if level == 0:
            return Parameter("", operator="bad")
        reader.at += 1
    raise reader.unmatched("}", start)


def _braced_inside(reader: WordReader, start: int, *, in_double: bool) -> Parameter:
    text = reader.text
    sign, follows = text[reader.at : reader.at + 1], text[reader.at + 1 : reader.at + 2]
    length = indirect = False
    if (sign == "#" and follows and follows not in "}:-=?+%/^,@") or (
        sign == "#" and text[reader.at + 1 : reader.at + 3] in ("@}", "*}", "?}", "-}")
    ):
        length = True
        reader.at += 1
    elif sign == "!" and follows and follows not in "}:-=?+":
        indirect = True
        reader.at += 1
    named = _PARAMETER.match(text, reader.at)
    if named is None:
        return _bad(reader, start)
    found = Parameter(named.group(), indirect=indirect)
    reader.at = named.end()
    if text[reader.at : reader.at + 1] == "[" and _NAME.fullmatch(found.name):
        found.subscript = reader.subscript()
    if length:
        found.operator = "length"
        return found
    if indirect:
        if found.subscript is None and text[reader.at : reader.at + 2] in ("*}", "@}"):
            found.operator, found.word = "names", Word((Quoted(text[reader.at]),), text[reader.at])
            reader.at += 1
            found.indirect = False
            return found
        if (
            found.subscript is not None
            and found.subscript.source in ("@", "*")
            and text[reader.at : reader.at + 1] == "}"
        ):
            found.operator, found.indirect = "keys", False
            return found
    for operator in _OPERATORS:
        if text.startswith(operator, reader.at):
            reader.at += len(operator)
            found.operator = operator
            _operands(reader, found, in_double=in_double)
            break
    return found


def _operands(reader: WordReader, found: Parameter, *, in_double: bool) -> None:
    operator = found.operator
    if operator == ":":
        found.word = _offset(reader, ":}")
        if reader.text[reader.at : reader.at + 1] == ":":
            reader.at += 1
            found.second = _offset(reader, "}")
    elif operator[0] == "/":
        found.word = _operand(reader, "/}", in_double=False, slash=len(operator) == 1 or operator == "//")
        if reader.text[reader.at : reader.at + 1] == "/":
            reader.at += 1
            found.second = _operand(reader, "}", in_double=in_double)
    elif operator[0] in "#%^,~":
        found.word = _operand(reader, "}", in_double=False)
    elif operator == "@":
        found.operator = "@" + reader.text[reader.at : reader.at + 1]
        reader.at += 1
    else:
        found.word = _operand(reader, "}", in_double=in_double)


def _offset(reader: WordReader, ends: str) -> Word:
    """An arithmetic operand; a colon inside ``?:`` or brackets does not end it."""
    start, level, choices = reader.at, 0, 0
    parts: list[Part] = []
    text = reader.text
    while reader.at < len(text):
        sign = text[reader.at]
        if level == 0 and sign == ":" and choices:
            choices -= 1
        elif level == 0 and sign in ends:
            break
        level += (sign == "(") - (sign == ")")
        choices += sign == "?"
        part = read_expansion(reader, in_double=True) if sign in "$`" else None
        if part is None:
            parts.append(Quoted(sign))
            reader.at += 1
        else:
            parts.append(part)
    return Word(tuple(parts), text[start : reader.at])


def _operand(reader: WordReader, ends: str, *, in_double: bool, slash: bool = False) -> Word:
    """A word inside of ``${...}`` up to one of these signs; with `slash`, it may begin with one."""
    start = reader.at
    parts: list[Part] = []
    literal: list[str] = []
    text = reader.text
    while reader.at < len(text):
        sign = text[reader.at]
        if sign in ends and not (slash and sign == "/" and reader.at == start):
            break
        if in_double and sign in "'\\":
            if sign == "\\" and text[reader.at + 1 : reader.at + 2] in ("$", "`", '"', "\\", "}"):
                reader.flush(literal, parts)
                parts.append(Quoted(text[reader.at + 1]))
                reader.at += 2
                continue
            literal.append(sign)
            reader.at += 1
        elif sign in "\"'\\$`":
            reader.quoted_sign(sign, literal, parts)
        else:
            literal.append(sign)
            reader.at += 1
    reader.flush(literal, parts)
    return Word(tuple(parts), text[start : reader.at])
