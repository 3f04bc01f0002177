"""Commands that describe files: stat, du, df."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

from agentalign_env.core.computer import DISK_KIB, SYSTEM_KIB
from agentalign_env.errors import OperationError
from agentalign_env.services.shell.coreutils.calendar_days import format_time
from agentalign_env.services.shell.coreutils.entries import (
    base_name,
    blocks,
    group_of,
    inode,
    joined,
    link_count,
    mode_text,
    size,
    user_id,
)
from agentalign_env.services.shell.coreutils.name_patterns import matches
from agentalign_env.services.shell.coreutils.quoting import always_quoted, curly, quoted
from agentalign_env.services.shell.coreutils.sizes import human_size, parse_size, whole
from agentalign_env.services.shell.options import Options, Syntax, parse, usage_error

if TYPE_CHECKING:
    from agentalign_env.core.commands import Command, Invocation
    from agentalign_env.core.ports import FileEntry

__all__ = ["COMMANDS", "kind_words"]

_STAT = Syntax.of("c|format= printf= f|file-system L|dereference t|terse cached=")
_DIRECTIVE = re.compile(r"%([-+ #0']*)(\d*)(?:\.(\d+))?(H|L)?([A-Za-z%])")
_ESCAPE = re.compile(r"\\([0-7]{1,3}|x[0-9A-Fa-f]{1,2}|.)", re.DOTALL)
_ESCAPES = {
    "n": "\n",
    "t": "\t",
    "r": "\r",
    "a": "\a",
    "b": "\b",
    "f": "\f",
    "v": "\v",
    "e": "\x1b",
    "\\": "\\",
    '"': '"',
}
_DISK_KIB = 64 * 1024 * 1024
_BLOCK = 4096
_TIME = "%Y-%m-%d %H:%M:%S.000000000 +0000"
_FULL = (
    "  File: %N\n  Size: %-10s\tBlocks: %-10b IO Block: %-6o %F\nDevice: 8,1\tInode: %-11i Links: %h\n"
    "Access: (%04a/%10.10A)  Uid: (%5u/%8U)   Gid: (%5g/%8G)\nAccess: %x\nModify: %y\nChange: %z\n Birth: %w\n"
)
_TERSE = "%n %s %b %f %u %g 801 %i %h 0 0 %X %Y %Z %W %o\n"


def kind_words(entry: FileEntry) -> str:
    """What it is, in stat's words."""
    if entry.kind == "file":
        return "regular file" if entry.content else "regular empty file"
    return "directory" if entry.kind == "dir" else "symbolic link"


def _stat(invocation: Invocation) -> int:
    options = parse(invocation, _STAT)
    if isinstance(options, int):
        return options
    if not options.operands:
        return usage_error(invocation, "missing operand")
    if "printf" in options:
        form = unescaped(options.get("printf"))
    elif "c" in options:
        form = options.get("c") + "\n"
    else:
        form = _TERSE if "t" in options else _FULL
    status = 0
    for name in options.operands:
        invocation.spend()
        path = invocation.path(name)
        try:
            entry = None if "L" in options or name.endswith("/") else invocation.files.get(path)
            entry = entry or invocation.files.require(path)
        except OperationError as error:
            status = invocation.complain(f"cannot statx {always_quoted(name)}", error)
            continue
        if "f" in options:
            invocation.out(_file_system(name, form if "c" in options or "printf" in options else ""))
        else:
            shown = form if form != _FULL else _FULL.replace("%N", "%@" if entry.kind == "link" else "%n")
            shown = shown.replace("%@", f"{name} -> {entry.content}".replace("%", "%%"))
            field = partial(_field, invocation, name, entry)
            invocation.out(_DIRECTIVE.sub(field, shown))
    return status


def unescaped(text: str) -> str:
    """A text with its backslash escapes replaced."""

    def one(found: re.Match[str]) -> str:
        body = found[1]
        if body[0] in "01234567":
            return chr(int(body, 8) & 0xFF)
        return chr(int(body[1:], 16)) if body[0] == "x" and len(body) > 1 else _ESCAPES.get(body, "\\" + body)

    return _ESCAPE.sub(one, text)


