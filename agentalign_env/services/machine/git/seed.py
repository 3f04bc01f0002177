"""The repositories that a world begins with: those of `core.projects`, as the git hosts have them."""

from __future__ import annotations

from collections.abc import Iterator

from agentalign_env.core.git_objects import entry_text
from agentalign_env.core.projects import History, histories
from agentalign_env.core.service import SeedContext
from agentalign_env.services.machine.git.records import Commit, Content, HostedBranch, Repository

__all__ = ["seed_branches", "seed_commits", "seed_contents", "seed_repositories"]


def seed_commits(context: SeedContext) -> Iterator[Commit]:
    """All commits, of hosts and checkouts, oldest first."""
    commits = {commit.id: commit for history in _all(context) for commit in history.commits}
    for commit in sorted(commits.values(), key=lambda commit: commit.time_s):
        entries = tuple(map(entry_text, commit.entries))
        yield Commit(commit.id, commit.parents, entries, commit.author, commit.email, commit.message, commit.time_s)


def seed_contents(context: SeedContext) -> Iterator[Content]:
    """The contents of all files of all commits."""
    found = {name: text for history in _all(context) for name, text in history.contents.items()}
    for name, text in found.items():
        yield Content(name, text)


def seed_repositories(context: SeedContext) -> Iterator[Repository]:
    """The repositories on git hosts."""
    for history in _all(context):
        project = history.project
        access = "write" if project.writable else "read"
        yield Repository(
            _key(history), project.url, project.about, "main", access, history.folder, project.checkout
        )  # fmt: skip


def seed_branches(context: SeedContext) -> Iterator[HostedBranch]:
    """Their branches."""
    for history in _all(context):
        yield HostedBranch(f"{_key(history)}#main", _key(history), "main", history.hosted.id)


def _all(context: SeedContext) -> list[History]:
    return histories(context.background, context.start_s, context.seed)


def _key(history: History) -> str:
    return f"{history.project.host}/{history.project.repository}"
