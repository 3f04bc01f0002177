"""A checkout: the pointers of a repository, which are files below its ``.git``, and the commits they lead to."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from agentalign_env.core.git_objects import (
    Staged,
    TreeEntry,
    blob_hash,
    commit_hash,
    entry_text,
    index_text,
    read_entry,
    read_index,
    tree_hash,
)
from agentalign_env.core.ports import FilesPort
from agentalign_env.core.world import World
from agentalign_env.errors import OperationError
from agentalign_env.services.machine.git.records import COMMITS, CONTENTS, Commit, Content
from agentalign_env.services.machine.git.settings import settings_in

__all__ = ["NOT_A_REPOSITORY", "Checkout", "Tree", "find_checkout", "is_branch_name", "open_checkout"]

NOT_A_REPOSITORY = "not a git repository (or any of the parent directories): .git"
_HASH = re.compile(r"[0-9a-f]{40}")
_NO_NAME = re.compile(r"^[-./]|[\x00-\x20~^:?*\[\\\x7f]|\.\.|@\{|//|[/.]$|\.lock$|^@$")

Tree = Mapping[str, TreeEntry]


class Checkout:
    """One repository on the owner's disk. Cheap to make; make a new one for every call.

    Args:
        world: Whose commits.
        files: Whose files.
        top: The directory that holds ``.git``.
        now_s: The time of what is committed.
        spend: Told of the work that is done, in files.
    """

    def __init__(
        self, world: World, files: FilesPort, top: str, now_s: int, spend: Callable[[int], None] = lambda _: None
    ) -> None:
        self.world, self.files, self.top, self.now_s, self.spend = world, files, top, now_s, spend
        self.folder = f"{'' if top == '/' else top}/.git"

    # Pointers

    def pointer(self, name: str) -> str | None:
        """The text of a file below ``.git``, without its last newline."""
        entry = self.files.follow(f"{self.folder}/{name}")
        return self.files.read(entry.path).content.rstrip("\n") if entry is not None and entry.kind == "file" else None

    def point(self, name: str, text: str) -> None:
        """Writes a file below ``.git``."""
        self.files.write(f"{self.folder}/{name}", f"{text}\n")

    def drop(self, name: str) -> None:
        """Removes a file below ``.git``."""
        if self.files.get(f"{self.folder}/{name}") is not None:
            self.files.remove(f"{self.folder}/{name}")

    @property
    def branch(self) -> str:
        """The current branch; empty when HEAD is detached."""
        head = self.pointer("HEAD") or ""
        return head.removeprefix("ref: refs/heads/") if head.startswith("ref: refs/heads/") else ""

    @property
    def head(self) -> Commit | None:
        """The last commit; ``None`` before the first."""
        if self.branch:
            return self.commit_at(f"refs/heads/{self.branch}")
        found = self.world.store.get(COMMITS, self.pointer("HEAD") or "")
        if found is None:
            raise OperationError(
                "invalid_state", "bad object HEAD; it names no commit, check out a branch", "repository_path"
            )
        return found

    def set_head(self, commit: str) -> None:
        """Moves the current branch, or a detached HEAD."""
        self.point(f"refs/heads/{self.branch}" if self.branch else "HEAD", commit)

    def commit_at(self, ref: str) -> Commit | None:
        """The commit of a reference such as ``refs/heads/main``."""
        name = self.pointer(ref)
        for _ in range(5):
            if name is None or not name.startswith("ref: "):
                break
            name = self.pointer(name[5:])
        return self.world.store.get(COMMITS, name) if name and _HASH.fullmatch(name) else None

    def refs(self, kind: str) -> dict[str, Commit]:
        """Commits by the name of a reference below ``refs/heads``, ``refs/tags`` or ``refs/remotes``."""
        base = f"{self.folder}/refs/{kind}"
        top = self.files.follow(base)
        found = {}
        for entry in sorted(self.files.walk(top), key=lambda entry: entry.path) if top is not None else ():
            name = entry.path[len(base) + 1 :]
            if (
                entry.kind == "file"
                and not name.endswith("/HEAD")
                and (commit := self.commit_at(f"refs/{kind}/{name}"))
            ):
                found[name] = commit
        return found

    def remotes(self) -> list[str]:
        """The names of the repositories that branches were fetched from."""
        top = self.files.follow(f"{self.folder}/refs/remotes")
        names = [entry.path.rpartition("/")[2] for entry in self.files.children(top.path)] if top is not None else []
        return sorted(names)

    def settings(self) -> dict[str, str]:
        """The settings that hold here: the owner's, then the repository's."""
        texts = []
        for path in (f"{self.files.home}/.gitconfig", f"{self.folder}/config"):
            entry = self.files.follow(path)
            texts.append(self.files.read(entry.path).content if entry is not None and entry.kind == "file" else "")
        return {**settings_in(texts[0]), **settings_in(texts[1])}

    def identity(self) -> tuple[str, str]:
        """Name and address of whoever commits.

        Raises:
            OperationError: The configuration does not say.
        """
        known = self.settings()
        name, email = known.get("user.name", ""), known.get("user.email", "")
        if not name or not email:
            message = "unable to auto-detect email address; set user.name and user.email with git config"
            raise OperationError("invalid_state", message, "repository_path")
        return name, email

    # Snapshots

    def index(self) -> dict[str, Staged]:
        """What is staged, by path."""
        return read_index(self.pointer("index") or "")

    def set_index(self, index: Mapping[str, Staged]) -> None:
        """Stages exactly this."""
        self.files.write(f"{self.folder}/index", index_text(sorted(index.items())))

    def tree(self, commit: Commit | None) -> dict[str, TreeEntry]:
        """The snapshot of a commit by path; empty before the first."""
        return {entry.path: entry for entry in map(read_entry, commit.entries)} if commit is not None else {}

    def content(self, blob: str) -> str:
        """A file's content by its hash.

        Raises:
            OperationError: Nothing has this hash, as when the index was written by hand.
        """
        found = self.world.store.get(CONTENTS, blob)
        if found is None:
            raise OperationError(
                "invalid_state", f"unable to read {blob}; reset the index to a commit", "repository_path"
            )
        return found.text

    def keep(self, text: str) -> str:
        """Stores a content; its hash."""
        blob = blob_hash(text)
        if self.world.store.get(CONTENTS, blob) is None:
            self.world.store.put(CONTENTS, Content(blob, text))
        return blob

    def add_commit(self, tree: Tree, parents: tuple[str, ...], message: str, time_s: int | None = None) -> Commit:
        """Stores a commit by the owner; moves nothing."""
        name, email = self.identity()
        entries = tuple(tree[path] for path in sorted(tree))
        when = self.now_s if time_s is None else time_s
        key = commit_hash(tree_hash(entries), parents, f"{name} <{email}>", when, message)
        commit = Commit(key, parents, tuple(map(entry_text, entries)), name, email, message, when)
        self.world.store.put(COMMITS, commit)
        return commit


def open_checkout(
    world: World, files: FilesPort, path: str, now_s: int, spend: Callable[[int], None] = lambda _: None
) -> Checkout | None:
    """The repository whose top is this directory, or ``None``."""
    found = Checkout(world, files, path, now_s, spend)
    head = files.follow(f"{found.folder}/HEAD")
    return found if head is not None and head.kind == "file" else None


def find_checkout(
    world: World, files: FilesPort, path: str, now_s: int, spend: Callable[[int], None] = lambda _: None
) -> Checkout:
    """The repository that holds this directory.

    Raises:
        OperationError: There is none.
    """
    place = path
    while True:
        found = open_checkout(world, files, place, now_s, spend)
        if found is not None:
            return found
        if place == "/":
            message = f"{NOT_A_REPOSITORY}; {path!r} is in none, clone one first or give the path of a checkout"
            raise OperationError("not_found", message, "repository_path")
        place = place.rpartition("/")[0] or "/"


def is_branch_name(name: str) -> bool:
    """Whether git takes this as the name of a branch or tag."""
    return bool(name) and len(name) <= 200 and not _NO_NAME.search(name)
