"""Redirections: which descriptor leads where while a command runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from agentalign_env.errors import OperationError
from agentalign_env.services.shell.expansion import fields_of, text_of
from agentalign_env.services.shell.streams import Capture, EndlessInput, FileSink, NullSink, TextInput
from agentalign_env.services.shell.syntax import Redirect

if TYPE_CHECKING:
    from agentalign_env.core.commands import Input
    from agentalign_env.services.shell.shell import Shell
    from agentalign_env.services.shell.streams import Sink

__all__ = ["RedirectProblem", "device_number", "open_input", "open_output", "own_words", "redirected"]

_READS = frozenset(("<", "<<", "<<<", "<&", "<>"))


class RedirectProblem(Exception):  # noqa: N818 - a problem of the script, not of ours
    """A redirection failed, and its message was written."""


def own_words(error: OperationError) -> str:
    """The system's own words of an error, such as ``No such file or directory``."""
    return error.message.partition(":")[0]


_MAX_OPEN = 1024


def redirected(shell: Shell, redirects: Sequence[Redirect]) -> dict[int, Any]:
    """The descriptors of a command with these redirections.

    Raises:
        RedirectProblem: One cannot be made.
    """
    fds = shell.fds.copy()
    shell.machine.fuel -= len(fds) >> 3
    outer = shell.fds
    shell.fds = fds  # later redirections see the earlier ones
    try:
        for redirect in redirects:
            _apply(shell, redirect, fds, outer)
    finally:
        shell.fds = outer
    return fds


def _apply(shell: Shell, redirect: Redirect, fds: dict[int, Any], outer: dict[int, Any]) -> None:
    operator = redirect.operator
    number = redirect.fd
    if isinstance(number, str):
        if len(fds) > _MAX_OPEN:
            shell.complain("redirection error: cannot duplicate fd: Too many open files")
            raise RedirectProblem
        number = _named(shell, number, redirect, fds)
        if number < 0:
            return
    elif number < 0:
        number = 0 if operator in _READS else 1
    if operator == "<<":
        fds[number] = TextInput(text_of(shell, redirect.target))
        return
    if operator == "<<<":
        fds[number] = TextInput(text_of(shell, redirect.target) + "\n")
        return
    name = _target(shell, redirect)
    if operator in ("<&", ">&") and _duplicate(shell, redirect, number, name, fds):
        return
    try:
        _open(shell, operator, number, name, redirect, fds)
    except OperationError as error:
        fds.clear()
        fds.update(outer)
        shell.complain(f"{name}: {own_words(error)}")
        raise RedirectProblem from None


def _named(shell: Shell, name: str, redirect: Redirect, fds: dict[int, Any]) -> int:
    """The descriptor of ``{name}>file``: a new one, or with ``>&-`` the one that the variable holds."""
    if redirect.operator in (">&", "<&") and redirect.target.source == "-":
        held = shell.get(name) or ""
        if held.isdecimal():
            fds.pop(int(held), None)
        return -1
    number = 10
    while number in fds:
        number += 1
    shell.assign(name, str(number))
    return number


def _target(shell: Shell, redirect: Redirect) -> str:
    fields = fields_of(shell, (redirect.target,))
    if len(fields) != 1:
        shell.complain(f"{redirect.target.source}: ambiguous redirect")
        raise RedirectProblem
    return fields[0]


def _duplicate(shell: Shell, redirect: Redirect, number: int, name: str, fds: dict[int, Any]) -> bool:
    """``>&2`` and the like; whether it was that."""
    moves = name.endswith("-")
    source = name.removesuffix("-")
    if name == "-":
        fds.pop(number, None)
        return True
    if not source.isdecimal():
        if redirect.operator == "<&" or redirect.fd not in (-1, 1):
            shell.complain(f"{redirect.target.source}: ambiguous redirect")
            raise RedirectProblem
        return False
    held = fds.get(int(source[:6]))
    if held is None:
        shell.complain(f"{source}: Bad file descriptor")
        raise RedirectProblem
    fds[number] = held
    if moves and int(source) != number:
        fds.pop(int(source), None)
    return True


