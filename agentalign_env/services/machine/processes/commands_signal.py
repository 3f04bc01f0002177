"""Commands that find and signal processes: ``kill``, ``pgrep``, ``pkill``, ``killall``."""

from __future__ import annotations

from agentalign_env.core.commands import Invocation
from agentalign_env.errors import OperationError
from agentalign_env.services.machine.arguments import (
    Given,
    UnknownOptionError,
    acting_user,
    read_options,
    said,
    whole_number,
)
from agentalign_env.services.machine.processes.records import Process
from agentalign_env.services.machine.processes.signalling import (
    SIGNALS,
    all_processes,
    find_process,
    send_signal,
)

__all__ = ["run_kill", "run_pgrep", "run_pkill"]


def run_kill(invocation: Invocation) -> int:
    """``kill``."""
    args = list(invocation.args)
    if args[:1] in (["-l"], ["-L"]):
        invocation.out("\n".join(f"{number:>2}) SIG{name}" for name, number in SIGNALS.items()) + "\n")
        return 0
    signal = _take_signal(invocation, args)
    if signal is None:
        return 1
    if not args:
        invocation.err("kill: usage: kill [-s sigspec | -n signum | -sigspec] pid | jobspec ... or kill -l [sigspec]\n")
        return 2
    status = 0
    for arg in args:
        pid = whole_number(arg.removeprefix("-"))
        if pid is None:
            status = invocation.complain(arg, "arguments must be process or job IDs")
            continue
        try:
            row = find_process(invocation.world, -pid if arg.startswith("-") else pid)
            send_signal(invocation.world, row, signal, by=acting_user(invocation))
        except OperationError as error:
            invocation.err(f"kill: {said(error)}\n")
            status = 1
    return status


def _take_signal(invocation: Invocation, args: list[str]) -> int | None:
    """The signal that the first arguments name, which are taken away; 15 when they name none."""
    text = ""
    if args[:1] and args[0] in ("-s", "-n", "--signal") and len(args) > 1:
        text = args[1]
        del args[:2]
    elif args[:1] and args[0].startswith("--signal="):
        text = args.pop(0).partition("=")[2]
    elif (
        args[:1]
        and args[0].startswith("-")
        and (whole_number(args[0][1:]) is not None or args[0][1:].upper().removeprefix("SIG") in SIGNALS)
    ):
        text = args.pop(0)[1:]
    if args[:1] == ["--"]:
        del args[0]
    if not text:
        return 15
    number = SIGNALS.get(text.upper().removeprefix("SIG"), whole_number(text, 31))
    if number is None:
        invocation.complain(text, "invalid signal specification")
        return None
    return number


def _matching(invocation: Invocation, given: Given) -> list[Process] | None:
    """The processes that ``pgrep`` and ``pkill`` mean; a plain text may lie anywhere in the name."""
    if not given.rest and not given.has("u", "P"):
        invocation.err(
            f"{invocation.name}: no matching criteria specified\nTry `{invocation.name} --help' for more information.\n"
        )
        return None
    rows = all_processes(invocation.world)
    if given.has("u"):
        rows = [row for row in rows if row.user in given.value("u").split(",")]
    if given.has("P"):
        rows = [row for row in rows if str(row.parent) == given.value("P")]
    if given.rest:
        text = given.rest[0]
        exact = given.has("x") or (text.startswith("^") and text.endswith("$") and len(text) > 1)
        start, end = text.startswith("^"), text.endswith("$")
        bare = text.removeprefix("^").removesuffix("$")
        alternatives = bare.split("|")

        def fits(row: Process) -> bool:
            have = row.command if given.has("f") else row.name
            if given.has("i"):
                have = have.lower()
            for part in alternatives:
                wanted = part.lower() if given.has("i") else part
                if exact and have == wanted:
                    return True
                if not exact and (
                    have.startswith(wanted) if start else have.endswith(wanted) if end else wanted in have
                ):
                    return True
            return False

        rows = [row for row in rows if fits(row)]
    if given.has("n"):
        rows = sorted(rows, key=lambda row: row.started_s)[-1:]
    if given.has("o"):
        rows = sorted(rows, key=lambda row: row.started_s)[:1]
    return rows


def run_pgrep(invocation: Invocation) -> int:
    """``pgrep``."""
    try:
        given = read_options(invocation.args, "f x l a n o i c", "u P d")
    except UnknownOptionError as error:
        invocation.err(f"pgrep: invalid option -- '{str(error).lstrip('-')}'\n")
        return 2
    rows = _matching(invocation, given)
    if rows is None:
        return 2
    if given.has("c"):
        invocation.out(f"{len(rows)}\n")
    elif rows:
        tails = [f" {row.command}" if given.has("a") else f" {row.name}" if given.has("l") else "" for row in rows]
        shown = [f"{row.pid}{tail}" for row, tail in zip(rows, tails, strict=True)]
        invocation.out(given.value("d", default="\n").join(shown) + "\n")
    return 0 if rows else 1


def run_pkill(invocation: Invocation) -> int:
    """``pkill`` and ``killall``."""
    args = list(invocation.args)
    signal = _take_signal(invocation, args)
    if signal is None:
        return 2
    try:
        given = read_options(args, "f x n o i e", "u P")
    except UnknownOptionError as error:
        invocation.err(f"{invocation.name}: invalid option -- '{str(error).lstrip('-')}'\n")
        return 2
    if invocation.name == "killall":
        given = Given({**given.options, "x": [""]}, given.rest)
    rows = _matching(invocation, given)
    if rows is None:
        return 2
    status = 1
    for row in rows:
        try:
            send_signal(invocation.world, row, signal, by=acting_user(invocation))
            status = 0
            if given.has("e"):
                invocation.out(f"{row.name} killed (pid {row.pid})\n")
        except OperationError:
            invocation.err(f"{invocation.name}: killing pid {row.pid} failed: Operation not permitted\n")
    if not rows and given.rest and invocation.name == "killall":
        invocation.err(f"{given.rest[0]}: no process found\n")
    return status
