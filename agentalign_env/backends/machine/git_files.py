"""Git's own files: loose objects, the binary index, references, and what ``git cat-file --batch`` writes."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha1
from struct import Struct
from typing import NamedTuple

from agentalign_env.core.git_objects import TreeEntry, object_name
from agentalign_env.core.text import from_bytes, to_bytes

__all__ = [
    "FILE_MODES", "GitCommit", "GitObject", "IndexLine", "index_bytes", "is_tracked", "loose_object",
    "read_commit", "read_index_bytes", "read_objects", "read_references", "tag_target", "tree_lines",
]  # fmt: skip

FILE_MODES = ("100644", "100755", "120000")
"""What a file of a snapshot can be: plain, executable, a symbolic link."""

_HEADER, _LENGTH, _FLAGS = Struct(">4sII"), Struct(">I"), Struct(">H")
_STAT = 40  # bytes of an entry before the name of its content: times, device, inode, mode, owner, group, size
_NAME = 20
_MODE_AT = 24
_PERSON = re.compile(rb"(.*?) ?<([^>]*)> (-?\d+) [+-]\d{4}")
_REFERENCE = re.compile(r"[0-9a-f]{40}|ref: .+")


class GitObject(NamedTuple):
    """A ``blob``, a ``tree``, a ``commit`` or a ``tag``, and its bytes."""

    kind: str
    content: bytes


class GitCommit(NamedTuple):
    """What a commit says of itself; name, address and time are its committer's."""

    tree: str
    parents: tuple[str, ...]
    name: str
    email: str
    time_s: int
    message: str


class IndexLine(NamedTuple):
    """A line of an index; the stage is 0, or 1, 2, 3 for the base and the two sides of a conflict."""

    path: str
    stage: int
    mode: str
    blob: str


# Objects


def loose_object(kind: str, content: bytes) -> tuple[str, bytes]:
    """An object as a file: its path below ``.git``, and its bytes."""
    name = object_name(kind, content)
    packed = zlib.compress(b"%s %d\0%s" % (kind.encode(), len(content), content), 1)
    return f"objects/{name[:2]}/{name[2:]}", packed


def read_objects(data: bytes) -> dict[str, GitObject]:
    """The objects by name, from what ``git cat-file --batch-all-objects --batch`` wrote.

    Raises:
        ValueError: The data is something else, or was cut off.
    """
    found, at = {}, 0
    while at < len(data):
        end = data.find(b"\n", at)
        words = data[at : end if end >= 0 else at].split(b" ")
        if len(words) != 3 or not words[2].isdigit():
            raise ValueError(
                f"expected '<name> <kind> <size>' at byte {at}, got {data[at : at + 60]!r}; "
                "give the whole output of git cat-file --batch-all-objects --batch"
            )
        size = int(words[2])
        content = data[end + 1 : end + 1 + size]
        if len(content) != size:
            raise ValueError(f"expected {size} bytes of {words[0]!r}, got {len(content)}; the output was cut off")
        found[words[0].decode()] = GitObject(words[1].decode(), content)
        at = end + size + 2
    return found


def tree_lines(content: bytes) -> Iterator[TreeEntry]:
    """What a directory holds, one level: modes as git writes them (``40000`` is a directory), names as paths."""
    at = 0
    while at < len(content):
        space = content.index(b" ", at)
        end = content.index(b"\0", space)
        blob = content[end + 1 : end + 1 + _NAME].hex()
        yield TreeEntry(content[at:space].decode(), blob, from_bytes(content[space + 1 : end]))
        at = end + 1 + _NAME


def read_commit(content: bytes) -> GitCommit:
    """A commit's headers and message, the message without its final newline; other headers are left out."""
    head, _, message = content.partition(b"\n\n")
    tree, person, parents = "", b"", []
    for line in head.split(b"\n"):
        key, _, value = line.partition(b" ")
        if key == b"tree":
            tree = value.decode()
        elif key == b"parent":
            parents.append(value.decode())
        elif key == b"committer":
            person = value
    found = _PERSON.fullmatch(person)
    name, email, time_s = (found[1], found[2], int(found[3])) if found else (person, b"", 0)
    text = from_bytes(message.removesuffix(b"\n"))
    return GitCommit(tree, tuple(parents), from_bytes(name), from_bytes(email), time_s, text)


