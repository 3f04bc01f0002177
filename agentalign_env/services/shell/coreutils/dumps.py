"""Commands that show bytes: od, xxd, hexdump, strings."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from agentalign_env.core.text import from_bytes, to_bytes
from agentalign_env.errors import OperationError
from agentalign_env.services.shell.coreutils.inputs import Sources, charge, read_text, write_file
from agentalign_env.services.shell.coreutils.quoting import curly
from agentalign_env.services.shell.coreutils.sizes import parse_size, whole
from agentalign_env.services.shell.options import Options, Syntax, parse, usage_error

if TYPE_CHECKING:
    from agentalign_env.core.commands import Command, Invocation

__all__ = ["COMMANDS"]

_OD = Syntax.of(
    "A|address-radix= j|skip-bytes= N|read-bytes= S t|format= v|output-duplicates w|width=? a b c d f i l o s x endian="
)
_OLD = {"a": "a", "b": "o1", "c": "c", "d": "u2", "f": "fF", "i": "dI", "l": "dL", "o": "o2", "s": "d2", "x": "x2"}
_TYPE = re.compile(r"([acdfoux])([1248CSILFDX]*)(z?)")
_SIZES = {"C": 1, "S": 2, "I": 4, "L": 8, "F": 4, "D": 8, "X": 8}
_NAMES = (
    *("nul", "soh", "stx", "etx", "eot", "enq", "ack", "bel", "bs", "ht", "nl", "vt", "ff", "cr", "so", "si", "dle"),
    *("dc1", "dc2", "dc3", "dc4", "nak", "syn", "etb", "can", "em", "sub", "esc", "fs", "gs", "rs", "us", "sp"),
)
_ESCAPES = {0: "\\0", 7: "\\a", 8: "\\b", 9: "\\t", 10: "\\n", 11: "\\v", 12: "\\f", 13: "\\r"}
_DIGITS = {
    ("o", 1): 3, ("o", 2): 6, ("o", 4): 11, ("o", 8): 22, ("x", 1): 2, ("x", 2): 4, ("x", 4): 8, ("x", 8): 16,
    ("u", 1): 3, ("u", 2): 5, ("u", 4): 10, ("u", 8): 20, ("d", 1): 4, ("d", 2): 6, ("d", 4): 11, ("d", 8): 20,
}  # fmt: skip
_Cell = Callable[[bytes], str]


class _FormatError(ValueError):
    """A format that cannot be read; the message is od's."""


def _types(texts: list[str]) -> list[tuple[str, int, bool]]:
    """Kind, size, and whether the characters are shown beside, for every format."""
    found = []
    for text in texts:
        at = 0
        while at < len(text):
            match = _TYPE.match(text, at)
            if match is None:
                raise _FormatError(f"invalid character '{text[at]}' in type string {curly(text)}")
            kind, size, beside = match.groups()
            default = 1 if kind in "ac" else 8 if kind == "f" else 4
            number = _SIZES.get(size[:1]) or (whole(size) if size.isdecimal() else default)
            if number not in (1, 2, 4, 8) or (kind in "ac" and size):
                raise _FormatError(
                    f"invalid type string {curly(text)};\nthis system doesn't provide a {number}-byte integral type"
                )
            found.append((kind, number, bool(beside)))
            at = match.end()
    return found


