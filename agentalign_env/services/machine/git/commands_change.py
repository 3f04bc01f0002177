"""Git commands that change the index, the files and the history of a checkout."""

from __future__ import annotations

from collections.abc import Iterable

from agentalign_env.core.git_objects import Staged, TreeEntry
from agentalign_env.errors import OperationError
from agentalign_env.services.machine.arguments import Given, read_options, said
from agentalign_env.services.machine.git.commands_look import commit_sides, named_commit
from agentalign_env.services.machine.git.commands_status import print_status
from agentalign_env.services.machine.git.conflicts import UNMERGED, end_merge
from agentalign_env.services.machine.git.diffing import pair_up, stat_text
from agentalign_env.services.machine.git.history import resolve
from agentalign_env.services.machine.git.records import COMMITS, Commit
from agentalign_env.services.machine.git.session import GitCommandError, Session, cleaned, git_date, short
from agentalign_env.services.machine.git.worktree import (
    follow_tree,
    stage,
    staged_tree,
    status_of,
    tree_index,
    work_files,
    write_entry,
)

__all__ = [
    "restore_files", "run_add", "run_clean", "run_commit", "run_init", "run_mv", "run_reset", "run_restore",
    "run_rm", "write_summary",
]  # fmt: skip


def run_init(session: Session) -> int:
    """``git init``."""
    given = read_options(session.args, "q quiet bare", "b initial-branch template")
    folder = session.files.resolve(given.rest[0] if given.rest else ".", base=session.cwd)
    branch = given.value("b", "initial-branch", default="main")
    base = f"{'' if folder == '/' else folder}/.git"
    again = session.files.get(f"{base}/HEAD") is not None
    if not again:
        for below in ("objects", "refs/heads", "refs/tags"):
            session.files.make_directory(f"{base}/{below}")
        session.files.write(f"{base}/HEAD", f"ref: refs/heads/{branch}\n")
        session.files.write(f"{base}/config", "[core]\n\trepositoryformatversion = 0\n\tbare = false\n")
    if not given.has("q", "quiet"):
        session.out(f"{'Reinitialized existing' if again else 'Initialized empty'} Git repository in {base}/\n")
    return 0


def run_add(session: Session) -> int:
    """``git add``."""
    given = read_options(session.args, "A all u update v verbose n dry-run f force N intent-to-add", "")
    specs = [spec for spec in given.rest if spec != "--"]
    checkout = session.checkout
    index = checkout.index()
    everything = given.has("A", "all") or given.has("u", "update")
    if not specs and not everything:
        session.err("Nothing specified, nothing added.\nhint: Maybe you wanted to say 'git add .'?\n")
        return 0
    named = _named_files(session, specs)
    forced = named if given.has("f", "force") else frozenset[str]()
    work = work_files(checkout, index.keys() | forced)
    known = index.keys() if given.has("u", "update") else work.keys() | index.keys()
    ignored = [spec for spec in specs if session.inside(spec) in named - known]
    paths = session.matching([spec for spec in specs if spec not in ignored], known) if specs else sorted(known)
    if ignored and len(ignored) == len(specs):
        paths = []
    changed = stage(checkout, index, paths, forced)
    if given.has("v", "verbose", "n", "dry-run"):
        session.out("".join(f"{'add' if path in work else 'remove'} '{path}'\n" for path in changed))
    if changed and not given.has("n", "dry-run"):
        checkout.set_index(index)
    if ignored:
        session.err(
            "The following paths are ignored by one of your .gitignore files:\n"
            + "".join(f"{session.inside(spec)}\n" for spec in sorted(ignored))
            + "hint: Use -f if you really want to add them.\nhint: Turn this message off by running\n"
            'hint: "git config advice.addIgnoredFile false"\n'
        )
    return 1 if ignored else 0


def _named_files(session: Session, specs: Iterable[str]) -> frozenset[str]:
    """The files that pathspecs name one by one or by their directory, ignored or not."""
    found: set[str] = set()
    for spec in specs:
        path = session.files.resolve(spec, base=session.cwd)
        entry = session.files.get(path)
        if entry is not None:
            inside = session.files.walk(entry) if entry.kind == "dir" else (entry,)
            found.update(session.inside(one.path) for one in inside if one.kind != "dir")
    return frozenset(path for path in found if not f"/{path}".count("/.git/"))


