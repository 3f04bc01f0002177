"""Commands that run other commands: xargs, env, nice, nohup, sudo, watch, setsid, stdbuf."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from agentalign_env.errors import OperationError
from agentalign_env.services.shell.coreutils.entries import user_id
from agentalign_env.services.shell.coreutils.inputs import CHUNK, charge
from agentalign_env.services.shell.coreutils.quoting import curly, quoted
from agentalign_env.services.shell.coreutils.sizes import whole
from agentalign_env.services.shell.options import Options, Syntax, parse, usage_error

if TYPE_CHECKING:
    from agentalign_env.core.commands import Command, Input, Invocation

__all__ = ["COMMANDS"]

_XARGS = Syntax.of(
    "0|null a|arg-file= d|delimiter= E= e|eof=? I= i|replace=? L|max-lines= l=? n|max-args= o|open-tty "
    "P|max-procs= p|interactive process-slot-var= r|no-run-if-empty s|max-chars= show-limits t|verbose x|exit",
    in_order=True,
)
_BLANKS = " \t\n\v\f\r"
_MAX_CHARS = 131_072
_MAX_ITEMS = 5_000
_ESCAPES = {"n": "\n", "t": "\t", "0": "\0", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v", "\\": "\\"}


class _QuoteError(Exception):
    """A quote that is not closed; the message is xargs's."""


def _xargs(invocation: Invocation) -> int:
    options = parse(invocation, _XARGS)
    if isinstance(options, int):
        return options
    problem = _number_problem(options)
    if problem:
        return usage_error(invocation, problem)
    delimiter: str | None = "\0" if "0" in options else None
    if "d" in options:
        delimiter = _delimiter(options.get("d"))
        if delimiter is None:
            invocation.err(
                f"xargs: Invalid input delimiter specification {options.get('d')}: the delimiter must be either a "
                "single character or an escape sequence starting with \\.\n"
            )
            return 1
    source: Input = invocation.stdin
    if "a" in options:
        try:
            source = invocation.open(options.get("a"))
        except OperationError as error:
            return invocation.complain(f"Cannot open input file {curly(options.get('a'))}", error)
    return _Batches(invocation, options, delimiter).run(source)


def _number_problem(options: Options) -> str:
    for key, least in (("n", 1), ("L", 1), ("P", 0), ("s", 1)):
        if key not in options:
            continue
        text = options.get(key)
        if not text.isdecimal():
            return f'invalid number "{text}" for -{key} option'
        if whole(text) < least:
            return f"value {text} for -{key} option should be >= {least}"
    return ""


def _delimiter(text: str) -> str | None:
    if len(text) == 1:
        return text
    if text.startswith("\\") and len(text) == 2:
        return _ESCAPES.get(text[1])
    return None


_IGNORED = "xargs: warning: options {} and {} are mutually exclusive, ignoring previous {} value\n"


