"""What a search by grep asks for: its options, read and checked."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from agentalign_env.core.commands import Invocation
from agentalign_env.errors import OperationError
from agentalign_env.services.shell.languages.patterns import (
    Flavour,
    Pattern,
    PatternError,
    Whole,
    compile_any,
    compile_pattern,
)
from agentalign_env.services.shell.options import Options, Syntax, parse

__all__ = ["Search", "read_search"]

_SYNTAX: Final = Syntax.of(
    "E|extended-regexp F|fixed-strings G|basic-regexp P|perl-regexp e|regexp= f|file= i|ignore-case y "
    "no-ignore-case w|word-regexp x|line-regexp z|null-data s|no-messages v|invert-match m|max-count= b|byte-offset "
    "n|line-number line-buffered H|with-filename h|no-filename label= o|only-matching q|quiet|silent "
    "binary-files= a|text I d|directories= D|devices= r|recursive R|dereference-recursive include= exclude= "
    "exclude-from= exclude-dir= L|files-without-match l|files-with-matches c|count T|initial-tab Z|null "
    "B|before-context= A|after-context= C|context= group-separator= no-group-separator color|colour=? U|binary"
)
_PLAIN: Final = re.compile(r"[\w ,:;@/%&='\"<>~#!-]+")
_FLAVOURS: Final[dict[str, Flavour]] = {"E": "extended", "F": "fixed", "G": "basic", "P": "perl"}


class Search(NamedTuple):
    """One search.

    Attributes:
        pattern: What to find; ``None`` finds nothing.
        parts: Every line that the pattern finds holds one of these, in lower case as `str.casefold` makes it; empty
            where nothing is known of such lines.
        options: The options.
        names: Where to look.
        before: Lines of context before a match.
        after: Lines of context behind one.
        most: How many lines of a file are enough; below zero for all.
        separator: What stands between groups of lines; ``None`` for nothing.
        include: Names of files to look into, as globs.
        exclude: Names of files to pass over.
        exclude_dir: Names of directories to pass over.
    """

    pattern: Pattern | None
    parts: tuple[str, ...]
    options: Options
    names: tuple[str, ...]
    before: int
    after: int
    most: int
    separator: str | None
    include: tuple[Pattern, ...]
    exclude: tuple[Pattern, ...]
    exclude_dir: tuple[Pattern, ...]


def read_search(invocation: Invocation) -> Search | int:
    """The search that the arguments ask for; the exit status when they are wrong."""
    args = [f"-C{arg[1:]}" if arg[:1] == "-" and arg[1:].isdigit() else arg for arg in invocation.args]
    options = parse(invocation, _SYNTAX, failure=2, args=args)
    if isinstance(options, int):
        return options
    patterns = _texts(invocation, options)
    if isinstance(patterns, int):
        return patterns
    before, after = 0, 0
    for key, value in options.given:
        if key in {"A", "B", "C"}:
            if not (value.isascii() and value.isdigit()):
                return _refuse(invocation, f"{value}: invalid context length argument")
            count = int(value[:9])
            before, after = (count if key in "BC" else before), (count if key in "AC" else after)
    most = options.get("m", "-1")
    if not most.lstrip("-").isdigit() or not most.isascii():
        return _refuse(invocation, "invalid max count")
    try:
        pattern = _compiled(invocation, options, patterns)
    except PatternError as error:
        return _refuse(invocation, str(error))
    operands = options.operands if "e" in options or "f" in options else options.operands[1:]
    globs = [tuple(map(_glob, options.all(key))) for key in ("include", "exclude", "exclude-dir")]
    plain = "no-group-separator" in options or not any(key in options for key in "ABC")
    separator = None if plain else options.get("group-separator", "--")
    return Search(
        pattern,
        _parts(invocation, options, patterns),
        options,
        tuple(operands),
        before,
        after,
        int(most[:10]),
        separator,
        *globs,
    )


def _refuse(invocation: Invocation, problem: str) -> int:
    invocation.complain(problem)
    return 2


def _texts(invocation: Invocation, options: Options) -> list[str] | int:
    """The patterns as given, one a line."""
    if "e" not in options and "f" not in options:
        if not options.operands:
            name = invocation.name
            invocation.err(f"Usage: {name} [OPTION]... PATTERNS [FILE]...\nTry '{name} --help' for more information.\n")
            return 2
        return options.operands[0].split("\n")
    found: list[str] = []
    for key, value in options.given:
        if key == "e":
            found.extend(value.split("\n"))
        elif key == "f":
            try:
                found.extend(line.removesuffix("\n") for line in invocation.open(value))
            except OperationError as error:
                invocation.complain(value, error)
                return 2
    return found


def _parts(invocation: Invocation, options: Options, texts: list[str]) -> tuple[str, ...]:
    """What the lines that are found hold: the patterns themselves, where no character of theirs means another."""
    fixed = options.last("EFGP", "F" if invocation.name == "fgrep" else "G") == "F"
    if "v" in options or not all(text and (fixed or _PLAIN.fullmatch(text)) for text in texts):
        return ()
    return tuple(text.casefold() for text in texts)


def _compiled(invocation: Invocation, options: Options, texts: list[str]) -> Pattern | None:
    if not texts:
        return None
    default = {"egrep": "E", "fgrep": "F"}.get(invocation.name, "G")
    flavour = _FLAVOURS[options.last("EFGP", default)]
    if flavour == "perl" and len(texts) > 1:
        raise PatternError("the -P option only supports a single pattern")
    fold = options.last(("i", "y", "no-ignore-case")) in {"i", "y"}
    whole: Whole = "line" if "x" in options else "word" if "w" in options else ""
    return compile_any(texts, flavour, ignore_case=fold, whole=whole, lenient=True)


def _glob(glob: str) -> Pattern:
    """A glob over one name as a pattern."""
    parts: list[str] = []
    at = 0
    while at < len(glob):
        char = glob[at]
        at += 1
        end = glob.find("]", at + 1)
        if char in "*?":
            parts.append(".*" if char == "*" else ".")
        elif char == "[" and end > 0:
            inside = glob[at:end]
            parts.append(f"[^{inside[1:]}]" if inside[0] in "!^" else f"[{inside}]")
            at = end + 1
        else:
            if char == "\\" and at < len(glob):
                char, at = glob[at], at + 1
            parts.append(f"\\{char}" if char in ".*^$+?()[]{}|\\" else char)
    try:
        return compile_pattern(f"^({''.join(parts)})$", "extended")
    except PatternError:
        return compile_any((glob,), "fixed", whole="line")
