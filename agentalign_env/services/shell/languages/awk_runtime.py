"""The state of a running awk program: variables, the record and its fields, the input."""

from __future__ import annotations

import re
from typing import Final, TypeAlias

from agentalign_env.core.commands import Invocation
from agentalign_env.core.rng import Random
from agentalign_env.errors import OperationError
from agentalign_env.services.shell.languages.awk_format import MAX_CHARS
from agentalign_env.services.shell.languages.awk_lexer import unescape
from agentalign_env.services.shell.languages.awk_streams import Records, Streams
from agentalign_env.services.shell.languages.awk_values import (
    UNSET,
    AwkError,
    Scalar,
    format_number,
    from_input,
    to_number,
)
from agentalign_env.services.shell.languages.patterns import Pattern, PatternError, compile_pattern

__all__ = ["Array", "Link", "Runtime", "Slot"]

Array: TypeAlias = dict[str, "Scalar"]
_BLANKS: Final = re.compile("[ \t\n]+")
_ASSIGNMENT: Final = re.compile(r"([A-Za-z_]\w*)=(.*)", re.ASCII | re.DOTALL)
_MAX_FIELD: Final = 100_000
_MAX_ELEMENTS: Final = 400_000


class Link:
    """A variable not yet used, handed to a function: should that make an array of it, the caller has the array too."""

    __slots__ = ("frame", "key")

    def __init__(self, frame: dict[str, Slot] | list[Slot], key: str | int) -> None:
        self.frame, self.key = frame, key


Slot: TypeAlias = Scalar | Array | Link


