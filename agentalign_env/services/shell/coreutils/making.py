"""Commands that make and remove files: mkdir, rmdir, touch, rm, unlink, mktemp, truncate."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from agentalign_env.core.rng import stream
from agentalign_env.core.text import from_bytes, to_bytes
from agentalign_env.errors import OperationError
from agentalign_env.services.shell.coreutils.calendar_days import days_in_month, moment, seconds_of
from agentalign_env.services.shell.coreutils.dates import parse_date
from agentalign_env.services.shell.coreutils.entries import base_name, joined, size
from agentalign_env.services.shell.coreutils.modes import ModeError, parse_mode
from agentalign_env.services.shell.coreutils.quoting import always_quoted, curly
from agentalign_env.services.shell.coreutils.sizes import parse_size
from agentalign_env.services.shell.options import Options, Syntax, parse, usage_error

if TYPE_CHECKING:
    from agentalign_env.core.commands import Command, Invocation
    from agentalign_env.core.ports import FileEntry

__all__ = ["COMMANDS", "make_folders"]

_MKDIR = Syntax.of("m|mode= p|parents v|verbose Z")


def _mkdir(invocation: Invocation) -> int:
    options = parse(invocation, _MKDIR)
    if isinstance(options, int):
        return options
    if not options.operands:
        return usage_error(invocation, "missing operand")
    mode = "0755"
    if "m" in options:
        try:
            mode = parse_mode(options.get("m")).applied(0o777, is_directory=True)
        except ModeError:
            invocation.err(f"mkdir: invalid mode {curly(options.get('m'))}\n")
            return 1
    status = 0
    for name in options.operands:
        invocation.spend()
        try:
            if "p" in options:
                make_folders(invocation, name, mode=mode, verbose="v" in options)
            else:
                invocation.files.make_directory(invocation.path(name), mode=mode, parents=False)
                if "v" in options:
                    invocation.out(f"mkdir: created directory {always_quoted(name)}\n")
        except OperationError as error:
            status = invocation.complain(f"cannot create directory {curly(_blocked(invocation, name, options))}", error)
    return status


def _blocked(invocation: Invocation, name: str, options: Options) -> str:
    """The part of a path that stands in the way: with ``-p`` the message names that."""
    if "p" not in options:
        return name
    try:
        for above in _above(name):
            held = invocation.files.follow(invocation.path(above))
            if held is not None and held.kind != "dir":
                return above
    except OperationError:
        pass
    return name


def _above(name: str) -> list[str]:
    parts = [part for part in name.split("/") if part]
    start = "/" if name.startswith("/") else ""
    return [start + "/".join(parts[:count]) for count in range(1, len(parts) + 1)]


def make_folders(invocation: Invocation, name: str, *, mode: str = "0755", verbose: bool = False) -> None:
    """Makes a directory and the missing ones above it.

    Raises:
        OperationError: One of them cannot be made.
    """
    files, above = invocation.files, _above(name)
    for place in above:
        path = invocation.path(place)
        held = files.follow(path)
        if held is None:
            last = place == above[-1]
            files.make_directory(path, mode=mode if last else "0755", parents=False)
            invocation.spend()
            if verbose:
                invocation.out(f"{invocation.name}: created directory {always_quoted(place)}\n")
        elif held.kind != "dir":
            words = "File exists" if place == above[-1] else "Not a directory"
            raise OperationError("conflict", f"{words}: {place!r} is a file; give another path")


_RMDIR = Syntax.of("ignore-fail-on-non-empty p|parents v|verbose")


def _rmdir(invocation: Invocation) -> int:
    options = parse(invocation, _RMDIR)
    if isinstance(options, int):
        return options
    if not options.operands:
        return usage_error(invocation, "missing operand")
    status = 0
    for name in options.operands:
        targets = list(reversed(_above(name.rstrip("/") or name))) if "p" in options else [name]
        for target in targets:
            if "v" in options:
                invocation.out(f"rmdir: removing directory, {always_quoted(target)}\n")
            problem = _remove_empty(invocation, target)
            if problem is None:
                continue
            ignored = "ignore-fail-on-non-empty" in options and str(problem).find("Directory not empty") >= 0
            if not ignored:
                what = "directory " if target != name and "p" in options else ""
                status = invocation.complain(f"failed to remove {what}{always_quoted(target)}", problem)
            break
    return status


def _remove_empty(invocation: Invocation, name: str) -> OperationError | str | None:
    path = invocation.path(name)
    try:
        held = invocation.files.get(path) or invocation.files.require(path)
        if held.kind != "dir":
            return "Not a directory"
        if name.rstrip("/").endswith(("/.", "/..")) or name in (".", ".."):
            return "Invalid argument"
        invocation.files.remove(path)
    except OperationError as error:
        return error
    return None


_TOUCH = Syntax.of("a c|no-create d|date= f h|no-dereference m r|reference= t= time=")
_STAMP = re.compile(r"(\d\d)?(\d\d)?(\d\d)(\d\d)(\d\d)(\d\d)(?:\.(\d\d))?")


def _stamp(text: str, now_s: float) -> float | None:
    """The time that ``[[CC]YY]MMDDhhmm[.ss]`` means."""
    found = _STAMP.fullmatch(text)
    if found is None:
        return None
    century, year, month, day, hour, minute, second = (int(part) if part else None for part in found.groups())
    if year is None and century is not None:
        century, year = None, century
    whole = moment(now_s).year
    if year is not None:
        whole = century * 100 + year if century is not None else year + (2000 if year < 69 else 1900)
    month, day, hour, minute = month or 0, day or 0, hour or 0, minute or 0
    if not (1 <= month <= 12 and 1 <= day <= days_in_month(whole, month) and hour < 24 and minute < 60):
        return None
    return seconds_of(whole, month, day, hour, minute, second or 0)


def _touch(invocation: Invocation) -> int:
    options = parse(invocation, _TOUCH)
    if isinstance(options, int):
        return options
    when: float | None = invocation.now_s
    if "r" in options:
        try:
            when = invocation.files.require(invocation.path(options.get("r"))).modified_s
        except OperationError as error:
            return invocation.complain(f"failed to get attributes of {always_quoted(options.get('r'))}", error)
    if "d" in options:
        when = parse_date(options.get("d"), when or 0)
    elif "t" in options:
        when = _stamp(options.get("t"), invocation.now_s)
    if when is None:
        invocation.err(f"touch: invalid date format {curly(options.get('d') or options.get('t'))}\n")
        return 1
    if not options.operands:
        return usage_error(invocation, "missing file operand")
    status = 0
    for name in options.operands:
        invocation.spend()
        held = None
        try:
            path = invocation.path(name)
            held = invocation.files.follow(path)
            if held is None:
                if "c" in options and invocation.files.get(path) is None:
                    continue
                if name.endswith("/"):
                    status = invocation.complain(f"cannot touch {always_quoted(name)}", "No such file or directory")
                    continue
                invocation.files.write(path, "", parents=False)
            if "a" not in options or "m" in options:
                invocation.files.set_modified(path, int(when))
        except OperationError as error:
            words = (
                f"setting times of {always_quoted(name)}" if held is not None else f"cannot touch {always_quoted(name)}"
            )
            status = invocation.complain(words, error)
    return status


_RM = Syntax.of(
    "f|force i I interactive=? one-file-system no-preserve-root preserve-root=? r|R|recursive d|dir v|verbose"
)


def _rm(invocation: Invocation) -> int:
    options = parse(invocation, _RM)
    if isinstance(options, int):
        return options
    if not options.operands:
        return 0 if "f" in options else usage_error(invocation, "missing operand")
    return max(_remove(invocation, name, options) for name in options.operands)


def _remove(invocation: Invocation, name: str, options: Options) -> int:
    invocation.spend()
    files, path = invocation.files, invocation.path(name)
    recursive, shown = "r" in options, always_quoted(name)
    try:
        held = files.get(path)
        if held is None or (name.endswith("/") and held.kind != "dir"):
            if held is not None:
                target = files.follow(path)
                is_folder = target is not None and target.kind == "dir"
                return invocation.complain(
                    f"cannot remove {shown}", "Is a directory" if is_folder else "Not a directory"
                )
            if "f" in options:
                return 0
            files.require(path)
            return invocation.complain(f"cannot remove {shown}", "No such file or directory")
        if held.kind == "dir":
            if not recursive and ("d" not in options or files.children(path)):
                problem = "Directory not empty" if "d" in options else "Is a directory"
                return invocation.complain(f"cannot remove {shown}", problem)
            if recursive and base_name(name) in (".", ".."):
                invocation.err(f"rm: refusing to remove '.' or '..' directory: skipping {shown}\n")
                return 1
            if path == "/" and "no-preserve-root" not in options:
                invocation.err(
                    "rm: it is dangerous to operate recursively on '/'\n"
                    "rm: use --no-preserve-root to override this failsafe\n"
                )
                return 1
        if options.last(("i", "I", "f", "interactive"), "") in ("i", "interactive") and options.get(
            "interactive", "always"
        ) in ("", "always", "yes"):
            return _remove_asking(invocation, held, name, verbose="v" in options)
        return _remove_tree(invocation, held, name, verbose="v" in options)
    except OperationError as error:
        return (
            0 if "f" in options and error.code == "not_found" else invocation.complain(f"cannot remove {shown}", error)
        )


def _remove_tree(invocation: Invocation, top: FileEntry, name: str, *, verbose: bool) -> int:
    files = invocation.files
    names = []
    if verbose or top.kind == "dir":
        found = list(files.walk(top))
        names = [(entry.kind, name.rstrip("/") + entry.path[len(top.path) :]) for entry in _children_first(found)]
        invocation.spend(len(names) // 8)
    try:
        files.remove(top.path, recursive=True)
    except OperationError:
        if top.kind != "dir":
            raise
        return _remove_what_may(invocation, top, name, verbose=verbose)
    if verbose:
        lines = [f"removed {'directory ' if kind == 'dir' else ''}{always_quoted(shown)}\n" for kind, shown in names]
        invocation.out("".join(lines))
    return 0


def _remove_asking(invocation: Invocation, held: FileEntry, name: str, *, verbose: bool) -> int:
    """Removes what is said yes to."""
    files, shown = invocation.files, always_quoted(name)
    children = files.children(held.path) if held.kind == "dir" else []
    status = 0
    if children:
        if not _said_yes(invocation, f"descend into directory {shown}"):
            return 0
        for child in children:
            status |= _remove_asking(invocation, child, joined(name, base_name(child.path)), verbose=verbose)
    kind = {"dir": "directory", "link": "symbolic link"}.get(held.kind) or (
        "regular file" if held.content else "regular empty file"
    )
    if not _said_yes(invocation, f"remove {kind} {shown}"):
        return status
    if held.kind == "dir" and files.children(held.path):
        return invocation.complain(f"cannot remove {shown}", "Directory not empty")
    files.remove(held.path, recursive=True)
    if verbose:
        invocation.out(f"removed {'directory ' if held.kind == 'dir' else ''}{shown}\n")
    return status


def _said_yes(invocation: Invocation, question: str) -> bool:
    invocation.spend()
    invocation.err(f"{invocation.name}: {question}? ")
    return invocation.stdin.readline()[:1] in ("y", "Y")


def _children_first(entries: list[FileEntry]) -> list[FileEntry]:
    """A tree's entries with each directory after what it holds."""
    ordered: list[FileEntry] = []
    open_: list[FileEntry] = []
    for entry in entries:
        while open_ and not entry.path.startswith(open_[-1].path + "/"):
            ordered.append(open_.pop())
        if entry.kind == "dir":
            open_.append(entry)
        else:
            ordered.append(entry)
    return [*ordered, *reversed(open_)]


