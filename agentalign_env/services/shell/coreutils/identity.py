"""Commands about the user and the machine: id, whoami, groups, nproc, tty, arch, true, false and the like."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from agentalign_env.services.shell.coreutils.entries import user_id
from agentalign_env.services.shell.coreutils.quoting import curly
from agentalign_env.services.shell.coreutils.sizes import whole
from agentalign_env.services.shell.options import Syntax, parse, usage_error

if TYPE_CHECKING:
    from agentalign_env.core.commands import Command, Invocation

__all__ = ["COMMANDS"]

_PROCESSORS = "4"


def _plain(invocation: Invocation, shown: str, spec: str = "") -> int:
    """A command without operands that shows one line."""
    options = parse(invocation, Syntax.of(spec))
    if isinstance(options, int):
        return options
    if options.operands:
        return usage_error(invocation, f"extra operand {curly(options.operands[0])}")
    invocation.out(shown + "\n")
    return 0


def _whoami(invocation: Invocation) -> int:
    return _plain(invocation, invocation.files.user)


def _arch(invocation: Invocation) -> int:
    return _plain(invocation, "x86_64")


def _nproc(invocation: Invocation) -> int:
    options = parse(invocation, Syntax.of("all ignore="))
    if isinstance(options, int):
        return options
    if options.operands:
        return usage_error(invocation, f"extra operand {curly(options.operands[0])}")
    ignored = options.get("ignore", "0")
    if not ignored.isdecimal():
        invocation.err(f"nproc: invalid number: {curly(ignored)}\n")
        return 1
    invocation.out(f"{max(int(_PROCESSORS) - whole(ignored), 1)}\n")
    return 0


def _users(invocation: Invocation) -> int:
    return _plain(invocation, invocation.files.user)


def _who(invocation: Invocation) -> int:
    from agentalign_env.services.shell.coreutils.calendar_days import format_time

    options = parse(invocation, Syntax.of("a b H l m q|count s T u"))
    if isinstance(options, int):
        return options
    time = format_time("%Y-%m-%d %H:%M", invocation.world.base.start_s)
    invocation.out(f"{invocation.files.user:<8} pts/0        {time}\n")
    return 0


def _tty(invocation: Invocation) -> int:
    options = parse(invocation, Syntax.of("s|silent|quiet"), failure=2)
    if isinstance(options, int):
        return options
    if "s" not in options:
        invocation.out("not a tty\n")
    return 1


def _logname(invocation: Invocation) -> int:
    return _plain(invocation, invocation.files.user)


def _groups(invocation: Invocation) -> int:
    options = parse(invocation, Syntax.of(""))
    if isinstance(options, int):
        return options
    user, status = invocation.files.user, 0
    if not options.operands:
        invocation.out(user + "\n")
    for name in options.operands:
        if name in (user, "root"):
            invocation.out(f"{name} : {name}\n")
        else:
            invocation.err(f"groups: {curly(name)}: no such user\n")
            status = 1
    return status


def _id(invocation: Invocation) -> int:
    options = parse(invocation, Syntax.of("a Z g|group G|groups n|name r|real u|user z|zero"))
    if isinstance(options, int):
        return options
    kinds = [key for key in ("u", "g", "G") if key in options]
    if len(kinds) > 1:
        invocation.err('id: cannot print "only" of more than one choice\n')
        return 1
    if not kinds and ("n" in options or "r" in options):
        invocation.err("id: cannot print only names or real IDs in default format\n")
        return 1
    status = 0
    for name in options.operands or [invocation.files.user]:
        known = {"0": "root", "1000": invocation.files.user}.get(name, name)
        if known not in ("root", invocation.files.user):
            invocation.err(f"id: {curly(name)}: no such user\n")
            status = 1
            continue
        number = user_id(known)
        if kinds:
            invocation.out((known if "n" in options else str(number)) + "\n")
        else:
            invocation.out(f"uid={number}({known}) gid={number}({known}) groups={number}({known})\n")
    return status


def _true(_: Invocation) -> int:
    return 0


def _false(_: Invocation) -> int:
    return 1


def _hostid(invocation: Invocation) -> int:
    return _plain(invocation, "007f0101")


_SETTINGS = {
    "ARG_MAX": "2097152",
    "CHAR_BIT": "8",
    "LONG_BIT": "64",
    "NAME_MAX": "255",
    "NPROCESSORS_CONF": _PROCESSORS,
    "NPROCESSORS_ONLN": _PROCESSORS,
    "_NPROCESSORS_CONF": _PROCESSORS,
    "_NPROCESSORS_ONLN": _PROCESSORS,
    "OPEN_MAX": "1024",
    "PAGESIZE": "4096",
    "PAGE_SIZE": "4096",
    "PATH_MAX": "4096",
    "PIPE_BUF": "4096",
    "GNU_LIBC_VERSION": "glibc 2.36",
}


def _getconf(invocation: Invocation) -> int:
    options = parse(invocation, Syntax.of("a v="))
    if isinstance(options, int):
        return options
    if not options.operands:
        invocation.err("Usage: getconf [-v SPEC] VAR\n  or:  getconf [-v SPEC] PATH_VAR PATH\n")
        return 2
    value = _SETTINGS.get(options.operands[0])
    if value is None:
        invocation.err(f"getconf: Unrecognized variable `{options.operands[0]}'\n")
        return 2
    invocation.out(value + "\n")
    return 0


def _locale(invocation: Invocation) -> int:
    options = parse(invocation, Syntax.of("a|all-locales m|charmaps k|keyword-name c|category-name"))
    if isinstance(options, int):
        return options
    if "a" in options:
        invocation.out("C\nC.utf8\nPOSIX\n")
    elif "m" in options:
        invocation.out("ANSI_X3.4-1968\nISO-8859-1\nUTF-8\n")
    elif options.operands == ["charmap"]:
        invocation.out("UTF-8\n")
    else:
        lang = invocation.env.get("LANG", "")
        names = ("CTYPE", "NUMERIC", "TIME", "COLLATE", "MONETARY", "MESSAGES", "PAPER", "NAME", "ADDRESS", "TELEPHONE")
        lines = [f'LC_{name}="{lang or "POSIX"}"' for name in (*names, "MEASUREMENT", "IDENTIFICATION")]
        invocation.out("\n".join([f"LANG={lang}", "LANGUAGE=", *lines, "LC_ALL="]) + "\n")
    return 0


def _sync(invocation: Invocation) -> int:
    options = parse(invocation, Syntax.of("d|data f|file-system"))
    return options if isinstance(options, int) else 0


COMMANDS: Mapping[str, Command] = {
    "arch": _arch,
    "false": _false,
    "getconf": _getconf,
    "groups": _groups,
    "hostid": _hostid,
    "id": _id,
    "locale": _locale,
    "logname": _logname,
    "nproc": _nproc,
    "sync": _sync,
    "true": _true,
    "tty": _tty,
    "users": _users,
    "who": _who,
    "whoami": _whoami,
}
