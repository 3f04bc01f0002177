"""Which repositories can be put on git hosts and on the owner's disk before an episode."""

from __future__ import annotations

from collections.abc import Mapping

from agentalign_env.core.clock import DAY_S, HOUR_S
from agentalign_env.core.git_objects import TreeEntry, blob_hash, commit_hash, entry_text, tree_hash
from agentalign_env.core.premises import (
    Hints,
    checked,
    choice_hint,
    plain_letters,
    premise_rng,
    refuse_known,
    text_hint,
)
from agentalign_env.core.rng import Random
from agentalign_env.core.world import World
from agentalign_env.errors import OperationError, PremiseError
from agentalign_env.services.machine.git.checkout import Checkout, is_branch_name
from agentalign_env.services.machine.git.hosting import ADDRESS, clone_into, hosted_repository
from agentalign_env.services.machine.git.records import (
    BRANCHES,
    COMMITS,
    CONTENTS,
    REPOSITORIES,
    BranchName,
    Commit,
    Content,
    HostedBranch,
    Repository,
    RepositoryPath,
    RepositoryUrl,
)
from agentalign_env.services.machine.network.probing import free_address, host_by_name
from agentalign_env.services.machine.network.records import HOSTS, Host

__all__ = ["lay_checkout", "lay_hosted"]

_STATES = ("clean", "changed")
_MAIN = 'for name in sorted(["Ada", "Bo"]):\n    print("hello", name)\n'
_DOCKERFILE = 'FROM python:3.12-slim\nCOPY . /app\nCMD ["python", "/app/main.py"]\n'
_STEPS: tuple[tuple[str, Mapping[str, str]], ...] = (
    ("Say how to start", {"README.md": "A small project. Run `python main.py`.\n", "main.py": 'print("hello")\n'}),
    ("Read settings from a file", {"settings.toml": '[main]\ngreeting = "hello"\n', "requirements.txt": "requests\n"}),
    ("Sort the names before printing", {"main.py": _MAIN}),
    ("Note what is still open", {"TODO.txt": "- more names\n", "Dockerfile": _DOCKERFILE}),
)
"""The commits of a repository: message, and the files that each adds or replaces."""


def lay_hosted(world: World, value: str, hints: Hints) -> None:
    """A repository at this address, to clone from and push to.

    Hints: ``access``: write (the default) or read; ``branch`` that it has beside ``main``.
    """
    url = str(checked("RepositoryUrl", RepositoryUrl, value)).strip()
    access = choice_hint(hints, "access", ("write", "read"), "write")
    _put_branch(world, _put_hosted(world, url, access, premise_rng(world, "RepositoryUrl", url)), hints)


def lay_checkout(world: World, value: str, hints: Hints) -> None:
    """A checkout at this path, of a repository on a git host, with a Dockerfile to build from.

    Hints: ``url`` of the repository; ``branch`` that it has beside ``main``; ``state``: clean, or changed (the
    default), where something can be committed.
    """
    files = world.files
    place = files.resolve(checked("RepositoryPath", RepositoryPath, value))
    held, rng = files.follow(place), premise_rng(world, "RepositoryPath", place)
    if held is not None and (held.kind != "dir" or files.children(held.path)):
        raise PremiseError(f"something is at {value!r:.200} already: build on it, or name another path")
    name = plain_letters(place.rpartition("/")[2]) or "project"
    url = text_hint(hints, "url", f"https://git.fernhub.example/{world.background.user}/{name}.git", RepositoryUrl)
    try:
        repository = hosted_repository(world.store, url)
    except OperationError:
        repository = _put_hosted(world, url, "write", rng)
    _put_branch(world, repository, hints)
    checkout = Checkout(world, files, place, world.now_s)
    clone_into(checkout, repository, url, "")
    if choice_hint(hints, "state", _STATES, "changed") == "changed":
        notes = files.follow(f"{place}/TODO.txt")
        before = notes.content if notes is not None else ""
        files.write(f"{place}/TODO.txt", f"{before}- ask the others about the next release\n")


def _put_hosted(world: World, url: str, access: str, rng: Random) -> Repository:
    found = ADDRESS.fullmatch(url)
    if found is None:
        raise PremiseError(
            f"expected the address of a repository such as https://HOST/GROUP/NAME.git, got {url!r:.100}"
        )
    host, path = found[1].lower(), found[2].strip("/").removesuffix(".git")
    key = f"{host}/{path}"
    refuse_known(world, REPOSITORIES, key, "RepositoryUrl")
    name = path.rpartition("/")[2]
    commit = _put_commits(world, rng)
    repository = Repository(
        key, url, f"{name.replace('-', ' ').capitalize()}, a small project.", "main", access, "", "none"
    )
    world.store.put(REPOSITORIES, repository)
    world.store.put(BRANCHES, HostedBranch(f"{key}#main", key, "main", commit.id))
    if host_by_name(world, host) is None:
        address, delay_us = free_address(world, rng), rng.randrange(11_000, 60_000)
        world.store.put(HOSTS, Host(host, address, "server", "git host", True, 9, delay_us, (22, 443)))
    return repository


def _put_branch(world: World, repository: Repository, hints: Hints) -> None:
    """The branch of the hints, where the main one is."""
    name = text_hint(hints, "branch", "", BranchName)
    key, head = f"{repository.id}#{name}", world.store.get(BRANCHES, f"{repository.id}#{repository.head}")
    if not name or head is None or world.store.get(BRANCHES, key) is not None:
        return
    if not is_branch_name(name):
        raise PremiseError(f"git takes no branch named {name!r:.80}: name another one")
    world.store.put(BRANCHES, HostedBranch(key, repository.id, name, head.commit))


def _put_commits(world: World, rng: Random) -> Commit:
    """A few commits by the owner and somebody else; the last of them."""
    authors = (world.owner, rng.choice(world.background.people))
    commit: Commit | None = None
    files: dict[str, TreeEntry] = {}
    parents: tuple[str, ...] = ()
    time_s = world.now_s - 40 * DAY_S
    for message, step in _STEPS:
        for path, text in step.items():
            blob = blob_hash(text)
            world.store.put(CONTENTS, Content(blob, text))
            files[path] = TreeEntry("100644", blob, path)
        author = rng.choice(authors)
        entries = tuple(files[path] for path in sorted(files))
        key = commit_hash(tree_hash(entries), parents, f"{author.name} <{author.email}>", time_s, message)
        commit = Commit(key, parents, tuple(map(entry_text, entries)), author.name, author.email, message, time_s)
        world.store.put(COMMITS, commit)
        parents, time_s = (key,), time_s + rng.randrange(5 * HOUR_S, 9 * DAY_S)
    assert commit is not None
    return commit
