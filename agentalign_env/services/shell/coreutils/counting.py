"""wc: lines, words, characters and bytes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from agentalign_env.errors import OperationError
from agentalign_env.services.shell.coreutils.inputs import CHUNK, Sources, byte_size, charge, is_directory
from agentalign_env.services.shell.options import Syntax, parse, usage_error
from agentalign_env.services.shell.streams import PIPE

if TYPE_CHECKING:
    from agentalign_env.core.commands import Command, Input, Invocation

__all__ = ["COMMANDS"]

_WC = Syntax.of("c|bytes m|chars l|lines L|max-line-length w|words files0-from= total=")
_COLUMNS = ("l", "w", "m", "c", "L")


def _wc(invocation: Invocation) -> int:
    options = parse(invocation, _WC)
    if isinstance(options, int):
        return options
    names = options.operands
    if "files0-from" in options:
        try:
            names = [name for name in invocation.open(options.get("files0-from")).read().split("\0") if name]
        except OperationError as error:
            return invocation.complain(f"cannot open '{options.get('files0-from')}' for reading", error)
    when = options.get("total", "auto")
    if when not in ("auto", "always", "only", "never"):
        return usage_error(invocation, f"invalid argument \u2018{when}\u2019 for \u2018--total\u2019")
    wanted = [column for column in _COLUMNS if column in options] or ["l", "w", "c"]
    sources = Sources(invocation, names)
    rows: list[tuple[dict[str, int], str]] = []
    for name in names or ["-"]:
        source = sources.open(name)
        if source is not None:
            rows.append((_counts(invocation, source), name if names else ""))
        elif name != "-" and is_directory(invocation, name):
            rows.append((dict.fromkeys(_COLUMNS, 0), name))
    width = _width(invocation, names, wanted, rows)
    total = {key: sum(counts[key] for counts, _ in rows) for key in _COLUMNS}
    total["L"] = max((counts["L"] for counts, _ in rows), default=0)
    if when == "only":
        rows, width = [(total, "")], 1
    elif when == "always" or (when == "auto" and len(names) > 1):
        rows.append((total, "total"))
    for counts, name in rows:
        numbers = " ".join(f"{counts[column]:{width}}" for column in wanted)
        invocation.out(numbers + (f" {name}" if name else "") + "\n")
    return sources.status


def _counts(invocation: Invocation, source: Input) -> dict[str, int]:
    found = dict.fromkeys(_COLUMNS, 0)
    in_word, column = False, 0
    while text := source.read(CHUNK):
        charge(invocation, 0, len(text))
        found["l"] += text.count("\n")
        words = len(text.split())
        found["w"] += words - (1 if words and in_word and not text[0].isspace() else 0)
        in_word = not text[-1].isspace()
        found["m"] += len(text)
        found["c"] += byte_size(text)
        for line in text.split("\n"):
            column += len(line.expandtabs(8))
            found["L"] = max(found["L"], column)
            column = 0
        column = len(text) - text.rfind("\n") - 1 if len(text) == CHUNK else 0
    return found


def _width(invocation: Invocation, names: list[str], wanted: list[str], rows: list[tuple[dict[str, int], str]]) -> int:
    """How wide the columns are: wc takes it from the sizes of the files; 7 where one of them is no regular file."""
    if len(wanted) == 1 and len(names) <= 1:
        return 1
    for name in names or ["-"]:
        if name == "-" and _is_file(invocation.stdin):
            continue
        try:
            held = None if name == "-" else invocation.files.follow(invocation.path(name))
        except OperationError:
            held = None
        if name == "-" or (held is not None and held.kind != "file"):
            return 7
    total = sum(counts["c"] for counts, _ in rows)
    return max(len(str(total)), 1)


def _is_file(source: Input) -> bool:
    """Whether an input was redirected from a file: the interpreter names those."""
    name: object = getattr(source, "name", "")
    return bool(name) and name != PIPE


COMMANDS: Mapping[str, Command] = {"wc": _wc}