def _remove_what_may(invocation: Invocation, top: FileEntry, name: str, *, verbose: bool) -> int:
    """Removes each entry for itself, for a tree that cannot go as a whole."""
    status = 0
    try:
        children = invocation.files.children(top.path)
    except OperationError as error:
        return invocation.complain(f"cannot remove {always_quoted(name)}", error)
    for child in children:
        inner = joined(name, base_name(child.path))
        try:
            status |= _remove_tree(invocation, child, inner, verbose=verbose)
        except OperationError as error:
            status = invocation.complain(f"cannot remove {always_quoted(inner)}", error)
    if not status:
        invocation.files.remove(top.path)
    return status


def _unlink(invocation: Invocation) -> int:
    options = parse(invocation, Syntax.of(""))
    if isinstance(options, int):
        return options
    if len(options.operands) != 1:
        problem = f"extra operand {curly(options.operands[1])}" if options.operands else "missing operand"
        return usage_error(invocation, problem)
    name = options.operands[0]
    path = invocation.path(name)
    try:
        held = invocation.files.get(path) or invocation.files.require(path)
        if held.kind == "dir":
            return invocation.complain(f"cannot unlink {always_quoted(name)}", "Is a directory")
        invocation.files.remove(path)
    except OperationError as error:
        return invocation.complain(f"cannot unlink {always_quoted(name)}", error)
    return 0


