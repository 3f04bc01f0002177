"""The world's checkouts as files that the real git works in.

The names of commits and contents are git's own already, so a real repository holds the same history under the same
names. What the world keeps in its own way is written as git keeps it: the index as a binary file, a stashed commit as
the pair of commits that ``git stash`` makes, a conflict as its three sides. `git_reading` takes everything back.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from agentalign_env.backends.machine.git_files import FILE_MODES, IndexLine, index_bytes, is_tracked, loose_object
from agentalign_env.core.git_objects import (
    Staged,
    TreeEntry,
    commit_content,
    object_name,
    read_entry,
    read_index,
    tree_hash,
    tree_objects,
)
from agentalign_env.core.text import to_bytes
from agentalign_env.core.world import World
from agentalign_env.services.files.records import FILES
from agentalign_env.services.machine.git.checkout import Checkout, open_checkout
from agentalign_env.services.machine.git.history import merge_base, walk
from agentalign_env.services.machine.git.records import COMMITS, CONTENTS, Commit
from agentalign_env.services.machine.git.settings import changed_setting, settings_in

__all__ = ["DIRECTORIES", "checkouts", "commit_objects", "pointer_files", "real_config", "real_repository"]

DIRECTORIES = ("objects/", "refs/heads/", "refs/tags/")
"""Git takes a directory for a repository only where it has these, even if they are empty."""

_NONE = "0" * 40
_DEFAULTS = (("core.repositoryformatversion", "0"), ("core.bare", "false"))


def checkouts(world: World) -> list[str]:
    """The directories that hold a repository of the world, sorted."""
    heads = (row for row in world.store.rows(FILES) if row.path.endswith("/.git/HEAD") and row.kind == "file")
    return sorted(row.path.removesuffix("/.git/HEAD") or "/" for row in heads)


def real_repository(world: World, top: str) -> dict[str, bytes]:
    """The files below ``<top>/.git`` of the repository as git itself would have them, by path from there.

    A path that ends with a slash is a directory (see `DIRECTORIES`); permissions are those of the world's rows, 0644
    where it has none. What can be reached from references, HEAD, index and stash is there as loose objects. Empty where
    there is no repository.
    """
    checkout = open_checkout(world, world.files, top, world.now_s)
    if checkout is None:
        return {}
    found: dict[str, bytes] = dict.fromkeys(DIRECTORIES, b"")
    held = pointer_files(checkout)
    found |= {name: to_bytes(text) for name, text in held.items() if name != "logs/refs/stash"}
    found["config"] = to_bytes(real_config(held.get("config", "")))
    pointers = [name for name in held if name == "HEAD" or (name.startswith("refs/") and name != "refs/stash")]
    tips = [commit for name in pointers if (commit := _commit(world, held, name)) is not None]
    found |= dict(commit_objects(world, walk(world.store, tips)))
    if "index" in held:
        index = read_index(held["index"])
        found |= dict(_contents(world, (line.blob for line in index.values())))
        found["index"] = index_bytes(_lines(world, held, index))
    merging = _commit(world, held, "MERGE_HEAD")
    if merging is not None:
        found |= dict(commit_objects(world, walk(world.store, [merging])))
        found.setdefault("MERGE_MSG", f"Merge commit '{merging.id[:7]}'\n".encode())
    return found | dict(_stash(world, held))


def pointer_files(checkout: Checkout) -> dict[str, str]:
    """The texts of the files below ``.git`` by path from there, without its objects."""
    files, folder = checkout.files, checkout.folder
    top = files.follow(folder)
    found = {}
    for entry in files.walk(top) if top is not None else ():
        name = entry.path[len(top.path) + 1 :] if top is not None else ""
        if entry.kind == "file" and not name.startswith("objects/"):
            found[name] = entry.content
    return found


def real_config(text: str) -> str:
    """A repository's configuration with what the real git asks for."""
    known = settings_in(text)
    for name, value in _DEFAULTS:
        if name not in known:
            text = changed_setting(text, name, value)
    return text


