"""Lines, and the values of JSON that is not written by lines, out of blocks of bytes; neither needs the whole file."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

__all__ = ["LONGEST", "Piece", "json_values", "lines_of", "undecodable"]

LONGEST = 16 * 1024 * 1024
"""A line or record of more bytes is refused unread."""

_MARKS = re.compile(rb'["\\{}\[\],]')
_KEPT_OF_LONG = 800
_BYTE_ORDERS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class Piece(NamedTuple):
    """A line or a value: where it begins, counted in lines from 1, its text, and what is wrong with it, if anything."""

    line: int
    text: str
    problem: str = ""


class _Collector:
    """Gathers the bytes of one piece, and forgets them when there are too many."""

    def __init__(self) -> None:
        self._held: list[bytes] = []
        self._size = 0

    def add(self, block: bytes) -> None:
        self._size += len(block)
        if self._size <= LONGEST:
            self._held.append(block)
        elif len(self._held) > 1 or len(self._held[0] if self._held else block) > _KEPT_OF_LONG:
            self._held = [b"".join([*self._held, block[:_KEPT_OF_LONG]])[:_KEPT_OF_LONG]]

    def take(self, line: int, what: str) -> Piece:
        held, size = b"".join(self._held), self._size
        self._held, self._size = [], 0
        if size > LONGEST:
            text = held[:_KEPT_OF_LONG].decode("utf-8", "replace")
            remedy = "Split it, or leave out what is not needed."
            return Piece(line, text, f"expected a {what} of at most {LONGEST} bytes, found {size}. {remedy}")
        return undecodable(held, line) or Piece(line, held.decode("utf-8"))

    @property
    def size(self) -> int:
        return self._size


def undecodable(held: bytes, line: int) -> Piece | None:
    """A piece that says why these bytes are no text, or `None`."""
    try:
        held.decode("utf-8")
    except UnicodeDecodeError as error:
        text = held.decode("utf-8", "replace")
        found = f"byte 0x{held[error.start]:02x} at offset {error.start}"
        return Piece(line, text, f"expected UTF-8 text, found {found}. Save the file as UTF-8.")
    if b"\0" in held:
        text = held.decode("utf-8").replace("\0", "\ufffd")
        return Piece(line, text, f"expected text, found a NUL byte at offset {held.index(0)}. Remove it.")
    return None


def lines_of(blocks: Iterable[bytes]) -> Iterator[Piece]:
    """The lines, without their line breaks."""
    collector, number, open_ended = _Collector(), 1, False
    for block in blocks:
        if number == 1 and collector.size == 0 and block.startswith(_BYTE_ORDERS):
            yield Piece(1, "", "expected UTF-8 text, found the byte order mark of UTF-16. Save the file as UTF-8.")
            return
        *whole, rest = block.split(b"\n")
        for part in whole:
            collector.add(part.removesuffix(b"\r"))
            yield collector.take(number, "line")
            number += 1
        open_ended = bool(rest) or (open_ended and not whole)
        collector.add(rest)
    if open_ended:
        yield collector.take(number, "line")


def json_values(blocks: Iterable[bytes]) -> Iterator[Piece]:
    """The elements of an array, or objects that follow each other, wherever their lines break.

    An array that is not closed is told by a last piece with a problem.
    """
    splitter = _Splitter()
    for block in blocks:
        yield from splitter.feed(block)
    yield from splitter.end()


class _Splitter:
    """Follows strings and brackets; `base` is the depth at which values lie: 1 in an array, else 0."""

    def __init__(self) -> None:
        self._collector = _Collector()
        self._depth = self._base = 0
        self._in_string = self._escaped = False
        self._line = 1
        self._begun = 0  # the line of the value's first sign that is no space; 0 before it

    def feed(self, block: bytes) -> Iterator[Piece]:
        start = 0
        if self._escaped:
            self._escaped, start = False, 1
        at, done = start, 0
        while found := _MARKS.search(block, at):
            at, mark = found.end(), found[0]
            if self._in_string:
                if mark == b"\\":
                    at += 1
                    self._escaped = at > len(block)
                elif mark == b'"':
                    self._in_string = False
            elif mark == b'"':
                self._in_string = True
            elif mark in b"{[":
                if self._depth == 0 and mark == b"[" and not self._begun_before(block[done : found.start()]):
                    self._skip(block[done:at])
                    done, self._base = at, 1
                self._depth += 1
            elif mark in b"}]":
                self._depth -= 1
                if self._depth < self._base:  # the array ends
                    self._keep(block[done : found.start()])
                    yield from self._take()
                    self._depth = self._base = 0
                    self._skip(block[found.start() : at])
                    done = at
                elif self._depth == 0:
                    self._keep(block[done:at])
                    yield from self._take()
                    done = at
            elif mark == b"," and self._depth == self._base:
                self._keep(block[done : found.start()])
                yield from self._take()
                done = at
        self._keep(block[done:])

    def end(self) -> Iterator[Piece]:
        open_array = self._base == 1
        yield from self._take()
        if open_array:
            yield Piece(
                self._line, "", "expected ] at the end of the array, found the end of the file. Is it complete?"
            )

    def _begun_before(self, block: bytes) -> bool:
        return bool(self._begun) or bool(block.strip())

    def _keep(self, block: bytes) -> None:
        if not self._begun:
            bare = block.lstrip()
            if not bare:
                self._skip(block)
                return
            self._begun = self._line + block[: len(block) - len(bare)].count(b"\n")
        self._line += block.count(b"\n")
        self._collector.add(block)

    def _skip(self, block: bytes) -> None:
        self._line += block.count(b"\n")

    def _take(self) -> Iterator[Piece]:
        if self._begun:
            yield self._collector.take(self._begun, "record")
        self._begun = 0
