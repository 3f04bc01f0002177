"""Git's objects by their names: the SHA-1 of a blob, a tree and a commit, as git itself computes them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import sha1
from typing import NamedTuple

from agentalign_env.core.text import to_bytes

__all__ = ["TreeEntry", "blob_hash", "commit_hash", "entry_text", "read_entry", "tree_hash"]


class TreeEntry(NamedTuple):
    """A file of a snapshot: ``100644``, ``100755`` or ``120000``, the hash of its content, its path from the top."""

    mode: str
    blob: str
    path: str


def entry_text(entry: TreeEntry) -> str:
    """An entry as rows keep it: ``100644 <hash> path``."""
    return f"{entry.mode} {entry.blob} {entry.path}"


def read_entry(text: str) -> TreeEntry:
    """The entry that `entry_text` wrote."""
    mode, blob, path = text.split(" ", 2)
    return TreeEntry(mode, blob, path)


def blob_hash(content: str) -> str:
    """The name of a file's content."""
    return _name("blob", to_bytes(content))


def tree_hash(entries: Iterable[TreeEntry]) -> str:
    """The name of a snapshot, of all its directories."""
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
        files.append((name + b"/", b"40000 " + name + b"\0" + bytes.fromhex(tree_hash(inside))))
    return _name("tree", b"".join(content for _, content in sorted(files)))


def commit_hash(tree: str, parents: Sequence[str], author: str, time_s: int, message: str) -> str:
    """The name of a commit.

    Args:
        tree: The name of its snapshot.
        parents: The names of the commits before it.
        author: ``Name <address>``; the committer is the same.
        time_s: When, in seconds since the epoch; the zone is UTC.
        message: Without its final newline.
    """
    lines = [f"tree {tree}", *(f"parent {parent}" for parent in parents)]
    lines += [f"author {author} {time_s} +0000", f"committer {author} {time_s} +0000", "", f"{message}\n"]
    return _name("commit", to_bytes("\n".join(lines)))


def _name(kind: str, content: bytes) -> str:
    return sha1(b"%s %d\0%s" % (kind.encode(), len(content), content), usedforsecurity=False).hexdigest()
