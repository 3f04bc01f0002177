"""Commands that lay out lines: fold, fmt, expand, unexpand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from agentalign_env.core.text import from_bytes, to_bytes
from agentalign_env.services.shell.coreutils.inputs import Sources, charge, lines_of, read_text
from agentalign_env.services.shell.coreutils.quoting import curly
from agentalign_env.services.shell.coreutils.sizes import whole
from agentalign_env.services.shell.options import Options, Syntax, parse

if TYPE_CHECKING:
    from agentalign_env.core.commands import Command, Invocation

__all__ = ["COMMANDS"]

_FOLD = Syntax.of("b|bytes s|spaces w|width=")


def _fold(invocation: Invocation) -> int:
    args = [f"-w{arg[1:]}" if arg[:1] == "-" and arg[1:].isdecimal() else arg for arg in invocation.args]
    options = parse(invocation, _FOLD, args=args)
    if isinstance(options, int):
        return options
    text = options.get("w", "80")
    if not whole(text):
        invocation.err(f"fold: invalid number of columns: {curly(text)}\n")
        return 1
    width = whole(text)
    sources = Sources(invocation, options.operands)
    for _, source in sources:
        for line in source:
            charge(invocation, 1, len(line))
            invocation.spend(len(line) // min(width, 64))
            body, ending = (line[:-1], "\n") if line.endswith("\n") else (line, "")
            # GNU's fold counts bytes: a character of several bytes may be cut.
            plain = body.isascii()
            data = body if plain else to_bytes(body).decode("latin-1")
            parts = _folded(data, width, spaces="s" in options, tabs="b" not in options)
            shown = "\n".join(parts)
            invocation.out((shown if plain else from_bytes(shown.encode("latin-1"))) + ending)
    return sources.status


def _folded(line: str, width: int, *, spaces: bool, tabs: bool) -> list[str]:
    if not (tabs and any(char in line for char in "\t\b\r")) and not spaces:
        return [line[at : at + width] for at in range(0, len(line), width)] or [line]
    parts, start, column, at = [], 0, 0, 0
    while at < len(line):
        char = line[at]
        after = column + 1
        if tabs and char == "\t":
            after = column - column % 8 + 8
        elif tabs and char in "\b\r":
            after = max(column - 1, 0) if char == "\b" else 0
        if after > width and at > start:
            cut = at
            if spaces:
                blank = max(line.rfind(" ", start, at), line.rfind("\t", start, at))
                cut = blank + 1 if blank >= start else at
            parts.append(line[start:cut])
            start = at = cut
            column = 0
            continue
        column, at = after, at + 1
    return [*parts, line[start:]]


_FMT = Syntax.of("c|crown-margin p|prefix= s|split-only t|tagged-paragraph u|uniform-spacing w|width= g|goal=")
_OPENING, _CLOSING, _ENDING = "(['`\"", ")]'\"", ".?!"


class _Word:
    """A word of a paragraph, and the best way to break the lines from it on."""

    __slots__ = ("breaks", "cost", "final", "length", "paren", "period", "punct", "space", "text")

    def __init__(self, text: str, space: int, *, at_end: bool, uniform: bool) -> None:
        self.text, self.length = text, len(text)
        self.paren = text[0] in _OPENING
        self.punct = not text[-1].isalnum() and text[-1].isprintable()
        core = text.rstrip(_CLOSING) if len(text.rstrip(_CLOSING)) else text[:1]
        self.period = core[-1] in _ENDING
        self.final = self.period and (at_end or space > 1)
        self.space = (2 if self.final else 1) if at_end or uniform else space
        self.cost, self.breaks = 0, (0, 0)


def _fmt(invocation: Invocation) -> int:
    args = [f"-w{arg[1:]}" if arg[:1] == "-" and arg[1:].isdecimal() else arg for arg in invocation.args]
    options = parse(invocation, _FMT, args=args)
    if isinstance(options, int):
        return options
    text = options.get("w", "75")
    if not text.isdecimal() or whole(text) > 2500:
        invocation.err(f"fmt: invalid width: {curly(text)}\n")
        return 1
    sources = Sources(invocation, options.operands, missing="cannot open {name} for reading")
    for _, source in sources:
        lines = lines_of(invocation, source)
        for paragraph in _paragraphs(lines, split="s" in options):
            invocation.out(_filled(invocation, paragraph, whole(text), options))
    return sources.status


def _paragraphs(lines: list[str], *, split: bool) -> Iterator[list[str]]:
    """Neighbouring lines with the same indentation; a blank line alone."""
    held: list[str] = []
    for line in lines:
        same = held and line.strip() and _indent(line) == _indent(held[0]) and not split
        if not same and held:
            yield held
            held = []
        if line.strip():
            held.append(line)
        else:
            yield []
    if held:
        yield held


def _indent(line: str) -> int:
    line = line.expandtabs(8)
    return len(line) - len(line.lstrip())


def _filled(invocation: Invocation, paragraph: list[str], width: int, options: Options) -> str:
    """A paragraph broken where fmt breaks it: lines near the goal, alike in length, sentences kept together."""
    if not paragraph:
        return "\n"
    indent = _indent(paragraph[0])
    words = []
    for line in paragraph:
        parts = line.expandtabs(8).strip().split(" ")
        for at, part in enumerate(parts):
            if part:
                gap = next((step for step in range(1, len(parts) - at) if parts[at + step]), 0)
                words.append(_Word(part, gap or 1, at_end=gap == 0, uniform="u" in options))
    words[-1].final = words[-1].final or words[-1].period
    charge(invocation, len(words) * 4)
    _break(words, indent, width)
    shown, at = [], 0
    while at < len(words):
        end = words[at].breaks[0]
        line = "".join(word.text + " " * word.space for word in words[at : end - 1]) + words[end - 1].text
        shown.append(" " * indent + line + "\n")
        at = end
    return "".join(shown)


def _break(words: list[_Word], indent: int, width: int) -> None:
    goal, count = width * 187 // 200, len(words)
    for start in range(count - 1, -1, -1):
        best, length, end = -1, indent + words[start].length, start
        while True:
            end += 1
            cost = 0
            if end < count:
                cost = ((goal - length) * 10) ** 2 + words[end].cost
                if words[end].breaks[0] != count:
                    cost += ((length - words[end].breaks[1]) * 10) ** 2 // 2
            if best < 0 or cost < best:
                best = cost
                words[start].breaks = (end, length)
            if end == count:
                break
            length += words[end - 1].space + words[end].length
            if length >= width:
                break
        words[start].cost = best + _start_cost(words, start)


def _start_cost(words: list[_Word], at: int) -> int:
    """What it costs to begin a line with this word."""
    cost, word = 70**2, words[at]
    if at:
        before = words[at - 1]
        if before.period:
            cost += -(50**2) if before.final else 600**2
        elif before.punct:
            cost -= 40**2
        elif at > 1 and words[at - 2].final:
            cost += 200**2 // (before.length + 2)
    if word.paren:
        cost -= 40**2
    elif word.final:
        cost += 150**2 // (word.length + 2)
    return cost


_EXPAND = Syntax.of("i|initial t|tabs=")
_UNEXPAND = Syntax.of("a|all first-only t|tabs=")


def _stops(invocation: Invocation, options: Options) -> list[int] | None:
    words = ",".join(options.all("t")).replace(" ", ",").split(",") if "t" in options else ["8"]
    if not all(word.isdecimal() and whole(word) for word in words):
        wrong = next(word for word in words if not (word.isdecimal() and whole(word)))
        problem = "tab size cannot be 0" if wrong == "0" else f"tab size contains invalid character(s): {curly(wrong)}"
        invocation.err(f"{invocation.name}: {problem}\n")
        return None
    return [whole(word, most=4096) for word in words]


def _next_stop(column: int, stops: list[int]) -> int:
    if len(stops) == 1:
        return column - column % stops[0] + stops[0]
    return next((stop for stop in stops if stop > column), column + 1)


def _expand(invocation: Invocation) -> int:
    args = [f"-t{arg[1:]}" if arg[:1] == "-" and arg[1:2].isdecimal() else arg for arg in invocation.args]
    options = parse(invocation, _EXPAND, args=args)
    if isinstance(options, int):
        return options
    stops = _stops(invocation, options)
    if stops is None:
        return 1
    sources = Sources(invocation, options.operands)
    for _, source in sources:
        text = read_text(invocation, source)
        charge(invocation, text.count("\n"))
        invocation.out("\n".join(_expanded(line, stops, initial="i" in options) for line in text.split("\n")))
    return sources.status


def _expanded(line: str, stops: list[int], *, initial: bool) -> str:
    if "\t" not in line:
        return line
    shown: list[str] = []
    column = 0
    for at, char in enumerate(line):
        if char == "\t":
            stop = _next_stop(column, stops)
            shown.append(" " * (stop - column))
            column = stop
            continue
        if initial and char != " ":
            return "".join(shown) + line[at:]
        shown.append(char)
        column += 1
    return "".join(shown)


def _unexpand(invocation: Invocation) -> int:
    options = parse(invocation, _UNEXPAND)
    if isinstance(options, int):
        return options
    stops = _stops(invocation, options)
    if stops is None:
        return 1
    every = ("a" in options or "t" in options) and "first-only" not in options
    sources = Sources(invocation, options.operands)
    for _, source in sources:
        text = read_text(invocation, source)
        charge(invocation, text.count("\n") + len(text) // 8)
        invocation.out("\n".join(_unexpanded(line, stops, every=every) for line in text.split("\n")))
    return sources.status


def _unexpanded(line: str, stops: list[int], *, every: bool) -> str:
    shown: list[str] = []
    column = pending = 0  # blanks that are not written yet
    for at, char in enumerate(line):
        if char in " \t":
            stop = _next_stop(column, stops)
            column, pending = (stop, pending + 1) if char == "\t" else (column + 1, pending + 1)
            if column == stop and (char == "\t" or pending > 1):
                shown.append("\t")
                pending = 0
            continue
        shown.append(" " * pending)
        pending = 0
        if not every:
            return "".join(shown) + line[at:]
        shown.append(char)
        column += 1
    return "".join(shown) + " " * pending


COMMANDS: Mapping[str, Command] = {"expand": _expand, "fmt": _fmt, "fold": _fold, "unexpand": _unexpand}
