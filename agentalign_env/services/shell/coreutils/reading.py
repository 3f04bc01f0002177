"""Commands that show a file or a part of it: cat, head, tail, tac, rev, nl."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from agentalign_env.core.text import from_bytes, to_bytes
from agentalign_env.services.shell.coreutils.inputs import CHUNK, Sources, charge, lines_of, read_text
from agentalign_env.services.shell.coreutils.quoting import curly
from agentalign_env.services.shell.coreutils.sizes import parse_size, whole
from agentalign_env.services.shell.options import Options, Syntax, parse

if TYPE_CHECKING:
    from agentalign_env.core.commands import Command, Input, Invocation

__all__ = ["COMMANDS"]

_CAT = Syntax.of(
    "A|show-all b|number-nonblank e E|show-ends n|number s|squeeze-blank t T|show-tabs u v|show-nonprinting"
)


_LINES_AT_ONCE = 1024


def _cat(invocation: Invocation) -> int:
    options = parse(invocation, _CAT)
    if isinstance(options, int):
        return options
    style = _CatStyle.of(options)
    sources = Sources(invocation, options.operands)
    number, blank = 1, False
    for _, source in sources:
        if style == _PLAIN_CAT:
            while text := source.read(CHUNK):
                charge(invocation, 0, len(text))
                invocation.out(text)
            continue
        shown = list[str]()
        for line in source:
            invocation.spend(len(line) // 16)
            if len(shown) >= _LINES_AT_ONCE:
                invocation.spend(_LINES_AT_ONCE // 4)
                invocation.out("".join(shown))
                shown.clear()
            empty = line == "\n"
            if style.squeeze and empty and blank:
                continue
            blank = empty
            numbered = style.number and not (style.skip_blank and empty)
            shown.append((f"{number:6}\t" if numbered else "") + style.shown(line))
            number += numbered
        invocation.spend(1 + len(shown) // 4)
        invocation.out("".join(shown))
    return sources.status


class _CatStyle(NamedTuple):
    """How cat shows a line."""

    number: bool
    skip_blank: bool
    squeeze: bool
    ends: bool
    tabs: bool
    controls: bool

    @classmethod
    def of(cls, options: Options) -> _CatStyle:
        """What the options ask for."""
        everything = "A" in options
        return cls(
            number="n" in options or "b" in options,
            skip_blank="b" in options,
            squeeze="s" in options,
            ends=everything or "e" in options or "E" in options,
            tabs=everything or "t" in options or "T" in options,
            controls=everything or "v" in options or "e" in options or "t" in options,
        )

    def shown(self, line: str) -> str:
        """The line with its marks."""
        body, ending = (line[:-1], "\n") if line.endswith("\n") else (line, "")
        if self.controls:
            body = "".join(chr(byte) if 32 <= byte < 127 or byte == 9 else _caret(byte) for byte in to_bytes(body))
        elif self.ends and ending and body.endswith("\r"):
            body = body[:-1] + "^M"
        if self.tabs:
            body = body.replace("\t", "^I")
        return body + ("$" if self.ends and ending else "") + ending


_PLAIN_CAT = _CatStyle(number=False, skip_blank=False, squeeze=False, ends=False, tabs=False, controls=False)


def _caret(byte: int) -> str:
    prefix, byte = ("M-", byte - 128) if byte > 127 else ("", byte)
    if 32 <= byte < 127:
        return prefix + chr(byte)
    return prefix + "^" + chr(byte ^ 64)


_PART = Syntax.of(
    "c|bytes= n|lines= q|quiet|silent v|verbose z|zero-terminated f|follow=? F s|sleep-interval= pid= retry"
)
_FOREVER_S = 1e10
_OLD_COUNT = re.compile(r"([-+])(\d+)([bkmcl]*)([fqv]*)")


def _modern(args: Sequence[str], name: str) -> list[str]:
    """The arguments with an obsolete count (``head -5``, ``tail +3``) as ``-n``."""
    old = _OLD_COUNT.fullmatch(args[0]) if args else None
    if old is None or (old[1] == "+" and name != "tail"):
        return list(args)
    sign = "+" if old[1] == "+" else ""
    unit = "-c" if "c" in old[3] or "b" in old[3] or "k" in old[3] else "-n"
    size = old[2] + next((letter for letter in old[3] if letter in "bkm"), "").replace("k", "K").replace("m", "M")
    return [f"{unit}{sign}{size}", *(f"-{letter}" for letter in old[4]), *args[1:]]


class _Part(NamedTuple):
    """Which part of a file head or tail shows."""

    by_bytes: bool
    sign: str
    size: int
    ending: str


def _part(invocation: Invocation) -> tuple[Options, _Part] | int:
    options = parse(invocation, _PART, args=_modern(invocation.args, invocation.name))
    if isinstance(options, int):
        return options
    unit = options.last(("c", "n"), "n")
    text = options.get(unit, "10")
    sign = text[0] if text[:1] in ("-", "+") else ""
    count = parse_size(text.removeprefix(sign) if sign else text)
    if count is None:
        kind = "bytes" if unit == "c" else "lines"
        invocation.err(f"{invocation.name}: invalid number of {kind}: {curly(text)}\n")
        return 1
    return options, _Part(unit == "c", sign, count, "\0" if "z" in options else "\n")


def _head(invocation: Invocation) -> int:
    found = _part(invocation)
    return found if isinstance(found, int) else _show_parts(invocation, *found, _first)


def _tail(invocation: Invocation) -> int:
    found = _part(invocation)
    if isinstance(found, int):
        return found
    status = _show_parts(invocation, *found, _last)
    options = found[0]
    follows = any(key in options for key in ("f", "F"))
    if follows and options.operands and options.operands != ["-"] and not status:
        invocation.sleep(_FOREVER_S)  # until it is killed, or the script's time is over
    return status


def _show_parts(
    invocation: Invocation, options: Options, part: _Part, show: Callable[[Invocation, Input, _Part], None]
) -> int:
    names = options.operands or ["-"]
    headers = (len(names) > 1 or "v" in options) and "q" not in options
    sources = Sources(invocation, names, missing="cannot open {name} for reading", directory="error reading {name}")
    for shown, (name, source) in enumerate(sources):
        if headers:
            title = "standard input" if name == "-" else name
            invocation.out(("\n" if shown else "") + f"==> {title} <==\n")
        show(invocation, source, part)
    return sources.status


def _first(invocation: Invocation, source: Input, part: _Part) -> None:
    if part.sign == "-":
        text = read_text(invocation, source)
        if part.by_bytes:
            data = to_bytes(text)
            invocation.out(from_bytes(data[: max(len(data) - part.size, 0)]))
        else:
            lines = _split(invocation, text, part.ending)
            invocation.out("".join(lines[: max(len(lines) - part.size, 0)]))
    elif part.by_bytes:
        _first_bytes(invocation, source, part.size)
    else:
        _first_lines(invocation, source, part)


def _first_bytes(invocation: Invocation, source: Input, left: int) -> None:
    while left > 0 and (text := source.read(min(left, CHUNK))):
        charge(invocation, 0, len(text))
        data = text.encode() if text.isascii() else to_bytes(text)
        invocation.out(text if len(data) <= left and text.isascii() else from_bytes(data[:left]))
        left -= len(data)


def _first_lines(invocation: Invocation, source: Input, part: _Part) -> None:
    if part.ending != "\n":
        invocation.out("".join(_split(invocation, read_text(invocation, source), part.ending)[: part.size]))
        return
    lines = []
    for _ in range(part.size):
        line = source.readline()
        if not line:
            break
        lines.append(line)
        if len(lines) == 512:
            charge(invocation, len(lines))
            invocation.out("".join(lines))
            lines.clear()
    charge(invocation, len(lines))
    if lines:
        invocation.out("".join(lines))


def _last(invocation: Invocation, source: Input, part: _Part) -> None:
    text = read_text(invocation, source)
    if part.by_bytes:
        data = to_bytes(text)
        start = max(part.size - 1, 0) if part.sign == "+" else max(len(data) - part.size, 0)
        invocation.out(from_bytes(data[start:]))
        return
    lines = _split(invocation, text, part.ending)
    start = max(part.size - 1, 0) if part.sign == "+" else max(len(lines) - part.size, 0)
    invocation.out("".join(lines[start:]))


def _split(invocation: Invocation, text: str, ending: str) -> list[str]:
    """The lines with their endings."""
    charge(invocation, text.count(ending))
    lines = text.split(ending)
    last = lines.pop()
    return [*(line + ending for line in lines), *([last] if last else [])]


_TAC = Syntax.of("b|before r|regex s|separator=")


def _tac(invocation: Invocation) -> int:
    options = parse(invocation, _TAC)
    if isinstance(options, int):
        return options
    separator = options.get("s", "\n") or "\0"
    sources = Sources(
        invocation,
        options.operands,
        missing="failed to open {name} for reading",
        directory="{plain}: read error",
    )
    for _, source in sources:
        text = read_text(invocation, source)
        if "b" in options:
            first, *rest = text.split(separator)
            parts = [*([first] if first else []), *(separator + part for part in rest)]
        else:
            parts = _split(invocation, text, separator)
        invocation.out("".join(reversed(parts)))
    return sources.status


def _rev(invocation: Invocation) -> int:
    options = parse(invocation, Syntax.of("0|zero"))
    if isinstance(options, int):
        return options
    sources = Sources(invocation, options.operands, missing="cannot open {plain}")
    for _, source in sources:
        lines = _split(invocation, read_text(invocation, source), "\n")
        charge(invocation, len(lines))
        invocation.out("".join(line[-2::-1] + "\n" if line[-1] == "\n" else line[::-1] for line in lines))
    return sources.status


_NL = Syntax.of(
    "b|body-numbering= d|section-delimiter= f|footer-numbering= h|header-numbering= i|line-increment= "
    "l|join-blank-lines= n|number-format= p|no-renumber s|number-separator= v|starting-line-number= w|number-width="
)


def _nl(invocation: Invocation) -> int:
    options = parse(invocation, _NL)
    if isinstance(options, int):
        return options
    names = {
        "w": "line number field width",
        "v": "starting line number",
        "i": "line number increment",
        "l": "line number",
    }
    for key, what in names.items():
        if key in options and not re.fullmatch(r"[-+]?\d+", options.get(key)):
            invocation.err(f"nl: invalid {what}: {curly(options.get(key))}\n")
            return 1
        if key in ("w", "l") and key in options and whole(options.get(key)) < 1:
            invocation.err(f"nl: invalid {what}: {curly(options.get(key))}: Numerical result out of range\n")
            return 1
    width, number = whole(options.get("w", "6"), most=1000), whole(options.get("v", "1"))
    step, join = whole(options.get("i", "1")), max(whole(options.get("l", "1")), 1)
    form, separator = options.get("n", "rn"), options.get("s") if "s" in options else "\t"
    styles = {"\\:\\:\\:": options.get("h", "n"), "\\:\\:": options.get("b", "t"), "\\:": options.get("f", "n")}
    style, first, blanks = styles["\\:\\:"], number, 0
    sources = Sources(invocation, options.operands)
    shown = []
    for _, source in sources:
        for line in lines_of(invocation, source):
            if line in styles:
                style, number = styles[line], number if "p" in options else first
                shown.append("\n")
                continue
            blanks = 0 if line else blanks + 1
            counted = style == "a" and (line or blanks % join == 0)
            if counted or (style == "t" and line) or (style[:1] == "p" and _matches(style[1:], line)):
                label = {"ln": f"{number:<{width}}", "rz": f"{number:0{width}}"}.get(form, f"{number:{width}}")
                shown.append(f"{label}{separator}{line}\n")
                number += step
            else:
                shown.append(" " * (width + len(separator)) + line + "\n")
    invocation.out("".join(shown))
    return sources.status


def _matches(pattern: str, line: str) -> bool:
    from agentalign_env.services.shell.languages.patterns import PatternError, compile_pattern

    try:
        return compile_pattern(pattern, "basic").search(line, 0) is not None
    except PatternError:
        return False


COMMANDS: Mapping[str, Command] = {
    "cat": _cat,
    "head": _head,
    "nl": _nl,
    "rev": _rev,
    "tac": _tac,
    "tail": _tail,
}
