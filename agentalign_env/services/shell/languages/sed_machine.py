"""Runs sed scripts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

from agentalign_env.core.commands import Invocation
from agentalign_env.core.text import to_bytes
from agentalign_env.errors import OperationError
from agentalign_env.services.shell.languages.patterns import Match, Pattern, PatternError
from agentalign_env.services.shell.languages.sed_script import Address, Edit, Piece, SedError, Substitution
from agentalign_env.services.shell.languages.sed_streams import Output, Reader

__all__ = ["SedMachine"]

_MAX_SPACE: Final = 8 * 1024 * 1024
_SHOWN: Final = {
    "\a": "\\a",
    "\b": "\\b",
    "\f": "\\f",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
    "\v": "\\v",
    "\\": "\\\\",
}

Flow = Literal["next", "cycle", "restart", "quit"] | int
"""What comes after a command: the next one, a new cycle, a new cycle on the same space, the end, or a jump."""


class SedMachine:
    """A script at work on lines.

    Attributes:
        status: The exit status that the script asked for.
    """

    def __init__(self, invocation: Invocation, edits: Sequence[Edit], *, quiet: bool, end: str, width: int) -> None:
        self._invocation, self._edits, self._quiet, self._end, self._width = invocation, edits, quiet, end, width
        self._space, self._hold = "", ""
        self._changed = False
        self._ended, self._hold_ended = True, True  # whether the line in each space had its newline
        self._appended: list[tuple[str, str]] = []
        self._last_pattern: Pattern | None = None
        self._active: dict[int, int] = {}  # ranges that began: the line where each ends, -1 where a pattern ends it
        self._done: set[int] = set()  # ranges that a line's number began, never to begin again
        self._others: dict[str, Output] = {}
        self._sources: dict[str, Reader] = {}
        self._steps = 0
        self.status = 0
        for index, edit in enumerate(edits):
            if edit.first is not None and edit.first == Address("line", 0):
                self._active[index] = -1
            file = edit.text if edit.name in {"w", "W"} else edit.substitution.file if edit.substitution else ""
            if file and file not in {"/dev/stdout", "/dev/stderr"}:
                self._others[file] = Output(invocation, file)

    def close(self) -> None:
        """Writes the files that the script wrote to."""
        for output in self._others.values():
            output.close()

    def run(self, reader: Reader, output: Output) -> bool:
        """Runs the script over all lines; whether it asked to end.

        Raises:
            SedError: It cannot go on.
        """
        self._reader, self._output = reader, output
        line = reader.read()
        while line is not None:
            self._space, self._changed, self._ended = line, False, reader.ended
            flow = self._cycle()
            while flow == "restart":
                flow = self._cycle()
            if flow == "quit":
                return True
            line = reader.read()
        return False

    def _cycle(self) -> Flow:
        """Runs the commands once over the pattern space."""
        index, edits = 0, self._edits
        while index < len(edits):
            edit = edits[index]
            if self._selected(index, edit) == edit.negated:
                index = edit.number + 1 if edit.name == "{" else index + 1
                continue
            self._tick()
            flow = self._step(edit, index)
            if flow == "next":
                index += 1
            elif isinstance(flow, int):
                index = flow
            else:
                return flow
        self._finish()
        return "cycle"

    def _tick(self) -> None:
        self._steps += 1
        if self._steps % 8 == 0:
            self._invocation.spend(1 + (len(self._space) + len(self._hold)) // 65_536)

    def _finish(self) -> None:
        """The end of a cycle: the pattern space is printed, then what was appended."""
        if not self._quiet:
            self._print()
        self._append()

    def _print(self) -> None:
        self._output.line(self._space, self._end, ended=self._ended)

    def _append(self) -> None:
        for kind, text in self._appended:
            if kind == "text":
                self._output.text(text)
            elif kind == "file":
                try:
                    content = self._invocation.open("-" if text == "/dev/stdin" else text).read()
                except OperationError:
                    content = ""
                if content:
                    self._invocation.spend(len(content) // 1024)
                    self._output.text(content)
            else:
                source = self._sources.get(text)
                if source is None:
                    quiet = self._invocation.files.follow(self._invocation.path(text)) is None
                    source = self._sources[text] = Reader(
                        self._invocation, () if quiet else (text,), "\n", separate=False
                    )
                line = source.read()
                if line is not None:
                    self._output.line(line, "\n")
        self._appended.clear()

    # Addresses

    def _selected(self, index: int, edit: Edit) -> bool:
        first, second = edit.first, edit.second
        if first is None:
            return True
        if second is None:
            return self._matches(first)
        number = self._reader.number
        end = self._active.get(index)
        if end is None:
            if index in self._done or not self._matches(first):
                return False
            return self._begin(index, first, second, number)
        if end == -1:
            if self._matches(second):
                del self._active[index]
            return True
        if number >= end:
            del self._active[index]
        return number <= end or self._matches(first)

    def _begin(self, index: int, first: Address, second: Address, number: int) -> bool:
        if first.kind == "line":
            self._done.add(index)
        if second.kind == "line":
            end = second.number
        elif second.kind == "more":
            end = number + second.number
        elif second.kind == "multiple":
            end = number + second.number - number % second.number if second.number else number
        else:
            if not (second.kind == "last" and self._reader.last):
                self._active[index] = -1
            return True
        if end > number:
            self._active[index] = end
        return True

    def _matches(self, address: Address) -> bool:
        kind = address.kind
        if kind == "line":
            return self._reader.number == address.number
        if kind == "last":
            return self._reader.last
        if kind == "step":
            number, first, step = self._reader.number, address.number, address.step
            return number == first if step <= 0 else number >= first and (number - first) % step == 0
        return self._search(self._known(address.pattern), 0) is not None

    def _known(self, pattern: Pattern | None) -> Pattern:
        """A pattern, or the one used last."""
        found = pattern or self._last_pattern
        if found is None:
            raise SedError("-e expression #1, char 0: no previous regular expression")
        self._last_pattern = found
        return found

    def _search(self, pattern: Pattern, start: int) -> Match | None:
        try:
            return pattern.search(self._space, start, self._invocation.spend)
        except PatternError as error:
            raise SedError(str(error).lower(), 4) from None

    # Commands

    def _step(self, edit: Edit, index: int) -> Flow:
        name = edit.name
        if name == "s" and edit.substitution is not None:
            self._substitute(edit.substitution)
        elif name == "p":
            self._print()
        elif name == "P":
            self._output.line(self._space.partition("\n")[0], self._end)
        elif name in "dDcqQnN":
            return self._flow(edit, index)
        elif name in "btT":
            if name == "b" or self._changed == (name == "t"):
                self._changed = self._changed and name == "b"
                return edit.number
            self._changed = False
        elif name in "gGhHx":
            self._move(name)
        elif name in "airR=lFwW":
            self._emit(edit)
        elif name == "y" and edit.table is not None:
            self._space = self._space.translate(edit.table)
        elif name == "z":
            self._space = ""
        elif name == "e":
            self._invocation.script(edit.text or self._space)
        return "next"

    def _flow(self, edit: Edit, index: int) -> Flow:
        name = edit.name
        if name == "d":
            self._append()
            return "cycle"
        if name == "D":
            if "\n" not in self._space:
                self._append()
                return "cycle"
            self._space = self._space.partition("\n")[2]
            self._append()
            return "restart"
        if name == "c":
            if edit.second is None or edit.negated or index not in self._active:
                self._output.text(edit.text)
            self._append()
            return "cycle"
        if name in "qQ":
            self.status = max(edit.number, 0) & 255
            if name == "q":
                self._finish()
            return "quit"
        if self._reader.last:
            self._finish()  # GNU's sed prints the pattern space and ends where no line follows
            return "cycle"
        if name == "n" and not self._quiet:
            self._print()
        self._append()
        line = self._reader.read() or ""
        self._ended = self._reader.ended
        self._space = line if name == "n" else self._bounded(f"{self._space}\n{line}")
        return "next"

    def _bounded(self, text: str) -> str:
        if len(text) > _MAX_SPACE:
            raise SedError("couldn't re-allocate memory", 4)
        return text

    def _move(self, name: str) -> None:
        if name == "g":
            self._space, self._ended = self._hold, self._hold_ended
        elif name == "G":
            self._ended = self._ended or self._hold_ended
            self._space = self._bounded(f"{self._space}\n{self._hold}")
        elif name == "h":
            self._hold, self._hold_ended = self._space, self._ended
        elif name == "H":
            self._hold_ended = self._hold_ended or self._ended
            self._hold = self._bounded(f"{self._hold}\n{self._space}")
        else:
            self._space, self._hold = self._hold, self._space
            self._ended, self._hold_ended = self._hold_ended, self._ended

    def _emit(self, edit: Edit) -> None:
        name = edit.name
        if name == "a":
            self._appended.append(("text", edit.text))
        elif name in "rR":
            self._appended.append(("file" if name == "r" else "line", edit.text))
        elif name == "i":
            self._output.text(edit.text)
        elif name == "=":
            self._output.text(f"{self._reader.number}\n")
        elif name == "F":
            self._output.text(f"{self._reader.file}\n")
        elif name == "l":
            self._output.text(_listed(self._space, self._width if edit.number < 0 else edit.number))
        else:
            self._write(edit.text, self._space if name == "w" else self._space.partition("\n")[0])

    def _write(self, file: str, line: str) -> None:
        if file == "/dev/stdout":
            self._output.line(line, self._end, ended=self._ended)
        elif file == "/dev/stderr":
            self._invocation.err(line + self._end)
        else:
            self._others[file].line(line, self._end, ended=self._ended)

    def _substitute(self, order: Substitution) -> None:
        pattern = self._known(order.pattern)
        text = self._space
        parts: list[str] = []
        at = count = size = 0
        try:
            for match in pattern.finditer(text, 0, self._invocation.spend):
                count += 1
                if count < order.first:
                    continue
                new = _replaced(order.pieces, match)
                parts += (text[at : match.start], new)
                at = match.end
                size += len(new)
                if size > _MAX_SPACE:
                    raise SedError("couldn't re-allocate memory", 4)
                if not order.every:
                    break
        except PatternError as error:
            raise SedError(str(error).lower(), 4) from None
        if not parts:
            return
        self._space = self._bounded("".join(parts) + text[at:])
        self._changed = True
        if order.run:
            self._invocation.script(self._space)
            self._space = ""
        if order.printed:
            self._print()
        if order.file:
            self._write(order.file, self._space)


def _replaced(pieces: Sequence[Piece], match: Match) -> str:
    """The text that takes the place of a match."""
    parts: list[str] = []
    lasting = once = ""
    for piece in pieces:
        if piece.case:
            if piece.case in "lu":
                once = piece.case
            else:
                lasting, once = ("" if piece.case == "E" else piece.case), ""
            continue
        text = piece.text if piece.group < 0 else match.group(piece.group) or ""
        if lasting:
            text = text.upper() if lasting == "U" else text.lower()
        if once and text:
            text = (text[0].upper() if once == "u" else text[0].lower()) + text[1:]
            once = ""
        parts.append(text)
    return "".join(parts)


def _listed(text: str, width: int) -> str:
    """A text with everything unusual written out, folded."""
    lines: list[str] = []
    line = ""
    for char in text:
        shown = _SHOWN.get(char)
        units = [shown or char]
        if shown is None and not (char.isascii() and char.isprintable()):
            units = [f"\\{byte:03o}" for byte in to_bytes(char)]
        for unit in units:
            if width > 0 and len(line) + len(unit) > width - 1:
                lines.append(line + "\\\n")
                line = ""
            line += unit
    return "".join(lines) + line + "$\n"