def run_commit(session: Session) -> int:
    """``git commit``."""
    given = read_options(
        session.args, "a all amend no-edit q quiet allow-empty allow-empty-message v n no-verify s signoff no-gpg-sign",
        "m message F file author date",
    )  # fmt: skip
    checkout, index, head = session.checkout, session.checkout.index(), session.checkout.head
    specs = [spec for spec in given.rest if spec != "--"]
    if given.has("a", "all"):
        stage(checkout, index, list(index))
    elif specs:
        stage(checkout, index, session.matching(specs, index))
    if any(line.stage for line in index.values()):
        session.out("".join(f"U\t{path}\n" for path, line in sorted(index.items()) if line.stage))
        raise GitCommandError(f"error: Committing is not possible because you have unmerged files.\n{UNMERGED}")
    tree = staged_tree(index)
    merging = checkout.commit_at("MERGE_HEAD")
    amend = given.has("amend")
    if amend and head is None:
        raise GitCommandError("fatal: You have nothing yet to amend.")
    before = head
    if amend and head is not None:
        before = session.world.store.get(COMMITS, head.parents[0]) if head.parents else None
    if tree == checkout.tree(head) and not (amend or merging or given.has("allow-empty")):
        if not given.has("q", "quiet"):
            print_status(session, status_of(checkout), "Initial commit")
        return 1
    message = _message(session, given, head if amend else None)
    parents = (
        head.parents if amend and head is not None else tuple(row.id for row in (head, merging) if row is not None)
    )
    try:
        commit = checkout.add_commit(tree, parents, message)
    except OperationError as error:
        raise GitCommandError(
            "Author identity unknown\n\n*** Please tell me who you are.\n\nRun\n\n"
            '  git config --global user.email "you@example.test"\n  git config --global user.name "Your Name"\n\n'
            f"to set your account's default identity.\n\nfatal: {said(error)}"
        ) from error
    checkout.set_index(index)
    end_merge(checkout)
    checkout.set_head(commit.id)
    if not given.has("q", "quiet"):
        root = "(root-commit) " if not commit.parents and not amend else ""
        session.out(f"[{checkout.branch or 'detached HEAD'} {root}{short(commit)}] {message.partition(chr(10))[0]}\n")
        if amend and head is not None:
            session.out(f" Date: {git_date(head.committed_s)}\n")
        if len(commit.parents) < 2:
            write_summary(session, before, commit)
    return 0


def _message(session: Session, given: Given, amended: Commit | None) -> str:
    texts = given.values("m", "message")
    place = given.value("F", "file")
    if place:
        texts = [session.invocation.open(place).read()]
    message = cleaned("\n\n".join(texts))
    if not texts and amended is not None:
        message = amended.message
    elif not texts and given.has("no-edit"):
        message = cleaned(session.checkout.pointer("MERGE_MSG") or "")
    if not message and not given.has("allow-empty-message"):
        if texts:
            raise GitCommandError("Aborting commit due to empty commit message.", 1)
        raise GitCommandError(
            "error: Terminal is dumb, but EDITOR unset\nPlease supply the message using either -m or -F option.", 1
        )
    return message


def write_summary(session: Session, old: Commit | None, new: Commit) -> None:
    """What a commit changed: the counts, and which files came and went."""
    pairs = pair_up(commit_sides(session, old), commit_sides(session, new))
    session.out(stat_text(pairs, summary_only=True))
    for path, before, after in pairs:
        if before is None and after is not None:
            session.out(f" create mode {after.mode} {path}\n")
        elif after is None and before is not None:
            session.out(f" delete mode {before.mode} {path}\n")


def run_reset(session: Session) -> int:
    """``git reset``."""
    given = read_options(session.args, "hard soft mixed q quiet keep merge", "")
    checkout = session.checkout
    rest = [word for word in given.rest if word != "--"]
    target, specs = checkout.head, rest
    if rest and "--" not in given.rest[:1]:
        try:
            target, specs = resolve(checkout, rest[0]), rest[1:]
        except OperationError:
            if (
                session.files.get(session.files.resolve(rest[0], base=session.cwd)) is None
                and session.inside(rest[0]) not in checkout.index()
            ):
                named_commit(session, rest[0])
    index, tree = checkout.index(), checkout.tree(target)
    if specs:
        for path in session.matching(specs, index.keys() | tree.keys()):
            _take(index, tree, path)
        checkout.set_index(index)
        _say_unstaged(session, given)
        return 0
    if target is None:
        checkout.set_index({})
        return 0
    old_index = staged_tree(index)
    if not given.has("soft"):
        checkout.set_index(tree_index(tree))
        end_merge(checkout)
    if given.has("hard", "keep", "merge"):
        for path in sorted(old_index.keys() - tree.keys()):
            follow_tree(checkout, {path: old_index[path]}, {})
        restore_files(session, tree, list(tree))
        if not given.has("q", "quiet"):
            session.out(f"HEAD is now at {short(target)} {target.message.partition(chr(10))[0]}\n")
    checkout.set_head(target.id)
    if not given.has("hard", "soft", "keep", "merge"):
        _say_unstaged(session, given)
    return 0


def _take(index: dict[str, Staged], tree: dict[str, TreeEntry], path: str) -> None:
    if path in tree:
        index[path] = Staged(tree[path].mode, tree[path].blob, 0)
    else:
        index.pop(path, None)


def _say_unstaged(session: Session, given: Given) -> None:
    unstaged = status_of(session.checkout).unstaged
    if unstaged and not given.has("q", "quiet"):
        session.out(
            "Unstaged changes after reset:\n" + "".join(f"{letter}\t{path}\n" for path, letter in unstaged.items())
        )


