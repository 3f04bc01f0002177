"""Commands that copy and move: cp, mv, install, ln."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from agentalign_env.errors import OperationError
from agentalign_env.services.shell.coreutils.entries import base_name, joined, parent_name
from agentalign_env.services.shell.coreutils.inputs import charge, is_directory
from agentalign_env.services.shell.coreutils.making import make_folders
from agentalign_env.services.shell.coreutils.modes import ModeError, parse_mode
from agentalign_env.services.shell.coreutils.quoting import always_quoted, curly, quoted
from agentalign_env.services.shell.options import Options, Syntax, parse, usage_error

if TYPE_CHECKING:
    from agentalign_env.core.commands import Command, Invocation
    from agentalign_env.core.ports import FileEntry

__all__ = ["COMMANDS"]

_CP = Syntax.of(
    "a|archive attributes-only b backup=? d f|force H i|interactive l|link L|dereference n|no-clobber "
    "P|no-dereference p preserve=? no-preserve= parents R|r|recursive reflink=? remove-destination sparse= "
    "strip-trailing-slashes s|symbolic-link S|suffix= t|target-directory= T|no-target-directory u|update=? "
    "v|verbose x|one-file-system Z"
)
_UMASK = 0o022
_MV = Syntax.of(
    "b backup=? f|force i|interactive n|no-clobber strip-trailing-slashes S|suffix= t|target-directory= "
    "T|no-target-directory u|update=? v|verbose Z"
)


def _pairs(invocation: Invocation, options: Options) -> list[tuple[str, str]] | int:
    """Every source with the name that it is to have."""
    names = [name.rstrip("/") or name if "strip-trailing-slashes" in options else name for name in options.operands]
    if not names:
        return usage_error(invocation, "missing file operand")
    target = options.get("t")
    if "t" in options:
        if not is_directory(invocation, target):
            words = _reason(invocation, target)
            return invocation.complain(f"target directory {always_quoted(target)}", words)
    elif len(names) == 1:
        return usage_error(invocation, f"missing destination file operand after {always_quoted(names[0])}")
    else:
        *names, target = names
        if "T" in options:
            if len(names) > 1:
                return usage_error(invocation, f"extra operand {always_quoted(target)}")
            return [(names[0], target)]
        if not is_directory(invocation, target):
            if len(names) > 1:
                return invocation.complain(f"target {always_quoted(target)}", _reason(invocation, target))
            return [(names[0], target)]
    if "parents" in options:
        return [(name, joined(target, name.lstrip("/"))) for name in names]
    return [(name, joined(target, base_name(name))) for name in names]


def _reason(invocation: Invocation, name: str) -> OperationError | str:
    try:
        found = invocation.files.require(invocation.path(name))
    except OperationError as error:
        return error
    return "" if found.kind == "dir" else "Not a directory"


def _backed_up(invocation: Invocation, target: str, options: Options) -> None:
    if ("b" in options or "backup" in options) and invocation.files.get(invocation.path(target)) is not None:
        spare = target + options.get("S", "~")
        held = invocation.files.get(invocation.path(spare))
        if held is not None:
            invocation.files.remove(held.path, recursive=True)
        invocation.files.move(invocation.path(target), invocation.path(spare))


def _kept(invocation: Invocation, source: FileEntry, held: FileEntry | None, target: str, options: Options) -> bool:
    """Whether what is at the target stays as it is."""
    if held is None:
        return False
    if options.last(("n", "f", "i"), "") == "n" and held.kind != "dir":
        return True
    if "u" in options and options.get("u") in ("", "older") and source.kind == held.kind == "file":
        return source.modified_s <= held.modified_s
    if options.last(("n", "f", "i"), "") == "i" and held.kind != "dir":
        invocation.err(f"{invocation.name}: overwrite {always_quoted(target)}? ")
        return not invocation.stdin.readline().lower().startswith("y")
    return False


def _cp(invocation: Invocation) -> int:
    options = parse(invocation, _CP)
    if isinstance(options, int):
        return options
    pairs = _pairs(invocation, options)
    if isinstance(pairs, int):
        return pairs
    copying = _Copying(invocation, options)
    for source, target in pairs:
        if "parents" in options and "/" in source:
            try:
                make_folders(invocation, parent_name(target))
            except OperationError as error:
                copying.status = invocation.complain(
                    f"cannot make directory {always_quoted(parent_name(target))}", error
                )
                continue
        copying.operand(source, target)
    return copying.status


class _Copying:
    """One run of cp."""

    def __init__(self, invocation: Invocation, options: Options) -> None:
        self._invocation, self._options, self._files = invocation, options, invocation.files
        self._recursive = "R" in options or "a" in options
        chosen = options.last(("a", "d", "H", "L", "P"), "")
        self._keep_links = chosen in ("a", "d", "P") or (self._recursive and chosen not in ("L", "H"))
        self._follow_operands = chosen in ("L", "H") or (not self._keep_links)
        kept = ",".join(options.all("preserve"))
        self._keep_times = "a" in options or "p" in options or any(word in kept for word in ("timestamps", "all"))
        self._keep_times = self._keep_times or ("preserve" in options and not kept)
        self._into_itself: tuple[str, str, str] | None = None  # the copy inside of its source, and both names
        self.status = 0

    def _fail(self, words: str, problem: OperationError | str = "") -> None:
        self._invocation.complain(words, problem)
        self.status = 1

    def operand(self, name: str, target: str) -> None:
        """Copies one operand."""
        path = self._invocation.path(name)
        try:
            entry = self._files.get(path)
            if entry is None or entry.kind != "link" or self._follow_operands or name.endswith("/"):
                entry = self._files.require(path)
        except OperationError as error:
            self._fail(f"cannot stat {always_quoted(name)}", error)
            return
        if name.endswith("/") and entry.kind == "file":
            self._fail(f"cannot stat {always_quoted(name)}", "Not a directory")
            return
        if entry.kind == "dir" and not self._recursive:
            self._fail(f"-r not specified; omitting directory {always_quoted(name)}")
            return
        inside = self._real(target)
        if entry.kind == "dir" and inside == entry.path:
            self._fail(f"{always_quoted(name)} and {always_quoted(target)} are the same file")
            return
        within = entry.kind == "dir" and inside.startswith(entry.path.rstrip("/") + "/")
        self._into_itself = (inside, name, target) if within else None
        self._copy(entry, name, target)

    def _real(self, name: str) -> str:
        path = self._invocation.path(name)
        held = self._files.follow(path)
        if held is not None:
            return held.path
        above = self._files.follow(path.rpartition("/")[0] or "/")
        return path if above is None else joined(above.path, path.rpartition("/")[2])

    def _copy(self, entry: FileEntry, name: str, target: str) -> None:
        self._invocation.spend()
        path = self._invocation.path(target)
        try:
            held = self._files.follow(path) if entry.kind != "link" else self._files.get(path)
            if entry.kind == "dir":
                self._folder(entry, name, target, held)
                return
            if _kept(self._invocation, entry, held, target, self._options):
                return
            if held is not None and held.kind == "dir":
                self._fail(f"cannot overwrite directory {always_quoted(target)} with non-directory")
                return
            if held is not None and held.path == entry.path and held.kind == entry.kind:
                self._fail(f"{always_quoted(name)} and {always_quoted(target)} are the same file")
                return
            self._put(entry, name, target, held)
        except OperationError as error:
            self._fail(f"cannot create {_kind(entry)} {always_quoted(target)}", error)
            return
        self._told(name, target)

    def _put(self, entry: FileEntry, name: str, target: str, held: FileEntry | None) -> None:
        options, files, path = self._options, self._files, self._invocation.path(target)
        if target.endswith("/"):
            raise OperationError("invalid_state", "Not a directory: a name that ends in a slash is a directory's")
        _backed_up(self._invocation, target, options)
        if "s" in options:
            files.make_link(path, name if path.rpartition("/")[0] == self._invocation.cwd else entry.path)
        elif entry.kind == "link" and self._keep_links:
            if held is not None:
                files.remove(path)
            files.make_link(path, entry.content)
        else:
            source = files.read(entry.path)
            charge(self._invocation, 0, len(source.content))
            if "remove-destination" in options and held is not None:
                files.remove(path)
                held = None
            mode = source.mode if held is None or self._keep_times else None
            if mode is not None and not self._keep_times:
                mode = f"{int(mode, 8) & ~_UMASK:04o}"
            if held is not None and "f" in options:
                files.set_mode(path, "0644") if not int(held.mode, 8) & 0o200 else None
            files.write(path, source.content, mode=mode, parents=False)
            if self._keep_times:
                files.set_modified(path, source.modified_s)

    def _told(self, name: str, target: str) -> None:
        if "v" in self._options:
            self._invocation.out(f"{always_quoted(name)} -> {always_quoted(target)}\n")

    def _folder(self, entry: FileEntry, name: str, target: str, held: FileEntry | None) -> None:
        path = self._invocation.path(target)
        if held is not None and held.kind != "dir":
            self._fail(f"cannot overwrite non-directory {always_quoted(target)} with directory {always_quoted(name)}")
            return
        if held is None:
            try:
                self._files.make_directory(path, mode="0755", parents=False)
            except OperationError as error:
                self._fail(f"cannot create directory {always_quoted(target)}", error)
                return
            self._told(name, target)
        try:
            children = self._files.children(entry.path)
        except OperationError as error:
            self._fail(f"cannot access {always_quoted(name)}", error)
            children = []
        for child in children:
            if self._into_itself is not None and child.path == self._into_itself[0]:
                _, source, copy = self._into_itself
                self._fail(f"cannot copy a directory, {always_quoted(source)}, into itself, {always_quoted(copy)}")
                continue
            inner = base_name(child.path)
            seen = child
            if child.kind == "link" and not self._keep_links:
                seen = self._files.follow(child.path) or child
            self._copy(seen, joined(name, inner), joined(target, inner))
        if held is None:
            self._files.set_mode(path, entry.mode)
            if self._keep_times:
                self._files.set_modified(path, entry.modified_s)


def _kind(entry: FileEntry) -> str:
    return {"dir": "directory", "link": "symbolic link"}.get(entry.kind, "regular file")


def _mv(invocation: Invocation) -> int:
    options = parse(invocation, _MV)
    if isinstance(options, int):
        return options
    pairs = _pairs(invocation, options)
    if isinstance(pairs, int):
        return pairs
    status = 0
    for source, target in pairs:
        invocation.spend()
        problem = _moved(invocation, source, target, options)
        if problem:
            invocation.complain(problem)
            status = 1
    return status


def _moved(invocation: Invocation, name: str, target: str, options: Options) -> str:
    """What stands in the way of moving a file, in mv's words; empty when it was done."""
    files = invocation.files
    path, place = invocation.path(name), invocation.path(target)
    source, shown, there = files.get(path), always_quoted(name), always_quoted(target)
    try:
        if source is None:
            files.require(path)
        if source is None or (name.endswith("/") and source.kind != "dir"):
            return f"cannot stat {shown}: Not a directory"
    except OperationError as error:
        return f"cannot stat {shown}: {error.message.split(':')[0]}"
    held = files.get(place)
    if _kept(invocation, source, held, target, options):
        return ""
    if problem := _no_move(source, held, place, shown, there):
        return problem
    try:
        if held is None:
            files.require(place.rpartition("/")[0] or "/")
            if target.endswith("/") and source.kind != "dir":
                return f"cannot move {shown} to {there}: Not a directory"
        _backed_up(invocation, target, options)
        if held is not None and held.kind == "dir" and not ("b" in options or "backup" in options):
            files.remove(held.path)
        elif held is not None and held.kind == "link" and not ("b" in options or "backup" in options):
            files.remove(held.path)  # the link itself gives way, not what it leads to
        files.move(source.path, place)
    except OperationError as error:
        return f"cannot move {shown} to {there}: {error.message.split(':')[0]}"
    if "v" in options:
        invocation.out(f"renamed {shown} -> {there}\n")
    return ""


