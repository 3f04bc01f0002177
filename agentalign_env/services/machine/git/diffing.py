"""Differences between snapshots, in git's words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from agentalign_env.services.machine.git.text_lines import Opcode, opcodes, split_lines

__all__ = ["Side", "changed_lines", "diff_text", "pair_up", "stat_text"]

_EMPTY = "0" * 40


class Side(NamedTuple):
    """A file on one side of a difference."""

    mode: str
    blob: str
    text: str


def pair_up(
    old: Mapping[str, Side], new: Mapping[str, Side], paths: list[str] | None = None
) -> list[tuple[str, Side | None, Side | None]]:
    """The files that differ, by path, each with both sides."""
    names = sorted(old.keys() | new.keys()) if paths is None else paths
    pairs = [(path, old.get(path), new.get(path)) for path in names]
    return [pair for pair in pairs if pair[1] != pair[2]]


def diff_text(path: str, old: Side | None, new: Side | None, context: int = 3) -> str:
    """The difference of one file, as ``git diff`` writes it."""
    head = [f"diff --git a/{path} b/{path}"]
    if old is None and new is not None:
        head.append(f"new file mode {new.mode}")
    elif new is None and old is not None:
        head.append(f"deleted file mode {old.mode}")
    elif old is not None and new is not None and old.mode != new.mode:
        head += [f"old mode {old.mode}", f"new mode {new.mode}"]
    before, after = (old.text if old is not None else ""), (new.text if new is not None else "")
    if before == after and old is not None and new is not None:
        return "\n".join(head) + "\n"
    tail = f" {old.mode}" if old is not None and new is not None and old.mode == new.mode else ""
    one, other = (old.blob if old is not None else _EMPTY), (new.blob if new is not None else _EMPTY)
    head.append(f"index {one[:7]}..{other[:7]}{tail}")
    if "\0" in before or "\0" in after:
        return "\n".join([*head, f"Binary files a/{path} and b/{path} differ"]) + "\n"
    lines = list(_hunks(split_lines(before), split_lines(after), context))
    if lines:
        head += [
            f"--- {'a/' + path if old is not None else '/dev/null'}",
            f"+++ {'b/' + path if new is not None else '/dev/null'}",
        ]
    return "\n".join(head) + "\n" + "".join(lines)


def changed_lines(old: str, new: str) -> tuple[int, int]:
    """How many lines came and how many went."""
    added = removed = 0
    for tag, a1, a2, b1, b2 in opcodes(split_lines(old), split_lines(new)):
        if tag != "equal":
            added, removed = added + b2 - b1, removed + a2 - a1
    return added, removed


def stat_text(pairs: list[tuple[str, Side | None, Side | None]], *, summary_only: bool = False) -> str:
    """The statistics of a difference, as ``git diff --stat`` writes them."""
    counts = [(path, *changed_lines(old.text if old else "", new.text if new else "")) for path, old, new in pairs]
    if not counts:
        return ""
    width = max(len(path) for path, _, _ in counts)
    most = max(added + removed for _, added, removed in counts)
    digits = len(str(most))
    scale = min(1.0, 50 / max(most, 1))
    lines = []
    for path, added, removed in counts:
        bars = "+" * _bar(added, scale) + "-" * _bar(removed, scale)
        lines.append(f" {path:<{width}} | {added + removed:>{digits}} {bars}".rstrip() + "\n")
    total_added, total_removed = sum(count[1] for count in counts), sum(count[2] for count in counts)
    parts = [f" {len(counts)} file{'' if len(counts) == 1 else 's'} changed"]
    if total_added or not total_removed:
        parts.append(f" {total_added} insertion{'' if total_added == 1 else 's'}(+)")
    if total_removed or not total_added:
        parts.append(f" {total_removed} deletion{'' if total_removed == 1 else 's'}(-)")
    return ("" if summary_only else "".join(lines)) + ",".join(parts) + "\n"


def _bar(count: int, scale: float) -> int:
    return max(round(count * scale), 1) if count else 0


def _hunks(old: list[str], new: list[str], context: int) -> Iterator[str]:
    groups = _grouped(opcodes(old, new), context)
    for group in groups:
        a1, a2, b1, b2 = group[0][1], group[-1][2], group[0][3], group[-1][4]
        yield f"@@ -{_span(a1, a2)} +{_span(b1, b2)} @@{_heading(old, a1)}\n"
        for tag, x1, x2, y1, y2 in group:
            if tag == "equal":
                yield from (_line(" ", line) for line in old[x1:x2])
            else:
                yield from (_line("-", line) for line in old[x1:x2])
                yield from (_line("+", line) for line in new[y1:y2])


def _grouped(codes: list[Opcode], context: int) -> Iterator[list[Opcode]]:
    group: list[Opcode] = []
    for number, (tag, a1, a2, b1, b2) in enumerate(codes):
        if tag != "equal":
            group.append((tag, a1, a2, b1, b2))
            continue
        last = number == len(codes) - 1
        if group and (last or a2 - a1 > 2 * context):
            keep = min(context, a2 - a1)
            yield [*group, ("equal", a1, a1 + keep, b1, b1 + keep)] if keep else group
            group = []
        if not last and (not group or a2 - a1 > 2 * context):
            keep = min(context, a2 - a1)
            group = [("equal", a2 - keep, a2, b2 - keep, b2)] if keep else []
        elif not last:
            group.append((tag, a1, a2, b1, b2))
    if any(code[0] != "equal" for code in group):
        yield group


def _span(start: int, end: int) -> str:
    length = end - start
    first = start + 1 if length else start
    return str(first) if length == 1 else f"{first},{length}"


def _heading(old: list[str], start: int) -> str:
    """The last line above that begins at the margin with a word, as git names the function."""
    for line in reversed(old[:start]):
        if line[:1].isalpha() or line[:1] in ("_", "$"):
            return f" {line.rstrip()[:80]}"
    return ""


def _line(sign: str, line: str) -> str:
    return f"{sign}{line}" if line.endswith("\n") else f"{sign}{line}\n\\ No newline at end of file\n"
