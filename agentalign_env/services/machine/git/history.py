"""Commits and how they descend from each other: walking, naming, comparing."""

from __future__ import annotations

import heapq
import re
from collections.abc import Iterable, Iterator

from agentalign_env.core.store import Store
from agentalign_env.errors import OperationError
from agentalign_env.services.machine.git.checkout import Checkout
from agentalign_env.services.machine.git.records import COMMITS, Commit

__all__ = ["ancestors", "commits_between", "is_ancestor", "merge_base", "resolve", "walk"]

_ABBREVIATED = re.compile(r"[0-9a-f]{4,40}")
_STEP = re.compile(r"([~^])(\d*)")


def walk(store: Store, starts: Iterable[Commit]) -> Iterator[Commit]:
    """These commits and all before them, the newest first; never a commit before one that follows it."""
    heap: list[tuple[int, int, Commit]] = []
    seen: set[str] = set()
    count = 0

    def push(commit: Commit) -> None:
        nonlocal count
        if commit.id not in seen:
            seen.add(commit.id)
            count += 1
            heapq.heappush(heap, (-commit.committed_s, count, commit))

    for start in starts:
        push(start)
    while heap:
        commit = heapq.heappop(heap)[2]
        yield commit
        for parent in commit.parents:
            found = store.get(COMMITS, parent)
            if found is not None:
                push(found)


def ancestors(store: Store, commit: Commit | None) -> set[str]:
    """The commit and all before it, by their names."""
    return {found.id for found in walk(store, [commit])} if commit is not None else set()


def is_ancestor(store: Store, old: Commit | None, new: Commit | None) -> bool:
    """Whether `new` holds everything of `old`."""
    return old is None or (new is not None and old.id in ancestors(store, new))


def merge_base(store: Store, one: Commit, other: Commit) -> Commit | None:
    """The newest commit that both descend from."""
    known = ancestors(store, one)
    return next((commit for commit in walk(store, [other]) if commit.id in known), None)


def commits_between(store: Store, old: Commit | None, new: Commit | None) -> list[Commit]:
    """What `new` has and `old` has not, the newest first."""
    known = ancestors(store, old)
    return [commit for commit in walk(store, [new]) if commit.id not in known] if new is not None else []


def resolve(checkout: Checkout, name: str) -> Commit:
    """The commit that a revision names: ``HEAD~2``, a branch, a tag, ``origin/main``, a hash or the start of one.

    Raises:
        OperationError: It names none.
    """
    steps = _STEP.search(name)
    base, rest = (name[: steps.start()], name[steps.start() :]) if steps else (name, "")
    commit = _named(checkout, base or "HEAD")
    at = 0
    while commit is not None and at < len(rest):
        step = _STEP.match(rest, at)
        if step is None:
            commit = None
            break
        count = int(step[2][:6]) if step[2] else 1
        if step[1] == "~":
            for _ in range(count):
                commit = _parent(checkout, commit, 1)
                if commit is None:
                    break
        elif count:
            commit = _parent(checkout, commit, count)
        at = step.end()
    if commit is None:
        message = (
            f"ambiguous argument '{name[:200]}': unknown revision or path not in the working tree; "
            f"branches are {', '.join(checkout.refs('heads')) or 'none'}"
        )
        raise OperationError("not_found", message, "args.branch")
    return commit


def _parent(checkout: Checkout, commit: Commit | None, number: int) -> Commit | None:
    if commit is None or len(commit.parents) < number:
        return None
    return checkout.world.store.get(COMMITS, commit.parents[number - 1])


def _named(checkout: Checkout, name: str) -> Commit | None:
    if name in ("HEAD", "@"):
        return checkout.head
    if name in ("FETCH_HEAD", "ORIG_HEAD", "MERGE_HEAD"):
        return checkout.commit_at(name)
    if "\0" not in name and ".." not in name:
        for ref in (name, f"refs/{name}", f"refs/tags/{name}", f"refs/heads/{name}", f"refs/remotes/{name}"):
            found = checkout.commit_at(ref) if ref.startswith("refs/") else None
            if found is not None:
                return found
        if name == "stash" and (found := checkout.commit_at("refs/stash")):
            return found
        if (found := checkout.commit_at(f"refs/remotes/{name}/HEAD")) is not None:
            return found
    if not _ABBREVIATED.fullmatch(name):
        return None
    exact = checkout.world.store.get(COMMITS, name)
    if exact is not None:
        return exact
    tips = [*checkout.refs("heads").values(), *checkout.refs("remotes").values(), *checkout.refs("tags").values()]
    head = checkout.head
    reachable = walk(checkout.world.store, [*tips, *([head] if head is not None else [])])
    fitting = [commit for commit in reachable if commit.id.startswith(name)]
    return fitting[0] if len(fitting) == 1 else None
