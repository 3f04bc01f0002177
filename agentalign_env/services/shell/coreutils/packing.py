"""Compressed data: gzip, bzip2 and xz in memory, with bounds on what comes out."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import Protocol

__all__ = ["MAX_BYTES", "PackError", "kind_of", "pack", "unpack"]

MAX_BYTES = 64 * 1024 * 1024
_STEP = 65_536


class PackError(ValueError):
    """Data that cannot be unpacked; the message says why, in the tools' words."""


class _Decompressor(Protocol):
    """What the three libraries share."""

    @property
    def eof(self) -> bool:
        """Whether the end of the stream was seen."""
        ...

    @property
    def unused_data(self) -> bytes:
        """What comes after it."""
        ...

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        """At most so many bytes more."""
        ...


def kind_of(data: bytes) -> str:
    """``gzip``, ``bzip2``, ``xz``, or empty for none of them."""
    for kind, magic in (("gzip", b"\x1f\x8b"), ("bzip2", b"BZh"), ("xz", b"\xfd7zXZ\0")):
        if data.startswith(magic):
            return kind
    return ""


def pack(data: bytes, kind: str, level: int = 6) -> bytes:
    """The data compressed; without a time, so that the same data gives the same bytes."""
    if kind == "gzip":
        engine = zlib.compressobj(level, zlib.DEFLATED, 31)
        packed = engine.compress(data) + engine.flush()
        return packed[:9] + b"\x03" + packed[10:]  # made on Unix, as gzip writes
    if kind == "bzip2":
        import bz2

        return bz2.compress(data, max(level, 1))
    import lzma

    return lzma.compress(data, check=lzma.CHECK_CRC64, preset=min(level, 6))


def unpack(data: bytes, kind: str, spend: Callable[[int], None]) -> bytes:
    """The data unpacked; `spend` is told of every KiB as it comes out.

    Raises:
        PackError: It is damaged, ends early, or holds more than `MAX_BYTES`.
    """
    parts: list[bytes] = []
    total = 0
    while data:
        total, data = _member(data, kind, spend, parts, total)
        if kind_of(data) != kind:
            break
    return b"".join(parts)


def _engine(kind: str) -> _Decompressor:
    if kind == "bzip2":
        import bz2

        return bz2.BZ2Decompressor()
    import lzma

    return lzma.LZMADecompressor(memlimit=256 * 1024 * 1024)


def _member(data: bytes, kind: str, spend: Callable[[int], None], parts: list[bytes], total: int) -> tuple[int, bytes]:
    if kind == "gzip":
        return _gzip_member(data, spend, parts, total)
    import lzma

    engine = _engine(kind)
    fed = data
    try:
        while not engine.eof:
            part = engine.decompress(fed, _STEP)
            fed = b""
            if not part and not engine.eof:
                raise PackError("unexpected end of file")
            total = _taken(part, parts, total, spend)
    except (OSError, lzma.LZMAError, EOFError):
        raise PackError("data integrity (CRC) error in data") from None
    return total, engine.unused_data


def _gzip_member(data: bytes, spend: Callable[[int], None], parts: list[bytes], total: int) -> tuple[int, bytes]:
    engine = zlib.decompressobj(31)
    fed = data
    try:
        while not engine.eof:
            part = engine.decompress(fed, _STEP)
            fed = engine.unconsumed_tail
            if not part and not fed and not engine.eof:
                raise PackError("unexpected end of file")
            total = _taken(part, parts, total, spend)
    except zlib.error:
        raise PackError("invalid compressed data--format violated") from None
    return total, engine.unused_data


def _taken(part: bytes, parts: list[bytes], total: int, spend: Callable[[int], None]) -> int:
    spend(1 + len(part) // 1024)
    total += len(part)
    if total > MAX_BYTES:
        raise PackError("file too large")
    parts.append(part)
    return total
