"""patch: unified and normal differences applied to files."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from agentalign_env.errors import OperationError
from agentalign_env.services.shell.coreutils.entries import parent_name
from agentalign_env.services.shell.coreutils.inputs import charge, lines_of, write_file
from agentalign_env.services.shell.coreutils.making import make_folders
from agentalign_env.services.shell.coreutils.sizes import whole
from agentalign_env.services.shell.options import Options, Syntax, parse

if TYPE_CHECKING:
    from agentalign_env.core.commands import Command, Invocation

__all__ = ["COMMANDS"]

_PATCH = Syntax.of(
    "p|strip= i|input= R|reverse b|backup d|directory= dry-run E|remove-empty-files f|force F|fuzz= "
    "l|ignore-whitespace N|forward n|normal o|output= r|reject-file= s|quiet|silent t|batch u|unified V= v verbose "
    "z|suffix= merge c binary no-backup-if-mismatch posix"
)
_HUNK = re.compile(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")
_NORMAL = re.compile(r"(\d+)(?:,(\d+))?([acd])(\d+)(?:,(\d+))?")


class _Hunk(NamedTuple):
    """Lines that are to be replaced, each with its newline or without.

    Attributes:
        start: The old lines' place, from 0.
        old: The old lines.
        new: The new lines.
        lead: How many lines of context come first.
        tail: How many come last.
        new_start: The new lines' place.
    """

    start: int
    old: list[str]
    new: list[str]
    lead: int
    tail: int
    new_start: int

    def reversed(self) -> _Hunk:
        """The change taken back."""
        return _Hunk(self.new_start, self.new, self.old, self.lead, self.tail, self.start)


class _FilePatch(NamedTuple):
    """What a patch does to one file."""

    old_header: str
    new_header: str
    hunks: list[_Hunk]

    @property
    def old_name(self) -> str:
        """The file before."""
        return _name(self.old_header)

    @property
    def new_name(self) -> str:
        """The file after."""
        return _name(self.new_header)


def _patch(invocation: Invocation) -> int:
    options = parse(invocation, _PATCH, failure=2)
    if isinstance(options, int):
        return options
    source = options.get("i") or (options.operands[1] if len(options.operands) > 1 else "-")
    try:
        lines = lines_of(invocation, invocation.open(source))
    except OperationError as error:
        invocation.err(f"patch: **** Can't open patch file {source} : {error.message.split(':')[0]}\n")
        return 2
    patches = _read(lines)
    if not patches:
        invocation.err("patch: **** Only garbage was found in the patch input.\n") if lines else None
        return 2 if lines else 0
    status = 0
    for item in patches:
        status = max(status, _apply(invocation, item, options))
    return status


def _read(lines: list[str]) -> list[_FilePatch]:
    found: list[_FilePatch] = []
    at = 0
    while at < len(lines):
        line = lines[at]
        if line.startswith("--- ") and at + 1 < len(lines) and lines[at + 1].startswith("+++ "):
            found.append(_FilePatch(line[4:], lines[at + 1][4:], []))
            at += 2
        elif match := _HUNK.match(line):
            if not found:
                found.append(_FilePatch("", "", []))
            hunk, at = _unified(lines, at + 1, match)
            found[-1].hunks.append(hunk)
        elif match := _NORMAL.fullmatch(line):
            if not found:
                found.append(_FilePatch("", "", []))
            hunk, at = _normal(lines, at + 1, match)
            found[-1].hunks.append(hunk)
        else:
            at += 1
    return [item for item in found if item.hunks]


def _name(line: str) -> str:
    """The name in a header, whose time follows a tab."""
    return line.partition("\t")[0].rstrip()


def _unified(lines: list[str], at: int, match: re.Match[str]) -> tuple[_Hunk, int]:
    old_count, new_count = whole(match[2], 1), whole(match[4], 1)
    old: list[str] = []
    new: list[str] = []
    marks = ""
    while at < len(lines) and (len(old) < old_count or len(new) < new_count or lines[at].startswith("\\")):
        line = lines[at] or " "
        mark, text = line[0], line[1:] + "\n"
        if mark == "\\":
            for side in (old, new):
                if side and (marks[-1] == " " or (marks[-1] == "-") == (side is old)):
                    side[-1] = side[-1].removesuffix("\n")
        elif mark in " -+":
            marks += mark
            if mark != "+":
                old.append(text)
            if mark != "-":
                new.append(text)
        else:
            break
        at += 1
    lead = len(marks) - len(marks.lstrip(" "))
    tail = len(marks) - len(marks.rstrip(" "))
    start, new_start = whole(match[1]) - (old_count > 0), whole(match[3]) - (new_count > 0)
    return _Hunk(start, old, new, lead, tail, new_start), at


def _normal(lines: list[str], at: int, match: re.Match[str]) -> tuple[_Hunk, int]:
    old: list[str] = []
    new: list[str] = []
    while at < len(lines) and (
        lines[at][:2] in ("< ", "> ", "<", ">") or lines[at] == "---" or lines[at].startswith("\\")
    ):
        line = lines[at]
        if line.startswith("\\"):
            side = new or old
            side[-1] = side[-1].removesuffix("\n")
        elif line[0] == "<":
            old.append(line[2:] + "\n")
        elif line[0] == ">":
            new.append(line[2:] + "\n")
        at += 1
    start = whole(match[1]) - (match[3] != "a")
    return _Hunk(start, old, new, 0, 0, whole(match[4]) - (match[3] != "d")), at


def _target(invocation: Invocation, item: _FilePatch, options: Options) -> str:
    if options.operands:
        return options.operands[0]
    names = [item.new_name, item.old_name] if "R" in options else [item.old_name, item.new_name]
    stripped = [_stripped(name, options) for name in names if name and name != "/dev/null"]
    folder = options.get("d")
    stripped = [f"{folder.rstrip('/')}/{name}" if folder else name for name in stripped]
    present = [name for name in stripped if _exists(invocation, name)]
    # As GNU's: the fewest folders, then the shortest last part, then the shortest name.
    return min(present or stripped or [""], key=lambda name: (name.count("/"), len(name.rpartition("/")[2]), len(name)))


def _exists(invocation: Invocation, name: str) -> bool:
    try:
        return invocation.files.follow(invocation.path(name)) is not None
    except OperationError:
        return False


def _stripped(name: str, options: Options) -> str:
    if not options.get("p").isdecimal():
        return name.rpartition("/")[2]
    parts = re.split(r"/+", name)
    return "/".join(parts[min(whole(options.get("p")), len(parts) - 1) :])


def _apply(invocation: Invocation, item: _FilePatch, options: Options) -> int:
    name = _target(invocation, item, options)
    if not name or (name.startswith("/") and not options.operands) or ".." in name.split("/"):
        invocation.out(f"Ignoring potentially dangerous file name {name}\n" if name else "")
        invocation.out("can't find file to patch at input line 1\n")
        return 1
    hunks = [hunk.reversed() for hunk in item.hunks] if "R" in options else item.hunks
    headers = (item.new_header, item.old_header) if "R" in options else (item.old_header, item.new_header)
    try:
        content = invocation.open(name).read() if _exists(invocation, name) else None
    except OperationError as error:
        invocation.err(f"patch: **** Can't open file {name} : {error.message.split(':')[0]}\n")
        return 2
    if content is None and any(hunk.old for hunk in hunks):
        invocation.out(
            f"can't find file to patch at input line 3\nPerhaps you used the wrong -p or --strip option?\n"
            "File to patch: \nSkip this patch? [y] \nSkipping patch.\n"
            f"{len(hunks)} out of {len(hunks)} hunk{'s' * (len(hunks) > 1)} ignored\n"
        )
        return 1
    if "s" not in options:
        checking = "checking" if "dry-run" in options else "patching"
        invocation.out(f"{checking} file {name}\n")
    lines = _split(content or "")
    charge(invocation, len(lines))
    if _applied_before(invocation, lines, hunks[0], options):
        return _skipped(invocation, name, hunks, headers, options)
    failed, exact = _patch_lines(invocation, lines, hunks, options)
    if "dry-run" in options:
        return 1 if failed else 0
    try:
        if content is not None and _keeps_original(options, clean=exact and not failed):
            write_file(invocation, name + options.get("z", ".orig"), content)
        _store(invocation, name, "".join(lines), content, options, gone=_name(headers[1]) == "/dev/null")
        if failed:
            _reject(invocation, name, failed, headers, len(hunks))
    except OperationError as error:
        invocation.err(f"patch: **** Can't create file {name} : {error.message.split(':')[0]}\n")
        return 2
    return 1 if failed else 0


def _keeps_original(options: Options, *, clean: bool) -> bool:
    """Whether the file as it was is kept: also unasked, where a hunk did not fit as it says."""
    return "b" in options or not (clean or any(name in options for name in ("no-backup-if-mismatch", "posix", "o")))


def _applied_before(invocation: Invocation, lines: list[str], hunk: _Hunk, options: Options) -> bool:
    fuzziest = whole(options.get("F"), 2)
    if "f" in options or _place(invocation, lines, hunk, hunk.start, fuzziest) is not None:
        return False
    back = hunk.reversed()
    return _place(invocation, lines, back, back.start, fuzziest) is not None


def _skipped(invocation: Invocation, name: str, hunks: list[_Hunk], headers: tuple[str, str], options: Options) -> int:
    """Leaves a file alone that the patch is in already."""
    words = "Reversed (or previously applied) patch detected!"
    invocation.out(
        f"{words}  Skipping patch.\n"
        if "N" in options
        else f"{words}  Assume -R? [n] \nApply anyway? [n] \nSkipping patch.\n"
    )
    kept = "" if "dry-run" in options else f" -- saving rejects to file {name}.rej"
    invocation.out(f"{len(hunks)} out of {len(hunks)} hunk{'s' * (len(hunks) > 1)} ignored{kept}\n")
    if kept:
        write_file(invocation, f"{name}.rej", _rejects(hunks, headers))
    return 1


def _patch_lines(
    invocation: Invocation, lines: list[str], hunks: list[_Hunk], options: Options
) -> tuple[list[_Hunk], bool]:
    """Changes the lines; the hunks that fit nowhere, and whether all others fitted exactly where they say."""
    failed: list[_Hunk] = []
    exact = True
    shift = offset = 0
    for number, hunk in enumerate(hunks, 1):
        found = _place(invocation, lines, hunk, hunk.start + shift + offset, whole(options.get("F"), 2))
        if found is None:
            failed.append(hunk)
            invocation.out(f"Hunk #{number} FAILED at {hunk.start + 1}.\n")
            continue
        place, fuzz, head, tail = found
        moved = place - head - (hunk.start + shift)
        old, new = hunk.old[head : len(hunk.old) - tail], hunk.new[head : len(hunk.new) - tail]
        lines[place : place + len(old)] = new
        offset = moved
        shift += len(hunk.new) - len(hunk.old)
        exact = exact and not fuzz and not moved
        if (fuzz or moved) and "s" not in options:
            words = f" with fuzz {fuzz}" if fuzz else ""
            words += f" (offset {moved} line{'' if abs(moved) == 1 else 's'})" if moved else ""
            invocation.out(f"Hunk #{number} succeeded at {place - head + 1}{words}.\n")
    return failed, exact


def _place(
    invocation: Invocation, lines: list[str], hunk: _Hunk, wanted: int, fuzziest: int
) -> tuple[int, int, int, int] | None:
    """Where the hunk fits, with how much fuzz, and the context that was left out before and after."""
    context = max(hunk.lead, hunk.tail)
    for fuzz in range(min(fuzziest, context) + 1):
        head, tail = fuzz + hunk.lead - context, fuzz + hunk.tail - context
        # Less context before means that the file begins there, less context after that it ends.
        at_start, at_end = head < 0, tail < 0
        head, tail = max(head, 0), max(tail, 0)
        old = hunk.old[head : len(hunk.old) - tail]
        last = len(lines) - len(old)
        start = 0 if at_start else last if at_end else wanted + head
        if at_start and at_end and last:
            continue
        for distance in range(1 if at_start or at_end else len(lines) + 1):
            for place in (start + distance, start - distance):
                if 0 <= place <= last and lines[place : place + len(old)] == old:
                    return place, fuzz, head, tail
            if distance % 64 == 63:
                invocation.spend()
            if not old:
                break
    return None


def _split(content: str) -> list[str]:
    lines = content.split("\n")
    last = lines.pop()
    return [*(f"{line}\n" for line in lines), *([last] if last else [])]


def _store(
    invocation: Invocation, name: str, content: str, before: str | None, options: Options, *, gone: bool
) -> None:
    target = options.get("o") or name
    if not content and before is not None and (gone or "E" in options):
        invocation.files.remove(invocation.path(name))
        return
    if before is None and "/" in target:
        make_folders(invocation, parent_name(target))
    write_file(invocation, target, content)


def _reject(invocation: Invocation, name: str, failed: list[_Hunk], headers: tuple[str, str], total: int) -> None:
    plural = "s" if total > 1 else ""
    invocation.out(f"{len(failed)} out of {total} hunk{plural} FAILED -- saving rejects to file {name}.rej\n")
    write_file(invocation, f"{name}.rej", _rejects(failed, headers))


def _rejects(failed: list[_Hunk], headers: tuple[str, str]) -> str:
    shown = [f"--- {headers[0]}\n+++ {headers[1]}\n"]
    for hunk in failed:
        shown.append(f"@@ -{hunk.start + 1},{len(hunk.old)} +{hunk.new_start + 1},{len(hunk.new)} @@\n")
        middle_old = hunk.old[hunk.lead : len(hunk.old) - hunk.tail]
        middle_new = hunk.new[hunk.lead : len(hunk.new) - hunk.tail]
        shown.extend(" " + line for line in hunk.old[: hunk.lead])
        shown.extend("-" + line for line in middle_old)
        shown.extend("+" + line for line in middle_new)
        shown.extend(" " + line for line in hunk.old[len(hunk.old) - hunk.tail :])
    return "".join(shown)


COMMANDS: Mapping[str, Command] = {"patch": _patch}
