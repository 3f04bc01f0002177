"""One running git command: its checkout, its paths, and how it fails."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime

from agentalign_env.core.commands import Invocation
from agentalign_env.errors import OperationError
from agentalign_env.services.machine.arguments import whole_number
from agentalign_env.services.machine.git.checkout import NOT_A_REPOSITORY, Checkout, find_checkout
from agentalign_env.services.machine.git.ignoring import glob_matches
from agentalign_env.services.machine.git.records import Commit

__all__ = ["GitCommandError", "Session", "cleaned", "git_date", "integer", "short"]


class GitCommandError(Exception):
    """A git command ends: what it says on standard error, and its status."""

    def __init__(self, words: str, status: int = 128) -> None:
        self.words, self.status = words, status
        super().__init__(words)


class Session:
    """What git's subcommands share.

    Args:
        invocation: The running command.
        args: The arguments after the subcommand.
        cwd: Where it works; the invocation's directory unless ``-C`` says otherwise.
    """

    def __init__(self, invocation: Invocation, args: list[str], cwd: str) -> None:
        self.invocation, self.args, self.cwd = invocation, args, cwd
        self.world, self.files = invocation.world, invocation.files
        self.out: Callable[[str], object] = invocation.out
        self.err: Callable[[str], object] = invocation.err
        self._checkout: Checkout | None = None

    @property
    def now_s(self) -> int:
        """The time, in whole seconds."""
        return int(self.invocation.now_s)

    @property
    def repository(self) -> Checkout | None:
        """The repository that one is in, or nothing."""
        try:
            return self.checkout
        except GitCommandError:
            return None

    @property
    def checkout(self) -> Checkout:
        """The repository that one is in.

        Raises:
            GitCommandError: There is none.
        """
        if self._checkout is None:
            try:
                self._checkout = find_checkout(self.world, self.files, self.cwd, self.now_s, self.invocation.spend)
            except OperationError as error:
                raise GitCommandError(f"fatal: {NOT_A_REPOSITORY}") from error
        return self._checkout

    @property
    def head(self) -> Commit:
        """The last commit.

        Raises:
            GitCommandError: There is none yet.
        """
        found = self.checkout.head
        if found is None:
            raise GitCommandError(f"fatal: your current branch '{self.checkout.branch}' does not have any commits yet")
        return found

    def hush(self) -> None:
        """Says nothing more, but how it fails."""
        self.out = self.err = len

    def inside(self, name: str) -> str:
        """A path as git knows it, from the top of the checkout; empty for the top itself.

        Raises:
            GitCommandError: It lies outside.
        """
        top = self.checkout.top
        path = self.files.resolve(name or ".", base=self.cwd)
        if path == top:
            return ""
        base = "" if top == "/" else top
        if not path.startswith(f"{base}/"):
            raise GitCommandError(f"fatal: {name}: '{name}' is outside repository at '{top}'")
        return path[len(base) + 1 :]

    def matching(self, specs: Iterable[str], known: Iterable[str], *, strict: bool = True) -> list[str]:
        """The known paths that pathspecs mean: files, whole directories, patterns.

        Raises:
            GitCommandError: A pathspec means none of them, and that is asked for.
        """
        paths = sorted(known)
        found: dict[str, None] = {}
        for spec in specs:
            place = self.inside(spec.removeprefix(":/")) if spec != ":/" else ""
            wild = any(sign in spec for sign in "*?[")
            some = [
                path
                for path in paths
                if not place or path == place or path.startswith(f"{place}/") or (wild and glob_matches(place, path))
            ]
            if not some and strict and place:
                raise GitCommandError(f"fatal: pathspec '{spec}' did not match any files")
            found.update(dict.fromkeys(some))
        return sorted(found)

    def shown(self, path: str) -> str:
        """A path from the top as seen from where one is."""
        top = self.checkout.top
        here = self.cwd[len(top) :].strip("/") if top != "/" else self.cwd.strip("/")
        if not here:
            return path
        ours, parts = here.split("/"), path.split("/")
        same = 0
        while same < min(len(ours), len(parts) - 1) and ours[same] == parts[same]:
            same += 1
        return "/".join([".."] * (len(ours) - same) + parts[same:]) or "./"


def cleaned(message: str) -> str:
    """A message without blanks at the ends of its lines, doubled empty lines, and empty lines around it."""
    lines = [line.rstrip(" \t\r") for line in message.split("\n")]
    return "\n".join(line for at, line in enumerate(lines) if line or (at and lines[at - 1])).strip("\n")


def short(commit: Commit | str) -> str:
    """The start of a commit's name, as git shows it."""
    return (commit if isinstance(commit, str) else commit.id)[:7]


def integer(text: str) -> int:
    """The number that an option asks for.

    Raises:
        GitCommandError: It is none.
    """
    number = whole_number(text.removeprefix("-"))
    if number is None:
        raise GitCommandError(f"fatal: '{text}': not an integer")
    return -number if text.startswith("-") else number


def git_date(time_s: int, style: str = "") -> str:
    """A time as git writes it: ``Tue Jan 13 11:20:00 2026 +0000``, or in the style ``iso``, ``short`` or ``unix``."""
    moment = datetime.fromtimestamp(time_s, UTC)
    if style == "short":
        return moment.strftime("%Y-%m-%d")
    if style == "unix":
        return str(time_s)
    if style in ("iso", "iso8601"):
        return moment.strftime("%Y-%m-%d %H:%M:%S +0000")
    if style in ("iso-strict", "iso8601-strict"):
        return moment.strftime("%Y-%m-%dT%H:%M:%S+00:00")
    return f"{moment.strftime('%a %b')} {moment.day} {moment.strftime('%H:%M:%S %Y')} +0000"
