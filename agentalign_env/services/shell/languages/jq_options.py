"""The command line of jq."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from agentalign_env.core.commands import Invocation
from agentalign_env.errors import OperationError
from agentalign_env.services.shell.languages.jq_reader import JsonProblemError, JsonReader, read_one
from agentalign_env.services.shell.languages.jq_values import Json

__all__ = ["JqOptions", "JqUsageError", "read_options"]

_LONG: Final = {
    "null-input": "n", "raw-input": "R", "slurp": "s", "compact-output": "c", "raw-output": "r", "join-output": "j",
    "ascii-output": "a", "sort-keys": "S", "exit-status": "e", "color-output": "C", "monochrome-output": "M",
    "tab": "tab", "unbuffered": "u", "stream": "stream", "seq": "seq", "from-file": "f", "help": "h", "version": "V",
}  # fmt: skip
_LETTERS: Final = frozenset("nRscrjaSeCMfhV")
_NAMED: Final = {"arg": 2, "argjson": 2, "slurpfile": 2, "rawfile": 2, "indent": 1, "L": 1}


class JqUsageError(Exception):
    """The command line is wrong.

    Attributes:
        hint: Whether jq says where help is.
    """

    def __init__(self, problem: str, *, hint: bool = True) -> None:
        super().__init__(problem)
        self.hint = hint


class JqOptions(NamedTuple):
    """What the command line asks for.

    Attributes:
        program: The program.
        files: The files to read.
        variables: What the program can name.
        null: Whether no input is read.
        lines: Whether lines are read as strings.
        slurp: Whether all inputs become one.
        raw: Whether strings are written as they are.
        joined: Whether no newline is written.
        ascii: Whether only ASCII is written.
        sort: Whether keys are sorted.
        exit_status: Whether the last output makes the exit status.
        indent: What indents; empty for one line.
        stream: Whether inputs are taken apart into paths and values.
        answer: What is answered instead.
    """

    program: str
    files: list[str]
    variables: dict[str, Json]
    null: bool
    lines: bool
    slurp: bool
    raw: bool
    joined: bool
    ascii: bool
    sort: bool
    exit_status: bool
    indent: str
    stream: bool
    answer: str


class _Line:
    """The command line as it is read."""

    def __init__(self, invocation: Invocation) -> None:
        self._invocation = invocation
        self.flags: set[str] = set()
        self.texts: list[str] = []
        self.named: dict[str, Json] = {}
        self.positional: list[Json] = []
        self.indent = "  "
        self.program: str | None = None

    def read(self) -> None:
        """Reads all arguments."""
        ahead = iter(self._invocation.args)
        rest = ""  # what further plain arguments are
        plain = False
        for arg in ahead:
            if plain or not arg.startswith("-") or arg == "-":
                self._plain(arg, rest)
            elif arg == "--":
                plain = True
            elif arg in {"--args", "--jsonargs"}:
                rest = arg
            elif arg.startswith("--"):
                self._long(arg[2:], ahead)
            elif arg == "-L":
                next(ahead, None)
            else:
                self._short(arg)

    def _plain(self, arg: str, rest: str) -> None:
        if self.program is None and "f" not in self.flags:
            self.program = arg
        elif rest == "--args":
            self.positional.append(arg)
        elif rest == "--jsonargs":
            self.positional.append(_json(arg, "Invalid JSON text passed to --jsonargs"))
        else:
            self.texts.append(arg)

    def _short(self, arg: str) -> None:
        for letter in arg[1:]:
            if letter not in _LETTERS:
                raise JqUsageError(f"Unknown option {arg}")
            self._flag(letter)

    def _flag(self, letter: str) -> None:
        self.flags.add(letter)
        if letter == "c":
            self.indent = ""
        if letter == "f" and self.program is not None:
            self.texts.insert(0, self.program)
            self.program = None

    def _long(self, name: str, ahead: Any) -> None:
        if name in _LONG:
            if name == "tab":
                self.indent = "\t"
            self._flag(_LONG[name])
            return
        count = _NAMED.get(name)
        if count is None:
            raise JqUsageError(f"Unknown option --{name}")
        values = [value for _, value in zip(range(count), ahead, strict=False)]
        if len(values) < count:
            raise JqUsageError(_MISSING[name])
        if name == "indent":
            self._set_indent(values[0])
        elif name == "arg":
            self.named.setdefault(values[0], values[1])
        elif name == "argjson":
            self.named.setdefault(values[0], _json(values[1], "invalid JSON text passed to --argjson"))
        elif name in {"slurpfile", "rawfile"}:
            self.named.setdefault(values[0], self._file(name, *values))

    def _set_indent(self, value: str) -> None:
        if not value.lstrip("-").isdigit():
            raise JqUsageError("--indent takes a number")
        count = int(value[:6])
        if not -1 <= count <= 7:
            raise JqUsageError("--indent takes a number between -1 and 7")
        self.indent = "\t" if count < 0 else " " * count

    def _file(self, option: str, name: str, file: str) -> Json:
        try:
            text = self._invocation.open(file).read()
        except OperationError as error:
            words = error.message.split(":")[0]
            raise JqUsageError(f"Bad JSON in --{option} {name} {file}: Could not open {file}: {words}") from None
        if option == "rawfile":
            return text
        reader, found = JsonReader(text), []
        try:
            while (value := reader.next()) is not JsonReader.END:
                found.append(value)
        except JsonProblemError as error:
            raise JqUsageError(f"Bad JSON in --{option} {name} {file}: {error}") from None
        return found


_MISSING: Final = {
    "arg": "--arg takes two parameters (e.g. --arg varname value)",
    "argjson": "--argjson takes two parameters (e.g. --argjson varname text)",
    "slurpfile": "--slurpfile takes two parameters (e.g. --slurpfile varname filename)",
    "rawfile": "--rawfile takes two parameters (e.g. --rawfile varname filename)",
    "indent": "--indent takes one parameter",
    "L": "-L takes a parameter",
}


def _json(text: str, problem: str) -> Json:
    try:
        return read_one(text, shown=False)
    except JsonProblemError:
        raise JqUsageError(problem) from None


def read_options(invocation: Invocation) -> JqOptions:
    """What the arguments ask for.

    Raises:
        JqUsageError: They are wrong.
    """
    line = _Line(invocation)
    line.read()
    flags = line.flags
    answer = "jq-1.6\n" if "V" in flags else _USAGE if "h" in flags else ""
    program = line.program
    if "f" in flags and line.texts:
        file = line.texts.pop(0)
        try:
            program = invocation.open(file).read()
        except OperationError as error:
            words = error.message.split(":")[0]
            raise JqUsageError(f"jq: error: Could not open {file}: {words}", hint=False) from None
    if program is None and not answer:
        program = "."
    variables = {**line.named, "ARGS": {"positional": line.positional, "named": dict(line.named)}}
    return JqOptions(
        program=program or "",
        files=line.texts,
        variables=variables,
        null="n" in flags,
        lines="R" in flags,
        slurp="s" in flags,
        raw="r" in flags or "j" in flags,
        joined="j" in flags,
        ascii="a" in flags,
        sort="S" in flags,
        exit_status="e" in flags,
        indent=line.indent,
        stream="stream" in flags,
        answer=answer,
    )


_USAGE: Final = "Usage:\tjq [OPTIONS] FILTER [FILES...]\n"