def restore_files(session: Session, tree: dict[str, TreeEntry], paths: list[str]) -> int:
    """Puts files back as a snapshot has them, where they differ; how many."""
    checkout = session.checkout
    work = work_files(checkout, checkout.index())
    count = 0
    for path in paths:
        entry, have = tree[path], work.get(path)
        if have is None or (have.mode, have.blob) != (entry.mode, entry.blob):
            write_entry(checkout, entry)
            count += 1
    return count


def run_restore(session: Session) -> int:
    """``git restore``, and ``git checkout -- FILE``."""
    given = read_options(session.args, "S staged W worktree q quiet", "s source")
    specs = [spec for spec in given.rest if spec != "--"]
    if not specs:
        raise GitCommandError("fatal: you must specify path(s) to restore")
    checkout = session.checkout
    index = checkout.index()
    if given.has("S", "staged"):
        tree = checkout.tree(
            named_commit(session, given.value("s", "source")) if given.has("s", "source") else checkout.head
        )
        for path in _known(session, specs, index.keys() | tree.keys()):
            _take(index, tree, path)
        checkout.set_index(index)
        if not given.has("W", "worktree"):
            return 0
    tree = (
        checkout.tree(named_commit(session, given.value("s", "source")))
        if given.has("s", "source")
        else staged_tree(index)
    )
    restore_files(session, tree, _known(session, specs, tree))
    return 0


def _known(session: Session, specs: list[str], known: Iterable[str]) -> list[str]:
    try:
        return session.matching(specs, known)
    except GitCommandError as failure:
        words = failure.words.replace("fatal: ", "error: ").replace(
            "did not match any files", "did not match any file(s) known to git"
        )
        raise GitCommandError(words, 1) from failure


def run_rm(session: Session) -> int:
    """``git rm``."""
    given = read_options(session.args, "r f force cached q quiet n dry-run", "")
    checkout = session.checkout
    index = checkout.index()
    specs = [spec for spec in given.rest if spec != "--"]
    if not specs:
        raise GitCommandError("fatal: No pathspec was given. Which files should I remove?")
    paths = session.matching(specs, index)
    for spec in specs:
        place = session.inside(spec)
        if not given.has("r") and place not in index and any(path.startswith(f"{place}/") for path in index):
            raise GitCommandError(f"fatal: not removing '{spec}' recursively without -r")
    status = status_of(checkout)
    changed = [path for path in paths if path in status.unstaged or status.staged.get(path) in ("A", "M")]
    changed = [path for path in changed if not index[path].stage]
    if changed and not given.has("f", "force", "cached"):
        raise GitCommandError(
            "error: the following file has local modifications:\n" + "".join(f"    {path}\n" for path in changed)
            + "(use --cached to keep the file, or -f to force removal)", 1,
        )  # fmt: skip
    for path in paths:
        line = index.pop(path)
        if not given.has("cached"):
            follow_tree(checkout, {path: TreeEntry(line.mode, line.blob, path)}, {})
        if not given.has("q", "quiet"):
            session.out(f"rm '{path}'\n")
    checkout.set_index(index)
    return 0


def run_mv(session: Session) -> int:
    """``git mv``."""
    given = read_options(session.args, "f force v verbose n k", "")
    if len(given.rest) < 2:
        raise GitCommandError("usage: git mv [<options>] <source>... <destination>", 129)
    checkout = session.checkout
    *sources, target = given.rest
    place = session.files.resolve(target, base=session.cwd)
    held = session.files.follow(place)
    for source in sources:
        index = checkout.index()
        old, old_path = session.inside(source), session.files.resolve(source, base=session.cwd)
        moved = [path for path in index if path == old or path.startswith(f"{old}/")]
        if not moved:
            raise GitCommandError(f"fatal: not under version control, source={source}, destination={target}")
        end = f"{place}/{old.rpartition('/')[2]}" if held is not None and held.kind == "dir" else place
        if session.files.get(end) is not None and not given.has("f", "force"):
            raise GitCommandError(f"fatal: destination exists, source={source}, destination={target}")
        session.files.move(old_path, end)
        new = session.inside(end)
        for path in moved:
            index[f"{new}{path[len(old) :]}"] = index.pop(path)
        checkout.set_index(index)
    return 0


def run_clean(session: Session) -> int:
    """``git clean``."""
    given = read_options(session.args, "f force d n dry-run q quiet x X", "e")
    if not given.has("f", "force", "n", "dry-run"):
        raise GitCommandError("fatal: clean.requireForce is true and neither -f nor -n given: refusing to clean")
    for path in status_of(session.checkout).untracked:
        if path.endswith("/") and not given.has("d"):
            continue
        dry = given.has("n", "dry-run")
        if not dry:
            session.files.remove(f"{session.checkout.top}/{path.rstrip('/')}", recursive=True)
        if not given.has("q", "quiet"):
            session.out(f"{'Would remove' if dry else 'Removing'} {session.shown(path)}\n")
    return 0
