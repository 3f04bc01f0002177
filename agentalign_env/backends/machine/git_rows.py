"""Objects of the real git, and the world's rows that stand for them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from agentalign_env.backends.machine.git_files import (
    FILE_MODES,
    GitCommit,
    GitObject,
    is_tracked,
    read_commit,
    tag_target,
    tree_lines,
)
from agentalign_env.core.git_objects import TreeEntry, blob_hash, commit_hash, entry_text, tree_hash
from agentalign_env.core.text import from_bytes
from agentalign_env.core.world import World
from agentalign_env.errors import OperationError
from agentalign_env.services.machine.git.records import COMMITS, CONTENTS, Commit, Content

__all__ = ["ObjectRows"]

_DEPTH, _FILES = 200, 100_000  # of directories, and of the files in one snapshot


class ObjectRows:
    """The objects of a real repository, and the rows that stand for them; making one stores all commits.

    Args:
        world: Where the rows are, and go.
        objects: All objects of the repository.
        files: Its pointers; by its logs, a stash is told from what a merge puts aside for a while.
    """

    def __init__(self, world: World, objects: Mapping[str, GitObject], files: Mapping[str, bytes]) -> None:
        self.store, self.objects = world.store, objects
        self._commits: dict[str, str | None] = {}
        self._trees: dict[str, list[TreeEntry]] = {}
        self._used: set[str] = set()
        known = {name: read_commit(found.content) for name, found in objects.items() if found.kind == "commit"}
        self._stashed = {name: parts for name, commit in known.items() if (parts := _stash_parts(commit, known))}
        self._raw = known
        passing = {name for name in self._stashed if _is_passing(name, known[name].parents[0], files)}
        inner = {name for parts in self._stashed.values() for name in parts}
        for name in known:
            if name not in inner and name not in passing:
                self.commit(name)
        self._left_out = self._below(known[part].tree for name in passing for part in (name, *self._stashed[name]))

    def commit(self, name: str) -> str | None:
        """The row of a commit, or of the one that a tag names; ``None`` for anything else."""
        found = self.objects.get(name)
        while found is not None and found.kind == "tag":
            name = tag_target(found.content)
            found = self.objects.get(name)
        ahead = [name]
        while ahead:
            at = ahead[-1]
            if at in self._commits:
                ahead.pop()
            elif self.store.get(COMMITS, at) is not None:
                self._commits[at] = at
            elif at not in self._raw:
                self._commits[at] = None
            elif missing := [parent for parent in self._parents(at) if parent not in self._commits]:
                ahead += missing
            else:
                self._commits[at] = self._keep(at)
        return self._commits[name]

    def _parents(self, name: str) -> tuple[str, ...]:
        return self._raw[name].parents[: 1 if name in self._stashed else None]

    def _keep(self, name: str) -> str:
        """Stores a commit whose parents are stored; its row."""
        raw = self._raw[name]
        entries = {entry.path: entry for entry in self._entries(raw.tree)}
        for part in self._stashed.get(name, ())[1:]:  # files that git did not know
            entries |= {entry.path: entry for entry in self._entries(self._raw[part].tree)}
        ordered = tuple(entries[path] for path in sorted(entries))
        parents = tuple(row for parent in self._parents(name) if (row := self._commits[parent]) is not None)
        key = commit_hash(tree_hash(ordered), parents, f"{raw.name} <{raw.email}>", raw.time_s, raw.message)
        lines = tuple(map(entry_text, ordered))
        self.store.put(COMMITS, Commit(key, parents, lines, raw.name, raw.email, raw.message, raw.time_s))
        return key

    def _entries(self, tree: str, depth: int = 0) -> list[TreeEntry]:
        """The files of a directory and of all below it, their contents stored."""
        if tree in self._trees:
            return self._trees[tree]
        found: list[TreeEntry] = []
        for line in self._lines(tree) if depth < _DEPTH else ():
            if line.mode == "40000":
                below = self._entries(line.blob, depth + 1)
                found += [entry._replace(path=f"{line.path}/{entry.path}") for entry in below]
            elif (blob := self.content(line.blob, line.mode)) is not None:
                found.append(line._replace(blob=blob))
            if len(found) > _FILES:
                message = f"a commit holds more than {_FILES} files; commit fewer"
                raise OperationError("limit_exceeded", message, "repository_path")
        self._trees[tree] = found
        return found

    def _below(self, trees: Iterable[str]) -> set[str]:
        """The contents below directories, none stored."""
        found: set[str] = set()
        seen: set[str] = set()
        ahead = list(trees)
        while ahead:
            tree = ahead.pop()
            if tree not in seen:
                seen.add(tree)
                for line in self._lines(tree):
                    (ahead.append if line.mode == "40000" else found.add)(line.blob)
        return found

    def _lines(self, tree: str) -> list[TreeEntry]:
        held = self.objects.get(tree)
        lines = tree_lines(held.content) if held is not None and held.kind == "tree" else ()
        return [line for line in lines if is_tracked(line.path)]

    def content(self, name: str, mode: str) -> str | None:
        """Stores the content of a file; its row, or ``None`` where neither side has it, or it is a submodule."""
        if mode not in FILE_MODES:
            return None
        self._used.add(name)
        if self.store.get(CONTENTS, name) is not None:
            return name
        found = self.objects.get(name)
        return self._put(found.content) if found is not None and found.kind == "blob" else None

    def _put(self, data: bytes) -> str:
        text = from_bytes(data)
        key = blob_hash(text)
        self.store.put(CONTENTS, Content(key, text))
        return key

    def keep_contents(self) -> None:
        """Stores the contents that were staged once; not a file in conflict, which git alone keeps."""
        for name, found in self.objects.items():
            done = name in self._used or name in self._left_out
            if found.kind == "blob" and not done and self.store.get(CONTENTS, name) is None:
                marked = found.content.startswith(b"<<<<<<< ") or b"\n<<<<<<< " in found.content
                if not (marked and b"\n>>>>>>> " in found.content):
                    self._put(found.content)


def _stash_parts(commit: GitCommit, known: Mapping[str, GitCommit]) -> tuple[str, ...]:
    """The commits that only serve this one where ``git stash`` made it: of the index, and of unknown files."""
    if len(commit.parents) not in (2, 3):
        return ()
    staged = known.get(commit.parents[1])
    if staged is None or staged.parents != commit.parents[:1] or not staged.message.startswith("index on "):
        return ()
    return tuple(part for part in commit.parents[1:] if part in known)


def _is_passing(name: str, base: str, files: Mapping[str, bytes]) -> bool:
    """Whether a merge made a stash's commit, of changes that lay around: in no stash, nor was the head reset for it."""
    log, stack = files.get("logs/HEAD"), files.get("logs/refs/stash", b"")
    if log is None or name.encode() in stack or name.encode() in files.get("refs/stash", b""):
        return False
    start = f"{base} {base} ".encode()
    return not any(line.startswith(start) and line.endswith(b"\treset: moving to HEAD") for line in log.splitlines())
