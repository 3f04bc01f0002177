"""chmod, chown and chgrp."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from agentalign_env.errors import OperationError
from agentalign_env.services.shell.coreutils.entries import group_of, mode_text
from agentalign_env.services.shell.coreutils.modes import Mode, ModeError, parse_mode
from agentalign_env.services.shell.coreutils.quoting import always_quoted, curly
from agentalign_env.services.shell.options import Options, Syntax, parse, usage_error

if TYPE_CHECKING:
    from agentalign_env.core.commands import Command, Invocation
    from agentalign_env.core.ports import FileEntry

__all__ = ["COMMANDS"]

_CHMOD = Syntax.of("c|changes f|silent|quiet v|verbose R|recursive reference= preserve-root no-preserve-root")


def _mode_first(args: list[str]) -> list[str]:
    """The arguments with a mode such as ``-x`` kept from being read as options."""
    for at, arg in enumerate(args):
        if arg == "--":
            break
        if arg[:1] == "-" and len(arg) > 1 and set(arg[1:]) <= set("rwxXstugoa,=+-") and not arg.startswith("--"):
            return [*args[:at], "--", arg, *args[at + 1 :]]
    return args


def _chmod(invocation: Invocation) -> int:
    options = parse(invocation, _CHMOD, args=_mode_first(list(invocation.args)))
    if isinstance(options, int):
        return options
    names = options.operands
    try:
        if "reference" in options:
            held = invocation.files.require(invocation.path(options.get("reference")))
            mode = Mode(int(held.mode, 8), (), 5)
        else:
            if len(names) < 2:
                return usage_error(
                    invocation, f"missing operand after {curly(names[0])}" if names else "missing operand"
                )
            mode, names = parse_mode(names[0]), names[1:]
    except ModeError as error:
        return usage_error(invocation, f"invalid mode: {curly(str(error))}")
    except OperationError as error:
        return invocation.complain(f"failed to get attributes of {always_quoted(options.get('reference'))}", error)
    return max((_change(invocation, name, mode, options) for name in names), default=0)


def _below(invocation: Invocation, name: str, options: Options) -> Iterator[tuple[str, FileEntry]]:
    top = invocation.files.require(invocation.path(name))
    if "R" not in options or top.kind != "dir":
        yield name, top
        return
    for entry in list(invocation.files.walk(top)):
        invocation.spend()
        if entry.kind != "link":
            yield name.rstrip("/") + entry.path[len(top.path) :] if entry is not top else name, entry


def _change(invocation: Invocation, name: str, mode: Mode, options: Options) -> int:
    status = 0
    try:
        for shown, entry in _below(invocation, name, options):
            after = mode.applied(int(entry.mode, 8), is_directory=entry.kind == "dir")
            if after != entry.mode:
                try:
                    invocation.files.set_mode(entry.path, after)
                except OperationError as error:
                    status = 1
                    if "f" not in options:
                        invocation.complain(f"changing permissions of {always_quoted(shown)}", error)
                    continue
            _report(invocation, shown, entry, after, options)
    except OperationError as error:
        if "f" not in options:
            invocation.complain(f"cannot access {always_quoted(name)}", error)
        if "v" in options:
            invocation.out(f"{always_quoted(name)} could not be accessed\n")
        return 1
    return status


def _report(invocation: Invocation, name: str, before: FileEntry, after: str, options: Options) -> None:
    changed = after != before.mode
    if not ("v" in options or ("c" in options and changed)):
        return
    new = f"{after} ({_letters(before, after)})"
    if changed:
        invocation.out(f"mode of {always_quoted(name)} changed from {before.mode} ({_letters(before)}) to {new}\n")
    else:
        invocation.out(f"mode of {always_quoted(name)} retained as {new}\n")


def _letters(entry: FileEntry, mode: str = "") -> str:
    bits = int(mode or entry.mode, 8)
    text = "".join(
        letter if bits >> shift & bit else "-" for shift in (6, 3, 0) for letter, bit in (("r", 4), ("w", 2), ("x", 1))
    )
    return mode_text(entry)[1:] if not mode or mode == entry.mode else text


_CHOWN = Syntax.of(
    "c|changes f|silent|quiet v|verbose R|recursive h|no-dereference dereference reference= from= H L P "
    "preserve-root no-preserve-root"
)


def _chown(invocation: Invocation) -> int:
    """A user keeps what is theirs: giving a file away, or taking one, is not permitted."""
    options = parse(invocation, _CHOWN)
    if isinstance(options, int):
        return options
    names = options.operands
    grouping = invocation.name == "chgrp"
    if "reference" in options:
        wanted = invocation.files.user
    else:
        if len(names) < 2:
            return usage_error(invocation, f"missing operand after {curly(names[0])}" if names else "missing operand")
        wanted, names = names[0], names[1:]
    owner, _, group = ("", ":", wanted) if grouping else wanted.replace(".", ":", 1).partition(":")
    known = {"root", "0", invocation.files.user, "1000"}
    for word, kind in ((owner, "user"), (group, "group")):
        if word and word not in known:
            invocation.err(f"{invocation.name}: invalid {kind}: {curly(wanted)}\n")
            return 1
    user = {"0": "root", "1000": invocation.files.user}.get(owner, owner)
    status = 0
    for name in names:
        try:
            for shown, entry in _below(invocation, name, options):
                if user and user != entry.owner:
                    status = invocation.complain(
                        f"changing ownership of {always_quoted(shown)}", "Operation not permitted"
                    )
                elif "v" in options:
                    kept = group or group_of(entry) if grouping else wanted
                    what = "group" if grouping else "ownership"
                    invocation.out(f"{what} of {always_quoted(shown)} retained as {kept}\n")
        except OperationError as error:
            status = invocation.complain(f"cannot access {always_quoted(name)}", error)
    return status


COMMANDS: Mapping[str, Command] = {"chgrp": _chown, "chmod": _chmod, "chown": _chown}
