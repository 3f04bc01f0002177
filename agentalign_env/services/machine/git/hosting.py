"""Repositories on git hosts, and what goes between them and a checkout."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import NamedTuple

from agentalign_env.core.projects import clone_config
from agentalign_env.core.store import Store
from agentalign_env.errors import OperationError
from agentalign_env.services.machine.git.checkout import Checkout
from agentalign_env.services.machine.git.history import is_ancestor
from agentalign_env.services.machine.git.records import (
    BRANCHES,
    COMMITS,
    REPOSITORIES,
    Commit,
    HostedBranch,
    Repository,
)
from agentalign_env.services.machine.git.worktree import follow_tree, tree_index

__all__ = ["ADDRESS", "RefUpdate", "clone_into", "fetch", "hosted_branches", "hosted_repository", "origin_url", "push"]

ADDRESS = re.compile(
    r"(?:https?://(?:[^/@\s]+@)?|ssh://(?:[^/@\s]+@)?|git://|[\w.-]+@(?=[^/:\s]+:))?([\w.-]+)(?::\d+)?[/:]+([^\s?#]+)"
)
"""The address of a repository: its host, and its path there."""


class RefUpdate(NamedTuple):
    """A branch that moved: its commit before (``None`` when it is new) and after."""

    branch: str
    before: Commit | None
    after: Commit


def hosted_repository(store: Store, url: str, field: str = "args.url") -> Repository:
    """The repository at an address: ``https://host/group/name.git``, or ``git@host:group/name.git``.

    Raises:
        OperationError: No host has it.
    """
    found = ADDRESS.fullmatch(url.strip())
    host, path = (found[1].lower(), found[2]) if found else ("", "")
    key = f"{host}/{path.strip('/').removesuffix('.git')}"
    repository = store.get(REPOSITORIES, key)
    if repository is not None:
        return repository
    known = [row.id for row in store.rows(REPOSITORIES)]
    near = get_close_matches(key, known, n=1)
    remedy = (
        f"did you mean {near[0]}?" if near else "give the address of a repository such as https://HOST/GROUP/NAME.git"
    )
    if any(other.startswith(f"{host}/") for other in known):
        raise OperationError("not_found", f"repository '{url[:200]}' not found; {remedy}", field)
    raise OperationError(
        "not_found", f"unable to access '{url[:200]}': Could not resolve host: {host or url[:80]}; {remedy}", field
    )


def hosted_branches(store: Store, repository: Repository) -> dict[str, Commit]:
    """The branches of a hosted repository."""
    found = {}
    for row in store.where(BRANCHES, "repository", repository.id):
        commit = store.get(COMMITS, row.commit)
        if commit is not None:
            found[row.name] = commit
    return dict(sorted(found.items()))


def origin_url(checkout: Checkout, remote: str = "origin") -> str:
    """The address of a remote.

    Raises:
        OperationError: The checkout has no such remote.
    """
    url = checkout.settings().get(f"remote.{remote}.url", "")
    if not url:
        message = (
            f"'{remote[:200]}' does not appear to be a git repository; "
            "the checkout has no such remote: add one, or clone a repository that has"
        )
        raise OperationError("not_found", message, "repository_path")
    return url


def clone_into(checkout: Checkout, repository: Repository, url: str, branch: str) -> Commit | None:
    """Fills an empty directory with a clone; its last commit.

    Raises:
        OperationError: The repository has no such branch.
    """
    branches = hosted_branches(checkout.world.store, repository)
    name = branch or repository.head
    commit = branches.get(name)
    if commit is None and branch:
        message = f"Remote branch {branch} not found in upstream origin; it has {', '.join(branches) or 'none'}"
        raise OperationError("not_found", message, "args.branch")
    files, folder = checkout.files, checkout.folder
    for below in ("objects", "refs/tags", "refs/heads"):
        files.make_directory(f"{folder}/{below}")
    checkout.point("HEAD", f"ref: refs/heads/{name}")
    files.write(f"{folder}/config", clone_config(url, name))
    for other, at in branches.items():
        checkout.point(f"refs/remotes/origin/{other}", at.id)
    checkout.point("refs/remotes/origin/HEAD", f"ref: refs/remotes/origin/{repository.head}")
    tree = checkout.tree(commit)
    if commit is not None:
        checkout.point(f"refs/heads/{name}", commit.id)
    checkout.set_index(tree_index(tree))
    follow_tree(checkout, {}, tree)
    return commit


def fetch(checkout: Checkout, remote: str = "origin") -> list[RefUpdate]:
    """Brings the remote's branches up to date here.

    Raises:
        OperationError: There is no such remote, or nothing answers at its address.
    """
    store = checkout.world.store
    repository = hosted_repository(store, origin_url(checkout, remote), "repository_path")
    updates = []
    for name, commit in hosted_branches(store, repository).items():
        before = checkout.commit_at(f"refs/remotes/{remote}/{name}")
        if before is None or before.id != commit.id:
            checkout.point(f"refs/remotes/{remote}/{name}", commit.id)
            updates.append(RefUpdate(name, before, commit))
    return updates


def push(
    checkout: Checkout,
    branch: str,
    commit: Commit | None,
    remote: str = "origin",
    *,
    force: bool = False,
    tag: bool = False,
) -> RefUpdate | None:
    """Moves a branch of the remote to a commit, or removes it; ``None`` when it is there already.

    A tag becomes a branch of the remote, which no reference here follows.

    Raises:
        OperationError: The owner may not, or the remote has commits that are missing here.
    """
    store = checkout.world.store
    url = origin_url(checkout, remote)
    repository = hosted_repository(store, url, "repository_path")
    if repository.access != "write":
        message = f"unable to access '{url}': The requested URL returned error: 403; you may only read {repository.id}"
        raise OperationError("permission_denied", message, "repository_path")
    key = f"{repository.id}#{branch}"
    row = store.get(BRANCHES, key)
    before = store.get(COMMITS, row.commit) if row is not None else None
    if commit is None:
        if before is None:
            raise OperationError("not_found", f"unable to delete '{branch}': remote ref does not exist", "args.branch")
        store.delete(BRANCHES, key)
        checkout.drop(f"refs/remotes/{remote}/{branch}")
        return None
    if before is not None and before.id == commit.id:
        return None
    if not force and not is_ancestor(store, before, commit):
        message = (
            f"failed to push some refs to '{url}': ! [rejected] {branch} -> {branch} (fetch first); "
            "the remote holds commits that you have not: pull first"
        )
        raise OperationError("conflict", message, "repository_path")
    store.put(BRANCHES, HostedBranch(key, repository.id, branch, commit.id))
    if not tag:
        checkout.point(f"refs/remotes/{remote}/{branch}", commit.id)
    return RefUpdate(branch, before, commit)
