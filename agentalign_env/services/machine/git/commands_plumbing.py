"""Git commands that scripts ask: rev-parse, ls-files, cat-file, merge-base and the like."""

from __future__ import annotations

from agentalign_env.core.git_objects import TreeEntry, blob_hash
from agentalign_env.errors import OperationError
from agentalign_env.services.machine.arguments import read_options
from agentalign_env.services.machine.git.commands_look import file_of, named_commit
from agentalign_env.services.machine.git.history import ancestors, commits_between, merge_base, resolve, walk
from agentalign_env.services.machine.git.records import CONTENTS, Commit
from agentalign_env.services.machine.git.session import GitCommandError, Session, git_date, integer, short
from agentalign_env.services.machine.git.text_lines import split_lines
from agentalign_env.services.machine.git.worktree import status_of, work_files

__all__ = [
    "run_blame",
    "run_cat_file",
    "run_describe",
    "run_grep",
    "run_hash_object",
    "run_ls_files",
    "run_ls_tree",
    "run_merge_base",
    "run_rev_list",
    "run_rev_parse",
]


def run_rev_parse(session: Session) -> int:
    """``git rev-parse``."""
    length = 40
    verify = False
    for arg in session.args:
        if arg == "--show-toplevel":
            session.out(f"{session.checkout.top}\n")
        elif arg == "--git-dir":
            session.out(".git\n" if session.cwd == session.checkout.top else f"{session.checkout.folder}\n")
        elif arg in ("--is-inside-work-tree", "--is-inside-git-dir", "--is-bare-repository"):
            session.out("true\n" if arg == "--is-inside-work-tree" and session.checkout.top else "false\n")
        elif arg == "--show-prefix":
            inside = session.cwd[len(session.checkout.top) :].strip("/")
            session.out(f"{inside}/\n" if inside else "\n")
        elif arg == "--short" or arg.startswith("--short="):
            length = max(4, integer(arg.partition("=")[2] or "7"))
        elif arg in ("--verify", "-q", "--quiet"):
            verify = True
        elif arg == "--abbrev-ref":
            length = 0
        elif length == 0:
            if arg in ("@{u}", "@{upstream}"):
                session.out(f"origin/{session.checkout.branch}\n")
            else:
                session.out(f"{session.checkout.branch or 'HEAD'}\n" if arg == "HEAD" else f"{arg}\n")
        else:
            try:
                session.out(f"{resolve(session.checkout, arg).id[:length]}\n")
            except OperationError as error:
                if verify:
                    raise GitCommandError("fatal: Needed a single revision") from error
                session.out(f"{arg}\n")
                named_commit(session, arg)
    return 0


def run_rev_list(session: Session) -> int:
    """``git rev-list``."""
    given = read_options(session.args, "count all", "n max-count", numbers=True)
    found: list[Commit] = []
    for name in given.rest or ["HEAD"]:
        one, dots, other = name.partition("..")
        if dots:
            found += commits_between(
                session.world.store, named_commit(session, one or "HEAD"), named_commit(session, other or "HEAD")
            )
        else:
            found += walk(session.world.store, [named_commit(session, name)])
    limit = integer(given.value("n", "max-count", default="-1"))
    shown = found if limit < 0 else found[:limit]
    session.out(f"{len(shown)}\n" if given.has("count") else "".join(f"{commit.id}\n" for commit in shown))
    return 0


def run_ls_files(session: Session) -> int:
    """``git ls-files``."""
    given = read_options(session.args, "s stage c cached o others m modified d deleted exclude-standard z t", "")
    index = session.checkout.index()
    status = status_of(session.checkout) if given.has("o", "others", "m", "modified", "d", "deleted") else None
    if status is not None and given.has("o", "others"):
        known = [path for path in work_files(session.checkout, index) if path not in index]
    elif status is not None:
        known = [path for path, letter in status.unstaged.items() if letter == "D" or given.has("m", "modified")]
    else:
        known = list(index)
    here = session.inside(session.cwd)
    specs = given.rest or ([session.cwd] if here else [])
    for path in (
        session.matching([spec for spec in specs if spec != "--"], known, strict=False) if specs else sorted(known)
    ):
        line = index.get(path)
        prefix = f"{line.mode} {line.blob} {line.stage}\t" if given.has("s", "stage") and line is not None else ""
        session.out(f"{prefix}{session.shown(path)}" + ("\0" if given.has("z") else "\n"))
    return 0


def run_ls_tree(session: Session) -> int:
    """``git ls-tree``."""
    given = read_options(session.args, "r t d name-only name-status", "")
    if not given.rest:
        raise GitCommandError("usage: git ls-tree [-d] [-r] [-t] [--name-only] <tree-ish> [<path>...]", 129)
    tree = session.checkout.tree(named_commit(session, given.rest[0]))
    for path in session.matching(given.rest[1:], tree, strict=False) if given.rest[1:] else sorted(tree):
        entry = tree[path]
        if given.has("r") or "/" not in path:
            session.out(f"{path}\n" if given.has("name-only") else f"{entry.mode} blob {entry.blob}\t{path}\n")
    return 0


