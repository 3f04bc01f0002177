"""tr: sets of characters, translated, deleted or squeezed. As GNU's, it works on bytes."""

from __future__ import annotations

import re
import string
from collections.abc import Mapping
from typing import TYPE_CHECKING

from agentalign_env.core.text import from_bytes, to_bytes
from agentalign_env.services.shell.coreutils.inputs import CHUNK, charge
from agentalign_env.services.shell.coreutils.quoting import curly
from agentalign_env.services.shell.options import Options, Syntax, parse, usage_error

if TYPE_CHECKING:
    from agentalign_env.core.commands import Command, Invocation

__all__ = ["COMMANDS"]

_TR = Syntax.of("c|C|complement d|delete s|squeeze-repeats t|truncate-set1", in_order=True)
_CLASSES = {
    "alnum": string.digits + string.ascii_uppercase + string.ascii_lowercase,
    "alpha": string.ascii_uppercase + string.ascii_lowercase,
    "blank": "\t ",
    "cntrl": "".join(map(chr, (*range(32), 127))),
    "digit": string.digits,
    "graph": "".join(map(chr, range(33, 127))),
    "lower": string.ascii_lowercase,
    "print": "".join(map(chr, range(32, 127))),
    "punct": "".join(chr(code) for code in range(33, 127) if not chr(code).isalnum()),
    "space": "\t\n\v\f\r ",
    "upper": string.ascii_uppercase,
    "xdigit": string.digits + "ABCDEFabcdef",
}
_ESCAPES = {"a": 7, "b": 8, "f": 12, "n": 10, "r": 13, "t": 9, "v": 11, "\\": 92}
_ESCAPE = re.compile(rb"\\([0-7]{1,3}|.)", re.DOTALL)
_REPEAT = re.compile(rb"\[(\\[0-7]{1,3}|\\.|.)\*(\d*)\]", re.DOTALL)
_CLASS = re.compile(rb"\[:(\w*):\]")
_SAME = re.compile(rb"\[=(\\[0-7]{1,3}|\\.|.)=\]", re.DOTALL)
_ONE = re.compile(rb"(\\[0-7]{1,3}|\\.|.)", re.DOTALL)


class _SetError(ValueError):
    """A set that cannot be read; the message is tr's."""


def _tr(invocation: Invocation) -> int:
    options = parse(invocation, _TR)
    if isinstance(options, int):
        return options
    problem = _operand_problem(options)
    if problem:
        return usage_error(invocation, problem)
    try:
        first = _members(options.operands[0])
        deleting, squeezing = "d" in options, "s" in options
        if "c" in options:
            held = set(first)
            first = [code for code in range(256) if code not in held]
        second = _members(options.operands[1], size=len(first)) if len(options.operands) > 1 else None
        table = None if second is None or deleting else _table(first, second, options)
    except _SetError as error:
        invocation.err(f"tr: {error}\n")
        return 1
    squeezed = (second if second is not None else first) if squeezing else []
    _translate(invocation, table, bytes(first) if deleting else b"", squeezed)
    return 0


def _operand_problem(options: Options) -> str:
    operands, deleting, squeezing = options.operands, "d" in options, "s" in options
    if not operands:
        return "missing operand"
    if len(operands) == 1 and deleting == squeezing:
        reason = "when both deleting and squeezing repeats" if deleting else "when translating"
        return f"missing operand after {curly(operands[0])}\nTwo strings must be given {reason}."
    if len(operands) > 2:
        return f"extra operand {curly(operands[2])}"
    if len(operands) == 2 and deleting and not squeezing:
        return (
            f"extra operand {curly(operands[1])}\nOnly one string may be given when deleting without squeezing repeats."
        )
    return ""


_CASES = re.compile(r"\[:(?:upper|lower):\]")


def _table(first: list[int], second: list[int], options: Options) -> bytes:
    if not second and "t" not in options:
        raise _SetError("when not truncating set1, string2 must be non-empty")
    if re.search(r"\[:(?!upper:|lower:)\w+:\]", options.operands[1]):
        raise _SetError(
            "when translating, the only character classes that may appear in\nstring2 are 'upper' and 'lower'"
        )
    if _CASES.search(options.operands[1]) and not _CASES.search(options.operands[0]):
        raise _SetError("misaligned [:upper:] and/or [:lower:] construct")
    if "t" in options:
        first = first[: len(second)]
    table = bytearray(range(256))
    for at, code in enumerate(first):
        table[code] = second[min(at, len(second) - 1)]
    return bytes(table)


def _translate(invocation: Invocation, table: bytes | None, deleted: bytes, squeezed: list[int]) -> None:
    repeats = None
    if squeezed:
        repeats = re.compile(rb"([" + b"".join(b"\\x%02x" % code for code in sorted(set(squeezed))) + rb"])\1+")
    before = b""
    while text := invocation.stdin.read(CHUNK):
        charge(invocation, 0, len(text))
        data = to_bytes(text).translate(table, deleted)
        if repeats is not None and data:
            # The last byte of the chunk before stands in front, so that a run over the border is one.
            joined = repeats.sub(rb"\1", before + data)
            data, before = joined[len(before) :], joined[-1:]
        if data:
            invocation.out(from_bytes(data))


def _code(word: bytes) -> int:
    """The byte that a character of a set, perhaps escaped, stands for."""
    found = _ESCAPE.fullmatch(word)
    if found is None:
        return word[0]
    body = found[1].decode("latin-1")
    return int(body, 8) & 0xFF if body[0] in "01234567" else _ESCAPES.get(body, ord(body))


def _members(text: str, size: int = 0) -> list[int]:
    """The bytes of a set, in order; ``[x*]`` fills it up to this size."""
    data, at = to_bytes(text), 0
    found: list[int] = []
    fill: tuple[int, int] | None = None
    while at < len(data):
        if match := _CLASS.match(data, at):
            name = match[1].decode()
            if name not in _CLASSES:
                raise _SetError(f"invalid character class {curly(name)}")
            found.extend(map(ord, _CLASSES[name]))
        elif match := _SAME.match(data, at):
            found.append(_code(match[1]))
        elif match := _REPEAT.match(data, at):
            count = int(match[2], 8 if match[2].startswith(b"0") else 10) if match[2] else 0
            if count:
                found.extend([_code(match[1])] * min(count, 65_536))
            else:
                fill = (len(found), _code(match[1]))
        else:
            match = _ONE.match(data, at)
            assert match is not None, "any byte matches"
            low = _code(match[1])
            last = _ONE.match(data, match.end() + 1) if data[match.end() : match.end() + 1] == b"-" else None
            if last is None:
                found.append(low)
            else:
                high = _code(last[1])
                if high < low:
                    shown = from_bytes(data[at : last.end()])
                    raise _SetError(f"range-endpoints of '{shown}' are in reverse collating sequence order")
                found.extend(range(low, high + 1))
                match = last
        at = match.end()
    if fill is not None:
        place, code = fill
        found[place:place] = [code] * max(size - len(found), 0)
    return found


COMMANDS: Mapping[str, Command] = {"tr": _tr}
