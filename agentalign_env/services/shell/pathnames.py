"""Patterns expanded to the names of files that exist."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from agentalign_env.errors import OperationError
from agentalign_env.services.shell.globs import compile_glob, has_magic
from agentalign_env.services.shell.limits import DEFAULT_SHELL_LIMITS

if TYPE_CHECKING:
    from agentalign_env.core.ports import FilesPort
    from agentalign_env.services.shell.shell import Shell

__all__ = ["expand_pattern"]


def expand_pattern(shell: Shell, pattern: str) -> list[str] | None:
    """The names that match, in order; ``None`` when the pattern stays as it is."""
    found = sorted(_match(shell, pattern))
    if found:
        shell.machine.spend(1 + len(found) // 25)
        return found
    if "failglob" in shell.shopts:
        shell.fail(f"no match: {_unescaped(pattern)}")
    return [] if "nullglob" in shell.shopts else None


def _match(shell: Shell, pattern: str) -> list[str]:
    steps = _steps(pattern)
    if steps is None:
        return []
    files = shell.machine.files
    nocase, dots = "nocaseglob" in shell.shopts, "dotglob" in shell.shopts
    stars = "globstar" in shell.shopts
    start = "/" if pattern.startswith("/") else ""
    ahead = [(start, "/" if start else shell.cwd)]
    for number, step in enumerate(steps):
        last = number == len(steps) - 1
        reached: list[tuple[str, str]] = []
        for shown, place in ahead:
            if step == "":
                if shown and _is_directory(files, place):
                    reached.append((shown + "/" if not shown.endswith("/") else shown, place))
            elif stars and step == "**":
                reached.extend(_below(shell, files, shown, place, dots=dots, directories=not last))
            elif has_magic(step):
                glob = compile_glob(step, ignore_case=nocase)
                hidden = dots or step.startswith((".", "\\."))
                reached.extend(
                    (_joined(shown, name), _joined(place, name))
                    for name in _names(shell, files, place)
                    if (hidden or name[0] != ".") and glob.matches(name)
                )
            else:
                name = _unescaped(step)
                path = _joined(place, name)
                if name in (".", "..") or files.get(path) is not None:
                    reached.append((_joined(shown, name), files.resolve(path)))
        shell.machine.spend(len(reached) // 25)
        if len(reached) > DEFAULT_SHELL_LIMITS.words:
            shell.fail("Argument list too long", 126)
        if not last:
            reached = [(shown, place) for shown, place in reached if _is_directory(files, place)]
        ahead = reached
    return list(dict.fromkeys(shown for shown, _ in ahead if shown))


@lru_cache(maxsize=512)
def _steps(pattern: str) -> tuple[str, ...] | None:
    body = pattern.lstrip("/") if pattern.startswith("/") else pattern
    steps: list[str] = []
    for step in body.split("/"):
        if step or not steps:
            steps.append(step)
    if body.endswith("/") and steps[-1]:
        steps.append("")
    return tuple(steps) if any(steps) else None


def _joined(shown: str, name: str) -> str:
    return name if not shown else f"{shown}{name}" if shown.endswith("/") else f"{shown}/{name}"


def _is_directory(files: FilesPort, place: str) -> bool:
    entry = files.follow(place)
    return entry is not None and entry.kind == "dir"


def _names(shell: Shell, files: FilesPort, place: str) -> list[str]:
    if not _is_directory(files, place):
        return []
    try:
        children = files.children(place)
    except OperationError:
        return []
    shell.machine.spend((len(children) + shell.machine.written) // 25)
    return [child.path.rpartition("/")[2] for child in children]


def _below(
    shell: Shell, files: FilesPort, shown: str, place: str, *, dots: bool, directories: bool
) -> list[tuple[str, str]]:
    found = [(shown, place)]
    ahead = [(shown, place)]
    while ahead:
        above_shown, above = ahead.pop()
        for name in _names(shell, files, above):
            if name[0] == "." and not dots:
                continue
            path = _joined(above, name)
            entry = files.get(path)
            pair = (_joined(above_shown, name), path)
            if entry is not None and entry.kind == "dir":
                ahead.append(pair)
                found.append(pair)
            elif not directories:
                found.append(pair)
    return found


def _unescaped(pattern: str) -> str:
    found, at = [], 0
    while at < len(pattern):
        if pattern[at] == "\\" and at + 1 < len(pattern):
            at += 1
        found.append(pattern[at])
        at += 1
    return "".join(found)
