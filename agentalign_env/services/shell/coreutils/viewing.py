"""Commands that show a text a screen or page at a time, where there is no screen: less, more, pr; and tsort, zgrep."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from agentalign_env.services.shell.coreutils.inputs import Sources, lines_of, read_text
from agentalign_env.services.shell.coreutils.quoting import curly, quoted
from agentalign_env.services.shell.coreutils.sizes import whole
from agentalign_env.services.shell.options import Syntax, parse, usage_error

if TYPE_CHECKING:
    from agentalign_env.core.commands import Command, Invocation

__all__ = ["COMMANDS"]

_PAGE_LINES = 56
_EDGE_LINES = 5
_MAX_COLUMNS = 20


def _pager(invocation: Invocation) -> int:
    """Without a terminal a pager passes everything on."""
    names = [arg for arg in invocation.args if not re.fullmatch(r"[-+].+", arg)]
    sources = Sources(invocation, names)
    for _, source in sources:
        while text := source.read(65_536):
            invocation.spend(1 + len(text) // 1024)
            invocation.out(text)
    return sources.status


_PR = Syntax.of("a d e=? h|header= J l|length= m|merge n|number-lines=? o|indent= s=? S=? t|omit-header T w|width= W=")


def _pr(invocation: Invocation) -> int:
    """Without ``-t`` every page has a head and a foot."""
    columns = next((int(arg[1:]) for arg in invocation.args if re.fullmatch(r"-\d{1,2}", arg)), 1)
    args = [arg for arg in invocation.args if not re.fullmatch(r"-\d{1,2}", arg)]
    options = parse(invocation, _PR, args=args)
    if isinstance(options, int):
        return options
    sources = Sources(invocation, options.operands)
    width = whole(options.get("w"), 72, most=4096)
    for name, source in sources:
        lines = lines_of(invocation, source)
        if "n" in options:
            lines = [f"{number:5}\t{line}" for number, line in enumerate(lines, 1)]
        if "d" in options:
            lines = [piece for line in lines for piece in (line, "")]
        bare = "t" in options or "T" in options
        height = len(lines) if bare else max(whole(options.get("l"), 66, most=10_000) - 2 * _EDGE_LINES, 1)
        count = min(max(columns, 1), _MAX_COLUMNS)
        per_page = max(height * count, 1)
        pages = [lines[at : at + per_page] for at in range(0, len(lines), per_page)]
        for number, page in enumerate(pages, 1):
            rows = _rows(page, count, width, down=-(-len(page) // count))
            if bare:
                invocation.out("".join(row + "\n" for row in rows))
                continue
            title = options.get("h") or ("" if name == "-" else name)
            stamp = _stamp(invocation, name)
            middle = f"{title:^{max(width - len(stamp) - len(f'Page {number}'), 0)}}"
            invocation.out(f"\n\n{stamp}{middle}Page {number}\n\n\n")
            rows += [""] * (height - len(rows))
            invocation.out("".join(row + "\n" for row in rows) + "\n" * _EDGE_LINES)
    return sources.status


def _rows(page: list[str], count: int, width: int, *, down: int) -> list[str]:
    if count == 1:
        return page
    room = max(width // count, 2)
    return ["".join(f"{cell[: room - 1]:<{room}}" for cell in page[row::down]).rstrip() for row in range(down)]


def _stamp(invocation: Invocation, name: str) -> str:
    from agentalign_env.services.shell.coreutils.calendar_days import format_time

    entry = invocation.files.follow(invocation.path(name)) if name != "-" else None
    return format_time("%Y-%m-%d %H:%M", invocation.now_s if entry is None else entry.modified_s)


def _tsort(invocation: Invocation) -> int:
    """The items in an order that has each before what must follow it, as GNU's queue gives it."""
    options = parse(invocation, Syntax.of(""))
    if isinstance(options, int):
        return options
    if len(options.operands) > 1:
        return usage_error(invocation, f"extra operand {curly(options.operands[1])}")
    name = options.operands[0] if options.operands else "-"
    source = Sources(invocation, [name]).open(name)
    if source is None:
        return 1
    words = read_text(invocation, source).split()
    if len(words) % 2:
        return invocation.complain(f"{quoted(name)}: input contains an odd number of tokens")
    after: dict[str, list[str]] = {word: [] for word in words}
    before = dict.fromkeys(words, 0)
    for first, second in zip(words[::2], words[1::2], strict=True):
        if first != second:
            after[first].insert(0, second)
            before[second] += 1
    invocation.spend(1 + len(words) // 8)
    status = 0
    ahead = sorted(word for word, count in before.items() if not count)
    left = {word for word in before if before[word]}
    shown: list[str] = []
    while ahead or left:
        if not ahead:
            status = 1
            loop = _loop(after, left)
            invocation.err(f"tsort: {quoted(name)}: input contains a loop:\n")
            invocation.err("".join(f"tsort: {word}\n" for word in loop))
            ahead.append(loop[0])
            left.discard(loop[0])
            before[loop[0]] = -1
        word = ahead.pop(0)
        shown.append(word)
        for follower in after[word]:
            before[follower] -= 1
            if before[follower] == 0 and follower in left:
                left.discard(follower)
                ahead.append(follower)
    invocation.out("".join(f"{word}\n" for word in shown))
    return status


def _loop(after: Mapping[str, list[str]], left: set[str]) -> list[str]:
    word, seen = min(left), list[str]()
    while word not in seen:
        seen.append(word)
        following = [follower for follower in after[word] if follower in left]
        if not following:
            return seen
        word = following[0]
    return seen[seen.index(word) :]


def _zgrep(invocation: Invocation) -> int:
    """Searches what packed files hold."""
    options = [arg for arg in invocation.args if arg.startswith("-") and arg != "-"]
    words = [arg for arg in invocation.args if not (arg.startswith("-") and arg != "-")]
    if not words:
        invocation.err("Usage: zgrep [OPTION]... [-e] PATTERN [FILE]...\n")
        return 2
    pattern, names = words[0], words[1:] or ["-"]
    status = 1
    for name in names:
        label = ["-H", f"--label={name}"] if len(names) > 1 and "-h" not in options else []
        script = 'f=$1; shift; set -o pipefail; gzip -cdfq -- "$f" | grep "$@"'
        found = invocation.run(("bash", "-c", script, "zgrep", name, *label, *options, "--", pattern))
        status = min(status, found) if found < 2 else found
    return status


COMMANDS: Mapping[str, Command] = {"less": _pager, "more": _pager, "pr": _pr, "tsort": _tsort, "zgrep": _zgrep}
