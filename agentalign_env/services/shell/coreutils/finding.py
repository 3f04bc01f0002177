"""find: the walk, the expression and its actions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from agentalign_env.errors import OperationError
from agentalign_env.services.shell.coreutils.calendar_days import format_time
from agentalign_env.services.shell.coreutils.entries import (
    base_name,
    blocks,
    group_of,
    inode,
    joined,
    link_count,
    mode_text,
    size,
)
from agentalign_env.services.shell.coreutils.find_printf import printed
from agentalign_env.services.shell.coreutils.find_tests import ARGUMENTS, FindError, Test, Visit, make_test
from agentalign_env.services.shell.coreutils.quoting import curly
from agentalign_env.services.shell.coreutils.sizes import whole

if TYPE_CHECKING:
    from agentalign_env.core.commands import Command, Invocation
    from agentalign_env.core.ports import FileEntry

__all__ = ["COMMANDS"]

_MAX_DEPTH = 60
_GLOBAL = ("-maxdepth", "-mindepth")
_IGNORED = ("-xdev", "-mount", "-noleaf", "-daystart", "-ignore_readdir_race", "-warn", "-nowarn")
_BATCH = 2_000


class _QuitError(Exception):
    """``-quit`` was reached."""


class _Find:
    """One run of find."""

    def __init__(self, invocation: Invocation) -> None:
        self._invocation = invocation
        self._words: list[str] = []
        self._at = 0
        self._least, self._most = 0, 1 << 30
        self._depth_first = self._acts = self._pruned = False
        self._follow, self._follow_starts = False, False
        self._extended = False
        self._pending: list[tuple[Sequence[str], list[str]]] = []
        self.status = 0

    def run(self) -> int:
        """Reads the arguments and walks; the exit status."""
        starts, words = self._split(list(self._invocation.args))
        self._words = words
        test: Test
        if words:
            test = self._either(0)
            if self._at < len(words):
                self._stray(words[self._at])
        else:
            test = _always
        if not self._acts:
            test = _both(test, self._action_print)
        try:
            for start in starts or ["."]:
                self._start(start, test)
        except _QuitError:
            pass
        for command, names in self._pending:
            self._run_batch(command, names)
        return self.status

    # Arguments

    def _split(self, args: list[str]) -> tuple[list[str], list[str]]:
        at = 0
        while at < len(args) and args[at] in ("-H", "-L", "-P", "-O1", "-O2", "-O3", "--"):
            self._follow = args[at] == "-L" or (self._follow and args[at] not in ("-P", "-H"))
            self._follow_starts = args[at] in ("-H", "-L") or (self._follow_starts and args[at] != "-P")
            at += 1
        first = at
        while (
            at < len(args) and not (args[at].startswith("-") and len(args[at]) > 1) and args[at] not in ("(", "!", ",")
        ):
            if args[at] == ")" and at == first:
                break
            at += 1
        return args[first:at], args[at:]

    def _stray(self, word: str) -> None:
        if word == ")":
            raise FindError(
                "invalid expression; you have used a binary operator '(' with nothing before it."
                if not self._at
                else "invalid expression; you have too many ')'"
            )
        if not word.startswith("-"):
            raise FindError(f"paths must precede expression: `{word}'")
        raise FindError(f"unknown predicate `{word}'")

    def _next(self) -> str | None:
        return self._words[self._at] if self._at < len(self._words) else None

    def _either(self, depth: int) -> Test:
        found = self._all(depth)
        while self._next() in ("-o", "-or", ","):
            word = self._words[self._at]
            self._at += 1
            if self._next() is None:
                raise FindError(f"expected an expression after '{word}'")
            other = self._all(depth)
            found = _second(found, other) if word == "," else _or(found, other)
        return found

    def _all(self, depth: int) -> Test:
        found = self._one(depth)
        while (word := self._next()) is not None and word not in ("-o", "-or", ",", ")"):
            if word in ("-a", "-and"):
                self._at += 1
                if self._next() is None:
                    raise FindError(f"expected an expression after '{word}'")
            found = _both(found, self._one(depth))
        return found

    def _one(self, depth: int) -> Test:
        if depth > _MAX_DEPTH:
            raise FindError("invalid expression; it is nested too deeply")
        word = self._words[self._at]
        self._at += 1
        if word in ("!", "-not"):
            if self._next() is None:
                raise FindError(f"expected an expression after '{word}'")
            inner = self._one(depth + 1)
            return lambda visit: not inner(visit)
        if word == "(":
            if self._next() is None:
                raise FindError(
                    "invalid expression; expected to find a ')' but didn't see one. "
                    "Perhaps you need an extra predicate after '('"
                )
            if self._next() == ")":
                raise FindError("invalid expression; empty parentheses are not allowed.")
            inner = self._either(depth + 1)
            if self._next() != ")":
                raise FindError("invalid expression; I was expecting to find a ')' somewhere but did not see one.")
            self._at += 1
            return inner
        if word == ")" or not word.startswith("-"):
            self._at -= 1
            self._stray(word)
        return self._predicate(word)

    def _predicate(self, word: str) -> Test:
        action = self._option(word) or self._action(word)
        if action is not None:
            return action
        text = self._argument(word) if word in ARGUMENTS else None
        test = make_test(self._invocation, word, text, extended=self._extended)
        if test is None:
            raise FindError(f"unknown predicate `{word}'")
        return test

    def _argument(self, word: str) -> str:
        text = self._next()
        if text is None:
            raise FindError(f"missing argument to `{word}'")
        self._at += 1
        return text

    def _option(self, word: str) -> Test | None:
        if word in _GLOBAL:
            text = self._argument(word)
            if not text.isdecimal():
                raise FindError(f"Expected a positive decimal integer argument to {word}, but got {curly(text)}")
            if word == "-maxdepth":
                self._most = whole(text)
            else:
                self._least = whole(text)
        elif word in ("-depth", "-d"):
            self._depth_first = True
        elif word == "-regextype":
            self._extended = "extended" in self._argument(word) or "egrep" in self._words[self._at - 1]
        elif word == "-follow":
            self._follow = True
        elif word not in _IGNORED:
            return None
        return _always

    # Actions

    def _action(self, word: str) -> Test | None:
        if word == "-prune":
            return self._action_prune
        make = {
            "-print": lambda: self._action_print,
            "-print0": lambda: self._writing(lambda visit: visit.name + "\0"),
            "-ls": lambda: self._writing(self._long_line),
            "-quit": lambda: self._action_quit,
            "-delete": self._delete,
        }.get(word)
        if make is not None:
            self._acts = True
            return make()
        if word == "-printf":
            form = self._argument(word)
            self._acts = True
            return self._writing(lambda visit: printed(self._invocation, form, visit))
        if word in ("-fprint", "-fprint0", "-fprintf", "-fls"):
            raise FindError(f"unknown predicate `{word}'")
        if word in ("-exec", "-execdir", "-ok", "-okdir"):
            self._acts = True
            return self._exec(word)
        return None

    def _writing(self, shown: Callable[[Visit], str]) -> Test:
        def act(visit: Visit) -> bool:
            self._invocation.out(shown(visit))
            return True

        return act

    def _action_print(self, visit: Visit) -> bool:
        self._invocation.out(visit.name + "\n")
        return True

    def _action_prune(self, visit: Visit) -> bool:
        self._pruned = True
        return True

    def _action_quit(self, visit: Visit) -> bool:
        raise _QuitError

    def _long_line(self, visit: Visit) -> str:
        entry = visit.entry
        recent = 0 <= self._invocation.now_s - entry.modified_s < 31_556_952 // 2
        time = format_time("%b %e %H:%M" if recent else "%b %e  %Y", entry.modified_s)
        target = f" -> {entry.content}" if entry.kind == "link" else ""
        links = link_count(self._invocation, entry)
        return (
            f"{inode(entry):9} {blocks(entry):6} {mode_text(entry)} {links:3} {entry.owner:8} {group_of(entry):8} "
            f"{size(entry):8} {time} {visit.name}{target}\n"
        )

    def _delete(self) -> Test:
        self._depth_first = True

        def act(visit: Visit) -> bool:
            if visit.name in (".", "./"):
                return True
            try:
                self._invocation.files.remove(visit.entry.path)
            except OperationError as error:
                self._invocation.err(f"find: cannot delete {curly(visit.name)}: {error.message.split(':')[0]}\n")
                self.status = 1
                return False
            return True

        return act

    def _exec(self, word: str) -> Test:
        command: list[str] = []
        while True:
            text = self._next()
            if text is None:
                raise FindError(f"missing argument to `{word}'")
            self._at += 1
            if text == ";":
                break
            if text == "+" and command and command[-1] == "{}":
                return self._exec_batch(command[:-1])
            command.append(text)
        if not command:
            raise FindError(f"missing argument to `{word}'")
        beside, asks = word.endswith("dir"), word.startswith("-ok")

        def act(visit: Visit) -> bool:
            name = f"./{base_name(visit.name)}" if beside else visit.name
            argv = [part.replace("{}", name) for part in command]
            if asks:
                self._invocation.err(f"< {command[0]} ... {name} > ? ")
                if not self._invocation.stdin.readline().lower().startswith("y"):
                    return False
            if not beside:
                return self._run(argv) == 0
            self._invocation.spend()
            folder = visit.entry.path.rpartition("/")[0] or "/"
            return self._invocation.script('cd "$1" && shift && "$@"', ("find", folder, *argv)) == 0

        return act

    def _exec_batch(self, command: list[str]) -> Test:
        if not command:
            raise FindError("missing argument to `-exec'")
        names: list[str] = []
        self._pending.append((command, names))

        def act(visit: Visit) -> bool:
            names.append(visit.name)
            if len(names) >= _BATCH:
                self._run_batch(command, names)
                names.clear()
            return True

        return act

    def _run_batch(self, command: Sequence[str], names: list[str]) -> None:
        if names and self._run([*command, *names]):
            self.status = 1

    def _run(self, argv: list[str]) -> int:
        self._invocation.spend()
        return self._invocation.run(argv)

    # Walking

    def _start(self, name: str, test: Test) -> None:
        path = self._invocation.path(name)
        files = self._invocation.files
        try:
            entry = files.get(path) or files.require(path)
            if entry.kind == "link" and (self._follow or self._follow_starts or name.endswith("/")):
                entry = files.follow(path) or entry
            if name.endswith("/") and entry.kind == "file":
                raise OperationError("invalid_state", "Not a directory: it is a file")
        except OperationError as error:
            self._invocation.err(f"find: {curly(name)}: {error.message.split(':')[0]}\n")
            self.status = 1
            return
        self._walk(name, entry, test)

    def _walk(self, start: str, top: FileEntry, test: Test) -> None:
        """Visits the tree without recursion: it may be deeper than Python's stack."""
        ahead: list[tuple[Visit, bool]] = [(Visit(start, top, 0, start), False)]
        while ahead:
            visit, left = ahead.pop()
            if left:
                self._visit(visit, test)
                continue
            self._invocation.spend()
            if self._depth_first:
                ahead.append((visit, True))
            else:
                self._pruned = False
                self._visit(visit, test)
                if self._pruned:
                    continue
            if visit.entry.kind == "dir" and visit.depth < self._most:
                ahead.extend((child, False) for child in reversed(self._children(visit)))

    def _visit(self, visit: Visit, test: Test) -> None:
        if visit.depth >= self._least:
            test(visit)

    def _children(self, visit: Visit) -> list[Visit]:
        files = self._invocation.files
        try:
            children = files.children(visit.entry.path)
        except OperationError as error:
            self._invocation.err(f"find: {curly(visit.name)}: {error.message.split(':')[0]}\n")
            self.status = 1
            return []
        found = []
        for child in children:
            seen = child
            if self._follow and child.kind == "link":
                target = files.follow(child.path)
                loop = target is not None and f"{child.path}/".startswith(target.path.rstrip("/") + "/")
                seen = child if target is None or loop else target
            found.append(Visit(joined(visit.name, base_name(child.path)), seen, visit.depth + 1, visit.start))
        return found


def _always(_: Visit) -> bool:
    return True


def _both(one: Test, other: Test) -> Test:
    return lambda visit: one(visit) and other(visit)


def _or(one: Test, other: Test) -> Test:
    return lambda visit: one(visit) or other(visit)


def _second(one: Test, other: Test) -> Test:
    def test(visit: Visit) -> bool:
        one(visit)
        return other(visit)

    return test


def _find(invocation: Invocation) -> int:
    try:
        return _Find(invocation).run()
    except FindError as error:
        invocation.err(f"find: {error}\n")
        return 1


COMMANDS: Mapping[str, Command] = {"find": _find}