def _no_move(source: FileEntry, held: FileEntry | None, place: str, shown: str, there: str) -> str:
    """Why one cannot take the place of the other."""
    if held is not None and held.path == source.path:
        return f"{shown} and {there} are the same file"
    if source.kind == "dir" and f"{place}/".startswith(f"{source.path}/"):
        return f"cannot move {shown} to a subdirectory of itself, {there}"
    if held is not None and held.kind == "dir" and source.kind != "dir":
        return f"cannot overwrite directory {there} with non-directory"
    if held is not None and held.kind != "dir" and source.kind == "dir":
        return f"cannot overwrite non-directory {there} with directory {shown}"
    return ""


_INSTALL = Syntax.of(
    "b backup=? c C|compare d|directory D g|group= m|mode= o|owner= p|preserve-timestamps s|strip S|suffix= "
    "t|target-directory= T|no-target-directory v|verbose"
)


def _install(invocation: Invocation) -> int:
    options = parse(invocation, _INSTALL)
    if isinstance(options, int):
        return options
    try:
        mode = parse_mode(options.get("m", "755")).applied(0, is_directory=False)
    except ModeError:
        invocation.err(f"install: invalid mode {always_quoted(options.get('m'))}\n")
        return 1
    if "d" in options:
        if not options.operands:
            return usage_error(invocation, "missing file operand")
        return max(_installed_folder(invocation, name, mode, options) for name in options.operands)
    if "D" in options and len(options.operands) > 1:
        target = options.get("t") or parent_name(options.operands[-1])
        if _installed_folder(invocation, target, "0755", options):
            return 1
    pairs = _pairs(invocation, options)
    if isinstance(pairs, int):
        return pairs
    status = 0
    for name, target in pairs:
        try:
            source = invocation.files.require(invocation.path(name))
        except OperationError as error:
            status = invocation.complain(f"cannot stat {always_quoted(name)}", error)
            continue
        if source.kind == "dir":
            status = invocation.complain(f"omitting directory {always_quoted(name)}")
            continue
        if "v" in options:
            invocation.out(f"{always_quoted(name)} -> {always_quoted(target)}\n")
        try:
            charge(invocation, 0, len(source.content))
            _backed_up(invocation, target, options)
            path = invocation.path(target)
            invocation.files.write(path, invocation.files.read(source.path).content, mode=mode, parents=False)
            if "p" in options:
                invocation.files.set_modified(path, source.modified_s)
        except OperationError as error:
            status = invocation.complain(f"cannot create regular file {always_quoted(target)}", error)
    return status