def tag_target(content: bytes) -> str:
    """The object that an annotated tag names."""
    return content.partition(b"\n")[0].removeprefix(b"object ").decode()


def is_tracked(path: str) -> bool:
    """Whether git keeps a file of this path; a tree or an index made by hand may name others."""
    return not any(part in ("", ".", "..") or part.lower() == ".git" for part in path.split("/"))


# Index


def index_bytes(lines: Iterable[IndexLine]) -> bytes:
    """An index of version 2 that knows nothing of the files' times, so that git looks at each of them once."""
    ordered = sorted((to_bytes(line.path), line.stage, line) for line in lines)
    body = [_HEADER.pack(b"DIRC", 2, len(ordered))]
    for path, stage, line in ordered:
        flags = stage << 12 | min(len(path), 0xFFF)
        stat = bytes(_MODE_AT) + _LENGTH.pack(int(line.mode, 8)) + bytes(_STAT - _MODE_AT - _LENGTH.size)
        entry = stat + bytes.fromhex(line.blob) + _FLAGS.pack(flags) + path
        body.append(entry + bytes(8 - len(entry) % 8))
    content = b"".join(body)
    return content + sha1(content, usedforsecurity=False).digest()


def read_index_bytes(data: bytes) -> Iterator[IndexLine]:
    """The lines of an index of version 2, 3 or 4; what is only intended to be added is left out, as are extensions.

    Raises:
        ValueError: It is none of them.
    """
    signature, version, count = _HEADER.unpack_from(data) if len(data) >= _HEADER.size else (b"", 0, 0)
    if signature != b"DIRC" or version not in (2, 3, 4):
        raise ValueError(f"expected an index of version 2, 3 or 4, got {data[:12]!r}; read it with git ls-files")
    at, path = _HEADER.size, b""
    for _ in range(count):
        start = at
        mode = _LENGTH.unpack_from(data, at + _MODE_AT)[0]
        blob = data[at + _STAT : at + _STAT + _NAME].hex()
        flags = _FLAGS.unpack_from(data, at + _STAT + _NAME)[0]
        at += _STAT + _NAME + _FLAGS.size
        intended = False
        if flags & 0x4000:  # two more bytes
            intended = bool(_FLAGS.unpack_from(data, at)[0] & 0x2000)
            at += _FLAGS.size
        if version == 4:
            stripped, at = _number(data, at)
            path = path[: len(path) - stripped]
        else:
            path = b""
        end = data.index(b"\0", at)
        path += data[at:end]
        at = end + 1 if version == 4 else start + (end - start) // 8 * 8 + 8
        if not intended:
            yield IndexLine(from_bytes(path), flags >> 12 & 3, f"{mode:o}", blob)


def _number(data: bytes, at: int) -> tuple[int, int]:
    """A number of variable width, as packs write offsets, and where it ends."""
    value = data[at] & 0x7F
    while data[at] & 0x80:
        at += 1
        value = (value + 1) << 7 | data[at] & 0x7F
    return value, at + 1


# References


def read_references(files: Mapping[str, bytes]) -> dict[str, str]:
    """What every reference below ``refs/`` says, a name or ``ref: ...``; those of their own file count over packed."""
    found = {}
    for line in files.get("packed-refs", b"").decode(errors="replace").splitlines():
        name, _, reference = line.partition(" ")
        if _REFERENCE.fullmatch(name) and reference.startswith("refs/"):
            found[reference] = name
    for path, content in files.items():
        text = content.decode(errors="replace").strip()
        if path.startswith("refs/") and not path.endswith(("/", ".lock")) and _REFERENCE.fullmatch(text):
            found[path] = text
    return dict(sorted(found.items()))
