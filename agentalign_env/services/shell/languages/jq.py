"""jq: runs a program over JSON values."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from agentalign_env.core.commands import Command, Invocation
from agentalign_env.errors import OperationError
from agentalign_env.services.shell.languages.jq_builtins import HaltError, library
from agentalign_env.services.shell.languages.jq_lexer import JqSyntaxError
from agentalign_env.services.shell.languages.jq_machine import JqMachine
from agentalign_env.services.shell.languages.jq_options import JqOptions, JqUsageError, read_options
from agentalign_env.services.shell.languages.jq_parser import parse_jq
from agentalign_env.services.shell.languages.jq_prelude import prelude
from agentalign_env.services.shell.languages.jq_reader import JsonProblemError, JsonReader
from agentalign_env.services.shell.languages.jq_types import BreakError
from agentalign_env.services.shell.languages.jq_values import JqError, Json, MemoryProblemError, dump, metered

__all__ = ["COMMANDS", "jq"]

_HINT: Final = (
    "Use jq --help for help with command-line options,\n"
    "or see the jq manpage, or online docs  at https://stedolan.github.io/jq\n"
)


def jq(invocation: Invocation) -> int:
    """Runs a program."""
    try:
        options = read_options(invocation)
    except JqUsageError as error:
        invocation.err(f"jq: {error}\n{_HINT}" if error.hint else f"{error}\n")
        return 2
    if options.answer:
        invocation.out(options.answer)
        return 0
    try:
        with metered(invocation.spend):
            return _Run(invocation, options).run()
    except (MemoryProblemError, RecursionError):  # calls are counted, but a program may nest as deep within each
        invocation.err("jq: error: cannot allocate memory\n")
        return 134


class _Run:
    """One run: the program, the inputs, what is written."""

    def __init__(self, invocation: Invocation, options: JqOptions) -> None:
        self._invocation, self._options = invocation, options
        self._inputs = _Inputs(invocation, options)
        self._machine = JqMachine(invocation, self._inputs.more, library())
        self._machine.define(prelude())
        self._status = 0
        self._last: Json = None
        self._any = False

    def run(self) -> int:
        """Runs the program on every input; the exit status."""
        options = self._options
        variables = {"ENV": dict(self._invocation.env), **options.variables}
        try:
            program = self._machine.program(parse_jq(options.program), list(variables))
        except JqSyntaxError as error:
            self._invocation.err(_compile_error(options.program, error))
            return 3
        env: Mapping[str, Any] = {f"${name}": value for name, value in variables.items()}

        def handle(value: Json) -> None:
            for _, out in program(env, None, value):
                self._machine.tick()
                self._write(out)

        try:
            self._over(handle)
        except HaltError as halt:
            if not halt.silent and halt.value is not None:
                self._invocation.err(halt.value if isinstance(halt.value, str) else dump(halt.value) + "\n")
            return halt.status
        except JsonProblemError as error:
            self._invocation.err(f"parse error: {error}\n")
            return 4
        return self._final()

    def _over(self, handle: Callable[[Json], None]) -> None:
        if self._options.null:
            self._guarded(handle, None)
            return
        while True:
            self._machine.file = self._inputs.name
            value = self._inputs.next()
            if value is JsonReader.END:
                return
            self._machine.file = self._inputs.name
            self._invocation.spend(1)
            self._guarded(handle, value)

    def _guarded(self, handle: Callable[[Json], None], value: Json) -> None:
        try:
            handle(value)
        except BreakError:
            self._complain("break")
        except JqError as error:
            self._complain(error.value)

    def _complain(self, value: Json) -> None:
        self._status = 5
        self._machine.depth = 0
        where = self._inputs.where
        if isinstance(value, str):
            self._invocation.err(f"jq: error (at {where}): {value}\n")
        else:
            self._invocation.err(f"jq: error (at {where}) (not a string): {dump(value)}\n")

    def _final(self) -> int:
        if self._inputs.failed:
            return 2
        if self._status:
            return self._status
        if self._options.exit_status:
            if not self._any:
                return 4
            return 1 if self._last is None or self._last is False else 0
        return 0

    def _write(self, value: Json) -> None:
        options = self._options
        self._any, self._last = True, value
        if options.raw and isinstance(value, str):
            text = value if not options.ascii else dump(value, ascii_only=True)[1:-1]
        else:
            text = dump(value, indent=options.indent, sort=options.sort, ascii_only=options.ascii)
        self._invocation.out(text if options.joined else text + "\n")


def _compile_error(program: str, error: JqSyntaxError) -> str:
    problem = str(error)
    if problem.startswith("syntax error"):
        problem += " (Unix shell quoting issues?)"
    lines = _located(program, problem, error.at)
    if error.also is None:
        return f"{lines}jq: 1 compile error\n"
    return f"{lines}{_located(program, *error.also)}jq: 2 compile errors\n"


def _located(program: str, problem: str, at: int) -> str:
    line = program.count("\n", 0, at) + 1
    start = program.rfind("\n", 0, at) + 1
    end = program.find("\n", start)
    shown = program[start : len(program) if end < 0 else end]
    return f"jq: error: {problem} at <top-level>, line {line}:\n{shown}{' ' * (at - start)}\n"


class _Inputs:
    """The values to read, over all files.

    Attributes:
        failed: Whether a file could not be read.
        name: The file that is being read.
    """

    def __init__(self, invocation: Invocation, options: JqOptions) -> None:
        self._invocation, self._options = invocation, options
        self._files: Sequence[str] = options.files or ("-",)
        self._index = 0
        self._reader: JsonReader | None = None
        self._lines: list[str] | None = None
        self._at = 0
        self._done = False
        self._ended = False
        self._pending: Iterator[Json] = iter(())
        self.failed = False
        self.name: Json = None

    @property
    def where(self) -> str:
        """What is being read, for messages."""
        if self._ended or (self._reader is None and self._lines is None):
            return "<unknown>"
        name = self.name or "<stdin>"
        if self._reader is not None:
            return f"{name}:{self._reader.lines}"
        return f"{name}:{self._at}"

    def more(self) -> Json:
        """The next value, for ``input``.

        Raises:
            JqError: There is none.
        """
        value = self.next()
        if value is JsonReader.END:
            raise JqError("break")
        return value

    def next(self) -> Json:
        """The next value; `JsonReader.END` at the end."""
        if not self._options.slurp:
            return self._one()
        if self._done:
            return JsonReader.END
        self._done = True
        if self._options.lines:
            return "".join(iter(self._text, None))
        found: list[Json] = []
        while (value := self._one()) is not JsonReader.END:
            found.append(value)
            self._invocation.spend(1)
        return found

    def _one(self) -> Json:
        if self._options.lines:
            return self._line()
        while True:
            for value in self._pending:
                return value
            if self._reader is not None:
                value = self._reader.next()
                if value is not JsonReader.END and self._options.stream:
                    self._pending = _events(value, ())
                    continue
                if value is not JsonReader.END:
                    return value
            text = self._text()
            if text is None:
                self._ended = self._reader is not None and not self._reader.complete
                return JsonReader.END
            self._reader = JsonReader(text)

    def _line(self) -> Json:
        while True:
            if self._lines is not None and self._at < len(self._lines):
                self._at += 1
                return self._lines[self._at - 1]
            text = self._text()
            if text is None:
                return JsonReader.END
            self._lines, self._at = text.split("\n"), 0
            if self._lines[-1] == "":
                self._lines.pop()

    def _text(self) -> str | None:
        """All of the next file."""
        while self._index < len(self._files):
            name = self._files[self._index]
            self._index += 1
            try:
                text = self._invocation.open(name).read()
            except OperationError as error:
                self.failed = True
                words = error.message.split(":")[0]
                if words == "Is a directory":
                    continue
                self._invocation.err(f"jq: error: Could not open file {name}: {words}\n")
                continue
            self._invocation.spend(1 + len(text) // 1024)
            self.name = "<stdin>" if name == "-" else name
            return text
        return None


def _events(value: Json, path: tuple[Json, ...]) -> Iterator[Json]:
    """What ``--stream`` makes of a value: each leaf with its path, and the last path of each that ends."""
    if not isinstance(value, list | dict) or not value:
        yield [list(path), value]
        return
    parts = list(value.items()) if isinstance(value, dict) else [(float(at), part) for at, part in enumerate(value)]
    for key, part in parts:
        yield from _events(part, (*path, key))
    yield [[*path, parts[-1][0]]]


COMMANDS: Final[Mapping[str, Command]] = {"jq": jq}