class Runtime:
    """A running program.

    Attributes:
        globals: The variables outside functions.
        frame: The variables of the function that runs.
        streams: What was opened by name.
        line: The line of the program that runs.
        depth: How many functions are inside each other.
        ignore_case: Whether patterns match in any case.
        seed: What random numbers begin from.
        numbers: The random numbers.
    """

    def __init__(self, invocation: Invocation) -> None:
        self.invocation = invocation
        self.streams = Streams(invocation)
        self.frame: list[Slot] = []
        self.line, self.depth, self.steps = 0, 0, 0
        self.convfmt = self.ofmt = "%.6g"
        self.ofs, self.ors, self.subsep = " ", "\n", "\x1c"
        self.ignore_case = False
        self.seed = 0.0
        self.numbers: Random | None = None
        self._fs, self._record_fs = " ", " "
        self._rs = "\n"
        self.globals: dict[str, Slot] = {
            "FS": " ", "OFS": " ", "ORS": "\n", "RS": "\n", "SUBSEP": "\x1c", "CONVFMT": "%.6g", "OFMT": "%.6g",
            "NR": 0.0, "FNR": 0.0, "NF": 0.0, "RSTART": 0.0, "RLENGTH": -1.0, "FILENAME": "", "RT": "",
            "ENVIRON": {key: from_input(value) for key, value in invocation.env.items()},
        }  # fmt: skip
        self._record, self._stale = "", False
        self._fields: list[Scalar] = []
        self._split_done = True
        self._input: Records | None = None
        self._next_arg = 1
        self._read_any = False

    # Work

    def tick(self) -> None:
        """Counts a statement."""
        self.steps += 1
        if not self.steps & 3:
            self.invocation.spend(1)

    def bounded(self, text: str) -> str:
        """A text that is not too long.

        Raises:
            AwkError: It is.
        """
        size = len(text)
        if size > 1024:
            if size > MAX_CHARS:
                raise AwkError("out of memory")
            self.invocation.spend(size // 16_384)
        return text

    # Variables

    def text(self, value: Scalar) -> str:
        """A value as a string."""
        return format_number(value, self.convfmt) if isinstance(value, float) else value

    def shown(self, value: Scalar) -> str:
        """A value as print writes it."""
        return format_number(value, self.ofmt) if isinstance(value, float) else value

    def get(self, name: str) -> Scalar:
        """The value of a variable."""
        if name == "NF" and not self._split_done:
            self._split()
        value = self.globals.get(name, UNSET)
        if isinstance(value, dict):
            raise AwkError(f"attempt to use array `{name}' in a scalar context")
        return UNSET if isinstance(value, Link) else value

    def set(self, name: str, value: Scalar) -> None:
        """Sets a variable; the special ones take effect."""
        if name in _SPECIAL:
            self._set_special(name, value)
        elif isinstance(self.globals.get(name), dict):
            raise AwkError(f"attempt to use array `{name}' in a scalar context")
        self.globals[name] = value

    def _set_special(self, name: str, value: Scalar) -> None:
        text = self.text(value)
        if name == "NF":
            self._resize(int(min(max(to_number(value), 0), _MAX_FIELD)))
        elif name == "FS":
            self._fs = text
        elif name == "RS":
            self._rs = text
        elif name == "OFS":
            self.ofs = text
        elif name == "ORS":
            self.ors = text
        elif name == "SUBSEP":
            self.subsep = text
        elif name == "CONVFMT":
            self.convfmt = text
        elif name == "OFMT":
            self.ofmt = text
        elif name == "IGNORECASE":
            self.ignore_case = to_number(value) != 0

    def array(self, name: str, local: int) -> Array:
        """The array of this name, made if there is none."""
        frame: dict[str, Slot] | list[Slot] = self.globals if local < 0 else self.frame
        key: str | int = name if local < 0 else local
        value = self._slot(frame, key)
        if isinstance(value, dict):
            return value
        if value is not UNSET and not isinstance(value, Link):
            raise AwkError(f"attempt to use scalar `{name}' as an array")
        made: Array = {}
        frame[key] = made  # type: ignore[index]
        while isinstance(value, Link):
            frame, key = value.frame, value.key
            value = self._slot(frame, key)
            if isinstance(value, dict):
                raise AwkError(f"attempt to use scalar `{name}' as an array")
            frame[key] = made  # type: ignore[index]
        return made

    @staticmethod
    def _slot(frame: dict[str, Slot] | list[Slot], key: str | int) -> Slot:
        if isinstance(frame, dict):
            return frame.get(str(key), UNSET)
        return frame[int(key)]

    def put(self, array: Array, key: str, value: Scalar) -> None:
        """Sets an element."""
        array[key] = value
        if len(array) > _MAX_ELEMENTS:
            raise AwkError("out of memory")

    def key(self, value: Scalar) -> str:
        """A value as the key of an element."""
        return str(int(value)) if isinstance(value, float) and value.is_integer() else self.text(value)

    def pattern(self, text: str) -> Pattern:
        """A pattern made ready.

        Raises:
            AwkError: It is invalid.
        """
        try:
            return compile_pattern(text, "awk", ignore_case=self.ignore_case)
        except PatternError as error:
            raise AwkError(f"invalid regexp: {error}: /{text}/") from None

    # The record

    def set_record(self, text: str) -> None:
        """A new record."""
        self._record, self._record_fs = text, self._fs
        self._split_done, self._stale = False, False

    def _split(self) -> None:
        self._split_done = True
        self._fields = self.split(self._record, self._record_fs)
        self.globals["NF"] = float(len(self._fields))

    def split(self, text: str, separator: str | Pattern) -> list[Scalar]:
        """The fields of a text."""
        if isinstance(separator, str):
            if separator == " ":
                text = text.strip(" \t\n")
                return [from_input(part) for part in _BLANKS.split(text)] if text else []
            if not text:
                return []
            if separator == "":
                return [from_input(char) for char in text]
            if len(separator) == 1 and separator != "\\" and not self.ignore_case:
                if self._rs == "" and separator != "\n" and "\n" in text:
                    return [from_input(part) for line in text.split("\n") for part in line.split(separator)]
                return [from_input(part) for part in text.split(separator)]
            separator = self.pattern(separator if len(separator) > 1 else "\\" + separator)
        if not text:
            return []
        parts: list[Scalar] = []
        at = 0
        for match in separator.finditer(text, 0, self.invocation.spend):
            if match.end > match.start:
                parts.append(from_input(text[at : match.start]))
                at = match.end
        parts.append(from_input(text[at:]))
        self.invocation.spend(len(parts) // 16)
        return parts

    def _resize(self, count: int) -> None:
        if not self._split_done:
            self._split()
        del self._fields[count:]
        self._fields.extend([UNSET] * (count - len(self._fields)))
        self._stale = True
        self.globals["NF"] = float(count)

    def field(self, number: int) -> Scalar:
        """A field; 0 is the record."""
        if number == 0:
            if self._stale:
                self._record = self.bounded(self.ofs.join([self.text(value) for value in self._fields]))
                self._stale = False
            return from_input(self._record)
        if number < 0:
            raise AwkError(f"attempt to access field {number}")
        if not self._split_done:
            self._split()
        return self._fields[number - 1] if number <= len(self._fields) else UNSET

    @property
    def record(self) -> str:
        """The record."""
        if self._stale:
            self.field(0)
        return self._record

    def set_field(self, number: int, value: Scalar) -> None:
        """Sets a field; the record follows."""
        if number == 0:
            self.set_record(self.text(value))
            return
        if number < 0 or number > _MAX_FIELD:
            raise AwkError(f"attempt to access field {number}")
        if not self._split_done:
            self._split()
        if number > len(self._fields):
            self._resize(number)
        self._fields[number - 1] = value
        self._stale = True

    # The input

    def _read(self, records: Records) -> str | None:
        separator = self._rs
        pattern = self.pattern(separator) if len(separator) > 1 else None
        found = records.next(separator, pattern)
        if found is None:
            return None
        self.globals["RT"] = found[1]
        return found[0]

    def next_record(self) -> str | None:
        """The next record of the input, counted; ``None`` at the end."""
        while True:
            if self._input is None and not self._open_next():
                return None
            if self._input is None:
                continue
            record = self._read(self._input)
            if record is not None:
                self.globals["NR"] = to_number(self.get("NR")) + 1
                self.globals["FNR"] = to_number(self.get("FNR")) + 1
                return record
            self._input = None

    def skip_file(self) -> None:
        """Leaves the file that is being read."""
        self._input = None

    def _open_next(self) -> bool:
        """Opens the next file of the arguments; whether there is one."""
        arguments = self.globals.get("ARGV")
        while isinstance(arguments, dict) and self._next_arg < to_number(self.get("ARGC")):
            value = arguments.get(str(self._next_arg), UNSET)
            self._next_arg += 1
            name = self.text(value)
            assignment = _ASSIGNMENT.fullmatch(name)
            if assignment:
                self.set(assignment[1], from_input(unescape(assignment[2])))
            elif name:
                self._read_any = True
                return self._open(name)
        if self._read_any:
            return False
        self._read_any = True
        return self._open("-", shown="")

    def _open(self, name: str, shown: str | None = None) -> bool:
        try:
            entry = None if name == "-" else self.invocation.files.follow(self.invocation.path(name))
            if entry is not None and entry.kind == "dir":
                self.invocation.err(f"awk: warning: command line argument `{name}' is a directory: skipped\n")
                return True
            self._input = Records(self.invocation.open(name), self.invocation.spend)
        except OperationError as error:
            words = error.message.split(":")[0]
            self.line = 0
            raise AwkError(f"cannot open file `{name}' for reading: {words}") from None
        self.globals["FILENAME"] = name if shown is None else shown
        self.globals["FNR"] = 0.0
        return True

    def getline(self, kind: str, source: str) -> tuple[float, str]:
        """How a reading went (1, 0 at the end, -1 for no such file), and the record."""
        if not kind:
            record = self.next_record()
            return (0.0, "") if record is None else (1.0, record)
        records = self.streams.reader(kind, source)
        record = self._read(records) if records is not None else None
        if record is None:
            self.invocation.spend(1)
            return (-1.0 if records is None else 0.0), ""
        if kind == "|":
            self.globals["NR"] = to_number(self.get("NR")) + 1
        return 1.0, record


_SPECIAL: Final = frozenset({"NF", "FS", "RS", "OFS", "ORS", "SUBSEP", "CONVFMT", "OFMT", "IGNORECASE"})
