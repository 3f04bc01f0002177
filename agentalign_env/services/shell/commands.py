"""Finding and running commands that are no builtins: the text tools, those that services bring, and files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING

from agentalign_env.errors import OperationError
from agentalign_env.services.shell import coreutils, languages
from agentalign_env.services.shell.deciding import may
from agentalign_env.services.shell.invocation import Call
from agentalign_env.services.shell.parser import parse_script
from agentalign_env.services.shell.redirects import own_words
from agentalign_env.services.shell.scripts import report_problem, run_process, run_script
from agentalign_env.services.shell.shell import Shell
from agentalign_env.services.shell.syntax import Script

if TYPE_CHECKING:
    from agentalign_env.core.commands import Command
    from agentalign_env.core.ports import FileEntry

__all__ = ["find_command", "load_commands", "run_external", "run_found", "run_in_new_shell"]

SYSTEM_FOLDERS = ("/usr/local/bin", "/usr/bin", "/bin", "/usr/local/sbin", "/usr/sbin", "/sbin")
DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
SHELLS = frozenset(("sh", "bash", "dash"))
# Builtins that exist as programs, too.
PROGRAMS = frozenset(("echo", "printf", "test", "[", "true", "false", "pwd", "kill", "bash", "sh", "dash", "timeout"))
_FILES_PER_STEP = 500  # the more files a script has made, the longer it takes to look through them
_NotRun = Callable[[Shell, str, str], None]


@lru_cache(maxsize=1)
def load_commands() -> Mapping[str, Command]:
    """The commands that the shell brings itself."""
    found: dict[str, Command] = {}
    for package in (coreutils, languages):
        for module in iter_modules(package.__path__):
            found.update(getattr(import_module(f"{package.__name__}.{module.name}"), "COMMANDS", {}))
    return found


def is_program(shell: Shell, name: str) -> bool:
    """Whether a program of this name is installed."""
    return name in PROGRAMS or shell.machine.command(name) is not None


def find_command(shell: Shell, name: str) -> str | None:
    """The path of the program that a name runs; ``None`` when there is none."""
    if "/" in name:
        entry = _entry(shell, name)
        if entry is not None and entry.kind == "file" and may(shell, entry, 1):
            return name
        folder, _, base = name.rpartition("/")
        return name if folder in SYSTEM_FOLDERS and is_program(shell, base) else None
    path = shell.get("PATH")
    if path is None:
        path = "/bin:/usr/bin"
    for folder in path.split(":"):
        if folder in SYSTEM_FOLDERS:
            if folder == "/usr/bin" and is_program(shell, name):
                return f"/usr/bin/{name}"
            if folder == "/bin" and is_program(shell, name) and "/usr/bin" not in path:
                return f"/bin/{name}"
        place = f"{folder or '.'}/{name}"
        entry = _entry(shell, place)
        if entry is not None and entry.kind == "file" and may(shell, entry, 1):
            return place
    return None


def _entry(shell: Shell, name: str) -> FileEntry | None:
    try:
        return shell.machine.files.follow(shell.path(name))
    except OperationError:
        return None


def run_external(shell: Shell, argv: list[str]) -> int:
    """Runs a command by its name; says when there is none."""
    name = argv[0]
    if "/" not in name and shell.variables.values.get("PATH") == DEFAULT_PATH:
        command = shell.machine.command(name)
        if command is not None:
            return _run(shell, command, argv)
    if "/" not in name and shell.get("PATH") is None:
        _not_found(shell, name, _NO_FILE)
        return 127
    return run_found(shell, argv, _not_found)


def _not_found(shell: Shell, command: str, problem: str) -> None:
    if "/" in command or problem != _NO_FILE or shell.get("PATH") is None:
        shell.complain(f"{command}: {problem}")
    else:
        shell.complain(f"{command}: not found" if shell.style == "sh" else f"{command}: command not found")


_NO_FILE = "No such file or directory"


def run_found(shell: Shell, argv: list[str], not_run: _NotRun) -> int:
    """Runs a program: one that is installed, or a file."""
    name = argv[0]
    path = name if "/" in name else find_command(shell, name)
    if not path:
        not_run(shell, name, _NO_FILE)
        return 127
    folder, _, base = path.rpartition("/")
    if folder in SYSTEM_FOLDERS and is_program(shell, base) and not _has_own_file(shell, path):
        command = shell.machine.command(base)
        if command is not None:
            return _run(shell, command, argv)
        return shell.machine.runtime.builtins[base](shell, [base, *argv[1:]])
    try:
        entry = shell.machine.files.require(shell.path(path))
    except OperationError as error:
        not_run(shell, name, own_words(error))
        return 127 if error.code == "not_found" else 126
    if entry.kind == "dir":
        not_run(shell, name, "Is a directory")
        return 126
    if not may(shell, entry, 1):
        not_run(shell, name, "Permission denied")
        return 126
    return _run_file(shell, entry.content, path, argv, not_run)


def _has_own_file(shell: Shell, path: str) -> bool:
    entry = shell.machine.files.follow(path)
    return entry is not None and bool(entry.content)


def _run(shell: Shell, command: Command, argv: list[str]) -> int:
    call = Call(shell, argv)
    shell.machine.spend(shell.machine.written // _FILES_PER_STEP)
    try:
        status = command(call)
    except OperationError as error:  # a name that is none, met where the command did not expect it
        status = call.complain(own_words(error))
    if call.has_devices:
        call.finish()
    if argv[0] in shell.machine.world.base.commands:
        shell.machine.renew_files()
    return status & 0xFF


def _run_file(shell: Shell, content: str, path: str, argv: list[str], not_run: _NotRun) -> int:
    if not content.startswith("#!"):
        if "\0" in content[:80]:
            not_run(shell, argv[0], "cannot execute binary file: Exec format error")
            return 126
        return run_in_new_shell(shell, content, path, argv[1:], style="bash")
    words = content.partition("\n")[0][2:].strip().split(None, 1)
    interpreter = words[0] if words else ""
    options = words[1:]
    base = interpreter.rpartition("/")[2]
    if base == "env" and options:
        split = options[0].removeprefix("-S ").split()
        base, options = split[0], split[1:]
        interpreter = base
    if base in SHELLS:
        return shell.machine.runtime.builtins[base](shell, [base, *options, path, *argv[1:]])
    if interpreter == base and find_command(shell, base) is None:
        shell.sink(2).write(f"/usr/bin/env: '{base}': No such file or directory\n")
        return 127
    command = shell.machine.command(base)
    if command is None or (interpreter != base and interpreter.rpartition("/")[0] not in SYSTEM_FOLDERS):
        not_run(shell, argv[0], "cannot execute: required file not found")
        return 127
    return _run(shell, command, [base, *options, path, *argv[1:]])


def run_in_new_shell(shell: Shell, text: str, title: str, args: list[str], *, style: str, origin: str = "") -> int:
    """Runs a script in a new shell, which is given the exported variables alone."""
    machine = shell.machine
    machine.complain = shell.complain
    machine.call()
    try:
        child = new_shell(shell, title, args, style=style)
        return run_process(child, lambda: run_text(child, text, origin))
    finally:
        machine.calls -= 1


def new_shell(shell: Shell, title: str, args: list[str], *, style: str) -> Shell:
    """A new shell that reads and writes where this one does."""
    env = shell.variables.exported()
    child = Shell(shell.machine, title, shell.fds.copy(), env, shell.cwd)
    child.variables.values.setdefault("PATH", DEFAULT_PATH)
    if style == "bash":
        child.assign("SHLVL", str(int(env.get("SHLVL", "0")) + 1 if env.get("SHLVL", "0").isdecimal() else 1))
        child.variables.mark("SHLVL", "x")
    child.args, child.style, child.umask = args, style, shell.umask
    child.parent_pid = shell.pid
    return child


def run_text(shell: Shell, text: str, origin: str = "") -> int:
    """Runs the text of a script in a shell of its own; `origin` is how messages name it, such as ``-c``."""
    script = parse_script(text)
    status = 0
    if script.units:
        status = run_script(shell, script if script.problem is None else Script(script.units, None, script.warnings))
    if script.problem is not None:
        shell.status = script.problem.status
        return report_problem(shell, script.problem, origin)
    return status
