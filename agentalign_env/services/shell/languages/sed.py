"""sed: edits a stream of lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from agentalign_env.core.commands import Command, Invocation
from agentalign_env.errors import OperationError
from agentalign_env.services.shell.languages.sed_machine import SedMachine
from agentalign_env.services.shell.languages.sed_parser import Fragment, parse_sed
from agentalign_env.services.shell.languages.sed_script import Edit, SedError
from agentalign_env.services.shell.languages.sed_streams import Output, Reader
from agentalign_env.services.shell.options import Options, Syntax, parse

__all__ = ["COMMANDS", "sed"]

_SYNTAX: Final = Syntax.of(
    "n|quiet|silent debug e|expression= f|file= follow-symlinks i|in-place=? l|line-length= posix E|regexp-extended r "
    "s|separate sandbox u|unbuffered z|null-data b|binary"
)
_USAGE: Final = "Usage: sed [OPTION]... {script-only-if-no-other-script} [input-file]...\n"
_WIDTH: Final = 70


def sed(invocation: Invocation) -> int:
    """Runs a script over files or standard input."""
    options = parse(invocation, _SYNTAX)
    if isinstance(options, int):
        return options
    try:
        fragments, names = _script(invocation, options)
        if not fragments:
            invocation.err(_USAGE)
            return 1
        edits = parse_sed(fragments, extended="E" in options or "r" in options)
        quiet = "n" in options
        if edits and edits[0].name == "#n":
            edits, quiet = edits[1:], True
        return _run(invocation, options, [edit for edit in edits if edit.name != "#n"], names, quiet=quiet)
    except SedError as error:
        invocation.err(f"sed: {error}\n")
        return error.status


def _script(invocation: Invocation, options: Options) -> tuple[list[Fragment], list[str]]:
    """The parts of the script, and the names of the files."""
    fragments: list[Fragment] = []
    for key, value in options.given:
        if key == "e":
            fragments.append(("", value))
        elif key == "f":
            try:
                fragments.append((value, invocation.open(value).read()))
            except OperationError as error:
                raise SedError(f"couldn't open file {value}: {error.message.split(':')[0]}") from None
    names = options.operands
    if not fragments and names:
        fragments, names = [("", names[0])], names[1:]
    return fragments, names


def _run(invocation: Invocation, options: Options, edits: Sequence[Edit], names: Sequence[str], *, quiet: bool) -> int:
    end = "\0" if "z" in options else "\n"
    width = options.get("l", str(_WIDTH))
    if not (width.isascii() and width.isdigit()):
        raise SedError(f"invalid line length: {width}")
    machine = SedMachine(invocation, edits, quiet=quiet, end=end, width=int(width[:9]))
    if "i" in options:
        failed = _in_place(invocation, machine, names, end, options.get("i"))
    elif "s" in options:
        failed = 0
        output = Output(invocation)
        for name in names or ("-",):
            reader = Reader(invocation, (name,), end, separate=True)
            stopped = machine.run(reader, output)
            failed = 2 if reader.failed else failed
            if stopped:
                break
    else:
        reader = Reader(invocation, names or ("-",), end, separate=False)
        machine.run(reader, Output(invocation))
        failed = 2 if reader.failed else 0
    machine.close()
    return machine.status or failed


def _in_place(invocation: Invocation, machine: SedMachine, names: Sequence[str], end: str, suffix: str) -> int:
    """Edits each file where it is; 0, or the status of what could not be done."""
    if not names:
        raise SedError("no input files", 4)
    failed = 0
    for name in names:
        try:
            path = invocation.path(name)
            entry = invocation.files.require(path)
            if entry.kind != "file":
                entry = invocation.files.follow(path) or entry
            if entry.kind == "dir":
                invocation.err(f"sed: couldn't edit {name}: not a regular file\n")
                failed = 4
                continue
            before, mode = entry.content, entry.mode
            output = Output(invocation, path)
            reader = Reader(invocation, (name,), end, separate=True)
            stopped = machine.run(reader, output)
            if suffix:
                folder, _, base = path.rpartition("/")
                new = suffix.replace("*", base) if "*" in suffix else base + suffix
                invocation.files.write(new if new.startswith("/") else f"{folder}/{new}", before, mode=mode)
            output.close()
            if stopped:
                break
        except OperationError as error:
            invocation.complain(f"can't read {name}", error)
            failed = 2
    return failed


COMMANDS: Final[Mapping[str, Command]] = {"sed": sed}
