"""What names mean: type, which, hash, alias, and small ones."""

from __future__ import annotations

from collections.abc import Mapping

from agentalign_env.services.shell.builtins.variables import show_function
from agentalign_env.services.shell.commands import find_command
from agentalign_env.services.shell.quoting import shell_quoted
from agentalign_env.services.shell.shell import Builtin, Shell

__all__ = ["BUILTINS", "HIDDEN"]

_KEYWORDS = frozenset(
    ("if", "then", "else", "elif", "fi", "case", "esac", "for", "select", "while", "until", "do", "done", "in",
     "function", "time", "{", "}", "!", "[[", "]]", "coproc")
)  # fmt: skip
# Kept as builtins here, programs to the eyes of a script.
HIDDEN = frozenset(("bash", "sh", "dash", "which", "timeout"))


def _is_builtin(shell: Shell, name: str) -> bool:
    return name in shell.machine.runtime.builtins and name not in HIDDEN


def _type(shell: Shell, argv: list[str]) -> int:
    words = argv[1:]
    flags = set[str]()
    while words and words[0].startswith("-") and len(words[0]) > 1:
        word = words.pop(0)
        if word == "--":
            break
        flags |= set(word[1:])
    as_command = argv[0] == "command"
    known = 0
    for name in words:
        found = _meanings(shell, name, flags, brief=as_command and "v" in flags)
        known += bool(found)
        if not found:
            if as_command and "V" in flags:
                shell.complain(f"command: {name}: not found")
            elif not as_command and not flags & set("tpP"):
                shell.complain(f"type: {name}: not found")
            continue
        for text in found if "a" in flags else found[:1]:
            if text:
                shell.out(text + "\n")
    # One name that `command` knows is enough; `type` wants all.
    return int(not known if as_command else known < len(words))


def _meanings(shell: Shell, name: str, flags: set[str], *, brief: bool) -> list[str]:
    found = []

    def add(kind: str, short: str, long: str) -> None:
        if "p" in flags or "P" in flags:
            found.append(short if kind == "file" else "")
        else:
            found.append(kind if "t" in flags else short if brief else long)

    if "P" not in flags:
        if name in shell.aliases and "expand_aliases" in shell.shopts:
            value = shell.aliases[name]
            add("alias", f"alias {name}={shell_quoted(value)}", f"{name} is aliased to `{value}'")
        if name in _KEYWORDS:
            add("keyword", name, f"{name} is a shell keyword")
        if name in shell.functions and "f" not in flags:
            add("function", name, f"{name} is a function\n{show_function(shell, name)}")
        if _is_builtin(shell, name):
            add("builtin", name, f"{name} is a shell builtin")
    path = find_command(shell, name)
    if path is not None:
        add("file", path, f"{name} is {path}")
        if path == f"/usr/bin/{name}" and "/bin" in (shell.get("PATH") or "").split(":"):
            add("file", f"/bin/{name}", f"{name} is /bin/{name}")
    return found


def _which(shell: Shell, argv: list[str]) -> int:
    status = 0
    for name in argv[1:]:
        if name in ("-a", "--"):
            continue
        path = find_command(shell, name)
        if path is None:
            status = 1
        else:
            shell.out(path + "\n")
    return status if len(argv) > 1 else 1


def _hash(shell: Shell, argv: list[str]) -> int:
    words = argv[1:]
    if words and words[0].startswith("-"):
        return 0
    status = 0
    for name in words:
        if (
            find_command(shell, name) is None
            and name not in shell.machine.runtime.builtins
            and name not in shell.functions
        ):
            status = shell.complain(f"hash: {name}: not found")
    if not words:
        shell.out("hash: hash table empty\n")
    return status


def _alias(shell: Shell, argv: list[str]) -> int:
    words = [word for word in argv[1:] if word not in ("-p", "--")]
    if not words:
        for name, value in sorted(shell.aliases.items()):
            shell.out(f"alias {name}={shell_quoted(value)}\n")
    status = 0
    for word in words:
        name, sign, value = word.partition("=")
        if sign:
            shell.aliases = {**shell.aliases, name: value}
        elif name in shell.aliases:
            shell.out(f"alias {name}={shell_quoted(shell.aliases[name])}\n")
        else:
            status = shell.complain(f"alias: {name}: not found")
    return status


def _unalias(shell: Shell, argv: list[str]) -> int:
    if argv[1:2] == ["-a"]:
        shell.aliases = {}
        return 0
    status = 0
    for name in argv[1:]:
        if name not in shell.aliases:
            status = shell.complain(f"unalias: {name}: not found")
        shell.aliases = {held: value for held, value in shell.aliases.items() if held != name}
    return status


def _caller(shell: Shell, argv: list[str]) -> int:
    if not shell.calls:
        return 1
    line = shell.calls[-1][1]
    if len(argv) > 1:
        name = shell.calls[-2][0] if len(shell.calls) > 1 else "main"
        shell.out(f"{line} {name} {shell.arg0}\n")
    else:
        shell.out(f"{line} {shell.arg0 if shell.arg0 != 'bash' else 'NULL'}\n")
    return 0


def _nothing(_shell: Shell, _argv: list[str]) -> int:
    return 0


def _enable(shell: Shell, argv: list[str]) -> int:
    status = 0
    for name in argv[1:]:
        if not name.startswith("-") and not _is_builtin(shell, name):
            status = shell.complain(f"enable: {name}: not a shell builtin")
    return status


def _help(shell: Shell, argv: list[str]) -> int:
    if len(argv) > 1 and not _is_builtin(shell, argv[1]):
        return shell.complain(
            f"help: no help topics match `{argv[1]}'.  Try `help help' or `man -k {argv[1]}' or `info {argv[1]}'."
        )
    names = argv[1:] or sorted(name for name in shell.machine.runtime.builtins if name not in HIDDEN)
    shell.out("".join(f"{name}: {name}\n" for name in names))
    return 0


BUILTINS: Mapping[str, Builtin] = {
    "type": _type,
    "which": _which,
    "hash": _hash,
    "alias": _alias,
    "unalias": _unalias,
    "caller": _caller,
    "help": _help,
    "history": _nothing,
    "complete": _nothing,
    "compgen": _nothing,
    "enable": _enable,
    "bind": _nothing,
}
