"""The files of generated artefacts: tiny, valid, and a pure function of name and size."""

from __future__ import annotations

import zlib
from hashlib import sha256

from agentalign_env.services.media.providers import Kind

__all__ = ["placeholder"]

_LONGEST = 4  # pixels along the longer side of a placeholder picture


def placeholder(kind: Kind, name: str, width: int, height: int) -> bytes:
    """A file's content.

    Args:
        kind: What it stands for: a PNG picture, an MP4 or an MP3 without any content but a remark.
        name: The file's name; it chooses the colours.
        width: Of what it stands for, in pixels; a picture has its proportions.
        height: Likewise.
    """
    if kind == "image":
        return _png(name, width, height)
    remark = f"Placeholder of {name}, {width}x{height}".encode() if width else f"Placeholder of {name}".encode()
    return _mp4(remark) if kind == "video" else _mp3(remark)


def _png(name: str, width: int, height: int) -> bytes:
    """After the PNG specification: signature, IHDR, IDAT (one stored deflate block), IEND."""
    longer = max(width, height)
    columns, rows = max(width * _LONGEST // longer, 1), max(height * _LONGEST // longer, 1)
    red, green, blue = sha256(name.encode()).digest()[:3]
    pixels = b"".join(
        b"\0" + b"".join(bytes((red, (green + 9 * row) % 256, (blue + 9 * column) % 256)) for column in range(columns))
        for row in range(rows)
    )
    header = columns.to_bytes(4, "big") + rows.to_bytes(4, "big") + b"\x08\x02\0\0\0"
    length = len(pixels).to_bytes(2, "little")
    stored = b"\x78\x01\x01" + length + bytes(255 - byte for byte in length) + pixels
    data = stored + zlib.adler32(pixels).to_bytes(4, "big")
    chunks = ((b"IHDR", header), (b"IDAT", data), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_png_chunk(kind, body) for kind, body in chunks)


def _png_chunk(kind: bytes, body: bytes) -> bytes:
    return len(body).to_bytes(4, "big") + kind + body + zlib.crc32(kind + body).to_bytes(4, "big")


def _mp4(remark: bytes) -> bytes:
    """Two boxes after ISO 14496-12: the file's type, and free space that holds the remark."""
    brands = b"isom" + (512).to_bytes(4, "big") + b"isomiso2mp41"
    return b"".join(
        (len(body) + 8).to_bytes(4, "big") + kind + body for kind, body in ((b"ftyp", brands), (b"free", remark))
    )


def _mp3(remark: bytes) -> bytes:
    """An ID3v2.3 tag with a title; sizes of tags are written in seven bits a byte."""
    body = b"\0" + remark
    frame = b"TIT2" + len(body).to_bytes(4, "big") + b"\0\0" + body
    size = bytes(len(frame) >> shift & 0x7F for shift in (21, 14, 7, 0))
    return b"ID3\x03\0\0" + size + frame