class _Batches:
    """One run of xargs: the items of its input, in command lines."""

    def __init__(self, invocation: Invocation, options: Options, delimiter: str | None) -> None:
        self._invocation, self._options, self._delimiter = invocation, options, delimiter
        self._command = options.operands or ["echo"]
        self._mark = options.get("I") or (options.get("i") or "{}" if "i" in options else "")
        self._count = whole(options.get("n"), _MAX_ITEMS)
        self._lines = 1 if self._mark else whole(options.get("L") or options.get("l"), int("l" in options))
        last = options.last(("I", "L", "n"), "")
        if last == "I" and "n" in options:
            invocation.err(_IGNORED.format("--max-args", "--replace/-I/-i", "--max-args"))
        elif last == "n" and self._mark and options.get("n") != "1":
            invocation.err(_IGNORED.format("--replace", "--max-args/-n", "--replace"))
        if last == "n" and self._mark:
            # As GNU's: of -I, -L and -n the last one counts.
            self._mark, self._lines = "", 0
        elif last != "n" and self._lines:
            self._count = _MAX_ITEMS
        self._chars = whole(options.get("s"), _MAX_CHARS)
        self._status = 0

    def run(self, source: Input) -> int:
        """Reads all items and runs the command with them; the exit status."""
        ran = False
        try:
            for items in self._groups(source):
                ran = True
                if self._one(items) >= 124:
                    return self._status
        except _QuoteError as error:
            self._invocation.err(f"xargs: {error}\n")
            return 1
        if not ran and "r" not in self._options and not self._mark:
            self._one([])
        return self._status

    def _one(self, items: Sequence[str]) -> int:
        """Runs the command once; xargs's own status after it."""
        if self._mark:
            argv = [part.replace(self._mark, items[0]) for part in self._command]
        else:
            argv = [*self._command, *items]
        self._invocation.spend()
        if "t" in self._options:
            self._invocation.err(" ".join(map(quoted, argv)) + "\n")
        # The command reads no input of its own unless the items come from a file.
        status = self._invocation.run(argv, stdin=None if "a" in self._options else "")
        if status == 255:
            self._invocation.err(f"xargs: {argv[0]}: exited with status 255; aborting\n")
            self._status = 124
        elif status in (126, 127):
            self._status = status
        elif status:
            self._status = 123
        return self._status

    def _groups(self, source: Input) -> Iterator[list[str]]:
        group: list[str] = []
        lines, start = 0, sum(len(word) + 1 for word in self._command)
        length = start
        for item, ends_line in self._items(source):
            size = len(item) + 1
            if group and (len(group) >= self._count or length + size > self._chars):
                yield group
                group, length = [], start
            group.append(item)
            length += size
            lines += ends_line
            if (self._lines and lines >= self._lines) or (self._mark and ends_line) or len(group) >= self._count:
                yield group
                group, length, lines = [], start, 0
        if group:
            yield group

    def _items(self, source: Input) -> Iterator[tuple[str, bool]]:
        """The items, each with whether its line ends with it."""
        end = self._options.get("E") or self._options.get("e")
        if self._delimiter is not None:
            yield from ((item, True) for item in self._delimited(source, self._delimiter))
            return
        for line in source:
            charge(self._invocation, 1, len(line))
            text = line.rstrip("\n")
            words = [_unquoted(text.lstrip(_BLANKS))] if self._mark and text.strip() else []
            if not self._mark:
                words = _words(text)
            for at, word in enumerate(words):
                if end and word == end:
                    return
                # A blank at the end of a line joins it with the next one for -L.
                yield word, at == len(words) - 1 and not text.endswith((" ", "\t"))

    def _delimited(self, source: Input, delimiter: str) -> Iterator[str]:
        if delimiter == "\n":
            for line in source:
                charge(self._invocation, 1, len(line))
                yield line.removesuffix("\n")
            return
        held = ""
        while text := source.read(CHUNK):
            charge(self._invocation, text.count(delimiter), len(text))
            *whole, held = (held + text).split(delimiter)
            yield from whole
        if held:
            yield held


_WORD_GAP = re.compile(r"[ \t\n\v\f\r]+")


def _words(text: str) -> list[str]:
    words, at = [], 0
    while at < len(text):
        if gap := _WORD_GAP.match(text, at):
            at = gap.end()
            continue
        word, at = _word(text, at, _BLANKS)
        words.append(word)
    return words


def _unquoted(text: str) -> str:
    return _word(text, 0, "")[0]


def _word(text: str, at: int, stops: str) -> tuple[str, int]:
    parts = []
    while at < len(text) and text[at] not in stops:
        char = text[at]
        if char in "'\"":
            end = text.find(char, at + 1)
            if end < 0:
                kind = "single" if char == "'" else "double"
                raise _QuoteError(
                    f"unmatched {kind} quote; by default quotes are special to xargs unless you use the -0 option"
                )
            parts.append(text[at + 1 : end])
            at = end + 1
        elif char == "\\" and at + 1 < len(text):
            parts.append(text[at + 1])
            at += 2
        else:
            parts.append(char)
            at += 1
    return "".join(parts), at


_ENV = Syntax.of(
    "i|ignore-environment 0|null u|unset= C|chdir= S|split-string= v|debug block-signal=? default-signal=? "
    "ignore-signal=? list-signal-handling",
    in_order=True,
)


def _env(invocation: Invocation) -> int:
    args = list(invocation.args)
    args = [
        "-i" if arg == "-" and all(before.startswith("-") for before in args[:at]) else arg
        for at, arg in enumerate(args)
    ]
    options = parse(invocation, _ENV, failure=125, args=args)
    if isinstance(options, int):
        return options
    env = {} if "i" in options else dict(invocation.env)
    for name in options.all("u"):
        env.pop(name, None)
    words = [*_words(options.get("S")), *options.operands]
    while words and "=" in words[0]:
        name, _, value = words.pop(0).partition("=")
        env[name] = value
    if not words:
        ending = "\0" if "0" in options else "\n"
        invocation.out("".join(f"{name}={value}{ending}" for name, value in env.items()))
        return 0
    if "C" in options:
        script = 'cd "$1" && shift && "$@"'
        return invocation.script(script, ("env", options.get("C"), *words))
    return invocation.run(words, env=env)