def _file_system(name: str, form: str) -> str:
    if form:
        values = {
            "n": name,
            "T": "ext2/ext3",
            "s": "4096",
            "S": "4096",
            "b": str(_DISK_KIB // 4),
            "l": "255",
            "t": "ef53",
        }
        values |= {
            "f": str(_DISK_KIB // 8),
            "a": str(_DISK_KIB // 8),
            "c": "4194304",
            "d": "4000000",
            "i": "0",
            "%": "%",
        }
        return _DIRECTIVE.sub(lambda found: values.get(found[5], "?"), form)
    return (
        f'  File: "{name}"\n    ID: 0        Namelen: 255     Type: ext2/ext3\n'
        f"Block size: {_BLOCK}       Fundamental block size: {_BLOCK}\n"
        f"Blocks: Total: {_DISK_KIB // 4} Free: {_DISK_KIB // 8} Available: {_DISK_KIB // 8}\n"
        "Inodes: Total: 4194304 Free: 4000000\n"
    )


def _field(invocation: Invocation, name: str, entry: FileEntry, found: re.Match[str]) -> str:
    flags, width, precision, _, letter = found.groups()
    text = _stat_value(invocation, letter, name, entry)
    if text is None:
        return "?"
    if letter == "a" and "#" in flags:
        text = "0" + text
    if precision and letter in "nNFAUG":
        text = text[: whole(precision)]
    fill = "0" if "0" in flags and letter not in "nNFAUG" else " "
    size_ = min(whole(width), 1000) if width else 0
    return text.ljust(size_) if "-" in flags else text.rjust(size_, fill)


def _stat_value(invocation: Invocation, letter: str, name: str, entry: FileEntry) -> str | None:
    modified = entry.modified_s
    kind_bits = {"dir": 0o040000, "link": 0o120000}.get(entry.kind, 0o100000)
    if letter in "nsFUGuga":
        plain = {
            "n": name,
            "s": str(size(entry)),
            "F": kind_words(entry),
            "U": entry.owner,
            "G": group_of(entry),
            "u": str(user_id(entry.owner)),
            "g": str(user_id(group_of(entry))),
            "a": f"{int(entry.mode, 8):o}",
        }
        return plain[letter]
    if letter in "xyzw":
        return format_time(_TIME, modified)
    if letter in "XYZW":
        return str(modified)
    if letter == "N":
        return always_quoted(name) + (f" -> {always_quoted(entry.content)}" if entry.kind == "link" else "")
    values = {
        "A": mode_text(entry),
        "b": str(blocks(entry) * 2),
        "B": "512",
        "d": "2049",
        "D": "801",
        "f": f"{kind_bits | int(entry.mode, 8):x}",
        "h": str(link_count(invocation, entry)),
        "i": str(inode(entry)),
        "m": "/",
        "o": str(_BLOCK),
        "t": "0",
        "T": "0",
        "r": "0",
        "C": "?",
        "%": "%",
    }
    return values.get(letter)


_DU = Syntax.of(
    "0|null a|all apparent-size B|block-size= b|bytes c|total D|dereference-args d|max-depth= files0-from= H "
    "h|human-readable inodes k L|dereference l|count-links m P|no-dereference S|separate-dirs si s|summarize "
    "t|threshold= time=? time-style= X|exclude-from= exclude= x|one-file-system"
)


def _du(invocation: Invocation) -> int:
    options = parse(invocation, _DU)
    if isinstance(options, int):
        return options
    depth = options.get("d")
    if depth and not depth.isdecimal():
        return usage_error(invocation, f"invalid maximum depth {curly(depth)}")
    if "s" in options and "a" in options:
        return usage_error(invocation, "cannot both summarize and show all entries")
    usage = _Usage(invocation, options)
    total = 0
    for name in options.operands or ["."]:
        path = invocation.path(name)
        try:
            top = invocation.files.get(path) or invocation.files.require(path)
            if top.kind == "link" and ("L" in options or "D" in options or name.endswith("/")):
                top = invocation.files.require(path)
        except OperationError as error:
            usage.status = invocation.complain(f"cannot access {always_quoted(name)}", error)
            continue
        total += usage.count(top, name, 0)
    if "c" in options:
        usage.show(total, "total")
    return usage.status


class _Usage:
    """One run of du."""

    def __init__(self, invocation: Invocation, options: Options) -> None:
        self._invocation, self._options = invocation, options
        self._apparent = "b" in options or "apparent-size" in options
        self._depth = 0 if "s" in options else whole(options.get("d"), 1 << 30)
        unit = options.last(("b", "k", "m", "B", "h", "si"), "k")
        block = parse_size(options.get("B")) if unit == "B" else None
        self._unit = {"b": 1, "m": 1 << 20, "B": block or 1024}.get(unit, 1024)
        self._suffix = options.get("B") if unit == "B" and not options.get("B")[:1].isdecimal() else ""
        self._human = unit in ("h", "si")
        self.status = 0

    def show(self, count: int, name: str) -> None:
        """Writes one line: a count of bytes."""
        if self._human:
            shown = human_size(count) if "h" in self._options else human_size(count, base=1000)
        elif "inodes" in self._options:
            shown = str(count)
        else:
            shown = str(-(-count // self._unit)) + self._suffix
        self._invocation.out(f"{shown}\t{name}" + ("\0" if "0" in self._options else "\n"))

    def count(self, entry: FileEntry, name: str, depth: int) -> int:
        """The bytes of an entry and all below it, each shown as asked."""
        if any(matches(pattern, base_name(name)) or matches(pattern, name) for pattern in self._options.all("exclude")):
            return 0
        self._invocation.spend()
        total = self._own(entry)
        if entry.kind == "dir":
            try:
                children = self._invocation.files.children(entry.path)
            except OperationError as error:
                self.status = self._invocation.complain(f"cannot read directory {always_quoted(name)}", error)
                children = []
            for child in children:
                found = self.count(child, joined(name, base_name(child.path)), depth + 1)
                total += 0 if "S" in self._options and child.kind == "dir" else found
        if depth <= self._depth and (entry.kind == "dir" or depth == 0 or "a" in self._options):
            limit = parse_size(self._options.get("t")) if "t" in self._options else None
            if limit is None or total >= limit:
                self.show(total, name)
        return total

    def _own(self, entry: FileEntry) -> int:
        if "inodes" in self._options:
            return 1
        return size(entry) if self._apparent else blocks(entry) * 1024


_DF = Syntax.of(
    "a|all B|block-size= h|human-readable H|si i|inodes k l|local no-sync output=? P|portability sync total "
    "t|type= T|print-type x|exclude-type= v"
)


_DF_FIELDS = {"source": 0, "size": 1, "used": 2, "avail": 3, "pcent": 4, "target": 5}


def _df(invocation: Invocation) -> int:
    """One disk, mounted at the root: what the tree holds is what is used."""
    options = parse(invocation, _DF)
    if isinstance(options, int):
        return options
    rows, status = 1, 0
    if options.operands:
        rows = 0
        for name in options.operands:
            try:
                invocation.files.require(invocation.path(name))
                rows += 1
            except OperationError as error:
                status = invocation.complain(quoted(name), error)
    if not rows:
        return status
    used = _used_kib(invocation)
    disk = DISK_KIB
    if "i" in options:
        head, cells = (
            ["Filesystem", "Inodes", "IUsed", "IFree", "IUse%", "Mounted on"],
            ["4194304", "99187", "4095117", "3%"],
        )
    else:
        human = "h" in options or "H" in options
        amounts = [disk, used, disk - used]
        shown = [
            human_size(count * 1024, base=1000 if "H" in options else 1024) if human else str(count)
            for count in amounts
        ]
        cells = [*shown, f"{-(-used * 100 // disk)}%"]
        head = [
            "Filesystem",
            "Size" if human else "1K-blocks",
            "Used",
            "Avail" if human else "Available",
            "Use%",
            "Mounted on",
        ]
        if "P" in options and not human:
            head[1], head[4] = "1024-blocks", "Capacity"
    row = ["/dev/sda1", *cells, "/"]
    if "T" in options:
        head.insert(1, "Type")
        row.insert(1, "ext4")
    lines = [head, *([row] * rows)]
    widths = [max(len(line[at]) for line in lines) for at in range(len(head))]
    if "output" in options and options.get("output"):
        names = options.get("output").split(",")
        columns = [at for name in names for at in [_DF_FIELDS.get(name, -1)] if 0 <= at < len(head)]
        cells_shown = [[line[at] for at in columns] for line in lines]
        for line in cells_shown:
            invocation.out(" ".join(cell.rjust(5) if cell[:1].isdigit() else cell for cell in line) + "\n")
        return status
    widths[0] = max(widths[0], 14)
    for line in lines:
        cells = [
            cell.ljust(width)
            if at == 0 or (at == 1 and "T" in options)
            else cell.rjust(max(width, 5 if at < len(head) - 1 and head[at] in ("Size", "Used", "Avail") else 0))
            for at, (cell, width) in enumerate(zip(line[:-1], widths, strict=False))
        ]
        invocation.out(" ".join([*cells, line[-1]]) + "\n")
    return status


def _used_kib(invocation: Invocation) -> int:
    files = invocation.files
    root = files.get("/")
    total = 0
    for entry in files.walk(root) if root is not None else ():
        total += blocks(entry)
    invocation.spend(1 + total // 4096)
    return SYSTEM_KIB + total


COMMANDS: Mapping[str, Command] = {"df": _df, "du": _du, "stat": _stat}
