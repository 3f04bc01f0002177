"""Reading into variables: read and mapfile."""

from __future__ import annotations

import re
from collections.abc import Mapping

from agentalign_env.core.commands import Input
from agentalign_env.services.shell.expansion import split
from agentalign_env.services.shell.limits import DEFAULT_SHELL_LIMITS
from agentalign_env.services.shell.shell import Builtin, Shell
from agentalign_env.services.shell.streams import TextInput
from agentalign_env.services.shell.variables import Indexed

__all__ = ["BUILTINS"]

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\[.+\])?")
_ESCAPED = "\ue0ff"  # a private sign that marks the character after it as escaped


class _Options:
    """What read was asked for."""

    def __init__(self) -> None:
        self.flags: dict[str, str] = {}
        self.names: list[str] = []


def _options(shell: Shell, argv: list[str], plain: str, valued: str) -> _Options | None:
    found = _Options()
    words = argv[1:]
    while words and words[0].startswith("-") and len(words[0]) > 1:
        word = words.pop(0)
        if word == "--":
            break
        at = 1
        while at < len(word):
            letter = word[at]
            at += 1
            if letter in valued:
                if at < len(word):
                    found.flags[letter] = word[at:]
                elif words:
                    found.flags[letter] = words.pop(0)
                else:
                    shell.complain(f"{argv[0]}: -{letter}: option requires an argument")
                    return None
                break
            if letter not in plain:
                shell.complain(f"{argv[0]}: -{letter}: invalid option")
                shell.sink(2).write(f"{argv[0]}: usage: {_USAGE[argv[0]]}\n")
                return None
            found.flags[letter] = ""
    found.names = words
    return found


_USAGE = {
    "read": "read [-ers] [-a array] [-d delim] [-i text] [-n nchars] [-N nchars] [-p prompt] [-t timeout] [-u fd] "
    "[name ...]",
    "mapfile": "mapfile [-d delim] [-n count] [-O origin] [-s count] [-t] [-u fd] [-C callback] [-c quantum] [array]",
}
_USAGE["readarray"] = _USAGE["mapfile"].replace("mapfile", "readarray", 1)


def _read(shell: Shell, argv: list[str]) -> int:
    options = _options(shell, argv, "ers", "adinNptu")
    if options is None:
        return 2
    flags = options.flags
    for name in options.names:
        if not _NAME.fullmatch(name):
            return shell.complain(f"read: `{name}': not a valid identifier")
    source = _source(shell, flags.get("u"), "read")
    if source is None:
        return 1
    shell.machine.spend()
    if "t" in flags and flags["t"].strip("0.") == "":
        return int(isinstance(source, TextInput) and source.at >= len(source.text))
    raw = "r" in flags
    text, complete = _line(source, flags, raw=raw)
    shell.machine.fuel -= len(text) >> 10
    if not raw and "\\" in text:
        text = _marked(text)
    _store(shell, options, text)
    return 0 if complete else 1


def _source(shell: Shell, number: str | None, name: str) -> Input | None:
    if number is None:
        return shell.stdin
    found = shell.fds.get(int(number)) if number.isdecimal() else None
    if found is None or not hasattr(found, "readline"):
        shell.complain(f"{name}: {number}: invalid file descriptor: Bad file descriptor")
        return None
    source: Input = found
    return source


def _line(source: Input, flags: Mapping[str, str], *, raw: bool) -> tuple[str, bool]:
    """What is read, and whether it ends as it should."""
    if "N" in flags:
        count = int(flags["N"]) if flags["N"].isdecimal() else 0
        text = source.read(count)
        return text, len(text) == count
    end = "\n"
    if "d" in flags:
        end = flags["d"][:1] or "\0"
    limit = int(flags["n"]) if flags.get("n", "").isdecimal() else -1
    if limit >= 0 or end != "\n":
        return _signs(source, end, limit, raw=raw)
    line = source.readline()
    while not raw and line.endswith("\\\n") and _odd_backslashes(line[:-1]):
        following = source.readline()
        line = line[:-2] + following
        if not following:
            break
    complete = line.endswith("\n")
    return (line[:-1] if complete else line).replace("\0", ""), complete


def _odd_backslashes(text: str) -> bool:
    return (len(text) - len(text.rstrip("\\"))) % 2 == 1


def _signs(source: Input, end: str, limit: int, *, raw: bool) -> tuple[str, bool]:
    found: list[str] = []
    while limit < 0 or len(found) < limit:
        sign = source.read(1)
        if not sign:
            return "".join(found), False
        if sign == end:
            return "".join(found), True
        if sign == "\\" and not raw:
            follows = source.read(1)
            if follows != "\n":
                found.append("\\" + follows)
            continue
        found.append(sign)
        if len(found) > DEFAULT_SHELL_LIMITS.variable_chars:
            break
    return "".join(found), True