def _printenv(invocation: Invocation) -> int:
    options = parse(invocation, Syntax.of("0|null", in_order=True), failure=2)
    if isinstance(options, int):
        return options
    ending = "\0" if "0" in options else "\n"
    if not options.operands:
        invocation.out("".join(f"{name}={value}{ending}" for name, value in invocation.env.items()))
        return 0
    found = [invocation.env[name] for name in options.operands if name in invocation.env]
    invocation.out("".join(value + ending for value in found))
    return 0 if len(found) == len(options.operands) else 1


_NICE = Syntax.of("n|adjustment=", in_order=True)


def _nice(invocation: Invocation) -> int:
    args = [f"-n{arg[1:]}" if at == 0 and re.fullmatch(r"-\d+", arg) else arg for at, arg in enumerate(invocation.args)]
    options = parse(invocation, _NICE, failure=125, args=args)
    if isinstance(options, int):
        return options
    if "n" in options and not re.fullmatch(r"[-+]?\d+", options.get("n")):
        invocation.err(f"nice: invalid adjustment {curly(options.get('n'))}\n")
        return 125
    if not options.operands:
        if "n" in options:
            return usage_error(invocation, "a command must be given with an adjustment", failure=125)
        invocation.out("0\n")
        return 0
    return invocation.run(options.operands)


def _nohup(invocation: Invocation) -> int:
    options = parse(invocation, Syntax.of("", in_order=True), failure=125)
    if isinstance(options, int):
        return options
    if not options.operands:
        return usage_error(invocation, "missing operand", failure=125)
    return invocation.run(options.operands)


_SUDO = Syntax.of(
    "A|askpass b|background E|preserve-env=? g|group= H|set-home i|login k|reset-timestamp K|remove-timestamp l|list "
    "n|non-interactive p|prompt= S|stdin s|shell u|user= v|validate",
    in_order=True,
)


def _sudo(invocation: Invocation) -> int:
    """The owner may do what the owner may do: a command runs as the user, whoever was asked for."""
    options = parse(invocation, _SUDO)
    if isinstance(options, int):
        return options
    words = list(options.operands)
    caller = invocation.files.user
    env = {**invocation.env, "SUDO_USER": caller, "SUDO_UID": str(user_id(caller)), "SUDO_GID": str(user_id(caller))}
    env["SUDO_COMMAND"] = " ".join(words)
    while words and re.match(r"[A-Za-z_]\w*=", words[0]):
        name, _, value = words.pop(0).partition("=")
        env[name] = value
    user = options.get("u", "root")
    if user not in ("root", invocation.files.user):
        invocation.err(f"sudo: unknown user {user}\nsudo: error initializing audit plugin sudoers_audit\n")
        return 1
    if "l" in options and not words:
        invocation.out(
            f"User {invocation.files.user} may run the following commands on this host:\n    (ALL) NOPASSWD: ALL\n"
        )
        return 0
    if not words:
        if any(key in options for key in ("v", "k", "K", "i", "s")):
            return 0
        invocation.err(
            "usage: sudo -h | -K | -k | -V\n"
            "usage: sudo [-AbEHknPS] [-g group] [-u user] [VAR=value] [-i | -s] [command [arg ...]]\n"
        )
        return 1
    status = invocation.run(words, env=env)
    return 1 if status == 127 else status


def _watch(invocation: Invocation) -> int:
    """Shows a command's output once: nobody sits before the screen."""
    options = parse(invocation, Syntax.of("n|interval= d|differences=? t|no-title e c g b x", in_order=True))
    if isinstance(options, int):
        return options
    if not options.operands:
        invocation.err("Usage:\n watch [options] command\n")
        return 1
    return invocation.script(" ".join(options.operands))


def _setsid(invocation: Invocation) -> int:
    options = parse(invocation, Syntax.of("c f|fork w|wait i= o= e= n=", in_order=True))
    if isinstance(options, int):
        return options
    if not options.operands:
        return usage_error(invocation, "no command specified")
    return invocation.run(options.operands)


COMMANDS: Mapping[str, Command] = {
    "env": _env,
    "ionice": _setsid,
    "nice": _nice,
    "nohup": _nohup,
    "printenv": _printenv,
    "setsid": _setsid,
    "stdbuf": _setsid,
    "sudo": _sudo,
    "watch": _watch,
    "xargs": _xargs,
}