def _installed_folder(invocation: Invocation, name: str, mode: str, options: Options) -> int:
    if is_directory(invocation, name):
        return 0
    try:
        before = invocation.name
        make_folders(invocation, name, mode=mode)
    except OperationError as error:
        return invocation.complain(f"cannot create directory {curly(name)}", error)
    if "v" in options:
        invocation.out(f"{before}: creating directory {always_quoted(name)}\n")
    return 0


_LN = Syntax.of(
    "b backup=? f|force i|interactive L|logical n|no-dereference P|physical r|relative s|symbolic S|suffix= "
    "t|target-directory= T|no-target-directory v|verbose d|directory F"
)


def _ln(invocation: Invocation) -> int:
    """Symbolic links are kept; a hard link is a copy of the file, for the tree has one name per file."""
    options = parse(invocation, _LN)
    if isinstance(options, int):
        return options
    names = options.operands
    if not names:
        return usage_error(invocation, "missing file operand")
    if "t" in options:
        target, folder = options.get("t"), True
    elif len(names) == 1:
        target, folder = ".", True
    else:
        *names, target = names
        held = invocation.files.get(invocation.path(target))
        as_link = ("n" in options or "T" in options) and held is not None and held.kind == "link"
        folder = not as_link and "T" not in options and is_directory(invocation, target)
        if len(names) > 1 and not folder:
            return invocation.complain(f"target {always_quoted(target)}", _reason(invocation, target))
    status = 0
    for name in names:
        place = (joined(target, base_name(name)) if target != "." else base_name(name)) if folder else target
        problem = _linked(invocation, name, place, options)
        if problem:
            invocation.complain(problem)
            status = 1
        elif "v" in options:
            arrow = "->" if "s" in options else "=>"
            invocation.out(f"{always_quoted(place)} {arrow} {always_quoted(name)}\n")
    return status


