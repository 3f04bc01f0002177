"""The files of a checkout: what differs from the index and the last commit, and how they follow another commit."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from typing import NamedTuple

from agentalign_env.core.git_objects import Staged, TreeEntry, blob_hash
from agentalign_env.core.ports import FileEntry
from agentalign_env.errors import OperationError
from agentalign_env.services.machine.git.checkout import Checkout, Tree
from agentalign_env.services.machine.git.ignoring import Ignoring

__all__ = [
    "Status", "WorkFile", "follow_tree", "refuse_overwriting", "stage", "staged_tree", "status_of", "tree_index",
    "work_files", "write_entry",
]  # fmt: skip


class WorkFile(NamedTuple):
    """A file as it lies in the checkout."""

    mode: str
    text: str

    @property
    def blob(self) -> str:
        """The hash of its content."""
        return blob_hash(self.text)


class Status(NamedTuple):
    """What differs; the letters are ``A``, ``M``, ``D``, and ``U`` for a conflict.

    Attributes:
        staged: Between last commit and index, a letter by path.
        unstaged: Between index and files, likewise.
        untracked: What git does not know, whole directories with a final slash.
    """

    staged: Mapping[str, str]
    unstaged: Mapping[str, str]
    untracked: tuple[str, ...]

    @property
    def clean(self) -> bool:
        """Whether nothing differs."""
        return not (self.staged or self.unstaged or self.untracked)


def work_files(checkout: Checkout, index: Collection[str]) -> dict[str, WorkFile]:
    """The files that git knows or would add, by path from the top: without ignored ones and other repositories."""
    found: dict[str, WorkFile] = {}
    _collect(checkout, checkout.top, Ignoring(), index, _folders(index), found)
    return found


def _collect(
    checkout: Checkout,
    folder: str,
    ignoring: Ignoring,
    index: Collection[str],
    tracked: AbstractSet[str],
    found: dict[str, WorkFile],
) -> None:
    files, top = checkout.files, checkout.top
    try:
        entries = files.children(folder)
    except OperationError:
        return  # not readable: git warns and goes on
    checkout.spend(1 + len(entries))
    for entry in entries:
        if entry.path.endswith("/.gitignore") and entry.kind == "file":
            ignoring = ignoring.below(folder[len(top) :].strip("/"), entry.content)
    for entry in entries:
        path = entry.path[len(top) :].lstrip("/")
        if path == ".git" or path.endswith("/.git"):
            continue
        if entry.kind == "dir":
            other = files.get(f"{entry.path}/.git") is not None
            if not other and (path in tracked or not ignoring.ignores(path, is_directory=True)):
                _collect(checkout, entry.path, ignoring, index, tracked, found)
        elif path in index or not ignoring.ignores(path, is_directory=False):
            found[path] = WorkFile(_mode(entry), entry.content)


def _folders(paths: Iterable[str]) -> set[str]:
    """The directories that hold these paths."""
    found: set[str] = set()
    for path in paths:
        folder = path.rpartition("/")[0]
        while folder and folder not in found:
            found.add(folder)
            folder = folder.rpartition("/")[0]
    return found


def _mode(entry: FileEntry) -> str:
    if entry.kind == "link":
        return "120000"
    return "100755" if int(entry.mode, 8) & 0o100 else "100644"


def status_of(checkout: Checkout) -> Status:
    """How the last commit, the index and the files differ."""
    index, head = checkout.index(), checkout.tree(checkout.head)
    work = work_files(checkout, index)
    staged: dict[str, str] = {}
    unstaged: dict[str, str] = {}
    for path in sorted(head.keys() | index.keys()):
        line, before = index.get(path), head.get(path)
        if line is None:
            staged[path] = "D"
        elif line.stage:
            unstaged[path] = "U"
        elif before is None:
            staged[path] = "A"
        elif (line.mode, line.blob) != (before.mode, before.blob):
            staged[path] = "M"
    for path, line in index.items():
        have = work.get(path)
        if line.stage == 0 and have is None:
            unstaged[path] = "D"
        elif line.stage == 0 and have is not None and (have.mode, have.blob) != (line.mode, line.blob):
            unstaged[path] = "M"
    known = _folders(index)
    untracked = sorted({_shown(path, known) for path in work if path not in index})
    return Status(staged, dict(sorted(unstaged.items())), tuple(untracked))


def _shown(path: str, known: AbstractSet[str]) -> str:
    """The topmost directory on the way to a path that holds nothing git knows, else the path."""
    parts = path.split("/")
    for depth in range(1, len(parts)):
        folder = "/".join(parts[:depth])
        if folder not in known:
            return f"{folder}/"
    return path


def follow_tree(checkout: Checkout, old: Tree, new: Tree) -> list[str]:
    """Makes the files follow from one snapshot to another, and the index equal to it; what changed, by path."""
    changed = [path for path in sorted(old.keys() | new.keys()) if old.get(path) != new.get(path)]
    for path in changed:
        if path not in new:
            _remove(checkout, path)
    for path in changed:
        if path in new:
            write_entry(checkout, new[path])
    return changed


def refuse_overwriting(checkout: Checkout, old: Tree, new: Tree, verb: str) -> None:
    """Makes sure that following a snapshot loses no work.

    Raises:
        OperationError: A file that differs was changed here, or lies in the way unknown to git.
    """
    index = checkout.index()
    work = work_files(checkout, index)
    differing = [path for path in sorted(old.keys() | new.keys()) if old.get(path) != new.get(path)]
    changed, in_the_way = [], []
    for path in differing:
        have, line = work.get(path), index.get(path)
        wanted = new.get(path)
        if have is not None and wanted is not None and have.blob == wanted.blob:
            continue
        if line is None:
            if have is not None and path not in old:
                in_the_way.append(path)
        elif have is None or have.blob != line.blob or (path in old and line.blob != old[path].blob):
            changed.append(path)
    for paths, what, remedy in (
        (changed, "Your local changes to the following files", "Please commit your changes or stash them"),
        (in_the_way, "The following untracked working tree files", "Please move or remove them"),
    ):
        if paths:
            listed = "".join(f"\t{path}\n" for path in paths)
            words = {"merge": "you merge", "checkout": "you switch branches"}.get(verb, f"you {verb}")
            message = f"{what} would be overwritten by {verb}:\n{listed}{remedy} before {words}.\nAborting"
            raise OperationError("conflict", message, "repository_path")


def write_entry(checkout: Checkout, entry: TreeEntry) -> None:
    """Puts a file of a snapshot into the checkout."""
    path, text, files = _absolute(checkout, entry.path), checkout.content(entry.blob), checkout.files
    held = files.get(path)
    if held is not None and (held.kind == "link") != (entry.mode == "120000"):
        files.remove(path, recursive=True)
        held = None
    if entry.mode == "120000":
        if held is not None:
            files.remove(path)
        files.make_link(path, text)
        return
    executable = held is not None and held.kind == "file" and bool(int(held.mode, 8) & 0o100)
    mode = "0755" if entry.mode == "100755" else "0644" if executable else None
    files.write(path, text, mode=mode)


def _remove(checkout: Checkout, path: str) -> None:
    """Removes a file and the directories that it leaves empty."""
    files, place = checkout.files, _absolute(checkout, path)
    held = files.get(place)
    if held is None or held.kind == "dir":
        return
    files.remove(place)
    for folder in _above(checkout, place):
        if files.children(folder):
            break
        files.remove(folder)


def _above(checkout: Checkout, path: str) -> Iterator[str]:
    folder = path.rpartition("/")[0]
    while len(folder) > len(checkout.top):
        yield folder
        folder = folder.rpartition("/")[0]


def _absolute(checkout: Checkout, path: str) -> str:
    return f"{'' if checkout.top == '/' else checkout.top}/{path}"


def staged_tree(index: Mapping[str, Staged]) -> dict[str, TreeEntry]:
    """The snapshot that a commit of the index would hold."""
    return {path: TreeEntry(line.mode, line.blob, path) for path, line in index.items()}


def tree_index(tree: Tree) -> dict[str, Staged]:
    """The index that equals a snapshot."""
    return {path: Staged(entry.mode, entry.blob, 0) for path, entry in tree.items()}


def stage(
    checkout: Checkout,
    index: dict[str, Staged],
    paths: Iterable[str] | None = None,
    forced: AbstractSet[str] = frozenset(),
) -> list[str]:
    """Stages files as they are, or that they are gone, in `index`; those that it changed.

    Args:
        checkout: Where the files are; the index is not written.
        index: Changed in place.
        paths: Which; all that differ by default.
        forced: Files to see although they are ignored.
    """
    work = work_files(checkout, index.keys() | forced)
    changed = []
    for path in sorted(work.keys() | index.keys()) if paths is None else paths:
        have = work.get(path)
        if have is None:
            if index.pop(path, None) is not None:
                changed.append(path)
        else:
            line = Staged(have.mode, have.blob, 0)
            if index.get(path) != line:
                checkout.keep(have.text)
                index[path] = line
                changed.append(path)
    return changed
