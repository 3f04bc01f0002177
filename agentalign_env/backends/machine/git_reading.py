"""What the real git did to repositories of the world, put into its store as the simulation would have put it.

Commits keep their names where the simulation could have made them. Any other commit becomes one that it could have
made, under the name that this one has, and every pointer to it follows: its committer is its author too, its time is
in UTC, signatures and encodings are gone, and a stash is one commit. Contents that are no UTF-8 are kept as
`core.text.from_bytes` keeps them; submodules are left out.

Where the real git goes other ways than the simulation's, the rows are as its work was:

- Configuration: ``git clone --depth`` names one branch.
- Messages: a pull without `git_hosting.remote_program` names a directory instead of the address; what is no UTF-8 is
  taken for Latin-1.
- Merges follow renamed files (git 2.50 and newer do not, by the configuration), and compare lines in their own way, so
  that changes close to each other can meet in a conflict on one side only. A merge that is in somebody's way leaves a
  commit of the changes behind, as a stash would, to which nothing points.
- What the simulation has not, or reads over, does what it says: ``cherry-pick``, ``rebase``, ``merge --squash``,
  ``pull --rebase``, ``push --tags``, and ``add -N``. After a conflict, a revert of several
  commits goes on with those that are left.
- A pushed tag becomes a branch of the host, as in the simulation. A refused push ends with 1 instead of 128 without
  `git_hosting.remote_program`.
- ``git init --bare`` makes what is no repository for the simulation. A popped stash leaves no empty ``logs``.
"""

from __future__ import annotations

from collections.abc import Mapping

from agentalign_env.backends.machine.git_files import read_objects, read_references
from agentalign_env.backends.machine.git_hosting import hosted_path
from agentalign_env.backends.machine.git_pointers import is_pointer, pointers
from agentalign_env.backends.machine.git_repositories import DIRECTORIES, pointer_files
from agentalign_env.backends.machine.git_rows import ObjectRows
from agentalign_env.core.world import World
from agentalign_env.errors import UnknownNameError
from agentalign_env.services.machine.git.checkout import Checkout
from agentalign_env.services.machine.git.records import BRANCHES, COMMITS, REPOSITORIES, HostedBranch

__all__ = ["read_back", "read_hosted"]


def read_back(world: World, top: str, files: Mapping[str, bytes], objects: bytes) -> None:
    """Puts what a real repository holds into the world: new commits and contents, and the pointers below ``.git``.

    Args:
        world: Where; what did not change is not written.
        top: The directory that holds ``.git``.
        files: The files below ``.git``, without its objects. A reference or another pointer that is missing here is
            removed, any other file stays. Without ``HEAD`` there is no repository, and nothing is done.
        objects: What ``git cat-file --batch-all-objects --batch`` writes there; empty where git cannot read them.

    Raises:
        ValueError: The objects are cut off.
        OperationError: A commit holds too many files, the owner may not write there, or the disk is full.
    """
    if "HEAD" not in files:
        return
    rows = ObjectRows(world, read_objects(objects), files)
    checkout = Checkout(world, world.files, top, world.now_s)
    held = pointer_files(checkout)
    wanted = pointers(rows, files, held)
    rows.keep_contents()
    if "HEAD" not in held:
        for name in DIRECTORIES:
            if world.files.get(f"{checkout.folder}/{name.rstrip('/')}") is None:
                world.files.make_directory(f"{checkout.folder}/{name.rstrip('/')}")
    for name in held:
        if is_pointer(name) and name not in wanted:
            checkout.drop(name)
    for name, text in wanted.items():
        if held.get(name) != text:
            path = f"{checkout.folder}/{name}"
            entry = world.files.get(path)
            if entry is not None and (entry.kind == "dir" or not int(entry.mode, 8) & 0o200):
                world.files.remove(path, recursive=True)  # git too replaces a file, or the place of other references
            world.files.write(path, text)


def read_hosted(world: World, path: str, files: Mapping[str, bytes], objects: bytes) -> None:
    """Puts what was pushed to a hosted repository into the world: new commits and contents, and its branches.

    A tag becomes a branch, as a push of the simulation makes it. Of a repository that may only be read, nothing.

    Args:
        world: Where.
        path: A key of `git_hosting.hosted_repositories`.
        files: The files of the bare repository, without its objects.
        objects: What ``git cat-file --batch-all-objects --batch`` writes there.

    Raises:
        UnknownNameError: No hosted repository lies at the path.
        ValueError: The objects are cut off.
    """
    repositories = {hosted_path(row): row for row in world.store.rows(REPOSITORIES)}
    repository = repositories.get(path)
    if repository is None:
        raise UnknownNameError("hosted repository", path, repositories)
    if repository.access != "write":
        return
    rows = ObjectRows(world, read_objects(objects), {})
    found: dict[str, str] = {}
    for name, value in read_references(files).items():
        kind, _, branch = name.removeprefix("refs/").partition("/")
        commit = rows.commit(value) if kind in ("heads", "tags") else None
        if commit is not None:
            found.setdefault(branch, commit)
    rows.keep_contents()
    for branch, commit in found.items():
        world.store.put(BRANCHES, HostedBranch(f"{repository.id}#{branch}", repository.id, branch, commit))
    for row in world.store.where(BRANCHES, "repository", repository.id):
        if row.name not in found and world.store.get(COMMITS, row.commit) is not None:
            world.store.delete(BRANCHES, row.id)