def run_cat_file(session: Session) -> int:
    """``git cat-file``."""
    if len(session.args) != 2 or session.args[0] not in ("-p", "-t", "-e", "-s", "blob", "commit"):
        raise GitCommandError("usage: git cat-file (-e | -p | -t | -s) <object>", 129)
    what, name = session.args
    content = session.world.store.get(CONTENTS, name)
    if ":" in name:
        text, kind = file_of(session, name.partition(":")[0] or "HEAD", name.partition(":")[2]), "blob"
    elif content is not None:
        text, kind = content.text, "blob"
    else:
        commit, kind = named_commit(session, name), "commit"
        author = f"{commit.author} <{commit.email}> {commit.committed_s} +0000"
        parents = "".join(f"parent {parent}\n" for parent in commit.parents)
        text = f"{parents}author {author}\ncommitter {author}\n\n{commit.message}\n"
    if what == "-t":
        session.out(f"{kind}\n")
    elif what == "-s":
        session.out(f"{len(text.encode(errors='surrogateescape'))}\n")
    elif what != "-e":
        session.out(text)
    return 0


def run_hash_object(session: Session) -> int:
    """``git hash-object``."""
    given = read_options(session.args, "stdin w", "t")
    texts = [session.invocation.stdin.read()] if given.has("stdin") else []
    texts += [session.invocation.open(name).read() for name in given.rest]
    session.out("".join(f"{blob_hash(text)}\n" for text in texts))
    return 0


def run_merge_base(session: Session) -> int:
    """``git merge-base``."""
    given = read_options(session.args, "is-ancestor a all", "")
    if len(given.rest) != 2:
        raise GitCommandError("usage: git merge-base [-a | --all] <commit> <commit>...", 129)
    one, other = (named_commit(session, name) for name in given.rest)
    if given.has("is-ancestor"):
        return 0 if one.id in ancestors(session.world.store, other) else 1
    base = merge_base(session.world.store, one, other)
    if base is None:
        return 1
    session.out(f"{base.id}\n")
    return 0


def run_describe(session: Session) -> int:
    """``git describe``."""
    given = read_options(session.args, "tags always all long dirty", "abbrev match")
    start = named_commit(session, given.rest[0] if given.rest else "HEAD")
    tags = {commit.id: name for name, commit in session.checkout.refs("tags").items()}
    for commit in walk(session.world.store, [start]):
        if commit.id in tags:
            count = len(commits_between(session.world.store, commit, start))
            session.out(f"{tags[commit.id]}\n" if not count else f"{tags[commit.id]}-{count}-g{short(start)}\n")
            return 0
    if given.has("always"):
        session.out(f"{short(start)}\n")
        return 0
    raise GitCommandError("fatal: No names found, cannot describe anything.")


def run_grep(session: Session) -> int:
    """``git grep`` for a plain text."""
    given = read_options(session.args, "n i l c w F E line-number ignore-case name-only", "e")
    words = [*given.values("e"), *[word for word in given.rest if word != "--"]]
    if not words:
        raise GitCommandError("fatal: no pattern given")
    index = session.checkout.index()
    work = work_files(session.checkout, index)
    wanted = words[0].lower() if given.has("i", "ignore-case") else words[0]
    found = False
    for path in session.matching(words[1:], index) if words[1:] else sorted(index):
        for number, line in enumerate(split_lines(work[path].text) if path in work else (), 1):
            session.invocation.spend()
            if wanted in (line.lower() if given.has("i", "ignore-case") else line):
                found = True
                if given.has("l", "name-only"):
                    session.out(f"{session.shown(path)}\n")
                    break
                session.out(f"{session.shown(path)}:{f'{number}:' if given.has('n', 'line-number') else ''}")
                session.out(line if line.endswith("\n") else f"{line}\n")
    return 0 if found else 1


def run_blame(session: Session) -> int:
    """``git blame``: who last changed each line."""
    given = read_options(session.args, "e w s", "L")
    names = [name for name in given.rest if name != "--"]
    if not names:
        raise GitCommandError("usage: git blame [<options>] [<rev>] [--] <file>", 129)
    path = session.inside(names[-1])
    start = named_commit(session, names[0]) if len(names) > 1 else session.head
    entry = session.checkout.tree(start).get(path)
    if entry is None:
        raise GitCommandError(f"fatal: no such path '{path}' in HEAD")
    lines = _lines_of(session, entry)
    origin: dict[str, Commit] = {}
    for commit in walk(session.world.store, [start]):
        held = session.checkout.tree(commit).get(path)
        texts = set(_lines_of(session, held)) if held is not None else set[str]()
        origin.update(
            {
                line: commit
                for line in texts
                if line in lines and (line not in origin or origin[line].committed_s >= commit.committed_s)
            }
        )
    width = max((len(commit.author) for commit in origin.values()), default=0)
    digits = len(str(len(lines)))
    for number, line in enumerate(lines, 1):
        commit = origin.get(line, start)
        session.out(
            f"{commit.id[:8] if commit.parents else '^' + commit.id[:7]} ({commit.author:<{width}} "
            f"{git_date(commit.committed_s, 'iso')} {number:>{digits}}) {line}\n"
        )
    return 0


def _lines_of(session: Session, entry: TreeEntry) -> list[str]:
    return [line.removesuffix("\n") for line in split_lines(session.checkout.content(entry.blob))]
