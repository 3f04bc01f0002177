"""Checksums and encodings: md5sum and its kin, cksum, sum, base64, base32, basenc."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING

from agentalign_env.core.text import from_bytes, to_bytes
from agentalign_env.errors import OperationError
from agentalign_env.services.shell.coreutils.inputs import CHUNK, Sources, charge, lines_of, read_text
from agentalign_env.services.shell.coreutils.quoting import curly, quoted
from agentalign_env.services.shell.coreutils.sizes import whole
from agentalign_env.services.shell.options import Options, Syntax, parse, usage_error

if TYPE_CHECKING:
    from agentalign_env.core.commands import Command, Input, Invocation

__all__ = ["COMMANDS"]

_SUM = Syntax.of("b|binary c|check t|text z|zero tag quiet status strict w|warn ignore-missing l|length=")
_LINE = re.compile(r"\\?([0-9a-fA-F]{8,128}) [ *](.+)")
_TAG = re.compile(r"([A-Z0-9-]+) \((.+)\) = ([0-9a-fA-F]{8,128})")
_ALGORITHMS = {
    "md5sum": ("md5", "MD5"),
    "sha1sum": ("sha1", "SHA1"),
    "sha224sum": ("sha224", "SHA224"),
    "sha256sum": ("sha256", "SHA256"),
    "sha384sum": ("sha384", "SHA384"),
    "sha512sum": ("sha512", "SHA512"),
    "b2sum": ("blake2b", "BLAKE2b"),
}


def _hex(invocation: Invocation, source: Input, algorithm: str, bits: int = 0) -> str:
    digest = (
        hashlib.blake2b(digest_size=bits // 8 or 64)
        if algorithm == "blake2b"
        else hashlib.new(algorithm, usedforsecurity=False)
    )
    while text := source.read(CHUNK):
        charge(invocation, 0, len(text))
        digest.update(to_bytes(text))
    return digest.hexdigest()


def _digest(command: str, invocation: Invocation) -> int:
    options = parse(invocation, _SUM)
    if isinstance(options, int):
        return options
    if "c" in options:
        return _verify(invocation, options, command)
    algorithm, tag = _ALGORITHMS[command]
    bits = whole(options.get("l"), 0) if options.get("l", "0").isdecimal() else 0
    if "l" in options and (bits > 512 or bits % 8 or not options.get("l").isdecimal()):
        reason = (
            f"maximum digest length for {curly('BLAKE2b')} is 512 bits"
            if bits > 512
            else "length is not a multiple of 8"
        )
        invocation.err(f"{command}: invalid length: {curly(options.get('l'))}\n{command}: {reason}\n")
        return 1
    sources = Sources(invocation, options.operands)
    ending = "\0" if "z" in options else "\n"
    for name, source in sources:
        shown = _hex(invocation, source, algorithm, bits)
        if "tag" in options:
            invocation.out(f"{tag} ({name}) = {shown}{ending}")
            continue
        mark = "*" if options.last(("b", "t"), "t") == "b" else " "
        escape = ("\n" in name or "\\" in name) and ending == "\n"
        safe = name.replace("\\", "\\\\").replace("\n", "\\n") if escape else name
        invocation.out(f"{chr(92) if escape else ''}{shown} {mark}{safe}{ending}")
    return sources.status


def _verify(invocation: Invocation, options: Options, command: str) -> int:
    status = 0
    sources = Sources(invocation, options.operands)
    for name, source in sources:
        title = "'standard input'" if name == "-" else quoted(name)
        wrong = bad = unread = good = 0
        for line in lines_of(invocation, source):
            entry = _entry(line)
            if entry is None:
                bad += bool(line)
                continue
            expected, file = entry
            try:
                found = _hex(invocation, invocation.open(file), _ALGORITHMS[command][0], len(expected) * 4)
            except OperationError as error:
                if "ignore-missing" in options and error.code == "not_found":
                    continue
                invocation.complain(quoted(file), error)
                unread += 1
                if "status" not in options:
                    invocation.out(f"{quoted(file)}: FAILED open or read\n")
                continue
            matched = found == expected.lower()
            good, wrong = good + matched, wrong + (not matched)
            if "status" not in options and not (matched and "quiet" in options):
                invocation.out(f"{quoted(file)}: {'OK' if matched else 'FAILED'}\n")
        if not (good or wrong or unread):
            words = (
                "no file was verified"
                if "ignore-missing" in options and not bad
                else "no properly formatted checksum lines found"
            )
            status = invocation.complain(title, words)
            continue
        if "status" not in options:
            _warn(invocation, bad, wrong, unread)
        status = 1 if wrong or unread or (bad and "strict" in options) else status
    return status or sources.status


def _entry(line: str) -> tuple[str, str] | None:
    if found := _LINE.fullmatch(line):
        return found[1], found[2]
    if found := _TAG.fullmatch(line):
        return found[3], found[2]
    return None


def _warn(invocation: Invocation, bad: int, wrong: int, unread: int) -> None:
    name = invocation.name
    if bad:
        invocation.err(f"{name}: WARNING: {bad} line{' is' if bad == 1 else 's are'} improperly formatted\n")
    if unread:
        invocation.err(f"{name}: WARNING: {unread} listed file{'' if unread == 1 else 's'} could not be read\n")
    if wrong:
        invocation.err(f"{name}: WARNING: {wrong} computed checksum{'' if wrong == 1 else 's'} did NOT match\n")


def _crc_table() -> tuple[int, ...]:
    table = []
    for number in range(256):
        value = number << 24
        for _ in range(8):
            value = value << 1 ^ 0x04C11DB7 if value & 0x80000000 else value << 1
        table.append(value & 0xFFFFFFFF)
    return tuple(table)


_CRC = _crc_table()


def _cksum(invocation: Invocation) -> int:
    options = parse(
        invocation,
        Syntax.of(
            "a|algorithm= c|check tag untagged z|zero l|length= debug base64 w|warn status strict quiet ignore-missing"
        ),
    )
    if isinstance(options, int):
        return options
    kind = options.get("a", "crc")
    command = "b2sum" if kind == "blake2b" else f"{kind}sum"
    if "c" in options:
        return _verify(invocation, options, command if command in _ALGORITHMS else "sha256sum")
    if kind not in ("crc", "bsd", "sysv") and command not in _ALGORITHMS:
        valid = "\n".join(
            f"  - {curly(name)}"
            for name in ("bsd", "sysv", "crc", "md5", "sha1", "sha224", "sha256", "sha384", "sha512", "blake2b", "sm3")
        )
        return usage_error(
            invocation, f"invalid argument {curly(kind)} for {curly('--algorithm')}\nValid arguments are:\n{valid}"
        )
    sources = Sources(invocation, options.operands)
    for name, source in sources:
        label = f" {name}" if options.operands else ""
        if command in _ALGORITHMS:
            algorithm, tag = _ALGORITHMS[command]
            shown = _hex(invocation, source, algorithm)
            invocation.out(f"{shown}  {name}\n" if "untagged" in options else f"{tag} ({name}) = {shown}\n")
            continue
        data = to_bytes(read_text(invocation, source))
        invocation.spend(len(data) // 32)
        invocation.out(f"{_crc(data)} {len(data)}{label}\n" if kind == "crc" else _old_sum(data, kind == "sysv", label))
    return sources.status


def _crc(data: bytes) -> int:
    value, length = 0, len(data)
    for byte in data:
        value = (value << 8 & 0xFFFFFFFF) ^ _CRC[value >> 24 ^ byte]
    while length:
        value = (value << 8 & 0xFFFFFFFF) ^ _CRC[value >> 24 ^ length & 0xFF]
        length >>= 8
    return value ^ 0xFFFFFFFF


def _old_sum(data: bytes, sysv: bool, label: str) -> str:
    if sysv:
        total = sum(data) & 0xFFFFFFFF
        total = (total & 0xFFFF) + (total >> 16)
        return f"{(total & 0xFFFF) + (total >> 16)} {-(-len(data) // 512)}{label}\n"
    value = 0
    for byte in data:
        value = ((value >> 1) + ((value & 1) << 15) + byte) & 0xFFFF
    return f"{value:05d} {-(-len(data) // 1024):5d}{label}\n"


def _sum(invocation: Invocation) -> int:
    options = parse(invocation, Syntax.of("r s|sysv"))
    if isinstance(options, int):
        return options
    sources = Sources(invocation, options.operands)
    for name, source in sources:
        data = to_bytes(read_text(invocation, source))
        invocation.spend(len(data) // 32)
        invocation.out(_old_sum(data, options.last(("r", "s"), "r") == "s", f" {name}" if options.operands else ""))
    return sources.status


_BASE = Syntax.of("d|decode i|ignore-garbage w|wrap= base64 base64url base32 base32hex base16 z85 base2msbf")
_CODECS: dict[str, tuple[Callable[[bytes], bytes], Callable[[bytes], bytes], str]] = {
    "base64": (base64.b64encode, partial(base64.b64decode, validate=True), r"[^A-Za-z0-9+/=]"),
    "base64url": (
        base64.urlsafe_b64encode,
        partial(base64.b64decode, altchars=b"-_", validate=True),
        r"[^A-Za-z0-9_=-]",
    ),
    "base32": (base64.b32encode, base64.b32decode, r"[^A-Z2-7=]"),
    "base32hex": (base64.b32hexencode, base64.b32hexdecode, r"[^A-V0-9=]"),
    "base16": (base64.b16encode, base64.b16decode, r"[^A-F0-9]"),
}


def _base(invocation: Invocation) -> int:
    options = parse(invocation, _BASE)
    if isinstance(options, int):
        return options
    kind = options.last(tuple(_CODECS), invocation.name if invocation.name in _CODECS else "")
    if not kind:
        return usage_error(invocation, "missing encoding type")
    if len(options.operands) > 1:
        return usage_error(invocation, f"extra operand {curly(options.operands[1])}")
    width = options.get("w", "76")
    if not width.isdecimal():
        invocation.err(f"{invocation.name}: invalid wrap size: {curly(width)}\n")
        return 1
    sources = Sources(invocation, options.operands, directory="read error")
    for _, source in sources:
        text = read_text(invocation, source)
        invocation.spend(len(text) // 64)
        if "d" in options:
            return _decode(invocation, text, kind, options)
        encoded = _CODECS[kind][0](to_bytes(text)).decode()
        size = whole(width)
        if size:
            invocation.out("".join(encoded[at : at + size] + "\n" for at in range(0, len(encoded), size)))
        else:
            invocation.out(encoded)
    return sources.status


def _decode(invocation: Invocation, text: str, kind: str, options: Options) -> int:
    _, decode, foreign = _CODECS[kind]
    text = re.sub(foreign, "", text) if "i" in options else text.replace("\n", "")
    block = {"base64": 4, "base64url": 4, "base16": 2}.get(kind, 8)
    try:
        # What can be decoded is written before the complaint, as GNU's does.
        wrong = re.search(foreign, text)
        usable = text[: wrong.start()] if wrong else text
        whole = usable[: len(usable) - len(usable) % block]
        invocation.out(from_bytes(b"".join(_blocks(whole, decode))))
    except (binascii.Error, ValueError):
        wrong = re.search(".", text)
    if wrong or len(text) % block:
        if not wrong and kind.startswith("base64") and len(text) % 4 > 1:
            rest = text[len(text) - len(text) % 4 :]
            invocation.out(from_bytes(decode((rest + "==")[:4].encode())))
        invocation.err(f"{invocation.name}: invalid input\n")
        return 1
    return 0


def _blocks(text: str, decode: Callable[[bytes], bytes]) -> list[bytes]:
    """Encoded texts one after the other, each ending with its padding."""
    parts = [part for part in re.findall(r"[^=]+=*|=+", text) if part]
    return [decode(part.encode()) for part in parts]


COMMANDS: Mapping[str, Command] = {
    **{name: partial(_digest, name) for name in _ALGORITHMS},
    **dict.fromkeys(("base32", "base64", "basenc"), _base),
    "cksum": _cksum,
    "sum": _sum,
}
