"""Commands that write files from their input: tee, dd, split, csplit."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from agentalign_env.core.text import from_bytes, to_bytes
from agentalign_env.errors import OperationError
from agentalign_env.services.shell.coreutils.inputs import CHUNK, Sources, charge, lines_of, read_text, write_file
from agentalign_env.services.shell.coreutils.quoting import always_quoted, curly, quoted
from agentalign_env.services.shell.coreutils.sizes import parse_size, whole
from agentalign_env.services.shell.options import Options, Syntax, parse, usage_error

if TYPE_CHECKING:
    from agentalign_env.core.commands import Command, Input, Invocation

__all__ = ["COMMANDS"]

_MAX_BYTES = 16 * 1024 * 1024
_MAX_PIECES = 10_000


def _tee(invocation: Invocation) -> int:
    options = parse(invocation, Syntax.of("a|append i|ignore-interrupts p output-error=?"))
    if isinstance(options, int):
        return options
    status, names = 0, []
    for name in options.operands:
        try:
            write_file(invocation, name, "", append="a" in options)
            names.append(name)
        except OperationError as error:
            status = invocation.complain(quoted(name), error)
    kept: list[str] = []
    size = 0
    while size < _MAX_BYTES and (text := invocation.stdin.read(CHUNK)):
        charge(invocation, 0, len(text))
        kept.append(text)
        size += len(text)
        if not names:
            invocation.out(text)
            kept.clear()
    content = "".join(kept)
    for name in names:
        try:
            write_file(invocation, name, content, append="a" in options)
        except OperationError as error:
            status = invocation.complain(quoted(name), error)
    invocation.out(content)
    return status


def _dd(invocation: Invocation) -> int:
    given: dict[str, str] = {}
    for arg in invocation.args:
        name, equals, value = arg.partition("=")
        if arg in ("--help", "--version"):
            return 0
        if not equals or name not in _DD_OPERANDS:
            return usage_error(invocation, f"unrecognized operand {curly(arg)}")
        given[name] = value
    sizes: dict[str, int] = {}
    for name in ("bs", "ibs", "obs", "count", "skip", "seek", "cbs"):
        if name in given:
            size = _dd_size(given[name].removesuffix("B") if name in ("count", "skip", "seek") else given[name])
            if size is None or (size == 0 and name.endswith("bs")):
                invocation.err(f"dd: invalid number: {curly(given[name])}\n")
                return 1
            sizes[name] = size
    block = sizes.get("bs", sizes.get("ibs", 512))
    try:
        source = invocation.open(given["if"]) if "if" in given else invocation.stdin
    except OperationError as error:
        found = error.message.startswith("Is a directory")
        words = "error reading" if found else "failed to open"
        status = invocation.complain(f"{words} {always_quoted(given['if'])}", error)
        if found:
            invocation.err("0+0 records in\n0+0 records out\n0 bytes copied, 0 s, Infinity B/s\n")
        return status
    data = _dd_read(invocation, source, block, sizes, in_bytes="count_bytes" in given.get("iflag", ""))
    flags = given.get("conv", "").split(",")
    shown = _dd_converted(data, flags, block)
    status = _dd_write(
        invocation, given, shown, sizes.get("seek", 0) * sizes.get("obs", block), truncate="notrunc" not in flags
    )
    if not status and given.get("status") != "none":
        _dd_report(invocation, len(data), block, len(shown), sizes.get("obs", block), given.get("status", ""))
    return status


_DD_OPERANDS = {
    "if",
    "of",
    "bs",
    "ibs",
    "obs",
    "cbs",
    "count",
    "skip",
    "seek",
    "conv",
    "iflag",
    "oflag",
    "status",
    "iseek",
    "oseek",
}


def _dd_size(text: str) -> int | None:
    total = 1
    for part in text.split("x"):
        size = parse_size(part)
        if size is None:
            return None
        total *= size
    return total


def _dd_read(invocation: Invocation, source: Input, block: int, sizes: Mapping[str, int], *, in_bytes: bool) -> bytes:
    skip = sizes.get("skip", 0) * block
    count = sizes.get("count")
    wanted = _MAX_BYTES if count is None else count if in_bytes else count * block
    left = min(skip + wanted, _MAX_BYTES)
    parts = []
    while left > 0 and (text := source.read(min(left, CHUNK))):
        charge(invocation, 0, len(text))
        data = to_bytes(text)
        parts.append(data)
        left -= len(data)
    return b"".join(parts)[skip : skip + wanted]


def _dd_converted(data: bytes, flags: list[str], block: int) -> bytes:
    if "ucase" in flags:
        data = data.upper()
    if "lcase" in flags:
        data = data.lower()
    if "swab" in flags:
        data = b"".join(data[at : at + 2][::-1] for at in range(0, len(data), 2))
    if "sync" in flags and len(data) % block:
        data = data.ljust(len(data) + block - len(data) % block, b"\0")
    return data


def _dd_write(invocation: Invocation, given: Mapping[str, str], data: bytes, seek: int, *, truncate: bool) -> int:
    if "of" not in given:
        invocation.out(from_bytes(data))
        return 0
    name = given["of"]
    try:
        if seek or not truncate:
            held = invocation.files.follow(invocation.path(name))
            before = to_bytes(held.content) if held is not None and held.kind == "file" else b""
            after = b"" if truncate else before[seek + len(data) :]
            data = before[:seek].ljust(min(seek, _MAX_BYTES), b"\0") + data + after
        append = "append" in given.get("oflag", "")
        write_file(invocation, name, from_bytes(data), append=append)
    except OperationError as error:
        return invocation.complain(f"failed to open {always_quoted(name)}", error)
    return 0


def _dd_report(invocation: Invocation, read: int, block: int, written: int, out_block: int, how: str) -> None:
    lines = [
        f"{read // block}+{int(read % block > 0)} records in",
        f"{written // out_block}+{int(written % out_block > 0)} records out",
    ]
    if how != "noxfer":
        units = ""
        if written >= 1000:
            binary = f", {_unit(written, 1024, 'KiB MiB GiB')}" if written >= 1024 else ""
            units = f" ({_unit(written, 1000, 'kB MB GB')}{binary})"
        plural = "" if written == 1 else "s"
        lines.append(f"{written} byte{plural}{units} copied, 0.001 s, {_unit(written * 1000, 1000, 'kB MB GB')}/s")
    invocation.err("".join(f"{line}\n" for line in lines))


def _unit(count: int, base: int, names: str) -> str:
    value, unit = float(count), "B"
    for name in names.split():
        if value < base:
            break
        value, unit = value / base, name
    return f"{value:.1f} {unit}" if value < 10 and unit != "B" else f"{value:.0f} {unit}"


_SPLIT = Syntax.of(
    "a|suffix-length= additional-suffix= b|bytes= C|line-bytes= d numeric-suffixes=? e|elide-empty-files filter= "
    "hex-suffixes=? l|lines= n|number= t|separator= u|unbuffered verbose x"
)


def _split(invocation: Invocation) -> int:
    args = [f"-l{arg[1:]}" if re.fullmatch(r"-\d+", arg) else arg for arg in invocation.args]
    options = parse(invocation, _SPLIT, args=args)
    if isinstance(options, int):
        return options
    kinds = [key for key, _ in options.given if key in "bCln"]
    if len(kinds) > 1:
        return usage_error(invocation, "cannot split in more than one way")
    kind = kinds[0] if kinds else "l"
    text = options.get(kind, "1000")
    if len(options.operands) > 2:
        return usage_error(invocation, f"extra operand {curly(options.operands[2])}")
    count = parse_size(text.removeprefix("l/").removeprefix("r/") if kind == "n" else text)
    if not count:
        what = {"l": "lines", "b": "bytes", "C": "bytes", "n": "chunks"}[kind]
        reason = ": Numerical result out of range" if count == 0 and kind != "n" else ""
        invocation.err(f"split: invalid number of {what}: {curly(text)}{reason}\n")
        return 1
    sources = Sources(invocation, options.operands[:1], missing="cannot open {name} for reading", directory="{plain}")
    for _, source in sources:
        pieces = _pieces(read_text(invocation, source), kind, count, by=text[:1] if text[1:2] == "/" else "")
        prefix = options.operands[1] if len(options.operands) > 1 else "x"
        for number, piece in enumerate(pieces):
            invocation.spend()
            suffix = _suffix(number, options)
            if suffix is None or number >= _MAX_PIECES:
                invocation.err("split: output file suffixes exhausted\n")
                return 1
            name = prefix + suffix + options.get("additional-suffix")
            try:
                if "filter" in options:
                    status = invocation.run(
                        ("sh", "-c", options.get("filter")), stdin=piece, env={**invocation.env, "FILE": name}
                    )
                    if status:
                        return status
                    continue
                if "verbose" in options:
                    invocation.out(f"creating file {always_quoted(name)}\n")
                write_file(invocation, name, piece)
            except OperationError as error:
                return invocation.complain(quoted(name), error)
    return sources.status


def _pieces(text: str, kind: str, count: int, *, by: str) -> Iterator[str]:
    if kind == "l":
        lines = _lines(text)
        yield from ("".join(lines[at : at + count]) for at in range(0, len(lines), count))
        return
    data = to_bytes(text)
    if kind == "b":
        yield from (from_bytes(data[at : at + count]) for at in range(0, len(data), count))
    elif kind == "C":
        held = b""
        for line in map(to_bytes, _lines(text)):
            if held and len(held) + len(line) > count:
                yield from_bytes(held)
                held = b""
            held += line
        if held:
            yield from_bytes(held)
    elif by == "r":
        lines = _lines(text)
        yield from ("".join(lines[at::count]) for at in range(count))
    else:
        size, start = max(len(data) // count, 1), 0
        for number in range(1, count + 1):
            end = len(data) if number == count else min(number * size, len(data))
            if by == "l" and number < count:
                found = data.find(b"\n", max(end - 1, 0))
                end = max(len(data) if found < 0 else found + 1, start)
            yield from_bytes(data[start:end])
            start = end


def _lines(text: str) -> list[str]:
    lines = text.split("\n")
    last = lines.pop()
    return [*(f"{line}\n" for line in lines), *([last] if last else [])]


def _suffix(number: int, options: Options) -> str | None:
    numeric = "d" in options or "numeric-suffixes" in options
    hexadecimal = "x" in options or "hex-suffixes" in options
    letters = "0123456789" if numeric else "0123456789abcdef" if hexadecimal else "abcdefghijklmnopqrstuvwxyz"
    start = options.get("numeric-suffixes") or options.get("hex-suffixes")
    number += whole(start) if start.isdecimal() else 0
    length = whole(options.get("a"), most=64)
    base = len(letters)
    if length:
        return _digits(number, letters, length) if number < base**length else None
    # As GNU's: from "yz" on to "zaaa", so that the names stay in order.
    prefix, length = "", 2
    while number >= base**length - base ** (length - 1):
        number -= base**length - base ** (length - 1)
        prefix, length = prefix + letters[-1], length + 1
        if length > 6:
            return None
    return prefix + _digits(number, letters, length)


def _digits(number: int, letters: str, length: int) -> str:
    shown = ""
    for _ in range(length):
        number, digit = divmod(number, len(letters))
        shown = letters[digit] + shown
    return shown


_CSPLIT = Syntax.of(
    "b|suffix-format= f|prefix= k|keep-files n|digits= s|quiet|silent z|elide-empty-files suppress-matched"
)
_BREAK = re.compile(r"([/%])(.*)\1([-+]\d+)?", re.DOTALL)


def _csplit(invocation: Invocation) -> int:
    options = parse(invocation, _CSPLIT)
    if isinstance(options, int):
        return options
    if len(options.operands) < 2:
        after = f" after {curly(options.operands[0])}" if options.operands else ""
        return usage_error(invocation, f"missing operand{after}")
    name, *breaks = options.operands
    sources = Sources(invocation, [name], missing="cannot open {name} for reading")
    source = sources.open(name)
    if source is None:
        return 1
    lines = lines_of(invocation, source)
    ends, problem = _break_lines(lines, breaks)
    if problem:
        return _no_split(invocation, lines, ends, problem, quiet="s" in options)
    prefix, digits = options.get("f", "xx"), whole(options.get("n"), 2, most=64)
    start, number = 0, 0
    for end, shown in [*ends, (len(lines), True)]:
        piece = "".join(f"{line}\n" for line in lines[start:end])
        start = end
        if not shown or ("z" in options and not piece):
            continue
        try:
            write_file(invocation, f"{prefix}{number:0{digits}}", piece)
        except OperationError as error:
            return invocation.complain(f"{prefix}{number:0{digits}}", error)
        number += 1
        if "s" not in options:
            invocation.out(f"{len(to_bytes(piece))}\n")
    return 0


def _no_split(
    invocation: Invocation, lines: list[str], ends: list[tuple[int, bool]], problem: str, *, quiet: bool
) -> int:
    """As csplit does: the sizes are shown, and the pieces taken away again."""
    start = 0
    for end, shown in [*ends, (len(lines), True)] if "not found" in problem or "range" in problem else []:
        if shown and not quiet:
            invocation.out(f"{len(to_bytes(''.join(f'{line}{chr(10)}' for line in lines[start:end])))}\n")
        start = end
    invocation.err(f"csplit: {problem}\n")
    return 1


def _break_lines(lines: list[str], breaks: list[str]) -> tuple[list[tuple[int, bool]], str]:
    """Where each piece ends and whether it is kept; and what was wrong."""
    ends: list[tuple[int, bool]] = []
    at, done = 0, ""
    for word in breaks:
        repeat = re.fullmatch(r"\{(\d{1,9}|\*)\}", word)
        if repeat is not None and done:
            left, forever = (len(lines), True) if repeat[1] == "*" else (min(whole(repeat[1]), len(lines) + 1), False)
        else:
            left, forever, done = 1, False, word
        for _ in range(left):
            found = _BREAK.fullmatch(done)
            if found is None and not done.isdecimal():
                return ends, f"{done}: invalid pattern"
            place = _break(lines, found, done, at, repeats=repeat is not None, first=not ends)
            if isinstance(place, str):
                return ends, f"{done}: {place}"
            if place is None or place > len(lines):
                if forever:
                    break
                return ends, f"{curly(done)}: {'line number out of range' if found is None else 'match not found'}"
            ends.append((max(place, at), found is None or found[1] == "/"))
            at = place
    return ends, ""


def _break(
    lines: list[str], found: re.Match[str] | None, word: str, at: int, *, repeats: bool, first: bool
) -> int | str | None:
    """The line that a pattern or number breaks at; a text for a pattern that is wrong."""
    from agentalign_env.services.shell.languages.patterns import PatternError, compile_pattern

    if found is None:
        end = at + int(word[:9]) if repeats else int(word[:9]) - 1
        return end if at <= end <= len(lines) else None
    try:
        pattern = compile_pattern(found[2], "basic")
    except PatternError as error:
        return f"invalid regular expression: {error}"
    start = at if first else at + 1
    place = next((n for n in range(start, len(lines)) if pattern.search(lines[n], 0) is not None), None)
    return None if place is None else place + int((found[3] or "0")[:9])


COMMANDS: Mapping[str, Command] = {"csplit": _csplit, "dd": _dd, "split": _split, "tee": _tee}