def _open(shell: Shell, operator: str, number: int, name: str, redirect: Redirect, fds: dict[int, Any]) -> None:
    if operator == "<":
        fds[number] = open_input(shell, name)
    elif operator == "<>":
        if shell.machine.files.follow(shell.path(name)) is None:
            open_output(shell, name, append=True)
        fds[number] = open_input(shell, name)
    elif operator in ("&>", "&>>") or (operator == ">&" and redirect.fd in (-1, 1)):
        fds[1] = fds[2] = open_output(shell, name, append=operator == "&>>")
    else:
        if operator == ">" and "noclobber" in shell.other_flags and _exists(shell, name):
            shell.complain(f"{name}: cannot overwrite existing file")
            raise RedirectProblem
        fds[number] = open_output(shell, name, append=operator == ">>")


def _exists(shell: Shell, name: str) -> bool:
    if name.startswith("/dev/"):
        return False
    entry = shell.machine.files.follow(shell.path(name))
    return entry is not None and entry.kind == "file"


def device_number(name: str) -> int:
    """The descriptor that ``/dev/fd/N`` names; -1 for any other name."""
    number = name.removeprefix("/dev/fd/")
    return int(number) if number != name and number.isdecimal() and len(number) < 6 else -1


def open_input(shell: Shell, name: str) -> Input:
    """A file or device to read.

    Raises:
        OperationError: It cannot be read.
    """
    machine = shell.machine
    if name.startswith(("/dev/", "/proc/self/fd/")):
        found = _input_device(shell, name)
        if found is not None:
            return found
    entry = machine.files.read(shell.path(name))
    if name.endswith("/"):
        raise OperationError("invalid_state", "Not a directory: the name ends in a slash", "path")
    content = entry.content
    machine.spend(len(content) >> 10)
    return TextInput(content, entry.path)


def _input_device(shell: Shell, name: str) -> Input | None:
    machine = shell.machine
    if name in ("/dev/null", "/dev/tty"):
        return TextInput("")
    if name == "/dev/stdin":
        return shell.stdin
    if name in ("/dev/zero", "/dev/full"):
        return EndlessInput(machine, lambda count: "\0" * count)
    if name in ("/dev/urandom", "/dev/random"):
        return EndlessInput(machine, machine.random_text)
    number = device_number(name)
    held = shell.fds.get(number) if number >= 0 else None
    if held is not None and hasattr(held, "read"):
        found: Input = held
        return found
    text = machine.process_texts.get(number)
    return None if text is None else TextInput(text)


def open_output(shell: Shell, name: str, *, append: bool) -> Sink:
    """A file or device to write.

    Raises:
        OperationError: It cannot be written.
    """
    if name.startswith("/dev/"):
        found = _output_device(shell, name, append=append)
        if found is not None:
            return found
    if name.endswith("/"):
        raise OperationError("invalid_state", "Is a directory: the name ends in a slash", "path")
    path = shell.path(name)
    mode = None if shell.umask == 0o022 else f"{0o666 & ~shell.umask:04o}"
    return FileSink(shell.machine, shell.machine.start(path, append=append, mode=mode))


def _output_device(shell: Shell, name: str, *, append: bool) -> Sink | None:
    if name in ("/dev/null", "/dev/zero", "/dev/random", "/dev/urandom", "/dev/tty"):
        return NullSink()
    if name in ("/dev/stdout", "/dev/stderr"):
        found = shell.sink(1 if name == "/dev/stdout" else 2)
        if isinstance(found, FileSink) and not append:
            found.empty()  # the file is opened anew
        return found
    number = device_number(name)
    if number < 0:
        return None
    for held, sink, _ in shell.process_files:
        if held == number and isinstance(sink, Capture):
            return sink
    return shell.sink(number) if number in shell.fds else None
