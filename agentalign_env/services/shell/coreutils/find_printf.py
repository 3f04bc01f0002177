"""The formats of ``find -printf``."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from agentalign_env.services.shell.coreutils.calendar_days import format_time
from agentalign_env.services.shell.coreutils.describing import unescaped
from agentalign_env.services.shell.coreutils.entries import (
    base_name,
    blocks,
    group_of,
    inode,
    link_count,
    mode_text,
    size,
    user_id,
)
from agentalign_env.services.shell.coreutils.sizes import whole

if TYPE_CHECKING:
    from agentalign_env.core.commands import Invocation
    from agentalign_env.services.shell.coreutils.find_tests import Visit

__all__ = ["printed"]

_DIRECTIVE = re.compile(r"%([-+ #0]*)(\d*)(?:\.(\d+))?([TAC].|[A-Za-z%])", re.DOTALL)
_PARTS = re.compile(r"(\\(?:[0-7]{1,3}|.))", re.DOTALL)


def printed(invocation: Invocation, form: str, visit: Visit) -> str:
    r"""What a format shows of a visited file; ``\\c`` ends it."""
    shown = form.partition("\\c")[0]
    text = _PARTS.sub(lambda found: unescaped(found[0]).replace("%", "%%") if found[0] != "\\%" else "%%", shown)
    return _DIRECTIVE.sub(lambda found: _directive(invocation, found, visit), text)


def _directive(invocation: Invocation, found: re.Match[str], visit: Visit) -> str:
    flags, width, precision, letter = found.groups()
    text = _value(invocation, letter, visit)
    if text is None:
        return found.group()
    if precision:
        text = text[: whole(precision)]
    if "#" in flags and letter == "m":
        text = "0" + text
    size_ = min(whole(width), 1000) if width else 0
    fill = "0" if "0" in flags and letter in "sdmnbkUGi" else " "
    return text.ljust(size_) if "-" in flags else text.rjust(size_, fill)


def _value(invocation: Invocation, letter: str, visit: Visit) -> str | None:
    entry = visit.entry
    if letter[0] in "TAC" and len(letter) == 2:
        return _time(letter[1], entry.modified_s)
    if letter in _VALUES:
        return _VALUES[letter](visit)
    if letter in "tac":
        return format_time("%a %b %e %H:%M:%S.0000000000 %Y", entry.modified_s)
    if letter == "n":
        return str(link_count(invocation, entry))
    if letter == "Y":
        target = invocation.files.follow(entry.path)
        return _letter(target.kind) if target is not None else "N"
    return None


def _time(letter: str, modified_s: int) -> str:
    if letter == "@":
        return f"{modified_s}.0000000000"
    if letter in ("S", "T"):
        return format_time(f"%{letter}", modified_s) + ".0000000000"
    if letter == "+":
        return format_time("%Y-%m-%d+%H:%M:%S.0000000000", modified_s)
    return format_time(f"%{letter}", modified_s)


def _letter(kind: str) -> str:
    return {"file": "f", "dir": "d"}.get(kind, "l")


def _below(visit: Visit) -> str:
    return visit.name[len(visit.start) :].lstrip("/")


def _folder(visit: Visit) -> str:
    head, slash, _ = visit.name.rpartition("/")
    return head if slash else "."


_VALUES: dict[str, Callable[[Visit], str]] = {
    "p": lambda visit: visit.name,
    "f": lambda visit: base_name(visit.name),
    "h": _folder,
    "P": _below,
    "H": lambda visit: visit.start,
    "d": lambda visit: str(visit.depth),
    "s": lambda visit: str(size(visit.entry)),
    "k": lambda visit: str(blocks(visit.entry)),
    "b": lambda visit: str(blocks(visit.entry) * 2),
    "m": lambda visit: f"{int(visit.entry.mode, 8):o}",
    "M": lambda visit: mode_text(visit.entry),
    "u": lambda visit: visit.entry.owner,
    "g": lambda visit: group_of(visit.entry),
    "U": lambda visit: str(user_id(visit.entry.owner)),
    "G": lambda visit: str(user_id(group_of(visit.entry))),
    "i": lambda visit: str(inode(visit.entry)),
    "l": lambda visit: visit.entry.content if visit.entry.kind == "link" else "",
    "y": lambda visit: _letter(visit.entry.kind),
    "%": lambda _: "%",
}
