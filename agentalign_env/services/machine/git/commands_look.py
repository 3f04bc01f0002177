"""Git commands that look: status, log, diff, show, rev-parse, ls-files and the like."""

from __future__ import annotations

import re
from collections.abc import Mapping

from agentalign_env.core.git_objects import Staged
from agentalign_env.errors import OperationError
from agentalign_env.services.machine.arguments import read_options
from agentalign_env.services.machine.git.checkout import Tree
from agentalign_env.services.machine.git.diffing import Side, diff_text, pair_up, stat_text
from agentalign_env.services.machine.git.history import ancestors, merge_base, resolve, walk
from agentalign_env.services.machine.git.records import COMMITS, Commit
from agentalign_env.services.machine.git.session import GitCommandError, Session, git_date, integer, short
from agentalign_env.services.machine.git.worktree import work_files

__all__ = ["commit_sides", "file_of", "named_commit", "run_diff", "run_log", "run_shortlog", "run_show"]


def named_commit(session: Session, name: str) -> Commit:
    """The commit that an argument names.

    Raises:
        GitCommandError: It names none.
    """
    try:
        return resolve(session.checkout, name)
    except OperationError as error:
        raise GitCommandError(
            f"fatal: ambiguous argument '{name}': unknown revision or path not in the working tree.\n"
            "Use '--' to separate paths from revisions, like this:\n'git <command> [<revision>...] -- [<file>...]'"
        ) from error


def commit_sides(session: Session, commit: Commit | None) -> dict[str, Side]:
    """The files of a commit, for a difference."""
    return _tree_sides(session, session.checkout.tree(commit))


def _tree_sides(session: Session, tree: Tree) -> dict[str, Side]:
    return {path: Side(entry.mode, entry.blob, session.checkout.content(entry.blob)) for path, entry in tree.items()}


def _index_sides(session: Session, index: Mapping[str, Staged]) -> dict[str, Side]:
    return {path: Side(line.mode, line.blob, session.checkout.content(line.blob)) for path, line in index.items()}


def _work_sides(session: Session, index: Mapping[str, Staged]) -> dict[str, Side]:
    work = work_files(session.checkout, index)
    return {path: Side(work[path].mode, work[path].blob, work[path].text) for path in index if path in work}


_LOOKS = (
    "cached staged stat shortstat "
    "name-only name-status "
    "p patch u no-color color "
    "quiet exit-code no-patch s summary numstat "
    "no-renames M w b ignore-all-space raw no-ext-diff no-prefix"
)


def run_diff(session: Session) -> int:
    """``git diff``."""
    given = read_options(session.args, _LOOKS, "U unified diff-filter")
    revisions, specs = _split(session, given.rest)
    checkout = session.checkout
    index = checkout.index()
    if len(revisions) == 1 and "..." in revisions[0]:
        one, _, other = revisions[0].partition("...")
        new_commit = named_commit(session, other or "HEAD")
        old_commit = merge_base(session.world.store, named_commit(session, one or "HEAD"), new_commit)
        old, new = commit_sides(session, old_commit), commit_sides(session, new_commit)
    elif len(revisions) == 1 and ".." in revisions[0]:
        one, _, other = revisions[0].partition("..")
        old = commit_sides(session, named_commit(session, one or "HEAD"))
        new = commit_sides(session, named_commit(session, other or "HEAD"))
    elif len(revisions) >= 2:
        old, new = (commit_sides(session, named_commit(session, name)) for name in revisions[:2])
    elif given.has("cached", "staged"):
        base = named_commit(session, revisions[0]) if revisions else checkout.head
        old, new = commit_sides(session, base), _index_sides(session, index)
    elif revisions:
        old, new = commit_sides(session, named_commit(session, revisions[0])), _work_sides(session, index)
    else:
        old, new = _index_sides(session, index), _work_sides(session, index)
    paths = session.matching(specs, old.keys() | new.keys(), strict=False) if specs else None
    pairs = pair_up(old, new, paths)
    if not given.has("quiet"):
        _print_pairs(session, pairs, given.options, max(integer(given.value("U", "unified", default="3")), 0))
    return 1 if pairs and given.has("quiet", "exit-code") else 0


def _split(session: Session, rest: list[str]) -> tuple[list[str], list[str]]:
    """Revisions and pathspecs; before ``--`` what names a commit is a revision."""
    if "--" in rest:
        at = rest.index("--")
        return rest[:at], rest[at + 1 :]
    revisions: list[str] = []
    for number, word in enumerate(rest):
        try:
            for name in re.split(r"\.\.\.?", word):
                resolve(session.checkout, name or "HEAD")
        except OperationError:
            known = session.files.get(session.files.resolve(word, base=session.cwd)) is not None
            if not known and session.inside(word) not in session.checkout.index():
                named_commit(session, word)
            return revisions, rest[number:]
        revisions.append(word)
    return revisions, []


