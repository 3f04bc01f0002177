"""cmp."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from agentalign_env.core.text import to_bytes
from agentalign_env.errors import OperationError
from agentalign_env.services.shell.coreutils.inputs import charge
from agentalign_env.services.shell.coreutils.sizes import parse_size
from agentalign_env.services.shell.options import Syntax, parse

if TYPE_CHECKING:
    from agentalign_env.core.commands import Command, Invocation

__all__ = ["COMMANDS"]


def _cmp(invocation: Invocation) -> int:
    options = parse(
        invocation, Syntax.of("b|print-bytes i|ignore-initial= l|verbose n|bytes= s|quiet|silent"), failure=2
    )
    if isinstance(options, int):
        return options
    names = list(options.operands)
    if not names:
        invocation.err("cmp: missing operand after 'cmp'\ncmp: Try 'cmp --help' for more information.\n")
        return 2
    names.append("-") if len(names) == 1 else None
    data = []
    for name in names[:2]:
        try:
            text = invocation.open(name).read()
        except OperationError as error:
            invocation.complain(name, error)
            return 2
        charge(invocation, 0, len(text))
        data.append(to_bytes(text))
    skips = (options.get("i") or "0").split(":")
    skip = [parse_size(skips[0]) or 0, parse_size(skips[-1]) or 0]
    one, other = data[0][skip[0] :], data[1][skip[1] :]
    if "n" in options:
        limit = parse_size(options.get("n")) or 0
        one, other = one[:limit], other[:limit]
    if one == other:
        return 0
    if "s" in options:
        return 1
    shared = min(len(one), len(other))
    different = [at for at in range(shared) if one[at] != other[at]] if "l" in options else []
    invocation.spend(1 + shared // 512)
    first = next((at for at in range(shared) if one[at] != other[at]), None)
    if "l" in options:
        unknown = any(name == "-" or name.startswith("/dev/") for name in names)
        width = 19 if unknown else len(str(max(len(one), len(other))))
        invocation.out("".join(f"{at + 1:{width}} {one[at]:3o} {other[at]:3o}\n" for at in different))
    elif first is not None:
        line = one[:first].count(b"\n") + 1
        extra = ""
        if "b" in options:
            extra = f" is {one[first]:3o} {_shown(one[first])} {other[first]:3o} {_shown(other[first])}"
        invocation.out(f"{names[0]} {names[1]} differ: byte {first + 1}, line {line}{extra}\n")
        return 1
    if len(one) != len(other) and (first is None or "l" in options):
        shorter = names[0] if len(one) < len(other) else names[1]
        short = one if len(one) < len(other) else other
        where = "which is empty"
        if short:
            lines = short.count(b"\n")
            whole = short.endswith(b"\n")
            where = f"after byte {len(short)}" + (
                "" if "l" in options else f", line {lines}" if whole else f", in line {lines + 1}"
            )
        invocation.err(f"cmp: EOF on {shorter} {where}\n")
    return 1


def _shown(byte: int) -> str:
    if byte < 32:
        return f"^{chr(byte + 64)}"
    return "^?" if byte == 127 else chr(byte) if byte < 127 else f"M-{_shown(byte - 128)}"


COMMANDS: Mapping[str, Command] = {"cmp": _cmp}
