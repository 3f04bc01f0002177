"""ls."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cmp_to_key
from typing import TYPE_CHECKING, NamedTuple

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
from agentalign_env.services.shell.coreutils.quoting import always_quoted
from agentalign_env.services.shell.coreutils.sizes import human_size
from agentalign_env.services.shell.coreutils.sort_keys import version_order
from agentalign_env.services.shell.options import Options, Syntax, parse

if TYPE_CHECKING:
    from agentalign_env.core.commands import Command, Invocation
    from agentalign_env.core.ports import FileEntry

__all__ = ["COMMANDS"]

_LS = Syntax.of(
    "a|all A|almost-all author b|escape block-size= B|ignore-backups c C color=? d|directory f F classify=? "
    "file-type format= full-time g group-directories-first G|no-group h|human-readable si H "
    "dereference-command-line-symlink-to-dir hide= i|inode I|ignore= indicator-style= k|kibibytes l "
    "L|dereference m n|numeric-uid-gid N|literal o p q|hide-control-chars Q|quote-name quoting-style= "
    "r|reverse R|recursive s|size S sort= t time= time-style= T|tabsize= u U v w|width= x X Z 1 zero hyperlink=?"
)
_HALF_YEAR_S = 31_556_952 // 2


class _Shown(NamedTuple):
    """An entry with the name it is shown by."""

    name: str
    entry: FileEntry


def _ls(invocation: Invocation) -> int:
    options = parse(invocation, _LS, failure=2)
    if isinstance(options, int):
        return options
    return _Listing(invocation, options).run()


class _Listing:
    """One run of ls."""

    def __init__(self, invocation: Invocation, options: Options) -> None:
        self._invocation, self._options = invocation, options
        self._files = invocation.files
        format_given = options.last(("l", "g", "o", "n", "1", "C", "m", "x", "full-time"), "")
        self._long = any(key in options for key in ("g", "o", "n", "full-time")) or (
            options.last(("l", "C", "m", "x"), "") == "l" or options.get("format") in ("long", "verbose")
        )
        columns = options.last(("l", "1", "C", "m", "x", "format"), "C" if invocation.name == "dir" else "")
        if columns == "format":
            columns = {"across": "x", "horizontal": "x", "vertical": "C"}.get(options.get("format"), "")
        self._columns = columns if columns in ("C", "x") and not self._long else ""
        self._commas = format_given == "m" or options.get("format") == "commas"
        self._everything = "a" in options or "f" in options
        self._hidden = self._everything or "A" in options
        self._patterns = options.all("I") + ([] if self._hidden else options.all("hide"))
        self._quotes = "b" in options or "Q" in options or options.get("quoting-style") == "c"
        self._classify, self._directory_mark, self._link_mark = self._marks()
        self._follow = "L" in options
        self.status = 0

    def run(self) -> int:
        """Lists the operands; the exit status."""
        options = self._options
        names = options.operands or ["."]
        plain: list[_Shown] = []
        folders: list[_Shown] = []
        for name in names:
            shown = self._operand(name) if name else None
            if not name:
                self._invocation.complain("cannot access ''", "No such file or directory")
                self.status = 2
            elif shown is None:
                self._invocation.complain(f"cannot access {always_quoted(name)}", self._reason(name))
                self.status = 2
            elif shown.entry.kind == "dir" and "d" not in options:
                folders.append(shown)
            else:
                plain.append(shown)
        self._show(self._sorted(plain), total=False)
        titled = len(names) > 1 or "R" in options
        for index, folder in enumerate(self._sorted(folders)):
            self._folder(folder, titled=titled, first=index == 0 and not plain, operand=True)
        return self.status

    def _operand(self, name: str) -> _Shown | None:
        path = self._invocation.path(name)
        try:
            entry = self._files.get(path)
            # As GNU's: a link to a directory is followed, unless the listing is long.
            if entry is not None and entry.kind == "link":
                target = self._files.follow(path)
                stay = self._long or "d" in self._options or "F" in self._options
                if self._follow or "H" in self._options or name.endswith("/"):
                    if target is None and self._follow:
                        return None
                    entry = target or entry
                elif not stay and target is None:
                    if self._loops(path):
                        return None
                elif not stay and target is not None and target.kind == "dir":
                    entry = target
            if entry is not None and name.endswith("/") and entry.kind != "dir":
                return None
        except OperationError:
            return None
        return None if entry is None else _Shown(name, entry)

    def _loops(self, path: str) -> bool:
        try:
            self._files.require(path)
        except OperationError as error:
            return error.message.startswith("Too many levels")
        return False

    def _reason(self, name: str) -> OperationError | str:
        try:
            found = self._files.require(self._invocation.path(name))
        except OperationError as error:
            return error
        return "Not a directory" if found.kind != "dir" else "No such file or directory"

    def _folder(self, folder: _Shown, *, titled: bool, first: bool, operand: bool) -> None:
        try:
            children = self._files.children(folder.entry.path)
        except OperationError as error:
            self._invocation.complain(f"cannot open directory {always_quoted(folder.name)}", error)
            self.status = 2 if operand else max(self.status, 1)
            return
        if titled:
            self._invocation.out(("" if first else "\n") + f"{folder.name}:\n")
        self._invocation.spend(1 + len(children) // 8)
        shown = [self._seen(_Shown(base_name(child.path), child)) for child in children]
        shown = [item for item in shown if self._visible(item.name)]
        if self._everything:
            above = self._files.get(folder.entry.path.rpartition("/")[0] or "/") or folder.entry
            shown = [_Shown(".", folder.entry), _Shown("..", above), *shown]
        ordered = self._sorted(shown)
        self._show(ordered, total=True)
        if "R" in self._options:
            for item in ordered:
                if item.entry.kind == "dir" and item.name not in (".", ".."):
                    inner = _Shown(joined(folder.name, item.name), item.entry)
                    self._folder(inner, titled=True, first=False, operand=False)

    def _seen(self, item: _Shown) -> _Shown:
        if self._follow and item.entry.kind == "link":
            return _Shown(item.name, self._files.follow(item.entry.path) or item.entry)
        return item

    def _visible(self, name: str) -> bool:
        if name.startswith(".") and not self._hidden:
            return False
        if name.endswith("~") and "B" in self._options:
            return False
        if not self._patterns:
            return True
        from agentalign_env.services.shell.coreutils.name_patterns import matches

        return not any(matches(pattern, name) for pattern in self._patterns)

    def _sorted(self, items: list[_Shown]) -> list[_Shown]:
        if len(items) < 2:
            return items
        options = self._options
        order = options.last(("f", "S", "t", "U", "v", "X", "sort"), "")
        if not order and ("c" in options or "u" in options) and not self._long:
            order = "t"
        if order == "sort":
            words = {"size": "S", "time": "t", "none": "U", "version": "v", "extension": "X", "name": ""}
            order = words.get(options.get("sort"), "")
        items = sorted(items, key=lambda item: item.name)
        if order in ("U", "f"):
            return items
        backwards = "r" in options
        if backwards:
            items.reverse()
        if order == "S":
            items.sort(key=lambda item: -size(item.entry), reverse=backwards)
        elif order == "t":
            items.sort(key=lambda item: -item.entry.modified_s, reverse=backwards)
        elif order == "v":
            by_version = cmp_to_key(version_order)
            items.sort(key=lambda item: by_version(item.name), reverse=backwards)
        elif order == "X":
            items.sort(
                key=lambda item: item.name[item.name.rfind(".") :] if "." in item.name else "", reverse=backwards
            )
        if "group-directories-first" in options:
            items.sort(key=lambda item: item.entry.kind != "dir")
        return items

    def _show(self, items: list[_Shown], *, total: bool) -> None:
        options = self._options
        if total and (self._long or "s" in options):
            taken = sum(blocks(item.entry) for item in items)
            shown = human_size(taken * 1024) if "h" in options or "si" in options else str(taken)
            self._invocation.out(f"total {shown}\n")
        if not items:
            return
        prefixes = self._prefixes(items)
        lines = self._long_lines(items) if self._long else [self._name(item) for item in items]
        lines = [prefix + line for prefix, line in zip(prefixes, lines, strict=True)]
        if self._commas:
            self._invocation.out(_comma_lines(lines))
        elif self._columns:
            self._invocation.spend(1 + len(lines) // 4)
            self._invocation.out(in_columns(lines, across=self._columns == "x"))
        else:
            ending = "\0" if "zero" in options else "\n"
            self._invocation.out("".join(line + ending for line in lines))

    def _prefixes(self, items: list[_Shown]) -> list[str]:
        columns = []
        if "i" in self._options:
            columns.append([str(inode(item.entry)) for item in items])
        if "s" in self._options:
            human = "h" in self._options
            taken = [blocks(item.entry) for item in items]
            columns.append([human_size(count * 1024) if human else str(count) for count in taken])
        if not columns:
            return [""] * len(items)
        widths = [max(map(len, column)) for column in columns]
        return [
            "".join(f"{column[at]:>{width}} " for column, width in zip(columns, widths, strict=True))
            for at in range(len(items))
        ]

    def _name(self, item: _Shown) -> str:
        name = item.name
        if not self._quotes:
            return name + self._mark(item.entry)
        if "Q" in self._options or self._options.get("quoting-style") == "c":
            name = '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
        elif "b" in self._options:
            name = name.replace("\\", "\\\\").replace(" ", "\\ ").replace("\n", "\\n").replace("\t", "\\t")
        return name + self._mark(item.entry)

    def _marks(self) -> tuple[bool, str, str]:
        """Whether programs are marked, and the marks of directories and links."""
        options = self._options
        style = options.get("indicator-style")
        classify = "F" in options or style == "classify"
        classify = classify or ("classify" in options and options.get("classify") in ("", "always"))
        by_type = classify or style == "file-type" or "file-type" in options
        directories = by_type or "p" in options or style == "slash"
        return classify, "/" if directories else "", "@" if by_type and not self._long else ""

    def _mark(self, entry: FileEntry) -> str:
        if entry.kind == "dir":
            return self._directory_mark
        if entry.kind == "link":
            return self._link_mark
        return "*" if self._classify and int(entry.mode, 8) & 0o111 else ""

    def _long_lines(self, items: list[_Shown]) -> list[str]:
        options = self._options
        columns: list[list[str]] = [[mode_text(item.entry) for item in items]]
        columns.append([str(link_count(self._invocation, item.entry)) for item in items])
        owners = [] if "g" in options else [[item.entry.owner for item in items]]
        groups = [] if "o" in options or "G" in options else [[group_of(item.entry) for item in items]]
        if "n" in options:
            owners = [[str(user_id(name)) for name in column] for column in owners]
            groups = [[str(user_id(name)) for name in column] for column in groups]
        sizes = [self._size(size(item.entry)) for item in items]
        widths = [max(map(len, column)) for column in (columns[1], *owners, *groups, sizes)]
        lines = []
        for at, item in enumerate(items):
            names = [
                f"{column[at]:>{width}}" if "n" in options else f"{column[at]:<{width}}"
                for column, width in zip((*owners, *groups), widths[1:-1], strict=True)
            ]
            cells = [columns[0][at], f"{columns[1][at]:>{widths[0]}}", *names, f"{sizes[at]:>{widths[-1]}}"]
            lines.append(" ".join([*cells, self._time(item.entry.modified_s), self._name(item)]) + self._target(item))
        return lines

    def _size(self, count: int) -> str:
        if "h" in self._options:
            return human_size(count)
        return human_size(count, base=1000) if "si" in self._options else str(count)

    def _time(self, modified_s: int) -> str:
        style = "full-iso" if "full-time" in self._options else self._options.get("time-style", "locale")
        if style.startswith("+"):
            return format_time(style[1:], modified_s)
        if style == "full-iso":
            return format_time("%Y-%m-%d %H:%M:%S.000000000 +0000", modified_s)
        if style == "long-iso":
            return format_time("%Y-%m-%d %H:%M", modified_s)
        recent = 0 <= self._invocation.now_s - modified_s < _HALF_YEAR_S
        if style == "iso":
            return format_time("%m-%d %H:%M" if recent else "%Y-%m-%d ", modified_s)
        return format_time("%b %e %H:%M" if recent else "%b %e  %Y", modified_s)

    def _target(self, item: _Shown) -> str:
        if item.entry.kind != "link":
            return ""
        target = self._files.follow(item.entry.path)
        return f" -> {item.entry.content}" + (self._mark(target) if target is not None else "")


def in_columns(names: list[str], *, across: bool, width: int = 80) -> str:
    """Names in as many columns as fit, downwards or across, with the gaps as tabs where they reach a tab stop."""
    count = len(names)
    rows, widths = count, [max(map(len, names))]
    for columns in range(min(count, width // 3), 0, -1):
        rows = -(-count // columns)
        widths = [0] * columns
        for at, name in enumerate(names):
            column = at % columns if across else at // rows
            widths[column] = max(widths[column], len(name) + (2 if column < columns - 1 else 0), 3)
        if columns == 1 or (sum(widths) < width and (across or -(-count // rows) == columns)):
            break
    lines = []
    for row in range(rows):
        picked = names[row * columns : (row + 1) * columns] if across else names[row::rows]
        line, start = "", 0
        for at, name in enumerate(picked):
            line += name
            if at < len(picked) - 1:
                line += _gap(start + len(name), start + widths[at])
                start += widths[at]
        lines.append(line + "\n")
    return "".join(lines)


def _gap(start: int, end: int) -> str:
    gap = ""
    while start < end:
        if end // 8 > (start + 1) // 8:
            gap, start = gap + "\t", start + 8 - start % 8
        else:
            gap, start = gap + " ", start + 1
    return gap


def _comma_lines(names: list[str]) -> str:
    shown, column = names[0], len(names[0])
    for name in names[1:]:
        fits = column + len(name) + 2 <= 80
        shown += ", " if fits else ",\n"
        column = (column + 2 if fits else 0) + len(name)
        shown += name
    return shown + "\n"


COMMANDS: Mapping[str, Command] = {"dir": _ls, "ls": _ls}
