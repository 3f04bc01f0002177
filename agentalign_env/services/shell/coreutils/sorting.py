"""sort and shuf."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from agentalign_env.core.rng import stream
from agentalign_env.errors import OperationError
from agentalign_env.services.shell.coreutils.inputs import Sources, lines_of, write_file
from agentalign_env.services.shell.coreutils.quoting import curly, quoted
from agentalign_env.services.shell.coreutils.sizes import whole
from agentalign_env.services.shell.coreutils.sort_keys import SortKey, SortKeyError, parse_key
from agentalign_env.services.shell.options import Options, Syntax, parse

if TYPE_CHECKING:
    from agentalign_env.core.commands import Command, Invocation

__all__ = ["COMMANDS"]

_SORT = Syntax.of(
    "b|ignore-leading-blanks d|dictionary-order f|ignore-case g|general-numeric-sort i|ignore-nonprinting "
    "M|month-sort h|human-numeric-sort n|numeric-sort R|random-sort r|reverse V|version-sort c check=? C k|key= "
    "m|merge o|output= s|stable S|buffer-size= t|field-separator= T|temporary-directory= u|unique "
    "z|zero-terminated parallel= debug sort= files0-from= batch-size= random-source= compress-program="
)
_KIND_WORDS = {
    "general-numeric": "g",
    "human-numeric": "h",
    "month": "M",
    "numeric": "n",
    "random": "R",
    "version": "V",
}


def _sort(invocation: Invocation) -> int:
    options = parse(invocation, _SORT, failure=2)
    if isinstance(options, int):
        return options
    tab = options.get("t")
    if "t" in options and tab != "\\0" and len(tab) != 1:
        problem = f"multi-character tab {curly(tab)}" if tab else "empty tab"
        invocation.err(f"sort: {problem}\n")
        return 2
    inherited = "".join(key for key, _ in options.given if key in "bdfgiMhnRrV") + _KIND_WORDS.get(
        options.get("sort"), ""
    )
    try:
        keys = [parse_key(text, inherited) for text in options.all("k")]
    except SortKeyError as error:
        invocation.err(f"sort: {error}\n")
        return 2
    if not keys:
        keys = [SortKey((0, 0), None, "b" in inherited, False, inherited.replace("b", ""))]
    values = [(key.of("\0" if tab == "\\0" else tab), key.reverse) for key in keys]
    if "c" in options or "C" in options or "check" in options:
        return _check(invocation, options, values)
    return _sorted(invocation, options, values, reverse="r" in inherited)


def _ending(options: Options) -> str:
    return "\0" if "z" in options else "\n"


def _sorted(
    invocation: Invocation, options: Options, values: list[tuple[Callable[[str], Any], bool]], *, reverse: bool
) -> int:
    sources = Sources(
        invocation,
        options.operands,
        missing="cannot read: {plain}",
        directory="read failed: {plain}",
        failure=2,
    )
    ending = _ending(options)
    lines = [line for _, source in sources for line in lines_of(invocation, source, ending=ending)]
    if sources.status:
        return sources.status
    invocation.spend(len(lines) * (len(values) - 1) // 8)
    if "u" not in options and "s" not in options:
        lines.sort(reverse=reverse)
    for value, downwards in reversed(values):
        lines.sort(key=value, reverse=downwards)
    if "u" in options:
        lines = _distinct(lines, [value for value, _ in values])
    text = "".join(line + ending for line in lines)
    if "o" not in options:
        invocation.out(text)
        return 0
    try:
        write_file(invocation, options.get("o"), text)
    except OperationError as error:
        invocation.complain(f"open failed: {quoted(options.get('o'))}", error)
        return 2
    return 0


def _distinct(lines: list[str], values: list[Callable[[str], Any]]) -> list[str]:
    kept: list[str] = []
    before: list[Any] | None = None
    for line in lines:
        found = [value(line) for value in values]
        if found != before:
            kept.append(line)
        before = found
    return kept


def _check(invocation: Invocation, options: Options, values: list[tuple[Callable[[str], Any], bool]]) -> int:
    name = (options.operands or ["-"])[0]
    sources = Sources(invocation, [name], missing="cannot read: {plain}", failure=2)
    source = sources.open(name)
    if source is None:
        return 2
    lines = lines_of(invocation, source, ending=_ending(options))
    for number, (line, following) in enumerate(pairwise(lines), 2):
        order = _order(line, following, values)
        if order == 0 and "u" not in options and "s" not in options:
            downwards = "r" in "".join(key for key, _ in options.given if len(key) == 1)
            order = ((line > following) - (line < following)) * (-1 if downwards else 1)
        if order > 0 or (order == 0 and "u" in options):
            if "C" not in options and options.get("check") not in ("quiet", "silent"):
                invocation.err(f"sort: {quoted(name)}:{number}: disorder: {following}\n")
            return 1
    return 0


def _order(one: str, other: str, values: list[tuple[Callable[[str], Any], bool]]) -> int:
    for value, downwards in values:
        first, second = value(one), value(other)
        if first != second:
            return 1 if (first > second) != downwards else -1
    return 0


_SHUF = Syntax.of("e|echo i|input-range= n|head-count= o|output= r|repeat z|zero-terminated random-source=")


def _shuf(invocation: Invocation) -> int:
    """The order is a function of the world, the input and how often the episode drew before."""
    options = parse(invocation, _SHUF)
    if isinstance(options, int):
        return options
    ending = _ending(options)
    if "e" in options:
        lines = options.operands
    elif "i" in options:
        low, dash, high = options.get("i").partition("-")
        if not (dash and low.isdecimal() and high.isdecimal()):
            invocation.err(f"shuf: invalid input range: {curly(options.get('i'))}\n")
            return 1
        size = whole(high) - whole(low) + 1
        invocation.spend(max(size, 0) // 8)
        lines = [str(number) for number in range(whole(low), whole(high) + 1)]
    else:
        sources = Sources(invocation, options.operands[:1])
        lines = [line for _, source in sources for line in lines_of(invocation, source, ending=ending)]
        if sources.status:
            return sources.status
    count = options.get("n")
    if count and not count.isdecimal():
        invocation.err(f"shuf: invalid line count: {curly(count)}\n")
        return 1
    rng = stream("shell.shuf", invocation.world.base.key.seed, int(invocation.now_s * 1000), len(lines))
    if "r" in options:
        if not lines:
            invocation.err("shuf: no lines to repeat\n")
            return 1
        left = whole(count) if count else -1
        while left:
            invocation.spend()
            invocation.out(rng.choice(lines) + ending)
            left -= 1
        return 0
    lines = list(lines)
    rng.shuffle(lines)
    text = "".join(line + ending for line in (lines[: whole(count)] if count else lines))
    if "o" in options:
        try:
            write_file(invocation, options.get("o"), text)
        except OperationError as error:
            return invocation.complain(quoted(options.get("o")), error)
    else:
        invocation.out(text)
    return 0


COMMANDS: Mapping[str, Command] = {"shuf": _shuf, "sort": _sort}
