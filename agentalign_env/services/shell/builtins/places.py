"""The working directory: cd, pwd, pushd, popd, dirs."""

from __future__ import annotations

from collections.abc import Mapping

from agentalign_env.errors import OperationError
from agentalign_env.services.shell.deciding import may
from agentalign_env.services.shell.redirects import own_words
from agentalign_env.services.shell.shell import Builtin, Shell

__all__ = ["BUILTINS"]


def _change(shell: Shell, builtin: str, name: str, *, physical: bool = False) -> int:
    if not name:
        return 0
    try:
        path = shell.path(name)
        entry = shell.machine.files.require(path)
    except OperationError as error:
        return _refuse(shell, builtin, name, own_words(error))
    if entry.kind != "dir":
        return _refuse(shell, builtin, name, "Not a directory")
    if not may(shell, entry, 1):
        return _refuse(shell, builtin, name, "Permission denied")
    shell.assign("OLDPWD", shell.cwd)
    shell.cwd = entry.path if physical else path
    shell.assign("PWD", shell.cwd)
    return 0


def _refuse(shell: Shell, builtin: str, name: str, words: str) -> int:
    return shell.complain(f"{builtin}: can't cd to {name}" if shell.style == "sh" else f"{builtin}: {name}: {words}")


def _cd(shell: Shell, argv: list[str]) -> int:
    words = argv[1:]
    physical = False
    while words and words[0] in ("-P", "-L", "-e", "-@", "--"):
        word = words.pop(0)
        physical = word == "-P"
        if word == "--":
            break
    if words and words[0].startswith("-") and words[0] != "-":
        shell.complain(f"cd: {words[0][:2]}: invalid option")
        shell.sink(2).write("cd: usage: cd [-L|[-P [-e]] [-@]] [dir]\n")
        return 2
    if len(words) > 1:
        return shell.complain("cd: too many arguments")
    if not words:
        home = shell.get("HOME")
        return shell.complain("cd: HOME not set") if home is None else _change(shell, "cd", home)
    name = words[0]
    if name == "-":
        before = shell.get("OLDPWD")
        if before is None:
            return shell.complain("cd: OLDPWD not set")
        status = _change(shell, "cd", before)
        if status == 0:
            shell.out(f"{shell.cwd}\n")
        return status
    if name[:1] != "/" and name.split("/")[0] not in (".", ".."):
        for folder in (shell.get("CDPATH") or "").split(":"):
            if folder and (entry := shell.machine.files.follow(shell.path(f"{folder}/{name}"))) and entry.kind == "dir":
                status = _change(shell, "cd", f"{folder}/{name}")
                shell.out(f"{shell.cwd}\n")
                return status
    return _change(shell, "cd", name, physical=physical)


def _pwd(shell: Shell, argv: list[str]) -> int:
    path = shell.cwd
    if "-P" in argv[1:] and (entry := shell.machine.files.follow(path)) is not None:
        path = entry.path
    shell.out(f"{path}\n")
    return 0


def _shown(shell: Shell, path: str) -> str:
    home = shell.get("HOME") or ""
    return "~" + path[len(home) :] if home and (path == home or path.startswith(home + "/")) else path


def _list(shell: Shell) -> int:
    shell.machine.spend(1 + len(shell.directories) // 8)
    shell.out(" ".join(_shown(shell, path) for path in (shell.cwd, *shell.directories)) + "\n")
    return 0


def _pushd(shell: Shell, argv: list[str]) -> int:
    words = [word for word in argv[1:] if word not in ("-n", "--")]
    stack = [shell.cwd, *shell.directories]
    if not words:
        if len(stack) < 2:
            return shell.complain("pushd: no other directory")
        stack[0], stack[1] = stack[1], stack[0]
    elif (at := _index(words[0], len(stack))) is not None:
        if not 0 <= at < len(stack):
            return shell.complain(f"pushd: {words[0]}: directory stack index out of range")
        stack = stack[at:] + stack[:at]
    else:
        before = shell.cwd
        status = _change(shell, "pushd", words[0])
        if status:
            return status
        shell.directories.insert(0, before)
        return _list(shell)
    status = _change(shell, "pushd", stack[0])
    if status == 0:
        shell.directories = stack[1:]
        _list(shell)
    return status


def _index(word: str, size: int) -> int | None:
    if word[:1] not in ("+", "-") or not word[1:].isdecimal():
        return None
    number = int(word[1:6])
    return number if word[0] == "+" else size - 1 - number


def _popd(shell: Shell, argv: list[str]) -> int:
    words = [word for word in argv[1:] if word not in ("-n", "--")]
    if not shell.directories:
        return shell.complain("popd: directory stack empty")
    stack = [shell.cwd, *shell.directories]
    at = _index(words[0], len(stack)) if words else 0
    if at is None or not 0 <= at < len(stack):
        return shell.complain(f"popd: {words[0]}: directory stack index out of range")
    if at:
        del shell.directories[at - 1]
        return _list(shell)
    status = _change(shell, "popd", shell.directories[0])
    if status == 0:
        del shell.directories[0]
        _list(shell)
    return status


def _dirs(shell: Shell, argv: list[str]) -> int:
    flags = "".join(word[1:] for word in argv[1:] if word.startswith("-"))
    if "c" in flags:
        shell.directories = []
        return 0
    paths = [shell.cwd, *shell.directories]
    shown = paths if "l" in flags else [_shown(shell, path) for path in paths]
    if "v" in flags:
        shell.out("".join(f"{number:2d}  {path}\n" for number, path in enumerate(shown)))
    else:
        shell.out(("\n" if "p" in flags else " ").join(shown) + "\n")
    return 0


BUILTINS: Mapping[str, Builtin] = {"cd": _cd, "pwd": _pwd, "pushd": _pushd, "popd": _popd, "dirs": _dirs}