def _linked(invocation: Invocation, name: str, place: str, options: Options) -> str:
    """What stands in the way of a link, in ln's words; empty when it was made."""
    files, path = invocation.files, invocation.path(place)
    symbolic = "s" in options
    words = f"failed to create {'symbolic' if symbolic else 'hard'} link {always_quoted(place)}"
    try:
        source = None if symbolic else files.require(invocation.path(name))
    except OperationError as error:
        return f"failed to access {always_quoted(name)}: {error.message.split(':')[0]}"
    if source is not None and source.kind == "dir":
        return f"{quoted(name)}: hard link not allowed for directory"
    try:
        held = files.get(path)
        if held is not None and "f" in options:
            if held.kind == "dir":
                return f"{quoted(place)}: cannot overwrite directory"
            if source is not None and held.path == source.path:
                return f"{always_quoted(name)} and {always_quoted(place)} are the same file"
            _backed_up(invocation, place, options)
            if files.get(path) is not None:
                files.remove(path)
        elif held is not None:
            return f"{words}: File exists"
        if source is None:
            files.make_link(path, _relative(invocation, name, path) if "r" in options else name)
        else:
            files.write(path, files.read(source.path).content, mode=source.mode, parents=False)
    except OperationError as error:
        return f"{words}: {error.message.split(':')[0]}"
    return ""


def _relative(invocation: Invocation, name: str, path: str) -> str:
    from agentalign_env.services.shell.coreutils.paths import relative_path

    return relative_path(invocation.path(name), path.rpartition("/")[0] or "/")


COMMANDS: Mapping[str, Command] = {"cp": _cp, "install": _install, "ln": _ln, "mv": _mv}