def _print_pairs(
    session: Session, pairs: list[tuple[str, Side | None, Side | None]], options: Mapping[str, object], context: int = 3
) -> None:
    session.invocation.spend(
        sum((len(old.text) if old else 0) + (len(new.text) if new else 0) for _, old, new in pairs) // 64
    )
    if "name-only" in options:
        session.out("".join(f"{path}\n" for path, _, _ in pairs))
    elif "name-status" in options:
        letters = ["A" if old is None else "D" if new is None else "M" for _, old, new in pairs]
        session.out("".join(f"{letter}\t{path}\n" for letter, (path, _, _) in zip(letters, pairs, strict=True)))
    elif "stat" in options or "shortstat" in options:
        session.out(stat_text(pairs, summary_only="shortstat" in options))
    else:
        for path, old, new in pairs:
            session.out(diff_text(path, old, new, context))


def run_log(session: Session) -> int:
    """``git log``."""
    given = read_options(
        session.args,
        f"{_LOOKS} oneline all graph decorate no-decorate reverse merges no-merges first-parent follow abbrev-commit i "
        "no-pager branches tags",
        "n max-count skip since after until before author grep format pretty date S U",
        numbers=True,
    )
    store, checkout = session.world.store, session.checkout
    revisions, specs = _split(session, given.rest)
    starts, hidden = [], set[str]()
    for name in revisions:
        if ".." in name:
            one, _, other = name.partition("..")
            hidden |= ancestors(store, named_commit(session, one or "HEAD"))
            starts.append(named_commit(session, other.lstrip(".") or "HEAD"))
        elif name.startswith("^"):
            hidden |= ancestors(store, named_commit(session, name[1:]))
        else:
            starts.append(named_commit(session, name))
    if given.has("all", "branches"):
        starts += [
            *checkout.refs("heads").values(),
            *checkout.refs("remotes").values(),
            *checkout.refs("tags").values(),
        ]
    if not starts:
        starts = [session.head]
    found = []
    for commit in walk(store, starts):
        session.invocation.spend()
        if commit.id in hidden or not _wanted(session, commit, given.value("author"), given.value("grep"), specs):
            continue
        if (given.has("merges") and len(commit.parents) < 2) or (given.has("no-merges") and len(commit.parents) > 1):
            continue
        found.append(commit)
    skip, limit = (
        max(integer(given.value("skip", default="0")), 0),
        integer(given.value("n", "max-count", default="-1")),
    )
    chosen = found[skip:] if limit < 0 else found[skip : skip + limit]
    if given.has("reverse"):
        chosen.reverse()
    style = given.value("format", "pretty")
    if given.has("oneline"):
        style = "oneline"
    decorations = _decorations(session) if given.has("decorate") or "%d" in style.lower() else {}
    for number, commit in enumerate(chosen):
        star = "* " if given.has("graph") else ""
        text = _formatted(
            session, commit, style, given.value("date"), decorations, short_names=given.has("oneline", "abbrev-commit")
        )
        if number and not style.startswith(("oneline", "format:")) and "%" not in style:
            session.out("\n")
        session.out(f"{star}{text}\n")
        if given.has("p", "patch", "stat", "name-only", "name-status", "shortstat", "u") and len(commit.parents) < 2:
            session.out("\n")
            _print_pairs(session, _own_pairs(session, commit, specs), given.options)
    return 0


def _wanted(session: Session, commit: Commit, author: str, words: str, specs: list[str]) -> bool:
    if author and author.lower() not in f"{commit.author} <{commit.email}>".lower():
        return False
    if words and words.lower() not in commit.message.lower():
        return False
    return not specs or bool(_own_pairs(session, commit, specs))


def _own_pairs(session: Session, commit: Commit, specs: list[str]) -> list[tuple[str, Side | None, Side | None]]:
    parent = session.world.store.get(COMMITS, commit.parents[0]) if commit.parents else None
    old, new = commit_sides(session, parent), commit_sides(session, commit)
    paths = session.matching(specs, old.keys() | new.keys(), strict=False) if specs else None
    return pair_up(old, new, paths)


def _decorations(session: Session) -> dict[str, str]:
    checkout = session.checkout
    found: dict[str, list[str]] = {}
    head = checkout.head
    if head is not None:
        found[head.id] = [f"HEAD -> {checkout.branch}" if checkout.branch else "HEAD"]
    for name, commit in checkout.refs("tags").items():
        found.setdefault(commit.id, []).append(f"tag: {name}")
    for name, commit in checkout.refs("remotes").items():
        found.setdefault(commit.id, []).append(name)
    for name, commit in checkout.refs("heads").items():
        if name != checkout.branch:
            found.setdefault(commit.id, []).append(name)
    return {commit: ", ".join(names) for commit, names in found.items()}


