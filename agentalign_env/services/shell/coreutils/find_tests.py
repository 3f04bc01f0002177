"""What find asks of a file: each test is a function of a visited entry."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from agentalign_env.errors import OperationError
from agentalign_env.services.shell.coreutils.entries import base_name, group_of, inode, link_count, size
from agentalign_env.services.shell.coreutils.modes import ModeError, parse_mode
from agentalign_env.services.shell.coreutils.name_patterns import matches
from agentalign_env.services.shell.coreutils.quoting import curly
from agentalign_env.services.shell.coreutils.sizes import whole

if TYPE_CHECKING:
    from agentalign_env.core.commands import Invocation
    from agentalign_env.core.ports import FileEntry

__all__ = ["ARGUMENTS", "FindError", "Test", "Visit", "make_test"]

_TYPES = {"f": "file", "d": "dir", "l": "link"}
_UNITS = {"b": 512, "c": 1, "w": 2, "k": 1024, "M": 1 << 20, "G": 1 << 30}
_DAY_S = 86_400
_EMACS = re.compile(r"\\.|\[\^?\]?[^]]*\]|[+?]", re.DOTALL)


class FindError(Exception):
    """An expression that find refuses; the message is find's."""


class Visit(NamedTuple):
    """A file on find's way.

    Attributes:
        name: The name it is shown by: the starting point and the way from there.
        entry: The file.
        depth: How far below the starting point.
        start: The starting point.
    """

    name: str
    entry: FileEntry
    depth: int
    start: str


Test = Callable[[Visit], bool]


def _compared(text: str, option: str) -> Callable[[int], bool]:
    """A comparison: ``+N`` more, ``-N`` less, ``N`` equal."""
    sign, digits = (text[0], text[1:]) if text[:1] in ("+", "-") else ("", text)
    if not digits.isdecimal():
        raise FindError(f"invalid argument `{text}' to `{option}'")
    wanted = whole(digits)
    if sign == "+":
        return lambda value: value > wanted
    if sign == "-":
        return lambda value: value < wanted
    return lambda value: value == wanted


def _name(_: Invocation, option: str, text: str) -> Test:
    fold = option == "-iname"
    return lambda visit: matches(text, base_name(visit.name), ignore_case=fold)


def _path(_: Invocation, option: str, text: str) -> Test:
    fold = option.startswith("-i")
    return lambda visit: matches(text, visit.name, ignore_case=fold)


def _link_name(_: Invocation, option: str, text: str) -> Test:
    fold = option.startswith("-i")
    return lambda visit: visit.entry.kind == "link" and matches(text, visit.entry.content, ignore_case=fold)


def _regex(_: Invocation, option: str, text: str) -> Test:
    from agentalign_env.services.shell.languages.patterns import PatternError, compile_pattern

    extended = option.endswith("+extended")
    if not extended:  # Emacs' kind is the default: plus and question mark repeat, but groups need backslashes
        text = _EMACS.sub(lambda found: found[0] if len(found[0]) > 1 else "\\" + found[0], text)
    try:
        pattern = compile_pattern(text, "extended" if extended else "basic", ignore_case=option.startswith("-i"))
    except PatternError as error:
        raise FindError(f"failed to compile regular expression '{text}': {error}") from None

    def test(visit: Visit) -> bool:
        found = pattern.search(visit.name, 0)
        return found is not None and found.start == 0 and found.end == len(visit.name)

    return test


def _type(_: Invocation, option: str, text: str) -> Test:
    letters = text.split(",")
    for letter in letters:
        if len(letter) > 1:
            raise FindError("Must separate multiple arguments to -type using: ','")
        if letter not in (*_TYPES, "b", "c", "p", "s", "D"):
            raise FindError(f"Unknown argument to {option}: {letter}")
    wanted = {_TYPES.get(letter, "") for letter in letters}
    return lambda visit: visit.entry.kind in wanted