def _marked(text: str) -> str:
    found, at = [], 0
    while at < len(text):
        if text[at] == "\\":
            if at + 1 < len(text):
                found.append(_ESCAPED + text[at + 1])
            at += 2
        else:
            found.append(text[at])
            at += 1
    return "".join(found)


def _store(shell: Shell, options: _Options, text: str) -> None:
    ifs = shell.variables.values.get("IFS", " \t\n")
    ifs = ifs if isinstance(ifs, str) else " \t\n"
    flags, names = options.flags, options.names
    if "a" in flags:
        values = _pieces(text, ifs)
        shell.variables.values[flags["a"]] = Indexed(enumerate(_plain(value) for value in values))
        return
    if not names:
        _give(shell, "REPLY", _plain(text))
        return
    if "N" in flags:
        _give(shell, names[0], _plain(text))
        for name in names[1:]:
            _give(shell, name, "")
        return
    for name, value in zip(names, _fields(text, ifs, len(names)), strict=True):
        _give(shell, name, _plain(value))


def _give(shell: Shell, name: str, value: str) -> None:
    if name.endswith("]"):
        base, _, subscript = name[:-1].partition("[")
        shell.assign_element(base, subscript, value)
    else:
        shell.assign(name, value)


def _plain(text: str) -> str:
    return text.replace(_ESCAPED, "") if _ESCAPED in text else text


def _pieces(text: str, ifs: str) -> list[str]:
    if _ESCAPED not in text:
        return split(text, ifs)
    found = []
    while text:
        piece, text = _first(text, ifs)
        found.append(piece)
    return found


def _fields(text: str, ifs: str, count: int) -> list[str]:
    """The fields for so many names: the last takes all that is left."""
    blanks = "".join(sign for sign in ifs if sign in " \t\n")
    text = text.lstrip(blanks) if blanks else text
    found: list[str] = []
    while len(found) < count - 1:
        piece, text = _first(text, ifs)
        found.append(piece)
    if blanks:
        while text and text[-1] in blanks and text[-2:-1] != _ESCAPED:
            text = text[:-1]
    signs = [sign for sign in ifs if sign not in " \t\n"]
    if text and text[-1] in signs and text[-2:-1] != _ESCAPED:
        first, rest = _first(text, ifs)
        if not rest:
            text = first
    found.append(text)
    return found


def _first(text: str, ifs: str) -> tuple[str, str]:
    """The first field, and what comes after the separator."""
    blanks = "".join(sign for sign in ifs if sign in " \t\n")
    at = 0
    while at < len(text) and text[at] not in ifs:
        at += 2 if text[at] == _ESCAPED else 1
    piece, rest = text[:at], text[at:]
    rest = rest.lstrip(blanks) if blanks else rest
    if rest and rest[0] in ifs and rest[0] not in blanks:
        rest = rest[1:].lstrip(blanks) if blanks else rest[1:]
    return piece, rest


def _mapfile(shell: Shell, argv: list[str]) -> int:
    options = _options(shell, argv, "t", "dnOsuCc")
    if options is None:
        return 2
    flags = options.flags
    name = options.names[0] if options.names else "MAPFILE"
    if not _NAME.fullmatch(name) or "[" in name:
        return shell.complain(f"{argv[0]}: `{name}': not a valid identifier")
    source = _source(shell, flags.get("u"), argv[0])
    if source is None:
        return 1
    limit, skip, origin = (int(flags[key]) if flags.get(key, "").isdecimal() else 0 for key in "nsO")
    array = Indexed()
    held = shell.variables.values.get(name)
    if "O" in flags and isinstance(held, Indexed):
        array = held.copy()
    place = origin
    for number, line in enumerate(_lines(source, flags)):
        if number < skip:
            continue
        if limit and place - origin >= limit:
            break
        shell.machine.spend()
        array[place] = line
        place += 1
    shell.variables.values[name] = array
    return 0


def _lines(source: Input, flags: Mapping[str, str]) -> list[str]:
    text = source.read()
    end = (flags["d"][:1] or "\0") if "d" in flags else "\n"
    pieces = text.split(end)
    last = pieces.pop()
    found = pieces if "t" in flags else [piece + end for piece in pieces]
    return [*found, last] if last else found


BUILTINS: Mapping[str, Builtin] = {"read": _read, "mapfile": _mapfile, "readarray": _mapfile}