def _od(invocation: Invocation) -> int:
    options = parse(invocation, _OD)
    if isinstance(options, int):
        return options
    try:
        types = _types(
            [value if key == "t" else _OLD[key] for key, value in options.given if key == "t" or key in _OLD]
        )
    except _FormatError as error:
        invocation.err(f"od: {error}\n")
        return 1
    types = types or [("o", 2, False)]
    skip, limit = parse_size(options.get("j", "0")), parse_size(options.get("N")) if "N" in options else -1
    if skip is None or limit is None:
        wrong = options.get("j") if skip is None else options.get("N")
        invocation.err(f"od: invalid {'-j' if skip is None else '-N'} argument {curly(wrong)}\n")
        return 1
    sources = Sources(invocation, options.operands)
    inputs = [to_bytes(read_text(invocation, source)) for _, source in sources]
    if not inputs:
        return sources.status
    data = b"".join(inputs)
    data = data[skip : skip + limit if limit >= 0 else None]
    width = whole(options.get("w"), 32 if "w" in options else 16, most=4096) or 16
    radix = options.get("A", "o")
    invocation.spend(1 + len(data) // 32)
    invocation.out(_od_text(data, types, width, radix, skip, every="v" in options))
    return sources.status


def _address(number: int, radix: str) -> str:
    return {"o": f"{number:07o}", "d": f"{number:07d}", "x": f"{number:06x}"}.get(radix, "")


def _od_text(data: bytes, types: list[tuple[str, int, bool]], width: int, radix: str, skip: int, *, every: bool) -> str:
    cells = [_cell(kind, size) for kind, size, _ in types]
    # Every format takes as much room for a block of bytes as the widest one.
    room = max((_cell_width(kind, size) + 1) * (8 // size) for kind, size, _ in types)
    shown, before, starred = [], b"", False
    for at in range(0, len(data), width):
        row = data[at : at + width]
        if row == before and len(row) == width and not every:
            if not starred:
                shown.append("*\n")
            starred = True
            continue
        before, starred = row, False
        for number, ((_, size, beside), cell) in enumerate(zip(types, cells, strict=True)):
            step = room * size // 8
            lead = _address(at + skip, radix) if number == 0 else " " * len(_address(0, radix))
            parts = [cell(row[n : n + size].ljust(size, b"\0")).rjust(step) for n in range(0, len(row), size)]
            line = lead + "".join(parts)
            if beside:
                missing = (width - len(row)) // size
                printable = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in row)
                line += " " * (step * missing) + f"  >{printable}<"
            shown.append(line + "\n")
    if radix != "n":
        shown.append(_address(len(data) + skip, radix) + "\n")
    return "".join(shown)


def _cell_width(kind: str, size: int) -> int:
    if kind in "ac":
        return 3
    return {4: 15, 8: 24}.get(size, 15) if kind == "f" else _DIGITS[kind, size]


def _cell(kind: str, size: int) -> _Cell:
    if kind == "c":
        return lambda part: _ESCAPES.get(part[0]) or (chr(part[0]) if 32 <= part[0] < 127 else f"{part[0]:03o}")
    if kind == "a":
        return lambda part: (
            _NAMES[part[0] & 127] if part[0] & 127 < 33 else "del" if part[0] & 127 == 127 else chr(part[0] & 127)
        )
    if kind == "f":
        return lambda part: f"{struct.unpack('<f' if size == 4 else '<d', part)[0]:.{8 if size == 4 else 17}g}"
    digits = _DIGITS[kind, size]
    if kind == "d":
        return lambda part: str(int.from_bytes(part, "little", signed=True))
    form = {"o": f"0{digits}o", "x": f"0{digits}x", "u": "d"}[kind]
    return lambda part: format(int.from_bytes(part, "little"), form)


_XXD = Syntax.of("a b c= C e E g= h i l= n= o= p|ps|postscript|plain r s= u d v|version", in_order=True)


def _xxd(invocation: Invocation) -> int:
    args = [f"-{arg[2:]}" if arg in ("--plain", "--postscript") else arg for arg in invocation.args]
    args = ["-p" if arg in ("-ps", "-plain", "-postscript") else arg for arg in args]
    args = ["-r" if arg == "-revert" else "-c" if arg == "-cols" else "-l" if arg == "-len" else arg for arg in args]
    options = parse(invocation, _XXD, args=args)
    if isinstance(options, int):
        return options
    name = options.operands[0] if options.operands else "-"
    try:
        text = read_text(invocation, invocation.open(name))
    except OperationError as error:
        invocation.complain(name, error)
        return 2
    invocation.spend(1 + len(text) // 32)
    if "r" in options:
        shown = from_bytes(_reverted(text, plain="p" in options))
    else:
        data = to_bytes(text)
        skip = whole(options.get("s", "0"), 0) if re.fullmatch(r"-?(?:0x)?[0-9a-fA-F]+", options.get("s", "0")) else 0
        start = max(len(data) + skip, 0) if skip < 0 else skip
        data = data[start:]
        if options.get("l").isdecimal():
            data = data[: whole(options.get("l"))]
        shown = _xxd_text(data, start, name, options)
    if len(options.operands) > 1:
        try:
            write_file(invocation, options.operands[1], shown)
        except OperationError as error:
            invocation.complain(options.operands[1], error)
            return 3
    else:
        invocation.out(shown)
    return 0


def _xxd_text(data: bytes, start: int, name: str, options: Options) -> str:
    upper = "u" in options
    columns = whole(options.get("c"), most=256)
    if "p" in options:
        width = columns or (len(data) if "c" in options else 30)
        plain = "".join(data[at : at + width].hex() + "\n" for at in range(0, len(data), max(width, 1)))
        return plain.upper() if upper else plain
    if "i" in options:
        return _c_array(data, name, columns or 12)
    binary = "b" in options
    width = columns or (6 if binary else 16)
    group = whole(options.get("g"), 1 if binary else 4 if "e" in options else 2)
    group = group or width
    size = (8 if binary else 2) * width + -(-width // group)
    shown = []
    for at in range(0, len(data), width):
        row = data[at : at + width]
        cells = ""
        for n in range(0, len(row), group):
            part = row[n : n + group]
            part = part[::-1] if "e" in options else part
            cells += ("".join(f"{byte:08b}" for byte in part) if binary else part.hex()) + " "
        printable = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in row)
        shown.append(f"{at + start:08x}: {(cells.upper() if upper else cells).ljust(size)} {printable}\n")
    return "".join(shown)


def _c_array(data: bytes, name: str, columns: int) -> str:
    rows = [", ".join(f"0x{byte:02x}" for byte in data[at : at + columns]) for at in range(0, len(data), columns)]
    body = ",\n".join(f"  {row}" for row in rows)
    if name == "-":
        return body + "\n"
    label = re.sub(r"\W", "_", name)
    return f"unsigned char {label}[] = {{\n{body}\n}};\nunsigned int {label}_len = {len(data)};\n"


def _reverted(text: str, *, plain: bool) -> bytes:
    if plain:
        digits = re.sub(r"[^0-9a-fA-F]", "", text)
        return bytes.fromhex(digits[: len(digits) - len(digits) % 2])
    found = bytearray()
    for line in text.split("\n"):
        match = re.match(r"([0-9a-fA-F]+):((?: ?[0-9a-fA-F]{2,})*)", line)
        if match is None:
            continue
        place, data = int(match[1], 16), bytes.fromhex(re.sub(r"\s", "", match[2])[: 2 * 256])
        if place > 16 * 1024 * 1024:
            continue
        found.extend(b"\0" * max(place - len(found), 0))
        found[place : place + len(data)] = data
    return bytes(found)


_HEXDUMP = Syntax.of("b c C|canonical d e= f= L=? n|length= o s|skip= v|no-squeezing x")


def _hexdump(invocation: Invocation) -> int:
    options = parse(invocation, _HEXDUMP)
    if isinstance(options, int):
        return options
    sources = Sources(invocation, options.operands)
    parts, opened = [], 0
    for _, source in sources:
        opened += 1
        parts.append(to_bytes(read_text(invocation, source)))
    if not opened:
        invocation.err("hexdump: all input file arguments failed\n")
        return 1
    skip, limit = parse_size(options.get("s", "0")) or 0, parse_size(options.get("n")) if "n" in options else None
    data = b"".join(parts)[skip:]
    data = data[:limit] if limit is not None else data
    invocation.spend(1 + len(data) // 32)
    canonical = invocation.name == "hd" or "C" in options
    style = options.last(("b", "c", "d", "o", "x"), "")
    shown, before, starred = [], b"", False
    wide = 8 if canonical else 7
    for at in range(0, len(data), 16):
        row = data[at : at + 16]
        if row == before and "v" not in options:
            if not starred:
                shown.append("*\n")
            starred = True
            continue
        before, starred = row, False
        shown.append(f"{at + skip:0{wide}x}{_canonical(row) if canonical else _hex_row(row, style)}\n")
    if data:
        shown.append(f"{len(data) + skip:0{wide}x}\n")
    invocation.out("".join(shown))
    return sources.status


def _canonical(row: bytes) -> str:
    halves = [" ".join(f"{byte:02x}" for byte in half) for half in (row[:8], row[8:])]
    printable = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in row)
    return f"  {halves[0]:<23}  {halves[1]:<23}  |{printable}|"


def _hex_row(row: bytes, style: str) -> str:
    if style == "b":
        return "".join(f" {byte:03o}" for byte in row).ljust(64)
    if style == "c":
        cell = _cell("c", 1)
        return "".join(cell(bytes([byte])).rjust(4) for byte in row).ljust(64)
    words = [int.from_bytes(row[n : n + 2].ljust(2, b"\0"), "little") for n in range(0, len(row), 2)]
    if style in ("d", "o", "x"):
        form = {"d": "05d", "o": "06o", "x": "04x"}[style]
        return "".join(f"{format(word, form):>8}" for word in words).ljust(64)
    return "".join(f" {word:04x}" for word in words).ljust(40)


_STRINGS = Syntax.of(
    "a|all d|data f|print-file-name n|bytes= t|radix= o w|include-all-whitespace e= s|output-separator= U="
)


def _strings(invocation: Invocation) -> int:
    args = [f"-n{arg[1:]}" if re.fullmatch(r"-\d+", arg) else arg for arg in invocation.args]
    options = parse(invocation, _STRINGS, args=args)
    if isinstance(options, int):
        return options
    least = options.get("n", "4")
    if not least.isdecimal() or whole(least) == 0:
        return usage_error(invocation, f"invalid integer argument {least}")
    radix = "o" if "o" in options else options.get("t")
    pattern = re.compile(rb"[\t\x20-\x7e]{%d,}" % min(whole(least), 60_000))
    status = 0
    for name in options.operands or ["-"]:
        try:
            data = to_bytes(read_text(invocation, invocation.open(name)))
        except OperationError as error:
            folder = error.message.startswith("Is a directory")
            problem = f"Warning: '{name}' is a directory" if folder else f"'{name}': No such file"
            invocation.err(f"strings: {problem}\n")
            status = 1
            continue
        lines = []
        for found in pattern.finditer(data):
            place = f"{format(found.start(), radix):>7} " if radix in ("d", "o", "x") else ""
            lines.append((f"{name}: " if "f" in options else "") + place + found[0].decode() + "\n")
        charge(invocation, len(lines))
        invocation.out("".join(lines))
    return status


COMMANDS: Mapping[str, Command] = {
    "hd": _hexdump,
    "hexdump": _hexdump,
    "od": _od,
    "strings": _strings,
    "xxd": _xxd,
}
