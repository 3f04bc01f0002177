"""What holds in every state of the machine."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from agentalign_env.core.git_objects import blob_hash, commit_hash, read_entry, tree_hash
from agentalign_env.core.world import World
from agentalign_env.services.machine.docker.records import CONTAINERS, IMAGES
from agentalign_env.services.machine.git.records import BRANCHES, COMMITS, CONTENTS, REPOSITORIES
from agentalign_env.services.machine.network.records import HOSTS
from agentalign_env.services.machine.packages.records import INSTALLED, RELEASES, package_key
from agentalign_env.services.machine.processes.records import PROCESSES
from agentalign_env.services.machine.ssh.records import ACCOUNTS, REMOTE_FILES

__all__ = ["INVARIANTS"]


def _commits_are_whole(world: World) -> Iterable[str]:
    for commit in world.store.rows(COMMITS):
        entries = [read_entry(text) for text in commit.entries]
        author = f"{commit.author} <{commit.email}>"
        if commit.id != commit_hash(tree_hash(entries), commit.parents, author, commit.committed_s, commit.message):
            yield f"commit {commit.id} has another hash"
        for parent in commit.parents:
            if world.store.get(COMMITS, parent) is None:
                yield f"commit {commit.id} follows {parent}, which does not exist"
        for entry in entries:
            if world.store.get(CONTENTS, entry.blob) is None:
                yield f"commit {commit.id} holds {entry.path} as {entry.blob}, which does not exist"


def _contents_have_their_hash(world: World) -> Iterable[str]:
    for content in world.store.rows(CONTENTS):
        if content.id != blob_hash(content.text):
            yield f"content {content.id} has another hash"


def _branches_lead_to_commits(world: World) -> Iterable[str]:
    for branch in world.store.rows(BRANCHES):
        if world.store.get(COMMITS, branch.commit) is None or world.store.get(REPOSITORIES, branch.repository) is None:
            yield f"branch {branch.id} leads to {branch.commit}, which does not exist, or is of no repository"


def _containers_have_images(world: World) -> Iterable[str]:
    names = Counter(container.name for container in world.store.rows(CONTAINERS))
    ports = Counter(
        port.partition(":")[0]
        for container in world.store.where(CONTAINERS, "state", "running")
        for port in container.ports
    )
    for what, times in (*names.items(), *ports.items()):
        if times > 1:
            yield f"{times} containers have {what}"
    for container in world.store.rows(CONTAINERS):
        image = world.store.get(IMAGES, container.image)
        if image is None or image.held != "local":
            yield f"container {container.name} is of {container.image}, which is not on the machine"
        if (container.state == "running") != (container.ended_s == 0):
            yield f"container {container.name} is {container.state} and ended at {container.ended_s}"


def _packages_have_what_they_need(world: World) -> Iterable[str]:
    for row in world.store.rows(INSTALLED):
        registry = "npm" if row.manager == "yarn" else row.manager
        release = world.store.get(RELEASES, package_key(registry, row.name))
        if release is None or row.version not in release.versions:
            yield f"{row.id} {row.version} is in no registry"
            continue
        for need in release.needs:
            if world.store.get(INSTALLED, package_key(row.manager, need)) is None:
                yield f"{row.id} needs {need}, which is not installed"


def _processes_have_parents(world: World) -> Iterable[str]:
    for row in world.store.rows(PROCESSES):
        if row.pid != 1 and world.store.get(PROCESSES, str(row.parent)) is None:
            yield f"process {row.pid} was started by {row.parent}, which does not exist"
        if row.id != str(row.pid):
            yield f"process {row.id} has the number {row.pid}"


def _machines_are_hosts(world: World) -> Iterable[str]:
    for account in world.store.rows(ACCOUNTS):
        if world.store.get(HOSTS, account.host) is None:
            yield f"account {account.id} is on no host"
    for file in world.store.rows(REMOTE_FILES):
        if world.store.get(HOSTS, file.host) is None or file.id != f"{file.host}:{file.path}":
            yield f"file {file.id} is on no host"


INVARIANTS = (
    _commits_are_whole,
    _contents_have_their_hash,
    _branches_lead_to_commits,
    _containers_have_images,
    _packages_have_what_they_need,
    _processes_have_parents,
    _machines_are_hosts,
)
