"""file: what a file holds, told from its content."""

from __future__ import annotations

import json
import re
import struct
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from agentalign_env.core.text import to_bytes
from agentalign_env.errors import OperationError
from agentalign_env.services.shell.coreutils.inputs import charge
from agentalign_env.services.shell.options import Syntax, parse

if TYPE_CHECKING:
    from agentalign_env.core.commands import Command, Invocation

__all__ = ["COMMANDS"]

_FILE = Syntax.of(
    "b|brief i|mime mime-type mime-encoding L|dereference h|no-dereference s z F|separator= f|files-from= k|keep-going "
    "N|no-pad 0|print0 r e="
)
_LOOKED_AT = 1 << 16


class _Kind(NamedTuple):
    """What a file is, in words and as a MIME type."""

    words: str
    mime: str
    charset: str = "binary"


_MAGIC: tuple[tuple[bytes, _Kind], ...] = (
    (b"%PDF-", _Kind("PDF document", "application/pdf")),
    (b"PK\x03\x04", _Kind("Zip archive data, at least v2.0 to extract, compression method=deflate", "application/zip")),
    (b"\xff\xd8\xff", _Kind("JPEG image data", "image/jpeg")),
    (b"GIF8", _Kind("GIF image data", "image/gif")),
    (b"\x7fELF", _Kind("ELF 64-bit LSB executable", "application/x-executable")),
    (b"BZh", _Kind("bzip2 compressed data, block size = 900k", "application/x-bzip2")),
    (b"\xfd7zXZ\0", _Kind("XZ compressed data, checksum CRC64", "application/x-xz")),
    (b"SQLite format 3\0", _Kind("SQLite 3.x database", "application/vnd.sqlite3")),
)
_SCRIPTS = (
    (re.compile(r"#!\s*/\S*/(?:env\s+)?bash"), _Kind("Bourne-Again shell script", "text/x-shellscript")),
    (re.compile(r"#!\s*/\S*/(?:env\s+)?(?:da|k|z)?sh\b"), _Kind("POSIX shell script", "text/x-shellscript")),
    (re.compile(r"#!\s*/\S*/(?:env\s+)?python[\d.]*"), _Kind("Python script", "text/x-script.python")),
    (re.compile(r"#!\s*/\S*/(?:env\s+)?perl"), _Kind("Perl script", "text/x-perl")),
    (re.compile(r"#!\s*/\S*/(?:env\s+)?node"), _Kind("Node.js script", "application/javascript")),
)
_PYTHON = re.compile(r"(?:import \w+|from [\w.]+ import |def \w+\([^)]*\):|class \w+[(:])", re.MULTILINE)


def _file(invocation: Invocation) -> int:
    options = parse(invocation, _FILE)
    if isinstance(options, int):
        return options
    if not options.operands:
        invocation.err("Usage: file [-bcCdEhikLlNnprsSvzZ0] [--apple] [--extension] [--mime-encoding]\n")
        return 1
    width = max(map(len, options.operands)) + 1
    separator = options.get("F", ":")
    for name in options.operands:
        kind = _kind(invocation, name, follow="L" in options)
        if "mime-type" in options:
            words = kind.mime
        elif "mime-encoding" in options:
            words = kind.charset
        else:
            words = f"{kind.mime}; charset={kind.charset}" if "i" in options else kind.words
        label = "" if "b" in options else f"{name}{separator}".ljust(0 if "N" in options else width) + " "
        invocation.out(f"{label}{words}\n")
    return 0


def _kind(invocation: Invocation, name: str, *, follow: bool) -> _Kind:
    path = invocation.path(name)
    try:
        entry = (None if follow else invocation.files.get(path)) or invocation.files.require(path)
        if entry.kind == "link":
            broken = invocation.files.follow(path) is None
            words = f"{'broken ' if broken else ''}symbolic link to {entry.content}"
            return _Kind(words, "inode/symlink")
        if entry.kind == "dir":
            return _Kind("directory", "inode/directory")
        content = invocation.files.read(path).content
    except OperationError as error:
        words = error.message.split(":")[0]
        return _Kind(f"cannot open `{name}' ({words})", f"cannot open `{name}' ({words})")
    charge(invocation, 0, len(content))
    return _content_kind(content)


def _content_kind(content: str) -> _Kind:
    if not content:
        return _Kind("empty", "inode/x-empty")
    data = to_bytes(content[:_LOOKED_AT])
    for magic, kind in _MAGIC:
        if data.startswith(magic):
            return kind
    if data.startswith(b"\x89PNG\r\n\x1a\n") and len(data) >= 26:
        width, height, depth, colour = struct.unpack(">IIBB", data[16:26])
        colours = {0: "grayscale", 2: "RGB", 3: "colormap", 4: "gray+alpha", 6: "RGBA"}
        words = f"PNG image data, {width} x {height}, {depth}-bit/color {colours.get(colour, '')}, non-interlaced"
        return _Kind(words, "image/png")
    if data.startswith(b"\x1f\x8b"):
        size = int.from_bytes(to_bytes(content)[-4:], "little")
        return _Kind(f"gzip compressed data, from Unix, original size modulo 2^32 {size}", "application/gzip")
    if data[257:262] == b"ustar":
        return _Kind("POSIX tar archive (GNU)" if data[262:264] == b"  " else "POSIX tar archive", "application/x-tar")
    if any(byte < 32 and byte not in (7, 8, 9, 10, 12, 13, 27) for byte in data):
        return _Kind("data", "application/octet-stream")
    return _text_kind(content[:_LOOKED_AT], data)


def _text_kind(text: str, data: bytes) -> _Kind:
    try:
        data.decode()
        encoding, charset = ("ASCII", "us-ascii") if data.isascii() else ("Unicode text, UTF-8", "utf-8")
    except UnicodeDecodeError:
        encoding, charset = ("ISO-8859", "iso-8859-1")
    what, mime = _language(text)
    if what in ("JSON text data", "CSV text", "New Line Delimited JSON text data"):
        return _Kind(what, mime, charset)
    extra = ""
    longest = max(map(len, text.split("\n")))
    if longest > 300:
        extra += f", with very long lines ({longest})"
    if "\r\n" in text:
        extra += ", with CRLF line terminators"
    elif "\n" not in text:
        extra += ", with no line terminators"
    suffix = " executable" if what.endswith("script") else ""
    return _Kind(f"{what}, {encoding} text{suffix}{extra}" if what else f"{encoding} text{extra}", mime, charset)


def _language(text: str) -> tuple[str, str]:
    for pattern, kind in _SCRIPTS:
        if pattern.match(text):
            return kind.words, kind.mime
    head = text.lstrip()[:200].lower()
    if head.startswith(("<!doctype html", "<html", "<head", "<body")):
        return "HTML document", "text/html"
    if head.startswith("<?xml"):
        return "XML 1.0 document", "text/xml"
    if text.lstrip()[:1] in ("{", "["):
        try:
            json.loads(text)
        except (ValueError, RecursionError):
            pass
        else:
            return "JSON text data", "application/json"
    rows = [line.count(",") for line in text.split("\n") if line]
    if len(rows) > 2 and rows[0] and len(set(rows[:10])) == 1:
        return "CSV text", "text/csv"
    if _PYTHON.match(text):
        return "Python script", "text/x-script.python"
    return "", "text/plain"


COMMANDS: Mapping[str, Command] = {"file": _file}
