"""tree: directories drawn with their contents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from agentalign_env.errors import OperationError
from agentalign_env.services.shell.coreutils.entries import base_name, joined, mode_text, size
from agentalign_env.services.shell.coreutils.name_patterns import matches
from agentalign_env.services.shell.coreutils.sizes import human_size, whole
from agentalign_env.services.shell.options import Options, Syntax, parse

if TYPE_CHECKING:
    from agentalign_env.core.commands import Command, Invocation
    from agentalign_env.core.ports import FileEntry

__all__ = ["COMMANDS"]

_TREE = Syntax.of(
    "a d f F i h p s r t u g D n C l x L= I= P= noreport dirsfirst filesfirst prune charset= sort= ignore-case "
    "gitignore"
)
_MAX_DEPTH = 100


def _tree(invocation: Invocation) -> int:
    options = parse(invocation, _TREE)
    if isinstance(options, int):
        return options
    level = options.get("L")
    if "L" in options and not (level.isdecimal() and int(level[:6])):
        invocation.err("tree: Invalid level, must be greater than 0.\n")
        return 1
    drawing = _Drawing(invocation, options)
    for name in options.operands or ["."]:
        drawing.top(name)
    if "noreport" not in options:
        invocation.out(drawing.report())
    return drawing.status


class _Drawing:
    """One run of tree."""

    def __init__(self, invocation: Invocation, options: Options) -> None:
        self._invocation, self._options = invocation, options
        self._depth = min(whole(options.get("L"), _MAX_DEPTH), _MAX_DEPTH)
        self._folders = self._files = 0
        self.status = 0

    def top(self, name: str) -> None:
        """Draws what an operand names."""
        entry = self._entry(name)
        if entry is None or entry.kind != "dir":
            self._invocation.out(f"{name}  [error opening dir]\n")
            self._files += entry is not None
            self.status = 2
            return
        mark = "/" if "F" in self._options and not name.endswith("/") else ""
        self._invocation.out(f"{self._details(entry)}{name}{mark}\n")
        if self._inside(entry, name, "", 1):
            self._folders += 1

    def _entry(self, name: str) -> FileEntry | None:
        try:
            return self._invocation.files.follow(self._invocation.path(name))
        except OperationError:
            return None

    def _inside(self, folder: FileEntry, name: str, lead: str, depth: int) -> int:
        """Draws what a directory holds; how much that is."""
        children = self._children(folder)
        self._invocation.spend(1 + len(children) // 8)
        for number, child in enumerate(children):
            last = number == len(children) - 1
            shown = joined(name, base_name(child.path))
            bend, below = ("└── ", "    ") if last else ("├── ", "│\xa0\xa0 ")
            title = shown if "f" in self._options else base_name(child.path)
            start = "" if "i" in self._options else lead + bend
            self._invocation.out(f"{start}{self._details(child)}{title}{self._mark(child)}\n")
            target = self._entry(child.path) if child.kind == "link" else child
            if target is not None and target.kind == "dir":
                self._folders += 1
            else:
                self._files += 1
            if child.kind == "dir" and depth < self._depth:
                self._inside(child, shown, lead + below, depth + 1)
        return len(children)

    def _children(self, folder: FileEntry) -> list[FileEntry]:
        options = self._options
        try:
            children = self._invocation.files.children(folder.path)
        except OperationError:
            return []
        found = [child for child in children if self._shown(child, base_name(child.path))]
        if "prune" in options:
            found = [child for child in found if child.kind != "dir" or self._children(child)]
        found.sort(key=lambda child: base_name(child.path), reverse="r" in options)
        if "t" in options:
            found.sort(key=lambda child: child.modified_s)
        if "dirsfirst" in options or "filesfirst" in options:
            found.sort(key=lambda child: (child.kind == "dir") != ("dirsfirst" in options))
        return found

    def _shown(self, child: FileEntry, name: str) -> bool:
        options = self._options
        if name.startswith(".") and "a" not in options:
            return False
        if any(matches(pattern, name) for text in options.all("I") for pattern in text.split("|")):
            return False
        if child.kind == "dir":
            return True
        if "d" in options:
            target = self._entry(child.path)
            return child.kind == "link" and target is not None and target.kind == "dir"
        wanted = [pattern for text in options.all("P") for pattern in text.split("|")]
        return not wanted or any(matches(pattern, name) for pattern in wanted)

    def _details(self, entry: FileEntry) -> str:
        options = self._options
        cells = [mode_text(entry)] if "p" in options else []
        if "u" in options:
            cells.append(f"{entry.owner:<8}")
        if "h" in options:
            cells.append(f"{human_size(size(entry)):>4}")
        elif "s" in options:
            cells.append(f"{size(entry):>11}")
        return f"[{' '.join(cells)}]  " if cells else ""

    def _mark(self, entry: FileEntry) -> str:
        target = self._entry(entry.path) if entry.kind == "link" else entry
        mark = ""
        if "F" in self._options and target is not None:
            mark = "/" if target.kind == "dir" else "*" if int(target.mode, 8) & 0o111 else ""
        return f" -> {entry.content}{mark}" if entry.kind == "link" else mark

    def report(self) -> str:
        """How many were drawn."""
        folders = f"{self._folders} director{'y' if self._folders == 1 else 'ies'}"
        if "d" in self._options:
            return f"\n{folders}\n"
        return f"\n{folders}, {self._files} file{'' if self._files == 1 else 's'}\n"


COMMANDS: Mapping[str, Command] = {"tree": _tree}
