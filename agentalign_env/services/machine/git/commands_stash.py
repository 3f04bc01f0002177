"""``git stash``: a stack of commits that no branch holds."""

from __future__ import annotations

from agentalign_env.errors import OperationError
from agentalign_env.services.machine.arguments import read_options, whole_number
from agentalign_env.services.machine.git.commands_change import restore_files
from agentalign_env.services.machine.git.commands_look import commit_sides
from agentalign_env.services.machine.git.commands_status import print_status
from agentalign_env.services.machine.git.conflicts import leave_conflicts
from agentalign_env.services.machine.git.diffing import pair_up, stat_text
from agentalign_env.services.machine.git.merging import Names, merge_trees
from agentalign_env.services.machine.git.records import COMMITS, Commit
from agentalign_env.services.machine.git.session import GitCommandError, Session, short
from agentalign_env.services.machine.git.worktree import (
    follow_tree,
    refuse_overwriting,
    stage,
    staged_tree,
    status_of,
    tree_index,
)

__all__ = ["run_stash"]


def run_stash(session: Session) -> int:
    """``git stash``: a stack of commits that no branch holds."""
    verb, rest = (
        (session.args[0], session.args[1:])
        if session.args and not session.args[0].startswith("-")
        else ("push", session.args)
    )
    checkout = session.checkout
    stack = [line for line in (checkout.pointer("logs/refs/stash") or "").splitlines() if line]
    if verb in ("push", "save"):
        return _stash_push(session, rest, stack)
    if verb == "list":
        for place, line in enumerate(reversed(stack)):
            session.out(f"stash@{{{place}}}: {line.partition(' ')[2]}\n")
        return 0
    if verb == "clear":
        _keep_stack(session, [])
        return 0
    number, commit = _stashed(session, rest, stack)
    if verb in ("pop", "apply"):
        if not _apply(session, commit, quiet="-q" in rest or "--quiet" in rest):
            if verb == "pop":
                session.out("The stash entry is kept in case you need it again.\n")
            return 1
    elif verb == "show":
        base = session.world.store.get(COMMITS, commit.parents[0])
        session.out(stat_text(pair_up(commit_sides(session, base), commit_sides(session, commit))))
        return 0
    elif verb != "drop":
        raise GitCommandError(
            f"error: unknown subcommand: `{verb}'\nusage: git stash list | show | drop | pop | apply | push | clear",
            129,
        )
    if verb in ("pop", "drop"):
        del stack[len(stack) - 1 - number]
        _keep_stack(session, stack)
        if "-q" not in rest and "--quiet" not in rest:
            session.out(f"Dropped refs/stash@{{{number}}} ({commit.id})\n")
    return 0


def _stashed(session: Session, rest: list[str], stack: list[str]) -> tuple[int, Commit]:
    """The entry that is named, the newest by default: its number and its commit.

    Raises:
        GitCommandError: There is none.
    """
    names = [word for word in rest if not word.startswith("-")]
    number = whole_number(names[0].removeprefix("stash@{").removesuffix("}")) if names else 0
    if number is None:
        raise GitCommandError(f"error: {names[0]} is not a valid reference", 1)
    if number >= len(stack):
        words = "No stash entries found." if not stack else f"error: stash@{{{number}}} is not a valid reference"
        raise GitCommandError(words, 1)
    commit = session.world.store.get(COMMITS, stack[len(stack) - 1 - number].partition(" ")[0])
    if commit is None:
        raise GitCommandError(f"error: stash@{{{number}}} is not a valid reference", 1)
    return number, commit


def _apply(session: Session, commit: Commit, *, quiet: bool) -> bool:
    """Brings back what was stashed; whether there was no conflict."""
    checkout = session.checkout
    base = session.world.store.get(COMMITS, commit.parents[0])
    ours = {**checkout.tree(checkout.head), **staged_tree(checkout.index())}
    names = Names("Stashed changes", "Updated upstream")
    merged = merge_trees(checkout, checkout.tree(base), ours, checkout.tree(commit), names)
    try:
        refuse_overwriting(checkout, ours, merged.tree, "merge")
    except OperationError as error:
        raise GitCommandError(f"error: {error.message}", 1) from error
    index = checkout.index()
    follow_tree(checkout, ours, merged.tree)
    if merged.conflicts:
        leave_conflicts(session, merged, names)
    else:
        session.out("".join(f"Auto-merging {path}\n" for path in merged.combined))
        fresh = {path: line for path, line in tree_index(merged.tree).items() if path not in ours}
        checkout.set_index({**index, **fresh})
    if not quiet:
        print_status(session, status_of(checkout))
    return not merged.conflicts


def _stash_push(session: Session, rest: list[str], stack: list[str]) -> int:
    given = read_options(rest, "u include-untracked q quiet k keep-index a all", "m message")
    if given.has("q", "quiet"):
        session.hush()
    checkout, head = session.checkout, session.head
    index = checkout.index()
    before = dict(index)
    untracked = given.has("u", "include-untracked", "a", "all")
    stage(checkout, index, None if untracked else list(index))
    tree, kept = staged_tree(index), checkout.tree(head)
    if tree == kept and staged_tree(before) == kept:
        session.out("No local changes to save\n")
        return 0
    title = head.message.partition("\n")[0]
    words = given.value("m", "message") or " ".join(given.rest)
    where = checkout.branch or "(no branch)"
    message = f"On {where}: {words}" if words else f"WIP on {where}: {short(head)} {title}"
    commit = checkout.add_commit(tree, (head.id,), message)
    follow_tree(checkout, {**staged_tree(before), **tree}, kept)
    restore_files(session, kept, list(kept))
    checkout.set_index(tree_index(kept))
    _keep_stack(session, [*stack, f"{commit.id} {message}"])
    session.out(f"Saved working directory and index state {message}\n")
    return 0


def _keep_stack(session: Session, stack: list[str]) -> None:
    if stack:
        session.checkout.point("refs/stash", stack[-1].partition(" ")[0])
        session.checkout.point("logs/refs/stash", "\n".join(stack))
    else:
        session.checkout.drop("refs/stash")
        session.checkout.drop("logs/refs/stash")