def commit_objects(world: World, commits: Iterable[Commit]) -> Iterator[tuple[str, bytes]]:
    """The commits as loose objects, with their directories and contents."""
    seen: set[str] = set()
    for commit in commits:
        tree = tree_hash(map(read_entry, commit.entries))
        person = f"{commit.author} <{commit.email}>"
        yield loose_object("commit", commit_content(tree, commit.parents, person, commit.committed_s, commit.message))
        yield from _snapshot(world, commit, seen)


def _snapshot(world: World, commit: Commit, seen: set[str]) -> Iterator[tuple[str, bytes]]:
    """The directories and contents of a commit that were not seen yet."""
    entries = _entries(commit)
    for name, content in tree_objects(entries).items():
        if name not in seen:
            seen.add(name)
            yield loose_object("tree", content)
    blobs = {entry.blob for entry in entries} - seen
    seen |= blobs
    yield from _contents(world, blobs)


def _entries(commit: Commit | None) -> list[TreeEntry]:
    return [read_entry(text) for text in commit.entries] if commit is not None else []


def _contents(world: World, blobs: Iterable[str]) -> Iterator[tuple[str, bytes]]:
    for blob in blobs:
        content = world.store.get(CONTENTS, blob)
        if content is not None:
            yield loose_object("blob", to_bytes(content.text))


def _commit(world: World, held: Mapping[str, str], name: str) -> Commit | None:
    """The commit of a pointer, whoever may read its file."""
    text = held.get(name, "").strip()
    for _ in range(5):
        text = held.get(text[5:], "").strip() if text.startswith("ref: ") else text
    return world.store.get(COMMITS, text)


def _lines(world: World, held: Mapping[str, str], index: Mapping[str, Staged]) -> Iterator[IndexLine]:
    """The index with the three sides of each conflict, of which the world keeps one; without what git refuses."""
    theirs = _commit(world, held, "MERGE_HEAD")
    ours = _commit(world, held, "HEAD") if theirs is not None else None
    base = merge_base(world.store, ours, theirs) if ours is not None and theirs is not None else None
    sides = [{entry.path: entry for entry in _entries(commit)} for commit in (base, ours, theirs)]
    for path, line in index.items():
        if line.mode not in FILE_MODES or not is_tracked(path):
            continue
        if not line.stage or not any(path in side for side in sides):
            yield IndexLine(path, line.stage, line.mode, line.blob)
            continue
        for stage, side in enumerate(sides, 1):
            if path in side:
                yield IndexLine(path, stage, side[path].mode, side[path].blob)


def _stash(world: World, held: dict[str, str]) -> Iterator[tuple[str, bytes]]:
    """The stack of the stash: each commit of the world as the two that git makes, and git's own log of them."""
    before, log = _NONE, []
    stack = held.get("logs/refs/stash", held.get("refs/stash", "")).splitlines()
    for line in stack:
        key, _, words = line.partition(" ")
        commit = world.store.get(COMMITS, key)
        base = world.store.get(COMMITS, commit.parents[0]) if commit is not None and commit.parents else None
        if commit is None or base is None:
            continue
        yield from commit_objects(world, walk(world.store, [base]))
        yield from _snapshot(world, commit, set())
        person, time_s = f"{commit.author} <{commit.email}>", commit.committed_s
        where = commit.message.removeprefix("WIP on ").removeprefix("On ")
        staged = commit_content(
            tree_hash(map(read_entry, base.entries)), (base.id,), person, time_s, f"index on {where}"
        )
        parents = (base.id, object_name("commit", staged))
        kept = commit_content(tree_hash(map(read_entry, commit.entries)), parents, person, time_s, commit.message)
        yield loose_object("commit", staged)
        yield loose_object("commit", kept)
        after = object_name("commit", kept)
        log.append(f"{before} {after} {person} {time_s} +0000\t{words or commit.message}\n")
        before = after
    if log:
        yield "refs/stash", f"{before}\n".encode()
        yield "logs/refs/stash", to_bytes("".join(log))
