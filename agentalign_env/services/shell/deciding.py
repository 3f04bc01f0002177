"""Tests: of files, texts and numbers, for ``[[ ]]`` and ``test``."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from agentalign_env.errors import OperationError
from agentalign_env.services.shell.arithmetic import ArithmeticProblem, calculate
from agentalign_env.services.shell.expansion import pattern_of, regex_of, text_of
from agentalign_env.services.shell.globs import compile_glob
from agentalign_env.services.shell.languages.patterns import PatternError, compile_pattern
from agentalign_env.services.shell.streams import PIPE
from agentalign_env.services.shell.variables import Assoc, Indexed

if TYPE_CHECKING:
    from agentalign_env.core.ports import FileEntry
    from agentalign_env.services.shell.shell import Shell
    from agentalign_env.services.shell.syntax import ConditionNode

__all__ = ["UNARY", "compare_files", "decide", "is_set", "unary_test"]

_DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/tty")
_STREAMS = ("/dev/stdin", "/dev/stdout", "/dev/stderr")
UNARY = frozenset("-" + letter for letter in "abcdefghknoprstuvwxzGLNORS")


def decide(shell: Shell, node: ConditionNode) -> int:
    """The status of a condition: 0 when it holds, 2 when it cannot be told."""
    operator = node.operator
    if operator == "!":
        status = decide(shell, node.nodes[0])
        return status if status > 1 else 1 - status
    if operator == "&&":
        for each in node.nodes:
            status = decide(shell, each)
            if status:
                return status
        return 0
    if operator == "||":
        status = 1
        for each in node.nodes:
            status = decide(shell, each)
            if status != 1:
                return status
        return status
    left = text_of(shell, node.words[0])
    if len(node.words) == 1:
        if shell.xtrace:
            _trace(shell, operator, left)
        return int(not unary_test(shell, operator, left))
    return _binary(shell, operator, left, node)


def _trace(shell: Shell, *words: str) -> None:
    from agentalign_env.services.shell.tracing import traced

    traced(shell, ["[[", *(word or "''" for word in words), "]]"], plain=True)


def _binary(shell: Shell, operator: str, left: str, node: ConditionNode) -> int:
    word = node.words[1]
    if operator in ("==", "!="):
        pattern = pattern_of(shell, word)
        if shell.xtrace:
            _trace(shell, left, operator, pattern)
        found = compile_glob(pattern, ignore_case="nocasematch" in shell.shopts).matches(left)
        return int(found != (operator == "=="))
    if operator == "=~":
        return _regex(shell, left, regex_of(shell, word))
    right = text_of(shell, word)
    if shell.xtrace:
        _trace(shell, left, operator, right)
    if operator in ("<", ">"):
        return int(not (left < right if operator == "<" else left > right))
    if operator in ("-nt", "-ot", "-ef"):
        return int(not compare_files(shell, operator, left, right))
    try:
        first, second = calculate(left, shell), calculate(right, shell)
    except ArithmeticProblem as problem:
        return shell.complain(f"[[: {problem}")
    return int(not NUMBERS[operator](first, second))


NUMBERS: dict[str, Callable[[int, int], bool]] = {
    "-eq": int.__eq__, "-ne": int.__ne__, "-lt": int.__lt__, "-le": int.__le__, "-gt": int.__gt__, "-ge": int.__ge__,
}  # fmt: skip


def _regex(shell: Shell, subject: str, pattern: str) -> int:
    try:
        found = compile_pattern(pattern, "extended", ignore_case="nocasematch" in shell.shopts).search(subject, 0)
    except PatternError:
        return 2
    shell.machine.spend(len(subject) >> 10)
    matches = Indexed()
    if found is not None:
        for number in range(found.groups + 1):
            matches[number] = found.group(number) or ""
    shell.variables.values["BASH_REMATCH"] = matches
    return int(found is None)


def is_set(shell: Shell, name: str) -> bool:
    """Whether a variable, or an element as ``name[subscript]``, has a value."""
    if name.endswith("]") and "[" in name:
        base, _, subscript = name[:-1].partition("[")
        value = shell.array(base)
        if subscript in ("@", "*"):
            return bool(value)
        return value is not None and shell.element(base, subscript) is not None
    if name.isdecimal():
        return 0 < int(name) <= len(shell.args)
    value = shell.array(name)
    if isinstance(value, Assoc):
        return "0" in value
    return 0 in value if isinstance(value, Indexed) else value is not None


def unary_test(shell: Shell, operator: str, value: str) -> bool:
    """A test of one text."""
    if operator == "-n":
        return bool(value)
    if operator == "-z":
        return not value
    if operator == "-v":
        return is_set(shell, value)
    if operator == "-o":
        from agentalign_env.services.shell.shell import shell_options

        return value in shell_options(shell)
    if operator == "-R":
        return "n" in shell.variables.attributes.get(value, "")
    if operator == "-t":
        return False
    return _file_test(shell, operator, value)


def _entry(shell: Shell, name: str, *, link: bool = False) -> FileEntry | None:
    files = shell.machine.files
    try:
        path = shell.path(name)
        found = files.get(path) if link else files.follow(path)
    except OperationError:
        return None
    return None if found is not None and name.endswith("/") and found.kind != "dir" else found


def _file_test(shell: Shell, operator: str, name: str) -> bool:
    if name.startswith("/dev/") and (name in _DEVICES or name in _STREAMS or name.startswith("/dev/fd/")):
        if name == "/dev/stdin" and operator == "-p":
            return getattr(shell.stdin, "name", "") == PIPE
        return operator in (("-e", "-a", "-r", "-w", "-c") if name in _DEVICES else ("-e", "-a", "-r", "-w"))
    if operator in ("-h", "-L"):
        entry = _entry(shell, name, link=True)
        return entry is not None and entry.kind == "link"
    entry = _entry(shell, name)
    if entry is None:
        return False
    return _FILE_TESTS.get(operator, _never)(shell, entry)


def may(shell: Shell, entry: FileEntry, right: int) -> bool:
    """Whether the user may read (4), write (2) or run (1) it."""
    bits = int(entry.mode, 8)
    user = shell.machine.files.user
    if user == "root":
        return right != 1 or entry.kind == "dir" or bool(bits & 0o111)
    return bool((bits >> 6 if entry.owner == user else bits) & right)


def _never(_shell: Shell, _entry: FileEntry) -> bool:
    return False


_FILE_TESTS: dict[str, Callable[[Shell, FileEntry], bool]] = {
    "-e": lambda *_: True,
    "-a": lambda *_: True,
    "-f": lambda _, entry: entry.kind == "file",
    "-d": lambda _, entry: entry.kind == "dir",
    "-s": lambda _, entry: entry.kind == "dir" or bool(entry.content),
    "-r": lambda shell, entry: may(shell, entry, 4),
    "-w": lambda shell, entry: may(shell, entry, 2),
    "-x": lambda shell, entry: may(shell, entry, 1),
    "-O": lambda shell, entry: entry.owner == shell.machine.files.user,
    "-G": lambda shell, entry: entry.owner == shell.machine.files.user,
    "-N": lambda *_: True,
    "-k": lambda _, entry: bool(int(entry.mode, 8) & 0o1000),
    "-u": lambda _, entry: bool(int(entry.mode, 8) & 0o4000),
    "-g": lambda _, entry: bool(int(entry.mode, 8) & 0o2000),
}


def compare_files(shell: Shell, operator: str, left: str, right: str) -> bool:
    """``-nt``, ``-ot`` and ``-ef``."""
    first, second = _entry(shell, left), _entry(shell, right)
    if operator == "-ef":
        return first is not None and second is not None and first.path == second.path
    if operator == "-ot":
        first, second = second, first
    if first is None:
        return False
    return second is None or first.modified_s > second.modified_s
