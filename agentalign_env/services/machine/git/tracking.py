"""Upstreams: which branch of a remote a branch follows, and how far the two are apart."""

from __future__ import annotations

from typing import NamedTuple

from agentalign_env.services.machine.git.checkout import Checkout
from agentalign_env.services.machine.git.history import commits_between
from agentalign_env.services.machine.git.records import Commit
from agentalign_env.services.machine.git.session import Session
from agentalign_env.services.machine.git.settings import changed_setting, dropped_section, settings_in

__all__ = ["Upstream", "apart", "branch_apart", "follow", "remote_branch", "tracking_line", "unfollow", "upstream"]


class Upstream(NamedTuple):
    """What a branch follows: its short name, such as ``origin/main``, and its commit, ``None`` where it is gone."""

    name: str
    commit: Commit | None


def upstream(checkout: Checkout, branch: str) -> Upstream | None:
    """What a branch follows, or nothing."""
    known = checkout.settings()
    remote, merge = known.get(f"branch.{branch}.remote", ""), known.get(f"branch.{branch}.merge", "")
    if not branch or not remote or not merge:
        return None
    name = merge.removeprefix("refs/heads/")
    if remote == ".":
        return Upstream(name, checkout.commit_at(merge))
    return Upstream(f"{remote}/{name}", checkout.commit_at(f"refs/remotes/{remote}/{name}"))


def remote_branch(checkout: Checkout, name: str) -> tuple[str, str] | None:
    """The remote and the branch there that a revision names, as ``origin/main`` does; nothing for any other."""
    short = name.removeprefix("refs/").removeprefix("remotes/")
    config = checkout.files.read(f"{checkout.folder}/config").content
    for setting in settings_in(config):
        remote = setting.removeprefix("remote.").removesuffix(".url")
        if setting == f"remote.{remote}.url" and short.startswith(f"{remote}/"):
            branch = short[len(remote) + 1 :]
            if branch != "HEAD" and checkout.commit_at(f"refs/remotes/{short}") is not None:
                return remote, branch
    return None


def follow(session: Session, branch: str, remote: str, target: str) -> None:
    """Makes a branch follow another, and says so; the remote ``.`` stands for this repository."""
    checkout = session.checkout
    place = f"{checkout.folder}/config"
    text = changed_setting(checkout.files.read(place).content, f"branch.{branch}.remote", remote)
    checkout.files.write(place, changed_setting(text, f"branch.{branch}.merge", f"refs/heads/{target}"))
    session.out(f"branch '{branch}' set up to track '{target if remote == '.' else f'{remote}/{target}'}'.\n")


def unfollow(checkout: Checkout, branch: str) -> None:
    """Forgets what a branch follows, with all that the configuration says of it."""
    place = f"{checkout.folder}/config"
    text = checkout.files.read(place).content
    left = dropped_section(text, f"branch.{branch}")
    if left != text:
        checkout.files.write(place, left)


def branch_apart(checkout: Checkout, branch: str, at: Commit, *, named: bool) -> str:
    """How a branch stands to what it follows: ``[ahead 1, behind 2] `` or, named, ``[origin/main: ahead 1] ``."""
    followed = upstream(checkout, branch)
    if followed is None:
        return ""
    words = "gone" if followed.commit is None else apart(checkout, at, followed.commit)
    if named:
        words = f"{followed.name}: {words}" if words else followed.name
    return f"[{words}] " if words else ""


def apart(checkout: Checkout, ours: Commit, theirs: Commit) -> str:
    """How far two commits are apart: ``ahead 1, behind 2``, empty where they are one."""
    ahead, behind = _counts(checkout, ours, theirs)
    return ", ".join([f"ahead {ahead}"] * bool(ahead) + [f"behind {behind}"] * bool(behind))


def _counts(checkout: Checkout, ours: Commit, theirs: Commit) -> tuple[int, int]:
    store = checkout.world.store
    return len(commits_between(store, theirs, ours)), len(commits_between(store, ours, theirs))


def tracking_line(session: Session) -> str:
    """How the branch stands to what it follows, in sentences; empty where it follows nothing."""
    checkout = session.checkout
    followed, head = upstream(checkout, checkout.branch), checkout.head
    if followed is None or head is None:
        return ""
    name, theirs = followed
    if theirs is None:
        return (
            f"Your branch is based on '{name}', but the upstream is gone.\n"
            '  (use "git branch --unset-upstream" to fixup)\n'
        )
    ahead, behind = _counts(checkout, head, theirs)
    if not ahead and not behind:
        return f"Your branch is up to date with '{name}'.\n"

    def commits(count: int) -> str:
        return f"{count} commit{'' if count == 1 else 's'}"

    if ahead and behind:
        return (
            f"Your branch and '{name}' have diverged,\nand have {ahead} and {behind} different commits each, "
            'respectively.\n  (use "git pull" if you want to integrate the remote branch with yours)\n'
        )
    if ahead:
        return (
            f"Your branch is ahead of '{name}' by {commits(ahead)}.\n"
            '  (use "git push" to publish your local commits)\n'
        )
    return (
        f"Your branch is behind '{name}' by {commits(behind)}, and can be fast-forwarded.\n"
        '  (use "git pull" to update your local branch)\n'
    )
