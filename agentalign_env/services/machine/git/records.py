"""Rows and results of git.

The pointers of a repository (HEAD, branches, configuration, index) are the files below its ``.git``: what the tools of
the file system do to them counts. Commits and contents, which git names by what they hold, are rows.
"""

from __future__ import annotations

from typing import Annotated, Literal, NamedTuple, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from agentalign_env.core.ids import HEX, IdStyle
from agentalign_env.core.semantics import FilePath, Semantic
from agentalign_env.core.table import Table
from agentalign_env.services.machine.packages.records import PackageName

__all__ = [
    "BRANCHES", "COMMITS", "CONTENTS", "REPOSITORIES", "BranchName", "ChangedFile", "Commit", "CommitHash",
    "CommitView", "Content", "GitArguments", "GitOutcome", "GitVerb", "HostedBranch", "Repository", "RepositoryPath",
    "RepositoryUrl",
]  # fmt: skip

CommitHash = Annotated[str, Semantic("CommitHash"), Field(pattern=r"^[0-9a-f]{40}$")]
RepositoryPath = Annotated[str, Semantic("RepositoryPath"), Field(min_length=1, max_length=4096)]
RepositoryUrl = Annotated[
    str,
    Semantic("RepositoryUrl"),
    Field(min_length=1, max_length=2048, examples=["https://git.fernhub.example/weekend/trip-planner.git"]),
]
BranchName = Annotated[str, Semantic("BranchName"), Field(min_length=1, max_length=200)]
GitVerb = Literal["clone", "pull", "push", "commit", "status", "log"]

_SHA1 = IdStyle("", HEX, 40)


class Commit(NamedTuple):
    """A commit; an entry is ``<mode> <content's hash> <path>``, a file of the whole snapshot."""

    id: CommitHash
    parents: tuple[str, ...]
    entries: tuple[str, ...]
    author: str
    email: str
    message: str
    committed_s: int


class Content(NamedTuple):
    """The content of a file, by git's hash of it."""

    id: str
    text: str


class Repository(NamedTuple):
    """A repository on a git host.

    Attributes:
        id: Host and path, ``git.fernhub.example/weekend/trip-planner``.
        url: The address to clone it from.
        about: One sentence.
        head: The branch that a clone starts on.
        access: ``write`` or ``read``.
        checkout: Where the owner's clone lies when the world begins, or empty.
        stands: How that clone stands then: ``clean``, ``changed``, ``behind``, ``ahead``, or ``none``.
    """

    id: str
    url: RepositoryUrl
    about: str
    head: BranchName
    access: str
    checkout: RepositoryPath
    stands: str


class HostedBranch(NamedTuple):
    """A branch of a repository on a git host; the id is ``<repository>#<branch>``."""

    id: str
    repository: str
    name: str
    commit: str


# Keys are hashes over times, so no instruction fixes them; goals follow them by where they occur.
COMMITS = Table("git_commits", Commit, free_text=("message",), volatile=("committed_s",), ids=_SHA1)
CONTENTS = Table("git_contents", Content, free_text=("text",), ids=_SHA1)
REPOSITORIES = Table("git_repositories", Repository, text=("id", "about"), natural_key=True)
BRANCHES = Table("git_branches", HostedBranch, natural_key=True)


class GitArguments(TypedDict):
    """What some of the operations need."""

    url: NotRequired[Annotated[RepositoryUrl, Field(description="For clone: the address of the repository.")]]
    message: NotRequired[
        Annotated[str, Field(min_length=1, max_length=10_000, description="For commit: what was changed and why.")]
    ]
    branch: NotRequired[
        Annotated[
            BranchName,
            Field(
                description=(
                    "The branch to clone, pull or push; for log the branch to show. The current one when left out."
                )
            ),
        ]
    ]


class CommitView(TypedDict):
    """A commit as a log shows it."""

    commit: CommitHash
    author: str
    date: str
    message: str


class ChangedFile(TypedDict):
    """A file that differs: from the last commit where it is staged, else from what is staged."""

    path: str
    change: str
    staged: bool


class GitOutcome(TypedDict):
    """What an operation on a repository answers; the commit is the last one of the branch."""

    operation: str
    repository_path: RepositoryPath
    branch: BranchName
    output: str
    commit: NotRequired[CommitHash]
    url: NotRequired[RepositoryUrl]
    changes: NotRequired[list[ChangedFile]]
    commits: NotRequired[list[CommitView]]
    files: NotRequired[list[FilePath]]
    requirements: NotRequired[list[PackageName]]