def _formatted(
    session: Session, commit: Commit, style: str, date: str, decorations: Mapping[str, str], *, short_names: bool
) -> str:
    title = commit.message.partition("\n")[0]
    named = f" ({decorations[commit.id]})" if commit.id in decorations else ""
    if style == "oneline":
        return f"{short(commit) if short_names else commit.id}{named} {title}"
    if style.startswith("format:") or "%" in style:
        template = style.partition(":")[2] if style.startswith(("format:", "tformat:")) else style
        return _filled(session, commit, template, date, named.strip())
    name = short(commit) if short_names else commit.id
    lines = [f"commit {name}{named}"]
    if len(commit.parents) > 1:
        lines.append(f"Merge: {' '.join(map(short, commit.parents))}")
    lines.append(f"Author: {commit.author} <{commit.email}>")
    if style != "short":
        lines.append(f"Date:   {git_date(commit.committed_s, date)}")
    body = title if style == "short" else commit.message
    return "\n".join([*lines, "", *(f"    {line}" for line in body.split("\n"))])


def _filled(session: Session, commit: Commit, template: str, date: str, decoration: str) -> str:
    title, _, rest = commit.message.partition("\n")
    age = max(session.now_s - commit.committed_s, 0)
    values = {
        "H": commit.id, "h": short(commit), "P": " ".join(commit.parents), "p": " ".join(map(short, commit.parents)),
        "an": commit.author, "ae": commit.email, "cn": commit.author, "ce": commit.email, "s": title,
        "b": f"{rest.lstrip(chr(10))}\n" if rest.strip() else "", "B": f"{commit.message}\n",
        "ad": git_date(commit.committed_s, date),
        "cd": git_date(commit.committed_s, date), "ai": git_date(commit.committed_s, "iso"),
        "aI": git_date(commit.committed_s, "iso-strict"), "cI": git_date(commit.committed_s, "iso-strict"),
        "as": git_date(commit.committed_s, "short"), "cs": git_date(commit.committed_s, "short"),
        "ci": git_date(commit.committed_s, "iso"), "at": str(commit.committed_s), "ct": str(commit.committed_s),
        "ar": _age(age), "cr": _age(age), "d": f" {decoration}" if decoration else "", "D": decoration.strip("()"),
        "n": "\n", "%": "%",
    }  # fmt: skip
    text = re.sub(r"%C(?:reset|red|green|blue|yellow|cyan|magenta|\([^)]*\))", "", template)
    return re.sub(r"%(a[neidIsrt]|c[neidIsrt]|[HhPpsbBdDn%])", lambda found: values[found[1]], text)


def _age(seconds: int) -> str:
    for size, name in (
        (31_536_000, "year"),
        (2_592_000, "month"),
        (604_800, "week"),
        (86_400, "day"),
        (3_600, "hour"),
        (60, "minute"),
    ):
        if seconds >= size * (2 if name == "week" else 1):
            return f"{seconds // size} {name}{'' if seconds // size == 1 else 's'} ago"
    return f"{seconds} seconds ago"


def run_show(session: Session) -> int:
    """``git show``."""
    given = read_options(session.args, f"{_LOOKS} oneline no-pager decorate", "format pretty date U")
    for name in given.rest or ["HEAD"]:
        revision, colon, path = name.partition(":")
        if colon:
            session.out(file_of(session, revision or "HEAD", path))
            continue
        commit = named_commit(session, name)
        style = "oneline" if given.has("oneline") else given.value("format", "pretty")
        session.out(
            _formatted(
                session,
                commit,
                style,
                given.value("date"),
                _decorations(session) if given.has("decorate") else {},
                short_names=given.has("oneline"),
            )
            + "\n"
        )
        if not given.has("s", "no-patch"):
            if not given.has("oneline"):
                session.out("\n")
            _print_pairs(session, _own_pairs(session, commit, []), given.options)
    return 0


def file_of(session: Session, revision: str, path: str) -> str:
    """The content of a file in a commit.

    Raises:
        GitCommandError: There is none.
    """
    tree = session.checkout.tree(named_commit(session, revision))
    place = session.inside(path) if path.startswith("./") else path
    if place not in tree:
        raise GitCommandError(f"fatal: path '{path}' does not exist in '{revision}'")
    return session.checkout.content(tree[place].blob)


def run_shortlog(session: Session) -> int:
    """``git shortlog``."""
    given = read_options(session.args, "s n e summary numbered email all no-merges", "")
    by_author: dict[str, list[str]] = {}
    for commit in walk(session.world.store, [named_commit(session, given.rest[0] if given.rest else "HEAD")]):
        name = f"{commit.author} <{commit.email}>" if given.has("e", "email") else commit.author
        by_author.setdefault(name, []).insert(0, commit.message.partition("\n")[0])
    names = sorted(
        by_author, key=lambda name: (-len(by_author[name]), name) if given.has("n", "numbered") else (0, name)
    )
    for name in names:
        if given.has("s", "summary"):
            session.out(f"{len(by_author[name]):>6}\t{name}\n")
        else:
            session.out(
                f"{name} ({len(by_author[name])}):\n" + "".join(f"      {title}\n" for title in by_author[name]) + "\n"
            )
    return 0
