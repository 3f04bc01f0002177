"""Git's objects by their names, the SHA-1 that git itself computes, and the text that stands for its index."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from hashlib import sha1
from typing import NamedTuple

from agentalign_env.core.text import to_bytes

__all__ = [
    "Staged", "TreeEntry", "blob_hash", "commit_content", "commit_hash", "entry_text", "index_text", "object_name",
    "read_entry", "read_index", "tree_hash", "tree_objects",
]  # fmt: skip

_HASH = re.compile(r"[0-9a-f]{40}")


class TreeEntry(NamedTuple):
    """A file of a snapshot: ``100644``, ``100755`` or ``120000``, the hash of its content, its path from the top."""

    mode: str
    blob: str
    path: str


class Staged(NamedTuple):
    """What is staged for a path; the stage is 0, or 2 while a merge has left a conflict."""

    mode: str
    blob: str
    stage: int


def entry_text(entry: TreeEntry) -> str:
    """An entry as rows keep it: ``100644 <hash> path``."""
    return f"{entry.mode} {entry.blob} {entry.path}"


def read_entry(text: str) -> TreeEntry:
    """The entry that `entry_text` wrote."""
    mode, blob, path = text.split(" ", 2)
    return TreeEntry(mode, blob, path)


def index_text(staged: Iterable[tuple[str, Staged]]) -> str:
    """What is staged, by path, as the file ``.git/index`` keeps it: the lines of ``git ls-files --stage``."""
    shown = ((path.replace("\n", "\0"), line) for path, line in staged)  # a name holds no NUL
    return "".join(f"{line.mode} {line.blob} {line.stage}\t{path}\n" for path, line in shown)


def read_index(text: str) -> dict[str, Staged]:
    """What `index_text` wrote, by path; lines of any other form are skipped."""
    found = {}
    for line in text.split("\n"):
        head, _, path = line.partition("\t")
        parts = head.split(" ")
        if path and len(parts) == 3 and _HASH.fullmatch(parts[1]) and parts[2] in ("0", "2"):
            found[path.replace("\0", "\n")] = Staged(parts[0], parts[1], int(parts[2]))
    return found


def blob_hash(content: str) -> str:
    """The name of a file's content."""
    return object_name("blob", to_bytes(content))


def tree_hash(entries: Iterable[TreeEntry]) -> str:
    """The name of a snapshot, of all its directories."""
    return _tree(entries, {})


def tree_objects(entries: Iterable[TreeEntry]) -> dict[str, bytes]:
    """The directories of a snapshot as git keeps them, by name; the last is the top."""
    found: dict[str, bytes] = {}
    top = _tree(entries, found)
    found[top] = found.pop(top)
    return found


def _tree(entries: Iterable[TreeEntry], found: dict[str, bytes]) -> str:
    files: list[tuple[bytes, bytes]] = []
    folders: dict[str, list[TreeEntry]] = {}
    for entry in entries:
        head, slash, rest = entry.path.partition("/")
        if slash:
            folders.setdefault(head, []).append(entry._replace(path=rest))
        else:
            name = to_bytes(head)
            files.append((name, entry.mode.encode() + b" " + name + b"\0" + bytes.fromhex(entry.blob)))
    for folder, inside in folders.items():
        name = to_bytes(folder)  # git sorts a directory as if its name ended with a slash
        files.append((name + b"/", b"40000 " + name + b"\0" + bytes.fromhex(_tree(inside, found))))
    content = b"".join(line for _, line in sorted(files))
    key = object_name("tree", content)
    found[key] = content
    return key


def commit_hash(tree: str, parents: Sequence[str], author: str, time_s: int, message: str) -> str:
    """The name of a commit.

    Args:
        tree: The name of its snapshot.
        parents: The names of the commits before it.
        author: ``Name <address>``; the committer is the same.
        time_s: When, in seconds since the epoch; the zone is UTC.
        message: Without its final newline.
    """
    return object_name("commit", commit_content(tree, parents, author, time_s, message))


def commit_content(tree: str, parents: Sequence[str], author: str, time_s: int, message: str) -> bytes:
    """A commit as git keeps it; see `commit_hash`."""
    lines = [f"tree {tree}", *(f"parent {parent}" for parent in parents)]
    lines += [f"author {author} {time_s} +0000", f"committer {author} {time_s} +0000", "", f"{message}\n"]
    return to_bytes("\n".join(lines))


def object_name(kind: str, content: bytes) -> str:
    """The name of an object: a ``blob``, a ``tree``, a ``commit`` or a ``tag``."""
    return sha1(b"%s %d\0%s" % (kind.encode(), len(content), content), usedforsecurity=False).hexdigest()
