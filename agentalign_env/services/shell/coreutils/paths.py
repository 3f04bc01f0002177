"""Commands on names: basename, dirname, readlink, realpath, pathchk."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from agentalign_env.errors import OperationError
from agentalign_env.services.shell.coreutils.entries import base_name, parent_name
from agentalign_env.services.shell.coreutils.quoting import curly, quoted
from agentalign_env.services.shell.options import Options, Syntax, parse, usage_error

if TYPE_CHECKING:
    from agentalign_env.core.commands import Command, Invocation

__all__ = ["COMMANDS", "relative_path"]


_MAX_LINKS = 40
_LOOP = "Too many levels of symbolic links: they lead in a circle"


def _basename(invocation: Invocation) -> int:
    options = parse(invocation, Syntax.of("a|multiple s|suffix= z|zero", in_order=True))
    if isinstance(options, int):
        return options
    names, suffix = options.operands, options.get("s")
    if not names:
        return usage_error(invocation, "missing operand")
    if "a" not in options and "s" not in options:
        if len(names) > 2:
            return usage_error(invocation, f"extra operand {curly(names[2])}")
        names, suffix = names[:1], names[1] if len(names) == 2 else ""
    for name in names:
        found = base_name(name)
        if suffix and found != suffix:
            found = found.removesuffix(suffix)
        invocation.out(found + ("\0" if "z" in options else "\n"))
    return 0


def _dirname(invocation: Invocation) -> int:
    options = parse(invocation, Syntax.of("z|zero", in_order=True))
    if isinstance(options, int):
        return options
    if not options.operands:
        return usage_error(invocation, "missing operand")
    for name in options.operands:
        invocation.out(parent_name(name) + ("\0" if "z" in options else "\n"))
    return 0


def _canonical(invocation: Invocation, name: str, *, exists: str, links: int = 0) -> str | OperationError:
    """The path without links.

    Args:
        invocation: The command.
        name: The operand.
        exists: What must be there: ``all`` of the path, the directory ``above``, or ``nothing``.
        links: How many links led here.
    """
    files, path = invocation.files, invocation.path(name)
    try:
        held = files.follow(path)
        if held is not None:
            if name.endswith("/") and held.kind != "dir" and exists != "nothing":
                return OperationError("invalid_state", "Not a directory: it is a file")
            return held.path
        if exists == "all":
            return files.require(path).path
        link = files.get(path)
        if link is not None and link.kind == "link" and links >= _MAX_LINKS:
            return path if exists == "nothing" else OperationError("invalid_state", _LOOP)
        if link is not None and link.kind == "link":
            target = files.resolve(link.content, base=link.path.rpartition("/")[0] or "/")
            return _canonical(invocation, target, exists=exists, links=links + 1)
        folder, _, last = path.rpartition("/")
        above = files.follow(folder or "/")
        if above is None and exists == "above":
            return files.require(folder).path
        if above is not None and above.kind != "dir" and exists == "above":
            return OperationError("invalid_state", "Not a directory: it is a file")
        top = above.path if above is not None else folder
        return f"{top.rstrip('/')}/{last}"
    except OperationError as error:
        return error


def _readlink(invocation: Invocation) -> int:
    options = parse(
        invocation,
        Syntax.of(
            "f|canonicalize e|canonicalize-existing m|canonicalize-missing n|no-newline q|quiet s|silent v|verbose "
            "z|zero"
        ),
    )
    if isinstance(options, int):
        return options
    names = options.operands
    if not names:
        return usage_error(invocation, "missing operand")
    need = {"e": "all", "f": "above", "m": "nothing"}.get(options.last(("e", "f", "m"), ""), "")
    ending = "\0" if "z" in options else "" if "n" in options and len(names) == 1 else "\n"
    status = 0
    for name in names:
        invocation.spend()
        if need:
            found = _canonical(invocation, name, exists=need)
        else:
            held = invocation.files.get(invocation.path(name))
            missing = held is not None and held.kind == "link" and not name.endswith("/")
            found = (
                held.content if held is not None and missing else OperationError("invalid_state", "Invalid argument:")
            )
        if isinstance(found, OperationError):
            status = 1
            if "v" in options:
                invocation.complain(quoted(name), found)
        else:
            invocation.out(found + ending)
    return status


def relative_path(path: str, start: str) -> str:
    """The way to a path from a directory; both absolute and canonical."""
    one, other = [part for part in path.split("/") if part], [part for part in start.split("/") if part]
    common = 0
    while common < min(len(one), len(other)) and one[common] == other[common]:
        common += 1
    return "/".join([".."] * (len(other) - common) + one[common:]) or "."


_REALPATH = Syntax.of(
    "e|canonicalize-existing m|canonicalize-missing L|logical P|physical q|quiet relative-to= relative-base= "
    "s|strip|no-symlinks z|zero"
)


def _realpath(invocation: Invocation) -> int:
    options = parse(invocation, _REALPATH)
    if isinstance(options, int):
        return options
    if not options.operands:
        return usage_error(invocation, "missing operand")
    status = 0
    for name in options.operands:
        invocation.spend()
        found = _real(invocation, name, options)
        if isinstance(found, OperationError):
            status = 1
            if "q" not in options:
                invocation.complain(quoted(name), found)
            continue
        base = options.get("relative-base")
        start = options.get("relative-to") or base
        if start:
            inside = not base or f"{found}/".startswith(invocation.path(base).rstrip("/") + "/")
            top = _real(invocation, start, options)
            found = relative_path(found, top) if inside and isinstance(top, str) else found
        invocation.out(found + ("\0" if "z" in options else "\n"))
    return status


def _real(invocation: Invocation, name: str, options: Options) -> str | OperationError:
    if not name:
        return OperationError("not_found", "No such file or directory: the name is empty")
    if "s" in options:
        return invocation.path(name)
    return _canonical(invocation, name, exists="all" if "e" in options else "nothing" if "m" in options else "above")


def _pathchk(invocation: Invocation) -> int:
    options = parse(invocation, Syntax.of("p P portability"))
    if isinstance(options, int):
        return options
    if not options.operands:
        return usage_error(invocation, "missing operand")
    status = 0
    for name in options.operands:
        if not name and "P" in options:
            invocation.err("pathchk: empty file name\n")
            status = 1
        elif any(len(part.encode(errors="replace")) > 255 for part in name.split("/")):
            status = invocation.complain(quoted(name), "File name too long")
    return status


COMMANDS: Mapping[str, Command] = {
    "basename": _basename,
    "dirname": _dirname,
    "pathchk": _pathchk,
    "readlink": _readlink,
    "realpath": _realpath,
}
