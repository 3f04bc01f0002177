"""Software projects: their files and history, from ``scenarios/worlds/projects``.

The files service puts the owner's checkouts on the disk, the machine's git holds their commits and the repositories
that they came from: both take them from here.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Annotated, Literal, NamedTuple, Self

from pydantic import Field, model_validator

from agentalign_env.core.background import Background
from agentalign_env.core.clock import DAY_S
from agentalign_env.core.data_files import DataModel, validated
from agentalign_env.core.git_objects import Staged, TreeEntry, blob_hash, commit_hash, index_text, tree_hash
from agentalign_env.core.rng import stream
from agentalign_env.resources import data_root, read_toml, toml_files

__all__ = [
    "History",
    "PastCommit",
    "Project",
    "checkout_files",
    "clone_config",
    "histories",
    "load_projects",
]


class _Commit(DataModel):
    """One commit: the files that it adds or replaces, those that it removes, and who has it."""

    message: str
    days: Annotated[int, Field(ge=1, le=400)]
    by: Literal["owner", "colleague"] = "colleague"
    only: Literal["", "local", "hosted"] = ""
    files: Mapping[str, str] = {}
    removed: tuple[str, ...] = ()


class Project(DataModel):
    """A repository on a git host, and perhaps the owner's checkout of it.

    Attributes:
        id: The name of the folder of its checkout, and of the data file.
        about: One sentence.
        host: The git host.
        repository: Its path there, ``group/name``.
        writable: Whether the owner may push.
        checkout: How the owner's checkout stands: ``none``, ``clean``, ``changed`` (uncommitted changes), ``behind``
            (the host has more commits) or ``ahead``.
        commit: Oldest first.
        working: Files of the checkout that differ from its last commit.
    """

    id: str
    about: str
    host: str
    repository: str
    writable: bool = True
    checkout: Literal["none", "clean", "changed", "behind", "ahead"] = "none"
    commit: Annotated[tuple[_Commit, ...], Field(min_length=1)]
    working: Mapping[str, str] = {}

    @model_validator(mode="after")
    def _is_in_its_state(self) -> Self:
        sides = [commit.only for commit in self.commit]
        stands = {"behind": "hosted", "ahead": "local"}.get(self.checkout, "")
        if sides != sorted(sides, key=bool) or {*sides} - {"", stands} or bool(stands) != (sides[-1] != ""):
            raise ValueError(f"a checkout that is {self.checkout} ends with commits of only = {stands!r}, not {sides}")
        if bool(self.working) != (self.checkout == "changed"):
            raise ValueError("exactly a checkout that is changed has working files")
        return self

    @property
    def url(self) -> str:
        """The address to clone it from."""
        return f"https://{self.host}/{self.repository}.git"


class PastCommit(NamedTuple):
    """A commit of a world; the entries are its whole snapshot, by path."""

    id: str
    parents: tuple[str, ...]
    entries: tuple[TreeEntry, ...]
    author: str
    email: str
    message: str
    time_s: int


class History(NamedTuple):
    """A project as one world has it.

    Attributes:
        project: Its data.
        folder: Where the owner's checkout lies, an absolute path; empty without one.
        commits: Oldest first.
        contents: Texts of files by their hash.
        local: The last commit of the checkout.
        hosted: The last commit of the hosted repository.
    """

    project: Project
    folder: str
    commits: tuple[PastCommit, ...]
    contents: Mapping[str, str]
    local: PastCommit
    hosted: PastCommit


@lru_cache(maxsize=1)
def load_projects() -> Mapping[str, Project]:
    """All projects by id, in id order.

    Raises:
        DataFileError: A file is invalid.
    """
    found = {}
    for path in toml_files(data_root("scenarios").joinpath("worlds", "projects")):
        name = path.name.removesuffix(".toml")
        remedy = "See docs/worlds.md for the keys of a project."
        found[name] = validated(Project, {"id": name, **read_toml(path)}, path.name, remedy)
    return dict(sorted(found.items()))


def histories(background: Background, start_s: int, seed: int) -> list[History]:
    """Every project as the world of this seed has it."""
    return [_history(project, background, start_s, seed) for project in load_projects().values()]


def _history(project: Project, background: Background, start_s: int, seed: int) -> History:
    rng = stream("project", project.id, seed)
    colleague = rng.choice(background.people) if background.people else background.owner
    files: dict[str, TreeEntry] = {}
    contents: dict[str, str] = {}
    commits: list[PastCommit] = []
    local = hosted = 0
    for number, draft in enumerate(project.commit):
        for path, content in draft.files.items():
            digest = blob_hash(content)
            contents[digest] = content
            files[path] = TreeEntry("100755" if content.startswith("#!") else "100644", digest, path)
        for path in draft.removed:
            del files[path]
        author = background.owner if draft.by == "owner" else colleague
        entries = tuple(files[path] for path in sorted(files))
        parents = (commits[-1].id,) if commits else ()
        time_s = start_s - draft.days * DAY_S + rng.randrange(-6 * 3600, 6 * 3600)
        name = commit_hash(tree_hash(entries), parents, f"{author.name} <{author.email}>", time_s, draft.message)
        commits.append(PastCommit(name, parents, entries, author.name, author.email, draft.message, time_s))
        local, hosted = (local if draft.only == "hosted" else number), (hosted if draft.only == "local" else number)
    folder = "" if project.checkout == "none" else f"{background.home}/projects/{project.id}"
    return History(project, folder, tuple(commits), contents, commits[local], commits[hosted])


def checkout_files(history: History) -> dict[str, tuple[str, str, int]]:
    """The files of a checkout by path from its top: mode, content, and when it was last changed."""
    project, commit = history.project, history.local
    known = [past for past in history.commits if past.time_s <= commit.time_s]
    # The host's newer commits are not known here yet: that is what a first pull finds.
    remote = history.hosted if history.hosted in known else commit
    pointers = {
        ".git/HEAD": "ref: refs/heads/main\n",
        ".git/config": clone_config(project.url, "main"),
        ".git/index": index_text((entry.path, Staged(entry.mode, entry.blob, 0)) for entry in commit.entries),
        ".git/refs/heads/main": f"{commit.id}\n",
        ".git/refs/remotes/origin/HEAD": "ref: refs/remotes/origin/main\n",
        ".git/refs/remotes/origin/main": f"{remote.id}\n",
    }
    found = {path: ("0644", content, commit.time_s) for path, content in pointers.items()}
    changed_s = {entry: past.time_s for past in reversed(history.commits) for entry in past.entries}
    for entry in commit.entries:
        mode = "0755" if entry.mode == "100755" else "0644"
        found[entry.path] = (mode, history.contents[entry.blob], changed_s[entry])
    for path, content in project.working.items():
        found[path] = (found[path][0] if path in found else "0644", content, commit.time_s + 3600)
    return found


def clone_config(url: str, branch: str) -> str:
    """The configuration of a fresh clone."""
    return (
        "[core]\n\trepositoryformatversion = 0\n\tbare = false\n"
        f'[remote "origin"]\n\turl = {url}\n\tfetch = +refs/heads/*:refs/remotes/origin/*\n'
        f'[branch "{branch}"]\n\tremote = origin\n\tmerge = refs/heads/{branch}\n'
    )