_MKTEMP = Syntax.of("d|directory u|dry-run q|quiet p= tmpdir=? suffix= t")
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
_ATTEMPTS = 1000


def _mktemp(invocation: Invocation) -> int:
    options = parse(invocation, _MKTEMP)
    if isinstance(options, int):
        return options
    if len(options.operands) > 1:
        return usage_error(invocation, "too many templates")
    template = options.operands[0] if options.operands else "tmp.XXXXXXXXXX"
    suffix = options.get("suffix")
    if not suffix and "X" in template:
        suffix = template[template.rindex("X") + 1 :]
        template = template[: template.rindex("X") + 1]
    stem = template.rstrip("X")
    count = len(template) - len(stem)
    if count < 3:
        invocation.err(f"mktemp: too few X's in template {curly(template + suffix)}\n")
        return 1
    folder = ""
    if not options.operands or any(key in options for key in ("p", "tmpdir", "t")):
        folder = options.get("p") or options.get("tmpdir") or invocation.env.get("TMPDIR") or "/tmp"
        if template.startswith("/"):
            invocation.err(f"mktemp: invalid template, {curly(template)}; with --tmpdir, it may not be absolute\n")
            return 1
    is_folder = "d" in options
    for attempt in range(_ATTEMPTS):
        rng = stream("shell.mktemp", invocation.world.base.key.seed, template, attempt)
        name = stem + "".join(rng.choice(_LETTERS) for _ in range(count)) + suffix
        name = joined(folder, name) if folder else name
        path = invocation.path(name)
        if invocation.files.get(path) is not None:
            continue
        try:
            if "u" not in options and is_folder:
                invocation.files.make_directory(path, mode="0700", parents=False)
            elif "u" not in options:
                invocation.files.write(path, "", mode="0600", parents=False)
        except OperationError as error:
            shown = joined(folder, template + suffix) if folder else template + suffix
            if "q" in options:
                return 1
            kind = "directory" if is_folder else "file"
            return invocation.complain(f"failed to create {kind} via template {curly(shown)}", error)
        invocation.out(name + "\n")
        return 0
    return invocation.complain(f"failed to create file via template {curly(template)}", "File exists")