def _size(_: Invocation, option: str, text: str) -> Test:
    unit, number = (text[-1], text[:-1]) if text[-1:].isalpha() else ("b", text)
    if unit not in _UNITS or not number.lstrip("+-").isdecimal():
        raise FindError(
            f"invalid -size type `{text[-1:]}'" if unit not in _UNITS else f"Invalid argument `{text}' to -size"
        )
    compared, scale = _compared(number, option), _UNITS[unit]
    return lambda visit: compared(-(-size(visit.entry) // scale))


def _age(invocation: Invocation, option: str, text: str) -> Test:
    compared = _compared(text, option)
    if option.endswith("min"):
        now, step = invocation.now_s, 60
        # As GNU's: a fraction of a minute counts as the next one.
        return lambda visit: compared(int(-(-(now - visit.entry.modified_s) // step)))
    now = invocation.now_s
    return lambda visit: compared(int((now - visit.entry.modified_s) // _DAY_S))


def _newer(invocation: Invocation, _: str, text: str) -> Test:
    try:
        since = invocation.files.require(invocation.path(text)).modified_s
    except OperationError as error:
        raise FindError(f"{curly(text)}: {error.message.split(':')[0]}") from None
    return lambda visit: visit.entry.modified_s > since


def _newer_date(invocation: Invocation, _: str, text: str) -> Test:
    from agentalign_env.services.shell.coreutils.dates import parse_date

    since = parse_date(text, invocation.now_s)
    if since is None:
        raise FindError(f"I cannot figure out how to interpret {curly(text)} as a date or time")
    return lambda visit: visit.entry.modified_s > since


def _perm(_: Invocation, _option: str, text: str) -> Test:
    how, rest = (text[0], text[1:]) if text[:1] in ("-", "/") else ("", text)
    try:
        wanted = int(parse_mode(rest).applied(0, is_directory=False, umask=0), 8)
    except ModeError:
        raise FindError(f"invalid mode {curly(text)}") from None
    if how == "-":
        return lambda visit: int(visit.entry.mode, 8) & wanted == wanted
    if how == "/":
        return lambda visit: not wanted or int(visit.entry.mode, 8) & wanted != 0
    return lambda visit: int(visit.entry.mode, 8) == wanted


def _user(invocation: Invocation, option: str, text: str) -> Test:
    group = option == "-group"
    if text not in ("root", "0", "1000", invocation.files.user):
        raise FindError(
            f"{curly(text)} is not the name of a known user"
            if not group
            else f"{curly(text)} is not the name of an existing group"
        )
    wanted = {"0": "root", "1000": invocation.files.user}.get(text, text)
    return lambda visit: (group_of(visit.entry) if group else visit.entry.owner) == wanted


def _links(invocation: Invocation, option: str, text: str) -> Test:
    compared = _compared(text, option)
    return lambda visit: compared(link_count(invocation, visit.entry))


def _inode(_: Invocation, option: str, text: str) -> Test:
    compared = _compared(text, option)
    return lambda visit: compared(inode(visit.entry))


def _same_file(invocation: Invocation, _: str, text: str) -> Test:
    path = invocation.path(text)
    return lambda visit: visit.entry.path == path


def _empty(invocation: Invocation) -> Test:
    def test(visit: Visit) -> bool:
        if visit.entry.kind == "dir":
            try:
                return not invocation.files.children(visit.entry.path)
            except OperationError:
                return False
        return visit.entry.kind == "file" and not visit.entry.content

    return test


def _permitted(bit: int, invocation: Invocation) -> Test:
    def test(visit: Visit) -> bool:
        bits = int(visit.entry.mode, 8)
        user = invocation.files.user
        if user == "root":
            return bit != 1 or visit.entry.kind == "dir" or bool(bits & 0o111)
        return bool((bits >> 6 if visit.entry.owner == user else bits) & bit)

    return test


def _yes(_: Visit) -> bool:
    return True


def _no(_: Visit) -> bool:
    return False


_PLAIN: dict[str, Callable[[Invocation], Test]] = {
    "-empty": _empty,
    "-executable": lambda invocation: _permitted(1, invocation),
    "-readable": lambda invocation: _permitted(4, invocation),
    "-writable": lambda invocation: _permitted(2, invocation),
    "-true": lambda _: _yes,
    "-false": lambda _: _no,
    "-nouser": lambda _: _no,
    "-nogroup": lambda _: _no,
}
ARGUMENTS: dict[str, Callable[[Invocation, str, str], Test]] = {
    "-name": _name,
    "-iname": _name,
    "-path": _path,
    "-wholename": _path,
    "-ipath": _path,
    "-iwholename": _path,
    "-lname": _link_name,
    "-ilname": _link_name,
    "-regex": _regex,
    "-iregex": _regex,
    "-type": _type,
    "-xtype": _type,
    "-size": _size,
    "-mtime": _age,
    "-ctime": _age,
    "-atime": _age,
    "-mmin": _age,
    "-cmin": _age,
    "-amin": _age,
    "-newer": _newer,
    "-anewer": _newer,
    "-cnewer": _newer,
    "-newermt": _newer_date,
    "-perm": _perm,
    "-user": _user,
    "-group": _user,
    "-uid": _user,
    "-gid": _user,
    "-links": _links,
    "-inum": _inode,
    "-samefile": _same_file,
}


def make_test(invocation: Invocation, option: str, text: str | None, *, extended: bool = False) -> Test | None:
    """The test of this name; ``None`` for a name that is no test. Regular expressions may be `extended`.

    Raises:
        FindError: Its argument makes no sense.
    """
    if option in _PLAIN:
        return _PLAIN[option](invocation)
    make = ARGUMENTS.get(option)
    if make is None:
        return None
    if text is None:
        raise FindError(f"missing argument to `{option}'")
    return make(invocation, f"{option}+extended" if extended and "regex" in option else option, text)