_TRUNCATE = Syntax.of("c|no-create o|io-blocks r|reference= s|size=")


def _truncate(invocation: Invocation) -> int:
    options = parse(invocation, _TRUNCATE)
    if isinstance(options, int):
        return options
    if "s" not in options and "r" not in options:
        return usage_error(invocation, "you must specify either \u2018--size\u2019 or \u2018--reference\u2019")
    if not options.operands:
        return usage_error(invocation, "missing file operand")
    text = options.get("s", "0").strip()
    sign = text[0] if text[:1] in tuple("+-<>/%") else ""
    count = parse_size(text[len(sign) :])
    if count is None:
        invocation.err(f"truncate: Invalid number: {curly(text)}\n")
        return 1
    if "r" in options:
        try:
            count = size(invocation.files.require(invocation.path(options.get("r"))))
        except OperationError as error:
            return invocation.complain(f"cannot stat {always_quoted(options.get('r'))}", error)
    status = 0
    for name in options.operands:
        path = invocation.path(name)
        try:
            held = invocation.files.follow(path)
            if held is None and "c" in options:
                continue
            data = to_bytes(invocation.files.read(path).content) if held is not None else b""
            wanted = _wanted(len(data), count, sign)
            if wanted > 64 * 1024 * 1024:
                status = invocation.complain(
                    f"failed to truncate {always_quoted(name)} at {wanted} bytes", "File too large"
                )
                continue
            invocation.spend(1 + wanted // 1024)
            invocation.files.write(path, from_bytes(data[:wanted].ljust(wanted, b"\0")), parents=False)
        except OperationError as error:
            status = invocation.complain(f"cannot open {always_quoted(name)} for writing", error)
    return status


def _wanted(now: int, count: int, sign: str) -> int:
    if sign == "/":
        return now // count * count if count else now
    if sign == "%":
        return -(-now // count) * count if count else now
    return {"": count, "+": now + count, "-": max(now - count, 0), "<": min(now, count), ">": max(now, count)}[sign]


def _link(invocation: Invocation) -> int:
    options = parse(invocation, Syntax.of(""))
    if isinstance(options, int):
        return options
    names = options.operands
    if len(names) < 2:
        return usage_error(invocation, f"missing operand after {curly(names[0])}" if names else "missing operand")
    if len(names) > 2:
        return usage_error(invocation, f"extra operand {curly(names[2])}")
    return invocation.run(("ln", "-T", *names))


def _mkfifo(invocation: Invocation) -> int:
    """Makes an empty file: what is written to it can be read afterwards."""
    options = parse(invocation, Syntax.of("m|mode= Z"))
    if isinstance(options, int):
        return options
    if not options.operands:
        return usage_error(invocation, "missing operand")
    status = 0
    for name in options.operands:
        path = invocation.path(name)
        try:
            if invocation.files.get(path) is not None:
                status = invocation.complain(f"cannot create fifo {always_quoted(name)}", "File exists")
                continue
            invocation.files.write(path, "", mode="0644", parents=False)
        except OperationError as error:
            status = invocation.complain(f"cannot create fifo {always_quoted(name)}", error)
    return status


COMMANDS: Mapping[str, Command] = {
    "link": _link,
    "mkfifo": _mkfifo,
    "mkdir": _mkdir,
    "mktemp": _mktemp,
    "rm": _rm,
    "rmdir": _rmdir,
    "touch": _touch,
    "truncate": _truncate,
    "unlink": _unlink,
}
